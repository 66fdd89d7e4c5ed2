"""What a program says of one record on many days: only what can be different on another day is worked out.

The nodes that hinge on the day are worked out apart from the others, in steps that each have a `Watch`: it
tells until when the answer of a step holds. On another day a step is run again if that day lies outside, or
if a step that it reads has changed. What comes to the same changes nothing further on. Plans and forecasts
of the real programmes take a third of the time that they take with a whole evaluation for each such day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import getcontext, setcontext

from policyengine.dataclass import dataclass
from policyengine.engine.rows.day_steps import (
    TODAY,
    Branch,
    Part,
    Step,
    apart,
    bits,
    branched,
    read_as_one,
    read_off,
    steps_of,
    with_inline,
)
from policyengine.engine.rows.day_values import ALWAYS, DAY, NEVER, Calendar, all_stay, are_alike, unwatched
from policyengine.engine.rows.engine import Compiled, Found
from policyengine.engine.rows.outcomes import OutcomeReaders, ReadOutcomes, SubjectOutcomes
from policyengine.feel.limits import NUMBERS
from policyengine.feel.values.watched_day import Watch, WatchedDay
from policyengine.policy.facts import Fact
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph, Key
from policyengine.program.record import Record


@dataclass(frozen=True, slots=True)
class Group:
    """Rules of an entity whose findings are read together, off the steps for which `needs` has a bit.

    `part` is the number of the part that they belong to.
    """

    entity: str
    read: ReadOutcomes
    needs: int
    part: int
    is_daily: bool
    branches: int
    rules: Sequence[Rule]


Said = tuple[SubjectOutcomes, ...]
"""What is said of all instances of an entity."""


class DailyProgram:
    """The code of some rules for any day, or for one day if no part is daily.

    These are all rules of a graph where no parts are named.
    """

    def __init__(
        self, graph: Graph, day: date, parts: Sequence[Part] = (), branches: Sequence[Branch] = ()
    ) -> None:
        parts = parts or [Part(graph.rules)]
        self.is_daily = any(part.is_daily for part in parts)
        asked = _with_today(graph) if self.is_daily else graph
        late = apart(asked, self.is_daily, branched(asked, parts, branches))
        self.code = Compiled(asked, day, late)
        self.steps = steps_of(self.code, late)
        self.is_whole = not self.steps or any(step.needs >> i for i, step in enumerate(self.steps))
        if self.is_whole:  # what hinges on the day is worked out with all the rest
            self.code, self.steps = Compiled(asked, day), ()
        self.groups = tuple(self._groups(parts))
        self.root = graph.vocabulary.root
        index = self.code.layouts[self.root].index
        self.today = index.get(TODAY)
        self.branches = [[(index[one], index[other]) for one, other in pairs] for pairs in branches]
        self.daily_steps = self._daily_steps()
        every = range(len(self.steps))
        self.passes = [self._passes(every), self._passes(self.daily_steps)]
        self.room = Counter[str]()
        for step in self.steps:
            if step.entity not in graph.repeats:
                self.room[step.entity] += step.end - step.start

    def on_days(self, record: Record) -> RecordOnDays:
        """What it says of a record, on any day."""
        return RecordOnDays(self, record)

    def _groups(self, parts: Sequence[Part]) -> Iterator[Group]:
        """The rules of each part by what they are read off, those of an entity together."""
        graph, readers = self.code.graph, OutcomeReaders(self.code.readings)
        numbers = {name: i for i, names in enumerate(self._names()) for name in names}
        for i, part in enumerate(parts):
            found: dict[tuple[str, int], tuple[list[Rule], list[str]]] = {}
            together: dict[object, int] = {}
            for rule in part.rules:
                needs = bits(numbers[key] for key in read_off(graph, rule) if key in numbers)
                together[read_as_one(rule)] = together.get(read_as_one(rule), 0) | needs
            for rule in part.rules:
                needs = together[read_as_one(rule)]
                found.setdefault((rule.entity, needs), ([], []))[0].append(rule)
            for entity, name in part.figures:
                needs = bits(numbers[key] for key in with_inline(graph, [(entity, name)]) if key in numbers)
                found.setdefault((entity, needs), ([], []))[1].append(name)
            for (entity, needs), (rules, names) in found.items():
                read = readers.reader(entity, names, rules)
                assert read is not None
                yield Group(entity, read, needs, i, part.is_daily, part.branches, rules)

    def _daily_steps(self) -> tuple[int, ...]:
        """The steps that groups are read off on every day, with those that they need."""
        gates = {at for pairs in self.branches for pair in pairs for at in pair}
        pending = [
            i for i, step in enumerate(self.steps)
            if any(group.is_daily and group.needs >> i & 1 for group in self.groups)
            or (step.entity == self.root and not gates.isdisjoint(range(step.start, step.end)))
        ]  # fmt: skip
        found = set[int]()
        while pending:
            i = pending.pop()
            if i not in found:
                found.add(i)
                made = self.steps[i].entity if self.steps[i].entity in self.code.graph.repeats else None
                pending += [
                    j for j, step in enumerate(self.steps)
                    if self.steps[i].needs >> j & 1 or step.entity == made
                ]  # fmt: skip
        return tuple(sorted(found)) if self.is_daily else ()

    def _passes(self, steps: Iterable[int]) -> tuple[Sequence[int], Sequence[int]]:
        """Those that always run, and those of branches."""
        steps = list(steps)
        return (
            [i for i in steps if not self.steps[i].branches],
            [i for i in steps if self.steps[i].branches],
        )

    def _names(self) -> Iterator[Sequence[Key]]:
        for step in self.steps:
            names = list(self.code.layouts[step.entity].index)[step.start : step.end]
            yield [(step.entity, name) for name in names]


class RecordOnDays:
    """The findings of one record, worked out for one day after another.

    `last` is the last day for which all that was said last holds. `open` has a bit for each branch that is
    open then.
    """

    def __init__(self, program: DailyProgram, record: Record) -> None:
        self._program = program
        self._record = record
        self._watches = [NEVER] * len(program.steps)
        self._moves = 0  # a bit for every step whose values move with the day
        self._said: Sequence[Said] = [()] * len(program.groups)
        self._found: Found | None = None
        self._whole_on = self.last = date.min
        self.open = 0

    @property
    def found(self) -> Found:
        """The instances as they are on the day that was asked for last."""
        assert self._found is not None
        return self._found

    @property
    def first(self) -> date:
        """The first day for which all that was said last holds."""
        if self._program.is_whole:
            return self._whole_on
        return max([each.day for each in self._held()], default=date.min)

    def on(self, day: date, horizon: date) -> Sequence[Said]:
        """What each group of rules says on a day: the same object as before where nothing is different.

        Nothing is looked at after the horizon. A group of branches that are not open says nothing, one that
        is not daily what it said on the first day.
        """
        before = getcontext()
        setcontext(NUMBERS)
        try:
            return self._whole(day, horizon) if self._program.is_whole else self._apart(day, horizon)
        finally:
            setcontext(before)

    def _whole(self, day: date, horizon: date) -> Sequence[Said]:
        watch, program, is_new = Watch(day, horizon), self._program, self._found is None
        record = self._record
        if program.is_daily:
            record = replace(record, facts={**record.facts, TODAY: WatchedDay(watch)})
        self._found = program.code.instances(record)
        self._branch()
        self._say(is_new, -1)
        self._whole_on, self.last = day, watch.until
        return self._said

    def _apart(self, day: date, horizon: date) -> Sequence[Said]:
        program, is_new = self._program, self._found is None
        if self._found is None:
            self._found = program.code.instances(self._record)
            for entity, room in program.room.items():
                for row in self._found[entity]:
                    row.v += (None,) * room
        always, branched = program.passes[not is_new]
        changed = self._work_out(always, day, horizon, 0)
        if program.branches and (changed or is_new):
            self._branch()
        if branched:
            changed = self._work_out(branched, day, horizon, changed)
        if is_new or changed or program.branches:
            self._say(is_new, changed)
        self.last = min([each.until for each in self._held()], default=date.max)
        return self._said

    def _held(self) -> list[Watch]:
        """The watches of the steps that tell of every day."""
        watches = self._watches
        return [watch for i in self._program.daily_steps if (watch := watches[i]) is not NEVER]

    def _work_out(self, steps: Iterable[int], day: date, horizon: date, changed: int) -> int:
        """Runs the steps whose answers may be others; returns a bit for each one that has changed."""
        watches, every = self._watches, self._program.steps
        for i in steps:
            step, watch = every[i], watches[i]
            if step.branches and not step.branches & self.open:
                watches[i] = NEVER
            elif not watch.day <= day <= watch.until or step.needs & changed or self._moves >> i & 1:
                watches[i] = Watch(day, horizon)
                changed |= self._run(i, step) << i
        return changed

    def _branch(self) -> None:
        """Tells which branches are open: those of which two nodes of the root differ."""
        self.open, values = 0, self.found[self._program.root][0].v
        for i, pairs in enumerate(self._program.branches):
            if any(values[one] is not values[other] and values[one] != values[other] for one, other in pairs):
                self.open |= 1 << i

    def _say(self, is_new: bool, changed: int) -> None:
        """Reads the groups again for which steps have changed."""
        said: list[Said] | None = None
        for i, group in enumerate(self._program.groups):
            before = self._said[i]
            if not (is_new or group.is_daily):
                found = before
            elif group.branches and not group.branches & self.open:
                found = ()
            elif is_new or changed < 0 or group.needs & changed or (group.branches and not before):
                found = self._read(group)
            else:
                found = before
            if found is not before:
                said = list(self._said) if said is None else said
                said[i] = found
        self._said = self._said if said is None else said

    def _run(self, number: int, step: Step) -> bool:
        """Runs a step for all its instances; returns whether a value is another one."""
        found, program, watch = self.found, self._program, self._watches[number]
        if step.by_day is not None:
            known = self._look_up(number, step, step.by_day)
            if known is not None:
                return self._is_new(step, known)
        if program.today is not None and step.hinges:
            found[program.root][0].v[program.today] = WatchedDay(watch)
        is_same = stay = True
        start, end, run = step.start, step.end, step.run
        for row in found[step.entity] if step.entity in found else program.code.occasions(found, step.entity):
            values = row.v
            before, after = values[start:end], values[end:]
            del values[start:]
            run(row)
            now = values[start:]
            if after:
                values += after
            is_same = is_same and are_alike(before, now)
            stay = stay and all_stay(now)
        if not stay:
            self._moves |= 1 << number
        elif self._moves >> number & 1:
            self._moves ^= 1 << number
        if not step.hinges:
            self._watches[number] = ALWAYS
        return self._is_new(step, is_same) or not stay

    def _is_new(self, step: Step, is_same: bool) -> bool:
        """Whether a step has changed; computed instances are then made anew."""
        for entity in () if is_same else step.makes:
            self.found.pop(entity, None)
        return not is_same

    def _look_up(self, number: int, step: Step, by_day: Calendar) -> bool | None:
        """Takes the values of a step from its calendar; returns whether they are as before.

        None where no calendar can hold them, since they move with the day.
        """
        values, watch = self.found[self._program.root][0].v, self._watches[number]
        known = by_day.on(watch.day) or self._learned(step, by_day, watch)
        if known is None:
            return None
        days, now = known
        before = values[step.start : step.end]
        values[step.start : step.end] = now
        self._watches[number] = Watch(days.day, min(days.until, watch.until))
        return are_alike(before, now)

    def _learned(self, step: Step, by_day: Calendar, watch: Watch) -> tuple[Watch, list[object]] | None:
        """Adds what a step gives from a day on until it gives something else."""
        root, at = self.found[self._program.root][0], self._program.today
        assert at is not None
        kept, day, first = list(root.v), watch.day, None
        while True:
            days = Watch(day, watch.until)
            root.v[at] = WatchedDay(days)
            del root.v[step.start :]
            step.run(root)
            now = root.v[step.start :]
            root.v[step.start :] = kept[step.start :]
            if not all_stay(now):
                return None
            by_day.add(days, now)
            first = now if first is None else first
            if days.until >= watch.until or not are_alike(first, now):
                return by_day.on(watch.day)
            day = days.until + DAY

    def _read(self, group: Group) -> Said:
        """What a group of rules says; days among its values are plain."""
        assert self._found is not None
        said = tuple(map(group.read, self._program.code.occasions(self._found, group.entity)))
        is_plain = not (self._program.is_whole or group.needs & self._moves)
        return said if is_plain or not self._program.is_daily else tuple(map(unwatched, said))


def _with_today(graph: Graph) -> Graph:
    """The graph with the day as a fact of the record, so that its code holds for every day."""
    vocabulary = graph.vocabulary
    declared = vocabulary.declarations
    root = declared.entities[vocabulary.root]
    root = replace(root, facts={**root.facts, TODAY: Fact(type="date", title=TODAY)})
    entities = {**declared.entities, vocabulary.root: root}
    asked = replace(vocabulary, declarations=replace(declared, entities=entities))
    return replace(graph, vocabulary=asked, _needs={})
