"""The types of the nodes of a graph.

Where a load follows another one, a graph whose nodes mention the same names has the order of the one before,
and a node that is as it was, and whose names have the types that they had, keeps its type.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from policyengine.diagnostics import Report
from policyengine.feel.checker.checker import check
from policyengine.feel.checker.choice_order import spell_out
from policyengine.feel.checker.typescope import Known
from policyengine.feel.functions import LIBRARY
from policyengine.feel.types import types
from policyengine.feel.types.types import Type
from policyengine.policy.rule import Node
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.graph import Graph, Key

Nodes = dict[str, dict[str, Node]]


class _Typed(NamedTuple):
    """A node as it was; the same with comparisons of choices that ascend spelled out; its type."""

    was: Node
    node: Node
    type: Type


class Before(NamedTuple):
    """A graph, its nodes as they were before they were typed, and what came of those without a mistake.

    `own` are the names that each entity has besides its nodes.
    """

    graph: Graph
    nodes: Nodes
    needs: dict[Key, tuple[Key, ...]]
    own: Mapping[str, Mapping[str, Type]]
    typed: dict[Key, _Typed]


def take_order(graph: Graph, before: Before | None) -> None:
    """Gives a graph the order of the one before, if no node needs another one than before."""
    if before is not None and _needs_the_same(graph, before):
        graph.take_order(before.graph.order, before.needs)


def type_nodes(graph: Graph, nodes: Nodes, before: Before | None, report: Report) -> Before:
    """Types every node among the names that its entity sees; returns what the next load may keep.

    `nodes` are those of the graph, to be written to.
    """
    entities = dict.fromkeys(each for entity in graph.nodes for each in graph.lineage(entity))
    own = {each: _own_names(graph, each) for each in entities}
    was = {entity: dict(each) for entity, each in nodes.items()}
    changed = set[str]() if before is None else _changed(before, own, graph)
    held, found = {} if before is None else before.typed, dict[Key, _Typed]()
    sights = _Sights(graph, own)
    for key in graph.order:
        entity, name = key
        node, kept = nodes[entity][name], held.get(key)
        if kept is not None and kept.was is not node:
            kept = _moved(kept, node)
        if kept is None or (changed and not changed.isdisjoint(node.words.all)):
            typed, clean = _type_of(node, *sights.of(entity), report)
            former = held.get(key)
            if former is None or former.type != typed.type:
                changed.add(name)
            kept = typed
        else:
            clean = True
        if clean:
            found[key] = kept
        nodes[entity][name] = kept.node
        sights.add(key, kept.type)
    return Before(graph, was, graph.known_needs(), own, found)


def _moved(kept: _Typed, node: Node) -> _Typed | None:
    """What is known of a node that says what another one said, at another place; None where it says more."""
    same = kept.node is kept.was and kept.was.expression == node.expression and kept.was.wanted == node.wanted
    return _Typed(node, node, kept.type) if same else None


class _Sights:
    """What the entities of a graph see while its nodes are typed, made for those in which one has to be."""

    def __init__(self, graph: Graph, own: Mapping[str, Mapping[str, Type]]) -> None:
        self._graph, self._own = graph, own
        self._made: dict[str, tuple[ChainMap[str, Type], Known]] = {}

    def of(self, entity: str) -> tuple[ChainMap[str, Type], Known]:
        """The names that an expression at an entity sees, outside the ones that stand around it."""
        if entity not in self._made:
            above, types_so_far = self._graph.above(entity), self._graph.types
            nodes = self._graph.nodes.get(entity, ())
            typed = {name: types_so_far[entity, name] for name in nodes if (entity, name) in types_so_far}
            own = {**self._own[entity], **typed}
            outermost: ChainMap[str, Type] = ChainMap({"today": types.DATE})
            sight, known = (outermost, None) if above is None else self.of(above)
            self._made[entity] = sight.new_child(own), Known(own, known)
        return self._made[entity]

    def add(self, key: Key, kind: Type) -> None:
        """Says the type of a node."""
        self._graph.types[key] = kind
        made = self._made.get(key[0])
        if made is not None:
            made[0][key[1]] = kind


def _type_of(node: Node, sight: Mapping[str, Type], known: Known, report: Report) -> tuple[_Typed, bool]:
    """A node with its type, and whether nothing is wrong with it."""
    checked = check(node.expression, sight, node.wanted, functions=LIBRARY, known=known)
    report.extend(checked.diagnostics)
    found = node.wanted if node.wanted is not None else checked.type
    clear = node
    if checked.orders and not checked.diagnostics:
        clear = replace(node, expression=spell_out(node.expression, checked.orders))
    return _Typed(node, clear, found), not checked.diagnostics


def _changed(before: Before, own: Mapping[str, Mapping[str, Type]], graph: Graph) -> set[str]:
    """The names that have another type than before, or that have come or gone."""
    found: set[str] = set()
    for entity in {*own, *before.own}:
        one, other = before.own.get(entity, {}), own.get(entity, {})
        if one != other:
            found |= {name for name in {*one, *other} if one.get(name) != other.get(name)}
        gone = before.nodes.get(entity, {}).keys() ^ graph.nodes.get(entity, {}).keys()
        found |= gone
    return found


def _needs_the_same(graph: Graph, before: Before) -> bool:
    old = before.graph
    if graph.vocabulary is not old.vocabulary and _shape(graph.vocabulary) != _shape(old.vocabulary):
        return False
    qualified = [{entity: set(names) for entity, names in each.qualified.items()} for each in (graph, old)]
    return (
        graph.repeats == old.repeats
        and qualified[0] == qualified[1]
        and list(graph.nodes) == list(before.nodes)
        and all(_mention_the_same(own, before.nodes[entity]) for entity, own in graph.nodes.items())
    )


def _mention_the_same(one: Mapping[str, Node], other: Mapping[str, Node]) -> bool:
    pairs = zip(one.values(), other.values(), strict=False)
    return list(one) == list(other) and all(
        node.words == was.words for node, was in [pair for pair in pairs if pair[0] is not pair[1]]
    )


def _shape(vocabulary: Vocabulary) -> object:
    """What the needs of nodes rest on besides their words."""
    return {
        name: (each.within, each.list, each.order, set(vocabulary.row(name).fields))
        for name, each in vocabulary.entities.items()
    }


def _own_names(graph: Graph, entity: str) -> Mapping[str, Type]:
    """The names that an entity itself has, also those of what a record says where something may stand in."""
    repeat, qualified = graph.repeats.get(entity), graph.qualified.get(entity, {})
    if repeat is not None:
        return {**repeat.types, **qualified} if qualified else repeat.types
    fields = graph.vocabulary.row(entity).fields
    given = {given: fields[name] for given, name in graph.vocabulary.given(entity).items()}
    return {**fields, **given, **qualified}
