"""Functions of lists: what is counted, summed or looked for among items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial, reduce
from types import MappingProxyType

import polars as pl

from policyengine.engine.columns import logic, numbers, terms
from policyengine.engine.columns.emitter import NOT_KNOWN, Bound, Emitter
from policyengine.engine.columns.loops import MOST_ITEMS, gathered, items_of, turn_of
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
from policyengine.engine.columns.unify import both, day, either, text, unified
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


def _something(found: Term) -> Term:
    """A list as it is; raises `Unsupported` where an item may be nothing, which is left out then."""
    items: Sequence[Term | None] = ()
    match found:
        case Rows():
            items = (found.each,)
        case terms.Joined(rows, more):
            items = (rows.each, *more)
        case Picked(several):
            items = [each for _, each in several]
        case Listed(several):
            items = several
        case Const(value) if isinstance(value, (list, tuple)):
            items = [Const(each) for each in value]
    if any(each is not None and _may_be_nothing(each) for each in items):
        raise Unsupported("items that may be nothing")
    return found


def _may_be_nothing(term: Term) -> bool:
    match term:
        case Code(_, domain):
            return None in domain
        case Const(value):
            return value is None
    return isinstance(term, terms.Held)


def _folded(name: str, emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    """`sum`, `min` or `max`, of a list or of items."""
    found: Term = (
        emitter.emit(arguments[0])
        if len(arguments) == 1
        else Listed(tuple(emitter.emit(each) for each in arguments))
    )
    found = _something(found)
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
    if not items:
        return Const(Decimal(0)) if name == "sum" else NOT_KNOWN
    if any(isinstance(each, Const) and not each.sure for each in items):
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
    # Known where all conditions are, and the values of all that count.
    fine = [f.is_not_null() & (~f | e.is_not_null()) for f, e in zip(flags, exprs, strict=True)]
    kept = [pl.when(f).then(e) for f, e in zip(flags, exprs, strict=True)]
    if name == "sum":
        whole = reduce(numbers.add, [make(each.fill_null(0), True) for each in kept])
        return Num(pl.when(pl.all_horizontal(fine)).then(whole.expr), whole.scale, whole.bound)
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


# What all rows of a list come to: their number, sums, the least and the largest, one list of their lists.


def count_rows(emitter: Emitter, rows: Rows) -> Term:
    """How many rows there are, whether or not their values are known."""
    rows = items_of(emitter, rows)
    where = terms.flag(rows.where).expr
    number = pl.len() if isinstance(rows.where, Const) else where.fill_null(False).sum()
    (found,) = gathered(emitter, rows, [number], [pl.Int64])
    whole = Num(found.fill_null(0), 0, MOST_ITEMS, True)
    return number_where(rows.known, whole)


def number_where(known: Flag | Const, term: Num) -> Term:
    """A number where a condition holds; not known elsewhere."""
    if isinstance(known, Const):
        return term if known.value else NOT_KNOWN
    return Num(pl.when(known.expr).then(term.expr), term.scale, term.bound, False)


def values_known(emitter: Emitter, rows: Rows) -> Flag | Const:
    """Whether the value of every row that counts is known."""
    assert rows.each is not None
    known = terms.known(rows.each)
    if isinstance(known, Const):
        return known
    where = terms.flag(rows.where).expr
    open_ones = (~known.expr) & where.fill_null(True)
    (opened,) = gathered(emitter, rows, [open_ones.any()], [pl.Boolean])
    return Flag(~opened.fill_null(False), True)


def aggregate(emitter: Emitter, name: str, rows: Rows) -> Term:
    """`sum`, `min` or `max` of a value of every row: not known where one is not, nor the extreme of none."""
    rows = items_of(emitter, rows)
    if rows.each is None:
        raise Unsupported(f"the {name} of another list")
    each = numbers.number(rows.each) if not isinstance(rows.each, terms.Day) else day(rows.each)
    where = terms.flag(rows.where).expr
    kept = each.expr if isinstance(rows.where, Const) else pl.when(where).then(each.expr)
    known = both([rows.known, values_known(emitter, rows)])
    if isinstance(each, Num):
        found, some = _totals(emitter, name, rows, each, kept)
        if name == "sum":
            return number_where(known, replace(found, expr=found.expr.fill_null(0), sure=True))
        return number_where(both([known, some]), found)
    if name == "sum":
        raise Unsupported("a sum of dates")
    (best,) = gathered(emitter, rows, [kept.min() if name == "min" else kept.max()], [pl.Date])
    sure = isinstance(known, Const) and known.value
    return terms.Day(best if sure else pl.when(terms.flag(known).expr).then(best))


def _totals(emitter: Emitter, name: str, rows: Rows, each: Num, kept: pl.Expr) -> tuple[Num, Flag]:
    """The `sum`, `min` or `max` of numbers, and whether there are any."""
    bound = each.bound * MOST_ITEMS if name == "sum" else each.bound
    dtype = numbers.width(bound)
    kept = kept.cast(dtype)
    total = kept.sum() if name == "sum" else kept.min() if name == "min" else kept.max()
    found, some = gathered(emitter, rows, [total, kept.is_not_null().any()], [dtype, pl.Boolean])
    return Num(found, each.scale, bound), Flag(some.fill_null(False), True)


def aggregate_joined(emitter: Emitter, name: str, joined: terms.Joined) -> Term:
    """The same of a list that is put together."""
    rows = items_of(emitter, joined.rows)
    assert rows.each is not None
    each, more = numbers.number(rows.each), [numbers.number(one) for one in joined.more]
    where = terms.flag(rows.where).expr
    kept = each.expr if isinstance(rows.where, Const) else pl.when(where).then(each.expr)
    found, _ = _totals(emitter, name, rows, each, kept)
    known = both([rows.known, values_known(emitter, rows)])
    if name == "sum":
        whole = replace(found, expr=found.expr.fill_null(0), sure=True)
        return number_where(known, reduce(numbers.add, more, whole))
    exprs, make = unified([found, *more])
    best = pl.min_horizontal(exprs) if name == "min" else pl.max_horizontal(exprs)
    fine = both([known, *(terms.known(one) for one in more)])
    return number_where(fine, make(best, True))


def count_distinct(emitter: Emitter, rows: Rows) -> Term:
    """How many different values the rows have."""
    rows = items_of(emitter, rows)
    if not isinstance(rows.each, (Flag, terms.Code, Num, terms.Text, terms.Day, terms.Seconds)):
        raise Unsupported("how many different values of another list there are")
    each = rows.each.expr if isinstance(rows.where, Const) else rows.each.expr.filter(rows.where.expr)
    (found,) = gathered(emitter, rows, [each.drop_nulls().n_unique()], [pl.Int64])
    known = both([rows.known, values_known(emitter, rows)])
    return number_where(known, Num(found.fill_null(0), 0, MOST_ITEMS, True))


def flattened(emitter: Emitter, rows: Rows) -> Rows:
    """The rows of the lists of all rows, as one list."""
    rows = items_of(emitter, rows)
    if not isinstance(rows.each, Rows):
        raise Unsupported("a list of other lists")
    inner = items_of(turn_of(emitter, rows, "item", False), rows.each)
    up = inner.at.through(inner.up, rows.at, Num(pl.col(rows.up), 0, 0))
    outer = inner.at.through(inner.up, rows.at, rows.where)
    assert isinstance(up, Num)
    assert isinstance(outer, (Flag, Const))
    known = rows.known
    if isinstance(inner.known, Flag):
        gone = ~inner.known.expr & terms.flag(rows.where).expr
        (opened,) = gathered(emitter, rows, [gone.any()], [pl.Boolean])
        known = both([known, Flag(~opened.fill_null(False), True)])
    where = emitter.inside(Bound(inner.at, emitter.scope, {})).keep_flag(both([outer, inner.where]))
    name = up.expr.meta.output_name()
    found = Rows(rows.of, inner.at, name, rows.here, known, inner.find, where, inner.each)
    if inner.each is None:
        return found
    return replace(found, known=both([known, values_known(emitter, found)]))
