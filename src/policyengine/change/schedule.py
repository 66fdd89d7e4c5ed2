"""The schedule of a comparison: the days on which two programs are evaluated, and what is evaluated.

Both programs are evaluated on the evaluation date and on every later day of the period on which a version of
a policy begins or ends. A finding counts once, on the first of these days on which the programs disagree. A
charge is due as the program of the last of these days on or before its due date says.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field
from datetime import date, timedelta
from functools import partial

from policyengine.analysis.value_numbering import closure
from policyengine.change.attribution import Cause
from policyengine.change.daily import hinges_on_today
from policyengine.change.independence import effects
from policyengine.change.period import Days
from policyengine.change.sides import Side, side_of
from policyengine.change.slices import Marks, derived, different, handed_down
from policyengine.change.terms import ChargeKey
from policyengine.dataclass import dataclass
from policyengine.decision.findings import Charge, Level
from policyengine.engine.rows.outcomes import read_by
from policyengine.feel.types.types import Number
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph, Key

OnDay = Callable[[date], Graph]
"""The graph of a program on a day."""


PartKey = tuple[str, str, str]
"""The section, the policy and the id of some rules that are one part of a program."""
Ruled = tuple[Graph, Sequence[Rule]]


def _part(rule: Rule) -> PartKey:
    return rule.finding.section, rule.origin.policy, rule.origin.id


def _same(marks: Marks, one: Ruled, other: Ruled) -> frozenset[PartKey]:
    """The parts that are worked out alike in two programs."""
    before, after = _marked(marks, one), _marked(marks, other)
    return frozenset(part for part, found in before.items() if after.get(part) == found)


def _marked(marks: Marks, ruled: Ruled) -> dict[PartKey, list[int]]:
    found: dict[PartKey, list[int]] = {}
    for rule in ruled[1]:
        found.setdefault(_part(rule), []).append(marks.rule(ruled[0], rule))
    return found


@dataclass(frozen=True, slots=True)
class Gate:
    """The parts below the root that two programs work out alike but for values of the root, `names`."""

    parts: frozenset[PartKey] = frozenset()
    names: tuple[str, ...] = ()

    @staticmethod
    def between(one: Ruled, other: Ruled) -> Gate:
        """The gate between some rules of two programs; empty where they have no such parts."""
        root = one[0].vocabulary.root
        if other[0].vocabulary.root != root:
            return Gate()
        sides = [(graph, [rule for rule in rules if _is_gated(graph, rule)]) for graph, rules in (one, other)]
        apart = {_part(rule) for graph, rules in (one, other) for rule in rules if not _is_gated(graph, rule)}
        parts = _same(Marks(root), *sides) - apart
        gate = Gate(parts)
        names = {name for graph, rules in sides for name in handed_down(graph, gate.inside(rules), root)}
        if any(name not in graph.nodes.get(root, {}) for graph, _ in sides for name in names):
            return Gate()
        return Gate(parts, tuple(sorted(names)))

    def inside(self, rules: Iterable[Rule]) -> list[Rule]:
        """The rules behind the gate."""
        return [rule for rule in rules if _part(rule) in self.parts]

    def outside(self, rules: Iterable[Rule]) -> list[Rule]:
        """The other rules."""
        return [rule for rule in rules if _part(rule) not in self.parts]


def _is_gated(graph: Graph, rule: Rule) -> bool:
    """Whether values of the root may be all that a rule differs in."""
    if rule.entity in graph.repeats or rule.entity == graph.vocabulary.root:
        return False
    return rule.finding is not Charge or not hinges_on_today(graph, rule)


@dataclass(frozen=True, slots=True)
class SingleChange:
    """The old program with one of the changes: the charges that it affects, and their amounts.

    `touched` are these charges with the number of the change; changes without a charge in common share a
    side. `as_new` are those of them that are as in the new program, which need not be computed again.
    """

    touched: Mapping[ChargeKey, int]
    side: Side
    as_new: frozenset[ChargeKey]
    gate: Gate


@dataclass(frozen=True, slots=True)
class DayRange:
    """A range of days in which both programs stay as they are on its first `day`; charges due in `days`
    count.

    `shared` computes what both programs find alike. `amounts` are the derived amounts of money that the two
    programs compute differently, by entity and name, with their currency; `billed` are those of them that a
    charge is worked out from, or that are worked out from one, with the charges that they are. `touching` are
    the numbers of the changes that touch each part.
    """

    day: date
    days: Days
    shared: Side
    old: Side
    new: Side
    gate: Gate
    single: tuple[SingleChange, ...] = ()
    amounts: Mapping[Key, str] = field(default_factory=dict)
    touching: Mapping[PartKey, Set[int]] = field(default_factory=dict)
    billed: Mapping[Key, frozenset[ChargeKey]] = field(default_factory=dict)


def stages(
    old: OnDay, new: OnDay, days: Days, turns: Sequence[date], causes: Sequence[Cause] = ()
) -> tuple[DayRange, ...]:
    """The intervals of a period; `turns` are the evaluation days, the evaluation date first.

    `causes` are the changes whose single effects are computed, in order.
    """
    marks = Marks()
    found = []
    for i, day in enumerate(turns):
        first = days.first if i == 0 else max(day, days.first)
        last = turns[i + 1] - timedelta(days=1) if i + 1 < len(turns) else days.last
        found.append(_stage(marks, old(day), new(day), day, Days(first, min(last, days.last)), causes))
    return tuple(found)


def _stage(marks: Marks, old: Graph, new: Graph, day: date, days: Days, causes: Sequence[Cause]) -> DayRange:
    facts = derived(marks, old, new), derived(marks, new, old)
    wanted = _wanted(marks, old, new), _wanted(marks, new, old)
    alike = old.vocabulary.reads_alike(new.vocabulary)
    shared = _same(marks, (old, wanted[0]), (new, wanted[1])) if alike else frozenset()
    one, other = ([rule for rule in rules if _part(rule) not in shared] for rules in wanted)
    gate = Gate.between((old, one), (new, other)) if alike else Gate()
    touching: dict[PartKey, set[int]] = {}
    singles = list(_singles(marks, old, new if alike else None, causes, day, touching))
    names = {*gate.names, *(name for single in singles for name in single.gate.names)}
    return DayRange(
        day,
        days,
        side_of(old, day, [rule for rule in wanted[0] if _part(rule) in shared]),
        side_of(old, day, gate.outside(one), facts[0], gate.inside(one), names, first=False),
        side_of(new, day, gate.outside(other), facts[1], gate.inside(other), gate.names),
        gate,
        tuple(singles),
        {**_amounts(old, facts[0]), **_amounts(new, facts[1])},
        touching,
        {**_billed(old, _amounts(old, facts[0])), **_billed(new, _amounts(new, facts[1]))},
    )


def _wanted(marks: Marks, graph: Graph, other: Graph) -> list[Rule]:
    """The rules that a comparison computes: those that differ, and all levels and charges."""
    changed = {id(rule) for rule in different(marks, graph, other)}
    return [rule for rule in graph.rules if rule.finding in (Level, Charge) or id(rule) in changed]


def _amounts(graph: Graph, shown: Iterable[Key]) -> dict[Key, str]:
    """The amounts of money among derived facts."""
    types = {key: graph.types.get(key) for key in shown}
    return {
        key: kind.currency
        for key, kind in types.items()
        if isinstance(kind, Number)
        and kind.unit == "money"
        and not kind.by  # else no sum of them means anything
    }


def _billed(graph: Graph, amounts: Iterable[Key]) -> dict[Key, frozenset[ChargeKey]]:
    """The amounts that a charge is worked out from, or that are worked out from one, and what they charge."""
    charges = _charges(graph.rules)
    owned = {(rule.entity, f"{rule.origin.policy}/{rule.origin.id}/net"): _charge(rule) for rule in charges}
    read = [
        (owner[0], name)
        for rule in charges for name in read_by(rule)
        if (owner := graph.node(rule.entity, name)) is not None
    ]  # fmt: skip
    behind = set(closure(graph, read))
    return {
        key: frozenset(owned[need] for need in graph.needs(key) if need in owned)
        for key in amounts
        if key in behind or not owned.keys().isdisjoint(closure(graph, [key]))
    }


def _singles(
    marks: Marks, before: Graph, new: Graph | None, causes: Sequence[Cause], day: date,
    touching: dict[PartKey, set[int]],
) -> Iterator[SingleChange]:  # fmt: skip
    """The effects of single changes; `new` is the new program, if it reads records as the old one does.

    Adds to `touching` the changes that touch each part.
    """
    graph, touched, done = _together(marks, before, causes, day, touching)
    if touched:
        yield _single(marks, graph, before, new, touched, day)
    known = _said(marks, before)
    for number, cause in enumerate(causes):
        made = cause.on(day) if number not in done else None
        if made is not None:
            said = _said(marks, made)
            parts = [part for part in {**known, **said} if known.get(part) != said.get(part)]
            for part in parts:
                touching.setdefault(part, set()).add(number)
            touched = {ChargeKey(*part[1:]): number for part in parts if part[0] == Charge.section}
            if touched:
                yield _single(marks, made, before, new, touched, day)


def _said(marks: Marks, graph: Graph) -> dict[PartKey, Hashable]:
    """What all parts of a program say: its rules, and the derived facts that decisions show."""
    nodes = marks.nodes(graph)
    shown = {("values", *key): nodes[key] for key, node in graph.every_node() if node.exported}
    return {**shown, **{part: tuple(each) for part, each in _marked(marks, (graph, graph.rules)).items()}}


def _single(
    marks: Marks, made: Graph, before: Graph, new: Graph | None, touched: Mapping[ChargeKey, int], day: date
) -> SingleChange:
    """What a program makes of some charges."""
    own, theirs = (
        (graph, [rule for rule in _charges(graph.rules) if _charge(rule) in touched])
        for graph in (made, before)
    )
    as_new = frozenset[ChargeKey]()
    if new is not None:
        mine, others = _marked(marks, own), _marked(marks, (new, _charges(new.rules)))
        parts = {key: (Charge.section, *key) for key in touched}
        as_new = frozenset(key for key, part in parts.items() if mine.get(part) == others.get(part))
    rules = [rule for rule in own[1] if _charge(rule) not in as_new]
    gate = Gate.between((made, rules), theirs)
    side = side_of(made, day, gate.outside(rules), (), gate.inside(rules), gate.names)
    return SingleChange(touched, side, as_new, gate)


def _together(
    marks: Marks, before: Graph, causes: Sequence[Cause], day: date, touching: dict[PartKey, set[int]]
) -> tuple[Graph, Mapping[ChargeKey, int], frozenset[int]]:
    """Of many changes those that touch no charge in common: a program with them, the number of the change
    that touches each charge, and the numbers of all of them; of few changes none.
    """
    numbers = [i for i, cause in enumerate(causes) if cause.stands_alone]
    changes = [causes[i].changes[0] for i in numbers]

    def said(graph: Graph) -> dict[PartKey, Hashable]:
        return {part: each for part, each in _said(marks, graph).items() if part[0] == Charge.section}

    made = causes[0].trials.on(day).evaluated if numbers else None
    found = effects(made, changes, before, said) if made is not None else None
    every = effects(made, changes, before, partial(_said, marks)) if made is not None else None
    if found is None or every is None:
        return before, {}, frozenset()
    for part, i in every.touched.items():
        touching.setdefault(part, set()).add(numbers[i])
    touched = {ChargeKey(*part[1:]): numbers[i] for part, i in found.touched.items() if i not in found.shared}
    return found.graph, touched, frozenset(n for i, n in enumerate(numbers) if i not in found.shared)


def _charge(rule: Rule) -> ChargeKey:
    return ChargeKey(rule.origin.policy, rule.origin.id)


def _charges(rules: Iterable[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.finding is Charge]


def turning_days(units: Iterable[PolicyDocument], as_of: date, last: date) -> tuple[date, ...]:
    """The evaluation date and every later day up to `last` on which a version begins or has ended.

    So do waivers within a version, and a version that moves what was there before it.
    """
    found = {as_of}
    for unit in units:
        start, end = unit.policy.from_, unit.policy.until_including
        found.update({start} if start else ())
        found.update({unit.policy.existing_from} if unit.policy.existing_from else ())
        found.update({end + timedelta(days=1)} if end is not None and end < date.max else ())
        found.update(unit.policy.turning_days())
    return tuple(sorted(day for day in found if as_of <= day <= max(last, as_of)))
