"""What a program says of one record on many days: only what can be different on another day is worked out.

The nodes that hinge on the day are worked out apart from the others, in steps that each have a `Watch`: it
tells until when the answer of a step holds. On another day a step is run again if that day lies outside, or
if a step that it reads has changed. What comes to the same changes nothing further on. Plans and forecasts
of the real programmes take a third of the time that they take with a whole evaluation for each such day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal, localcontext
from types import MappingProxyType

from policyengine.dataclass import dataclass
from policyengine.engine.rows.engine import Compiled, Found
from policyengine.engine.rows.instance import Row
from policyengine.engine.rows.outcomes import OutcomeReaders, ReadOutcomes, SubjectOutcomes, read_by
from policyengine.engine.rows.value_places import Segment, reads
from policyengine.feel.limits import NUMBERS
from policyengine.feel.values.values import FarDate, Months, Range, Unknown
from policyengine.feel.values.watched_day import Watch, WatchedDay, plain_day
from policyengine.policy.facts import Fact
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph, Key
from policyengine.program.record import Record

TODAY = "today"
"""The name of the day on which a program is asked."""


def hinging(graph: Graph) -> frozenset[Key]:
    """The nodes whose value may differ from day to day."""
    if "hinging" not in graph.analysed:
        found: set[Key] = set()
        for key in graph.order:
            asks = TODAY in graph.nodes[key[0]][key[1]].words.names
            if asks or not found.isdisjoint(graph.needs(key)) or not found.isdisjoint(reads(graph, key)):
                found.add(key)
        graph.analysed["hinging"] = frozenset(found)
    return graph.analysed["hinging"]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Step:
    """Nodes of an entity that are worked out together; `needs` has a bit for each step that they read.

    `start` and `end` are where their values stand. `makes` are the computed entities whose instances they
    give.
    """

    entity: str
    run: Callable[[Row], None]
    start: int
    end: int
    needs: int
    makes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Rules of an entity whose findings are read together, off the steps for which `needs` has a bit."""

    entity: str
    read: ReadOutcomes
    needs: int


class DailyProgram:
    """The code of some rules for any day."""

    def __init__(self, graph: Graph, day: date) -> None:
        asked = _with_today(graph)
        late = _apart(asked)
        self.code = Compiled(asked, day, late)
        self.steps = _steps(self.code, late)
        self.is_whole = not self.steps or any(step.needs >> i for i, step in enumerate(self.steps))
        if self.is_whole:  # what hinges on the day is worked out with all the rest
            self.code, self.steps = Compiled(asked, day), ()
        self.groups = tuple(self._groups())
        self.root = graph.vocabulary.root
        self.today = self.code.layouts[self.root].index.get(TODAY)

    def on_days(self, record: Record) -> RecordOnDays:
        """What it says of a record, on any day."""
        return RecordOnDays(self, record)

    def _groups(self) -> Iterator[Group]:
        """The rules by what they are read off, those of an entity together."""
        graph, readers = self.code.graph, OutcomeReaders(self.code.readings)
        numbers = {name: i for i, names in enumerate(self._names()) for name in names}
        parts: dict[tuple[str, int], list[Rule]] = {}
        for rule in graph.rules:
            needs = _bits(numbers[key] for key in _read(graph, rule) if key in numbers)
            parts.setdefault((rule.entity, needs), []).append(rule)
        for (entity, needs), rules in parts.items():
            read = readers.reader(entity, (), rules)
            assert read is not None
            yield Group(entity, read, needs)

    def _names(self) -> Iterator[Sequence[Key]]:
        for step in self.steps:
            names = list(self.code.layouts[step.entity].index)[step.start : step.end]
            yield [(step.entity, name) for name in names]


