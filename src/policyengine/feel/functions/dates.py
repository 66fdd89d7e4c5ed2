"""Dates and times: their calendar, `is`, and the clock (DMN 1.5, tables 81 and 82)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from policyengine.feel.types.signatures import Function, Library, function, signature, table
from policyengine.feel.types.types import BOOLEAN, COUNT, DATE, DATE_TIME, MONTHS_DURATION, TEXT
from policyengine.feel.values import calendar
from policyengine.feel.values.calendar import Date
from policyengine.feel.values.compare import equal
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
    """Whole months from one to the other; a month that is not over does not count."""
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


def _last_day(point: Point) -> object:
    date = date_of(point)
    length = calendar.month_length(date.year, date.month)
    return calendar.make_date(date.year, date.month, length)


def _no_clock() -> object:
    return Failed("there is no clock here; `today` is a value that is given")


def with_clock(library: Library, now: DateTime) -> Library:
    """The library with `now()` and `today()` standing still at this moment."""
    return {**library, **_clock(lambda: now, lambda: now.date)}


def _clock(now: Callable[[], object], today: Callable[[], object]) -> dict[str, Function]:
    return table(
        function("now", signature("", DATE_TIME, now)),
        function("today", signature("", DATE, today)),
    )


FUNCTIONS = {
    **table(
        function(
            "day of year",
            signature(_POINT, COUNT, lambda point: Decimal(calendar.day_of_year(date_of(point)))),
        ),
        function(
            "day of week",
            signature(_POINT, TEXT, lambda point: DAYS[calendar.weekday(date_of(point)) - 1]),
        ),
        function("month of year", signature(_POINT, TEXT, lambda point: MONTHS[date_of(point).month - 1])),
        function(
            "week of year",
            signature(_POINT, COUNT, lambda point: Decimal(calendar.week_of_year(date_of(point)))),
        ),
        function("last day of month", signature(_POINT, DATE, _last_day)),
        function(
            "years and months duration",
            signature("from: date|date and time, to: date|date and time", MONTHS_DURATION, _months_between),
        ),
        function("is", signature("value1: any, value2?: any", BOOLEAN, _is)),
    ),
    **_clock(_no_clock, _no_clock),
}
