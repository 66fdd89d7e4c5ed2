"""What writes the values of a type as people do, and what they ask of a limit.

A fact, a formula or a limit has a type, which says how its values are written: an enum value by its title, a
rate in per cent, an amount with its currency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, TypeAlias

from policyengine.decision.findings import Level, Room
from policyengine.decision.wording import (
    OPPOSITE,
    compared,
    counted,
    day,
    gap,
    is_or_are,
    join,
    listed,
    minor_digits,
    money,
    number,
    quantity,
    range_words,
    rate,
    spell,
    words,
)
from policyengine.feel.limits import NUMBERS
from policyengine.feel.syntax.printing import print_value
from policyengine.feel.types.types import DATE, Context, Enum, ListOf, Number, RangeOf, Type, is_period
from policyengine.feel.values.comparison import compare
from policyengine.feel.values.values import Range, is_never

_HUNDRED = Decimal(100)
Write: TypeAlias = Callable[[Any], str]
"""Writes values of one type as people do."""


def writer(kind: Type | None) -> Write:
    """What writes values of a type: the title of an enum value, `55 %`, `1,080.00 USD`; null is `none`."""
    match kind:
        case Number("money", currency) if currency:
            return _amounts(currency)
        case Number("rate"):
            return lambda value: rate(value) if value.__class__ is Decimal else shown(value)
        case Number():
            return lambda value: number(value) if value.__class__ is Decimal else shown(value)
        case Enum(_, values, titles):
            pairs = zip(values, titles, strict=False)
            named = {value: words(title) if title == value else title for value, title in pairs}
            return lambda value: named[value] if value.__class__ is str and value in named else shown(value)
        case ListOf(item) if not isinstance(item, Context):
            one = writer(item)
            return lambda value: listed([one(each) for each in value]) if _is_list(value) else shown(value)
        case Context() if is_period(kind):
            return _period
        case RangeOf(item):
            end = writer(item)
            return lambda value: range_words(value, end) if isinstance(value, Range) else shown(value)
    if kind == DATE:
        return lambda value: day(value) if value.__class__ is date else shown(value)
    return lambda value: value if value.__class__ is str else shown(value)


def one_of(kind: Type | None, values: Sequence[object]) -> str:
    """One of some values in words; of choices that ascend, `Gold or above`."""
    write = writer(kind)
    if isinstance(kind, Enum) and kind.ordered and 1 < len(values) < len(kind.values):
        if tuple(values) == kind.values[-len(values) :]:
            return f"{write(values[0])} or above"
        if tuple(values) == kind.values[: len(values)]:
            return f"{write(values[-1])} or below"
    return join([write(value) for value in values], "or")


def results_writer(kind: Type | None) -> Write:
    """What writes a value of a type; of several results of a table each with its name."""
    if not isinstance(kind, Context) or kind.name:
        return writer(kind)
    each = {name: writer(one) for name, one in kind.fields.items()}
    return lambda value: ", ".join(f"{words(name)} {each[name](one)}" for name, one in value.items())


def titled(titles: Mapping[str, str]) -> Write:
    """What writes ids by their titles; an id without one in words."""
    return lambda value: titles.get(value) or words(str(value))


def _amounts(currency: str) -> Write:
    """Writes amounts; most are below a thousand and have the digits of the minor unit already."""
    digits = minor_digits(currency)
    point, after, short = -digits - 1, -digits, digits + 5

    def write(value: object) -> str:
        if value.__class__ is not Decimal:
            return shown(value)
        text = str(value)
        if digits and len(text) < short and text[point:after] == ".":
            return f"{text} {currency}"
        return money(value, currency)

    return write


def _period(value: object) -> str:
    """A period by its label and its days."""
    if not isinstance(value, Mapping) or not isinstance(value["start"], date):
        nothing = isinstance(value, Mapping) and value["start"] is None
        return "none" if nothing else "not known"
    return f"{value['label']} ({day(value['start'])} to {day(value['end'])})"


def _is_list(value: object) -> bool:
    return isinstance(value, (list, tuple))


def shown(value: object) -> str:
    """A value of any type as people write it; null is `none`."""
    return "none" if value is None else "never" if is_never(value) else spell(value)


def compact(value: object, kind: Type | None) -> str:
    """A limit as a document holds it: `16`, `20 %`, `2027-01-02`."""
    if isinstance(value, Decimal):
        is_rate = isinstance(kind, Number) and kind.unit == "rate"
        return f"{NUMBERS.multiply(value, _HUNDRED).normalize(NUMBERS):f} %" if is_rate else f"{value:f}"
    return print_value(value) or str(value)


# Limits


def outside(have: object, limits: Range, write: Callable[[Any], str]) -> str:
    """Why a value is outside a range: it is below its start, or above its end."""
    low = limits.low
    below = "<" if limits.low_closed else "<="
    is_below = low is not None and compare(below, have, low) is True
    op, end = (
        (">=" if limits.low_closed else ">", low)
        if is_below
        else ("<=" if limits.high_closed else "<", limits.high)
    )
    return f"{compared(OPPOSITE[op], end)} {write(end)}"


def needed(op: str, limit: object, kind: Type | None) -> str:
    """What a comparison asks for, as a range where it is one."""
    text = compact(limit, kind)
    ranges = {">=": f"{text}..", "<=": f"..{text}"}
    return ranges.get(op) or f"{compared(op, limit)} {text}"


def needed_range(asked: Range, kind: Type | None) -> str:
    """What a range asks for: `16..26`, `[100..500)`."""
    low, high = ("" if end is None else compact(end, kind) for end in (asked.low, asked.high))
    if asked.low_closed and asked.high_closed:
        return f"{low}..{high}"
    return f"{'[' if asked.low_closed else '('}{low}..{high}{']' if asked.high_closed else ')'}"


def least(limit: object, kind: Type | None, above: bool) -> object:
    """The number from which on a limit is kept: of what is counted, more than 10 is 11, at least 2.5 is 3."""
    if not isinstance(limit, Decimal) or not isinstance(kind, Number) or kind.unit != "count":
        return limit
    if above:
        return NUMBERS.add(limit.to_integral_value(ROUND_FLOOR), 1)
    return limit.to_integral_value(ROUND_CEILING)


def shortage(limit: object, have: object) -> object:
    """How much is missing from `have` to the limit; None where it is not a number or nothing is missing."""
    if isinstance(limit, Decimal) and isinstance(have, Decimal) and have < limit:
        return NUMBERS.subtract(limit, have)
    return None


def amount_of(kind: Type | None, noun: str, value: object) -> str:
    """A value of a fact with its noun: `17 active accounts`, `500.00 USD of ad spend`, `rank 3`."""
    text = writer(kind)(value)
    if isinstance(kind, Number) and kind.symbol:
        return f"{text} of {noun}"
    return counted(text, noun) if is_or_are(noun) == "are" else f"{noun} {text}"


def lacking(kind: Type | None, noun: str, which: tuple[str, str] = ("", "")) -> Callable[[object, str], str]:
    """What says how much is lacking, and of what: `4 more active accounts (from 16 to 26)`.

    `which` follows the noun, of one and of several: ` that is paid`, ` that are paid`.
    """
    one, many = (
        counted(f"{count} more", noun).partition(" ")[2] + each
        for count, each in zip((1, 2), which, strict=True)
    )
    symbol = kind.symbol if isinstance(kind, Number) else ""

    def write(short: object, asked: str) -> str:
        return f"{gap(short, symbol)} {one if short == 1 else many} ({asked})"

    return write


# Levels


def room(found: Room, level: str) -> str:
    """How far a measure may fall: `room of 2: Silver is lost when active accounts fall below 10`."""
    fall = "fall" if is_or_are(found.noun) == "are" else "falls"
    left = f"room of {gap(found.room, found.unit)}" if found.room else "no room"
    return f"{left}: {level} is lost when {found.noun} {fall} below {quantity(found.lost_below, found.unit)}"


def lasting(level: Level) -> Iterator[str]:
    """Of a level that lasts: until when, what today's figures lead to, whether it is not written down yet."""
    if level.held_until is not None:
        yield f"held until {day(level.held_until)}"
    if level.differs:
        yield f"by today's figures {level.by_figures_title or level.by_figures}"
    if level.unwritten:
        said = level.on_record_title or level.on_record
        yield f"the record still says {said}: `policyengine advance` writes it down"
