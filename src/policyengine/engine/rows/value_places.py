"""Where the names of an expression lead, and where the values of an instance are kept.

Worked out once, when the code of a program is generated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from policyengine.dataclass import dataclass
from policyengine.feel.types.types import Context, ListOf, Type
from policyengine.program.graph import Graph, Key

FACT, LIST, NODE, GIVEN = "fact", "list", "node", "given"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is: how many instances up from the one that asks, of which entity, as what.

    `type` is that of the value, `rows` the entity whose instances a list holds.
    """

    hops: int
    entity: str
    what: str
    name: str
    type: Type | None
    rows: str = ""


def place_of(graph: Graph, entity: str, name: str) -> Place | None:
    """Where an expression at an entity finds a name; None where it finds none."""
    for hops, owner in enumerate(graph.lineage(entity)):
        found = own_place(graph, owner, name, hops)
        if found is not None:
            return found
    return None


def own_place(graph: Graph, entity: str, name: str, hops: int = 0) -> Place | None:
    """Where an instance itself has a name."""
    if name in graph.nodes.get(entity, {}):
        return Place(hops, entity, NODE, name, graph.types.get((entity, name)))
    if entity in graph.repeats:
        types = graph.repeats[entity].types
        return Place(hops, entity, GIVEN, name, types[name]) if name in types else None
    for child, below in graph.vocabulary.children(entity):
        if below.list == name:
            return Place(hops, entity, LIST, name, None, rows=child)
    fact = graph.vocabulary.given(entity).get(name, name)
    if fact in graph.vocabulary.entities[entity].facts:
        return Place(hops, entity, FACT, name, graph.vocabulary.row(entity).fields[fact])
    return None


@dataclass(slots=True)
class Layout:
    """What an instance of an entity keeps: the facts that are mentioned, its lists, what a computed one is
    given, and its nodes in the order in which they are worked out. `index` has the position of each.
    """

    entity: str
    facts: tuple[str, ...] = ()
    lists: Mapping[str, str] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    index: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Segment:
    """Nodes of one entity that are worked out together."""

    entity: str
    names: tuple[str, ...]


def layouts(graph: Graph, segments: tuple[Segment, ...]) -> dict[str, Layout]:
    """The layout of every entity."""
    mentioned = frozenset().union(*(node.words.all for _, node in graph.every_node()))
    found: dict[str, Layout] = {}
    for name, entity in graph.vocabulary.entities.items():
        facts = tuple(
            fact for fact in (*entity.facts, *graph.vocabulary.given(name))
            if fact in mentioned and fact not in graph.nodes.get(name, {})
        )  # fmt: skip
        lists = {str(below.list): child for child, below in graph.vocabulary.children(name)}
        found[name] = Layout(name, facts, lists)
    for name, repeat in graph.repeats.items():
        found[name] = Layout(name, given=tuple(repeat.types))
    for layout in found.values():
        nodes = [name for each in segments if each.entity == layout.entity for name in each.names]
        kept = dict.fromkeys((*layout.facts, *layout.lists, *layout.given, *nodes))
        layout.index.update({name: i for i, name in enumerate(kept)})
    return found


def segments_of(graph: Graph) -> tuple[Segment, ...]:
    """The nodes in the order of dependency, as few runs of one entity each as that allows."""
    return tuple(Segment(entity, tuple(names)) for entity, names in _segments(graph))


def _segments(graph: Graph) -> Iterator[tuple[str, list[str]]]:
    inline = graph.inline
    order = [key for key in graph.order if key not in inline]
    read = {key: tuple(_read(graph, key)) for key in order}
    beside = {key: {each for part in read[key] for each in _through_lists(graph, part)} for key in order}
    named = {key: {each for part in read[key] for each in graph.needs(part)} - inline for key in order}
    needs = {key: beside[key] | named[key] for key in order}
    remaining: dict[str, list[str]] = {}
    for entity, name in order:
        remaining.setdefault(entity, []).append(name)
    done: set[Key] = set()
    while remaining:
        before = len(done)
        for entity in list(remaining):
            ready: list[str] = []
            left: list[str] = []
            earlier = frozenset(done)
            for name in remaining[entity]:
                key = entity, name
                if needs[key] <= done and beside[key] <= earlier:
                    ready.append(name)
                    done.add(key)
                else:
                    left.append(name)
            if ready:
                yield entity, ready
            if left:
                remaining[entity] = left
            else:
                del remaining[entity]
        if len(done) == before:  # what is read of other instances goes in circles: they work it out then
            needs, beside = named, {key: set[Key]() for key in beside}


def _read(graph: Graph, key: Key) -> Iterator[Key]:
    """A node, and those that are worked out within it."""
    yield key
    for entity, name in graph.needs(key):
        if (entity, name) in graph.inline:
            yield from _read(graph, (entity, name))


def _through_lists(graph: Graph, key: Key) -> Iterator[Key]:
    """The nodes that a node may read of instances in lists, which other nodes may give."""
    entity, name = key
    words = graph.nodes[entity][name].words
    listed = set(graph.listed(entity, words.all))
    for word in words.names:
        found = graph.node(entity, word)
        if found is not None:
            listed.update(_entities_in(graph.types.get((found[0], word))))
    for below in listed:
        yield from ((below, each) for each in graph.nodes.get(below, {}) if each in words.all)


def _entities_in(kind: Type | None) -> Iterator[str]:
    """The entities whose instances a value of a type holds."""
    if isinstance(kind, ListOf):
        yield from _entities_in(kind.item)
    elif isinstance(kind, Context) and kind.name:
        yield kind.name
