"""A program as generated Python: the same answers as the reference engine, without walking trees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import getcontext, setcontext

from policyengine.engine.compile.code import Unit
from policyengine.engine.compile.instance import Instance, below
from policyengine.engine.compile.memory import Memory
from policyengine.engine.compile.names import segments
from policyengine.engine.compile.nodes import emit_nodes
from policyengine.engine.compile.runtime import NAMES
from policyengine.engine.compile.traces import Watch
from policyengine.engine.scope import _subject
from policyengine.feel.limits import NUMBERS
from policyengine.program.graph import Graph, Key
from policyengine.program.record import Record

Found = dict[str, list[Instance]]
Step = tuple[str, Callable[[Instance], None]]


@dataclass(frozen=True, slots=True)
class Compiled:
    """The graph of a program on one day, as functions.

    `steps` are, in order, an entity and the function that works out nodes of its instances. `fallbacks` are
    the nodes that there is no code for, which the reference evaluator works out.
    """

    graph: Graph
    today: date
    source: str
    steps: tuple[Step, ...]
    entities: tuple[tuple[str, str | None], ...]
    fallbacks: tuple[Key, ...]
    memory: Memory
    lists: tuple[tuple[str, str], ...]

    def instances(self, record: Record) -> Found:
        """Every instance in a record with the values of all its nodes, by entity."""
        before = getcontext()
        setcontext(NUMBERS)
        try:
            return self._instances(record)
        finally:
            setcontext(before)

    def _instances(self, record: Record) -> Found:
        declared = self.graph.vocabulary.entities[record.entity]
        subject = _subject(record.entity, declared, record, 1, root=True)
        root = Instance(
            self.memory, Watch(), self.graph, record.entity, subject, record=record, today=self.today
        )
        found: Found = {record.entity: [root]}
        for entity, run in self.steps:
            for instance in self._of(entity, found):
                run(instance)
        return {entity: self._of(entity, found) for entity, _ in self.entities}

    def _of(self, entity: str, found: Found) -> list[Instance]:
        if entity not in found:
            above = self.graph.above(entity)
            assert above is not None
            found[entity] = [each for one in self._of(above, found) for each in below(one, entity)]
        return found[entity]


def compile_graph(graph: Graph, today: date) -> Compiled:
    """The code for a graph that compiles, on a day."""
    unit = Unit()
    written = [(entity, emit_nodes(graph, today, unit, entity, names)) for entity, names in segments(graph)]
    functions = load(unit)
    return Compiled(
        graph,
        today,
        unit.source,
        tuple((entity, functions[function.name]) for entity, function in written),
        tuple(_entities(graph)),
        tuple(key for _, function in written for key in function.fallbacks),
        Memory(graph),
        tuple(_lists(graph)),
    )


def _entities(graph: Graph) -> Sequence[tuple[str, str | None]]:
    """All entities in the order in which the reference lists their instances."""
    vocabulary = graph.vocabulary
    ordered = sorted(vocabulary.entities, key=lambda each: len(vocabulary.lineage(each)))
    root = vocabulary.root
    names = [root, *(name for name in ordered if name != root), *graph.repeats]
    return [(name, graph.above(name)) for name in names]


def _lists(graph: Graph) -> Iterator[tuple[str, str]]:
    """Every list that a record may hold, with the entity whose records hold it."""
    for entity in graph.vocabulary.entities.values():
        if entity.within is not None:
            yield entity.within, str(entity.list)


def load(unit: Unit) -> Mapping[str, Callable[..., None]]:
    """The functions of generated source; it sees its own constants and the names of the runtime only."""
    space: dict[str, object] = {"__builtins__": {}, **NAMES, **unit.constants}
    exec(compile(unit.source, "<policies>", "exec"), space)  # only our own source: see `code`
    return {name: value for name, value in space.items() if callable(value)}