class RecordOnDays:
    """The findings of one record, worked out for one day after another.

    `first` and `last` are the first and the last day for which all that was said last holds.
    """

    def __init__(self, program: DailyProgram, record: Record) -> None:
        self._program = program
        self._record = record
        self._watches = [Watch(date.max, date.min)] * len(program.steps)  # they hold for no day
        self._moves = 0  # a bit for every step whose values move with the day
        self._said: Sequence[tuple[SubjectOutcomes, ...]] = [()] * len(program.groups)
        self._found: Found | None = None
        self.first = self.last = date.min

    @property
    def found(self) -> Found:
        """The instances as they are on the day that was asked for last."""
        assert self._found is not None
        return self._found

    def on(self, day: date, horizon: date) -> Sequence[tuple[SubjectOutcomes, ...]]:
        """What each group of rules says on a day: the same object as before where nothing is different.

        Nothing is looked at after the horizon.
        """
        with localcontext(NUMBERS):
            return self._whole(day, horizon) if self._program.is_whole else self._apart(day, horizon)

    def _whole(self, day: date, horizon: date) -> Sequence[tuple[SubjectOutcomes, ...]]:
        watch = Watch(day, horizon)
        record = replace(self._record, facts={**self._record.facts, TODAY: WatchedDay(watch)})
        self._found = self._program.code.instances(record)
        said = [self._read(group, plain=False) for group in self._program.groups]
        self.first, self.last = day, watch.until
        return said

    def _apart(self, day: date, horizon: date) -> Sequence[tuple[SubjectOutcomes, ...]]:
        program, watches = self._program, self._watches
        is_new = self._found is None
        if self._found is None:
            self._found = program.code.instances(self._record)
        changed, first, last = 0, date.min, date.max
        for i, step in enumerate(program.steps):
            watch = watches[i]
            if not watch.day <= day <= watch.until or step.needs & changed or self._moves >> i & 1:
                watch = watches[i] = Watch(day, horizon)
                changed |= self._run(i, step, watch) << i
            if watch.day > first:
                first = watch.day
            if watch.until < last:
                last = watch.until
        self.first, self.last = first, last
        if changed or is_new:
            again = [i for i, group in enumerate(program.groups) if is_new or group.needs & changed]
            self._said = self._read_again(again) if again else self._said
        return self._said

    def _read_again(self, groups: Sequence[int]) -> Sequence[tuple[SubjectOutcomes, ...]]:
        said = list(self._said)
        for i in groups:
            group = self._program.groups[i]
            said[i] = self._read(group, plain=not group.needs & self._moves)
        return said

    def _run(self, number: int, step: Step, watch: Watch) -> bool:
        """Runs a step for all its instances; returns whether a value is another one."""
        found, code = self.found, self._program.code
        root, at = found[self._program.root][0], self._program.today
        assert at is not None
        root.v[at] = WatchedDay(watch)
        is_same = stays = True
        start, end = step.start, step.end
        for row in found[step.entity] if step.entity in found else code.occasions(found, step.entity):
            values = row.v
            before, after = values[start:end], values[end:]
            del values[start:]
            step.run(row)
            now = values[start:]
            values += after
            if is_same and not (len(before) == len(now) and all(map(_is_same, before, now))):
                is_same = False
            if stays and not all(map(_stays, now)):
                stays = False
        if not stays:
            self._moves |= 1 << number
        elif self._moves >> number & 1:
            self._moves ^= 1 << number
        if not is_same:
            for entity in step.makes:
                found.pop(entity, None)
        return not is_same or not stays

    def _read(self, group: Group, *, plain: bool) -> tuple[SubjectOutcomes, ...]:
        """What a group of rules says; if not `plain`, days among its values may have to be followed."""
        assert self._found is not None
        said = tuple(map(group.read, self._program.code.occasions(self._found, group.entity)))
        return said if plain else tuple(map(_unwatched, said))


def _unwatched(said: SubjectOutcomes) -> SubjectOutcomes:
    outcomes = (
        each._replace(values={name: plain_day(value) for name, value in each.values.items()})
        for each in said.outcomes
    )
    return said._replace(outcomes=tuple(outcomes))


def _with_today(graph: Graph) -> Graph:
    """The graph with the day as a fact of the record, so that its code holds for every day."""
    vocabulary = graph.vocabulary
    declared = vocabulary.declarations
    root = declared.entities[vocabulary.root]
    root = replace(root, facts={**root.facts, TODAY: Fact(type="date", title=TODAY)})
    entities = {**declared.entities, vocabulary.root: root}
    asked = replace(vocabulary, declarations=replace(declared, entities=entities))
    return replace(graph, vocabulary=asked, _needs={})


