"""Functions of lists: what is counted, summed or looked for among items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial, reduce
from types import MappingProxyType

import polars as pl

from policyengine.engine.columns import logic, numbers, terms
from policyengine.engine.columns.emit import NOT_KNOWN, Emitter
from policyengine.engine.columns.loops import gathered, items_of, turn_of
from policyengine.engine.columns.terms import (
    Code,
    Const,
    Flag,
    Listed,
    Num,
    Picked,
    Rows,
    Term,
    Unsupported,
    lit,
)
from policyengine.engine.columns.totals import (
    aggregate,
    aggregate_joined,
    count_distinct,
    count_rows,
    flattened,
    values_known,
)
from policyengine.engine.columns.unify import both, either, text, unified
from policyengine.feel.syntax.tree import Expression


def items_in(term: Term) -> Sequence[Term]:
    """The items of a list of so many; raises `Unsupported` for another list."""
    if isinstance(term, terms.Listed):
        return term.items
    if isinstance(term, Const) and isinstance(term.value, (list, tuple)):
        return [Const(each) for each in term.value]
    raise Unsupported("a list of another kind")


def _list_contains(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    items, element = emitter.emit(arguments[0]), emitter.emit(arguments[1])
    if isinstance(items, Const) and not items.sure:
        return NOT_KNOWN
    if isinstance(items, terms.Values) and items.item == "text":
        wanted = _wanted(element)
        known = items.expr.is_not_null() & wanted.expr.is_not_null()
        found = pl.when(known).then(items.expr.list.contains(wanted.expr))
        nothing = found.when(items.expr.list.len() == 0).then(lit(False, pl.Boolean))
        return Flag(nothing, items.sure and wanted.sure)
    if isinstance(items, terms.Distinct):
        return _among(emitter, items.rows, element)
    return either([logic.compared(emitter, "=", each, element) for each in items_in(items)])


def _among(emitter: Emitter, rows: Rows, element: Term) -> Term:
    """Whether one of the values of rows, all of them known, is a certain one."""
    rows = items_of(emitter, rows)
    if rows.each is None or not isinstance(element, Const) or not element.sure:
        raise Unsupported("membership in such a list")
    inner = turn_of(emitter, rows, "item", False)
    here = both([rows.where, logic.compared(inner, "=", rows.each, element)])
    (found,) = gathered(emitter, rows, [terms.flag(here).expr.fill_null(False).any()], [pl.Boolean])
    known = both([rows.known, values_known(emitter, rows)])
    there = found.fill_null(False)
    return Flag(there, True) if isinstance(known, Const) else Flag(pl.when(known.expr).then(there))


def _wanted(element: Term) -> terms.Text:
    return (
        terms.Text(lit(None, pl.String)) if isinstance(element, Const) and not element.sure else text(element)
    )


def _count(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    found = emitter.emit(arguments[0])
    match found:
        case terms.Distinct(rows):
            return count_distinct(emitter, rows)
        case terms.Values(expr, _, _, sure):
            return Num(expr.list.len().cast(pl.Int64), 0, 10**9, sure)
        case Rows():
            return count_rows(emitter, found)
        case terms.Joined(rows, more):
            number = count_rows(emitter, rows)
            return number if isinstance(number, Const) else numbers.add(numbers.number(number), _many(more))
        case Picked(items):
            flags = [terms.flag(each).expr.cast(pl.Int64) for each, _ in items]
            return Num(reduce(lambda a, b: a + b, flags), 0, len(flags))
        case Listed(items):
            return Const(Decimal(len(items)))
        case Const() if not found.sure:
            return NOT_KNOWN
    raise Unsupported("the number of items of another list")


def _many(items: Sequence[object]) -> Num:
    return numbers.number(Const(Decimal(len(items))))


def _distinct(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    found = emitter.emit(arguments[0])
    if not isinstance(found, Rows) or found.each is None:
        raise Unsupported("`distinct values`")
    return terms.Distinct(found)


def _append(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    found = emitter.emit(arguments[0])
    more = tuple(emitter.kept(each) for each in arguments[1:])
    if isinstance(found, Rows) and found.each is not None:
        if all(isinstance(each, (Num, Code, Const)) for each in more):
            return terms.Joined(found, more)  # type: ignore[arg-type]
    elif isinstance(found, Listed):
        return Listed((*found.items, *more))
    elif isinstance(found, Const) and not found.sure:
        return NOT_KNOWN
    raise Unsupported("`append`")


def _flatten(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    found = emitter.emit(arguments[0])
    if not isinstance(found, Rows):
        raise Unsupported("`flatten`")
    return flattened(emitter, found)


def _folded(name: str, emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    """`sum`, `min` or `max`, of a list or of items."""
    found: Term = (
        emitter.emit(arguments[0])
        if len(arguments) == 1
        else Listed(tuple(emitter.emit(each) for each in arguments))
    )
    match found:
        case Const() if not found.sure:
            return NOT_KNOWN
        case Rows():
            return aggregate(emitter, name, found)
        case terms.Joined():
            return aggregate_joined(emitter, name, found)
        case Picked():
            return _of_picked(name, found)
    return _of_items(name, items_in(found))


def _of_items(name: str, items: Sequence[Term]) -> Term:
    if any(isinstance(each, Const) and not each.sure for each in items) or not items:
        return NOT_KNOWN
    if any(isinstance(each, Const) and each.value is None for each in items):
        return NOT_KNOWN
    if name == "sum":
        return reduce(numbers.add, [numbers.number(each) for each in items])
    exprs, make = unified(_ordered(items))
    sure = all(terms.is_sure(each) for each in items)
    found = pl.min_horizontal(exprs) if name == "min" else pl.max_horizontal(exprs)
    if not sure:
        found = pl.when(pl.all_horizontal([each.is_not_null() for each in exprs])).then(found)
    return make(found, sure)  # type: ignore[no-any-return]


def _ordered(items: Sequence[Term]) -> list[Term]:
    """Items in a form whose units have the order of the values."""
    if any(isinstance(each, (Num, Code)) for each in items):
        return [numbers.number(each) for each in items]
    return list(items)


def _of_picked(name: str, picked: Picked) -> Term:
    flags = [terms.flag(each).expr for each, _ in picked.items]
    items = [each for _, each in picked.items]
    dates = name != "sum" and all(isinstance(each, terms.Day) for each in items)
    exprs, make = unified(items if dates else [numbers.number(each) for each in items])
    # Known where all conditions are, and the values of all that count; of nothing there is no such value.
    fine = [f.is_not_null() & (~f | e.is_not_null()) for f, e in zip(flags, exprs, strict=True)]
    kept = [pl.when(f).then(e) for f, e in zip(flags, exprs, strict=True)]
    if name == "sum":
        whole = reduce(numbers.add, [make(each.fill_null(0), True) for each in kept])
        found, make = whole.expr, lambda expr, sure: Num(expr, whole.scale, whole.bound, sure)
    else:
        found = pl.min_horizontal(kept) if name == "min" else pl.max_horizontal(kept)
    some = pl.any_horizontal([each.fill_null(False) for each in flags])
    return make(pl.when(pl.all_horizontal(fine) & some).then(found), False)  # type: ignore[no-any-return]


CALLS: Mapping[str, Callable[[Emitter, Sequence[Expression]], Term]] = MappingProxyType(
    {
        "list contains": _list_contains,
        "count": _count,
        "append": _append,
        "distinct values": _distinct,
        "flatten": _flatten,
        **{name: partial(_folded, name) for name in ("sum", "min", "max")},
    }
)
