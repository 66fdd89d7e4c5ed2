"""Bounds of what is worked out: a derived fact, or the result of a table.

A value beyond its bounds is not decided, with that as the reason, so what proofs say of the bounds holds. A
value that cannot be beyond them, such as a `count(...)`, is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Iterator as Iterates
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from policyengine.feel.partition import Between, Domain, Rows
from policyengine.feel.syntax import build
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import (
    Binary,
    Call,
    Expression,
    Filter,
    For,
    If,
    Iterator,
    ListLiteral,
    Name,
    Open,
)
from policyengine.policy.facts import Fact
from policyengine.policy.rule import Node

_WITHIN = frozenset({"count", "string length", "no value of"})
"""What is whole and not negative whatever it is worked out from, or no number at all."""
_OF_PARTS = frozenset({"sum", "min", "max", "append"})
Domains: TypeAlias = Mapping[str, Domain | None]
_NOTHING: Domains = MappingProxyType({})


class Bounds(NamedTuple):
    """What a number must be: from `low` to `high`, and whole; or each of a list, where it is `of_items`."""

    low: Decimal | None = None
    high: Decimal | None = None
    whole: bool = False
    words: Callable[[Decimal], str] = str
    of_items: bool = False


def bounds_of(fact: Fact) -> Bounds:
    """Returns the bounds of a number that is worked out, or of those in a list; other values have none."""
    if not fact.single.is_number:
        return Bounds()
    return Bounds(*fact.limits, fact.single.is_whole, fact.written, fact.is_list)


def unbounded(name: str) -> str:
    """Returns the name of the node that has a value before it is held to its bounds."""
    return f"{name}/unbounded"


def bounded(node: Node, bounds: Bounds, title: str, domains: Domains = _NOTHING) -> tuple[Node, ...]:
    """Returns the node; or two, the second of which has the value of the first as far as that is in bounds.

    `title` is what people call the value; `domains` say which names are whole and not negative.
    """
    expression, at = node.expression, node.at
    value = build.name(unbounded(node.name), at)
    each = build.name(f"{node.name}/item", at) if bounds.of_items else value
    beyond = list(_beyond(bounds, expression, each, domains))
    if not beyond:
        return (node,)
    reason = f"{'an item of ' if bounds.of_items else ''}{title} is not {_words(bounds)}"
    outside = build.any_of(beyond, at)
    if _may_be_nothing(expression):
        outside = build.all_of([build.call("is defined", each, span=at), outside], at)
    kept = build.choose([(outside, Open(reason, at))], each, at)
    if bounds.of_items:
        kept = For((Iterator(each.name, value, None, at),), kept, at)
    return replace(node, name=value.name, exported=False), replace(node, expression=kept, cases=None)


def _may_be_nothing(expression: Expression) -> bool:
    """Whether a branch of an expression says that there is no value, which has no bounds."""
    match expression:
        case If(_, then, other):
            return _may_be_nothing(then) or _may_be_nothing(other)
        case Call(Name("no value of")):
            return True
    return False


def _beyond(bounds: Bounds, expression: Expression, value: Name, domains: Domains) -> Iterates[Expression]:
    """The tests that a value beyond its bounds passes, without those that it cannot pass."""
    at = value.span
    if bounds.whole and not _is("whole", expression, domains):
        yield build.compare("!=", build.call("floor", value, span=at), value, at)
    if bounds.low is not None and not (bounds.low <= 0 and _is("positive", expression, domains)):
        yield build.compare("<", value, build.literal(bounds.low, at), at)
    if bounds.high is not None:
        yield build.compare(">", value, build.literal(bounds.high, at), at)


def _words(bounds: Bounds) -> str:
    low, high = (None if end is None else bounds.words(end) for end in (bounds.low, bounds.high))
    edge = f"at least {low}" if low is not None else f"at most {high}" if high is not None else ""
    edge = edge if low is None or high is None else f"from {low} to {high}"
    return f"a whole number{edge and ', '}{edge}" if bounds.whole else edge


_Kind: TypeAlias = Literal["whole", "positive"]


def _is(kind: _Kind, node: Expression, domains: Domains) -> bool:
    """Whether it can be seen that a number is whole, or not negative."""

    def all_are(*parts: Expression) -> bool:
        return all(_is(kind, part, domains) for part in parts)

    match node:
        case syntax.Literal(Decimal() as value):
            return value % 1 == 0 if kind == "whole" else value >= 0
        case syntax.Path(Filter(target), field):
            return all_are(syntax.Path(target, field, node.span))
        case syntax.Path(Name(name), field):
            rows = domains.get(name)
            return isinstance(rows, Rows) and _is(kind, Name(field, node.span), rows.fields)
        case Name(name):
            domain = domains.get(name)
            low, step = (domain.low, domain.step) if isinstance(domain, Between) else (None, None)
            return step is not None if kind == "whole" else low is not None and low >= 0
        case Binary("+" | "*", left, right):
            return all_are(left, right)
        case Binary("-", left, right):
            return kind == "whole" and all_are(left, right)
        case If(_, then, other):
            return all_are(then, other)
        case For(iterators, body):
            return not any(each.name in domains for each in iterators) and all_are(body)
        case ListLiteral(items):
            return all_are(*items)
        case Call(Name(name), arguments):
            return name in _WITHIN or (name in _OF_PARTS and all_are(*arguments))
    return False
