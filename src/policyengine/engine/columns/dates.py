"""Dates and periods, always counted from their anchor; the last day of a month where a month is short."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from policyengine.engine.columns import terms
from policyengine.engine.columns.emitter import NOT_KNOWN, Emitter
from policyengine.engine.columns.terms import Code, Const, Day, Flag, Num, Seconds, Term, Unsupported, lit
from policyengine.engine.columns.unify import day
from policyengine.feel.functions.periods import JANUARY, UNITS
from policyengine.feel.syntax.tree import Expression, Literal
from policyengine.feel.values.calendar import is_empty
from policyengine.feel.values.values import Months

_DAY = 86_400
_FAR = 12 * 100_000
_LAST = datetime.date.max
_EPOCH = datetime.date(1970, 1, 1)
_FIRST_DAY, _LAST_DAY = ((day - _EPOCH).days for day in (datetime.date(2, 1, 1), _LAST))
_FARTHEST = 250_000
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def days_in_month(year: pl.Expr, month: pl.Expr) -> pl.Expr:
    """How many days a month has."""
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    short = pl.when(month == 2).then(28 + leap.cast(pl.Int32))
    return short.when(month.is_in([4, 6, 9, 11])).then(lit(30, pl.Int32)).otherwise(lit(31, pl.Int32))


def add_months(date: pl.Expr, months: pl.Expr) -> pl.Expr:
    """The same day so many months on, or the last of that month."""
    total = date.dt.year().cast(pl.Int32) * 12 + date.dt.month().cast(pl.Int32) - 1 + months
    year, month = total // 12, total % 12 + 1
    last = days_in_month(year, month)
    found = pl.min_horizontal(date.dt.day().cast(pl.Int32), last)
    return pl.when(date.is_not_null() & months.is_not_null()).then(pl.date(year, month, found))


def shifted(date: Day, length: object, sign: int) -> Day:
    """A date and a length that is the same for all rows."""
    if isinstance(length, Months):
        if abs(length.months) > _FAR:
            raise Unsupported("a very long period")
        return Day(date.expr.dt.offset_by(f"{sign * length.months}mo"), date.sure)
    if isinstance(length, datetime.timedelta):
        days = math.floor(sign * length.total_seconds() / _DAY)
        if abs(days) > 366 * 100_000:
            raise Unsupported("a very long period")
        return Day((date.expr.cast(pl.Int32) + lit(days, pl.Int32)).cast(pl.Date), date.sure)
    raise Unsupported("a length that differs from row to row")


def between(left: Day, right: Day) -> Seconds:
    """The time from one date to another."""
    days = left.expr.cast(pl.Int64) - right.expr.cast(pl.Int64)
    return Seconds(days * _DAY, left.sure and right.sure)


def part(date: Day, name: str) -> Num:
    """A part of a date."""
    read: dict[str, tuple[Any, int]] = {
        "year": (date.expr.dt.year(), 10**6),
        "month": (date.expr.dt.month(), 12),
        "day": (date.expr.dt.day(), 31),
        "weekday": (date.expr.dt.weekday(), 7),
    }
    if name not in read:
        raise Unsupported(f"`{name}` of a date")
    expr, bound = read[name]
    return Num(expr.cast(pl.Int64), 0, bound, date.sure)


def last_of_month(date: Day) -> Day:
    """The last day of its month."""
    year, month = date.expr.dt.year().cast(pl.Int32), date.expr.dt.month().cast(pl.Int32)
    found = pl.date(year, month, days_in_month(year, month))
    return Day(pl.when(date.expr.is_not_null()).then(found), date.sure)


def days_in(length: Seconds) -> Num:
    """The whole days of a duration, towards zero."""
    size = length.expr.abs() // _DAY
    return Num(pl.when(length.expr < 0).then(-size).otherwise(size), 0, 10**15, length.sure)


def from_parts(year: pl.Expr, month: pl.Expr, day_: pl.Expr) -> Day:
    """The date of a year, a month and a day; null where there is none."""
    fine = (month >= 1) & (month <= 12) & (day_ >= 1) & (day_ <= days_in_month(year, month))
    fine = fine & (year.abs() <= _FARTHEST)
    return Day(pl.when(fine).then(pl.date(year, month, day_)))


def weekday(date: Day) -> Code:
    """The name of the day of the week."""
    return Code((date.expr.dt.weekday() - 1).cast(pl.UInt16), _DAYS, date.sure)


# Periods


def _length(length: Term) -> Months | datetime.timedelta:
    if isinstance(length, Const) and isinstance(length.value, (Months, datetime.timedelta)):
        return length.value
    raise Unsupported("a period that differs from row to row")


class Series(NamedTuple):
    """Days that are counted from an anchor in equal steps (`feel/values/calendar.py`)."""

    anchor: Day
    every: Months | datetime.timedelta
    months: int
    shift: int

    def day(self, times: pl.Expr) -> pl.Expr:
        """The day after so many steps; null where that leaves the calendar."""
        if isinstance(self.every, Months):
            months = times * lit(self.every.months, pl.Int32) + lit(self.months, pl.Int32)
            found = add_months(self.anchor.expr, months).cast(pl.Int32)
        else:
            found = self.anchor.expr.cast(pl.Int32) + times * lit(self.every.days, pl.Int32)
        found = (found + lit(self.shift, pl.Int32)).cast(pl.Date)
        return pl.when(found <= lit(_LAST, pl.Date)).then(found)

    def steps_until(self, today: datetime.date) -> pl.Expr:
        """The largest n whose day is not after today; below 0 if even the first is."""
        anchor, until = self.anchor.expr, today - datetime.timedelta(self.shift)
        if not isinstance(self.every, Months):
            days = lit(until, pl.Date).cast(pl.Int32) - anchor.cast(pl.Int32)
            return days // lit(self.every.days, pl.Int32)
        months = (
            (lit(until.year, pl.Int32) - anchor.dt.year().cast(pl.Int32)) * 12
            + lit(until.month, pl.Int32) - anchor.dt.month().cast(pl.Int32)
        )  # fmt: skip
        guess = (months - lit(self.months, pl.Int32)) // lit(self.every.months, pl.Int32)
        # One less is enough: the months up to the guess are never more than those up to today.
        late = (guess >= 0) & (self.day(guess) > lit(today, pl.Date))
        return guess - late.fill_null(False).cast(pl.Int32)

    @property
    def is_empty(self) -> bool:
        """Whether its steps lead nowhere."""
        return is_empty(self.every)


def series(anchor: Term, offset: Term, shift: Term, every: Term) -> Series:
    """The series whose first day is anchor + offset + shift."""
    start, first, last, step = day(anchor), _length(offset), _length(shift), _length(every)
    if not isinstance(last, datetime.timedelta):
        raise Unsupported("months at the end of a date that recurs")
    for length in (first, last, step):
        if not isinstance(length, Months) and length % datetime.timedelta(1):
            raise Unsupported("a period with a part of a day")
    if isinstance(first, Months) and isinstance(step, Months):
        return Series(start, step, first.months, last.days)
    return Series(shifted(shifted(start, first, 1), last, 1), step, 0, 0)


def calendar_start(day: Day, months: int, begins: datetime.date) -> Day:
    """The first day of the period that holds a day, in years that begin on the day of `begins`."""
    year, month = day.expr.dt.year().cast(pl.Int32), day.expr.dt.month().cast(pl.Int32)
    early = (day.expr.dt.day().cast(pl.Int32) < begins.day).cast(pl.Int32)
    whole = (year * 12 + month) - lit(begins.year * 12 + begins.month, pl.Int32) - early
    found = add_months(lit(begins, pl.Date), whole // months * months)
    within = day.expr.cast(pl.Int32).is_between(_FIRST_DAY, _LAST_DAY)
    return Day(pl.when(within).then(found))


def next_occurrence(series: Series, today: Term, keep: Any) -> Term:
    """The first day on or after today in a series."""
    now = _today(today)
    if series.is_empty:
        return NOT_KNOWN
    series = series._replace(anchor=keep(series.anchor))
    n = pl.max_horizontal(series.steps_until(now), lit(0, pl.Int32))
    n = keep(Num(pl.when(series.anchor.expr.is_not_null()).then(n), 0, 10**7)).expr
    found = keep(Day(series.day(n))).expr
    return Day(pl.when(found < lit(now, pl.Date)).then(series.day(n + 1)).otherwise(found))


def _today(today: Term) -> datetime.date:
    if isinstance(today, Const) and isinstance(today.value, datetime.date):
        return today.value
    raise Unsupported("a day of reckoning that differs from row to row")


def periods_since(series: Series, today: Term, keep: Any) -> Term:
    """The period that holds today and the one before it; none lies before the first."""
    now = _today(today)
    if series.is_empty:
        return NOT_KNOWN
    series = series._replace(anchor=keep(series.anchor))
    current = keep(Num(series.steps_until(now), 0, 10**7)).expr
    slots: list[tuple[Flag | Const, dict[str, Term]]] = []
    leaves: list[pl.Expr] = []
    for back in (1, 0):
        number = current - back
        there = keep(Flag(number >= 0)).expr
        low = keep(Day(series.day(number))).expr
        high = keep(Day(series.day(number + 1))).expr
        leaves.append(there & (low.is_null() | high.is_null()))
        fields = _fields(low, high, number + 1, series.every)
        slots.append((Flag(there), fields))
    fine = ~pl.any_horizontal(leaves)
    known = pl.when(series.anchor.expr.is_not_null()).then(fine).otherwise(lit(False, pl.Boolean))
    return terms.Times(Flag(known, True), tuple(slots))


def _fields(
    low: pl.Expr, high: pl.Expr, number: pl.Expr, length: Months | datetime.timedelta
) -> dict[str, Term]:
    words = {Months(1): "month", Months(3): "quarter", Months(12): "year"}
    word = words.get(length, "period") if isinstance(length, Months) else "period"
    end = (high.cast(pl.Int32) - 1).cast(pl.Date)
    name = pl.concat_str([lit(f"{word} ", pl.String), number.cast(pl.String)])
    return {
        "period": terms.Span(Day(low), Day(end)),
        "period_number": Num(number.cast(pl.Int64), 0, 10**7),
        "period_name": terms.Text(name),
    }


# Calls


def _next_occurrence(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    *steps, today = (emitter.emit(each) for each in arguments)
    return next_occurrence(series(*steps), today, emitter.frame.keep)


def _periods_since(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    *steps, today = (emitter.emit(each) for each in arguments)
    return periods_since(series(*steps), today, emitter.frame.keep)


def _calendar_start(emitter: Emitter, arguments: Sequence[Expression]) -> Term:
    match arguments:
        case (Literal(str() as unit), of, *begins) if unit in UNITS:
            first = begins[0].value if begins and isinstance(begins[0], Literal) else JANUARY
            if isinstance(first, datetime.date):
                found = emitter.frame.keep(day(emitter.emit(of)))
                assert isinstance(found, Day)
                return calendar_start(found, UNITS[unit], first)
    raise Unsupported("a calendar that differs from row to row")


CALLS = {
    "next occurrence": _next_occurrence,
    "periods since": _periods_since,
    "calendar start": _calendar_start,
}
"""The column forms of functions of series and calendars."""
