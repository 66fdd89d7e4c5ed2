"""Bounds of what is worked out: a derived fact, or the result of a table.

A value beyond its bounds is not decided, with that as the reason, so what proofs say of the bounds holds. A
value that cannot be beyond them, such as a `count(...)`, is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from policyengine.feel.partition import Between, Domain, Rows
from policyengine.feel.syntax import build
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Binary, Call, Expression, Filter, For, If, ListLiteral, Name, Open
from policyengine.policy.rule import Node
from policyengine.policy.vocabulary import Fact

_COUNTS = frozenset({"count", "string length"})
_OF_PARTS = frozenset({"sum", "min", "max", "append"})
Domains: TypeAlias = Mapping[str, Domain | None]
_NOTHING: Domains = MappingProxyType({})


class Bounds(NamedTuple):
    """What a number must be: from `low` to `high`, and whole."""

    low: Decimal | None = None
    high: Decimal | None = None
    whole: bool = False
    words: Callable[[Decimal], str] = str


def bounds_of(fact: Fact) -> Bounds:
    """Returns the bounds of a number that is worked out; those of other values, and of lists, are none."""
    if fact.is_list or not fact.single.is_number:
        return Bounds()
    return Bounds(*fact.limits, fact.single.is_whole, fact.written)


def bounded(node: Node, bounds: Bounds, title: str, domains: Domains = _NOTHING) -> tuple[Node, ...]:
    """Returns the node; or two, the second of which has the value of the first as far as that is in bounds.

    `title` is what people call the value; `domains` say which names are whole and not negative.
    """
    low, high, whole, _ = bounds
    expression, at = node.expression, node.at
    value = build.name(f"{node.name}/unbounded", at)
    beyond = []
    if whole and not _is("whole", expression, domains):
        beyond.append(build.compare("!=", build.call("floor", value, span=at), value, at))
    if low is not None and not (low <= 0 and _is("positive", expression, domains)):
        beyond.append(build.compare("<", value, build.literal(low, at), at))
    if high is not None:
        beyond.append(build.compare(">", value, build.literal(high, at), at))
    if not beyond:
        return (node,)
    reason = f"{title} is not {_words(bounds)}"
    kept = build.choose([(build.any_of(beyond, at), Open(reason, at))], value, at)
    return replace(node, name=value.name, exported=False), replace(node, expression=kept, cases=None)


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
            return name in _COUNTS or (name in _OF_PARTS and all_are(*arguments))
    return False
