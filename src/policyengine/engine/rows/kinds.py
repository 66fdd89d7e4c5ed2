"""What generated code knows of a value: its kind, and how to tell that a value is of it."""

from __future__ import annotations

import datetime
from decimal import Decimal

from policyengine.dataclass import dataclass
from policyengine.feel.types.types import (
    ANY as ANY_TYPE,
)
from policyengine.feel.types.types import (
    BOOLEAN,
    DATE,
    DAYS_DURATION,
    DURATION,
    MONTHS_DURATION,
    TEXT,
    Context,
    Enum,
    ListOf,
    Number,
    RangeOf,
    Type,
)
from policyengine.feel.types.types import (
    NUMBER as NUMBER_TYPE,
)
from policyengine.feel.values.values import Months, Range


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value; `item` is what a list or a range is of, `entity` whose instances they are."""

    name: str
    item: Kind | None = None
    entity: str = ""


ANY = Kind("any")
NUMBER = Kind("number")
FLAG = Kind("boolean")
WORD = Kind("text")
DAY = Kind("date")
MONTHS = Kind("months")
DAYS = Kind("days")
SPAN = Kind("duration")

_SCALARS: dict[Type, Kind] = {
    BOOLEAN: FLAG,
    TEXT: WORD,
    DATE: DAY,
    MONTHS_DURATION: MONTHS,
    DAYS_DURATION: DAYS,
    DURATION: SPAN,
}
CLASSES: dict[str, type] = {
    "number": Decimal,
    "boolean": bool,
    "text": str,
    "date": datetime.date,
    "months": Months,
    "days": datetime.timedelta,
}
# The names that generated code has for these classes.
CLASS_NAMES = {
    "number": "D",
    "boolean": "B",
    "text": "S",
    "date": "DT",
    "months": "MO",
    "days": "TD",
}
NATIVE_ORDER = frozenset({"number", "text", "date", "months", "days"})


def kind_of(known: Type | None) -> Kind:
    """The kind of the values of a type; `ANY` where generated code has nothing of its own for them."""
    match known:
        case Number():
            return NUMBER
        case Enum():
            return WORD
        case ListOf(Context(_, name)) if name:
            return Kind("rows", Kind("instance", entity=name))
        case ListOf(item):
            return Kind("list", kind_of(item))
        case RangeOf(item):
            return Kind("range", kind_of(item))
        case None | Context():
            return ANY
        case _:
            return _SCALARS.get(known, ANY)


_TYPES = {kind: known for known, kind in _SCALARS.items()}


def type_of(kind: Kind) -> Type:
    """A type whose values are of a kind, as far as signatures of functions tell types apart."""
    if kind == NUMBER:
        return NUMBER_TYPE
    item = ANY_TYPE if kind.item is None else type_of(kind.item)
    if kind.name in ("list", "rows"):
        return ListOf(item)
    return RangeOf(item) if kind.name == "range" else _TYPES.get(kind, ANY_TYPE)


def kind_of_value(value: object) -> Kind:
    """The kind of a value that is known when the code is generated."""
    for name, cls in CLASSES.items():
        if type(value) is cls:
            return Kind(name)
    if isinstance(value, Range):
        ends = {kind_of_value(end) for end in (value.low, value.high) if end is not None}
        return Kind("range", ends.pop() if len(ends) == 1 else ANY)
    return ANY


def check_of(code: str, kind: Kind) -> str:
    """A condition that holds if the value in a variable is plainly of its kind: neither unknown nor null."""
    if kind.name in CLASS_NAMES:
        return f"{code}.__class__ is {CLASS_NAMES[kind.name]}"
    if kind.name == "range":
        return f"{code}.__class__ is R"
    if kind.name in ("list", "rows"):
        return f"{code}.__class__ in LISTS"
    if kind.name == "duration":
        return f"{code}.__class__ in SPANS"
    return f"{code} is not None and {code}.__class__ is not U"
