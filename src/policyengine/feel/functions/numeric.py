"""Numbers (DMN 1.5, table 78)."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal, DecimalException
from functools import partial

from policyengine.feel.limits import NUMBERS
from policyengine.feel.types.signatures import Function, function, signature, table, type_of_first
from policyengine.feel.types.types import BOOLEAN, NUMBER
from policyengine.feel.values.arithmetic import unsigned
from policyengine.feel.values.comparison import moment
from policyengine.feel.values.temporal import duration
from policyengine.feel.values.values import Failed, Months


def rounded(number: Decimal, scale: Decimal, rounding: str) -> object:
    """A number to so many digits after the point; a negative scale rounds before the point."""
    places = int(scale)
    if not -6111 <= places <= 6176:
        return Failed("the scale lies beyond -6111 and 6176")
    if -number.as_tuple().exponent <= places:  # type: ignore[operator]  # numbers here are finite
        return number
    # Rounded by hand: quantize refuses scales that only add zeros, or take all digits away.
    whole = number.scaleb(places, _WIDE).to_integral_value(rounding)
    return NUMBERS.plus(whole.scaleb(-places, _WIDE)) if whole else Decimal(0)


def rounder(places: int, rounding: str) -> Callable[[Decimal], Decimal]:
    """A function that rounds to so few places exactly as `rounded` does, several times faster."""
    quantum, scale = Decimal(1).scaleb(-places), Decimal(places)

    def rounds(number: Decimal) -> Decimal:
        near = number.quantize(quantum, rounding)
        # A number with fewer places than wanted keeps them, and zero has none.
        if near and (near != number or near.same_quantum(number)):
            return near
        return rounded(number, scale, rounding)  # type: ignore[return-value]  # the scale is no failure

    return rounds


ROUNDINGS = {
    "decimal": decimal.ROUND_HALF_EVEN,
    "floor": decimal.ROUND_FLOOR,
    "ceiling": decimal.ROUND_CEILING,
    "round up": decimal.ROUND_UP,
    "round down": decimal.ROUND_DOWN,
    "round half up": decimal.ROUND_HALF_UP,
    "round half down": decimal.ROUND_HALF_DOWN,
}
_WIDE = NUMBERS.copy()
_WIDE.Emax, _WIDE.Emin, _WIDE.prec = 99_999, -99_999, 200


def _rounding(name: str, rounding: str) -> Function:
    def run(number: Decimal, scale: Decimal = Decimal(0)) -> object:
        return rounded(number, scale, rounding)

    mark = "?" if name in ("floor", "ceiling") else ""
    return function(name, signature(f"n: number, scale{mark}: number", type_of_first, run))


def _abs(value: object) -> object:
    if isinstance(value, Decimal):
        return abs(value)
    if isinstance(value, Months):
        return Months(abs(value.months))
    return duration(abs(moment(value)[1]))


def modulo(dividend: Decimal, divisor: Decimal) -> object:
    """What is left of a division; it has the sign of the divisor."""
    if not divisor:
        return Failed("a division by zero has no result")
    rest = NUMBERS.remainder(dividend, divisor)
    return rest + divisor if rest and (rest < 0) != (divisor < 0) else unsigned(rest)


def _sqrt(number: Decimal) -> object:
    return Failed("a number below zero has no square root") if number < 0 else NUMBERS.sqrt(number)


def _log(number: Decimal) -> object:
    return NUMBERS.ln(number) if number > 0 else Failed("only numbers above zero have a logarithm")


def _exp(number: Decimal) -> object:
    return NUMBERS.exp(number)


def _multiple_of_two(number: Decimal, rest: int) -> object:
    try:
        return abs(NUMBERS.remainder(number, Decimal(2))) == rest
    except DecimalException:
        return rest == 0  # a number that large has no last digit that is known


FUNCTIONS = table(
    *(_rounding(name, rounding) for name, rounding in ROUNDINGS.items()),
    function("abs", signature("n: number|days duration|months duration", type_of_first, _abs, total=True)),
    function("modulo", signature("dividend: number, divisor: number", type_of_first, modulo)),
    function("sqrt", signature("number: number", NUMBER, _sqrt)),
    function("log", signature("number: number", NUMBER, _log)),
    function("exp", signature("number: number", NUMBER, _exp)),
    function("odd", signature("number: number", BOOLEAN, partial(_multiple_of_two, rest=1), total=True)),
    function("even", signature("number: number", BOOLEAN, partial(_multiple_of_two, rest=0), total=True)),
)
