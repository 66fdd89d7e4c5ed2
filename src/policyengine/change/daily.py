"""Charges that hinge on the day: which they are, and on which days what they come to can change.

Most compare `today` with dates of the record (`ended_on >= today`). Then a charge comes to the same on all
days that lie alike to these dates, and it is enough to ask on one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from policyengine.analysis.operands import moved
from policyengine.change.slices import plain_nodes, read_by
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Months
from policyengine.policy.facts import Fact
from policyengine.policy.rule import Node, Rule
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.graph import Graph, Key

_AMOUNTS = ("amount", "discount_rate", "net")
TODAY = "today"
"""The name of the day on which a program is asked."""
Length = Months | timedelta


class Edge(NamedTuple):
    """What `today`, moved by `lengths`, is compared with: the node of an entity that has its value."""

    entity: str
    node: str
    lengths: tuple[Length, ...]

    def days(self, value: object) -> Iterator[date]:
        """The days on which such a comparison can change; a few more where months are counted."""
        day = value if isinstance(value, date) else None
        for length in reversed(self.lengths):
            day = None if day is None else moved(day, length, -1)
        spread = 3 if any(isinstance(each, Months) for each in self.lengths) else 0
        for offset in range(-spread, spread + 1):
            near = None if day is None else moved(day, timedelta(days=offset))
            if near is not None:
                yield near


def hinges_on_today(graph: Graph, rule: Rule) -> bool:
    """Whether what a charge comes to, or whether it applies, may differ from day to day."""
    return any(_asks(graph, key) for key in _payable(graph, rule))


def asks_for_the_day(graph: Graph, rule: Rule) -> bool:
    """Whether anything that a rule says may differ from day to day."""
    found = [(graph.node(rule.entity, name), name) for name in read_by(rule)]
    keys = [(owner[0], name) for owner, name in found if owner is not None]
    repeat = graph.repeats.get(rule.entity)
    while repeat is not None:
        keys.append((repeat.within, repeat.items))
        repeat = graph.repeats.get(repeat.within)
    return any(_asks(graph, key) for key in _closure(graph, keys))


def with_today(graph: Graph) -> Graph:
    """The graph with the day as a fact of the record, so that its code holds for every day."""
    vocabulary = graph.vocabulary
    declared = vocabulary.declarations
    root = declared.entities[vocabulary.root]
    root = replace(root, facts={**root.facts, TODAY: Fact(type="date", title=TODAY)})
    entities = {**declared.entities, vocabulary.root: root}
    return replace(
        graph, vocabulary=Vocabulary(replace(declared, entities=entities), vocabulary.results), _needs={}
    )


def edges_of(graph: Graph, rules: Iterable[Rule]) -> tuple[Graph, tuple[Edge, ...]] | None:
    """A graph with the values that `today` is compared with; None where it is used in any other way."""
    nodes = {entity: dict(each) for entity, each in graph.nodes.items()}
    edges: list[Edge] = []
    for key in dict.fromkeys(key for rule in rules for key in _payable(graph, rule) if _asks(graph, key)):
        entity, node = key[0], graph.nodes[key[0]][key[1]]
        found = list(_compared(node.expression))
        uses = sum(
            isinstance(each, syntax.Name) and each.name == TODAY for each in syntax.walk(node.expression)
        )
        if len(found) != uses or any(_depends(graph, entity, other) for other, _ in found):
            return None
        for other, lengths in found:
            name = f"today/edge/{len(edges)}"
            nodes.setdefault(entity, {})[name] = Node(name, entity, other, node.at)
            edges.append(Edge(entity, name, lengths))
    return Graph(graph.vocabulary, nodes, graph.repeats, (), (), graph.types), tuple(edges)


def _payable(graph: Graph, rule: Rule) -> tuple[Key, ...]:
    """The nodes that the status and the amounts of a charge depend on."""
    readings = [rule.fields[name] for name in _AMOUNTS if name in rule.fields]
    names = [rule.status, *(node for reading in readings for node in plain_nodes(reading))]
    found = ((graph.node(rule.entity, name), name) for name in names)
    return _closure(graph, [(owner[0], name) for owner, name in found if owner is not None])


def _closure(graph: Graph, keys: Iterable[Key]) -> tuple[Key, ...]:
    pending, seen = list(keys), dict[Key, None]()
    while pending:
        key = pending.pop()
        if key not in seen:
            seen[key] = None
            pending.extend(graph.needs(key))
    return tuple(seen)


def _asks(graph: Graph, key: Key) -> bool:
    return TODAY in graph.nodes[key[0]][key[1]].words.names


def _depends(graph: Graph, entity: str, expression: Expression) -> bool:
    """Whether an expression depends on the day."""
    names = [each.name for each in syntax.walk(expression) if isinstance(each, syntax.Name)]
    found = ((graph.node(entity, name), name) for name in names)
    keys = [(owner[0], name) for owner, name in found if owner is not None]
    return TODAY in names or any(_asks(graph, key) for key in _closure(graph, keys))


def _compared(expression: Expression) -> Iterator[tuple[Expression, tuple[Length, ...]]]:
    """What `today` is compared with, outside of loops and filters, whose names mean something else."""
    pending = [expression]
    while pending:
        node = pending.pop()
        if isinstance(node, syntax.Comparison):
            sides = _moved_today(node.left), _moved_today(node.right)
            if sides[0] is not None:
                yield node.right, sides[0]
                continue
            if sides[1] is not None:
                yield node.left, sides[1]
                continue
        if not isinstance(node, (syntax.For, syntax.Quantified, syntax.Filter, syntax.FunctionLiteral)):
            pending.extend(syntax.children(node))


def _moved_today(node: Expression) -> tuple[Length, ...] | None:
    """The lengths by which `today` is moved; None for any other expression."""
    match node:
        case syntax.Name("today"):
            return ()
        case syntax.Binary(("+" | "-") as op, left, syntax.Literal(length)) if isinstance(
            length, (Months, timedelta)
        ):
            before = _moved_today(left)
            sign = length if op == "+" else _opposite(length)
            return None if before is None else (*before, sign)
        case _:
            return None


def _opposite(length: Length) -> Length:
    return Months(-length.months) if isinstance(length, Months) else -length
