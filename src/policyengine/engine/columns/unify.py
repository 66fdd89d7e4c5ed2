"""Terms of one kind: texts, dates, one of a few values; and the form that several terms have in common."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from policyengine.engine.columns import numbers, terms
from policyengine.engine.columns.terms import Code, Const, Flag, Num, Term, Unsupported, lit
from policyengine.engine.finding_values import unknown_in
from policyengine.feel.values.comparison import compare
from policyengine.feel.values.values import NEVER, FarDate, Range, Unknown, is_never

_MANY = 200
_NEVER = (
    datetime.date(2000, 1, 1).toordinal()
    - datetime.date(1970, 1, 1).toordinal()
    + 146_097 * (NEVER.year - 2000) // 400
)
Make = Callable[[pl.Expr, bool], Any]


def is_text(term: Term) -> bool:
    """Whether a term is a text of many."""
    return isinstance(term, terms.Text) or (isinstance(term, Const) and isinstance(term.value, str))


def text(term: Term) -> terms.Text:
    """A term as a text."""
    match term:
        case terms.Text():
            return term
        case Const(str() as value):
            return terms.Text(lit(value, pl.String), True)
        case Code(expr, domain, sure) if all(isinstance(each, str) for each in domain):
            if len(domain) > _MANY:
                raise Unsupported("a text out of very many")
            return terms.Text(spelled(expr, domain), sure)
    raise Unsupported(f"a {type(term).__name__} is no text")


def spelled(expr: pl.Expr, domain: Sequence[object]) -> pl.Expr:
    """Texts by their numbers."""
    chain: pl.Expr = lit(None, pl.String)
    for i, each in enumerate(domain):
        chain = pl.when(expr == lit(i, pl.UInt16)).then(lit(each, pl.String)).otherwise(chain)
    return chain


def day(term: Term) -> terms.Day:
    """A term as a date."""
    match term:
        case terms.Day():
            return term
        case Const(datetime.date() as value):
            return terms.Day(lit(value, pl.Date), True)
        case Const(FarDate() as far) if is_never(far):
            return terms.Day(lit(_NEVER, pl.Int32).cast(pl.Date), True)
        case Const(value) if isinstance(value, Unknown) or value is None:
            return terms.Day(lit(None, pl.Date))
        case Code(expr, domain, sure) if len(domain) <= _MANY:
            found = {i: each for i, each in enumerate(domain) if isinstance(each, datetime.date)}
            if found:
                chain: pl.Expr = lit(None, pl.Date)
                for i, each in found.items():
                    chain = pl.when(expr == lit(i, pl.UInt16)).then(lit(each, pl.Date)).otherwise(chain)
                return terms.Day(chain, sure and len(found) == len(domain))
    raise Unsupported(f"a {type(term).__name__} is no date")


def seconds(term: Term) -> terms.Seconds:
    """A term as a duration."""
    match term:
        case terms.Seconds():
            return term
        case Const(datetime.timedelta() as value) if not value.microseconds:
            return terms.Seconds(lit(value.days * 86_400 + value.seconds, pl.Int64), True)
    raise Unsupported(f"a {type(term).__name__} is no duration in whole seconds")


# One of a few values


def merged(left: Sequence[object], right: Sequence[object]) -> tuple[object, ...]:
    """The values of both domains, without doubles."""
    found = list(left)
    for each in right:
        if not any(same(each, other) for other in found):
            found.append(each)
    return tuple(found)


def same(left: object, right: object) -> bool:
    """Whether two values are the same for FEEL; true is no number."""
    return isinstance(left, bool) == isinstance(right, bool) and compare("=", left, right) is True


def recoded(term: Code, domain: tuple[object, ...]) -> Code:
    """The same values by their numbers in a larger domain."""
    places = [next(i for i, each in enumerate(domain) if same(each, value)) for value in term.domain]
    if places == list(range(len(places))):
        return Code(term.expr, domain, term.sure)
    if len(places) == 1 and term.sure:
        return Code(lit(places[0], pl.UInt16), domain, True)
    chain: pl.Expr = lit(None, pl.UInt16)
    for i, place in enumerate(places):
        chain = pl.when(term.expr == lit(i, pl.UInt16)).then(lit(place, pl.UInt16)).otherwise(chain)
    return Code(chain, domain, term.sure)


def coded(term: Term) -> Code | None:
    """A term as one of a few values; None where it may have many."""
    match term:
        case Code():
            return term
        case Const(value) if isinstance(value, Unknown):
            return Code(lit(None, pl.UInt16), ())
        case Const(value) if isinstance(value, (list, tuple, Range, dict)):
            return None
        case Const(value):
            return Code(lit(0, pl.UInt16), (value,), True)
        case Flag(expr, sure):
            return Code(expr.cast(pl.UInt16), (False, True), sure)
    return None


# What several have in common


def unified(several: Sequence[Term]) -> tuple[list[pl.Expr], Make]:
    """Terms in the same form: their expressions, and what makes a term of that form of one."""
    if any(isinstance(each, Flag) for each in several) and all(_is_flag(each) for each in several):
        return [terms.flag(each).expr for each in several], Flag
    codes = [coded(each) for each in several]
    if all(each is not None for each in codes):
        domain: tuple[object, ...] = ()
        for code in codes:
            assert code is not None
            domain = merged(domain, code.domain)
        if len(domain) <= _MANY:
            found = [recoded(code, domain).expr for code in codes if code is not None]
            return found, lambda expr, sure: Code(expr, domain, sure)
    if any(isinstance(each, Const) and each.value is None for each in several) or any(
        isinstance(each, Code) and None in each.domain for each in several
    ):
        raise Unsupported("null beside a value of many")
    return _many(several)


def _is_flag(term: Term) -> bool:
    return isinstance(term, Flag) or (isinstance(term, Const) and isinstance(term.value, (bool, Unknown)))


def _many(several: Sequence[Term]) -> tuple[list[pl.Expr], Make]:
    if any(isinstance(each, Num) for each in several):
        found = [numbers.number(each) for each in several]
        scale = max(each.scale for each in found)
        found = [numbers.scaled(each, scale) for each in found]
        bound = max(each.bound for each in found)
        exprs = [numbers.as_wide(each, bound) for each in found]
        return exprs, lambda expr, sure: Num(expr, scale, bound, sure)
    kinds: tuple[tuple[Any, Any, Any], ...] = (
        (terms.Text, pl.String, text), (terms.Day, pl.Date, day), (terms.Seconds, pl.Int64, seconds),
    )  # fmt: skip
    for make, dtype, read in kinds:
        if any(isinstance(each, make) for each in several):
            return [_read(each, dtype, read) for each in several], make
    raise Unsupported("values of several kinds")


def _read(term: Term, dtype: Any, read: Callable[[Term], Any]) -> pl.Expr:
    if isinstance(term, Const) and not term.sure:
        return lit(None, dtype)
    found: pl.Expr = read(term).expr
    return found


def both(parts: Sequence[Flag | Const]) -> Flag | Const:
    """All of the conditions (Kleene)."""
    if any(isinstance(each, Const) and each.value is False for each in parts):
        return Const(False)
    exprs = [terms.flag(each) for each in parts if not (isinstance(each, Const) and each.value is True)]
    if not exprs:
        return Const(True)
    whole = exprs[0].expr
    for each in exprs[1:]:
        whole = whole & each.expr
    return Flag(whole, all(each.sure for each in exprs))


def either(parts: Sequence[Flag | Const]) -> Flag | Const:
    """One of the conditions (Kleene)."""
    if any(isinstance(each, Const) and each.value is True for each in parts):
        return Const(True)
    exprs = [terms.flag(each) for each in parts if not (isinstance(each, Const) and each.value is False)]
    if not exprs:
        return Const(False)
    whole = exprs[0].expr
    for each in exprs[1:]:
        whole = whole | each.expr
    return Flag(whole, all(each.sure for each in exprs))


# What is known


def known_throughout(term: Term) -> Flag | Const:
    """Whether a term and all of its parts are known."""
    match term:
        case Const(value):
            return Const(unknown_in(value) is None)
        case terms.Entries(fields):
            return terms.every([known_throughout(each) for each in fields.values()])
        case terms.Picked(several):
            return terms.every([_kept_known(*pair) for pair in several])
        case terms.Rows() | terms.Times() | terms.Instance():
            raise Unsupported("whether all parts of rows are known")
    return terms.known(term)


def _kept_known(held: Flag | Const, item: Term) -> Flag | Const:
    """Whether it is known if an item is kept, and the item if it is."""
    found = known_throughout(item)
    if isinstance(held, Const) or found == Const(True):
        return found if held == Const(True) else terms.known(held)
    return Flag(held.expr.is_not_null() & (~held.expr | terms.flag(found).expr), True)
