"""Dates as numbers of days, in any year, and the places of time zones. Proleptic Gregorian throughout."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from policyengine.dataclass import dataclass
from policyengine.feel.limits import YEAR
from policyengine.feel.values.values import FarDate, Months
from policyengine.feel.values.watched_day import WatchedDay

Date: TypeAlias = datetime.date | FarDate

_ERA = 146_097  # days in 400 years
_LAST = datetime.date.max.toordinal()
_SHORTEST = 28
_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year: int) -> bool:
    """Whether a year has a 29 February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    """The number of days of a month."""
    return 29 if month == 2 and is_leap(year) else _MONTH_DAYS[month - 1]


def make_date(year: int, month: int, day: int) -> Date | None:
    """The date, or None where there is no such day (or the year is out of bounds)."""
    if not (abs(year) <= YEAR and 1 <= month <= 12 and 1 <= day <= month_length(year, month)):
        return None
    return datetime.date(year, month, day) if 1 <= year <= 9999 else FarDate(year, month, day)


def ordinal(date: Date) -> int:
    """The days from 31 December of year 0, as `datetime.date.toordinal` counts them, for any year."""
    if isinstance(date, datetime.date):
        return date.toordinal()
    eras, year = divmod(date.year - 2000, 400)
    return datetime.date(2000 + year, date.month, date.day).toordinal() + eras * _ERA


def from_ordinal(days: int) -> Date | None:
    """The date of a number of days; None beyond the years that FEEL has."""
    if 1 <= days <= _LAST:
        return datetime.date.fromordinal(days)
    eras, rest = divmod(days - datetime.date(2000, 1, 1).toordinal(), _ERA)
    near = datetime.date.fromordinal(datetime.date(2000, 1, 1).toordinal() + rest)
    return make_date(near.year + 400 * eras, near.month, near.day)


def add_months(date: Date, months: int) -> Date | None:
    """The same day so many months on, or the last of that month if it is shorter."""
    if type(date) is WatchedDay:
        return date.moved(lambda day: add_months(day, months))  # type: ignore[return-value]
    years, month = divmod(date.month - 1 + months, 12)
    year, day = date.year + years, date.day
    if day <= _SHORTEST and 1 <= year <= 9999:
        return datetime.date(year, month + 1, day)
    return make_date(year, month + 1, min(date.day, month_length(year, month + 1)))


def month_end(date: Date) -> Date | None:
    """The last day of its month."""
    day = month_length(date.year, date.month)
    return date.replace(day=day) if date.__class__ is datetime.date else make_date(date.year, date.month, day)


def weekday(date: Date) -> int:
    """1 (Monday) to 7 (Sunday)."""
    return (ordinal(date) - 1) % 7 + 1


def day_of_year(date: Date) -> int:
    """1 to 366."""
    return sum(month_length(date.year, month) for month in range(1, date.month)) + date.day


def week_of_year(date: Date) -> int:
    """The ISO 8601 week, 1 to 53: the first is the one with the first Thursday."""
    thursday = from_ordinal(ordinal(date) - weekday(date) + 4)
    return 1 if thursday is None else (day_of_year(thursday) - 1) // 7 + 1


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo | None:
    """The time zone of a name such as `Europe/Paris`, or None if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def zone_offset(name: str, date: Date, hour: int, minute: int, second: int, *, utc: bool = False) -> int:
    """The offset of a zone from UTC, in seconds, at a local time, or at one of UTC."""
    # Zone rules exist for the years of datetime only: earlier ones take local mean time, later ones repeat.
    year = date.year if 2 <= date.year <= 9998 else 9200 + date.year % 400 if date.year > 9998 else 4
    day = min(date.day, month_length(year, date.month))
    known = zone(name)
    clock = datetime.UTC if utc else known
    moment = datetime.datetime(year, date.month, day, hour, minute, second, tzinfo=clock)
    offset = moment.astimezone(known).utcoffset() if utc else moment.utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


# Series of days: an anchor, and equal steps that are counted from it, never from one another.

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

    def days(self, numbers: range) -> Iterator[date]:
        """The days after so many steps each, all of which are in the calendar."""
        if not isinstance(self.every, Months) or self.anchor.__class__ is not date:
            yield from (found for n in numbers if (found := self.day(n)) is not None)
            return
        start, step, day = self.anchor.year * 12 + self.anchor.month - 1, self.every.months, self.anchor.day
        for n in numbers:
            year, month = divmod(start + self.months + step * n, 12)
            last = day if day <= _SHORTEST else min(day, month_length(year, month + 1))
            yield date(year, month + 1, last) + self.shift if self.shift else date(year, month + 1, last)

    def steps_until(self, day: date) -> int:
        """The largest n whose day is not after the given one; below 0 if even the first is."""
        if type(day) is WatchedDay:
            return self._watched_steps(day)
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

    def _watched_steps(self, day: WatchedDay) -> int:
        steps = self.steps_until(day.plain)
        following = self.day(max(steps + 1, 0))
        if following is not None:
            day.holds_until(following - timedelta(days=1))
        return steps

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
