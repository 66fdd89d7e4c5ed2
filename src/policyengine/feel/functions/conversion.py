"""Making values of one type out of others (DMN 1.5, table 73)."""

from __future__ import annotations

import re
from decimal import Decimal

from policyengine.feel import limits
from policyengine.feel.functions.date_time import Point, date_of
from policyengine.feel.syntax.primary import read_number
from policyengine.feel.syntax.printing import print_value
from policyengine.feel.types.signatures import function, signature, table
from policyengine.feel.types.types import DATE, DATE_TIME, DURATION, NUMBER, TEXT, TIME
from policyengine.feel.values.calendar import Date, make_date
from policyengine.feel.values.temporal import (
    Duration,
    make_time,
    parse_date,
    parse_date_time,
    parse_duration,
    parse_time,
    seconds_of,
)
from policyengine.feel.values.values import DateTime, Failed, Time

_NO_DATE = Failed("there is no such date")
_NO_TIME = Failed("there is no such time")


def _said(text: str) -> str:
    return f"`{text[:60]}`"


def _date_text(text: str) -> object:
    return parse_date(text) or Failed(f"{_said(text)} is not a date")


def _whole(*numbers: Decimal) -> bool:
    return all(abs(number) <= limits.YEAR and number == int(number) for number in numbers)


def _date_parts(year: Decimal, month: Decimal, day: Decimal) -> Date | Failed:
    if not _whole(year, month, day):
        return _NO_DATE
    return make_date(int(year), int(month), int(day)) or _NO_DATE


def _time_text(text: str) -> object:
    return parse_time(text) or Failed(f"{_said(text)} is not a time")


def _time_of(point: Time | Point) -> object:
    if isinstance(point, Time):
        return point
    return point.time if isinstance(point, DateTime) else Time(0, 0, Decimal(0), 0)


def _time_parts(hour: Decimal, minute: Decimal, second: Decimal, offset: Duration | None = None) -> object:
    if not _whole(hour, minute):
        return _NO_TIME
    shift = None if offset is None else int(seconds_of(offset))
    return make_time(int(hour), int(minute), second, shift) or _NO_TIME


def _moment_text(text: str) -> object:
    return parse_date_time(text) or Failed(f"{_said(text)} is not a date and time")


def _moment_of(date: Point, time: Time) -> object:
    return DateTime(date_of(date), time)


def _moment(day: tuple[Decimal, Decimal, Decimal], time: object) -> object:
    date = _date_parts(*day)
    return DateTime(date, time) if isinstance(time, Time) and not isinstance(date, Failed) else _NO_TIME


def _moment_parts(
    year: Decimal,
    month: Decimal,
    day: Decimal,
    hour: Decimal,
    minute: Decimal,
    second: Decimal,
    place: Duration | str | None = None,
) -> object:
    """`place` is an offset or the name of a zone."""
    if not isinstance(place, str):
        return _moment((year, month, day), _time_parts(hour, minute, second, place))
    if not _whole(hour, minute):
        return _NO_TIME
    return _moment((year, month, day), make_time(int(hour), int(minute), second, None, place))


_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def _number(text: str, grouping: str | None = None, point: str | None = None) -> object:
    known = grouping in (None, " ", ",", ".") and point in (None, ",", ".")
    if not known or (grouping and grouping == point):
        return Failed("the separators are a space, a comma or a point, and not the same")
    plain = text.replace(grouping, "") if grouping else text
    if point == ",":
        plain = "" if "." in plain else plain.replace(",", ".")
    number = read_number(plain) if _NUMBER.fullmatch(plain) else None
    return Failed(f"{_said(text)} is not a number") if number is None else number


def _string(value: object) -> object:
    if value is None:
        return None
    text = print_value(value)
    return Failed(f"the text is longer than {limits.CHARACTERS} characters") if text is None else text


def _duration(text: str) -> object:
    found = parse_duration(text)
    return Failed(f"{_said(text)} is not a duration") if found is None else found


_CLOCK = "hour: number, minute: number, second: number"
_DAY = "year: number, month: number, day: number"
_ANY_POINT = "date|date and time"

FUNCTIONS = table(
    function(
        "date",
        signature("from: text", DATE, _date_text),
        signature(f"from: {_ANY_POINT}", DATE, date_of),
        signature(_DAY, DATE, _date_parts),
    ),
    function(
        "time",
        signature("from: text", TIME, _time_text),
        signature(f"from: time|{_ANY_POINT}", TIME, _time_of),
        signature(f"{_CLOCK}, offset?: days duration or null", TIME, _time_parts),
    ),
    function(
        "date and time",
        signature("from: text", DATE_TIME, _moment_text),
        signature(f"date: {_ANY_POINT}, time: time", DATE_TIME, _moment_of),
        signature(f"{_DAY}, {_CLOCK}", DATE_TIME, _moment_parts),
        signature(f"{_DAY}, {_CLOCK}, offset: days duration", DATE_TIME, _moment_parts),
        signature(f"{_DAY}, {_CLOCK}, timezone: text", DATE_TIME, _moment_parts),
    ),
    function(
        "number",
        signature(
            "from: text, grouping separator?: text or null, decimal separator?: text or null",
            NUMBER,
            _number,
        ),
    ),
    function("string", signature("from: any", TEXT, _string)),
    function("duration", signature("from: text", DURATION, _duration)),
)
