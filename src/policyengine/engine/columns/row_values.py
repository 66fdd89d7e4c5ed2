"""Values between columns and Python, for what is worked out row by row: decoded, and encoded again."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from typing import Any

import polars as pl

from policyengine.dataclass import dataclass
from policyengine.engine.columns import numbers, terms
from policyengine.engine.columns.entity_frames import CLASSES, HELD, FactShape
from policyengine.engine.columns.numbers import width
from policyengine.engine.columns.terms import Const, Span, Term, Unsupported
from policyengine.feel.limits import NUMBERS
from policyengine.feel.types import types
from policyengine.feel.types.types import Enum, Number, Type
from policyengine.feel.values.values import FarDate, FineDuration, Months, Range, Unknown
from policyengine.policy import quantities

Decode = Callable[..., object]
_EPOCH = datetime.date(1970, 1, 1).toordinal()
_LAST = datetime.date.max.toordinal()
_MOST_PLACES = 12
_GUESSES = {"": FactShape(True, 2, 9), "money": FactShape(True, 2, 12), "rate": FactShape(True, 4, 6)}
_COUNT = FactShape(True, 0, 6)


class Misfit(Exception):  # noqa: N818  # caught by the plan, which lowers the program for wider values
    """Values of a node do not fit in the column that was planned for them."""

    def __init__(self, key: tuple[str, str], shape: FactShape) -> None:
        super().__init__(key)
        self.key = key
        self.shape = shape


# From columns


def decoder(term: Term) -> tuple[tuple[pl.Expr, ...], Decode] | None:
    """The columns of a term with a single value, and what makes that value of theirs; None for others."""
    match term:
        case terms.Flag(expr) | terms.Text(expr):
            return (expr,), _same
        case terms.Code(expr, domain):
            return (expr,), domain.__getitem__
        case terms.Num(expr, scale):
            return (expr,), lambda units: Decimal(units).scaleb(-scale, NUMBERS)
        case terms.Day(expr):
            return (expr.cast(pl.Int32),), _day
        case terms.Seconds(expr):
            return (expr,), lambda seconds: datetime.timedelta(seconds=seconds)
        case terms.Opaque(expr):
            return (expr,), quantities.period
        case terms.Held(expr):
            return (expr,), released
        case terms.Values(expr, item):
            return (expr,), _ITEMS.get(item, tuple)
        case Span(low, high, low_closed, high_closed):
            return _range(low, high, low_closed, high_closed)
    return None


def _same(value: object) -> object:
    return value


def _numbers(values: Sequence[Any]) -> tuple[object, ...]:
    return tuple(Decimal(each) if isinstance(each, int) else each for each in values)


def _periods(values: Sequence[str]) -> tuple[object, ...]:
    return tuple(quantities.period(each) for each in values)


_ITEMS: dict[str, Decode] = {"number": _numbers, "period": _periods}


def _range(low: Term | None, high: Term | None, *closed: bool) -> tuple[tuple[pl.Expr, ...], Decode] | None:
    ends = [None if each is None or isinstance(each, Const) else decoder(each) for each in (low, high)]
    if ends[0] is None or ends[1] is None or len(ends[0][0]) + len(ends[1][0]) > 2:
        return None
    (one, first), (other, second) = ends[0], ends[1]
    return (*one, *other), lambda start, end: Range(first(start), second(end), *closed)


def _day(days: int) -> object:
    """A date by its days since 1970; one of a year that Python's dates do not reach is a `FarDate`."""
    ordinal = days + _EPOCH
    if 1 <= ordinal <= _LAST:
        return datetime.date.fromordinal(ordinal)
    era, rest = divmod(ordinal - 1, 146_097)
    found = datetime.date.fromordinal(rest + 1)
    return FarDate(found.year + 400 * era, found.month, found.day)


def _days(value: object) -> int | None:
    """The days since 1970 of a date; None where a column has no room for it."""
    if isinstance(value, datetime.date):
        return value.toordinal() - _EPOCH
    if not isinstance(value, FarDate) or abs(value.year) > 5_000_000:
        return None
    era, year = divmod(value.year - 1, 400)
    return datetime.date(year + 1, value.month, value.day).toordinal() + 146_097 * era - _EPOCH


# A value of any type as a text, which nothing reads but `released`


def _held(value: object) -> str | None:
    match value:
        case Unknown():
            return None
        case None:
            return "0"
        case bool():
            return f"b{value:d}"
        case Decimal():
            return f"n{value}"
        case str():
            return f"t{value}"
        case Months(months):
            return f"m{months}"
        case datetime.timedelta():
            return f"s{value.days} {value.seconds} {value.microseconds}"
        case FineDuration(seconds):
            return f"f{seconds}"
        case datetime.date():
            return f"d{value.toordinal()}"
        case FarDate(year, month, day):
            return f"y{year} {month} {day}"
    raise TypeError(f"a {type(value).__name__} is no single value")


