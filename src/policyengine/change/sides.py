"""One side of a comparison: a program on one day, compiled for the rules in question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from policyengine.change.daily import hinges_on_today
from policyengine.change.period import Days
from policyengine.change.slices import slice_of
from policyengine.change.states import ABSENT, VALUE, State, What, states
from policyengine.change.terms import DATES, TERMS, ChargeKey, Terms, terms_of
from policyengine.dataclass import dataclass
from policyengine.decision.findings import UNDETERMINED, Charge, Figure, Level
from policyengine.engine.rows.day_by_day import DailyProgram, RecordOnDays
from policyengine.engine.rows.engine import Compiled, compile_graph
from policyengine.engine.rows.outcomes import SubjectOutcomes
from policyengine.feel.values.values import Cause, Missing, Unknown
from policyengine.policy.rule import Choose, Const, Reading, Rule
from policyengine.program.graph import Graph, Key
from policyengine.program.record import Record

Who = tuple[str, str, int]
"""An entity, the path of the one that is judged, and a number where several have that path."""
Found = dict[tuple[Who, What], State]
Bill = dict[tuple[Who, ChargeKey], Terms]
Facts = dict[tuple[Who, ChargeKey], frozenset[str]]
_P = TypeVar("_P")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """Some rules of a program, compiled together; `names` are values of the root that they give besides."""

    compiled: Compiled
    names: tuple[str, ...] = ()

    def read(self, record: Record, found: Found, bill: Bill) -> dict[str, object]:
        """Adds findings and charges; returns the values of the root by name."""
        instances, subjects = self.compiled.read(record)
        _add_subjects(subjects, found, bill)
        root = instances[record.entity][0]
        return {name: root[name] for name in self.names}


_DAY = timedelta(days=1)
_AHEAD, _LONG = timedelta(days=400), timedelta(days=7)
"""So far ahead it is watched until when an answer holds: a period is a year most of the time. And how long an
answer holds so that the next one is asked for though nothing is due then.
"""


@dataclass(frozen=True, slots=True)
class DailyCode:
    """The charges that hinge on the day; `today` is the first one on which they are asked for."""

    program: DailyProgram
    today: date

    def read(self, record: Record, bill: Bill) -> None:
        """Adds the charges of a record, each with what the program says of it on any other day."""
        there = _Bills(self.program.on_days(record)).on

        def ask(key: tuple[Who, ChargeKey]) -> Callable[[date], tuple[Terms | None, Days]]:
            def asked(day: date) -> tuple[Terms | None, Days]:
                days, said = there(day)
                return said.get(key), days

            return asked

        for key, terms in there(self.today)[1].items():
            bill[key] = terms._replace(ask=ask(key))


class _Bills:
    """The charges of a record on any day, worked out once for all days on which they are the same."""

    def __init__(self, days: RecordOnDays) -> None:
        self._days = days
        self._known: list[tuple[Days, Bill]] = []
        self._said: Sequence[tuple[SubjectOutcomes, ...]] = ()

    def on(self, day: date) -> tuple[Days, Bill]:
        """The charges on a day, and on which days they are the same.

        Days are asked for one stretch after another; where a stretch is short, the next ones are left out.
        """
        known = next((each for each in reversed(self._known) if day in each[0]), None)
        while known is None:
            earlier = (days for days, _ in self._known if days.last < day)
            near = max(earlier, key=lambda days: days.last, default=None)
            is_long = near is not None and near.last - near.first >= _LONG
            found = self._asked(near.last + _DAY if is_long and near is not None else day)
            known = found if day in found[0] else None
        return known

    def _asked(self, day: date) -> tuple[Days, Bill]:
        said = self._days.on(day, day + min(_AHEAD, date.max - day))
        on = Days(self._days.first, self._days.last)
        last = self._known[-1] if self._known else None
        if last is not None and said is self._said:
            if last[0].last + _DAY == on.first:
                self._known.pop()
                on = Days(last[0].first, on.last)
            self._known.append((on, last[1]))
            return self._known[-1]
        bill: Bill = {}
        for group in said:
            _add_subjects(group, {}, bill)
        self._said = said
        self._known.append((on, bill))
        return self._known[-1]


@dataclass(frozen=True, slots=True)
class Side:
    """Computes findings and charges of one program on a day.

    `own` are its rules but for those `gated`, which another program has too and which differ only in values
    of the root: a record for which these are equal has the same findings in both. `daily` computes the
    charges that hinge on the day: each payment is what the program says on its due date.
    """

    own: CompiledRules | None = None
    gated: CompiledRules | None = None
    daily: DailyCode | None = None

    def read(self, record: Record, found: Found, bill: Bill) -> dict[str, object]:
        """Adds all findings and charges but the gated ones; returns the values of the root by name."""
        values = {} if self.own is None else self.own.read(record, found, bill)
        if self.daily is not None:
            self.daily.read(record, bill)
        return values

    def read_gated(self, record: Record, found: Found, bill: Bill) -> dict[str, object]:
        """Adds the gated findings and charges; returns further values of the root."""
        return {} if self.gated is None else self.gated.read(record, found, bill)

    def facts_for(self, record: Record) -> Facts:
        """The missing facts, as `entity.fact`, that keep charges undetermined; else a sentence."""
        causes: Facts = {}
        codes = [(rules.compiled.graph, rules.compiled.instances(record)) for rules in self._charging()]
        if self.daily is not None:
            days = self.daily.program.on_days(record)
            days.on(self.daily.today, self.daily.today)
            codes.append((self.daily.program.code.graph, days.found))
        for graph, instances in codes:
            for rule in (each for each in graph.rules if each.finding is Charge):
                part = ChargeKey(rule.origin.policy, rule.origin.id)
                for instance in instances.get(rule.entity, ()):
                    status, subject = instance[rule.status], instance.subject
                    why = (
                        frozenset(map(_cause, status.causes)) if isinstance(status, Unknown) else frozenset()
                    )
                    _add(causes, (subject.entity, subject.path), part, why)
        return causes

    def _charging(self) -> Iterator[CompiledRules]:
        for rules in (self.own, self.gated):
            if rules is not None and any(rule.finding is Charge for rule in rules.compiled.graph.rules):
                yield rules


def _add_subjects(subjects: Iterable[SubjectOutcomes], found: Found, bill: Bill) -> None:
    for subject, outcomes, values, undecided in subjects:
        who = (subject.entity, subject.path)
        for outcome in outcomes:
            if outcome.section == Charge.section:
                _add(bill, who, ChargeKey(outcome.policy, outcome.id), terms_of(outcome))
            else:
                for what, state in states(outcome):
                    _add(found, who, what, state)
        for name, value in values.items():
            state = value if isinstance(value, Decimal) else str(value)
            if value is None:
                state = UNDETERMINED if name in undecided else ABSENT
            _add(found, who, What(Figure.section, subject.entity, name, VALUE), state)


def _add(found: dict[tuple[Who, _P], _V], who: tuple[str, str], part: _P, value: _V) -> None:
    """Adds what is found for a subject; keys are unique within their parent only, so several may have one."""
    number = 0
    while ((*who, number), part) in found:
        number += 1
    found[(*who, number), part] = value


def _cause(cause: Cause) -> str:
    return f"{cause.entity}.{cause.fact}" if isinstance(cause, Missing) else cause.sentence


def side_of(
    graph: Graph, day: date, rules: Iterable[Rule], shown: Iterable[Key] = (),
    gated: Sequence[Rule] = (), names: Iterable[str] = (), *, first: bool = True,
) -> Side:  # fmt: skip
    """Compiles one side for the given rules and derived facts; it gives the values `names` of the root.

    With `first` it gives them before the gated findings are read.
    """
    shown, names = list(shown), tuple(sorted(names))
    own, daily = list[Rule](), list[Rule]()
    for rule in rules:
        (daily if rule.finding is Charge and hinges_on_today(graph, rule) else own).append(rule)
    with_gated = not first and not own and not shown and bool(gated)
    return Side(
        None if with_gated else _compiled(graph, own, day, shown, names),
        _compiled(graph, gated, day, (), names if with_gated else ()),
        _daily(graph, daily, day) if daily else None,
    )


def _compiled(
    graph: Graph, rules: Iterable[Rule], day: date, shown: Iterable[Key], names: tuple[str, ...]
) -> CompiledRules | None:
    """The code for some rules; of a charge without its next due date, which follows from the first one."""
    read = [replace(rule, fields=_without_next(rule)) if rule.finding is Charge else rule for rule in rules]
    kept = [(graph.vocabulary.root, name) for name in names]
    part = slice_of(graph, read, shown, kept)
    return CompiledRules(compile_graph(part, day), names) if read or shown or kept else None


def _without_next(rule: Rule) -> dict[str, Reading]:
    return {name: reading for name, reading in rule.fields.items() if name != "next_due_on"}


def _daily(graph: Graph, rules: Sequence[Rule], day: date) -> DailyCode:
    return DailyCode(DailyProgram(slice_of(graph, [bare(rule) for rule in rules]), day), day)


def bare(rule: Rule) -> Rule:
    """The rule of a charge with its terms alone; it tells its due dates also while it does not apply."""
    known = {name: reading for name, reading in rule.fields.items() if name in TERMS}
    dates = {
        name: reading.otherwise
        for name, reading in known.items()
        if name in DATES and isinstance(reading, Choose)
    }
    return replace(rule, fields={**known, **dates})


def ranks_of(graphs: Iterable[Graph]) -> Mapping[str, Mapping[str, int]]:
    """The rank of each level by policy, the lowest level first; later graphs override earlier ones."""
    found: dict[str, dict[str, int]] = {}
    for graph in graphs:
        for policy, titles in level_titles(graph).items():
            found[policy] = {**found.get(policy, {}), **{level: i for i, level in enumerate(titles)}}
    return found


def level_titles(graph: Graph) -> dict[str, dict[str, str]]:
    """The titles of the levels by policy, the lowest level first."""
    found: dict[str, dict[str, str]] = {}
    for rule in (each for each in graph.rules if each.finding is Level):
        reading = rule.fields.get("level_title")
        if isinstance(reading, Choose):
            found[rule.origin.policy] = {
                level: str(each.value) for level, each in reading.cases.items() if isinstance(each, Const)
            }
    return found
