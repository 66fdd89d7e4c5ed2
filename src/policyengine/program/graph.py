"""The graph of a program: all named expressions, who sees whom, and what findings are read off them.

Entities form a tree; a computed entity (the periods of an obligation) hangs below the one that it is
computed for. An expression at an entity sees the nodes, facts and lists of the entity and of everything
above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import Any, NamedTuple

from policyengine.dataclass import dataclass
from policyengine.feel.types.types import Type
from policyengine.policy.entity import EARLIER, IN_ORDER, PREVIOUS
from policyengine.policy.rule import Assumptions, Node, Renewal, Repeat, Resting, Rule, Transition
from policyengine.policy.vocabulary import Vocabulary

Key = tuple[str, str]
"""An entity and a name."""
ORDER_BY, ORDER_RESTART = "order/by", "order/restart"
"""The nodes that tell the order of children: their value in it, and what it begins anew for."""


@dataclass(frozen=True)
class Graph:
    """Nodes by entity and name; rules and transitions in the order of the policies.

    `types` is filled for every node once the graph has been checked. `resting` tells what findings rest on,
    by the identity of their rule, and figures by their key; `program.assumptions` adds it, and nodes for it.
    `qualified` are by entity the names with a dot that its expressions use (`this.fee`), with their types.
    """

    vocabulary: Vocabulary
    nodes: Mapping[str, Mapping[str, Node]]
    repeats: Mapping[str, Repeat]
    rules: tuple[Rule, ...]
    transitions: tuple[Transition, ...]
    types: dict[Key, Type] = field(default_factory=dict)
    assumptions: Assumptions = Assumptions()
    resting: Mapping[object, Sequence[Resting]] = field(default_factory=dict, repr=False, compare=False)
    renewals: tuple[Renewal, ...] = ()
    qualified: Mapping[str, Mapping[str, Type]] = field(default_factory=dict)
    _needs: dict[Key, tuple[Key, ...]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def order(self) -> tuple[Key, ...]:
        """All nodes, each after those that it needs; the graph must be acyclic."""
        return self._walked[0]

    @cached_property
    def places(self) -> Mapping[Key, int]:
        """Where each node stands in the order."""
        return {key: i for i, key in enumerate(self.order)}

    @property
    def cycle(self) -> tuple[Key, ...]:
        """Nodes that each need the next one, the last the first; empty if there are none."""
        if self._walked[1] or not self._ordered:
            return self._walked[1]
        return next((each.keys for each in self.sequences if each.circle), ())

    @cached_property
    def _walked(self) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
        return _in_order(self)

    def take_order(self, order: tuple[Key, ...], needs: Mapping[Key, tuple[Key, ...]]) -> None:
        """Takes the order of a graph in which every node has the same name and needs the same ones."""
        self._needs.update(needs)
        self.__dict__["_walked"] = order, ()

    def known_needs(self) -> dict[Key, tuple[Key, ...]]:
        """What the nodes need, as far as it was asked."""
        return dict(self._needs)

    def above(self, entity: str) -> str | None:
        """The entity that one belongs to."""
        repeat = self.repeats.get(entity)
        return repeat.within if repeat is not None else self.vocabulary.entities[entity].within

    def lineage(self, entity: str) -> Iterator[str]:
        """The entity and everything above it, inside out."""
        at: str | None = entity
        while at is not None:
            yield at
            at = self.above(at)

    def real(self, entity: str) -> str:
        """The nearest entity that stands in records."""
        return next(each for each in self.lineage(entity) if each not in self.repeats)

    def node(self, entity: str, name: str) -> tuple[str, Node] | None:
        """The node that an expression at `entity` sees under `name`, with the entity that has it."""
        for owner in self.lineage(entity):
            found = self.nodes.get(owner, {}).get(name)
            if found is not None:
                return owner, found
            known = self.repeats[owner].types if owner in self.repeats else self.vocabulary.row(owner).fields
            if name in known:
                return None
        return None

    def every_node(self) -> Iterator[tuple[Key, Node]]:
        """All nodes."""
        for entity, nodes in self.nodes.items():
            for name, node in nodes.items():
                yield (entity, name), node

    def needs(self, key: Key) -> Iterator[Key]:
        """The nodes that one may read, its own entity's and, through lists, those of entities below it."""
        if key not in self._needs:
            self._needs[key] = tuple(self._needed(key))
        return iter(self._needs[key])

    def _needed(self, key: Key) -> Iterator[Key]:
        entity, name = key
        names, words = self.nodes[entity][name].words
        for word in sorted(names):
            if word in self.qualified.get(entity, ()):
                whose, owner, word = self.vocabulary.qualified(self.real(entity), word)
                found = None if whose == PREVIOUS else self.node(owner, word)
            else:
                found = self.node(entity, word)
            if found is not None:
                yield found[0], word
        for below in self.listed(entity, words):
            yield from ((below, word) for word in sorted(words) if word in self.nodes.get(below, ()))
        for each in self.orders(key):
            yield from ((each, order) for order in self.order_nodes(each))
        if entity in self.repeats:
            repeat = self.repeats[entity]
            yield repeat.within, repeat.items

    def rests_on(self, key: Key) -> frozenset[Key]:
        """The nodes that one may read, also of the children before it; it may be one of them itself."""
        return self.before(key).union(self.needs(key))

    def orders(self, key: Key) -> tuple[str, ...]:
        """The entities in whose order a node looks: its own, and those whose lists it reads."""
        if not self._ordered:
            return ()
        entity, name = key
        words = self.nodes[entity][name].words.all
        if not any(word in IN_ORDER or word.startswith(f"{PREVIOUS}.") for word in words):
            return ()
        own = self.vocabulary.in_order(self.real(entity))
        return (*(() if own is None else (own,)), *self.listed(entity, words))

    @cached_property
    def _ordered(self) -> bool:
        return any(entity.order is not None for entity in self.vocabulary.entities.values())

    def order_nodes(self, entity: str) -> Sequence[str]:
        """The nodes that tell the order of the instances of an entity."""
        return [name for name in (ORDER_BY, ORDER_RESTART) if name in self.nodes.get(entity, ())]

    def before(self, key: Key) -> frozenset[Key]:
        """The nodes that one may read of the children before."""
        if not self._ordered:
            return frozenset()
        entity, name = key
        names, words = self.nodes[entity][name].words
        found = set[Key]()
        for word in names & self.qualified.get(entity, {}).keys():
            whose, owner, bare = self.vocabulary.qualified(self.real(entity), word)
            if whose == PREVIOUS and bare in self.nodes.get(owner, ()):
                found.add((owner, bare))
        own = self.vocabulary.in_order(self.real(entity))
        if own is not None and names & {PREVIOUS, EARLIER}:
            found.update((own, word) for word in words if word in self.nodes.get(own, ()))
        return frozenset(found)

    @cached_property
    def together(self) -> Mapping[Key, frozenset[Key]]:
        """The nodes that need each other, at least once through the children before: each with the others."""
        if not self._ordered:
            return {}
        needs = {key: {*self.needs(key), *self.before(key)} for key, _ in self.every_node()}
        return {key: keys for keys in _groups(needs) if any(self.before(key) & keys for key in keys)
                for key in keys}  # fmt: skip

    def _comes_after(self, key: Key) -> Iterator[Key]:
        """The nodes that come before one in the order: those that it needs, also of the children before.

        Of nodes that need each other through the children before, those of the same child.
        """
        yield from self.needs(key)
        beside = self.together.get(key, frozenset())
        yield from (each for each in sorted(self.before(key)) if each not in beside)

    @cached_property
    def sequences(self) -> tuple[Sequenced, ...]:
        """The nodes that rest on each other through children before: worked out child by child."""
        return tuple(_sequences(self))

    def reduced(
        self, nodes: Mapping[str, Mapping[str, Node]], repeats: Mapping[str, Repeat],
        rules: Sequence[Rule] = (), vocabulary: Vocabulary | None = None,
    ) -> Graph:  # fmt: skip
        """Some of its nodes, with all that they rest on, and rules; nothing of moves and of assumptions."""
        return replace(
            self, vocabulary=vocabulary or self.vocabulary, nodes=nodes, repeats=repeats, rules=tuple(rules),
            transitions=(), renewals=(), resting={}, _needs={},
        )  # fmt: skip

    def listed(self, entity: str, words: frozenset[str]) -> Iterator[str]:
        """The entities whose lists an expression at an entity mentions."""
        by_list = self.vocabulary.by_list
        for word in sorted(words & by_list.keys()):
            for name in by_list[word]:
                if self._has_in_reach(entity, name, words):
                    yield name

    def _has_in_reach(self, entity: str, name: str, words: frozenset[str]) -> bool:
        """Whether a list is that of an entity around one, or of one below it, or of what these lists hold."""
        within = self.vocabulary.entities[name].within
        if within is None:
            return False
        if within in self.lineage(entity) or entity in self.vocabulary.lineage(within):
            return True
        leads_there = any(within in self.vocabulary.by_list.get(word, ()) for word in words)
        return leads_there and self._has_in_reach(entity, within, words)

    @cached_property
    def inline(self) -> frozenset[Key]:
        """The nodes that are worked out where they are named."""
        return frozenset(key for key, node in self.every_node() if node.inline)

    @cached_property
    def told(self) -> frozenset[Key]:
        """The named values that have cases to tell why, or rest on such values."""
        if not any(node.cases for _, node in self.every_node()):
            return frozenset()
        found: set[Key] = set()
        for entity, name in self.order:
            node, around = self.nodes[entity][name], set(self.lineage(entity))
            if node.noun is not None and (
                node.cases is not None
                or any(need[0] in around and need in found for need in self.needs((entity, name)))
            ):
                found.add((entity, name))
        return frozenset(found)

    @cached_property
    def analysed(self) -> dict[object, Any]:
        """What analysis found out about it, by what was asked; it is compared with many other graphs."""
        return {}

    @cached_property
    def templates(self) -> dict[object, Any]:
        """What the reference says of conditions, as far as it was asked."""
        return {}

    @cached_property
    def sights(self) -> Mapping[str, Mapping[str, Type]]:
        """For every entity the names that an expression at it sees; the graph must have been checked."""
        return {entity: self.names(entity) for entity in {*self.vocabulary.entities, *self.repeats}}

    def names(self, entity: str) -> dict[str, Type]:
        """The names that an expression at an entity sees, with the types that are known so far."""
        seen = dict(self.vocabulary.names(self.real(entity)))
        for owner in reversed(list(self.lineage(entity))):
            if owner in self.repeats:
                seen.update(self.repeats[owner].types)
            elif owner != self.vocabulary.root:
                seen.update(self.vocabulary.row(owner).fields)
            if owner not in self.repeats:
                seen.update((given, seen[name]) for given, name in self.vocabulary.given(owner).items())
            for name in self.nodes.get(owner, {}):
                if (owner, name) in self.types:
                    seen[name] = self.types[owner, name]
        return seen | dict(self.qualified.get(entity, {}))


