"""Limits of expressions and values; beyond them an expression has a mistake or no answer, and never hangs."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, DivisionByZero, InvalidOperation, Overflow

TEXT_LENGTH = 20_000
DEPTH = 100
DIGITS = 50
EXPONENT = 6144
STEPS = 500_000
ITEMS = 100_000
CHARACTERS = 100_000
CALLS = 64
YEAR = 999_999_999

# The standard asks for 34 digits; 50 keep sums and products of money exact far beyond that.
NUMBERS = Context(
    prec=DIGITS,
    rounding=ROUND_HALF_EVEN,
    Emin=-EXPONENT,
    Emax=EXPONENT,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
