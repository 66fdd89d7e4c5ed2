"""Values as the cells of a table hold them: amounts with a fixed number of digits, and everything as text."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from policyengine.engine.columns import numbers, terms
from policyengine.engine.columns.terms import Const, Flag, Frame, Num, Term, Unsupported, lit
from policyengine.engine.columns.unify import coded, known_throughout
from policyengine.engine.layout import DIGITS, LARGEST, LARGEST_COUNT, ColumnKind
from policyengine.feel.values.values import Unknown

_MOST = 2**14
_SHORT = 18
_NOT_KNOWN = Unknown(frozenset())
_FIRST, _LAST = datetime.date.min, datetime.date.max


def within_calendar(expr: pl.Expr) -> pl.Expr:
    """Dates that documents can hold; the others show as nothing."""
    return pl.when((expr >= lit(_FIRST, pl.Date)) & (expr <= lit(_LAST, pl.Date))).then(expr)


def cell(term: Term, kind: ColumnKind) -> pl.Expr:
    """The expression of a cell: of an exact number whole units of `DIGITS` digits."""
    if kind == "exact":
        number = numbers.number(term)
        if number.scale > DIGITS:
            number = numbers.rounded(number, DIGITS, "round half up")
        number = numbers.scaled(number, DIGITS)
        if number.bound >= LARGEST * 10**DIGITS:
            raise Unsupported("an amount may be larger than a table holds")
        return number.expr
    if kind == "count":
        number = numbers.number(term)
        if number.scale > 0 or number.bound >= LARGEST_COUNT:
            raise Unsupported("a number that may not be whole, or larger than a table holds")
        return numbers.scaled(number, 0).expr.cast(pl.Int64)
    if kind == "date" and isinstance(term, terms.Day):
        return within_calendar(term.expr)
    if kind == "text" and isinstance(term, terms.Text):
        return term.expr
    raise Unsupported(f"a {type(term).__name__} in a cell for {kind}")


def exact_array(units: pl.Series, scale: int = DIGITS) -> Any:
    """Whole units of a scale as decimals, without a second look at any of them."""
    plain = units.cast(pl.Decimal(38, 0)).rechunk().to_arrow()
    dtype = pa.decimal128(38, scale)
    return pa.Array.from_buffers(dtype, len(plain), plain.buffers(), plain.null_count, plain.offset)


def amounts(term: Num, units: pl.Series) -> Any:
    """A number as decimals of its own scale: of 64 bits where all of its digits fit, which copies nothing."""
    if units.dtype != pl.Int64 or term.bound >= 10**_SHORT or not 0 <= term.scale <= _SHORT:
        return exact_array(units, term.scale)
    plain = units.rechunk().to_arrow()
    dtype = pa.decimal64(_SHORT, term.scale)
    return pa.Array.from_buffers(dtype, len(plain), plain.buffers(), plain.null_count, plain.offset)


def masked(values: Any, there: pl.Series) -> Any:
    """An Arrow array without nulls, of which only those values count that are there."""
    if there.all():
        return values
    bits = there.rechunk().to_arrow()
    buffers = [bits.buffers()[1], *values.buffers()[1:]]
    if bits.offset or values.offset:
        raise ValueError("a slice of an array")
    return pa.Array.from_buffers(values.type, len(values), buffers)


def written(term: Term, digits: int, *, frame: Frame) -> pl.Expr:
    """A value as text, as `layout.value_text` writes it."""
    match term:
        case terms.Text(expr):
            return expr
        case terms.Day(expr):
            return within_calendar(expr).cast(pl.String)
        case terms.Flag(expr):
            return pl.when(expr).then(lit("true", pl.String)).when(~expr).then(lit("false", pl.String))
        case Num():
            kept = frame.keep(term)
            assert isinstance(kept, Num)
            return _number(kept, digits)
    raise Unsupported(f"a {type(term).__name__} as a text")


def dates_written(term: Term) -> pl.Expr | None:
    """A list of dates as text, null for one that is not known or lies too far off; None for other terms."""
    pairs: Sequence[tuple[Flag | Const, Term]] = ()
    if isinstance(term, (terms.Listed, terms.Picked)):
        pairs = [(Const(True), each) for each in term.items] if isinstance(term, terms.Listed) else term.items
    texts: list[pl.Expr] = []
    for held, each in pairs:
        if not isinstance(each, terms.Day):
            return None
        text = pl.format('"{}"', within_calendar(each.expr).cast(pl.String)).fill_null(lit("null", pl.String))
        texts.append(text if isinstance(held, Const) else pl.when(held.expr).then(text))
    if not texts:
        return None
    known = known_throughout(term)
    whole = pl.format("[{}]", pl.concat_str(texts, separator=", ", ignore_nulls=True))
    return whole if known == Const(True) else pl.when(terms.flag(known).expr).then(whole)


def few(term: Term) -> tuple[pl.Expr, list[object]] | None:
    """A value of few, a context or a list of such values: its number, and the values by their numbers.

    None for other terms. What is not known has a number too.
    """
    if isinstance(term, (terms.Flag, terms.Text, terms.Day, Num)):
        return None
    if isinstance(term, terms.Entries):
        pieces = [_piece(each) for each in term.fields.values()]
        number, several = _product(pieces)
        return number, [dict(zip(term.fields, each, strict=True)) for each in several]
    if isinstance(term, terms.Picked):
        holds, items = zip(*term.items, strict=True)
        number, several = _product([_piece(each) for each in (*holds, *items)])
        return number, [_kept(each[: len(holds)], each[len(holds) :]) for each in several]
    return _piece(term)


def _piece(term: Term) -> tuple[pl.Expr, list[object]]:
    code = coded(term)
    if code is None:
        raise Unsupported(f"a {type(term).__name__} as a text")
    return code.expr.cast(pl.UInt32).fill_null(len(code.domain)), [*code.domain, _NOT_KNOWN]


def _product(pieces: Sequence[tuple[pl.Expr, list[object]]]) -> tuple[pl.Expr, list[tuple[object, ...]]]:
    number: pl.Expr = lit(0, pl.UInt32)
    several: list[tuple[object, ...]] = [()]
    for expr, values in pieces:
        if len(several) * len(values) > _MOST:
            raise Unsupported("a value with very many parts")
        number = number * lit(len(values), pl.UInt32) + expr
        several = [(*each, value) for each in several for value in values]
    return number, several


def _kept(holds: Sequence[object], items: Sequence[object]) -> object:
    if any(isinstance(each, Unknown) for each in holds):
        return _NOT_KNOWN
    return [item for held, item in zip(holds, items, strict=True) if held is True]


def _number(term: Num, digits: int) -> pl.Expr:
    if term.scale < digits:
        term = numbers.scaled(term, digits)
    if term.scale == 0:
        return term.expr.cast(pl.String)
    unit = 10**term.scale
    if term.bound * unit < numbers.LARGEST:
        exact = term.expr.cast(pl.Decimal(38, term.scale)) / lit(unit, pl.Int64)
        return _trimmed(exact.cast(pl.String), term.scale, digits)
    size, dtype = term.expr.abs(), numbers.width(term.bound)
    sign = pl.when(term.expr < 0).then(lit("-", pl.String)).otherwise(lit("", pl.String))
    front = (size // lit(unit, dtype)).cast(pl.String)
    rest = (size % lit(unit, dtype)).cast(pl.String).str.zfill(term.scale)
    return _trimmed(sign + front + lit(".", pl.String) + rest, term.scale, digits)


def _trimmed(text: pl.Expr, scale: int, digits: int) -> pl.Expr:
    """A number as text without zeros at its end, but for so many digits after the point."""
    if scale == digits:
        return text
    if digits == 0:
        return text.str.strip_chars_end("0").str.strip_chars_end(".")
    return text.str.head(digits - scale) + text.str.tail(scale - digits).str.strip_chars_end("0")
