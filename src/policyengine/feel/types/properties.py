"""The parts of dates, times, durations and ranges that stand after a dot (DMN 1.5, table 65)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from policyengine.feel.types import types
from policyengine.feel.types.types import Type
from policyengine.feel.values import calendar
from policyengine.feel.values.comparison import date_time_offset, time_offset
from policyengine.feel.values.temporal import Duration, duration, seconds_of
from policyengine.feel.values.values import Failed, Range, Time, kind, unknown


def _offset(time: Time, seconds: int) -> object:
    return None if time.offset is None and time.zone is None else duration(Decimal(seconds))


def _days(value: Duration) -> int:
    return int(abs(seconds_of(value)) // 86_400) * _sign(value)


def _sign(value: Duration) -> int:
    return -1 if seconds_of(value) < 0 else 1


def _rest(value: Duration, unit: int, size: int) -> int:
    """The full units of the rest of a duration after larger ones."""
    return int(abs(seconds_of(value)) % (unit * size) // unit) * _sign(value)


def _seconds(value: Duration) -> Decimal:
    return abs(seconds_of(value)) % 60 * _sign(value)


def _days_between(period: Range) -> object:
    """The days of a range of dates; an end that does not belong to it is not counted."""
    low, high = period.low, period.high
    if not isinstance(low, date) or not isinstance(high, date):
        open_one = unknown([low, high])
        return open_one or Failed("only a range of dates with two ends has days")
    return max((high - low).days + period.low_closed + period.high_closed - 1, 0)


_Read = Callable[[Any], object]

_DATE: dict[str, _Read] = {
    "year": lambda date: date.year,
    "month": lambda date: date.month,
    "day": lambda date: date.day,
    "weekday": calendar.weekday,
}
_TIME: dict[str, _Read] = {
    "hour": lambda time: time.hour,
    "minute": lambda time: time.minute,
    "second": lambda time: time.second,
    "time offset": lambda time: _offset(time, time_offset(time)),
    "timezone": lambda time: time.zone,
}


def _of_date(read: _Read) -> _Read:
    return lambda moment: read(moment.date)


def _of_time(read: _Read) -> _Read:
    return lambda moment: read(moment.time)


_PROPERTIES: dict[str, dict[str, _Read]] = {
    "date": _DATE,
    "time": _TIME,
    "date and time": {
        **{name: _of_date(read) for name, read in _DATE.items()},
        **{name: _of_time(read) for name, read in _TIME.items()},
        "time offset": lambda moment: _offset(moment.time, date_time_offset(moment)),
    },
    "days duration": {
        "days": _days,
        "hours": lambda value: _rest(value, 3600, 24),
        "minutes": lambda value: _rest(value, 60, 60),
        "seconds": _seconds,
    },
    "months duration": {
        "years": lambda value: abs(value.months) // 12 * (-1 if value.months < 0 else 1),
        "months": lambda value: abs(value.months) % 12 * (-1 if value.months < 0 else 1),
    },
    "range": {
        "start": lambda range_: range_.low,
        "end": lambda range_: range_.high,
        "days": _days_between,
        "start included": lambda range_: range_.low_closed,
        "end included": lambda range_: range_.high_closed,
    },
}

PROPERTY_NAMES = frozenset(name for parts in _PROPERTIES.values() for name in parts)
"""The names of all parts that values have."""


def property_of(value: object, name: str) -> object:
    """The part of a value, or `Failed` where it has no such part."""
    read = _PROPERTIES.get(kind(value), {}).get(name)
    if read is None:
        return Failed(f"a {kind(value)} has no `{name}`")
    found = read(value)
    return Decimal(found) if isinstance(found, int) and not isinstance(found, bool) else found


_KINDS: dict[Type, tuple[str, ...]] = {
    types.DATE: ("date",),
    types.TIME: ("time",),
    types.DATE_TIME: ("date and time",),
    types.DAYS_DURATION: ("days duration",),
    types.MONTHS_DURATION: ("months duration",),
    types.DURATION: ("days duration", "months duration"),
}
# All others are whole numbers.
_TYPES: dict[str, Type] = {
    "second": types.NUMBER,
    "seconds": types.NUMBER,
    "time offset": types.DAYS_DURATION,
    "timezone": types.TEXT,
}


def property_types(of: Type) -> dict[str, Type]:
    """The parts that a value of a type has, with their types."""
    if isinstance(of, types.RangeOf):
        included = types.BOOLEAN
        days = {"days": types.COUNT} if of.item == types.DATE else {}
        return {
            "start": of.item,
            "end": of.item,
            **days,
            "start included": included,
            "end included": included,
        }
    return {name: _TYPES.get(name, types.COUNT) for what in _KINDS.get(of, ()) for name in _PROPERTIES[what]}
