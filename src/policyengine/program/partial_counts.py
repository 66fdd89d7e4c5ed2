"""Tests of counts and sums that are decided whatever the parts are that are not known.

Of five children one of whom is not known ten cannot be open. A count of what fulfils a condition lies between
the items that surely do and those that may; a sum of parts that are never negative is at least that of the
known ones. A test of such a value, or of a derived fact that has one, becomes `first known` of the test
itself and of what these bounds say, so that they matter only where the value is not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import takewhile
from typing import Any, NamedTuple

from policyengine.feel.syntax import build
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import (
    Between,
    Binary,
    Call,
    Comparison,
    Expression,
    Filter,
    In,
    Literal,
    Name,
    Open,
    Path,
    RangeLiteral,
    mapped,
    walk,
)
from policyengine.feel.types import types
from policyengine.policy.rule import Node
from policyengine.program.graph import Graph, Key
from policyengine.program.guards import fails, holds, negated
from policyengine.source import Span

_MIRRORED = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "=": "=", "!=": "!="}
_CONDITIONS = (Comparison, In, Between, syntax.And, syntax.Or, syntax.Quantified)
_BINDERS = (Filter, syntax.For, syntax.Quantified, syntax.FunctionLiteral, syntax.ContextLiteral)


class _Bounds(NamedTuple):
    """Between what a number lies; it may be without end. Those of a node are names."""

    least: Expression
    most: Expression | None


def with_bounds(graph: Graph) -> Graph:
    """The graph with such tests as far as they can be decided; the same where there are none."""
    bounder = _Bounder(graph)
    changed = {
        key: found for key, node in graph.every_node() if (found := bounder.node(key, node)) is not node
    }
    if not changed:
        return graph
    nodes = {entity: dict(own) for entity, own in graph.nodes.items()}
    kinds = dict(graph.types)
    for (entity, name), node in (*changed.items(), *bounder.added.items()):
        nodes[entity][name] = replace(node, inline=(entity, name) in bounder.inline)
        kinds.setdefault((entity, name), types.NUMBER)
    return replace(graph, nodes=nodes, types={**kinds, **bounder.types}, _needs={})


class _Bounder:
    """Rewrites the tests of a graph; `added` are the tests themselves, and the bounds of derived facts.

    Bounds are `inline` unless an entity of records below asks for them.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._node: Node
        self._named: dict[Key, _Bounds | None] = {}
        self.added: dict[Key, Node] = {}
        self.inline: set[Key] = set()
        self.types: dict[Key, types.Type] = {}

    def node(self, key: Key, node: Node) -> Node:
        """The node with its tests rewritten; itself if there are none."""
        if not any(self._is_bounded(key[0], part) for part in walk(node.expression)):
            return node
        self._node = node
        found = self._tests(key[0], node.expression)
        return node if found is node.expression else replace(node, expression=found)

    def _is_bounded(self, entity: str, part: Expression) -> bool:
        match part:
            case Comparison(_, left, right):
                return any(self._bounds(entity, each) for each in (left, right))
            case In(value) | Between(value):
                return self._bounds(entity, value) is not None
        return False

    def _tests(self, entity: str | None, expression: Any) -> Any:
        """An expression with its tests rewritten; `entity` is None where names may be those of a loop."""
        within = None if isinstance(expression, _BINDERS) else entity
        found = mapped(expression, lambda part: self._tests(within, part))
        return self._test(entity, found) if isinstance(found, (Comparison, In, Between)) else found

    def _test(self, entity: str | None, test: Comparison | In | Between) -> Expression:
        at = test.span
        match test:
            case Comparison(op, value, limit):
                bounds = self._bounds(entity, value)
                if bounds is None and (bounds := self._bounds(entity, limit)) is not None:
                    op, value, limit = _MIRRORED[op], limit, value
                limits = [(">=", limit), ("<=", limit)] if op in ("=", "!=") else [(op, limit)]
            case Between(value, low, high):
                op, limits, bounds = "=", [(">=", low), ("<=", high)], self._bounds(entity, value)
            case In(value, (RangeLiteral(low, high, low_closed, high_closed),)):
                ends = ((">=" if low_closed else ">", low), ("<=" if high_closed else "<", high))
                limits = [(each, end) for each, end in ends if end is not None]
                op, bounds = "=", self._bounds(entity, value)
            case _:
                return test
        if bounds is None or not limits:
            return test
        if len(limits) == 1:
            return build.call(
                "first known", self._apart(entity, test), *_decided(bounds, *limits[0], at), span=at
            )
        parts = [
            (build.compare(each, value, end, at), *_decided(bounds, each, end, at)) for each, end in limits
        ]
        both = build.all_of([build.call("first known", *part, span=at) for part in parts], at)
        otherwise = negated(both) if op == "!=" else both
        return build.call("first known", self._apart(entity, test), otherwise, span=at)

    def _apart(self, entity: str | None, test: Expression) -> Expression:
        """A test as a node of its own, so that reasons need not work it out again."""
        if entity is None:
            return test
        key = entity, f"{self._node.name}/test{len(self.added)}"
        self.added[key] = Node(key[1], entity, test, test.span, types.BOOLEAN)
        self.types[key] = types.BOOLEAN
        return Name(key[1], test.span)

    # Bounds

    def _bounds(self, entity: str | None, value: Expression) -> _Bounds | None:
        at = value.span
        match value:
            case Name(name) if entity is not None and (found := self._graph.node(entity, name)) is not None:
                bounds = self._of_node((found[0], name), found[1])
                if bounds is not None and found[0] != entity:
                    asked = {(found[0], each.name) for each in bounds if isinstance(each, Name)}
                    self.inline -= {each for each in asked if not self._sees_the_same(entity, each)}
                return bounds
            case Call(Name("count"), (Filter() as items,)):
                return self._count(items, at)
            case Call(Name("sum"), (Path(items, field),)):
                return self._sum(items, field, [], at)
            case Call(Name("sum"), (Call(Name("append"), (Path(items, field), *more)),)):
                known = all(isinstance(each, Literal) for each in more)
                return self._sum(items, field, more, at) if known else None
            case Binary("+", left, right):
                return self._total(entity, left, right, at)
            case Binary("*", Literal(Decimal() as rate), part) if rate > 0:
                return self._multiple(entity, rate, part, at)
            case Binary("*", part, Literal(Decimal() as rate)) if rate > 0:
                return self._multiple(entity, rate, part, at)
        return None

    def _multiple(self, entity: str | None, rate: Decimal, part: Expression, at: Span) -> _Bounds | None:
        found = self._bounds(entity, part)
        if found is None:
            return None
        by, most = build.literal(rate, at), found.most
        return _Bounds(Binary("*", by, found.least, at), most and Binary("*", by, most, at))

    def _of_node(self, key: Key, node: Node) -> _Bounds | None:
        if key not in self._named:
            self._named[key] = None
            found = self._bounds(key[0], node.expression)
            if found is not None:
                least = self._add(key, node, "least", found.least, "as far as known")
                most = found.most and self._add(key, node, "most", found.most, "even with those not known")
                self._named[key] = _Bounds(least, most)
        return self._named[key]

    def _sees_the_same(self, entity: str, bound: Key) -> bool:
        """Whether all that a bound names is the same where a computed entity below asks for it."""
        between = list(takewhile(lambda each: each != bound[0], self._graph.lineage(entity)))
        repeats = [self._graph.repeats.get(each) for each in between]
        return all(each and not self._words(bound) & each.types.keys() for each in repeats)

    def _words(self, bound: Key) -> frozenset[str]:
        words = self.added[bound].words.all
        inner = [(bound[0], word) for word in words if (bound[0], word) in self.added]
        return words.union(*map(self._words, inner))

    def _add(self, key: Key, node: Node, which: str, expression: Expression, words: str) -> Name:
        entity, name = key[0], f"{key[1]}/{which}"
        noun = node.noun and f"{node.noun} {words}"
        self.added[entity, name] = Node(name, entity, expression, node.at, node.wanted, noun)
        self.inline.add((entity, name))
        self.types[entity, name] = self._graph.types[key]
        return Name(name, node.at)

    def _count(self, items: Filter, at: Span) -> _Bounds | None:
        target, conditions = _filtered(items)
        if not all(map(self._is_condition, conditions)):
            return None
        condition = build.all_of(conditions, items.span)

        def count(asked: Expression) -> Expression:
            return build.call("count", Filter(target, asked, items.span), span=at)

        return _Bounds(count(holds(condition)), count(negated(fails(condition))))

    def _sum(self, items: Expression, field: str, more: list[Expression], at: Span) -> _Bounds | None:
        target, conditions = _filtered(items)
        if not self._is_never_negative(field) or not all(map(self._is_condition, conditions)):
            return None
        is_known = build.compare(">=", Name(field, at), build.literal(0, at), at)
        surely = Filter(target, holds(build.all_of([*conditions, is_known], at)), at)
        parts: Expression = Path(surely, field, at)
        parts = build.call("append", parts, *more, span=at) if more else parts
        return _Bounds(build.call("sum", parts, span=at), None)

    def _total(self, entity: str | None, left: Expression, right: Expression, at: Span) -> _Bounds | None:
        several = [self._bounds(entity, each) for each in (left, right)]
        if several == [None, None]:
            return None
        (a, b), (c, d) = (
            (each, each) if bounds is None else bounds
            for each, bounds in zip((left, right), several, strict=True)
        )
        return _Bounds(Binary("+", a, c, at), None if b is None or d is None else Binary("+", b, d, at))

    # What is known of names

    def _is_condition(self, expression: Expression) -> bool:
        """Whether it is a condition about an item, and not the position of one."""
        match expression:
            case Call(Name("not" | "list contains")):
                return True
            case Name(name) | Path(_, name):
                return set(self._kinds(name)) == {types.BOOLEAN}
        return isinstance(expression, _CONDITIONS)

    def _kinds(self, name: str) -> Iterator[types.Type | None]:
        """The types of everything of this name."""
        graph = self._graph
        for entity in graph.vocabulary.entities:
            if name in graph.vocabulary.row(entity).fields:
                yield graph.vocabulary.row(entity).fields[name]
        for (_, other), kind in graph.types.items():
            if other == name:
                yield kind

    def _is_never_negative(self, name: str) -> bool:
        """Whether everything of this name is a number with a bound from 0."""
        facts = {
            entity: declared.facts[name]
            for entity, declared in self._graph.vocabulary.entities.items() if name in declared.facts
        }  # fmt: skip
        others = [owner for owner, nodes in self._graph.nodes.items() if name in nodes and owner not in facts]
        return (
            bool(facts)
            and not others
            and all(
                fact.single.is_number
                and not fact.is_list
                and fact.limits[0] is not None
                and fact.limits[0] >= 0
                for fact in facts.values()
            )
        )


def _filtered(items: Expression) -> tuple[Expression, list[Expression]]:
    """A list, and the conditions of the filters behind it."""
    conditions: list[Expression] = []
    while isinstance(items, Filter):
        conditions.insert(0, items.condition)
        items = items.target
    return items, conditions


def _decided(bounds: _Bounds, op: str, limit: Expression, at: Span) -> Iterator[Expression]:
    """What bounds say of a comparison: that it holds, or that it does not, or nothing."""
    rises = op in (">=", ">")
    surely, possibly = bounds if rises else (bounds.most, bounds.least)
    open_one = Open("it depends on what is not known", at)
    if surely is not None:
        yield build.any_of([build.compare(op, surely, limit, at), open_one], at)
    if possibly is not None:
        yield build.all_of([build.compare(op, possibly, limit, at), open_one], at)
