"""Small constructors, with which policies put expressions together.

Every node carries the place of what it was made from.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyengine.feel.syntax.tree import (
    And,
    Call,
    Comparison,
    Expression,
    If,
    In,
    Literal,
    Name,
    Or,
    RangeLiteral,
)
from policyengine.source import Span


def name(text: str, span: Span) -> Name:
    """A name; also one that cannot be written in FEEL, as `reseller-levels/silver`."""
    return Name(text, span)


def literal(value: object, span: Span) -> Literal:
    """A value that is known now."""
    return Literal(value, span)


def all_of(conditions: Sequence[Expression], span: Span) -> Expression:
    """All conditions hold: true for none of them, itself for a single one."""
    return _joined(And, True, conditions, span)


def any_of(conditions: Sequence[Expression], span: Span) -> Expression:
    """At least one condition holds: false for none of them, itself for a single one."""
    return _joined(Or, False, conditions, span)


def _joined(
    node: type[And] | type[Or], empty: bool, conditions: Sequence[Expression], span: Span
) -> Expression:
    if not conditions:
        return Literal(empty, span)
    return conditions[0] if len(conditions) == 1 else node(tuple(conditions), span)


def call(function_name: str, *arguments: Expression, span: Span) -> Call:
    """A call of a built-in function or of one of the library."""
    return Call(Name(function_name, span), arguments, (), span)


def negate(condition: Expression, span: Span) -> Expression:
    """The condition does not hold."""
    return call("not", condition, span=span)


def compare(op: str, left: Expression, right: Expression, span: Span) -> Comparison:
    """A comparison; `op` is one of `= != < <= > >=`."""
    return Comparison(op, left, right, span)


def equals(left: Expression, right: Expression, span: Span) -> Comparison:
    """Both sides are the same."""
    return Comparison("=", left, right, span)


def within(value: Expression, low: Expression | None, high: Expression | None, span: Span) -> Expression:
    """The value lies from `low` to `high`, both included; an end that is None does not bound it."""
    if low is None and high is None:
        return call("is defined", value, span=span)
    if high is None and low is not None:
        return Comparison(">=", value, low, span)
    if low is None and high is not None:
        return Comparison("<=", value, high, span)
    return In(value, (RangeLiteral(low, high, True, True, span),), span)


def one_of(value: Expression, choices: Sequence[Expression], span: Span) -> Expression:
    """The value is one of the choices."""
    return In(value, tuple(choices), span)


def choose(cases: Sequence[tuple[Expression, Expression]], otherwise: Expression, span: Span) -> Expression:
    """The value of the first case whose condition holds, or `otherwise`."""
    chosen = otherwise
    for condition, value in reversed(cases):
        chosen = If(condition, value, chosen, span)
    return chosen
