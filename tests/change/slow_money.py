"""What charges come to in a period, worked out payment by payment: the program is asked on each due date.

Slow on purpose: due dates are found by walking through the calendar, every answer is the reference's, and
payments of two versions are matched by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from tests.change.slow import months_on

from policyengine.decision.decision import Decision
from policyengine.decision.findings import (
    UNDETERMINED,
    Charge,
    Duty,
    Figure,
    Finding,
    Level,
    Obligation,
)
from policyengine.engine.reference.row import evaluate, instances, read_rule, root_scope
from policyengine.engine.rows.outcomes import shown_fields
from policyengine.feel.values.values import Months
from policyengine.policy import quantities
from policyengine.policy.rule import Choose, Explain
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.linked import Program
from policyengine.program.record import Record

Key = tuple[str, str, str, int]
Due = tuple[date, tuple[str, str]]
"""A due date, and in which currency and by whom something is paid then; by the partner, if that is empty."""
Flow = tuple[str, str, str, str]
Payments = Mapping[Key, Mapping[Due, Decimal] | None]
"""What each charge comes to on each of its due dates; None where one of them is undetermined."""


def due_dates(charge: Charge, first: date, last: date) -> list[date]:
    """The due dates of a charge in a period."""
    assert charge.due_on is not None
    if charge.every is None:
        return [charge.due_on] if first <= charge.due_on <= last else []
    step, found, n = quantities.period(charge.every), [], 0
    while (day := _day(charge, step, n)) <= last:
        found += [day] if day >= first else []
        n += 1
    return found


def _day(charge: Charge, step: Months | timedelta, n: int) -> date:
    """The due date after n steps, counted from the day that no short month has cut."""
    assert charge.due_on is not None
    first = charge.steps_from or charge.due_on
    if isinstance(step, timedelta) or n == 0:
        return charge.due_on + n * step if isinstance(step, timedelta) else charge.due_on
    anchor, shift = charge.counted_from or charge.due_on, timedelta(days=charge.shift_days or 0)
    start = _months_until(anchor, shift, first)
    return months_on(anchor, start + n * step.months) + shift


@lru_cache(maxsize=10_000)
def _months_until(anchor: date, shift: timedelta, first: date) -> int:
    return next(m for m in range(-600, 10_000) if months_on(anchor, m) + shift >= first)


def _short(program: Program, wanted: tuple[type[Finding], ...]) -> Program:
    """The program with the findings that are wanted, and these without their reasons."""
    assert program.graph is not None
    rules = (each for each in program.graph.rules if each.finding in wanted)
    short = (
        replace(
            each,
            because=Explain(()),
            fields=each.fields if each.finding is Charge else shown_fields(each),
        )
        for each in rules
    )
    return replace(program, graph=replace(program.graph, rules=tuple(short)))


@dataclass(frozen=True)
class Version:
    """A program in each of some ranges of days, as it is in force on the first of them."""

    programs: Sequence[Program]
    spans: Sequence[tuple[date, date]]

    @cached_property
    def judging(self) -> Sequence[Program]:
        """The programs with levels, duties and obligations alone."""
        return [_short(each, (Level, Duty, Obligation)) for each in self.programs]

    @cached_property
    def billing(self) -> Sequence[Program]:
        """The programs with charges alone."""
        return [_short(each, (Charge,)) for each in self.programs]

    def answers(self, record: Record) -> Answers:
        """What it says of a record."""
        return Answers(self, record)


class Answers:
    """The findings of one record by one version; every day is asked for once."""

    def __init__(self, version: Version, record: Record) -> None:
        self.version, self.spans, self.record = version, version.spans, record
        self._said: dict[int, Decision] = {}
        self._charges: dict[tuple[int, date], dict[Key, Charge]] = {}
        self.periods: dict[Key, dict[date, tuple[int, date]] | None] = {}

    def on(self, i: int) -> Decision:
        """The decision on the first day of a range of days."""
        if i not in self._said:
            self._said[i] = evaluate(self.version.judging[i], self.record)
        return self._said[i]

    def charges(self, i: int, day: date | None = None) -> dict[Key, Charge]:
        """The charges of a range on a day, in the order in which the program says them."""
        when = i, day or self.spans[i][0]
        if when not in self._charges:
            self._charges[when] = self._asked(*when)
        return self._charges[when]

    def _asked(self, i: int, day: date, dated: bool = False) -> dict[Key, Charge]:
        """The charges; `dated` ones say when they are due also where they do not apply."""
        graph = self.version.billing[i].evaluated
        assert graph is not None
        scopes = instances(root_scope(graph, self.record, day))
        seen: Counter[tuple[str, str, str]] = Counter()
        found: dict[Key, Charge] = {}
        for rule in graph.rules:
            for scope in scopes.get(rule.entity, ()):
                due = rule.fields["due_on"]
                if dated and isinstance(due, Choose):
                    rule = replace(rule, fields={**rule.fields, "due_on": due.otherwise})
                charge = read_rule(rule, scope)
                assert charge is None or isinstance(charge, Charge)
                if charge is not None:
                    name = str(charge.subject), charge.policy, charge.id
                    found[(*name, seen[name])] = charge
                    seen[name] += 1
        return found

    def payments(self) -> Payments:
        """All payments of the period."""
        every = [self._stated(i) for i in range(len(self.spans))]
        return {key: self._paid(key, every) for key in {key: 0 for said in every for key in said}}

    def _stated(self, i: int) -> dict[Key, Charge]:
        """The charges of a range with their due dates: what is due when invoiced is due at once, and one that
        does not apply yet may apply later.
        """
        first, last = self.spans[0][0], self.spans[-1][1]
        found = self.charges(i)
        for key, charge in found.items():
            if charge.due_on is None and charge.status not in ("not_applicable", "undetermined"):
                found = {**found, key: replace(charge, due_on=first, every=None)}
            elif charge.due_on is None and charge.status == "not_applicable":
                days = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, 90)]
                if charge.every is None:
                    due = self._asked(i, first, dated=True)[key].due_on
                    days = [] if due is None else [due]
                later = (self.charges(i, day).get(key) for day in days)
                dated = next((each for each in later if each is not None and each.due_on is not None), charge)
                found = {**found, key: dated}
        return found

    def _paid(self, key: Key, every: Sequence[Mapping[Key, Charge]]) -> dict[Due, Decimal] | None:
        found: dict[Due, Decimal] = {}
        asking = self._asking(key, every)
        for i, said in enumerate(every):
            charge = said.get(key)
            if charge is None or (_is_single(charge) and i != asking):
                continue
            more = self._within(i, key, charge, self._whole if i == asking else self.spans[i])
            if more is None:
                return None
            found |= more
        return found

    def _asking(self, key: Key, every: Sequence[Mapping[Key, Charge]]) -> int | None:
        """Which version asks for what is due once: the first one that is in force on the day that it says,
        the evaluation date's for all days before; else the last one.
        """
        singles = [i for i, said in enumerate(every) if key in said and _is_single(said[key])]
        for i in singles:
            due, since = every[i][key].due_on, date.min if i == 0 else self.spans[i][0]
            assert due is not None
            if since <= due <= self.spans[i][1]:
                return i
        return singles[-1] if singles[-1:] == [len(every) - 1] else None

    @property
    def _whole(self) -> tuple[date, date]:
        return self.spans[0][0], self.spans[-1][1]

    def _within(self, i: int, key: Key, charge: Charge, days: tuple[date, date]) -> dict[Due, Decimal] | None:
        if charge.due_on is None:
            return {} if nothing(charge) else None
        found: dict[Due, Decimal] = {}
        for day in due_dates(charge, *days):
            asked = self.charges(i, day).get(key)
            if asked is None or nothing(asked):
                continue
            if asked.status == "undetermined" or asked.net is None:
                return None
            found[day, (asked.currency or "", (asked.payer or "") if asked.payout else "")] = asked.net
            self._note(key, day, asked)
        return found

    def _note(self, key: Key, day: date, asked: Charge) -> None:
        """Keeps which period is paid on a day; None for a charge that does not tell."""
        held = self.periods.setdefault(key, {})
        if asked.every is None or asked.period_number is None or asked.period_start is None or held is None:
            self.periods[key] = None
        else:
            held[day] = asked.period_number, asked.period_start


def moved(
    one: Mapping[date, tuple[int, date]], other: Mapping[date, tuple[int, date]]
) -> Counter[str] | None:
    """Which way the payments of each period move within the compared days, and how many are paid again; None
    where a number is not the same period throughout.
    """
    starts = {each for side in (one, other) for each in side.values()}
    if len({number for number, _ in starts}) < len(starts):
        return None
    found: Counter[str] = Counter()
    for number in {number for number, _ in starts}:
        before, after = (
            sorted(day for day, (its, _) in side.items() if its == number) for side in (one, other)
        )
        if before and after and before[0] != after[0]:
            found["earlier" if after[0] < before[0] else "later"] += 1
        found["twice"] += max(0, len(after) - max(1, len(before)))
    return found


def _is_single(charge: Charge) -> bool:
    return charge.due_on is not None and charge.every is None


def nothing(charge: Charge) -> bool:
    """Whether a charge is certainly nothing, whatever else is not known."""
    return charge.status in ("not_applicable", "settled") or charge.net == 0


class Money(NamedTuple):
    """What a charge comes to on both sides, and the change of its amounts; None where its days change too."""

    before: Decimal = Decimal(0)
    after: Decimal = Decimal(0)
    amount: Decimal | None = Decimal(0)

    def plus(self, other: Money) -> Money:
        """The sums of both."""
        known = self.amount is not None and other.amount is not None
        amount = self.amount + other.amount if known else None  # type: ignore[operator]
        return Money(self.before + other.before, self.after + other.after, amount)


def sums(before: Payments, after: Payments) -> tuple[dict[Flow, Money], int]:
    """What each charge comes to on both sides, and how many charges a side leaves undetermined."""
    found: dict[Flow, Money] = {}
    open_ = 0
    for key in {**before, **after}:
        one, other = before.get(key, {}), after.get(key, {})
        if one is None or other is None:
            open_ += 1
            continue
        for way in {way: 0 for _, way in (*one, *other)}:
            mine, theirs = (
                {day: net for (day, each), net in side.items() if each == way} for side in (one, other)
            )
            total, later = sum(mine.values(), Decimal(0)), sum(theirs.values(), Decimal(0))
            amount = later - total if mine.keys() == theirs.keys() else None
            flow = key[1], key[2], *way
            found[flow] = found.get(flow, Money()).plus(Money(total, later, amount))
    return found, open_


def unlisted(answers: Answers) -> Iterator[tuple[str, str, str]]:
    """The charges of lists that the record does not have: where, the policy and the id."""
    for program in answers.version.billing:
        graph = program.evaluated
        assert graph is not None
        for rule in (each for each in graph.rules if each.finding is Charge):
            above = [*reversed(graph.vocabulary.lineage(graph.real(rule.entity)))]
            for where in _ends(graph.vocabulary, answers.record, above):
                yield where, rule.origin.policy, rule.origin.id


def _ends(vocabulary: Vocabulary, record: Record, below: Sequence[str], path: str = "") -> Iterator[str]:
    """Where a record, or one of those in it, leaves the next list on a way down out."""
    steps = [each for each in below if each != record.entity and vocabulary.entities[each].within is not None]
    if not steps or vocabulary.entities[steps[0]].default is not None:
        return
    name = str(vocabulary.entities[steps[0]].list)
    if name not in record.lists:
        yield f"{path}/{name}"
    for i, each in enumerate(record.lists.get(name, ())):
        yield from _ends(vocabulary, each, steps[1:], f"{path}/{name}/{i}")


State = Decimal | str | None


def levels(answers: Answers, i: int) -> dict[tuple[str, str], State]:
    """The levels of a record in a range of days, by subject and policy."""
    return {
        (str(level.subject), level.policy): {"none": "none", "reached": level.level}.get(
            level.status, "undetermined"
        )
        for level in answers.on(i).findings
        if isinstance(level, Level)
    }


def amounts(answers: Answers, i: int) -> dict[tuple[str, str, str], State]:
    """The derived facts of a record in a range of days: subject, entity and name; None where undecided."""
    said = answers.on(i)
    return {(str(each.subject), each.subject.entity, each.id): _amount(each) for each in said.of("figures")}


def _amount(figure: Figure) -> State:
    if figure.status == UNDETERMINED:
        return None
    return figure.value if isinstance(figure.value, Decimal) else Decimal(0)


def parties(answers: Answers, i: int) -> dict[tuple[str, ...], State]:
    """Who has each duty and obligation in a range of days, as far as that is known."""
    found: dict[tuple[str, ...], State] = {}
    for each in answers.on(i).findings:
        if isinstance(each, Duty) and each.status == "applies" and each.party is not None:
            found[each.section, str(each.subject), each.policy, each.id, each.role] = each.party
        if isinstance(each, Obligation) and each.status != "not_applicable" and each.party is not None:
            found[each.section, str(each.subject), each.policy, each.id, str(each.period)] = each.party
    return found


def first_difference(
    read: Callable[[Answers, int], Mapping[Any, State]], old: Answers, new: Answers, otherwise: State
) -> dict[Any, tuple[State, State]]:
    """What is read of both versions: in the first range in which they differ, else in the first one."""
    found: dict[Any, tuple[State, State]] = {}
    for i in range(len(old.spans)):
        before, after = read(old, i), read(new, i)
        for key in {**before, **after}:
            pair = before.get(key, otherwise), after.get(key, otherwise)
            if key not in found or (found[key][0] == found[key][1] and pair[0] != pair[1]):
                found[key] = pair
    return found