class Sequenced(NamedTuple):
    """Nodes of an entity in an order, and of those within it, that are worked out child by child.

    A `circle` is no such thing: it leads through more than the children before.
    """

    entity: str
    keys: tuple[Key, ...]
    circle: bool


def _sequences(graph: Graph) -> Iterator[Sequenced]:
    """Every group of nodes that each need each other, at least once through the children before."""
    for keys in dict.fromkeys(graph.together.values()):
        entities = {each[0] for key in keys for each in graph.before(key) & keys}
        entity = min(entities, key=lambda each: len(graph.vocabulary.lineage(each)))
        within = {entity, *graph.vocabulary.below(entity)}
        name = str(graph.vocabulary.entities[entity].list)
        circle = any(graph.real(key[0]) not in within or name in graph.nodes[key[0]][key[1]].words.all
                     for key in keys)  # fmt: skip
        yield Sequenced(entity, tuple(key for key in graph.order if key in keys), circle)


def _groups(needs: Mapping[Key, set[Key]]) -> Iterator[frozenset[Key]]:
    """The strongly connected components (Tarjan's algorithm, without recursion)."""
    number: dict[Key, int] = {}
    low: dict[Key, int] = {}
    open_ones: dict[Key, None] = {}
    for start in needs:
        if start in number:
            continue
        path = [(start, iter(needs[start]))]
        number[start] = low[start] = len(number)
        open_ones[start] = None
        while path:
            key, following = path[-1]
            each = next(following, None)
            if each is not None and each not in number:
                number[each] = low[each] = len(number)
                open_ones[each] = None
                path.append((each, iter(needs[each])))
            elif each is not None:
                low[key] = min(low[key], number[each]) if each in open_ones else low[key]
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[key])
                if low[key] == number[key]:
                    stack = list(open_ones)
                    group = stack[stack.index(key) :]
                    for one in group:
                        del open_ones[one]
                    yield frozenset(group)


def _in_order(graph: Graph) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    """All nodes, each after those that it needs, and no cycle; or the nodes before a cycle, and the cycle."""
    done: dict[Key, None] = {}
    for start, _ in graph.every_node():
        if start in done:
            continue
        path = {start: graph._comes_after(start)}
        while path:
            key, needs = next(reversed(path.items()))
            following = next((each for each in needs if each not in done), None)
            if following is None:
                done[key] = None
                del path[key]
            elif following in path:
                on_path = list(path)
                return tuple(done), tuple(on_path[on_path.index(following) :])
            else:
                path[following] = graph._comes_after(following)
    return tuple(done), ()
