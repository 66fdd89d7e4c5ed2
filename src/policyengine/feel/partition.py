"""A value cut into regions within which no test of it changes its mind, as the bits of an integer.

Numbers, dates and durations lie on a line; other values are told apart by being mentioned.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Context, Decimal
from typing import NamedTuple, TypeAlias

from policyengine.feel.types import types
from policyengine.feel.types.types import BOOLEAN, DATE, Enum, ListOf, Number, Type
from policyengine.feel.values.values import Months

ONE = Decimal(1)
_HALF = Decimal("0.5")
# Sums of decimals are rounded, and a number may have more digits than an expression keeps.
_EXACT = Context(prec=20_000)


class Between(NamedTuple):
    """A value on a line, from `low` to `high` if it has ends.

    `step` is the distance of neighbours, if there is one: a power of ten.
    """

    low: Decimal | None = None
    high: Decimal | None = None
    step: Decimal | None = None

    def floor(self, value: Decimal) -> Decimal:
        """The next value at or below a place; the place itself where there is no step."""
        return value if self.step is None else value.quantize(self.step, ROUND_FLOOR, _EXACT)

    def has(self, value: Decimal) -> bool:
        """Whether a place holds a value."""
        inside = (self.low is None or self.low <= value) and (self.high is None or value <= self.high)
        return inside and value == self.floor(value)


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
            return Between(step=ONE)
        case ListOf(types.Context(fields)):
            return Rows(domains(fields))
        case _ if kind == BOOLEAN:
            return OneOf((True, False))
        case _:
            return Between(step=ONE) if kind == DATE else None


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
    """Places in order: place 2i + 1 is the point i, place 2i what lies below it down to the point before.

    `regions` are the places that hold a value, in order: region k is bit k. `full` are all of them.
    """

    points: tuple[Decimal, ...]
    regions: tuple[int, ...]
    full: int
    within: Between

    @classmethod
    def cut(cls, points: Iterable[Decimal], within: Between) -> Line:
        """The line cut at these points and at its ends."""
        ends = {end for end in (within.low, within.high) if end is not None}
        line = cls(tuple(sorted({*points, *ends})), (), 0, within)
        regions = tuple(place for place in range(2 * len(line.points) + 1) if line._exists(place))
        return line._replace(regions=regions, full=(1 << len(regions)) - 1)

    def _exists(self, place: int) -> bool:
        low, high = self._ends(place)
        if place % 2 and low is not None:
            return self.within.has(low)
        if (low is None and self.within.low is not None) or (high is None and self.within.high is not None):
            return False
        inside = (low is None or self.within.low is None or low >= self.within.low) and (
            high is None or self.within.high is None or high <= self.within.high
        )
        return inside and (
            low is None or high is None or self.within.step is None
            or _EXACT.add(self.within.floor(low), self.within.step) < high
        )  # fmt: skip

    def _ends(self, place: int) -> tuple[Decimal | None, Decimal | None]:
        at = place // 2
        if place % 2:
            return self.points[at], self.points[at]
        return (self.points[at - 1] if at else None), (self.points[at] if at < len(self.points) else None)

    def holding(self, op: str, value: Decimal) -> int:
        """The regions in which `op value` holds, for one of the points."""
        place = 2 * bisect_left(self.points, value) + 1
        at = bisect_left(self.regions, place)
        below = (1 << at) - 1
        same = 1 << at if self.regions[at : at + 1] == (place,) else 0
        found = {
            "=": same, "!=": ~same, "<": below, "<=": below | same, ">": ~(below | same), ">=": ~below,
        }[op]  # fmt: skip
        return found & self.full

    def ends(self, region: int) -> tuple[Decimal | None, Decimal | None]:
        """The points around a region; for a point itself twice that."""
        return self._ends(self.regions[region])

    def is_point(self, region: int) -> bool:
        """Whether a region is a single point that was cut at."""
        return self.regions[region] % 2 == 1

    def value(self, region: int) -> Decimal:
        """A value in a region, the smallest one if there is a step and a smallest one."""
        low, high = self.ends(region)
        if low is not None and low == high:
            return low
        if low is None:
            return Decimal(0) if high is None else self.below(high)
        if self.within.step is not None:
            return _EXACT.add(self.within.floor(low), self.within.step)
        return _EXACT.add(low, ONE) if high is None else _EXACT.multiply(_EXACT.add(low, high), _HALF)

    def below(self, limit: Decimal) -> Decimal:
        """The next value below a limit, or some such value where there is no next one."""
        step = self.within.step
        if step is None:
            return _EXACT.subtract(limit, ONE)
        found = self.within.floor(limit)
        return _EXACT.subtract(found, step) if found == limit else found


class Choices(NamedTuple):
    """Region i is the value i; where the list is not closed, the last region is every other value."""

    values: tuple[object, ...]
    regions: Mapping[object, int]
    full: int

    @classmethod
    def of(cls, mentioned: Iterable[object], within: OneOf | None) -> Choices:
        """The values that there are, or those that are mentioned and all others."""
        values = tuple(dict.fromkeys(mentioned)) if within is None else within.values
        regions = {value: i for i, value in enumerate(values)}
        return cls(values, regions, (1 << len(values) + (within is None)) - 1)

    def holding(self, op: str, value: object) -> int:
        """The regions in which `op value` holds, for `=` and `!=`."""
        region = self.regions.get(value)
        same = 0 if region is None else 1 << region
        return same if op == "=" else self.full & ~same
