"""Periods and occasions of policies, beside the built-ins of the standard.

Periods are counted from their anchor, never from one another: 31 January and two months is 31 March, by
way of 28 February or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from policyengine.feel.types.signatures import function, signature, table
from policyengine.feel.types.types import COUNT, DATE, TEXT, Context, ListOf, RangeOf
from policyengine.feel.values.calendar import add_months
from policyengine.feel.values.values import Failed, Months, Range

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAY = timedelta(days=1)
_OCCASION = Context({"period": RangeOf(DATE), "period_number": COUNT, "period_name": TEXT})
_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_OUT_OF_BOUNDS = Failed("the period leaves the calendar")


def step(anchor: date, length: Months | timedelta, times: int) -> date | None:
    """The anchor and so many lengths; None where that leaves the calendar."""
    if isinstance(length, Months):
        found = add_months(anchor, length.months * times)
        return found if isinstance(found, date) else None
    try:
        return anchor + length * times
    except OverflowError:
        return None


def steps_until(anchor: date, length: Months | timedelta, day: date) -> int:
    """The largest n for which the anchor and n lengths is not after the day; below 0 if the anchor is."""
    if isinstance(length, Months):
        months = (day.year - anchor.year) * 12 + day.month - anchor.month
        guess = months // length.months
    else:
        guess = (day - anchor) // length
    while guess >= 0 and (found := step(anchor, length, guess)) is not None and found > day:
        guess -= 1
    return guess


def _periods_since(anchor: date, length: Months | timedelta, today: date) -> object:
    """The period that holds today and the one before it, numbered from 1; none lies before the anchor."""
    if _is_empty(length):
        return Failed("the period has no length")
    current = steps_until(anchor, length, today)
    found = []
    for n in (current - 1, current):
        start, end = step(anchor, length, n), step(anchor, length, n + 1)
        if n >= 0:
            if start is None or end is None:
                return _OUT_OF_BOUNDS
            found.append(_occasion(start, end - _DAY, n + 1, _span_name(length, n + 1)))
    return found


def _span_name(length: Months | timedelta, number: int) -> str:
    words: Mapping[object, str] = {Months(1): "month", Months(3): "quarter", Months(12): "year"}
    return f"{words.get(length, 'period')} {number}"


def _calendar_periods(unit: str, today: date) -> object:
    """The calendar period that holds today and the one before it, numbered within their year."""
    months = _MONTHS.get(unit)
    if months is None:
        return Failed(f"`{unit}` is no calendar period")
    first = date(today.year, (today.month - 1) // months * months + 1, 1)
    found = []
    for n in (-1, 0):
        start, end = step(first, Months(months), n), step(first, Months(months), n + 1)
        if start is None or end is None:
            return _OUT_OF_BOUNDS
        number = (start.month - 1) // months + 1
        found.append(_occasion(start, end - _DAY, number, _calendar_name(unit, start, number)))
    return found


def _calendar_name(unit: str, start: date, number: int) -> str:
    if unit == "year":
        return str(start.year)
    return f"{start.year} Q{number}" if unit == "quarter" else f"{_NAMES[start.month - 1]} {start.year}"


def _occasion(start: date, end: date, number: int, name: str) -> Mapping[str, object]:
    return MappingProxyType(
        {"period": Range(start, end), "period_number": Decimal(number), "period_name": name}
    )


def _next_occurrence(first: date, length: Months | timedelta, today: date) -> object:
    """The first day on or after today in the row first, first + length, first + 2 lengths ..."""
    if _is_empty(length):
        return Failed("the period has no length")
    n = max(steps_until(first, length, today), 0)
    found = step(first, length, n)
    if found is not None and found < today:
        found = step(first, length, n + 1)
    return _OUT_OF_BOUNDS if found is None else found


def _is_empty(length: Months | timedelta) -> bool:
    return length.months <= 0 if isinstance(length, Months) else length <= timedelta(0)


FUNCTIONS = table(
    function(
        "periods since",
        signature("start: date, every: duration, today: date", ListOf(_OCCASION), _periods_since),
    ),
    function("calendar periods", signature("unit: text, today: date", ListOf(_OCCASION), _calendar_periods)),
    function(
        "next occurrence",
        signature("first: date, every: duration, today: date", DATE, _next_occurrence),
    ),
)
