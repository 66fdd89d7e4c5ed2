"""Periods and occasions of policies, beside the built-ins of the standard.

Periods are counted from their anchor, never from one another: 31 January and two months is 31 March, by
way of 28 February or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from operator import itemgetter
from types import MappingProxyType

from policyengine.feel.limits import NUMBERS
from policyengine.feel.types.signatures import function, signature, table
from policyengine.feel.types.types import (
    COUNT,
    DATE,
    NUMBER,
    PERIOD_PARTS,
    TEXT,
    Context,
    ListOf,
    RangeOf,
    Type,
)
from policyengine.feel.values.calendar import Date, Length, Series, is_empty, series_of
from policyengine.feel.values.values import NEVER, Failed, FarDate, Months, Range, is_never
from policyengine.feel.values.watched_day import WatchedDay

UNITS: Mapping[str, int] = {"month": 1, "quarter": 3, "half year": 6, "year": 12}
"""The periods of a calendar, and their lengths in months."""
LABELS = ("n", "yyyy", "yy", "first_yyyy", "first_yy", "month")
"""What a label of a period may have in braces; `yyyy` is the year in which its year ends."""
_LETTERS = {"month": "M", "quarter": "Q", "half year": "H"}
_DAY = timedelta(days=1)
_OCCASION = Context({"period": RangeOf(DATE), "period_number": COUNT, "period_name": TEXT})
_AROUND = Context(PERIOD_PARTS)
PERIOD = Context({**PERIOD_PARTS, "next": _AROUND, "previous": _AROUND})
"""A period as a value: its days, its number within its year, and those around it."""
_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_SERIES = "anchor: date, offset: duration, shift: days duration, every: duration"
_ON_DAY = "start: date, day: number, every: duration"
_LONGEST_MONTH = 31
_SATURDAY = 5
"""As `date.weekday` numbers it: so many days of a week are before it."""
_MOST_DAYS = 1000
_LATE = date(9000, 1, 1)
JANUARY = date(2000, 1, 1)
"""A first day of a year of the calendar."""
_OUT_OF_BOUNDS = Failed("the period leaves the calendar")


def _periods_since(anchor: date, offset: Length, shift: timedelta, length: Length, today: date) -> object:
    """The period that holds today and the one before it, numbered from 1; none lies before the first."""
    if is_empty(length):
        return Failed("the period has no length")
    series = series_of(anchor, offset, shift, length)
    if series is None:
        return _OUT_OF_BOUNDS
    current = series.steps_until(today)
    found = []
    for n in (current - 1, current):
        start, end = series.day(n), series.day(n + 1)
        if n >= 0:
            if start is None or end is None:
                return _OUT_OF_BOUNDS
            found.append(_occasion(start, end - _DAY, n + 1, _span_name(length, n + 1)))
    return found


def _span_name(length: Length, number: int) -> str:
    words: Mapping[object, str] = {Months(1): "month", Months(3): "quarter", Months(12): "year"}
    return f"{words.get(length, 'period')} {number}"


def _calendar_periods(unit: str, today: date, begins: date | None = None) -> object:
    """The calendar period that holds today and the one before it, numbered within their year.

    `begins` is a first day of fiscal years, where the period is one of them.
    """
    first = _calendar_start(unit, today, begins or JANUARY)
    if not isinstance(first, date):
        return first
    months = UNITS[unit]
    found = []
    for n in (-1, 0):
        series = Series(first, Months(months))
        start, end = series.day(n), series.day(n + 1)
        if start is None or end is None or (begins is not None and end.year == date.max.year):
            return _OUT_OF_BOUNDS
        number = (start.month - (1 if begins is None else begins.month)) % 12 // months + 1
        last = Series(start, Months(months), 12 - number * months).day(1)
        name = _calendar_name(unit, start, number, None if begins is None else last)
        found.append(_occasion(start, end - _DAY, number, name))
    return found


def _calendar_name(unit: str, start: date, number: int, following: date | None) -> str:
    """What people call a period; that of a fiscal year by the year in which it ends, before `following`."""
    if following is not None:
        part = "" if unit == "year" else f" {_LETTERS[unit]}{number}"
        return f"FY{(following - _DAY).year}{part}"
    if unit == "year":
        return str(start.year)
    if unit == "month":
        return f"{_NAMES[start.month - 1]} {start.year}"
    return f"{start.year} {_LETTERS[unit]}{number}"


def _occasion(start: date, end: date, number: int, name: str) -> Mapping[str, object]:
    return MappingProxyType(
        {"period": Range(start, end), "period_number": Decimal(number), "period_name": name}
    )


def _next_occurrence(anchor: date, offset: Length, shift: timedelta, length: Length, today: date) -> object:
    """The first day on or after today in the series that counts from the anchor."""
    if is_empty(length):
        return Failed("the period has no length")
    series = series_of(anchor, offset, shift, length)
    found = None if series is None else series.next(today)
    return _OUT_OF_BOUNDS if found is None else found


def _occurrence_number(anchor: date, offset: Length, shift: timedelta, length: Length, today: date) -> object:
    """The number, from 1, of the first day on or after today in the series that counts from the anchor."""
    if is_empty(length):
        return Failed("the period has no length")
    series = series_of(anchor, offset, shift, length)
    found = None if series is None else series.next(today)
    return _OUT_OF_BOUNDS if series is None or found is None else Decimal(series.steps_until(found) + 1)


def _occurrence(anchor: date, offset: Length, shift: timedelta, length: Length, number: Decimal) -> object:
    """The day with a number, from 1, in the series that counts from the anchor."""
    series = series_of(anchor, offset, shift, length)
    found = None if series is None else series.day(int(number) - 1)
    return _OUT_OF_BOUNDS if found is None else found


def _occurrences_until(anchor: date, offset: Length, shift: timedelta, length: Length, until: Date) -> object:
    """How many days of the series that counts from the anchor lie on or before another one, until 9000."""
    if isinstance(until, FarDate):
        until = _LATE if until.year > _LATE.year else date.min
    if is_empty(length):
        return Failed("the period has no length")
    series = series_of(anchor, offset, shift, length)
    return _OUT_OF_BOUNDS if series is None else Decimal(max(series.steps_until(until) + 1, 0))


def _on_day(start: date, day: Decimal, length: Length, *, before: bool) -> object:
    """The day of a month, cut where that is shorter, in steps from the month of `start`: the nearest to it.

    The last one on or before it, or the first one on or after it.
    """
    if not isinstance(length, Months) or is_empty(length):
        return Failed("only a period of months has a day of the month")
    if not 1 <= day <= _LONGEST_MONTH:
        return Failed(f"a month has no day {day}")
    anchor = date(start.year, 1, int(day))
    found = [Series(anchor, length, start.month - 1).day(n) for n in (-1, 0, 1)]
    chosen = [each for each in found if each is not None and (each <= start if before else each >= start)]
    return _OUT_OF_BOUNDS if not chosen else chosen[-1 if before else 0]


def _calendar_start(unit: str, day: date, begins: date = JANUARY) -> object:
    """The first day of the calendar period that holds a day, in years that begin on the day of `begins`."""
    months = UNITS.get(unit)
    if months is None:
        return Failed(f"`{unit}` is not a calendar period")
    if type(day) is WatchedDay:
        start = _calendar_start(unit, day.plain, begins)
        following = Series(start, Months(months)).day(1) if isinstance(start, date) else None
        day.holds_until(day.plain if following is None else following - _DAY)
        return start
    whole = (day.year * 12 + day.month) - (begins.year * 12 + begins.month) - (day.day < begins.day)
    found = Series(begins, Months(months)).day(whole // months)
    return _OUT_OF_BOUNDS if found is None else found


def _period_label(label: str, start: date, number: Decimal, year: Decimal, begins: date) -> object:
    """What people call a period, which lies in a year that ends in `year`."""
    first = int(year) - ((begins.month, begins.day) != (1, 1))
    said = {"n": number, "yyyy": year, "yy": f"{int(year) % 100:02}", "month": _NAMES[start.month - 1]}
    return label.format(**said, first_yyyy=first, first_yy=f"{first % 100:02}")


def _mean_by_days(period: Range, days: Sequence[object], values: Sequence[object]) -> object:
    """The mean over a period of values that each hold from a day on, until the day of the next one."""
    first, last = period.low, period.high
    if not isinstance(first, date) or not isinstance(last, date) or first > last:
        return Failed("a mean by days needs a period from one day to another")
    pairs = [
        (day, value)
        for day, value in zip(days, values, strict=False)
        if isinstance(day, date) and isinstance(value, Decimal)
    ]
    if len(pairs) < max(len(days), len(values)):
        return Failed("a mean by days needs a date for each number that holds from it on")
    pairs.sort(key=itemgetter(0))
    if not pairs or pairs[0][0] > first:
        return Failed(f"no value holds on {first.isoformat()}")
    found = Decimal(0)
    for (start, value), end in zip(pairs, [*(day for day, _ in pairs[1:]), last + _DAY], strict=True):
        held = (min(end, last + _DAY) - max(start, first)).days
        found = NUMBERS.add(found, NUMBERS.multiply(value, Decimal(max(held, 0))))
    return NUMBERS.divide(found, Decimal((last - first).days + 1))


def _values_of_third(arguments: Sequence[Type]) -> Type:
    values = arguments[2] if len(arguments) > 2 else ListOf(NUMBER)
    return values.item if isinstance(values, ListOf) else NUMBER


def _steps(first: date, every: Length, on_day: Decimal | None) -> Series | Failed:
    """The series that begins on a day; with a day of the month, on the first such day from it on."""
    if is_empty(every):
        return Failed("the steps of the series have no length")
    if on_day is None or not isinstance(every, Months):
        return Series(first, every)
    if not 1 <= on_day <= _LONGEST_MONTH:
        return Failed(f"a month has no day {on_day}")
    series = Series(date(first.year, 1, int(on_day)), every, first.month - 1)
    start = series.day(0)
    early = start is not None and start < first
    return Series(series.anchor, every, series.months + early * every.months)


def _last_of_series(first: date, every: Length, until: date, on_day: Decimal | None = None) -> object:
    """The last day of a series on or before a day; nothing where it begins after it."""
    series = _steps(first, every, on_day)
    n = -1 if isinstance(series, Failed) else series.steps_until(until)
    return series if isinstance(series, Failed) else series.day(n) if n >= 0 else None


def _next_of_series(first: date, every: Length, after: date, on_day: Decimal | None = None) -> object:
    """The first day of a series after a day."""
    series = _steps(first, every, on_day)
    if isinstance(series, Failed):
        return series
    found = series.day(max(series.steps_until(after) + 1, 0))
    return _OUT_OF_BOUNDS if found is None else found


def _in_series(run: Callable[..., object]) -> Callable[..., object]:
    """A day of a series, which never comes where it rests on one that never does."""
    within = _within_calendar(run)

    def day(first: Date, every: Length, other: Date, on_day: Decimal | None = None) -> object:
        return NEVER if is_never(first) or is_never(other) else within(first, every, other, on_day)

    return day


def _days_of_series(first: date, every: Length, until: date, on_day: Decimal | None = None) -> object:
    """The days of a series up to a day."""
    series = _steps(first, every, on_day)
    if isinstance(series, Failed):
        return series
    many = series.steps_until(until) + 1
    if many > _MOST_DAYS:
        return Failed(f"a series of {many} days is too long; at most {_MOST_DAYS} are listed")
    return [series.day(n) for n in range(many)]


def _add_business_days(start: date, number: Decimal, holidays: Sequence[object] = ()) -> object:
    """The day so many business days after another one, or before it where the number is negative.

    Saturdays, Sundays and holidays are no business days. With 0 it is the day itself, or else the next one.
    """
    if number != int(number):
        return Failed(f"there are no {number} business days; write a whole number")
    if any(not isinstance(each, date) for each in holidays):
        return Failed("holidays are a list of dates")
    if type(start) is WatchedDay:
        return start.moved(lambda day: _business_day(day, int(number), holidays))
    return _business_day(start, int(number), holidays)


def _business_day(start: date, number: int, holidays: Sequence[object]) -> object:
    step = -1 if number < 0 else 1
    free = {each for each in holidays if isinstance(each, date) and each.weekday() < _SATURDAY}
    try:
        day = _weekday_from(start + _DAY if number > 0 else start - _DAY if number < 0 else start, step)
        left = abs(number) - (number != 0)
        weeks, rest = divmod(left, _SATURDAY)
        found = day + step * timedelta(weeks=weeks)
        for _ in range(rest):
            found = _weekday_from(found + step * _DAY, step)
        for each in sorted(free, reverse=step < 0):
            if min(day, found) <= each <= max(day, found):
                found = _weekday_from(found + step * _DAY, step)
        return found
    except OverflowError:
        return _OUT_OF_BOUNDS


def _weekday_from(day: date, step: int) -> date:
    """The first day from Monday to Friday, from a day on."""
    while day.weekday() >= _SATURDAY:
        day += step * _DAY
    return day


def _within_calendar(run: Callable[..., object]) -> Callable[..., object]:
    """A calculation that has no answer for a day of a year that documents do not hold."""

    def within(*arguments: object) -> object:
        if any(isinstance(each, FarDate) for each in arguments):
            return _OUT_OF_BOUNDS
        return run(*arguments)

    return within


_IN_SERIES = "first: date, every: duration, {}: date, on_day?: number"
IN_POLICIES = table(
    function(
        "add business days",
        signature(
            "date: date, number: number, holidays?: list of date", DATE, _within_calendar(_add_business_days)
        ),
    ),
    function(
        "mean by days",
        signature("period: range, days: list, values: list", _values_of_third, _mean_by_days),
    ),
    function("last of series", signature(_IN_SERIES.format("until"), DATE, _in_series(_last_of_series))),
    function("next of series", signature(_IN_SERIES.format("after"), DATE, _in_series(_next_of_series))),
    function(
        "days of series",
        signature(_IN_SERIES.format("until"), ListOf(DATE), _within_calendar(_days_of_series)),
    ),
)
FUNCTIONS = table(
    function(
        "periods since",
        signature(f"{_SERIES}, today: date", ListOf(_OCCASION), _within_calendar(_periods_since)),
    ),
    function(
        "calendar periods",
        signature(
            "unit: text, today: date, begins?: date",
            ListOf(_OCCASION),
            _within_calendar(_calendar_periods),
        ),
    ),
    function(
        "next occurrence",
        signature(f"{_SERIES}, today: date", DATE, _within_calendar(_next_occurrence)),
    ),
    function(
        "occurrence number", signature(f"{_SERIES}, today: date", COUNT, _within_calendar(_occurrence_number))
    ),
    function("nth occurrence", signature(f"{_SERIES}, number: number", DATE, _occurrence)),
    function("occurrences until", signature(f"{_SERIES}, until: date", COUNT, _occurrences_until)),
    function("on day from", signature(_ON_DAY, DATE, _within_calendar(partial(_on_day, before=False)))),
    function("on day before", signature(_ON_DAY, DATE, _within_calendar(partial(_on_day, before=True)))),
    function(
        "period label",
        signature(
            "label: text, start: date, number: number, year: number, begins: date",
            TEXT,
            _within_calendar(_period_label),
        ),
    ),
    function(
        "calendar start",
        signature("unit: text, day: date, begins?: date", DATE, _within_calendar(_calendar_start)),
    ),
)
