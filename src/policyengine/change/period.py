"""A period of days, and the due dates of a charge that fall into it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from policyengine.feel.values.calendar import Series, add_months
from policyengine.feel.values.values import Months
from policyengine.policy import quantities


class Days(NamedTuple):
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


def days_of(text: str, start: date) -> Days:
    """`2027-01-01..2027-12-31`, or a length such as `P12M` that counts from `start`.

    Raises `ValueError` with a sentence for the user.
    """
    if ".." not in text:
        return Days(start, _before(start, quantities.length(text), text))
    bounds = quantities.bounds(text)
    if bounds is None or bounds.low is None or bounds.high is None:
        raise ValueError(f"`{quantities.shorten(text)}` is not a period with a first and a last day")
    days = Days(quantities.day(bounds.low), quantities.day(bounds.high))
    if days.last < days.first:
        raise ValueError(f"`{quantities.shorten(text)}` ends before it begins")
    return days


def twelve_months(start: date) -> Days:
    """The twelve months from a day on; fewer where the calendar ends before."""
    end = add_months(start, 12)
    return Days(start, end - timedelta(days=1) if isinstance(end, date) else date.max)


def _before(start: date, length: Months | timedelta, text: str) -> date:
    """The last day of a period of that length."""
    end: object = None
    if isinstance(length, Months):
        end = add_months(start, length.months)
    elif start.toordinal() + length.days <= date.max.toordinal():
        end = start + length
    if not isinstance(end, date):
        raise ValueError(f"`{quantities.shorten(text)}` ends beyond the year 9999")
    return end - timedelta(days=1)


class Schedule(NamedTuple):
    """When a charge falls due: once, on `first`; or first then, and again `every` so often.

    Steps count from `anchor`, the day that `first` was counted from (31 January, 28 February, 31 March); each
    due date lies `shift` days after the day reached. Due dates have numbers, 0 is the first. Where the first
    lies off the steps, `aligned` is the one that it stands for.
    """

    first: date
    every: str | None = None
    anchor: date | None = None
    shift: int = 0
    aligned: date | None = None

    @property
    def step(self) -> Months | timedelta | None:
        """The length of a step; None for a charge that is due once."""
        return None if self.every is None else _length(self.every)

    def numbers(self, days: Days) -> range:
        """The numbers of the due dates within the days."""
        return _numbers(self, days) if self.every is not None else range(int(self.first in days))

    def days(self, numbers: range) -> Iterator[date]:
        """The due dates with some numbers."""
        if 0 in numbers:
            yield self.first
        if self.every is not None and numbers.stop > 1:
            yield from _series(self).days(range(max(numbers.start, 1), numbers.stop))

    def day(self, number: int) -> date | None:
        """The due date with a number; None where there is none."""
        if number <= 0 or self.every is None:
            return self.first if number == 0 else None
        return _series(self).day(number)


_length = lru_cache(1024)(quantities.length)


@lru_cache(1 << 16)
def _numbers(schedule: Schedule, days: Days) -> range:
    before = 0 if days.first <= schedule.first else _until(days.first - timedelta(days=1), schedule)
    return range(before, _until(days.last, schedule))


def _series(schedule: Schedule) -> Series:
    step, shift = schedule.step, timedelta(days=schedule.shift)
    assert step is not None
    start = schedule.aligned or schedule.first
    if isinstance(step, timedelta):
        return Series(start, step)
    anchor, reached = schedule.anchor or start, start - shift
    months = (reached.year - anchor.year) * 12 + reached.month - anchor.month
    return Series(anchor, step, months, shift)


def _until(day: date, schedule: Schedule) -> int:
    """The number of due dates up to and including a day."""
    return 0 if day < schedule.first else _series(schedule).steps_until(day) + 1
