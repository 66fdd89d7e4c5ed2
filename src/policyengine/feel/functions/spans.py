"""`range("[1..3]")`: a range from its text (DMN 1.5, table 73)."""

from __future__ import annotations

from policyengine.feel.functions import conversion
from policyengine.feel.syntax.tree import Call, Expression, Literal, Name, Negate, RangeLiteral
from policyengine.feel.types.signatures import Library, Meter, bind, function, signature, table
from policyengine.feel.types.types import ANY, RangeOf
from policyengine.feel.values.arithmetic import negate
from policyengine.feel.values.compare import order
from policyengine.feel.values.values import Failed, Range
from policyengine.source import Source

_ENDS: Library = conversion.FUNCTIONS


def _range(meter: Meter, text: str) -> object:
    # The parser knows functions by their names, so it must not be loaded before they are.
    from policyengine.feel.syntax.parser import parse

    found = parse(Source("range", text), functions=_ENDS).expression
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


_CONVERSIONS = ("date", "time", "date and time", "duration")

FUNCTIONS = table(function("range", signature("from: text", RangeOf(ANY), _range, metered=True)))
