"""How points and ranges lie to each other (DMN 1.5, table 79), and a range from its text (table 73)."""

from __future__ import annotations

from collections.abc import Callable

from policyengine.feel.functions import conversion
from policyengine.feel.syntax.parser import parse
from policyengine.feel.syntax.tree import Call, Expression, Literal, Name, Negate, RangeLiteral
from policyengine.feel.types.signatures import (
    Function,
    Library,
    Meter,
    Signature,
    bind,
    function,
    signature,
    table,
)
from policyengine.feel.types.types import ANY, BOOLEAN, RangeOf
from policyengine.feel.values.arithmetic import negate
from policyengine.feel.values.comparison import Truth, compare, inside, order
from policyengine.feel.values.values import Failed, Range
from policyengine.source import Source

_ENDS: Library = conversion.FUNCTIONS
_CONVERSIONS = ("date", "time", "date and time", "duration")


class _NoOrder(Exception):  # noqa: N818  # leaves a condition of several comparisons where one has no answer
    pass


def _is(found: Truth) -> bool:
    if isinstance(found, bool):
        return found
    raise _NoOrder(found)


def _eq(left: object, right: object) -> bool:
    return _is(compare("=", left, right))


def _lt(left: object, right: object) -> bool:
    return _is(compare("<", left, right))


def _ends_before(one: Range, other: Range) -> bool:
    """`one` ends before `other` ends, taking into account which of the ends belong to them."""
    same = _eq(one.high, other.high) and (other.high_closed or not one.high_closed)
    return _lt(one.high, other.high) or same


def _starts_after(one: Range, other: Range) -> bool:
    same = _eq(one.low, other.low) and (other.low_closed or not one.low_closed)
    return _lt(other.low, one.low) or same


def _apart(one: Range, other: Range) -> bool:
    """All of `one` lies before all of `other`."""
    touching = _eq(one.high, other.low) and not (one.high_closed and other.low_closed)
    return _lt(one.high, other.low) or touching


def _meets(one: Range, other: Range) -> bool:
    return one.high_closed and other.low_closed and _eq(one.high, other.low)


def _during(one: Range, other: Range) -> bool:
    return _starts_after(one, other) and _ends_before(one, other)


def _within(point: object, range_: Range) -> bool:
    return _is(inside(point, range_))


def _before_point(one: Range, point: object) -> bool:
    return _lt(one.high, point) or (not one.high_closed and _eq(one.high, point))


def _after_point(one: Range, point: object) -> bool:
    return _lt(point, one.low) or (not one.low_closed and _eq(one.low, point))


def _overlaps_before(one: Range, other: Range) -> bool:
    """`one` starts first, ends inside `other`, and they share a point."""
    starts = _lt(one.low, other.low) or (_eq(one.low, other.low) and one.low_closed and not other.low_closed)
    shares = not _apart(one, other)
    ends = _lt(one.high, other.high) or (
        _eq(one.high, other.high) and (not one.high_closed or other.high_closed)
    )
    return starts and shares and ends


def _same_end(one: Range, other: Range) -> bool:
    return one.high_closed == other.high_closed and _eq(one.high, other.high)


def _same_start(one: Range, other: Range) -> bool:
    return one.low_closed == other.low_closed and _eq(one.low, other.low)


def _point_at_end(point: object, range_: Range) -> bool:
    return range_.high_closed and _eq(point, range_.high)


def _point_at_start(point: object, range_: Range) -> bool:
    return range_.low_closed and _eq(point, range_.low)


def _range(meter: Meter, text: str) -> object:
    found = parse(Source.exact("range", text), functions=_ENDS).expression
    if not isinstance(found, RangeLiteral) or found.low is None or found.high is None:
        return Failed(f"`{text[:60]}` is not a range")
    low, high = _end(found.low, meter), _end(found.high, meter)
    if isinstance(low, Failed):
        return low
    way = order(low, high)
    if isinstance(way, Failed):
        return way
    if way > 0:
        return Failed("the range ends before it starts")
    return Range(low, high, found.low_closed, found.high_closed)


def _end(node: Expression, meter: Meter) -> object:
    """The value of an end: a literal, or a date, time or duration made from a literal text."""
    match node:
        case Literal(value):
            return value
        case Negate(Literal(value)):
            return negate(value)
        case Call(Name(name), (Literal(str(text)),), ()) if name in _CONVERSIONS:
            bound = bind(_ENDS[name], (text,), (), meter)
            return bound if isinstance(bound, Failed) else bound()
        case _:
            return Failed("the ends of a range text are written out")


_Test = Callable[..., bool]


def _way(parameters: str, test: _Test) -> Signature:
    def run(*arguments: object) -> object:
        if any(argument is None for argument in arguments):
            return Failed("a point is null")
        try:
            return test(*arguments)
        except _NoOrder as no_order:
            return no_order.args[0]

    return signature(parameters, BOOLEAN, run)


_POINTS = "point1: any, point2: any"
_POINT_RANGE = "point: any, range: range"
_RANGE_POINT = "range: range, point: any"
_RANGES = "range1: range, range2: range"


def _between_ranges(name: str, test: _Test) -> Function:
    return function(name, _way(_RANGES, test))


def _turned(test: _Test) -> _Test:
    return lambda one, other: test(other, one)


def _point(test: _Test) -> _Test:
    """A test about a point; it fails for a range."""

    def run(*arguments: object) -> bool:
        if sum(isinstance(argument, Range) for argument in arguments) > 1:
            raise _NoOrder(Failed("a range is not a point"))
        return test(*arguments)

    return run


FUNCTIONS = table(
    function("range", signature("from: text", RangeOf(ANY), _range, metered=True)),
    function(
        "before",
        _way(_RANGES, _apart),
        _way(_RANGE_POINT, _before_point),
        _way(_POINT_RANGE, lambda point, range_: _after_point(range_, point)),
        _way(_POINTS, _lt),
    ),
    function(
        "after",
        _way(_RANGES, _turned(_apart)),
        _way(_RANGE_POINT, _after_point),
        _way(_POINT_RANGE, lambda point, range_: _before_point(range_, point)),
        _way(_POINTS, _turned(_lt)),
    ),
    _between_ranges("meets", _meets),
    _between_ranges("met by", _turned(_meets)),
    _between_ranges("overlaps", lambda one, other: not _apart(one, other) and not _apart(other, one)),
    _between_ranges("overlaps before", _overlaps_before),
    _between_ranges("overlaps after", _turned(_overlaps_before)),
    function(
        "finishes",
        _way(_RANGES, lambda one, other: _same_end(one, other) and _starts_after(one, other)),
        _way(_POINT_RANGE, _point_at_end),
    ),
    function(
        "finished by",
        _way(_RANGES, lambda one, other: _same_end(one, other) and _starts_after(other, one)),
        _way(_RANGE_POINT, _turned(_point_at_end)),
    ),
    function("includes", _way(_RANGES, _turned(_during)), _way(_RANGE_POINT, _turned(_within))),
    function("during", _way(_RANGES, _during), _way(_POINT_RANGE, _within)),
    function(
        "starts",
        _way(_RANGES, lambda one, other: _same_start(one, other) and _ends_before(one, other)),
        _way(_POINT_RANGE, _point_at_start),
    ),
    function(
        "started by",
        _way(_RANGES, lambda one, other: _same_start(one, other) and _ends_before(other, one)),
        _way(_RANGE_POINT, _turned(_point_at_start)),
    ),
    function(
        "coincides",
        _way(_RANGES, lambda one, other: _same_start(one, other) and _same_end(one, other)),
        _way(_POINTS, _point(_eq)),
    ),
)
