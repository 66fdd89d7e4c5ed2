"""What holds for a record from day to day: states that time alone changes, and charges that fall due.

A record is evaluated on the first day, and then on each day on which an answer can be another one than on
the day before, as far as it can be another one: `DailyProgram` tells which these are. Findings that came out
as before are not looked at again. So what is told is what evaluating every single day would tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import zip_longest
from operator import attrgetter, is_not
from typing import NamedTuple

from policyengine.change.daily import asks_for_the_day
from policyengine.change.joint_sides import bare
from policyengine.change.period import Days
from policyengine.change.slices import slice_of
from policyengine.change.states import ABSENT, State, What, states
from policyengine.change.terms import ChargeKey, Terms, terms_of
from policyengine.dataclass import dataclass
from policyengine.decision.findings import Charge, Level, Subject
from policyengine.decision.wording import money
from policyengine.engine.rows.day_by_day import DailyProgram
from policyengine.engine.rows.day_steps import read_as_one
from policyengine.engine.rows.engine import Compiled, compile_graph
from policyengine.engine.rows.outcomes import Outcome, SubjectOutcomes
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph
from policyengine.program.record import Record

Who = tuple[Subject, What]
Found = tuple[SubjectOutcomes, ...]
"""What rules find for those whom they judge in a record."""
_DAY = timedelta(days=1)
_subject = attrgetter("subject")


class Change(NamedTuple):
    """A state that is another one from a day on; `ABSENT` where there is nothing, or it does not apply."""

    day: date
    subject: Subject
    what: What
    before: State
    after: State


class Payment(NamedTuple):
    """What falls due on a day, and who pays it; `net` is None where it is not known.

    `number` counts the due dates of the charge, from 0.
    """

    day: date
    subject: Subject
    charge: ChargeKey
    net: Decimal | None
    currency: str
    payer: str | None
    number: int
    every: str | None


class Billed(NamedTuple):
    """A charge of a subject, who pays it, and its terms on some days.

    `part` are the days that count and all days of the period, where only some of them count.
    """

    subject: Subject
    charge: ChargeKey
    payer: str | None
    terms: Terms
    days: Days
    part: tuple[int, int] | None = None

    def due(self) -> Iterator[tuple[int, date]]:
        """The numbers of the due dates on these days, and the days; none where certainly nothing is paid."""
        schedule = self.terms.schedule
        if schedule is None or self.terms.payable == 0:
            return iter(())
        numbers = schedule.numbers(self.days)
        return zip(numbers, schedule.days(numbers), strict=True)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in which a program has the same versions of its policies.

    `still` has the rules that say the same on all of these days, `moving` those that ask for the day.
    """

    days: Days
    graph: Graph
    still: Compiled
    moving: DailyProgram | None


def stretches(program_on: Callable[[date], Graph], turns: Sequence[date], until: date) -> tuple[Stretch, ...]:
    """The stretches from the first of the days on which versions begin or end, to a last day."""
    ends = [*(day - _DAY for day in turns[1:]), until]
    return tuple(
        _stretch(program_on(day), Days(day, min(end, until)))
        for day, end in zip(turns, ends, strict=True)
        if day <= until
    )


def charges_instead(graph: Graph, days: Days) -> Stretch:
    """The charges alone of a program on days on which another version of it holds."""
    return _stretch(slice_of(graph, [rule for rule in graph.rules if rule.finding is Charge]), days)


def _with_part(rule: Rule) -> Rule:
    """The rule of a charge with its terms, and how many days of a period count."""
    part = {name: rule.fields[name] for name in ("days", "of_days") if name in rule.fields}
    terms = bare(rule)
    return replace(terms, fields={**terms.fields, **part})


def _stretch(graph: Graph, days: Days) -> Stretch:
    rules = [_with_part(rule) if rule.finding is Charge else rule for rule in graph.rules]
    asking = {read_as_one(rule) for rule in rules if asks_for_the_day(graph, rule)}
    moving = [rule for rule in rules if read_as_one(rule) in asking]
    still = [rule for rule in rules if read_as_one(rule) not in asking]
    return Stretch(
        days, graph, compile_graph(slice_of(graph, still), days.first),
        DailyProgram(slice_of(graph, moving), days.first) if moving else None,
    )  # fmt: skip


class OnDays(NamedTuple):
    """What holds for a record on some days alike, and the charges of which it is known until when they hold.

    `turned` are the findings that may be others than on the day before, each pair of the same rules, and None
    on the first day of all.
    """

    days: Days
    turned: Sequence[tuple[Found | None, Found]]
    charges: Sequence[Billed]

    @property
    def states(self) -> dict[Who, State | None]:
        """The states that may be others than on the day before, None for what is no longer there."""
        ended = (who for before, _ in self.turned if before is not None for who in states_in(before))
        found: dict[Who, State | None] = dict.fromkeys(ended)
        for _, after in self.turned:
            found.update(states_in(after))
        return found


