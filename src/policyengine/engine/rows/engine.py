"""A program as generated Python: the same answers as the reference engine, without walking trees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import getcontext, setcontext

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Subject
from policyengine.engine.rows.finite import Cluster
from policyengine.engine.rows.instance import Instance, below
from policyengine.engine.rows.light import emit_light, filler
from policyengine.engine.rows.memory import Memory
from policyengine.engine.rows.names import segments
from policyengine.engine.rows.nodes import emit_nodes
from policyengine.engine.rows.outcomes import Outcome, Outcomes, SubjectOutcomes, outcome_reader
from policyengine.engine.rows.runtime import NAMES
from policyengine.engine.rows.showing import Show, shower_of
from policyengine.engine.rows.traces import Watch
from policyengine.feel.codegen.source_unit import Unit
from policyengine.feel.limits import NUMBERS
from policyengine.program.graph import Graph, Key
from policyengine.program.record import Record

Found = dict[str, list[Instance]]
Step = tuple[str, Callable[[Instance], None]]
Light = Callable[..., "tuple[tuple[Outcome, ...], Mapping[str, object]] | None"]
new = tuple.__new__


@dataclass(frozen=True, slots=True)
class Compiled:
    """The graph of a program on one day, as functions.

    `steps` are, in order, an entity and the function that works out nodes of its instances; `ahead` those of
    entities that others with light functions are below, which read them. `fallbacks` are the nodes that there
    is no code for, which the reference evaluator works out.
    """

    graph: Graph
    today: date
    source: str
    steps: tuple[Step, ...]
    entities: tuple[tuple[str, str | None], ...]
    fallbacks: tuple[Key, ...]
    memory: Memory
    lists: tuple[tuple[str, str], ...]
    readers: Mapping[str, tuple[Callable[[Instance], Outcome | None], ...]]
    light: Mapping[str, Light]
    exported: Mapping[str, tuple[tuple[str, Show], ...]]
    alone: tuple[Light, Callable[[Record, int], Subject]] | None
    ahead: tuple[Step, ...] = ()

    def instances(self, record: Record) -> Found:
        """Every instance in a record with the values of all its nodes, by entity."""
        before = getcontext()
        setcontext(NUMBERS)
        try:
            return self._instances(record)
        finally:
            setcontext(before)

    def values(self, record: Record, names: Sequence[str]) -> tuple[object, ...]:
        """The values of nodes of the record itself."""
        before = getcontext()
        setcontext(NUMBERS)
        try:
            root = self._root(record)
            found: Found = {record.entity: [root]}
            for entity, run in self.steps:
                for instance in self._of(entity, found):
                    run(instance)
            return tuple([root[name] for name in names])
        finally:
            setcontext(before)

    def outcomes(self, record: Record) -> Outcomes:
        """What is found for everyone in a record, without reasons."""
        before = getcontext()
        setcontext(NUMBERS)
        try:
            return new(Outcomes, (self._outcomes(record), ()))
        finally:
            setcontext(before)

    def _outcomes(self, record: Record) -> tuple[SubjectOutcomes, ...]:
        if self.alone is not None:
            run, subject = self.alone
            answer = run(record.facts, self._root, record)
            if answer is None:
                return self._slow_outcomes(record)
            return (new(SubjectOutcomes, (subject(record, 1), answer[0], answer[1])),)
        found: Found = {record.entity: [self._root(record)]}
        light: list[SubjectOutcomes] = []
        for entity, work_out in self.ahead:
            for instance in self._of(entity, found):
                work_out(instance)
        for entity, run in self.light.items():
            for instance in self._of(entity, found):
                assert instance.record is not None
                answer = run(instance.record.facts, _same, instance)
                if answer is None:
                    return self._slow_outcomes(record)
                light.append(new(SubjectOutcomes, (instance.subject, *answer)))
        return tuple(light) or self._slow_outcomes(record)

    def _slow_outcomes(self, record: Record) -> tuple[SubjectOutcomes, ...]:
        found = []
        for entity, instances in self._instances(record).items():
            names = self.exported.get(entity, ())
            readers = self.readers.get(entity, ())
            for instance in instances if names or readers else ():
                outcomes = tuple([each for read in readers if (each := read(instance)) is not None])
                values = {name: shows(instance[name]) for name, shows in names}
                found.append(SubjectOutcomes(instance.subject, (outcomes,), values))
        return tuple(found)

    def _root(self, record: Record) -> Instance:
        subject = self.subjects[record.entity](record, 1)
        return Instance(
            self.memory, Watch(), self.graph, record.entity, subject, record=record, today=self.today
        )

    @property
    def subjects(self) -> Mapping[str, Callable[[Record, int], Subject]]:
        """What says who is judged, by entity."""
        return self.memory.subjects

    def _instances(self, record: Record) -> Found:
        found: Found = {record.entity: [self._root(record)]}
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
    entities = tuple(_entities(graph))
    readers = {
        entity: tuple(outcome_reader(rule) for rule in graph.rules if rule.entity == entity)
        for entity, _ in entities
    }
    steps: list[Step] = []
    light = _emit_light(graph, today, unit, [entity for entity, _ in entities], readers, steps)
    functions = unit.load(NAMES)
    memory = Memory(graph)
    root = graph.vocabulary.root
    steps += [(entity, functions[function.name]) for entity, function in written]
    return Compiled(
        graph,
        today,
        unit.source,
        tuple(steps),
        entities,
        tuple(key for _, function in written for key in function.fallbacks),
        memory,
        tuple(_lists(graph)),
        readers,
        {entity: functions[name] for entity, name in light.items()},
        _exported(graph, entities),
        (functions[light[root]], memory.subjects[root]) if light.keys() == {root} else None,
        tuple(
            step for step in steps if any(step[0] in graph.lineage(each) for each in light if each != step[0])
        ),
    )


def _emit_light(
    graph: Graph, today: date, unit: Unit, entities: Sequence[str],
    readers: Mapping[str, tuple[Callable[[Instance], Outcome | None], ...]], steps: Sequence[Step],
) -> dict[str, str]:  # fmt: skip
    """The functions that give outcomes at once, by entity; none at all where one entity has none."""

    def work_out(instance: Instance) -> None:
        for entity, run in steps:
            if entity == instance.entity:
                run(instance)

    def fill(entity: str, cluster: Cluster) -> Callable[[Instance], tuple[object, ...]]:
        return filler(readers[entity], cluster, work_out)

    if graph.repeats:
        return {}
    exporting = {entity for (entity, _), node in graph.every_node() if node.exported}
    light: dict[str, str] = {}
    for entity in entities:
        if readers[entity] or entity in exporting:
            name = emit_light(graph, today, unit, entity, fill)
            if name is None:
                return {}
            light[entity] = name
    return light


def _same(instance: Instance) -> Instance:
    return instance


def _entities(graph: Graph) -> Sequence[tuple[str, str | None]]:
    """All entities in the order in which the reference lists their instances."""
    vocabulary = graph.vocabulary
    ordered = sorted(vocabulary.entities, key=lambda each: len(vocabulary.lineage(each)))
    root = vocabulary.root
    names = [root, *(name for name in ordered if name != root), *graph.repeats]
    return [(name, graph.above(name)) for name in names]


def _exported(
    graph: Graph, entities: Sequence[tuple[str, str | None]]
) -> dict[str, tuple[tuple[str, Show], ...]]:
    """The derived facts of every entity that has some."""
    found = {
        entity: tuple(
            (name, shower_of(graph, entity, name))
            for name, node in graph.nodes.get(entity, {}).items()
            if node.exported
        )
        for entity, _ in entities
    }
    return {entity: names for entity, names in found.items() if names}


def _lists(graph: Graph) -> Iterator[tuple[str, str]]:
    """Every list that a record may hold, with the entity whose records hold it."""
    for entity in graph.vocabulary.entities.values():
        if entity.within is not None:
            yield entity.within, str(entity.list)
