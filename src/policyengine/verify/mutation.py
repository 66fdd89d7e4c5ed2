"""Mutation testing of policies: the mutants that the tests notice, and a test for each missed one.

`check` notices a mutant that does not compile. A mutant that is proved equivalent on every day is not a
mistake and does not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from datetime import date
from typing import Literal

from policyengine.analysis.value_numbering import Canon, Forms
from policyengine.analysis.witness import NotDecided, Witness, find_witness
from policyengine.dataclass import dataclass
from policyengine.decision.findings import SECTIONS
from policyengine.engine.rows import Engine
from policyengine.program import load as loading
from policyengine.program.graph import Key
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.program.versions import turning_points
from policyengine.source import Source, Span
from policyengine.text.document import Mapping, Node
from policyengine.text.document import Sequence as SequenceNode
from policyengine.verify.coverage import Goals
from policyengine.verify.expectation_shape import VALUES
from policyengine.verify.mutants import Mutant, mutants
from policyengine.verify.suggest import Suggestion, suggestion
from policyengine.verify.suite import Ready, notices, run

State = Literal["noticed", "refused", "missed", "open", "same"]
"""By a test; by `check`; by nothing, with a witness or without; or there is nothing to notice."""

_ALIKE = "all records are treated alike"
_UNSEEN = "no decision shows it"
_LIMIT = 1500
"""How many records are tried to tell a mutant from its program."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for a mutant: `by` is the test that notices it, `reason` why its effect is unknown."""

    mutant: Mutant
    state: State
    by: str = ""
    reason: str = ""
    suggestion: Suggestion | None = None


@dataclass(frozen=True, slots=True)
class Mutation:
    """The results for all mutants of a program."""

    program: str
    verdicts: tuple[Verdict, ...]

    def count(self, *states: State) -> int:
        """The number of mutants with one of these results."""
        return sum(verdict.state in states for verdict in self.verdicts)

    @property
    def noticed(self) -> int:
        """The number of mutants noticed by a test or by `check`."""
        return self.count("noticed", "refused")

    @property
    def total(self) -> int:
        """The number of mutants that can be noticed."""
        return len(self.verdicts) - self.count("same")

    @property
    def missed(self) -> tuple[Verdict, ...]:
        """The mutants that nothing notices."""
        return tuple(verdict for verdict in self.verdicts if verdict.state in ("missed", "open"))


Told = Callable[[int, int], None]
"""Is told how many mutants are judged, and of how many."""


def mutate(
    program: Program, sources: Sequence[Source], tests: Sequence[Ready], told: Told = lambda done, total: None
) -> Mutation:
    """Runs the passing tests of a program on every mutant of it."""
    judge = _Judge.of(program, sources, tests)
    found = list(mutants(program, sources))
    verdicts = []
    for i, mutant in enumerate(found):
        told(i, len(found))
        verdicts.append(judge.judge(mutant))
    told(len(found), len(found))
    return Mutation(program.name, tuple(verdicts))


@dataclass(frozen=True, slots=True)
class _Tested:
    """A passing test, and what it depends on: nodes, lists of the decision; all if `wide`."""

    ready: Ready
    keys: frozenset[Key] = frozenset()
    sections: frozenset[str] = frozenset()
    wide: bool = True

    def may_notice(self, changed: _Changed) -> bool:
        """Whether the result may differ where this is what changes."""
        return self.wide or bool(self.keys & changed.keys or self.sections & changed.sections)


@dataclass(frozen=True, slots=True)
class _Changed:
    """What is different in a mutant on a day: nodes, and lists of the decision whose rules differ."""

    keys: frozenset[Key]
    sections: frozenset[str]


@dataclass(slots=True)
class _Mutated:
    """A mutant as a program on each day, loaded and compiled once."""

    name: str
    mutant: Mutant
    _days: dict[date, Program] = field(default_factory=dict)
    _engines: dict[date, Engine] = field(default_factory=dict)

    def on(self, day: date) -> Program:
        """The program on a day."""
        if day not in self._days:
            self._days[day] = _on(self._days.values(), day) or loading.load(
                self.name, self.mutant.sources, day
            )
        return self._days[day]

    def engine(self, day: date) -> Engine:
        """The engine of that program."""
        if day not in self._engines:
            self._engines[day] = Engine(self.on(day))
        return self._engines[day]


def _on(programs: Iterable[Program], day: date) -> Program | None:
    """The program on a day by one of those of other days, where the same versions are in force."""
    return next((found for each in programs if (found := each.on(day)) is not None), None)


