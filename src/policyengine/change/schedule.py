"""The schedule of a comparison: the days on which two programs are evaluated, and what is evaluated.

Both programs are evaluated on the evaluation date and on every later day of the period on which a version of
a policy begins or ends. A finding counts once, on the first of these days on which the programs disagree. A
charge is due as the program of the last of these days on or before its due date says.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, timedelta

from policyengine.change.attribution import Cause
from policyengine.change.independence import effects
from policyengine.change.money import ChargeKey
from policyengine.change.period import Days
from policyengine.change.sides import RootValues, Side, gate_code, parts_of, side_of
from policyengine.change.slices import Marks, derived, different
from policyengine.dataclass import dataclass
from policyengine.decision.findings import Charge, Level
from policyengine.feel.types.types import Number
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph, Key

OnDay = Callable[[date], Graph]
"""The graph of a program on a day."""


@dataclass(frozen=True, slots=True)
class SingleChange:
    """The old program with one of the changes: the charges that it affects, and their amounts.

    `touched` are these charges with the number of the change; changes without a charge in common share a
    side.
    """

    touched: Mapping[ChargeKey, int]
    side: Side


@dataclass(frozen=True, slots=True)
class DayRange:
    """A range of days in which both programs stay as they are on its first `day`; charges due in `days`
    count.

    `handed` computes the root values of the old program that its rules below the root read. `amounts` are the
    derived amounts of money that the two programs compute differently, by entity and name, with their
    currency.
    """

    day: date
    days: Days
    old: Side
    new: Side
    single: tuple[SingleChange, ...] = ()
    handed: RootValues | None = None
    amounts: Mapping[Key, str] = field(default_factory=dict)


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
    before, after = _side(marks, old, new, day), _side(marks, new, old, day)
    if before.gate is None or after.gate is None or before.gate.names != after.gate.names:
        after = replace(after, gate=None)
    singles = tuple(_singles(marks, old, causes, day))
    gates = [side.gate for side in (after, *(single.side for single in singles)) if side.gate is not None]
    names = sorted({name for gate in gates for name in gate.names})
    handed = RootValues(tuple(names), gate_code(old, names, day)) if gates else None
    amounts = {**_amounts(old, derived(marks, old, new)), **_amounts(new, derived(marks, new, old))}
    return DayRange(day, days, before, after, singles, handed, amounts)


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


def _side(marks: Marks, graph: Graph, other: Graph, day: date) -> Side:
    changed = {id(rule) for rule in different(marks, graph, other)}
    wanted = [rule for rule in graph.rules if rule.finding in (Level, Charge) or id(rule) in changed]
    return side_of(graph, wanted, derived(marks, graph, other), day, other)


def _singles(marks: Marks, before: Graph, causes: Sequence[Cause], day: date) -> Iterator[SingleChange]:
    together = _together(marks, before, causes, day)
    done = frozenset[int]()
    if together is not None:
        done, single = together
        yield single
    for number, cause in enumerate(causes):
        graph = cause.on(day) if number not in done else None
        if graph is None:
            continue
        own = _charges(different(marks, graph, before))
        theirs = parts_of(different(marks, before, graph))
        touched = parts_of(own) | theirs
        if touched:
            side = side_of(graph, own, (), day, before)
            if parts_of(own) != theirs:
                side = replace(side, gate=None)
            yield SingleChange(dict.fromkeys(touched, number), side)


def _together(
    marks: Marks, before: Graph, causes: Sequence[Cause], day: date
) -> tuple[frozenset[int], SingleChange] | None:
    """Of many changes those that touch no charge in common, and what they come to; None for few."""
    numbers = [i for i, cause in enumerate(causes) if cause.stands_alone]
    changes = [causes[i].changes[0] for i in numbers]

    def said(graph: Graph) -> dict[ChargeKey, Hashable]:
        found: dict[ChargeKey, list[int]] = {}
        for rule in _charges(graph.rules):
            found.setdefault(_charge(rule), []).append(marks.rule(graph, rule))
        return {charge: tuple(each) for charge, each in found.items()}

    found = effects(causes[0].trials.on(day).evaluated, changes, before, said) if numbers else None
    if found is None:
        return None
    touched = {charge: numbers[i] for charge, i in found.touched.items() if i not in found.shared}
    own = [rule for rule in _charges(found.graph.rules) if _charge(rule) in touched]
    side = replace(side_of(found.graph, own, (), day, before), gate=None)
    done = frozenset(number for i, number in enumerate(numbers) if i not in found.shared)
    return done, SingleChange(touched, side)


def _charge(rule: Rule) -> ChargeKey:
    return ChargeKey(rule.origin.policy, rule.origin.id)


def _charges(rules: Iterable[Rule]) -> list[Rule]:
    return [rule for rule in rules if rule.finding is Charge]


def turning_days(units: Iterable[PolicyDocument], as_of: date, last: date) -> tuple[date, ...]:
    """The evaluation date and every later day up to `last` on which a version begins or has ended."""
    found = {as_of}
    for unit in units:
        start, end = unit.policy.from_, unit.policy.until_including
        found.update({start} if start else ())
        found.update({end + timedelta(days=1)} if end is not None and end < date.max else ())
    return tuple(sorted(day for day in found if as_of <= day <= max(last, as_of)))