def course(record: Record, through: Sequence[Stretch]) -> Iterator[OnDays]:
    """What holds for a record, from the first day to the last."""
    held: Found | None = None
    for stretch in through:
        first, last = stretch.days.first, stretch.days.last
        still, moving = stretch.still.outcomes(record).subjects, list[Found]()
        since: list[date] = []
        charges = [*_billed(still, first, last)]
        for on, found in _turns(record, stretch):
            if on.first == first:
                moving, since = list(found), [first] * len(found)
                turned: list[tuple[Found | None, Found]] = [(held, sum(found, still))]
            else:
                turned = []
                for i, each in enumerate(found):
                    before = moving[i]
                    if each is not before:
                        turned.append((before, each))
                        charges += _billed(before, since[i], on.first - _DAY)
                        moving[i], since[i] = each, on.first
            if on.last == last:
                for each, day in zip(moving, since, strict=True):
                    charges += _billed(each, day, last)
            yield OnDays(on, turned, charges)
            charges = []
        held = sum(moving, still)


def _turns(record: Record, stretch: Stretch) -> Iterator[tuple[Days, Sequence[Found]]]:
    """What the rules that ask for the day find, with the days on which they do."""
    first, last = stretch.days.first, stretch.days.last
    if stretch.moving is None:
        yield stretch.days, ()
        return
    asked = stretch.moving.on_days(record)
    answers = asked.on(first, last)
    while asked.last < last:
        day = asked.last + _DAY
        later = asked.on(day, last)
        if later is not answers:
            yield Days(first, day - _DAY), answers
            first, answers = day, later
    yield Days(first, last), answers


def _billed(found: Found, first: date, last: date) -> Iterator[Billed]:
    """The charges among what is found on some days."""
    for subject, outcomes, _, _ in found:
        for outcome in outcomes:
            if outcome.section == Charge.section:
                payer = outcome.values.get("payer")
                who = None if payer is None else str(payer)
                charge = ChargeKey(outcome.policy, outcome.id)
                part = _part_of(outcome) if "of_days" in outcome.values else None
                yield Billed(subject, charge, who, terms_of(outcome), Days(first, last), part)


def _part_of(outcome: Outcome) -> tuple[int, int] | None:
    days, whole = (outcome.values.get(name) for name in ("days", "of_days"))
    if isinstance(days, int) and isinstance(whole, int) and days < whole:
        return days, whole
    return None


def states_in(found: Found) -> dict[Who, State]:
    """The states of what is found for those who are judged in a record."""
    return {
        (subject, what): state
        for subject, outcomes, _, _ in found for outcome in outcomes for what, state in _states(outcome)
    }  # fmt: skip


def _states(outcome: Outcome) -> Iterable[tuple[What, State]]:
    if outcome.section == Charge.section:
        return ((What(Charge.section, outcome.policy, outcome.id), _charged(outcome)),)
    lowest = outcome.values.get("level")
    if outcome.section == Level.section and outcome.status == "none" and lowest is not None:
        return ((What(Level.section, outcome.policy, outcome.id), str(lowest)),)
    return states(outcome)


_money = lru_cache(1 << 12)(money)


def _charged(outcome: Outcome) -> State:
    """The state of a charge: its status, and what is charged."""
    net = outcome.values.get("net")
    if outcome.status == "not_applicable":
        return ABSENT
    if outcome.status == "applies" and isinstance(net, Decimal):
        return _money(net, str(outcome.values.get("currency") or ""))
    return outcome.status


def changes(through: Iterable[OnDays]) -> Iterator[Change]:
    """The states of a record that change, day by day."""
    for on in through:
        for before, after in on.turned:
            if before is not None:
                yield from _between(before, after, on.days.first)


def _between(before: Found, after: Found, day: date) -> Iterator[Change]:
    """The changes between what the same rules find on two days; most of what they find stays as it is."""
    if len(before) != len(after) or any(map(is_not, map(_subject, before), map(_subject, after))):
        was, now = states_in(before), states_in(after)
        for who in {**was, **now}:
            if was.get(who, ABSENT) != now.get(who, ABSENT):
                yield Change(day, *who, was.get(who, ABSENT), now.get(who, ABSENT))
        return
    for subject, old, new in _anew(before, after):
        had = {what: state for each in old for what, state in _states(each)}
        has = {what: state for each in new for what, state in _states(each)}
        for what in had if had.keys() == has.keys() else {**had, **has}:
            one, other = had.get(what, ABSENT), has.get(what, ABSENT)
            if one != other:
                yield Change(day, subject, what, one, other)


def _anew(before: Found, after: Found) -> Iterable[tuple[Subject, list[Outcome], list[Outcome]]]:
    """What is found in another way of each subject, before and after; subjects are costly to hash."""
    found: dict[int, tuple[Subject, list[Outcome], list[Outcome]]] = {}
    for one, other in zip(before, after, strict=True):
        if one.outcomes != other.outcomes:
            pairs = zip_longest(one.outcomes, other.outcomes)
            anew = [pair for pair in pairs if pair[0] is not pair[1] and pair[0] != pair[1]]
            _, old, new = found.setdefault(id(one.subject), (one.subject, [], []))
            old += [each for each, _ in anew if each is not None]
            new += [each for _, each in anew if each is not None]
    return found.values()


def payments(through: Iterable[OnDays]) -> Iterator[Payment]:
    """What falls due for a record, each as the program says on its day."""
    for on in through:
        for each in on.charges:
            subject, charge, payer, terms, *_ = each
            for number, day in each.due():
                every = terms.schedule and terms.schedule.every
                yield Payment(day, subject, charge, terms.payable, terms.currency, payer, number, every)