def _apart(graph: Graph) -> Mapping[Key, object]:
    """The nodes that hinge on the day, each with what it is worked out together with: nodes that rest on the
    same ones that ask for the day, and each of these alone. Nothing where children rest on those before them.
    """
    late = hinging(graph)
    made = {(repeat.within, repeat.items) for repeat in graph.repeats.values()}
    orders = {(entity, name) for entity in graph.vocabulary.entities for name in graph.order_nodes(entity)}
    in_order = orders.union(*(each.keys for each in graph.sequences))
    if late & (in_order | (made & graph.inline)):
        return {}
    askers: dict[Key, frozenset[Key]] = {}
    for key in graph.order:
        if key in late:
            rests = [askers[need] for need in {*graph.needs(key), *reads(graph, key)} if need in askers]
            askers[key] = frozenset[Key]().union(*rests, [key] if _asks(graph, key) else [])
    return {key: (found, key if key in found else None) for key, found in askers.items()}


def _asks(graph: Graph, key: Key) -> bool:
    """Whether a node itself looks at the day, also where another one is worked out within it."""
    within = (need for need in graph.needs(key) if need in graph.inline)
    return TODAY in graph.nodes[key[0]][key[1]].words.names or any(_asks(graph, each) for each in within)


def _steps(code: Compiled, late: Collection[Key]) -> tuple[Step, ...]:
    """The steps that work out what hinges on the day, in order; none where they are not apart."""
    segments = code.segments[len(code.segments) - len(code.late_steps) :]
    if any(each.parts for each in segments):
        return ()
    numbers = {(each.entity, name): i for i, each in enumerate(segments) for name in each.names}
    steps = zip(segments, code.late_steps, strict=True)
    return tuple(_step(code, segment, run, numbers, i) for i, (segment, (_, run)) in enumerate(steps))


def _step(
    code: Compiled, segment: Segment, run: Callable[[Row], None], numbers: Mapping[Key, int], own: int
) -> Step:
    entity, graph = segment.entity, code.graph
    keys = [(entity, name) for name in segment.names]
    needs = _bits({numbers[need] for key in keys for need in reads(graph, key) if need in numbers} - {own})
    start = code.layouts[entity].index[segment.names[0]]
    made = [name for name, each in graph.repeats.items() if (each.within, each.items) in keys]
    below = [name for name in graph.repeats if not set(made).isdisjoint(graph.lineage(name))]
    return Step(entity, run, start, start + len(keys), needs, tuple(below))


def _read(graph: Graph, rule: Rule) -> Iterator[Key]:
    """The nodes that a rule is read off, and those that are read where one of them is worked out inline."""
    pending = [
        (owner[0], name) for name in read_by(rule) if (owner := graph.node(rule.entity, name)) is not None
    ]
    for within in graph.lineage(rule.entity):
        if within in graph.repeats:
            pending.append((graph.repeats[within].within, graph.repeats[within].items))
    while pending:
        key = pending.pop()
        if key in graph.inline:
            pending += reads(graph, key)
        yield key


def _bits(numbers: Iterable[int]) -> int:
    return sum({1 << number for number in numbers})


def _is_same(one: object, other: object) -> bool:
    """Whether a value came out as before, with the same digits; a day that is watched never does."""
    if one is other:
        return type(one) is not WatchedDay
    kind = type(one)
    if kind is not type(other):
        return False
    if kind in _SINGLE:
        return one == other and (kind is not Decimal or one.same_quantum(other))  # type: ignore[attr-defined]
    mine, theirs = _parts(one), _parts(other)
    return (
        mine is not None
        and theirs is not None
        and len(mine) == len(theirs)
        and all(map(_is_same, mine, theirs))
    )


def _stays(value: object) -> bool:
    """Whether a value is certain to hold no day that is watched."""
    if type(value) in _SINGLE or isinstance(value, Row):
        return True
    parts = _parts(value)
    return parts is not None and all(map(_stays, parts))


_SINGLE = frozenset({Decimal, str, bool, int, date, type(None), Unknown, Months, timedelta, FarDate})
"""The types of values that hold no other values, and no day that is watched."""


def _parts(value: object) -> Sequence[object] | None:
    """The values that a value holds; None for any other."""
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, Range):
        return value.low, value.high, value.low_closed, value.high_closed
    if isinstance(value, (dict, MappingProxyType)):
        return [*value.keys(), *value.values()]
    return None
