"""Constructors with which policies build expressions.

Every node carries the place of what it was made from.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from decimal import Decimal
from typing import Any

from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import NEVER
from policyengine.source import Span


def name(text: str, span: Span) -> syntax.Name:
    """A name; also one that cannot be written in FEEL, as `reseller-levels/silver`."""
    return syntax.Name(text, span)


def literal(value: object, span: Span) -> syntax.Literal:
    """A constant; a whole number of Python becomes a number of FEEL."""
    return syntax.Literal(Decimal(value) if type(value) is int else value, span)


def all_of(conditions: Sequence[Expression], span: Span) -> Expression:
    """All conditions hold: true for none of them, itself for a single one."""
    return _joined(syntax.And, True, conditions, span)


def any_of(conditions: Sequence[Expression], span: Span) -> Expression:
    """At least one condition holds: false for none of them, itself for a single one."""
    return _joined(syntax.Or, False, conditions, span)


def _joined(
    node: type[syntax.And] | type[syntax.Or], empty: bool, conditions: Sequence[Expression], span: Span
) -> Expression:
    if not conditions:
        return literal(empty, span)
    return conditions[0] if len(conditions) == 1 else node(tuple(conditions), span)


def add(terms: Sequence[Expression], span: Span) -> Expression:
    """The sum of the terms: 0 for none of them, itself for a single one."""
    total = terms[0] if terms else literal(0, span)
    for term in terms[1:]:
        total = syntax.Binary("+", total, term, span)
    return total


def call(function_name: str, *arguments: Expression, span: Span) -> syntax.Call:
    """A call of a built-in function or of one of the library."""
    return syntax.Call(syntax.Name(function_name, span), arguments, (), span)


def negate(condition: Expression, span: Span) -> Expression:
    """The condition does not hold."""
    return call("not", condition, span=span)


def compare(op: str, left: Expression, right: Expression, span: Span) -> syntax.Comparison:
    """A comparison; `op` is one of `= != < <= > >=`."""
    return syntax.Comparison(op, left, right, span)


def equals(left: Expression, right: Expression, span: Span) -> syntax.Comparison:
    """Both sides are the same."""
    return syntax.Comparison("=", left, right, span)


def within(value: Expression, low: Expression | None, high: Expression | None, span: Span) -> Expression:
    """The value lies from `low` to `high`, both included; an end that is None does not bound it."""
    if low is None and high is None:
        return call("is defined", value, span=span)
    if high is None and low is not None:
        return syntax.Comparison(">=", value, low, span)
    if low is None and high is not None:
        return syntax.Comparison("<=", value, high, span)
    return syntax.In(value, (syntax.RangeLiteral(low, high, True, True, span),), span)


def one_of(value: Expression, choices: Sequence[Expression], span: Span) -> Expression:
    """The value is one of the choices."""
    return syntax.In(value, tuple(choices), span)


def choose(cases: Sequence[tuple[Expression, Expression]], otherwise: Expression, span: Span) -> Expression:
    """The value of the first case whose condition holds, or `otherwise`."""
    chosen = otherwise
    for condition, value in reversed(cases):
        chosen = syntax.If(condition, value, chosen, span)
    return chosen


def with_never(expression: Expression, known: Container[str]) -> Expression:
    """The expression of a policy with the day that never comes for `never`, where nothing has that name."""
    return expression if "never" in known else replaced(expression, _NEVER)


Meanings = Mapping[str, Callable[[Span], Expression]]
"""What stands for a name, or for a property such as `period.start`, at the place where it is written."""


_NEVER: Meanings = {"never": lambda at: literal(NEVER, at)}


def replaced(node: Expression, meanings: Meanings) -> Expression:
    """The expression with what names of its surroundings stand for; itself where it has none of them."""
    found: Expression = _replaced(node, meanings)
    return found


def _replaced(node: Any, meanings: Meanings) -> Any:
    match node:
        case syntax.Name(word, at):
            return meanings[word](at) if word in meanings else node
        case syntax.Path(syntax.Name(owner), word, at) if f"{owner}.{word}" in meanings:
            return meanings[f"{owner}.{word}"](at)
        case syntax.For(iterators) | syntax.Quantified(_, iterators):
            meanings = _without(meanings, [each.name for each in iterators])
        case syntax.FunctionLiteral(parameters):
            meanings = _without(meanings, [each.name for each in parameters])
        case syntax.ContextLiteral(entries):
            meanings = _without(meanings, [each.key for each in entries])
    parts = {field: _part(getattr(node, field), meanings) for field in node.holding}
    if isinstance(node, syntax.Call) and isinstance(node.function, syntax.Name):
        parts["function"] = node.function
    if all(part is getattr(node, field) for field, part in parts.items()):
        return node
    return type(node)(*(parts.get(field, getattr(node, field)) for field in node.__match_args__))


def _part(value: Any, meanings: Meanings) -> Any:
    if isinstance(value, tuple):
        found = tuple(_part(each, meanings) for each in value)
        return value if all(one is other for one, other in zip(value, found, strict=True)) else found
    return _replaced(value, meanings) if isinstance(value, syntax.Node) else value


def _without(meanings: Meanings, bound: Sequence[str]) -> Meanings:
    """The meanings without those that an expression hides by names of its own."""
    return {name: each for name, each in meanings.items() if name.partition(".")[0] not in bound}
