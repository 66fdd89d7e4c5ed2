"""The values of FEEL that Python has no type for, and the one value that FEEL itself does not have: unknown.

number `Decimal`, text `str`, boolean `bool`, null `None`, list `list` or `tuple`, context any `Mapping`,
date `datetime.date` (`FarDate` outside the years 1 to 9999), time `Time`, date and time `DateTime`,
days and time duration `datetime.timedelta` (`FineDuration` below a microsecond),
years and months duration `Months`, range `Range`, not known `Unknown`.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.source import Span


class Missing(NamedTuple):
    """A fact that a record does not give: `fact` of the `entity` whose key is `key`.

    Keys are unique in one list only: `within` are the entities and keys of what the list stands in, from the
    outside in.
    """

    entity: str
    key: str
    fact: str
    within: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that has no answer, as a division by zero: one sentence, and where it stands, if known."""

    sentence: str
    place: Span | None = None


Cause: TypeAlias = Missing | Failure


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that is not known, with everything that keeps it from being known (never empty)."""

    causes: frozenset[Cause]

    @classmethod
    def of(cls, *causes: Cause) -> Unknown:
        """Unknown for these causes."""
        return cls(frozenset(causes))


def unknown(values: Iterable[Any]) -> Unknown | None:
    """One unknown with the causes of every unknown among the values; None where all are known."""
    first: Unknown | None = None
    others: list[Unknown] = []
    for value in values:
        if value.__class__ is Unknown:
            if first is None:
                first = value
            elif value is not first:
                others.append(value)
    if first is None or not others:
        return first
    return Unknown(first.causes.union(*[one.causes for one in others]))


@dataclass(frozen=True, slots=True, order=True)
class Months:
    """A years and months duration, as its number of months."""

    months: int


@dataclass(frozen=True, slots=True)
class Range:
    """Everything from `low` to `high`; an end that is None is open without limit."""

    low: object
    high: object
    low_closed: bool = True
    high_closed: bool = True


def unknown_within(values: Sequence[object]) -> Unknown | None:
    """What is not known among values, the items of their lists and the ends of their ranges."""
    found: list[object] = []
    pending: list[Sequence[object]] = [values]
    seen: set[int] = set()  # lists may share parts: each is looked at once
    while pending:
        for value in pending.pop():
            if isinstance(value, Unknown):
                found.append(value)
            elif isinstance(value, (list, tuple)) and id(value) not in seen:
                seen.add(id(value))
                pending.append(value)
            elif isinstance(value, Range):
                pending.append((value.low, value.high))
    return unknown(found)


@dataclass(frozen=True, slots=True, order=True)
class FarDate:
    """A date of a year that `datetime.date` does not reach (before 1 or after 9999)."""

    year: int
    month: int
    day: int


NEVER = FarDate(200_000, 1, 1)
"""A day that has not come: later than every day of a document, also a little before or after it."""


def is_never(value: object) -> bool:
    """Whether a value is a day that has not come."""
    return isinstance(value, FarDate) and value.year >= NEVER.year // 2


@dataclass(frozen=True, slots=True)
class FineDuration:
    """A days and time duration that `timedelta` cannot hold: finer than a microsecond, or too long."""

    seconds: Decimal


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day: seconds with their fraction; never both `offset` (seconds) and `zone`."""

    hour: int
    minute: int
    second: Decimal
    offset: int | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class DateTime:
    """A time on a date."""

    date: datetime.date | FarDate
    time: Time


class Invocable(ABC):
    """A function as a value: a function literal with its surroundings, or a built-in."""

    __slots__ = ()

    @property
    @abstractmethod
    def arity(self) -> int | None:
        """How many arguments it takes; None where that differs."""

    @abstractmethod
    def fits(self, wanted: object) -> bool:
        """Whether it is a function of a `FunctionType`."""

    @abstractmethod
    def invoke(self, *arguments: object) -> object:
        """The result for these arguments."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The outcome of an operation that has no answer, and why; never a value of FEEL itself."""

    sentence: str


def kind(value: object) -> str:
    """What a value is, in a word or two of FEEL; "value" for what is none of its values."""
    known = _KINDS.get(type(value))
    if known is not None:
        return known
    return next((name for types, name in _GENERAL if isinstance(value, types)), "value")


_KINDS: dict[type, str] = {
    Decimal: "number",
    str: "text",
    bool: "boolean",
    datetime.date: "date",
    FarDate: "date",
    Time: "time",
    DateTime: "date and time",
    datetime.timedelta: "days duration",
    FineDuration: "days duration",
    Months: "months duration",
    Range: "range",
    list: "list",
    tuple: "list",
    dict: "context",
    type(None): "null",
    Unknown: "unknown",
}
_GENERAL: tuple[tuple[type, str], ...] = (
    (Mapping, "context"),
    (str, "text"),
    (Decimal, "number"),
    (datetime.date, "date"),
    (Invocable, "function"),
)
