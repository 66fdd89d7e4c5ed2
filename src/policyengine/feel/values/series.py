"""Series of days: an anchor, and equal steps that are counted from it, never from one another.

31 January and two months is 31 March, by way of 28 February or not.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TypeAlias

from policyengine.dataclass import dataclass
from policyengine.feel.values.calendar import add_months
from policyengine.feel.values.values import Months

Length: TypeAlias = Months | timedelta


def is_empty(length: Length) -> bool:
    """Whether a length leads nowhere, or backwards."""
    return length.months <= 0 if isinstance(length, Months) else length <= timedelta(0)


@dataclass(frozen=True, slots=True)
class Series:
    """The days anchor + (months + n steps) + shift, for n = 0, 1, 2 ...

    `months` are added to the anchor together with the steps, so that a short month cuts no later day;
    `shift` is added at the end: the day before, with -1 day.
    """

    anchor: date
    every: Length
    months: int = 0
    shift: timedelta = timedelta(0)

    def day(self, n: int) -> date | None:
        """The day after n steps; None where that leaves the calendar."""
        try:
            if isinstance(self.every, Months):
                found = add_months(self.anchor, self.months + self.every.months * n)
                return found + self.shift if isinstance(found, date) else None
            return self.anchor + self.every * n + self.shift
        except OverflowError:
            return None

    def steps_until(self, day: date) -> int:
        """The largest n whose day is not after the given one; below 0 if even the first is."""
        if isinstance(self.every, Months):
            ordinal = max(min(day.toordinal() - self.shift.days, date.max.toordinal()), 1)
            until = date.fromordinal(ordinal)
            months = (until.year - self.anchor.year) * 12 + until.month - self.anchor.month
            guess = (months - self.months) // self.every.months
        else:
            guess = (day - self.shift - self.anchor) // self.every
        while guess >= 0 and (found := self.day(guess)) is not None and found > day:
            guess -= 1
        return guess

    def next(self, today: date) -> date | None:
        """The first day on or after today; None where that leaves the calendar."""
        n = max(self.steps_until(today), 0)
        found = self.day(n)
        return self.day(n + 1) if found is not None and found < today else found


def series_of(anchor: date, offset: Length, shift: timedelta, every: Length) -> Series | None:
    """The series whose first day is anchor + offset + shift; None where that leaves the calendar."""
    if isinstance(offset, Months) and isinstance(every, Months):
        return Series(anchor, every, offset.months, shift)
    try:
        moved = add_months(anchor, offset.months) if isinstance(offset, Months) else anchor + offset
        return Series(moved + shift, every) if isinstance(moved, date) else None
    except OverflowError:
        return None
