"""Arithmetic, parts of values, and the functions that columns have expressions for."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import TypeAlias

import polars as pl

from policyengine.engine.columns import dates, list_calls, logic, numbers, terms
from policyengine.engine.columns.emitter import NOT_KNOWN, Emitter
from policyengine.engine.columns.list_calls import items_in
from policyengine.engine.columns.terms import (
    Code,
    Const,
    Day,
    Flag,
    Num,
    Quotient,
    Seconds,
    Term,
    Unsupported,
    lit,
)
from policyengine.engine.columns.unify import day, is_text, seconds, text, unified
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.functions.conditions import is_nothing
from policyengine.feel.functions.numeric import ROUNDINGS
from policyengine.feel.syntax import build
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import NEVER, Months, Unknown

_PART = 10**9
_MAY_COME = 365 * NEVER.year // 2
"""Days before it since 1970 may come."""

# Arithmetic


def emit_binary(emitter: Emitter, node: syntax.Binary) -> Term:
    """`+ - * /`."""
    left, right = emitter.emit(node.left), emitter.emit(node.right)
    if any(isinstance(each, Const) and not each.sure for each in (left, right)):
        return NOT_KNOWN
    sign = -1 if node.op == "-" else 1
    if node.op in "+-":
        moved = _moved(node.op, left, right)
        if moved is not None:
            return moved
        return numbers.add(numbers.number(left), numbers.number(right), sign)
    few = _of_few_and_one(node, left, right)
    if few is not None:
        return few
    if node.op == "*":
        return numbers.multiply(numbers.number(left), numbers.number(right))
    if node.op == "/":
        over, under = emitter.frame.keep(numbers.number(left)), emitter.frame.keep(numbers.number(right))
        assert isinstance(over, Num)
        assert isinstance(under, Num)
        return numbers.divide(over, under, right.value if isinstance(right, Const) else None)
    raise Unsupported(f"`{node.op}`")


def _of_few_and_one(node: syntax.Binary, left: Term, right: Term) -> Code | None:
    """A calculation with a duration out of a few and a value that is the same for all rows."""
    code, other = (left, right) if isinstance(left, Code) else (right, left)
    if not isinstance(code, Code) or not isinstance(other, Const) or not _are_lengths(code):
        return None
    one, two = ("x", "y") if code is left else ("y", "x")
    asked = syntax.Binary(node.op, syntax.Name(one, node.span), syntax.Name(two, node.span), node.span)
    values = [{"x": each, "y": other.value} for each in code.domain]
    results = [evaluate(asked, each, mode="policy", functions=LIBRARY) for each in values]
    if any(isinstance(each, Unknown) for each in results):
        raise Unsupported("a calculation with durations that has no answer for some")
    return reduce_codes(code, results)


def _are_lengths(code: Code) -> bool:
    return all(isinstance(each, (Months, datetime.timedelta)) for each in code.domain)


def _moved(op: str, left: Term, right: Term) -> Term | None:
    """Dates, durations and texts."""
    sign = -1 if op == "-" else 1
    if (
        isinstance(left, Day)
        and isinstance(right, Const)
        and isinstance(right.value, (Months, datetime.timedelta))
    ):
        return dates.shifted(left, right.value, sign)
    if op == "+" and isinstance(right, Day) and isinstance(left, Const):
        return dates.shifted(right, left.value, sign)
    if isinstance(left, Day) and isinstance(right, Code) and right.domain and _are_lengths(right):
        chain: pl.Expr = lit(None, pl.Date)
        for i, length in enumerate(right.domain):
            there = dates.shifted(left, length, sign).expr
            chain = pl.when(right.expr == lit(i, pl.UInt16)).then(there).otherwise(chain)
        return Day(chain, left.sure and right.sure)
    if op == "-" and (isinstance(left, Day) or isinstance(right, Day)):
        return dates.between(day(left), day(right))
    if isinstance(left, Seconds) or isinstance(right, Seconds):
        one, other = seconds(left), seconds(right)
        found = one.expr + other.expr if sign > 0 else one.expr - other.expr
        return Seconds(found, one.sure and other.sure)
    if op == "+" and (is_text(left) or is_text(right) or _is_word(left)):
        first, second = text(left), text(right)
        return terms.Text(first.expr + second.expr, first.sure and second.sure)
    return None


def _is_word(term: Term) -> bool:
    return isinstance(term, Code) and all(isinstance(each, str) for each in term.domain)


def emit_negate(emitter: Emitter, node: syntax.Negate) -> Term:
    """`-operand`."""
    found = emitter.emit(node.operand)
    if isinstance(found, Quotient):
        return Quotient(_turned(found.over), found.under)
    if isinstance(found, Seconds):
        return Seconds(-found.expr, found.sure)
    return _turned(numbers.number(found))


def _turned(term: Num) -> Num:
    return Num(numbers.negative(term.expr), term.scale, term.bound, term.sure)


# Calls


def emit_call(emitter: Emitter, node: syntax.Call) -> Term:
    """A call of a function by its name, its arguments by their places."""
    if not isinstance(node.function, syntax.Name) or node.named:
        raise Unsupported("a call of another kind")
    form = COLUMN_FORMS.get(node.function.name)
    if form is None:
        raise Unsupported(f"`{node.function.name}`")
    return form(emitter, node.positional)


def _not(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    found = emitter.emit(arguments[0])
    if isinstance(found, Code):
        raise Unsupported("the opposite of null")
    return logic.negated(found if isinstance(found, (Flag, Const)) else terms.flag(found))


def _is_defined(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    """A column does not tell what is not known from what there is none of, except for facts of records."""
    found = emitter.emit(arguments[0])
    listed = isinstance(found, (terms.Rows, terms.Joined, terms.Distinct, terms.Times, terms.Picked))
    if (listed or not terms.is_sure(found)) and not _is_fact(emitter, arguments[0]):
        raise Unsupported("whether there is a value that is worked out")
    if isinstance(found, Const):
        return Const(found.sure and found.value is not None)
    if isinstance(found, Code) and None in found.domain:
        null = found.domain.index(None)
        return Flag((found.expr != lit(null, pl.UInt16)).fill_null(False), True)
    if isinstance(found, Day) and not _is_fact(emitter, arguments[0]):
        return Flag((found.expr.cast(pl.Int32) < lit(_MAY_COME, pl.Int32)).fill_null(False), True)
    if isinstance(found, (terms.Listed, terms.Span, terms.Entries, terms.Picked, terms.Instance)):
        return Const(True)  # their parts may be missing, but not they
    return terms.known(found)


def _is_fact(emitter: Emitter, asked: Expression) -> bool:
    if isinstance(asked, syntax.Path):
        if not isinstance(emitter.emit(asked.target), terms.Instance):
            return False
    elif not isinstance(asked, syntax.Name):
        return False
    return emitter.scope.is_fact(asked.name)


def _is_nothing(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    found = emitter.emit(arguments[0])
    match found:
        case Const(value):
            return Const(is_nothing(value)) if found.sure else NOT_KNOWN
        case Code(expr, domain, sure):
            return Flag(expr.is_in([i for i, each in enumerate(domain) if is_nothing(each)]), sure)
        case Day(expr, sure):
            return Flag(expr.cast(pl.Int32) >= lit(_MAY_COME, pl.Int32), sure)
        case Flag(expr, sure) | Num(expr, _, _, sure) | terms.Text(expr, sure) | Seconds(expr, sure):
            return Flag(pl.when(expr.is_not_null()).then(lit(False, pl.Boolean)), sure)
    raise Unsupported("whether such a value is nothing")


def _is_true(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    found = emitter.emit(arguments[0])
    if isinstance(found, Const):
        return Const(found.value is True)
    if isinstance(found, Flag):
        return found if found.sure else Flag(found.expr.fill_null(False), True)
    if isinstance(found, Code):
        holds = [i for i, each in enumerate(found.domain) if each is True]
        return Flag(found.expr.is_in(holds).fill_null(False), True)
    return Const(False)


def _once_known(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    found = terms.known(emitter.emit(arguments[0]))
    then = emitter.emit(arguments[1])
    if isinstance(found, Const):
        return then if found.value else NOT_KNOWN
    (expr,), make = unified([then])
    return make(pl.when(found.expr).then(expr), False)  # type: ignore[no-any-return]


def _first_known(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    first, *others = arguments
    flags = [terms.flag(emitter.emit(first))]
    if not flags[0].sure:
        flags += [terms.flag(emitter.emit(each)) for each in others]
    return Flag(pl.coalesce([each.expr for each in flags]), flags[0].sure)


def _given_or(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    given, otherwise = emitter.kept(arguments[0]), emitter.emit(arguments[1])
    if terms.is_sure(given):
        return given
    if isinstance(given, Const):
        return otherwise
    (first, second), make = unified([given, otherwise])
    return make(pl.coalesce(first, second), terms.is_sure(otherwise))  # type: ignore[no-any-return]


def _no_value_of(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    return Const(None)


def _at_least(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    wanted = emitter.emit(arguments[0])
    conditions = items_in(emitter.emit(arguments[1]))
    if not isinstance(wanted, Const) or not isinstance(wanted.value, Decimal):
        raise Unsupported("a number of conditions that differs from row to row")
    flags = [terms.flag(each).expr for each in conditions]
    if not flags:
        return Const(wanted.value <= 0)
    least = lit(-int(-wanted.value // 1), pl.Int64)
    holding = pl.sum_horizontal([each.fill_null(False).cast(pl.Int64) for each in flags])
    possible = pl.sum_horizontal([each.fill_null(True).cast(pl.Int64) for each in flags])
    found = pl.when(holding >= least).then(lit(True, pl.Boolean))
    sure = all(terms.is_sure(each) for each in conditions)
    return Flag(found.when(possible < least).then(lit(False, pl.Boolean)), sure)


def _round(name: str, emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    found = emitter.emit(arguments[0])
    digits = emitter.emit(arguments[1]) if len(arguments) > 1 else Const(Decimal(0))
    if not isinstance(digits, Const) or not isinstance(digits.value, Decimal) or abs(digits.value) > 30:
        raise Unsupported("digits that differ from row to row")
    if not isinstance(found, Quotient):
        kept = emitter.frame.keep(numbers.number(found))
        assert isinstance(kept, Num)
        found = kept
    return numbers.rounded(found, int(digits.value), name)


def _abs(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    found = emitter.emit(arguments[0])
    if isinstance(found, Seconds):
        return Seconds(found.expr.abs(), found.sure)
    number = numbers.number(found)
    return Num(number.expr.abs(), number.scale, number.bound, number.sure)


def _modulo(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    left, right = (emitter.frame.keep(numbers.number(emitter.emit(each))) for each in arguments)
    return numbers.modulo(left, right)  # type: ignore[arg-type]


def _date(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    """The date of a year, a month and a day; a date as it is."""
    if len(arguments) == 1:
        return day(emitter.emit(arguments[0]))
    parts = [numbers.number(emitter.emit(each)) for each in arguments]
    if any(each.scale > 0 or each.bound > _PART for each in parts):
        raise Unsupported("a date of parts that may not be whole")
    kept = [emitter.frame.keep(each) for each in parts]
    return dates.from_parts(*(each.expr.cast(pl.Int32, strict=False) for each in kept))  # type: ignore[union-attr]


def _day_of_week(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    return dates.weekday(day(emitter.emit(arguments[0])))


def _last_of_month(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    return dates.last_of_month(day(emitter.kept(arguments[0])))


def _of_few(name: str, emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    """A function of a text out of few: worked out for each of them."""
    found, at = emitter.emit(arguments[0]), arguments[0].span
    if not isinstance(found, Code):
        raise Unsupported("a function of any text")
    call = build.call(name, build.name("x", at), span=at)
    results = [evaluate(call, {"x": each}, mode="policy", functions=LIBRARY) for each in found.domain]
    return reduce_codes(found, results)


def reduce_codes(found: Code, results: Sequence[object]) -> Code:
    """A value for every one of few."""
    domain: list[object] = []
    chain: pl.Expr = lit(None, pl.UInt16)
    for i, each in enumerate(results):
        if each not in domain:
            domain.append(each)
        place = domain.index(each)
        chain = pl.when(found.expr == lit(i, pl.UInt16)).then(lit(place, pl.UInt16)).otherwise(chain)
    return Code(chain, tuple(domain), found.sure)


# Tables


def _row_result(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    """What a table gives; see `feel.functions.conditions`."""
    hit = emitter.emit(arguments[0])
    rows = [emitter.frame.keep(each) for each in items_in(emitter.emit(arguments[2]))]
    values = list(items_in(emitter.emit(arguments[3])))
    default = [emitter.emit(each) for each in arguments[4:]]
    assert isinstance(hit, Const)
    exprs, make = unified([*values, *default])
    kept = [emitter.frame.keep(make(each, False)).expr for each in exprs]  # type: ignore[union-attr]
    flags = [terms.flag(each).expr for each in rows]
    several = reached(emitter, str(hit.value), flags)
    matching = pl.any_horizontal([each.fill_null(False) for each in flags])
    if default:
        several.append(~matching)
    first = pl.coalesce([pl.when(here).then(value) for here, value in zip(several, kept, strict=True)])
    agreed = emitter.frame.keep(make(first, False)).expr  # type: ignore[union-attr]
    alike = [~here | (value == agreed).fill_null(False) for here, value in zip(several, kept, strict=True)]
    fine = pl.all_horizontal(alike)
    if hit.value == "unique":
        fine = fine & ~clashing(flags)
    return emitter.frame.keep(make(pl.when(fine).then(agreed), False))


def reached(emitter: Emitter, hit: str, flags: Sequence[pl.Expr]) -> list[pl.Expr]:
    """Which rows may count: not those that surely do not match, nor any after the first that does."""
    found: list[pl.Expr] = []
    before: pl.Expr | None = None
    for each in flags:
        here = each.fill_null(True)
        found.append(here if before is None or hit != "first" else here & ~before)
        if hit == "first":
            holds = each.fill_null(False)
            before = emitter.frame.column(holds if before is None else before | holds)
    return found


def clashing(flags: Sequence[pl.Expr]) -> pl.Expr:
    """Whether more than one row matches, or may match: no value of a table that is `unique` counts then."""
    holding = pl.sum_horizontal([each.fill_null(False).cast(pl.Int64) for each in flags])
    opened = pl.any_horizontal([each.is_null() for each in flags])
    return (holding > 1) | ((holding > 0) & opened)


Form: TypeAlias = Callable[[Emitter, Sequence[Expression]], Term]
COLUMN_FORMS: Mapping[str, Form] = {
    "not": _not,
    "is defined": _is_defined,
    "is true": _is_true,
    "told as": lambda emitter, arguments: emitter.emit(arguments[0]),
    "is nothing": _is_nothing,
    "no value of": _no_value_of,
    "once known": _once_known,
    "first known": _first_known,
    "given or": _given_or,
    "at least": _at_least,
    "row result": _row_result,
    "abs": _abs,
    "modulo": _modulo,
    "last day of month": _last_of_month,
    "date": _date,
    "day of week": _day_of_week,
    **dates.CALLS,
    **list_calls.CALLS,
    **{name: partial(_round, name) for name in ROUNDINGS},
    **{name: partial(_of_few, name) for name in ("upper case", "lower case")},
}
"""The column form of every function that has one; a node that calls another one is computed by rows."""
