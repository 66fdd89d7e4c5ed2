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
from policyengine.change.independence import effects
from policyengine.change.joint_sides import Version
from policyengine.change.period import Days
from policyengine.change.sides import Sides
from policyengine.change.slices import Marks, PartKey, derived, different, marked
from policyengine.change.terms import ChargeKey
from policyengine.dataclass import dataclass
from policyengine.decision.findings import Charge, Figure, Level
from policyengine.engine.missing_facts import JudgedList, judged_lists
from policyengine.engine.rows.outcomes import read_by
from policyengine.feel.types.types import Number
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph, Key

OnDay = Callable[[date], Graph]
"""The graph of a program on a day."""


@dataclass(frozen=True, slots=True)
class DayRange:
    """A range of days in which both programs stay as they are on its first `day`; charges due in `days`
    count.

    `sides` are the two programs and after them the old one with single changes: `single` says which charges
    these affect, with the number of the change; changes without a charge in common share a side. `amounts`
    are the derived amounts of money that the two programs compute differently, by entity and name, with their
    currency; `billed` are those of them that a charge is worked out from, or that are worked out from one,
    with the charges that they are. `touching` are the numbers of the changes that touch each part;
    `differing` are the parts that the two programs work out differently. `listed` are the lists that charges
    of each program are about.
    """

    day: date
    days: Days
    sides: Sides
    single: tuple[Mapping[ChargeKey, int], ...] = ()
    amounts: Mapping[Key, str] = field(default_factory=dict)
    touching: Mapping[PartKey, Set[int]] = field(default_factory=dict)
    billed: Mapping[Key, frozenset[ChargeKey]] = field(default_factory=dict)
    differing: Set[PartKey] = frozenset()
    listed: tuple[Sequence[JudgedList], ...] = ((), ())


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
    touching: dict[PartKey, set[int]] = {}
    singles = list(_singles(marks, old, causes, day, touching))
    versions = [
        Version(old, _wanted(marks, old, new), sorted(facts[0])),
        Version(new, _wanted(marks, new, old), sorted(facts[1])),
        *(
            Version(made, [rule for rule in _charges(made.rules) if _charge(rule) in touched])
            for made, touched in singles
        ),
    ]
    return DayRange(
        day,
        days,
        Sides(marks, versions, day),
        tuple(touched for _, touched in singles),
        {**_amounts(old, facts[0]), **_amounts(new, facts[1])},
        touching,
        {**_billed(old, _amounts(old, facts[0])), **_billed(new, _amounts(new, facts[1]))},
        frozenset(_parts((*different(marks, old, new), *different(marks, new, old)), (*facts[0], *facts[1]))),
        (judged_lists(old, _charges(old.rules)), judged_lists(new, _charges(new.rules))),
    )


def _parts(rules: Iterable[Rule], figures: Iterable[Key]) -> Iterator[PartKey]:
    """The parts that rules and figures are, as states name them."""
    yield from ((rule.finding.section, rule.origin.policy, rule.origin.id) for rule in rules)
    yield from ((Figure.section, *key) for key in figures)


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
    marks: Marks, before: Graph, causes: Sequence[Cause], day: date, touching: dict[PartKey, set[int]]
) -> Iterator[tuple[Graph, Mapping[ChargeKey, int]]]:
    """The old program with single changes, and the charges that they affect.

    Adds to `touching` the changes that touch each part.
    """
    graph, touched, done = _together(marks, before, causes, day, touching)
    if touched:
        yield graph, touched
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
                yield made, touched


def _said(marks: Marks, graph: Graph) -> dict[PartKey, Hashable]:
    """What all parts of a program say: its rules, and the derived facts that decisions show."""
    nodes = marks.nodes(graph)
    shown = {("values", *key): nodes[key] for key, node in graph.every_node() if node.exported}
    return {**shown, **{part: tuple(each) for part, each in marked(marks, graph, graph.rules).items()}}


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
