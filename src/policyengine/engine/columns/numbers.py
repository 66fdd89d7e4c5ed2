"""Exact arithmetic on whole multiples of powers of ten."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import polars as pl

from policyengine.engine.columns.terms import Code, Const, Num, Quotient, Term, Unsupported, lit
from policyengine.feel.limits import NUMBERS
from policyengine.feel.values.values import Unknown

_SMALL: Final = 2**63 - 1
LARGEST: Final = 10**37
_FEW: Final = 6


def width(bound: int) -> type[pl.DataType]:
    """The integers that hold numbers up to a bound."""
    if bound > LARGEST:
        raise Unsupported("a number may have more digits than a column holds")
    return pl.Int64 if bound <= _SMALL else pl.Int128


def places(value: Decimal) -> int:
    """How many digits a number has after its point, without zeros at the end."""
    exponent = value.normalize(NUMBERS).as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def number(term: Term) -> Num:
    """A term as a number."""
    if isinstance(term, Num):
        return term
    if isinstance(term, Const):
        return _constant(term.value)
    if isinstance(term, Code) and any(isinstance(each, Decimal) for each in term.domain):
        return _coded(term)
    raise Unsupported(f"a {type(term).__name__} is no number")


def _constant(value: object) -> Num:
    if isinstance(value, Unknown) or value is None:
        return Num(lit(None, pl.Int64), 0, 0)
    if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
        raise Unsupported("no number")
    value = Decimal(value)
    scale = places(value)
    units = int(value.scaleb(scale, NUMBERS))
    return Num(lit(units, width(abs(units))), scale, abs(units), True)


def _coded(term: Code) -> Num:
    """Numbers out of a few; what is no number stays unknown, as whatever is calculated of it."""
    found = {i: each for i, each in enumerate(term.domain) if isinstance(each, Decimal)}
    scale = max(places(each) for each in found.values())
    units = {i: int(each.scaleb(scale, NUMBERS)) for i, each in found.items()}
    bound = max(abs(each) for each in units.values())
    dtype = width(bound)
    chain: pl.Expr = lit(None, dtype)
    for i, each in units.items():
        chain = pl.when(term.expr == lit(i, pl.UInt16)).then(lit(each, dtype)).otherwise(chain)
    return Num(chain, scale, bound, term.sure and len(found) == len(term.domain))


def scaled(term: Num, scale: int) -> Num:
    """The same number in smaller units."""
    if scale == term.scale:
        return term
    factor = 10 ** (scale - term.scale)
    bound = term.bound * factor
    return Num(as_wide(term, bound) * lit(factor, width(bound)), scale, bound, term.sure)


def as_wide(term: Num, bound: int) -> pl.Expr:
    """The units in integers that are wide enough for a bound."""
    wanted = width(bound)
    return term.expr if width(term.bound) == wanted else term.expr.cast(wanted)


def aligned(left: Num, right: Num) -> tuple[Num, Num]:
    """Two numbers in the same units."""
    scale = max(left.scale, right.scale)
    return scaled(left, scale), scaled(right, scale)


def same_width(left: Num, right: Num) -> tuple[pl.Expr, pl.Expr, int, int]:
    """The units of two numbers, alike in unit and width; their scale and the larger bound."""
    left, right = aligned(left, right)
    bound = max(left.bound, right.bound)
    return as_wide(left, bound), as_wide(right, bound), left.scale, bound


def add(left: Num, right: Num, sign: int = 1) -> Num:
    """The sum, or the difference."""
    left, right = aligned(left, right)
    bound = left.bound + right.bound
    one, other = as_wide(left, bound), as_wide(right, bound)
    return Num(one + other if sign > 0 else one - other, left.scale, bound, left.sure and right.sure)


def negative(expr: pl.Expr) -> pl.Expr:
    """`-expr`, which Polars has not for integers of 128 bits."""
    return 0 - expr


def multiply(left: Num, right: Num) -> Num:
    """The product."""
    # Nothing times a large number still takes a large number in.
    bound = max(left.bound * right.bound, left.bound, right.bound)
    product = as_wide(left, bound) * as_wide(right, bound)
    return Num(product, left.scale + right.scale, bound, left.sure and right.sure)


def divide(left: Num, right: Num, divisor: object) -> Term:
    """The quotient: as a number where the divisor is one like 2 or 25, and the same for all rows."""
    turned = _reciprocal(divisor)
    return Quotient(left, right) if turned is None else multiply(left, _constant(turned))


def _reciprocal(divisor: object) -> Decimal | None:
    """What to multiply with instead of dividing, if it has few digits."""
    if not isinstance(divisor, Decimal) or not divisor:
        return None
    found = NUMBERS.divide(Decimal(1), divisor)
    return found if places(found) <= _FEW and found * divisor == 1 else None


def compared(left: Term, right: Term) -> tuple[Num, Num, pl.Expr | None]:
    """Two numbers that are in the same order as these; and where their order is the other way round.

    A quotient is multiplied out. It was rounded to 50 digits, which is finer than numbers of at most 38.
    """
    if isinstance(left, Quotient) and isinstance(right, Quotient):
        raise Unsupported("two divisions are compared")
    if isinstance(left, Quotient):
        under = left.under
        return _over(left), multiply(number(right), _nonzero(under)), under.expr < 0
    if isinstance(right, Quotient):
        under = right.under
        return multiply(number(left), _nonzero(under)), _over(right), under.expr < 0
    return number(left), number(right), None


def _nonzero(term: Num) -> Num:
    """A divisor; a division by zero is not known."""
    expr = pl.when(term.expr != 0).then(term.expr)
    return Num(expr, term.scale, term.bound, False)


def _over(term: Quotient) -> Num:
    return Num(term.over.expr, term.over.scale, term.over.bound, False)


# Rounding


def rounded(term: Num | Quotient, digits: int, way: str) -> Num:
    """To so many digits after the point; `way` is the name of a function of FEEL."""
    if isinstance(term, Quotient):
        return _rounded_quotient(term, digits, way)
    if term.scale <= digits:
        return term
    unit = 10 ** (term.scale - digits)
    wide = width(max(2 * term.bound, 2 * unit))
    expr = term.expr.cast(wide) if width(term.bound) != wide else term.expr
    bound = term.bound // unit + 1
    units = _half_up(expr, unit, wide) if way == "round half up" else _whole(expr, lit(unit, wide), way)
    units = units.cast(width(bound))
    return _unit(Num(units, digits, bound, term.sure))


def _unit(term: Num) -> Num:
    """A number of tens or hundreds in ones."""
    if term.scale >= 0:
        return term
    factor = 10**-term.scale
    bound = term.bound * factor
    return Num(as_wide(term, bound) * lit(factor, width(bound)), 0, bound, term.sure)


def _rounded_quotient(term: Quotient, digits: int, way: str) -> Num:
    over, under = aligned(term.over, term.under)
    shift = 10 ** max(digits, 0)
    below = 10 ** max(-digits, 0)
    top, bottom = over.bound * shift, max(under.bound * below, 1)
    wide = width(max(2 * top, 2 * bottom))
    divisor = under.expr.cast(wide) * lit(below, wide)
    divisor = pl.when(divisor != 0).then(divisor)
    dividend = over.expr.cast(wide) * lit(shift, wide)
    turned = pl.when(divisor < 0).then(negative(dividend)).otherwise(dividend)
    return _unit(Num(_whole(turned, divisor.abs(), way), digits, top + 1))


def _half_up(expr: pl.Expr, unit: int, dtype: type[pl.DataType]) -> pl.Expr:
    """How many whole units, a half away from zero; `unit` is even. One division: it rounds down."""
    below = (expr < 0).cast(dtype)  # so that half a unit below zero is rounded down too
    return (expr + (lit(unit // 2, dtype) - below)) // lit(unit, dtype)


def _whole(expr: pl.Expr, unit: pl.Expr, way: str) -> pl.Expr:
    """How many whole units, `unit` above 0."""
    if way == "floor":
        return expr // unit
    if way == "ceiling":
        return negative(negative(expr) // unit)
    size = expr.abs()
    if way == "round half up":
        found = (size * 2 + unit) // (unit * 2)
    elif way == "round half down":
        found = (size * 2 + unit - 1) // (unit * 2)
    elif way == "round down":
        found = size // unit
    elif way == "round up":
        found = (size + unit - 1) // unit
    elif way == "decimal":
        low = size // unit
        rest = (size - low * unit) * 2
        up = (rest > unit) | ((rest == unit) & (low % 2 == 1))
        found = low + up.cast(pl.Int64)
    else:
        raise Unsupported(f"`{way}`")
    return pl.when(expr < 0).then(negative(found)).otherwise(found)


def modulo(left: Num, right: Num) -> Num:
    """What is left of a division, with the sign of the divisor."""
    one, other, scale, bound = same_width(left, right)
    return Num(one % pl.when(other != 0).then(other), scale, bound, False)
