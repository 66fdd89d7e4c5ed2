"""Literals: numbers, texts, `@"..."`, true, false, null."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from policyengine.feel import codes, limits
from policyengine.feel.syntax.lexer import unquote
from policyengine.feel.syntax.tree import Literal
from policyengine.feel.values.temporal import parse_at

if TYPE_CHECKING:
    from policyengine.feel.syntax.parser import Parser

_CONSTANTS = {"null": None, "true": True, "false": False}


def constant(parser: Parser) -> Literal:
    """`true`, `false` or `null`."""
    token = parser.take()
    return Literal(_CONSTANTS[token.kind], parser.span(token.start))


def read_number(text: str) -> Decimal | None:
    """The number of a literal, or None if it is larger or finer than numbers can be."""
    digits, _, exponent = text.lower().partition("e")
    if len(digits) > limits.DIGITS + 1 or len(exponent) > 5:
        return None
    number = Decimal(text)
    return number if not number or abs(number.adjusted()) <= limits.EXPONENT else None


def number(parser: Parser) -> Literal:
    """A number."""
    token = parser.take()
    found = read_number(token.text)
    if found is None:
        message = f"this number has more than {limits.DIGITS} digits or an exponent above {limits.EXPONENT}"
        parser.stop(codes.LIMIT, token.start, token.end, message)
    return Literal(found, parser.span(token.start))


def text(parser: Parser) -> Literal:
    """A text in double quotes."""
    token = parser.take()
    return Literal(unquote(token.text), parser.span(token.start))


def at_literal(parser: Parser) -> Literal:
    """`@` and a text: a date, a time, a date and time, a duration."""
    start = parser.take().start
    token = parser.expect("text", 'a text after `@`, as in `@"2026-01-31"`')
    found = parse_at(unquote(token.text))
    if found is None:
        message = f"`{unquote(token.text)[:60]}` is not a date, a time or a duration"
        advice = 'write a date as `@"2026-01-31"`, a duration as `@"P90D"` or `@"P1Y6M"`'
        parser.stop(codes.LITERAL, start, token.end, message, advice)
    return Literal(found, parser.span(start))
