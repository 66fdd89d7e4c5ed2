"""A program as generated Python: its values by `node_source`, its findings read off them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import date
from decimal import getcontext, setcontext
from functools import cached_property, partial
from types import MappingProxyType

from policyengine.decision.decision import Decision
from policyengine.decision.findings import UNDETERMINED, Figure, Finding
from policyengine.engine.figures import FigureReaders, exported
from policyengine.engine.finding_values import Later, constructor
from policyengine.engine.missing_facts import (
    JudgedList,
    judged_lists,
    lists_left_out,
    missing_facts,
)
from policyengine.engine.rows.figure_source import FigureSource
from policyengine.engine.rows.finding_source import Readings
from policyengine.engine.rows.instance import (
    Row,
    Step,
    SubjectMaker,
    child_by_child,
    occasions,
    put_in_order,
    subject_maker,
)
from policyengine.engine.rows.node_source import Sources
from policyengine.engine.rows.outcomes import (
    OutcomeReaders,
    Outcomes,
    ReadOutcomes,
    SubjectOutcomes,
    open_values,
)
from policyengine.engine.rows.reader_source import Deferred, Read, ReaderSource
from policyengine.engine.rows.value_places import Segment, layouts, segments_of
from policyengine.feel.limits import NUMBERS
from policyengine.feel.values.values import Unknown
from policyengine.program.graph import Graph, Key
from policyengine.program.linked import Program
from policyengine.program.record import Record

Found = dict[str, list[Row]]
_new_decision: Callable[..., Decision] = constructor(Decision)


class Compiled:
    """The graph of a program on one day, as functions.

    `loads` read the facts of an instance, by entity; `steps` are, in order, an entity and the function that
    works out nodes of its instances. `left` are expressions that are nested too deeply for source. Nodes that
    are `late` are left to whoever works them out: the last of the `segments`, with the `late_steps`.
    """

    def __init__(
        self, graph: Graph, today: date, late: Mapping[Key, Hashable] = MappingProxyType({})
    ) -> None:
        self.graph = graph
        self.today = today
        self.segments = segments = segments_of(graph, late)
        self.layouts = layouts(graph, segments)
        sources = Sources(graph, today, self.layouts)
        loads = {entity: sources.load(entity) for entity in graph.vocabulary.entities}
        steps = [[(part.entity, sources.nodes(part)) for part in segment.flat] for segment in segments]
        functions = sources.functions()
        self.loads: Mapping[str, Callable[[Row], None]] = {e: functions[name] for e, name in loads.items()}
        every = list(self._stepped(segments, [[(e, functions[n]) for e, n in each] for each in steps]))
        number = sum((part.entity, part.names[0]) in late for segment in segments for part in segment.flat)
        self.steps, self.late_steps = every[: len(every) - number], every[len(every) - number :]
        self._late = frozenset(late)
        self.source = sources.unit.source
        self.left = tuple(sources.left)
        self._sources = sources
        self.subjects: Mapping[str, SubjectMaker] = {
            name: subject_maker(name, entity.key, entity.label, root=name == graph.vocabulary.root)
            for name, entity in graph.vocabulary.entities.items()
        }

    def _stepped(self, segments: Sequence[Segment], several: Sequence[Sequence[Step]]) -> Iterator[Step]:
        """What is done one after another, each with every instance of an entity."""
        entities = self.graph.vocabulary.entities
        waiting = {
            entity: {(entity, name) for name in self.graph.order_nodes(entity)}
            for entity, declared in entities.items() if declared.order is not None
        }  # fmt: skip
        done = set[Key]()
        for segment, steps in zip([None, *segments], [(), *several], strict=True):
            if segment is not None and segment.parts:
                work_out = partial(child_by_child, self.layouts[segment.entity], tuple(steps))
                yield str(entities[segment.entity].within), work_out
            elif segment is not None:
                yield from steps
            for part in () if segment is None else segment.flat:
                done.update((part.entity, name) for name in part.names)
            for entity in [entity for entity, needs in waiting.items() if needs <= done]:
                del waiting[entity]
                yield str(entities[entity].within), partial(put_in_order, layout=self.layouts[entity])

    # Values

    def instances(self, record: Record) -> Found:
        """Every instance in a record with the values of all its nodes, by entity."""
        before = getcontext()
        setcontext(NUMBERS)
        try:
            return self._instances(record)
        finally:
            setcontext(before)

    def _instances(self, record: Record) -> Found:
        entity = record.entity
        root = Row(self, self.layouts[entity], self.subjects[entity](record, 1, ()), None, record, {})
        self.loads[entity](root)
        found: Found = {entity: [root]}
        for name, within, at in self._lists:
            lists = [above.v[at] for above in found[within]]
            found[name] = [row for rows in lists if isinstance(rows, tuple) for row in rows]
        for entity, work_out in self.steps:
            for row in found[entity] if entity in found else self.occasions(found, entity):
                work_out(row)
        for entity, repeat in self.graph.repeats.items():
            if (repeat.within, repeat.items) not in self._late:
                self.occasions(found, entity)
        return found

    @cached_property
    def _lists(self) -> Sequence[tuple[str, str, int]]:
        """Every entity in a list, with the entity of that and its position, outside in."""
        vocabulary = self.graph.vocabulary
        ordered = sorted(vocabulary.entities, key=lambda each: len(vocabulary.lineage(each)))
        return [
            (name, entity.within, self.layouts[entity.within].index[str(entity.list)])
            for name in ordered
            if (entity := vocabulary.entities[name]).within is not None
        ]

    def occasions(self, found: Found, entity: str) -> list[Row]:
        """The computed instances of an entity, which are made if they are not there."""
        if entity not in found:
            repeat = self.graph.repeats[entity]
            around = found[repeat.within] if repeat.within in found else self.occasions(found, repeat.within)
            layout = self.layouts[entity]
            found[entity] = [
                row for above in around for row in occasions(above, layout, repeat.items, tuple(repeat.types))
            ]
        return found[entity]

    # Findings

    def decide(self, program: Program, record: Record) -> Decision:
        """The decision of the program for one of its records, with all reasons."""
        before = getcontext()
        setcontext(NUMBERS)
        try:
            return self._decide(program, self._instances(record))
        finally:
            setcontext(before)

    @cached_property
    def _readers(self) -> Sequence[tuple[str, Deferred]]:
        """What reads the finding of every rule, each made when there is an instance for it."""
        readings = self.readings
        return [(rule.entity, Deferred(partial(readings.rule, rule))) for rule in self.graph.rules]

    @cached_property
    def readings(self) -> Readings:
        """What reads findings off instances."""
        return Readings(self._sources)

    def _decide(self, program: Program, found: Found) -> Decision:
        assert program.declarations is not None
        findings: list[Finding] = []
        open_ones: list[Finding] = []  # only these name facts that are missing
        for entity, read in self._readers:
            for row in found.get(entity, ()):
                each = read.run(row)
                if each is not None:
                    findings.append(each)
                    if each.unknown or getattr(each, "requirements", ()):
                        open_ones.append(each)
        left_out = lists_left_out(self._judged, found) if self._leaves_out(found) else {}
        undecided = list(self._undecided(found))
        open_ones += undecided
        missing = missing_facts(open_ones, left_out) if open_ones or left_out else ()
        is_open = undecided or UNDETERMINED in [finding.status for finding in findings]
        return _new_decision(
            program.declarations.id,
            program.declarations.title,
            program.digest,
            program.as_of,
            found[self.graph.vocabulary.root][0].subject,
            not missing and not is_open,
            tuple(findings),
            Later(lambda: tuple(self._figures.every(found))),
            missing,
            (),
            program.not_in_force,
        )

    @cached_property
    def _judged(self) -> Sequence[JudgedList]:
        return judged_lists(self.graph)

    def _leaves_out(self, found: Found) -> bool:
        """Whether a record leaves a list out."""
        return any(row.v[at].__class__ is Unknown for _, within, at in self._lists for row in found[within])

    # Figures

    def figures(self, record: Record, name: str) -> tuple[Figure, ...]:
        """What is worked out under a name, for everyone in a record, helpers too."""
        return tuple(self._figures.called(self.instances(record), name))

    @cached_property
    def _figures(self) -> FigureReaders:
        return FigureReaders(self.graph, FigureSource(self.readings).reader)

    def _undecided(self, found: Found) -> Iterator[Figure]:
        """The figures that are not known, or not in part; the others are read when they are asked for."""
        for entity, read in self._open_figures:
            for row in found[entity]:
                for name, _ in read(row):
                    yield self._figures.reader(entity, name)(row)

    @cached_property
    def _open_figures(self) -> Sequence[tuple[str, Read]]:
        """What reads the figures that are not known, of every entity that has some."""
        readers = []
        for entity in self._order:
            if names := exported(self.graph, entity):
                out = ReaderSource(self._sources, entity)
                readers.append((entity, out.function(open_values(out, names))))
        return readers

    @cached_property
    def _order(self) -> Sequence[str]:
        """All entities in the order in which instances are listed."""
        return [self.graph.vocabulary.root, *(name for name, _, _ in self._lists), *self.graph.repeats]

    # Outcomes

    def outcomes(self, record: Record) -> Outcomes:
        """What is found for everyone in a record, without reasons."""
        return Outcomes(self.read(record)[1], ())

    def read(self, record: Record) -> tuple[Found, tuple[SubjectOutcomes, ...]]:
        """Every instance in a record, and what is found for each of them, without reasons."""
        before = getcontext()
        setcontext(NUMBERS)
        try:
            found = self._instances(record)
            return found, tuple(self._outcomes(found))
        finally:
            setcontext(before)

    @cached_property
    def _outcome_readers(self) -> Sequence[tuple[str, ReadOutcomes]]:
        readers = OutcomeReaders(self.readings)
        made = [(entity, readers.reader(entity, exported(self.graph, entity))) for entity in self._order]
        return [(entity, read) for entity, read in made if read is not None]

    def _outcomes(self, found: Found) -> Iterator[SubjectOutcomes]:
        for entity, read in self._outcome_readers:
            yield from map(read, found[entity])


def compile_graph(graph: Graph, today: date) -> Compiled:
    """The code for a graph that compiles, on a day."""
    return Compiled(graph, today)
