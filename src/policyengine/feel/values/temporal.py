"""Dates, times and durations from text and to text: ISO 8601 as FEEL takes it."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

from policyengine.feel.limits import NUMBERS
from policyengine.feel.values.calendar import Date, from_ordinal, make_date, ordinal, zone
from policyengine.feel.values.values import DateTime, FarDate, FineDuration, Months, Time

Duration = datetime.timedelta | FineDuration
Temporal = datetime.date | FarDate | Time | DateTime | datetime.timedelta | FineDuration | Months

_DATE = r"(-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-([0-9]{2})-([0-9]{2})"
_TIME = (
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}(?:\.[0-9]{1,30})?)"
    r"(?:(Z)|([+-])([0-9]{2}):([0-9]{2})(?::([0-9]{2}))?|@([A-Za-z0-9_+/-]{1,60}))?"
)
_DATE_TEXT = re.compile(_DATE)
_TIME_TEXT = re.compile(_TIME)
_MONTHS_TEXT = re.compile(r"(-?)P(?=.)(?:([0-9]{1,12})Y)?(?:([0-9]{1,12})M)?")
_DAYS_TEXT = re.compile(
    r"(-?)P(?=.)(?:([0-9]{1,12})D)?"
    r"(?:T(?=.)(?:([0-9]{1,12})H)?(?:([0-9]{1,12})M)?(?:([0-9]{1,12}(?:\.[0-9]{1,30})?)S)?)?"
)
_DAY = 86_400


def parse_date(text: str) -> Date | None:
    """`2026-11-21`; years have four digits or more, and may be negative."""
    found = _DATE_TEXT.fullmatch(text)
    return make_date(int(found[1]), int(found[2]), int(found[3])) if found else None


def make_time(
    hour: int, minute: int, second: Decimal, offset: int | None = None, zone_name: str | None = None
) -> Time | None:
    """The time of day, or None if there is none such; offsets stay within 18 hours."""
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second < 60):
        return None
    if offset is not None and abs(offset) > 18 * 3600:
        return None
    if zone_name is not None and zone(zone_name) is None:
        return None
    return Time(hour, minute, second, offset, zone_name)


def _offset(found: re.Match[str]) -> int | None:
    if found[4]:
        return 0
    if not found[5]:
        return None
    if int(found[7]) > 59 or int(found[8] or 0) > 59:
        return 99 * 3600
    size = int(found[6]) * 3600 + int(found[7]) * 60 + int(found[8] or 0)
    return -size if found[5] == "-" else size


def _parse_clock(text: str) -> tuple[Time, bool] | None:
    """The time and whether it is the midnight at the end of the day (24:00:00)."""
    found = _TIME_TEXT.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = int(found[1]), int(found[2]), Decimal(found[3])
    ends_day = (hour, minute) == (24, 0) and second == 0
    time = make_time(0 if ends_day else hour, minute, second, _offset(found), found[9])
    return None if time is None else (time, ends_day)


def parse_time(text: str) -> Time | None:
    """`10:30:00`, with a fraction, and with `Z`, an offset `+01:00` or a zone `@Europe/Paris`."""
    parsed = _parse_clock(text)
    return None if parsed is None else parsed[0]


def parse_date_time(text: str) -> DateTime | None:
    """A date, `T` and a time; a date alone is its first moment."""
    day, mark, clock = text.partition("T")
    date = parse_date(day)
    if date is None:
        return None
    if not mark:
        return DateTime(date, Time(0, 0, Decimal(0)))
    parsed = _parse_clock(clock)
    if parsed is None:
        return None
    time, ends_day = parsed
    day_of = from_ordinal(ordinal(date) + 1) if ends_day else date
    return None if day_of is None else DateTime(day_of, time)


def duration(seconds: Decimal) -> Duration:
    """The days and time duration of so many seconds."""
    if abs(seconds) < 999_999_999 * _DAY and not NUMBERS.remainder(seconds, Decimal("0.000001")):
        return datetime.timedelta(microseconds=int(seconds.scaleb(6)))
    return FineDuration(seconds)


def seconds_of(value: Duration) -> Decimal:
    """The length of a days and time duration in seconds, exactly."""
    if isinstance(value, FineDuration):
        return value.seconds
    return Decimal(value.days * _DAY + value.seconds) + Decimal(value.microseconds).scaleb(-6)


def parse_duration(text: str) -> Duration | Months | None:
    """`P1Y2M` or `P1DT2H3M4.5S`, either with a leading minus; months and days never mix."""
    found = _MONTHS_TEXT.fullmatch(text)
    if found:
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return Months(-months if found[1] else months)
    found = _DAYS_TEXT.fullmatch(text)
    if found is None:
        return None
    whole = int(found[2] or 0) * _DAY + int(found[3] or 0) * 3600 + int(found[4] or 0) * 60
    seconds = whole + Decimal(found[5] or 0)
    return duration(-seconds if found[1] else seconds)


def parse_at(text: str) -> Temporal | None:
    """What an `@"..."` literal stands for: a date, a time, a date and time or a duration."""
    if text.lstrip("-").startswith("P"):
        return parse_duration(text)
    if "T" in text.partition("@")[0]:
        return parse_date_time(text)
    return parse_time(text) if ":" in text else parse_date(text)


def _plain_seconds(second: Decimal) -> str:
    text = format(second, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def print_time(time: Time) -> str:
    """A time as FEEL writes it."""
    whole, _, fraction = _plain_seconds(time.second).partition(".")
    text = f"{time.hour:02}:{time.minute:02}:{int(whole):02}" + (f".{fraction}" if fraction else "")
    if time.zone is not None:
        return f"{text}@{time.zone}"
    if time.offset is None:
        return text
    if time.offset == 0:
        return f"{text}Z"
    minutes, seconds = divmod(abs(time.offset), 60)
    sign = "-" if time.offset < 0 else "+"
    return f"{text}{sign}{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")


def print_date(date: Date) -> str:
    """A date as FEEL writes it."""
    sign = "-" if date.year < 0 else ""
    return f"{sign}{abs(date.year):04}-{date.month:02}-{date.day:02}"


def print_duration(value: Duration | Months) -> str:
    """A duration in its shortest form: hours below 24, months below 12, nothing that is zero."""
    if isinstance(value, Months):
        years, months = divmod(abs(value.months), 12)
        parts = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return ("-P" if value.months < 0 else "P") + parts
    seconds = seconds_of(value)
    days, rest = divmod(abs(seconds), _DAY)
    hours, rest = divmod(rest, 3600)
    minutes, second = divmod(rest, 60)
    time = (f"{hours:f}H" if hours else "") + (f"{minutes:f}M" if minutes else "")
    time += f"{_plain_seconds(second)}S" if second or not (days or time) else ""
    return ("-P" if seconds < 0 else "P") + (f"{days:f}D" if days else "") + (f"T{time}" if time else "")


def print_temporal(value: Temporal) -> str:
    """Any date, time or duration as FEEL writes it."""
    match value:
        case Time():
            return print_time(value)
        case DateTime(date, time):
            return f"{print_date(date)}T{print_time(time)}"
        case datetime.date() | FarDate():
            return print_date(value)
        case _:
            return print_duration(value)
