"""Where the names of an expression lead, and where the values of an instance are kept.

Worked out once, when the code of a program is generated.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from itertools import groupby
from types import MappingProxyType

from policyengine.dataclass import dataclass
from policyengine.feel.types.types import Context, ListOf, Type
from policyengine.policy.entity import IN_ORDER, POSITION, PREVIOUS
from policyengine.program.graph import ORDER_BY, ORDER_RESTART, Graph, Key

FACT, LIST, NODE, GIVEN, BEFORE = "fact", "list", "node", "given", "before"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value is: how many instances up from the one that asks, of which entity, as what.

    `type` is that of the value, `rows` the entity whose instances a list holds. What is `BEFORE` belongs to
    the child before that instance.
    """

    hops: int
    entity: str
    what: str
    name: str
    type: Type | None
    rows: str = ""


def place_of(graph: Graph, entity: str, name: str) -> Place | None:
    """Where an expression at an entity finds a name; None where it finds none."""
    if name in graph.qualified.get(entity, ()):
        return _qualified(graph, entity, name)
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
    if name in IN_ORDER and graph.vocabulary.entities[entity].order is not None:
        return Place(hops, entity, GIVEN, name, graph.vocabulary.row(entity).fields[name])
    for child, below in graph.vocabulary.children(entity):
        if below.list == name:
            return Place(hops, entity, LIST, name, None, rows=child)
    fact = graph.vocabulary.given(entity).get(name, name)
    if fact in graph.vocabulary.entities[entity].facts:
        return Place(hops, entity, FACT, name, graph.vocabulary.row(entity).fields[fact])
    return None


def _qualified(graph: Graph, entity: str, name: str) -> Place | None:
    """Where a name leads that says whose it is; of the child before from that child on."""
    whose, owner, bare = graph.vocabulary.qualified(graph.real(entity), name)
    found = own_place(graph, owner, bare, list(graph.lineage(entity)).index(owner))
    if found is None or whose != PREVIOUS:
        return found
    return replace(found, what=BEFORE, rows="", type=graph.qualified[entity][name])


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
    """Nodes of one entity that are worked out together.

    A segment with `parts` has those in place of names: they are worked out child by child, in their order.
    """

    entity: str
    names: tuple[str, ...]
    parts: tuple[Segment, ...] = ()

    @property
    def flat(self) -> tuple[Segment, ...]:
        """The segments with names."""
        return self.parts or (self,)


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
        given = (POSITION, PREVIOUS) if entity.order is not None else ()
        found[name] = Layout(name, facts, lists, given)
    for name, repeat in graph.repeats.items():
        found[name] = Layout(name, given=tuple(repeat.types))
    for layout in found.values():
        flat = [part for each in segments for part in each.flat]
        nodes = [name for each in flat if each.entity == layout.entity for name in each.names]
        kept = dict.fromkeys((*layout.facts, *layout.lists, *layout.given, *nodes))
        layout.index.update({name: i for i, name in enumerate(kept)})
    return found


def segments_of(graph: Graph, late: Mapping[Key, Hashable] = MappingProxyType({})) -> tuple[Segment, ...]:
    """The nodes in the order of dependency, as few runs of one entity each as that allows.

    Nodes that are `late` come after all others, in runs of those for which it says the same.
    """
    return tuple(_segments(graph, late))


def reads(graph: Graph, key: Key) -> set[Key]:
    """The nodes that one reads, those included that what is worked out within it reads."""
    return _named(graph, key) | _beside(graph, key)


def _named(graph: Graph, key: Key) -> set[Key]:
    return {each for part in _read(graph, key) for each in graph.needs(part)} - graph.inline


def _beside(graph: Graph, key: Key) -> set[Key]:
    """The nodes that one may read of other instances: they must be there for all of them."""
    orders = {each for each in _named(graph, key) if each[1] in (ORDER_BY, ORDER_RESTART)}
    listed = {each for part in _read(graph, key) for each in _through_lists(graph, part)}
    return listed | orders | graph.before(key)


def _segments(graph: Graph, late: Mapping[Key, Hashable]) -> Iterator[Segment]:
    order = [key for key in graph.order if key not in graph.inline]
    beside, named = ({key: read(graph, key) for key in order} for read in (_beside, _named))
    done: set[Key] = set()
    for some in ([key for key in order if key not in late], [key for key in order if key in late]):
        remaining: dict[tuple[str, Hashable], list[Key]] = {}
        for key in some:
            remaining.setdefault((key[0], late.get(key)), []).append(key)
        needs = {key: beside[key] | named[key] for key in some}
        apart = {key: beside[key] for key in some}
        while remaining:
            before = len(done)
            for run, keys in list(remaining.items()):
                ready = _ready(keys, needs, apart, done)
                if ready:
                    yield Segment(run[0], tuple(name for _, name in ready))
            if len(done) == before and (sequence := _sequence(graph, needs, done)) is not None:
                yield sequence
                done.update((part.entity, name) for part in sequence.parts for name in part.names)
            elif (
                len(done) == before
            ):  # what is read of other instances goes in circles: they work it out then
                needs, apart = named, {key: set[Key]() for key in some}
            remaining = {
                run: left for run, keys in remaining.items()
                if (left := [key for key in keys if key not in done])
            }  # fmt: skip


def _ready(
    keys: Iterable[Key], needs: Mapping[Key, set[Key]], beside: Mapping[Key, set[Key]], done: set[Key]
) -> list[Key]:
    """Those that can be worked out together now; adds them to what is done."""
    ready: list[Key] = []
    earlier = frozenset(done)
    for key in keys:
        if needs[key] <= done and beside[key] <= earlier:
            ready.append(key)
            done.add(key)
    return ready


def _sequence(graph: Graph, needs: Mapping[Key, set[Key]], done: set[Key]) -> Segment | None:
    """The first nodes that are worked out child by child whose other needs are done."""
    for each in graph.sequences:
        keys = [key for key in each.keys if key in needs]
        if done.isdisjoint(keys) and all(needs[key] - {*keys} <= done for key in keys):
            runs = groupby(keys, key=lambda key: key[0])
            parts = tuple(Segment(entity, tuple(name for _, name in run)) for entity, run in runs)
            return Segment(each.entity, (), parts)
    return None


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
