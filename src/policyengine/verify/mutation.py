"""Mutation testing of policies: the mutants that the tests notice, and a test for each missed one.

`check` notices a mutant that does not compile. A mutant that is proved equivalent on every day is not a
mistake and does not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from datetime import date
from typing import Literal

from policyengine.analysis.witness import NotDecided, Witness, find_witness
from policyengine.dataclass import dataclass
from policyengine.program import load as loading
from policyengine.program.graph import Key
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.program.versions import turning_points
from policyengine.source import Source, Span
from policyengine.verify.coverage import Goals
from policyengine.verify.mutants import Mutant, mutants
from policyengine.verify.suggest import Suggestion, suggestion
from policyengine.verify.suite import Ready, run

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
    judge = _Judge.of(program, tests)
    found = list(mutants(program, sources))
    verdicts = []
    for i, mutant in enumerate(found):
        told(i, len(found))
        verdicts.append(judge.judge(mutant))
    told(len(found), len(found))
    return Mutation(program.name, tuple(verdicts))


@dataclass(slots=True)
class _Judge:
    program: Program
    tests: tuple[Ready, ...]
    looked: tuple[frozenset[Key], ...]
    noticed: list[int]
    _places: dict[int, list[tuple[Span, Key]]] = field(default_factory=dict)

    @classmethod
    def of(cls, program: Program, tests: Sequence[Ready]) -> _Judge:
        passing = tuple(
            each for each in tests if run(each.test, each.program, each.record).status == "passed"
        )
        goals: dict[int, Goals] = {}
        looked = []
        for each in passing:
            graph = each.program.graph
            if graph is None or not isinstance(each.record, Record):
                looked.append(frozenset[Key]())
                continue
            if id(each.program) not in goals:
                goals[id(each.program)] = Goals.of(each.program, graph)
            looked.append(goals[id(each.program)].looked_at(each, each.record))
        return cls(program, passing, tuple(looked), [0] * len(passing))

    def judge(self, mutant: Mutant) -> Verdict:
        """The result for a mutant."""
        days: dict[date, Program] = {}

        def on(day: date) -> Program:
            if day not in days:
                days[day] = loading.load(self.program.name, mutant.sources, day)
            return days[day]

        if not on(self.program.as_of).ok:
            return Verdict(mutant, "refused", by="check")
        for i in self._likely_first(mutant):
            test = self.tests[i]
            if run(test.test, on(test.program.as_of), test.record).status != "passed":
                self.noticed[i] += 1
                return Verdict(mutant, "noticed", by=test.test.name)
        return self._missed(mutant, on)

    def _likely_first(self, mutant: Mutant) -> list[int]:
        """The tests, first those that check the changed part, and among these the most successful."""
        touched = set(self._touched(mutant))
        return sorted(
            range(len(self.tests)), key=lambda i: (not touched & self.looked[i], -self.noticed[i], i)
        )

    def _touched(self, mutant: Mutant) -> Iterator[Key]:
        for span, key in self._spans():
            for edit in mutant.edits:
                if span.source is edit.at.source and span.start < edit.at.end and edit.at.start < span.end:
                    yield key

    def _spans(self) -> list[tuple[Span, Key]]:
        if 0 not in self._places:
            programs = {id(each.program): each.program for each in self.tests}
            self._places[0] = [
                (span, key)
                for program in programs.values()
                if program.graph is not None
                for key, node in program.graph.every_node()
                for span in (node.at, node.expression.span)
            ]
        return self._places[0]

    def _missed(self, mutant: Mutant, on: Callable[[date], Program]) -> Verdict:
        """A test that would notice the missed mutant."""
        reason, state = _ALIKE, "same"
        for day in self._days(mutant, on):
            old, new = loading.load(self.program.name, mutant.original, day), on(day)
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

    def _days(self, mutant: Mutant, on: Callable[[date], Program]) -> list[date]:
        """The day of the program, and the days on which a version begins or ends in either program."""
        day = self.program.as_of
        others = {*turning_points(self.program.units, day), *turning_points(on(day).units, day)} - {day}
        return [day, *sorted(others)]
