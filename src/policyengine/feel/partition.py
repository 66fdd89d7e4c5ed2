"""A value cut into regions within which no test of it changes its mind, as the bits of an integer.

Numbers, dates and durations lie on a line; other values are told apart by being mentioned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple, TypeAlias

from policyengine.feel.types.types import BOOLEAN, DATE, Context, Enum, ListOf, Number, Type
from policyengine.feel.values.values import Months


class Between(NamedTuple):
    """A value on a line, from `low` to `high` if it has ends; `whole` where it goes in steps of one."""

    low: Decimal | None = None
    high: Decimal | None = None
    whole: bool = False


class OneOf(NamedTuple):
    """A value out of a closed list."""

    values: tuple[object, ...]


class Rows(NamedTuple):
    """A list of things, by what is known of their fields; a field of which nothing is known has None."""

    fields: Mapping[str, Domain | None]


Domain: TypeAlias = Between | OneOf | Rows


def domains(names: Mapping[str, Type]) -> dict[str, Domain | None]:
    """What the types of names alone say about their values."""
    return {name: _domain(kind) for name, kind in names.items()}


def _domain(kind: Type) -> Domain | None:
    match kind:
        case Enum(_, values):
            return OneOf(values)
        case Number("count"):
            return Between(whole=True)
        case ListOf(Context(fields)):
            return Rows(domains(fields))
        case _ if kind == BOOLEAN:
            return OneOf((True, False))
        case _:
            return Between(whole=True) if kind == DATE else None


def measure(value: object) -> tuple[str, Decimal] | None:
    """Which line a value lies on, and where; None for a value that lies on none."""
    match value:
        case Decimal():
            return "number", value
        case date():
            return "date", Decimal(value.toordinal())
        case Months(months):
            return "months", Decimal(months)
        case timedelta():
            return "days", Decimal(value // timedelta(microseconds=1))
        case _:
            return None


class Line(NamedTuple):
    """Region 2i + 1 is the point i, region 2i what lies below it down to the point before.

    `full` are the regions that hold any value.
    """

    points: tuple[Decimal, ...]
    full: int

    @classmethod
    def cut(cls, points: Iterable[Decimal], within: Between) -> Line:
        """The line cut at these points and at its ends."""
        ends = {end for end in (within.low, within.high) if end is not None}
        cuts = tuple(sorted({*points, *ends}))
        gaps = zip((None, *cuts), (*cuts, None), strict=True)
        full = sum(1 << 2 * i for i, (low, high) in enumerate(gaps) if _has_gap(low, high, within))
        full += sum(2 << 2 * i for i, point in enumerate(cuts) if _has_point(point, within))
        return cls(cuts, full)

    def holding(self, op: str, value: object) -> int:
        """The regions in which `op value` holds, for one of the points."""
        at = 2 * self.points.index(value) + 1
        same, below = 1 << at, (1 << at) - 1
        above = -1 << at + 1
        found = {"=": same, "!=": ~same, "<": below, "<=": below | same, ">": above, ">=": above | same}[op]
        return found & self.full


def _has_point(point: Decimal, within: Between) -> bool:
    return (
        (within.low is None or within.low <= point)
        and (within.high is None or point <= within.high)
        and not (within.whole and point != point.to_integral_value())
    )


def _has_gap(low: Decimal | None, high: Decimal | None, within: Between) -> bool:
    """Whether a value lies strictly between two neighbouring points; the ends of the line are points."""
    if (within.low is not None and (low is None or low < within.low)) or (
        within.high is not None and (high is None or high > within.high)
    ):
        return False
    if low is None or high is None or not within.whole:
        return True
    # As integers: sums of decimals are rounded, and a number may have more digits than they keep.
    return int(low.to_integral_value(ROUND_FLOOR)) + 1 < high


class Choices(NamedTuple):
    """Region i is the value i; where the list is not closed, the last region is every other value."""

    values: tuple[object, ...]
    full: int

    @classmethod
    def of(cls, mentioned: Iterable[object], within: OneOf | None) -> Choices:
        """The values that there are, or those that are mentioned and all others."""
        values = tuple(dict.fromkeys(mentioned)) if within is None else within.values
        return cls(values, (1 << len(values) + (within is None)) - 1)

    def holding(self, op: str, value: object) -> int:
        """The regions in which `op value` holds, for `=` and `!=`."""
        same = 1 << self.values.index(value)
        return same if op == "=" else self.full & ~same
