"""Where the names of an expression lead: worked out once, when the code is generated."""

from __future__ import annotations

from collections.abc import Iterator

from policyengine.dataclass import dataclass
from policyengine.engine.rows.kinds import Kind, kind_of
from policyengine.program.graph import Graph

FACT, LIST, NODE, GIVEN = "fact", "list", "node", "given"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: how many instances up from the one that asks, of which entity, as what."""

    hops: int
    entity: str
    what: str
    name: str
    kind: Kind


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
        return Place(hops, entity, NODE, name, kind_of(graph.types.get((entity, name))))
    if entity in graph.repeats:
        types = graph.repeats[entity].types
        return Place(hops, entity, GIVEN, name, kind_of(types[name])) if name in types else None
    declared = graph.vocabulary.entities[entity]
    for child, below in graph.vocabulary.children(entity):
        if below.list == name:
            return Place(hops, entity, LIST, name, Kind("rows", Kind("instance", entity=child)))
    if name in declared.facts:
        return Place(hops, entity, FACT, name, kind_of(graph.vocabulary.row(entity).fields[name]))
    return None


def segments(graph: Graph) -> Iterator[tuple[str, list[str]]]:
    """The nodes in the order of dependency, as few runs of one entity each as that allows."""
    needs = {key: set(graph.needs(key)) for key in graph.order}
    remaining: dict[str, list[str]] = {}
    for entity, name in graph.order:
        remaining.setdefault(entity, []).append(name)
    done: set[tuple[str, str]] = set()
    while remaining:
        before = len(done)
        for entity in list(remaining):
            ready: list[str] = []
            left: list[str] = []
            for name in remaining[entity]:
                (ready if needs[entity, name] <= done else left).append(name)
                if ready and ready[-1] == name:
                    done.add((entity, name))
            if ready:
                yield entity, ready
            if left:
                remaining[entity] = left
            else:
                del remaining[entity]
        if len(done) == before:  # pragma: no cover - linking refuses circles
            raise ValueError("the graph is not acyclic")
