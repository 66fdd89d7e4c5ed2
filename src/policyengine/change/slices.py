"""Program slices: the part of a graph that some rules depend on, and the rules that two graphs share.

A comparison computes only what differs. A rule with the same expressions down to the facts has the same
findings for every record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace

from policyengine.dataclass import dataclass
from policyengine.engine.rows.outcomes import read_by, shown_fields
from policyengine.feel.syntax.tree import Node as Tree
from policyengine.policy.rule import Choose, Const, Node, Reading, Rule, Value
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.graph import Graph, Key

Mark = int
"""Two nodes of the same mark are worked out alike."""


class Marks:
    """Digests of the nodes and rules of several graphs; equal digests mean equal values.

    Nodes of the entity `taken` are compared by name only.
    """

    def __init__(self, taken: str | None = None) -> None:
        self._taken = taken
        self._known: dict[object, Mark] = {}
        self._graphs: dict[int, tuple[Graph, dict[Key, Mark]]] = {}

    def nodes(self, graph: Graph) -> dict[Key, Mark]:
        """The digest of every node of a graph."""
        held = self._graphs.get(id(graph))
        if held is None:
            held = self._graphs[id(graph)] = (graph, self._mark(graph))
        return held[1]

    def _mark(self, graph: Graph) -> dict[Key, Mark]:
        marks: dict[Key, Mark] = {}
        for key in graph.order:
            if key not in marks:
                self._add(graph, key, marks)
        return marks

    def _add(self, graph: Graph, key: Key, marks: dict[Key, Mark]) -> None:
        """Marks a node, and before it what it rests on. Nodes that rest on each other have all in common."""
        if key[0] == self._taken:
            marks[key] = self._number(key)
            return
        beside = graph.together.get(key, frozenset((key,)))
        needs = frozenset[Key]().union(*map(graph.rests_on, beside)) - beside
        for need in needs - marks.keys():
            self._add(graph, need, marks)
        own = (_content(graph, key), *(_content(graph, each) for each in sorted(beside - {key})))
        marks[key] = self._number((own, tuple(sorted((need, marks[need]) for need in needs))))

    def _number(self, what: object) -> Mark:
        return self._known.setdefault(what, len(self._known))

    def rule(self, graph: Graph, rule: Rule) -> Mark:
        """The digest of a rule: entity, status and values; titles do not count."""
        fields = tuple(
            (name, self._reading(graph, rule.entity, reading))
            for name, reading in shown_fields(rule).items()
            if not name.endswith("title")
        )
        exists = None if rule.exists is None else self._node(graph, rule.entity, rule.exists)
        status = self._node(graph, rule.entity, rule.status)
        head = (rule.finding.section, rule.origin.policy, rule.origin.id, rule.entity)
        return self._number((head, status, exists, fields))

    def _reading(self, graph: Graph, entity: str, reading: Reading) -> object:
        match reading:
            case Value(node):
                return self._node(graph, entity, node)
            case Choose(by, cases, otherwise):
                chosen = tuple((word, self._reading(graph, entity, each)) for word, each in cases.items())
                return self._node(graph, entity, by), chosen, self._reading(graph, entity, otherwise)
            case Const(value):
                return repr(value)
            case _:  # pragma: no cover - an outcome shows nothing else
                return None

    def _node(self, graph: Graph, entity: str, name: str) -> object:
        found = graph.node(entity, name)
        return name if found is None else self.nodes(graph)[found[0], name]


def _content(graph: Graph, key: Key) -> object:
    """What a node says itself, and the orders in which it looks."""
    entity, name = key
    orders = tuple((each, graph.vocabulary.entities[each].order) for each in graph.orders(key))
    around = (graph.real(entity), entity in graph.repeats, repr(graph.types.get(key)), repr(orders))
    return flat(graph.nodes[entity][name].expression), around


def flat(node: Tree) -> tuple[object, ...]:
    """What a node and everything below it say, outside in: equal where the nodes are, at any depth."""
    said: list[object] = []
    pending: list[object] = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, Tree):
            said.append(each.__class__)
            pending.extend(getattr(each, name) for name in each.__match_args__[-2::-1])
        elif isinstance(each, tuple):
            said.append(len(each))
            pending.extend(reversed(each))
        else:
            said.append((each.__class__, each))
    return tuple(said)


def different(marks: Marks, graph: Graph, other: Graph) -> tuple[Rule, ...]:
    """The rules of a graph that `other` does not have unchanged."""
    theirs = {marks.rule(other, rule) for rule in other.rules}
    return tuple(rule for rule in graph.rules if marks.rule(graph, rule) not in theirs)


def derived(marks: Marks, graph: Graph, other: Graph) -> frozenset[Key]:
    """The derived facts of a graph that decisions show and that `other` computes differently."""
    mine, theirs = marks.nodes(graph), marks.nodes(other)
    return frozenset(
        key for key, node in graph.every_node() if node.exported and mine[key] != theirs.get(key)
    )


def slice_of(
    graph: Graph, rules: Sequence[Rule], shown: Iterable[Key] = (), kept: Iterable[Key] = ()
) -> Graph:
    """The graph reduced to these rules, the derived facts `shown`, and the nodes that they depend on.

    Outcomes of it have no other derived facts than these, though it works more of them out, those of `kept`
    among them.
    """
    told = frozenset(shown)
    pending: list[Key] = [*told, *kept]
    for rule in rules:
        found = ((graph.node(rule.entity, name), name) for name in read_by(rule))
        pending += [(owner[0], name) for owner, name in found if owner is not None]
        if rule.entity in graph.repeats:
            repeat = graph.repeats[rule.entity]
            pending.append((repeat.within, repeat.items))
    read: set[Key] = set()
    while pending:
        key = pending.pop()
        if key not in read:
            read.add(key)
            pending.extend(graph.rests_on(key))
    nodes: dict[str, dict[str, Node]] = {}
    for key, node in graph.every_node():
        if key in read:
            nodes.setdefault(key[0], {})[key[1]] = replace(node, exported=key in told)
    used = {rule.entity for rule in rules} | nodes.keys()
    repeats = {entity: repeat for entity, repeat in graph.repeats.items() if entity in used}
    vocabulary = _without_the_rest(graph, used, read)
    return graph.reduced(nodes, repeats, rules, vocabulary)


def _without_the_rest(graph: Graph, used: Set[str], kept: Iterable[Key]) -> Vocabulary:
    """The declarations without the entities that nothing reads: their instances are not even made."""
    vocabulary = graph.vocabulary
    words = frozenset[str]().union(*(graph.nodes[entity][name].words.all for entity, name in kept))
    read = {graph.real(entity) for entity in used}
    read.update(name for word in words for name in vocabulary.by_list.get(word, ()))
    around = {above for entity in read for above in vocabulary.lineage(entity)} | {vocabulary.root}
    if around >= vocabulary.entities.keys():
        return vocabulary
    entities = {name: entity for name, entity in vocabulary.entities.items() if name in around}
    return replace(vocabulary, declarations=replace(vocabulary.declarations, entities=entities))


def handed_down(graph: Graph, rules: Sequence[Rule], entity: str) -> tuple[str, ...]:
    """The nodes of an entity that rules of its descendants depend on."""
    part = slice_of(graph, rules)
    read = {need for key, _ in part.every_node() if key[0] != entity for need in graph.rests_on(key)}
    for rule in rules:
        found = ((graph.node(rule.entity, name), name) for name in read_by(rule))
        read |= {(owner[0], name) for owner, name in found if owner is not None}
    return tuple(sorted(name for owner, name in read if owner == entity))


PartKey = tuple[str, str, str]
"""The section, the policy and the id of some rules that are one part of a program."""
Ruled = tuple[Graph, Sequence[Rule]]


def part_of(rule: Rule) -> PartKey:
    """The part that a rule belongs to."""
    return rule.finding.section, rule.origin.policy, rule.origin.id


def marked(marks: Marks, graph: Graph, rules: Iterable[Rule]) -> dict[PartKey, list[Mark]]:
    """The digests of the rules of each part."""
    found: dict[PartKey, list[Mark]] = {}
    for rule in rules:
        found.setdefault(part_of(rule), []).append(marks.rule(graph, rule))
    return found


@dataclass(frozen=True, slots=True)
class Gate:
    """The parts below the root that two programs work out alike but for values of the root, `names`."""

    parts: frozenset[PartKey] = frozenset()
    names: tuple[str, ...] = ()

    @staticmethod
    def between(one: Ruled, other: Ruled) -> Gate:
        """The gate between some rules of two programs; empty where they have no such parts."""
        root = one[0].vocabulary.root
        if other[0].vocabulary.root != root:
            return Gate()
        sides = [(graph, [rule for rule in rules if _is_gated(graph, rule)]) for graph, rules in (one, other)]
        apart = {
            part_of(rule) for graph, rules in (one, other) for rule in rules if not _is_gated(graph, rule)
        }
        parts = _same(Marks(root), *sides) - apart
        gate = Gate(parts)
        names = {name for graph, rules in sides for name in handed_down(graph, gate.inside(rules), root)}
        if any(name not in graph.nodes.get(root, {}) for graph, _ in sides for name in names):
            return Gate()
        return Gate(parts, tuple(sorted(names)))

    def inside(self, rules: Iterable[Rule]) -> list[Rule]:
        """The rules behind the gate."""
        return [rule for rule in rules if part_of(rule) in self.parts]


def _is_gated(graph: Graph, rule: Rule) -> bool:
    """Whether values of the root may be all that a rule differs in."""
    return rule.entity not in graph.repeats and rule.entity != graph.vocabulary.root


def _same(marks: Marks, one: Ruled, other: Ruled) -> frozenset[PartKey]:
    """The parts that are worked out alike in two programs."""
    before, after = marked(marks, *one), marked(marks, *other)
    return frozenset(part for part, found in before.items() if after.get(part) == found)
