"""The types that expressions have, and how they are called in messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TypeAlias

from policyengine.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Scalar:
    """A type without parts; its name is what FEEL calls it."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number; `unit` is "" (plain), "count" (whole), "rate" (a share) or "money" (of a `currency`).

    Money whose currency each record names has the entity and fact `by` which it does: `partner.currency`.
    """

    unit: str = ""
    currency: str = ""
    by: str = ""

    @property
    def symbol(self) -> str:
        """What people write behind it: `%`, the code of the currency, or nothing."""
        return "%" if self.unit == "rate" else self.currency


@dataclass(frozen=True, slots=True)
class Enum:
    """A text out of a closed list; `name` is the fact or type that declares it, `titles` are for people.

    The values of an `ordered` one ascend.
    """

    name: str
    values: tuple[str, ...]
    titles: tuple[str, ...] = field(default=(), compare=False)
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list whose items all have one type."""

    item: Type


@dataclass(frozen=True, slots=True)
class Context:
    """Named values; `name` is what one such thing is called ("account"), where it has a name."""

    fields: Mapping[str, Type] = field(hash=False)
    name: str = ""


@dataclass(frozen=True, slots=True)
class RangeOf:
    """A range over an ordered type."""

    item: Type


@dataclass(frozen=True, slots=True)
class FunctionType:
    """A function by its parameters and its result."""

    parameters: tuple[Type, ...]
    result: Type


@dataclass(frozen=True, slots=True)
class Named:
    """A type known by name only, declared elsewhere."""

    name: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of several types, as a parameter that takes a date or a date and time."""

    options: tuple[Type, ...]


Type: TypeAlias = Scalar | Number | Enum | ListOf | Context | RangeOf | FunctionType | Named | OneOf

ANY = Scalar("Any")
NULL = Scalar("Null")
TEXT = Scalar("string")
BOOLEAN = Scalar("boolean")
DATE = Scalar("date")
TIME = Scalar("time")
DATE_TIME = Scalar("date and time")
DAYS_DURATION = Scalar("days and time duration")
MONTHS_DURATION = Scalar("years and months duration")
# Either of the two: a period such as P1M or P90D in a policy.
DURATION = Scalar("duration")
NUMBER = Number()
COUNT = Number("count")
RATE = Number("rate")
ANY_FUNCTION = Scalar("function")
ANY_CONTEXT = Context({})


PERIOD_PARTS: Mapping[str, Type] = {
    "start": DATE, "end": DATE, "days": COUNT, "number": COUNT, "year": COUNT, "label": TEXT
}  # fmt: skip
"""The parts of a period; periods are compared by their first days."""


def is_period(kind: Type) -> bool:
    """Whether values of a type are periods with a start."""
    return isinstance(kind, Context) and kind.fields.items() >= PERIOD_PARTS.items()


def money(currency: str) -> Number:
    """An amount of a currency, by its code."""
    return Number("money", currency)


_WORDS = {
    "Any": "any value",
    "Null": "null",
    "string": "a text",
    "boolean": "true or false",
    "date": "a date",
    "time": "a time",
    "date and time": "a date and time",
    "days and time duration": "a duration in days",
    "years and months duration": "a duration in months",
    "duration": "a duration",
    "function": "a function",
}
_NUMBERS = {"": "a number", "count": "a whole number", "rate": "a rate"}


def describe(kind: Type) -> str:
    """A type in plain words, with its article: "a number", "one of positive, neutral, negative"."""
    match kind:
        case Scalar(name):
            return _WORDS.get(name, name)
        case Number("money", by=by) if by:
            return f"an amount in the currency that `{by}` names"
        case Number("money", currency):
            return f"an amount in {currency}" if currency else "an amount of money"
        case Number(unit):
            return _NUMBERS[unit]
        case Enum(_, values):
            return "one of " + ", ".join(values)
        case ListOf(item):
            return "a list" if item == ANY else f"a list ({describe(item)} each)"
        case RangeOf(item):
            return "a range" if item == ANY else f"a range ({describe(item)} at its ends)"
        case Context(_, name):
            return f"a record of `{name}`" if name else "a period" if is_period(kind) else "a context"
        case FunctionType():
            return "a function"
        case Named(name):
            return f"a `{name}`"
        case OneOf(options):
            return " or ".join(describe(option) for option in options)
