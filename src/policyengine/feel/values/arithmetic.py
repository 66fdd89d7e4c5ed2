"""`+ - * / **` on numbers, texts, dates, times and durations (DMN 1.5, table 55)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal, DecimalException, DivisionByZero
from typing import Any, TypeAlias

from policyengine.feel import limits
from policyengine.feel.limits import NUMBERS
from policyengine.feel.values.calendar import Date, add_months, from_ordinal, ordinal, zone_offset
from policyengine.feel.values.comparison import date_time_offset, moment, time_offset
from policyengine.feel.values.temporal import Duration, duration, seconds_of
from policyengine.feel.values.values import DateTime, Failed, Months, Time, kind

_DAY = 86_400
_OUT_OF_BOUNDS = Failed("the result lies beyond the dates there are")
_BY_ZERO = Failed("a division by zero has no result")


def arithmetic(op: str, left: object, right: object) -> object:
    """The result of `left op right`, or `Failed`; neither side may be unknown."""
    operation = _OPERATIONS.get((op, kind(left), kind(right)))
    if operation is None and (left is None or right is None):
        return Failed(f"null cannot be {_WORDS[op]}")
    if operation is None:
        return Failed(f"a {kind(left)} and a {kind(right)} cannot be {_WORDS[op]}")
    try:
        return operation(left, right)
    except DivisionByZero:
        return _BY_ZERO
    except DecimalException:
        return Failed("the result is not a number, or too large")


_WORDS = {
    "+": "added",
    "-": "subtracted",
    "*": "multiplied",
    "/": "divided",
    "**": "raised to a power",
}


def negate(value: object) -> object:
    """`-value`, or `Failed`."""
    what = kind(value)
    if isinstance(value, Decimal):
        return NUMBERS.minus(value)
    if what == "days duration" or what == "months duration":
        return arithmetic("*", value, Decimal(-1))
    return Failed(f"a {what} has no negative")


def unsigned(number: Decimal) -> Decimal:
    """The number; zero has no sign."""
    return number if number else number.copy_abs()


def _multiply(left: Decimal, right: Decimal) -> object:
    return unsigned(NUMBERS.multiply(left, right))


def _divide(left: Decimal, right: Decimal) -> object:
    return unsigned(NUMBERS.divide(left, right)) if right else _BY_ZERO


def _power(base: Decimal, exponent: Decimal) -> object:
    if not base and exponent < 0:
        return _BY_ZERO
    return Decimal(1) if not exponent else unsigned(NUMBERS.power(base, exponent))


def _join(left: str, right: str) -> object:
    if len(left) + len(right) > limits.CHARACTERS:
        return Failed(f"the text is longer than {limits.CHARACTERS} characters")
    return left + right


def _months(months: Decimal) -> object:
    if abs(months) > 12 * limits.YEAR:
        return Failed("the duration is too long")
    return Months(int(months.to_integral_value(ROUND_DOWN)))


def _seconds(seconds: Decimal) -> object:
    """The duration of so many seconds, to the nanosecond."""
    if abs(seconds) > _DAY * 366 * limits.YEAR:
        return Failed("the duration is too long")
    return duration(seconds.quantize(Decimal("1e-9"), ROUND_DOWN, NUMBERS))


def _months_between(left: Months, right: Months, sign: int) -> object:
    return _months(Decimal(left.months + sign * right.months))


def _date_and_months(date: Date, months: Months, sign: int = 1) -> object:
    return add_months(date, sign * months.months) or _OUT_OF_BOUNDS


def _date_and_days(date: Date, days: Duration, sign: int = 1) -> object:
    # A date counts from its midnight; what is left of a day is dropped.
    whole = math.floor(sign * seconds_of(days)) // _DAY
    return from_ordinal(ordinal(date) + whole) or _OUT_OF_BOUNDS


def _moment_and_months(value: DateTime, months: Months, sign: int = 1) -> object:
    date = add_months(value.date, sign * months.months)
    return _OUT_OF_BOUNDS if date is None else DateTime(date, value.time)


def _moment_and_days(value: DateTime, days: Duration, sign: int = 1) -> object:
    """A moment so much later on the time line, whatever clocks do in its zone meanwhile."""
    if value.time.zone is None:
        return _carried(value, sign * seconds_of(days))
    in_utc = DateTime(value.date, replace(value.time, zone=None))
    found = _carried(in_utc, sign * seconds_of(days) - date_time_offset(value))
    return _in_zone(found, value.time.zone) if isinstance(found, DateTime) else found


def _carried(value: DateTime, seconds: Decimal) -> object:
    carried, time = _shift(value.time, seconds)
    date = from_ordinal(ordinal(value.date) + carried)
    return _OUT_OF_BOUNDS if date is None else DateTime(date, time)


def _in_zone(utc: DateTime, zone: str) -> object:
    """A moment of UTC by the clocks of a zone; the second time that they show an hour it has its offset."""
    time = utc.time
    offset = zone_offset(zone, utc.date, time.hour, time.minute, int(time.second), utc=True)
    local = _carried(utc, Decimal(offset))
    if not isinstance(local, DateTime):
        return local
    zoned = DateTime(local.date, replace(local.time, zone=zone))
    if date_time_offset(zoned) == offset:
        return zoned
    return DateTime(local.date, replace(local.time, offset=offset))


def _time_and_days(time: Time, days: Duration, sign: int = 1) -> object:
    return _shift(time, sign * seconds_of(days))[1]


def _shift(time: Time, seconds: Decimal) -> tuple[int, Time]:
    """The days carried over, and the time of day so many seconds on."""
    total = time.hour * 3600 + time.minute * 60 + time.second + seconds
    days = math.floor(total) // _DAY
    hour, rest = divmod(total - days * _DAY, 3600)
    minute, second = divmod(rest, 60)
    return days, Time(int(hour), int(minute), second, time.offset, time.zone)


def _fraction(value: Time | DateTime) -> Decimal:
    return (value if isinstance(value, Time) else value.time).second % 1


def _between_moments(left: Time | DateTime, right: Time | DateTime) -> object:
    (left_zoned, first), (right_zoned, second) = moment(left), moment(right)
    if left_zoned != right_zoned:
        return Failed("one of the two times has a time zone and the other has none")
    return _seconds(first + _fraction(left) - second - _fraction(right))


def _between_times(left: Time, right: Time) -> object:
    if left.zone is not None and left.zone == right.zone:
        offset = time_offset(left)
        left = Time(left.hour, left.minute, left.second, offset)
        right = Time(right.hour, right.minute, right.second, offset)
    return _between_moments(left, right)


def _at_midnight(date: Date) -> DateTime:
    return DateTime(date, Time(0, 0, Decimal(0), 0))


def _between_dates(left: Date, right: Date) -> object:
    days = ordinal(left) - ordinal(right)
    return datetime.timedelta(days) if abs(days) < 999_999_999 else _seconds(Decimal(days) * _DAY)


def _scaled(value: Duration | Months, factor: Decimal) -> object:
    if isinstance(value, Months):
        return _months(NUMBERS.multiply(Decimal(value.months), factor))
    return _seconds(NUMBERS.multiply(seconds_of(value), factor))


def _divided(value: Duration | Months, divisor: Decimal) -> object:
    if not divisor:
        return _BY_ZERO
    if isinstance(value, Months):
        return _months(NUMBERS.divide(Decimal(value.months), divisor))
    return _seconds(NUMBERS.divide(seconds_of(value), divisor))


_Operation: TypeAlias = Callable[[Any, Any], object]
_NUMBER, _TEXT, _DATE, _TIME, _MOMENT = "number", "text", "date", "time", "date and time"
_DAYS, _MONTHS = "days duration", "months duration"

_OPERATIONS: dict[tuple[str, str, str], _Operation] = {
    ("+", _NUMBER, _NUMBER): NUMBERS.add,
    ("-", _NUMBER, _NUMBER): NUMBERS.subtract,
    ("*", _NUMBER, _NUMBER): _multiply,
    ("/", _NUMBER, _NUMBER): _divide,
    ("**", _NUMBER, _NUMBER): _power,
    ("+", _TEXT, _TEXT): _join,
    ("+", _DAYS, _DAYS): lambda a, b: _seconds(seconds_of(a) + seconds_of(b)),
    ("-", _DAYS, _DAYS): lambda a, b: _seconds(seconds_of(a) - seconds_of(b)),
    ("+", _MONTHS, _MONTHS): lambda a, b: _months_between(a, b, 1),
    ("-", _MONTHS, _MONTHS): lambda a, b: _months_between(a, b, -1),
    ("/", _DAYS, _DAYS): lambda a, b: _divide(seconds_of(a), seconds_of(b)),
    ("/", _MONTHS, _MONTHS): lambda a, b: _divide(Decimal(a.months), Decimal(b.months)),
    ("-", _DATE, _DATE): _between_dates,
    ("-", _MOMENT, _MOMENT): _between_moments,
    ("-", _MOMENT, _DATE): lambda a, b: _between_moments(a, _at_midnight(b)),
    ("-", _DATE, _MOMENT): lambda a, b: _between_moments(_at_midnight(a), b),
    ("-", _TIME, _TIME): _between_times,
}
for _length in (_DAYS, _MONTHS):
    _OPERATIONS["*", _length, _NUMBER] = _scaled
    _OPERATIONS["*", _NUMBER, _length] = lambda a, b: _scaled(b, a)
    _OPERATIONS["/", _length, _NUMBER] = _divided
_SHIFTS: dict[tuple[str, str], Callable[[Any, Any, int], object]] = {
    (_DATE, _MONTHS): _date_and_months,
    (_DATE, _DAYS): _date_and_days,
    (_MOMENT, _MONTHS): _moment_and_months,
    (_MOMENT, _DAYS): _moment_and_days,
    (_TIME, _DAYS): _time_and_days,
}


def _shifts(shift: Callable[[Any, Any, int], object]) -> tuple[_Operation, _Operation, _Operation]:
    """Adding on either side, and taking away."""
    return (lambda a, b: shift(a, b, 1)), (lambda a, b: shift(b, a, 1)), (lambda a, b: shift(a, b, -1))


for (_point, _length), _shift_by in _SHIFTS.items():
    _added, _turned, _taken = _shifts(_shift_by)
    _OPERATIONS["+", _point, _length] = _added
    _OPERATIONS["+", _length, _point] = _turned
    _OPERATIONS["-", _point, _length] = _taken
