"""The sides of a comparison: what versions of a program say of a record, on one day and on later ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from policyengine.change.joint_graph import JointGraph
from policyengine.change.joint_sides import JointSides, Version
from policyengine.change.period import Days
from policyengine.change.slices import Marks
from policyengine.change.states import ABSENT, VALUE, State, What, states
from policyengine.change.terms import ChargeKey, Later, Terms, terms_of
from policyengine.decision.findings import UNDETERMINED, Charge, Figure, Level
from policyengine.engine.rows.day_by_day import Said
from policyengine.engine.rows.outcomes import SubjectOutcomes
from policyengine.feel.values.values import Cause, Missing, Unknown
from policyengine.policy.rule import Choose, Const
from policyengine.program.graph import Graph
from policyengine.program.record import Record

Who = tuple[str, str, int]
"""An entity, the path of the one that is judged, and a number where several have that path."""
Found = dict[tuple[Who, What], State]
Billed = tuple[Who, ChargeKey]
Bill = dict[Billed, Terms]
Facts = dict[Billed, frozenset[str]]
_P = TypeVar("_P")
_V = TypeVar("_V")
_DAY = timedelta(days=1)
_AHEAD, _LONG = timedelta(days=400), timedelta(days=7)
"""So far ahead it is watched until when an answer holds: a period is a year most of the time. And how long an
answer holds so that the next one is asked for though nothing is due then.
"""


class Stretch(NamedTuple):
    """Days on which all versions say the same, the versions whose gate is open, and what groups find."""

    days: Days
    open: int
    found: Sequence[tuple[Found, Bill]]


class RecordSides:
    """What the versions say of one record."""

    def __init__(self, sides: JointSides, record: Record) -> None:
        self._sides = sides
        self._days = sides.program.on_days(record)
        self._known: list[Stretch] = []
        self._bill: Bill = {}
        self._said: Sequence[Said] = [()] * len(sides.groups)
        self.opened = 0  # a bit for each version whose gate is open on a day that was asked for
        self.first = self.on(sides.day)

    def groups(self, version: int, at: Stretch | None = None) -> tuple[int, ...]:
        """The groups that a version is read off, on the first day or in a stretch."""
        side = self._sides.sides[version]
        return side.open if (at or self.first).open >> version & 1 else side.closed

    def on(self, day: date) -> Stretch:
        """What is said on a day, and on which days it is the same.

        Days are asked for one stretch after another; where a stretch is short, the next ones are left out.
        """
        known = next((each for each in reversed(self._known) if day in each.days), None)
        while known is None:
            earlier = (each.days for each in self._known if each.days.last < day)
            near = max(earlier, key=lambda days: days.last, default=None)
            is_long = near is not None and near.last - near.first >= _LONG
            found = self._asked(near.last + _DAY if is_long and near is not None else day)
            known = found if day in found.days else None
        return known

    def _asked(self, day: date) -> Stretch:
        days = self._days
        said = days.on(day, day + min(_AHEAD, date.max - day))
        on = Days(days.first, days.last)
        last = self._known[-1] if self._known else None
        if last is not None and said is self._said and days.open == last.open:
            if last.days.last + _DAY == on.first:
                self._known.pop()
                on = Days(last.days.first, on.last)
            self._known.append(last._replace(days=on))
            return self._known[-1]
        before, called = self._said, self._sides.called
        held = [({}, {})] * len(said) if last is None else last.found
        self.opened |= days.open
        self._known.append(Stretch(on, days.open, [
            held[i] if each is before[i] and last is not None
            else findings(each, called[self._sides.groups[i].part])
            for i, each in enumerate(said)
        ]))  # fmt: skip
        self._said = said
        return self._known[-1]

    # Charges

    def bill(self, version: int, days: Days, like: Bill | None = None) -> Bill:
        """The charges of a version on the first day; those that hinge on the day tell what holds on others.

        A charge that is as in the bill `like` is the same object, and so is one that is as the first version
        says on all of some days; that one is asked for first.
        """
        found: Bill = {}
        first = self.groups(0) if version and not self.opened >> version & 1 else ()
        for i in self.groups(version):
            own = self.first.found[i][1]
            if not self._sides.groups[i].is_daily:
                found.update((key, _as_in(like or {}, key, terms)) for key, terms in own.items())
            elif i in first:
                found.update((key, self._bill[key]) for key in own)
            else:
                found.update(
                    (key, terms._replace(ask=self._later(version, key))) for key, terms in own.items()
                )
        if not version:
            self._bill = found
            for terms in found.values():
                terms.runs(days)  # so that it is known which gates open on these days
        return found

    def _later(self, version: int, key: Billed) -> Later:
        side = self._sides.sides[version]

        def on(day: date) -> tuple[Terms | None, Days]:
            at = self.on(day)
            groups = side.open if at.open >> version & 1 else side.closed
            return next((at.found[i][1][key] for i in groups if key in at.found[i][1]), None), at.days

        return Later(on)

    # Findings

    def found(self, version: int) -> Found:
        """The findings of a version on the first day, but for charges."""
        return {key: state for i in self.groups(version) for key, state in self.first.found[i][0].items()}

    def missing(self, version: int) -> Facts:
        """The missing facts, as `entity.fact`, that keep charges undetermined; else a sentence."""
        if self._sides.program.is_daily:
            self._days.on(self._sides.day, self._sides.day)  # it may have been asked for later ones
        causes: Facts = {}
        for group in (self._sides.groups[i] for i in self.groups(version)):
            for rule in (each for each in group.rules if each.finding is Charge):
                part = ChargeKey(rule.origin.policy, rule.origin.id)
                for instance in self._days.found.get(rule.entity, ()):
                    status, subject = instance[rule.status], instance.subject
                    why = (
                        frozenset(map(_cause, status.causes)) if isinstance(status, Unknown) else frozenset()
                    )
                    _add(causes, (subject.entity, subject.path), part, why)
        return causes


def _as_in(like: Bill, key: Billed, terms: Terms) -> Terms:
    """The same charge of another bill, if it is the same in everything."""
    other = like.get(key)
    return other if other is not None and other.ask is None and _is_same(terms, other) else terms


def _is_same(one: Terms, other: Terms) -> bool:
    if one is other:
        return True
    net, its = one.net, other.net
    digits = not isinstance(net, Decimal) or not isinstance(its, Decimal) or net.same_quantum(its)
    return one == other and type(net) is type(its) and digits


def findings(
    said: Iterable[SubjectOutcomes], called: Mapping[str, str] = MappingProxyType({})
) -> tuple[Found, Bill]:
    """What is found in outcomes; figures have the names that they have in their version."""
    found: Found = {}
    bill: Bill = {}
    for subject, outcomes, values, undecided in said:
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
            what = What(Figure.section, subject.entity, called.get(name, name), VALUE)
            _add(found, who, what, state)
    return found, bill


def _add(found: dict[tuple[Who, _P], _V], who: tuple[str, str], part: _P, value: _V) -> None:
    """Adds what is found for a subject; keys are unique within their parent only, so several may have one."""
    number = 0
    while ((*who, number), part) in found:
        number += 1
    found[(*who, number), part] = value


def _cause(cause: Cause) -> str:
    return f"{cause.entity}.{cause.fact}" if isinstance(cause, Missing) else cause.sentence


# All versions


class Sides:
    """The versions of a comparison: the old one, the new one, and the old one with single changes.

    A `new` version that reads records otherwise stands alone, and gets the record as it reads it.
    """

    def __init__(self, marks: Marks, versions: Sequence[Version], day: date) -> None:
        joints: list[tuple[JointGraph, list[int]]] = []
        reading = [each.graph.vocabulary for each in versions]
        for i, version in enumerate(versions):
            joined = (
                each
                for each in joints
                if each[1][0] != NEW
                and reading[each[1][0]].reads_alike(reading[i])
                and each[0].add(version.graph)
            )  # fmt: skip
            held = next(joined, None)
            if held is None:
                held = JointGraph(marks, version.graph), []
                joints.append(held)
            held[1].append(i)
        self.joints = [JointSides(marks, joint, [versions[i] for i in some], day) for joint, some in joints]
        self._places = {i: (n, some.index(i)) for n, (_, some) in enumerate(joints) for i in some}
        self._takes_new = [NEW in some and OLD not in some for _, some in joints]

    def on(self, old: Record, new: Record) -> list[tuple[RecordSides, int]]:
        """What they say of a record: where to ask, and by which number."""
        asked = [
            RecordSides(joint, new if takes_new else old)
            for joint, takes_new in zip(self.joints, self._takes_new, strict=True)
        ]
        return [(asked[self._places[i][0]], self._places[i][1]) for i in range(len(self._places))]


OLD, NEW = 0, 1
"""The numbers of the two versions that are compared."""


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
