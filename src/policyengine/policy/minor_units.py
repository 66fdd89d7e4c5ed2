"""Amounts count by whole minor units: 999.9958 is 999.99, and lies within 0..999.99."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from policyengine.decision.wording import minor_digits
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import (
    And,
    Between,
    Call,
    Comparison,
    Expression,
    In,
    Literal,
    Name,
    Or,
    RangeLiteral,
    walk,
)
from policyengine.feel.types.types import Number, Type
from policyengine.source import Span


def minor_step(tests: Iterable[Expression | None], kind: Type) -> Decimal | None:
    """Returns the minor unit of the amounts of a type, if these tests know no smaller one; else None."""
    if not isinstance(kind, Number) or kind.unit != "money":
        return None
    step = Decimal(1).scaleb(-minor_digits(kind.currency))
    limits = (
        part.value for test in tests if test is not None for part in walk(test) if isinstance(part, Literal)
    )
    return step if all(limit % step == 0 for limit in limits if isinstance(limit, Decimal)) else None


def by_steps(test: Expression, step: Decimal) -> Expression:
    """Returns a test of one name in whole steps: what lies between two of them counts as the lower one."""
    match test:
        case Comparison(op, value, Literal(Decimal() as limit), at):
            return _compared(op, value, limit, step, at)
        case In(value, tests, at):
            return In(value, tuple(_by_steps(each, step) for each in tests), at)
        case Between(value, Literal(Decimal() as low), Literal(Decimal() as high), at):
            return In(value, (_range(low, high + step, at),), at)
        case And(parts, at) | Or(parts, at):
            return type(test)(tuple(by_steps(each, step) for each in parts), at)
        case Call(Name("not"), (inner,), _, at):
            return build.negate(by_steps(inner, step), at)
    return test


def _by_steps(member: Expression, step: Decimal) -> Expression:
    match member:
        case Literal(Decimal() as value, at):
            return _range(value, value + step, at)
        case RangeLiteral(low, high, low_closed, high_closed, at):
            if isinstance(low, Literal) and isinstance(low.value, Decimal) and not low_closed:
                low, low_closed = build.literal(low.value + step, low.span), True
            if isinstance(high, Literal) and isinstance(high.value, Decimal) and high_closed:
                high, high_closed = build.literal(high.value + step, high.span), False
            return RangeLiteral(low, high, low_closed, high_closed, at)
    return by_steps(member, step)


def _compared(op: str, value: Expression, limit: Decimal, step: Decimal, at: Span) -> Expression:
    if op in ("=", "!="):
        same = In(value, (_range(limit, limit + step, at),), at)
        return same if op == "=" else build.negate(same, at)
    above = {"<=": "<", ">": ">="}.get(op)
    return build.compare(above or op, value, build.literal(limit + step if above else limit, at), at)


def _range(low: Decimal, end: Decimal, at: Span) -> RangeLiteral:
    return RangeLiteral(build.literal(low, at), build.literal(end, at), True, False, at)