@dataclass(slots=True)
class _Judge:
    program: Program
    sources: tuple[Source, ...]
    tests: tuple[_Tested, ...]
    noticed: list[int]
    _programs: dict[date, Program]
    _forms: Forms = field(default_factory=Forms)
    _canons: dict[int, Canon] = field(default_factory=dict)
    _places: dict[int, list[tuple[Span, Key]]] = field(default_factory=dict)

    @classmethod
    def of(cls, program: Program, sources: Sequence[Source], tests: Sequence[Ready]) -> _Judge:
        passing = [each for each in tests if each.run().status == "passed"]
        goals: dict[int, Goals] = {}
        tested = tuple(_tested(each, goals) for each in passing)
        programs = {each.program.as_of: each.program for each in passing}
        programs[program.as_of] = program
        return cls(program, tuple(sources), tested, [0] * len(tested), programs)

    def judge(self, mutant: Mutant) -> Verdict:
        """The result for a mutant."""
        mutated = _Mutated(self.program.name, mutant)
        if not mutated.on(self.program.as_of).ok:
            return Verdict(mutant, "refused", by="check")
        changed: dict[tuple[int, int], _Changed] = {}
        for i in self._likely_first(mutant):
            test = self.tests[i].ready
            day = test.program.as_of
            graphs = id(self._original(day).graph), id(mutated.on(day).graph)
            if graphs not in changed:
                changed[graphs] = self._changed(day, mutated.on(day))
            if self.tests[i].may_notice(changed[graphs]) and _notices(test, mutated):
                self.noticed[i] += 1
                return Verdict(mutant, "noticed", by=test.test.name)
        return self._missed(mutated)

    def _changed(self, day: date, new: Program) -> _Changed:
        """What is different on a day, by the numbers of nodes and rules: equal ones give equal values."""
        assert new.graph is not None
        old, canon = self._canon(day), Canon(new.graph, self._forms)
        keys = {*old.numbers, *canon.numbers}
        changed = frozenset(key for key in keys if old.numbers.get(key) != canon.numbers.get(key))
        return _Changed(changed, frozenset(_different(_rules(old), _rules(canon))))

    def _canon(self, day: date) -> Canon:
        graph = self._original(day).graph
        assert graph is not None
        if id(graph) not in self._canons:
            self._canons[id(graph)] = Canon(graph, self._forms)
        return self._canons[id(graph)]

    def _original(self, day: date) -> Program:
        """The program without a mistake on a day."""
        if day not in self._programs:
            found = _on(self._programs.values(), day)
            self._programs[day] = found or loading.load(self.program.name, self.sources, day)
        return self._programs[day]

    def _likely_first(self, mutant: Mutant) -> list[int]:
        """The tests, first those that check the changed part, and among these the most successful."""
        touched = set(self._touched(mutant))
        return sorted(
            range(len(self.tests)), key=lambda i: (not touched & self.tests[i].keys, -self.noticed[i], i)
        )

    def _touched(self, mutant: Mutant) -> Iterator[Key]:
        for span, key in self._spans():
            for edit in mutant.edits:
                if span.source is edit.at.source and span.start < edit.at.end and edit.at.start < span.end:
                    yield key

    def _spans(self) -> list[tuple[Span, Key]]:
        if 0 not in self._places:
            programs = {id(each.ready.program): each.ready.program for each in self.tests}
            self._places[0] = [
                (span, key)
                for program in programs.values()
                if program.graph is not None
                for key, node in program.graph.every_node()
                for span in (node.at, node.expression.span)
            ]
        return self._places[0]

    def _missed(self, mutated: _Mutated) -> Verdict:
        """A test that would notice the missed mutant."""
        mutant, reason, state = mutated.mutant, _ALIKE, "same"
        for day in self._days(mutated):
            old, new = self._original(day), mutated.on(day)
            if not old.ok or not new.ok:
                continue
            found = find_witness(old, new, limit=_LIMIT)
            if isinstance(found, NotDecided):
                state, reason = "open", found.reason
            elif isinstance(found, Witness):
                made = suggestion(mutant, old, new, found.record)
                if made is not None:
                    return Verdict(mutant, "missed", suggestion=made)
                reason = _UNSEEN
        return Verdict(mutant, "open" if state == "open" else "same", reason=reason)

    def _days(self, mutated: _Mutated) -> list[date]:
        """The day of the program, and the days on which a version begins or ends in either program."""
        day = self.program.as_of
        begins = {*turning_points(self.program.units, day), *turning_points(mutated.on(day).units, day)}
        return [day, *sorted(begins - {day})]


_PLACED = frozenset(("at", "because", "source", "unknown"))
"""What a change elsewhere may change in a finding: its place, and words."""


def _tested(ready: Ready, goals: dict[int, Goals]) -> _Tested:
    graph = ready.program.graph
    if graph is None or not isinstance(ready.record, Record):
        return _Tested(ready)
    if id(ready.program) not in goals:
        goals[id(ready.program)] = Goals.of(ready.program, graph)
    keys = goals[id(ready.program)].looked_at(ready, ready.record)
    nodes = (*ready.test.expect, *ready.test.exactly)
    names = {name for node in nodes for name in node.entries}
    within = {name for node in nodes for name in _names(node)}
    return _Tested(ready, keys, frozenset(names), bool(within & _PLACED or names - {*SECTIONS, VALUES}))


def _names(node: Node) -> Iterator[str]:
    """The keys of mappings, at any depth."""
    if isinstance(node, Mapping):
        for name, entry in node.entries.items():
            yield name
            yield from _names(entry.value)
    elif isinstance(node, SequenceNode):
        for item in node.items:
            yield from _names(item)


def _notices(test: Ready, mutated: _Mutated) -> bool:
    day = test.program.as_of
    if isinstance(test.record, Record):
        return notices(test.test, mutated.on(day), mutated.engine(day), test.record)
    return run(test.test, mutated.on(day), test.record, mutated.engine(day)).status != "passed"


def _rules(canon: Canon) -> dict[str, Counter[int]]:
    """The numbers of the rules of each list of a decision."""
    found: dict[str, Counter[int]] = {}
    for rule in canon.graph.rules:
        found.setdefault(rule.finding.section, Counter())[canon.rule(rule)] += 1
    return found


def _different(old: dict[str, Counter[int]], new: dict[str, Counter[int]]) -> Iterator[str]:
    yield from (name for name in {*old, *new} if old.get(name) != new.get(name))
