"""Dates and times: their calendar, `is`, and the clock (DMN 1.5, tables 81 and 82)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from policyengine.feel.types.signatures import Function, Library, function, signature, table
from policyengine.feel.types.types import BOOLEAN, COUNT, DATE, DATE_TIME, MONTHS_DURATION, TEXT, Type
from policyengine.feel.values import calendar
from policyengine.feel.values.calendar import Date
from policyengine.feel.values.comparison import equal
from policyengine.feel.values.values import DateTime, Failed, Months, Time, kind

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_POINT = "date: date|date and time"
Point = Date | DateTime


def date_of(point: Point) -> Date:
    """The date of a date, or of a date and time."""
    return point.date if isinstance(point, DateTime) else point


def _months_between(start: Point, end: Point) -> object:
    """Whole months from one to the other; an incomplete month does not count."""
    first, second = date_of(start), date_of(end)
    months = (second.year - first.year) * 12 + second.month - first.month
    if months > 0 and second.day < first.day:
        months -= 1
    elif months < 0 and second.day > first.day:
        months += 1
    return Months(months)


def _is(value1: object, value2: object = None) -> object:
    """Same type and same value, as written: a zone and an offset differ even at one moment."""
    if kind(value1) != kind(value2):
        return False
    if isinstance(value1, (Time, DateTime)):
        return value1 == value2
    return equal(value1, value2)


def with_clock(library: Library, now: DateTime) -> Library:
    """The library with `now()` and `today()` fixed at this moment."""
    return {**library, **_clock(lambda: now, lambda: now.date)}


def without_clock(library: Library) -> Library:
    """The library without `now()` and `today()`: in policies `today` is a name."""
    return {name: each for name, each in library.items() if name not in CLOCK}


def _clock(now: Callable[[], object], today: Callable[[], object]) -> dict[str, Function]:
    return table(
        function("now", signature("", DATE_TIME, now)),
        function("today", signature("", DATE, today)),
    )


def _no_clock() -> object:
    return Failed("there is no clock here; `today` is a value that is given")


def _of_day(name: str, result: Type, run: Callable[[Date], object]) -> Function:
    """A function of the day of a date, or of a date and time."""
    return function(name, signature(_POINT, result, lambda point: run(date_of(point)), total=True))


CLOCK = frozenset({"now", "today"})
FUNCTIONS = {
    **table(
        _of_day("day of year", COUNT, lambda date: Decimal(calendar.day_of_year(date))),
        _of_day("day of week", TEXT, lambda date: DAYS[calendar.weekday(date) - 1]),
        _of_day("month of year", TEXT, lambda date: MONTHS[date.month - 1]),
        _of_day("week of year", COUNT, lambda date: Decimal(calendar.week_of_year(date))),
        _of_day("last day of month", DATE, calendar.month_end),
        function(
            "years and months duration",
            signature(
                "from: date|date and time, to: date|date and time",
                MONTHS_DURATION,
                _months_between,
                total=True,
            ),
        ),
        function("is", signature("value1: any, value2?: any", BOOLEAN, _is)),
    ),
    **_clock(_no_clock, _no_clock),
}
