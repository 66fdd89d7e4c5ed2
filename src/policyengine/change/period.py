"""A period of days, and how often a recurring event falls into it."""

from __future__ import annotations

from datetime import date, timedelta

from policyengine.dataclass import dataclass
from policyengine.feel.values.calendar import Series, add_months
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
    """The last day of a period of that length."""
    end: object = None
    if isinstance(length, Months):
        end = add_months(start, length.months)
    elif start.toordinal() + length.days <= date.max.toordinal():
        end = start + length
    if not isinstance(end, date):
        raise ValueError(f"`{quantities.shorten(text)}` ends beyond the year 9999")
    return end - timedelta(days=1)


def times(days: Days, first: date, every: str | None, anchor: date | None = None, shift: int = 0) -> int:
    """How often an event that is first due on `first` and recurs `every` so often falls due within the days.

    Steps count from `anchor`, the day that `first` was counted from (31 January, 28 February, 31 March); each
    due date lies `shift` days after the day reached. Without `every` the event happens once.
    """
    if every is None:
        return int(first in days)
    series = _series(first, quantities.length(every), anchor or first, timedelta(days=shift))
    before = days.first - timedelta(days=1)
    return _until(days.last, first, series) - _until(before, first, series)


def _series(first: date, step: Months | timedelta, anchor: date, shift: timedelta) -> Series:
    if isinstance(step, timedelta):
        return Series(first, step)
    reached = first - shift
    months = (reached.year - anchor.year) * 12 + reached.month - anchor.month
    return Series(anchor, step, months, shift)


def _until(day: date, first: date, series: Series) -> int:
    """The number of due dates up to and including a day."""
    return 0 if day < first else series.steps_until(day) + 1
