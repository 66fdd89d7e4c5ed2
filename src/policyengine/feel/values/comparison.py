"""Equality and order of values (DMN 1.5, tables 52 and 53), membership of ranges and lists, look-up keys."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import TypeAlias, cast

from policyengine.feel import limits
from policyengine.feel.values.calendar import ordinal, zone_offset
from policyengine.feel.values.temporal import seconds_of
from policyengine.feel.values.values import DateTime, Failed, Range, Time, Unknown, kind, unknown

Truth: TypeAlias = bool | Unknown | Failed

_TOO_LARGE = Failed("the two values are too large to compare")
_MILLENNIUM = datetime.date(2000, 1, 1)
_NULL = Failed("null is neither smaller nor larger than anything")
_MIXED = Failed("one of the two times has a time zone and the other has none")


def equal(left: object, right: object) -> Truth:
    """Whether two values are the same; values of different kinds have no answer, null has."""
    return _equal(left, right, [limits.ITEMS])


def _equal(left: object, right: object, fuel: list[int]) -> Truth:
    fuel[0] -= 1
    if fuel[0] < 0:
        return _TOO_LARGE
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return cast(Unknown, unknown((left, right)))
    if left is None or right is None:
        return left is right
    what = kind(left)
    if what != kind(right):
        return Failed(f"a {what} and a {kind(right)} cannot be compared")
    if what == "list":
        return _equal_lists(cast(Sequence[object], left), cast(Sequence[object], right), fuel)
    if what == "context":
        return _equal_contexts(cast(Mapping[str, object], left), cast(Mapping[str, object], right), fuel)
    if isinstance(left, Range) and isinstance(right, Range):
        return _equal_ranges(left, right, fuel)
    if what in {"time", "date and time", "days duration"}:
        return moment(left) == moment(right)
    return left == right


def _all_equal(pairs: Sequence[tuple[object, object]], fuel: list[int]) -> Truth:
    open_ones: list[Unknown] = []
    for left, right in pairs:
        found = _equal(left, right, fuel)
        if found is _TOO_LARGE:
            return found
        if isinstance(found, Unknown):
            open_ones.append(found)
        elif found is not True:
            return False
    return unknown(open_ones) or True


def _equal_lists(left: Sequence[object], right: Sequence[object], fuel: list[int]) -> Truth:
    return len(left) == len(right) and _all_equal(list(zip(left, right, strict=True)), fuel)


def _equal_contexts(left: Mapping[str, object], right: Mapping[str, object], fuel: list[int]) -> Truth:
    keys = list(left)
    return set(keys) == set(right) and _all_equal([(left[key], right[key]) for key in keys], fuel)


def _equal_ranges(left: Range, right: Range, fuel: list[int]) -> Truth:
    if (left.low_closed, left.high_closed) != (right.low_closed, right.high_closed):
        return False
    return _all_equal([(left.low, right.low), (left.high, right.high)], fuel)


def moment(value: object) -> tuple[bool, Decimal]:
    """A time, a date and time or a days duration on one line, in seconds, and whether it has a zone.

    Times are compared by whole seconds, as the conformance kit has it.
    """
    match value:
        case Time():
            return value.offset is not None or value.zone is not None, _clock(value) - time_offset(value)
        case DateTime(date, time):
            seconds = ordinal(date) * 86_400 + _clock(time)
            return time.offset is not None or time.zone is not None, seconds - date_time_offset(value)
        case _:
            return False, seconds_of(value)  # type: ignore[arg-type]  # the callers ask for no other kind


def _clock(time: Time) -> Decimal:
    return time.hour * 3600 + time.minute * 60 + time.second.to_integral_value(ROUND_FLOOR)


def time_offset(time: Time) -> int:
    """The offset of a time in seconds; that of a zone is that of the start of 2000; 0 if there is none."""
    if time.zone is not None:
        return date_time_offset(DateTime(_MILLENNIUM, time))
    return time.offset or 0


def date_time_offset(value: DateTime) -> int:
    """The offset of a date and time in seconds; 0 if it has none."""
    time = value.time
    if time.zone is not None:
        return zone_offset(time.zone, value.date, time.hour, time.minute, int(time.second))
    return time.offset or 0


def order(left: object, right: object) -> int | Failed:
    """Negative, 0 or positive as `left` is less than, equal to or greater than `right`."""
    what = kind(left)
    if left is None or right is None:
        return _NULL
    if what != kind(right) or what not in _ORDERED:
        return Failed(f"a {what} and a {kind(right)} have no order")
    low: object = left
    high: object = right
    if what in {"time", "date and time", "days duration"}:
        (left_zoned, low), (right_zoned, high) = moment(left), moment(right)
        if left_zoned != right_zoned:
            return _MIXED
    elif what == "date" and left.__class__ is not right.__class__:
        low, high = ordinal(left), ordinal(right)  # type: ignore[arg-type]  # both are dates
    if low == high:
        return 0
    return -1 if low < high else 1  # type: ignore[operator]  # one kind, and it is ordered


_ORDERED = frozenset({"number", "text", "date", "time", "date and time", "days duration", "months duration"})


def compare(op: str, left: object, right: object) -> Truth:
    """`left op right`; `op` is one of `= != < <= > >=`."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return cast(Unknown, unknown((left, right)))
    if op == "=" or op == "!=":
        found = equal(left, right)
        return found is (op == "=") if isinstance(found, bool) else found
    way = order(left, right)
    if isinstance(way, Failed):
        return way
    if op == "<":
        return way < 0
    if op == "<=":
        return way <= 0
    return way > 0 if op == ">" else way >= 0