def released(text: str) -> object:
    """The value of a text of a `Held`."""
    rest = text[1:]
    match text[0]:
        case "0":
            return None
        case "b":
            return rest == "1"
        case "n":
            return Decimal(rest)
        case "t":
            return rest
        case "m":
            return Months(int(rest))
        case "s":
            return datetime.timedelta(*map(int, rest.split()))
        case "f":
            return FineDuration(Decimal(rest))
        case "d":
            return datetime.date.fromordinal(int(rest))
    return FarDate(*map(int, rest.split()))


# To columns


@dataclass(frozen=True, slots=True)
class Encoder:
    """How values of one type become a column: its type, the cell of a value, and the term that it is in.

    A value that has no cell is a misfit.
    """

    dtype: Any
    cell: Callable[[Any], object]
    term: Callable[[pl.Expr], Term]
    kinds: tuple[type, ...] = ()


def encoder(kind: Type | None, shape: FactShape | None) -> Encoder:
    """The encoder for a type of single values; raises `Unsupported` for others. `shape` is what was found."""
    if not is_single(kind):
        raise Unsupported("a value that is not a single one")
    if shape == HELD:
        return _HELD
    if isinstance(kind, Number):
        return _number(shape or guess(kind))
    if isinstance(kind, Enum):
        places = {each: i for i, each in enumerate(kind.values)}
        return Encoder(pl.UInt16, places.get, lambda expr: terms.Code(expr, kind.values), (str,))
    return _ENCODERS.get(kind, _HELD)


def guess(kind: Number) -> FactShape:
    """The digits that values of a type have, unless a batch shows others."""
    return _GUESSES.get(kind.unit, _COUNT)


def is_single(kind: Type | None) -> bool:
    """Whether values of a type have no parts."""
    return isinstance(kind, (Number, Enum)) or kind in _SINGLE


def _number(shape: FactShape) -> Encoder:
    scale, bound = shape.scale, 10**shape.digits

    def units(value: Decimal) -> int | None:
        found = value.scaleb(scale)
        whole = int(found)
        return whole if whole == found and abs(whole) < bound else None

    return Encoder(width(bound), units, lambda expr: terms.Num(expr, scale, bound), (Decimal,))


def _whole_seconds(value: datetime.timedelta) -> int | None:
    return None if value.microseconds else value.days * 86_400 + value.seconds


_HELD = Encoder(pl.String, _held, terms.Held)
_ENCODERS: dict[Any, Encoder] = {
    types.BOOLEAN: Encoder(pl.Boolean, _same, terms.Flag, (bool,)),
    types.TEXT: Encoder(pl.String, _same, terms.Text, (str,)),
    types.DATE: Encoder(
        pl.Int32, _days, lambda expr: terms.Day(expr.cast(pl.Date)), (datetime.date, FarDate)
    ),
    types.DAYS_DURATION: Encoder(pl.Int64, _whole_seconds, terms.Seconds, (datetime.timedelta,)),
}
_SINGLE = frozenset({*_ENCODERS, types.MONTHS_DURATION, types.DURATION, types.NULL})


def encoded(encode: Encoder, values: Sequence[object], key: tuple[str, str]) -> pl.Series:
    """Values as a column, null for what is not known; raises `Misfit` where one has no cell."""
    cells: list[object] = []
    cell, kinds = encode.cell, encode.kinds
    with localcontext(NUMBERS):
        for value in values:
            if isinstance(value, Unknown):
                cells.append(None)
                continue
            found = cell(value) if not kinds or isinstance(value, kinds) else None
            if found is None:
                raise Misfit(key, _wider(values))
            cells.append(found)
    return pl.Series(cells, dtype=encode.dtype)


def widened(old: FactShape | None, new: FactShape) -> FactShape:
    """A shape with room for what two shapes have room for."""
    if old is None or HELD in (old, new):
        return new if old is None else HELD
    scale = max(old.scale, new.scale)
    most = max(each.digits + scale - each.scale for each in (old, new))
    digits = next((each for each in CLASSES if most <= each), None)
    return HELD if digits is None else FactShape(True, scale, digits)


def _wider(values: Sequence[object]) -> FactShape:
    """A shape in which all of the values have room."""
    known = [each for each in values if not isinstance(each, Unknown)]
    if not all(isinstance(each, Decimal) and each.is_finite() for each in known):
        return HELD
    scale = max(numbers.places(each) for each in known)  # type: ignore[arg-type]
    most = max(int(abs(each.scaleb(scale))) for each in known)  # type: ignore[attr-defined]
    digits = next((each for each in CLASSES if most < 10**each), None)
    return HELD if digits is None or scale > _MOST_PLACES else FactShape(True, scale, digits)
