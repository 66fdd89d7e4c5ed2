"""A stretch of days, and how often something that recurs falls into it."""

from __future__ import annotations

from datetime import date, timedelta

from policyengine.dataclass import dataclass
from policyengine.feel.values.calendar import add_months
from policyengine.feel.values.values import Months
from policyengine.policy import quantities


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


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


def _before(start: date, length: Months | timedelta, text: str) -> date:
    """The last day of a stretch of that length."""
    end: object = None
    if isinstance(length, Months):
        end = add_months(start, length.months)
    elif start.toordinal() + length.days <= date.max.toordinal():
        end = start + length
    if not isinstance(end, date):
        raise ValueError(f"`{quantities.shorten(text)}` ends beyond the year 9999")
    return end - timedelta(days=1)


def times(days: Days, first: date, every: str | None) -> int:
    """How often something due on `first`, and then in steps of `every`, falls due within the days.

    Steps count from `first`: 31 January, 28 February, 31 March. Without `every` it falls due once.
    """
    if every is None:
        return int(first in days)
    step = quantities.length(every)
    return _until(days.last, first, step) - _until(days.first - timedelta(days=1), first, step)


def _until(day: date, first: date, step: Months | timedelta) -> int:
    """How often up to and including a day."""
    if day < first:
        return 0
    if isinstance(step, timedelta):
        return (day - first) // step + 1
    steps = ((day.year - first.year) * 12 + day.month - first.month) // step.months
    reached = add_months(first, steps * step.months)
    return steps + (1 if isinstance(reached, date) and reached <= day else 0)