def both(first: Truth, second: Truth) -> Truth:
    """Both hold (Kleene): false if one is false, whatever the other is."""
    if first is False or second is False:
        return False
    open_one = unknown((first, second))
    if open_one is not None:
        return open_one
    return first if isinstance(first, Failed) else second


_PLAIN = frozenset({Decimal, datetime.date})
"""The classes of values that are in order among themselves as Python has them."""


def inside(value: object, range_: Range) -> Truth:
    """Whether a value lies in a range; false already if it lies beyond one known end."""
    cls = value.__class__
    if cls in _PLAIN and range_.low.__class__ is cls and range_.high.__class__ is cls:
        plain, start, end = cast("tuple[Decimal, Decimal, Decimal]", (value, range_.low, range_.high))
        if not (start <= plain if range_.low_closed else start < plain):
            return False
        return plain <= end if range_.high_closed else plain < end
    low: Truth = True
    high: Truth = True
    if range_.low is not None:
        low = compare(">=" if range_.low_closed else ">", value, range_.low)
    if range_.high is not None:
        high = compare("<=" if range_.high_closed else "<", value, range_.high)
    return both(low, high)


def matches(value: object, test: object) -> Truth:
    """In a range, among the items of a list (or in one of its ranges), or equal."""
    if isinstance(test, Range):
        if value is None:
            return Failed("the value is null")
        return inside(value, test)
    if kind(test) == "list":
        return _among(value, cast(Sequence[object], test))
    return equal(value, test)


def _among(value: object, items: Sequence[object]) -> Truth:
    open_ones: list[object] = []
    results = [inside(value, item) if isinstance(item, Range) else equal(value, item) for item in items]
    if kind(value) == "list":
        results.append(equal(value, items))
    for result in results:
        if result is True:
            return True
        if isinstance(result, Unknown):
            open_ones.append(result)
    return unknown(open_ones) or False


# Look-up


def key(value: object, fuel: list[int]) -> object:
    """A key that two values share exactly if they are equal; `fuel` bounds the parts looked at."""
    fuel[0] -= 1
    if fuel[0] < 0:
        return _TOO_LARGE
    what = kind(value)
    if what in {"time", "date and time", "days duration"}:
        return what, moment(value)
    if what == "list":
        return _key_of_parts(what, [key(one, fuel) for one in cast(Sequence[object], value)], fuel)
    if what == "context":
        context = cast(Mapping[str, object], value)
        parts = [(name, key(context[name], fuel)) for name in sorted(context)]
        return _key_of_parts(what, parts, fuel)
    if isinstance(value, Range):
        ends = [key(value.low, fuel), key(value.high, fuel), value.low_closed, value.high_closed]
        return _key_of_parts(what, ends, fuel)
    return what, id(value) if what == "function" else value


def _key_of_parts(what: str, parts: Sequence[object], fuel: list[int]) -> object:
    return _TOO_LARGE if fuel[0] < 0 else (what, *parts)
