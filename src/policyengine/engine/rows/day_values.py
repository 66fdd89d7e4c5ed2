"""Values that are worked out for one day after another: whether they came out as before, and until when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from policyengine.engine.rows.instance import Row
from policyengine.engine.rows.outcomes import SubjectOutcomes
from policyengine.feel.values.values import FarDate, Months, Range, Unknown
from policyengine.feel.values.watched_day import Watch, WatchedDay, plain_day

DAY = timedelta(days=1)
NEVER, ALWAYS = Watch(date.max, date.min), Watch(date.min, date.max)
"""Of what holds for no day, and of what holds for all of them."""


class Calendar:
    """Values that rest on the day alone, each with the first and the last day on which they are known."""

    def __init__(self) -> None:
        self._firsts: list[date] = []
        self._known: list[tuple[date, list[object]]] = []

    def on(self, day: date) -> tuple[Watch, list[object]] | None:
        """The values of a day, with the days on which they are the same."""
        at = bisect_right(self._firsts, day) - 1
        if at < 0 or self._known[at][0] < day:
            return None
        return Watch(self._firsts[at], self._known[at][0]), self._known[at][1]

    def add(self, watch: Watch, values: list[object]) -> None:
        """Adds the values of some days; where they go on from the day before, these days grow."""
        at = bisect_right(self._firsts, watch.day)
        if at and self._known[at - 1][0] == watch.day - DAY and are_alike(self._known[at - 1][1], values):
            self._known[at - 1] = watch.until, self._known[at - 1][1]
            return
        self._firsts.insert(at, watch.day)
        self._known.insert(at, (watch.until, values))


def unwatched(said: SubjectOutcomes) -> SubjectOutcomes:
    """What is said, with plain days among its values."""
    outcomes = (
        each._replace(values={name: plain_day(value) for name, value in each.values.items()})
        for each in said.outcomes
    )
    return said._replace(outcomes=tuple(outcomes))


def are_alike(some: Sequence[object], others: Sequence[object]) -> bool:
    """Whether all values came out as before."""
    return len(some) == len(others) and all(map(_is_same, some, others))


def _is_same(one: object, other: object) -> bool:
    """Whether a value came out as before, with the same digits; a day that is watched never does."""
    if one is other:
        return type(one) is not WatchedDay
    kind = type(one)
    if kind is not type(other):
        return False
    if kind in _SINGLE:
        return one == other and (kind is not Decimal or one.same_quantum(other))  # type: ignore[attr-defined]
    mine, theirs = _parts(one), _parts(other)
    return mine is not None and theirs is not None and are_alike(mine, theirs)


def stays(value: object) -> bool:
    """Whether a value is certain to hold no day that is watched."""
    if type(value) in _SINGLE or isinstance(value, Row):
        return True
    parts = _parts(value)
    return parts is not None and all(map(stays, parts))


_SINGLE = frozenset({Decimal, str, bool, int, date, type(None), Unknown, Months, timedelta, FarDate})
"""The types of values that hold no other values, and no day that is watched."""


def all_stay(values: Sequence[object]) -> bool:
    """Whether all values are certain to hold no day that is watched."""
    return _SINGLE.issuperset(map(type, values)) or all(map(stays, values))


def _parts(value: object) -> Sequence[object] | None:
    """The values that a value holds; None for any other."""
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, Range):
        return value.low, value.high, value.low_closed, value.high_closed
    if isinstance(value, (dict, MappingProxyType)):
        return [*value.keys(), *value.values()]
    return None
