"""What changes by itself until a day: states that time alone changes, and charges that fall due.

A record is evaluated on the first day, and then on each day on which an answer can be another one than on
the day before, as far as it can be another one: `DailyProgram` tells which these are. So a forecast says what
evaluating every single day would say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from policyengine.change.daily import asks_for_the_day
from policyengine.change.joint_sides import bare
from policyengine.change.period import Days
from policyengine.change.sides import level_titles
from policyengine.change.slices import slice_of
from policyengine.change.states import ABSENT, State, What, states
from policyengine.change.terms import ChargeKey, Terms, terms_of
from policyengine.dataclass import dataclass
from policyengine.decision.findings import UNDETERMINED, Charge, Discount, Level, Obligation, Origin, Subject
from policyengine.decision.reason_words import which_period
from policyengine.decision.wording import money, name_of, quantity, short_name, status_words, words
from policyengine.engine.rows.day_by_day import DailyProgram, RecordOnDays
from policyengine.engine.rows.engine import Compiled, compile_graph
from policyengine.engine.rows.outcomes import Outcome, SubjectOutcomes
from policyengine.program.graph import Graph
from policyengine.program.record import Record
from policyengine.reports.lists import CURRENCY, WHO, Cells, Head, ListColumn, Listing
from policyengine.reports.sorted_rows import Rank, SortedPart, SortedRows, sorted_part

Who = tuple[Subject, What]
StatesOfDay = dict[Who, State]
_DAY = timedelta(days=1)
_SETTLED = frozenset({ABSENT, "met", "manual", "refused", "settled"})
"""What an obligation or a charge may be without anybody having to do something."""


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
    """A charge of a subject, who pays it, and its terms on some days."""

    subject: Subject
    charge: ChargeKey
    payer: str | None
    terms: Terms
    days: Days


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


def _stretch(graph: Graph, days: Days) -> Stretch:
    rules = [bare(rule) if rule.finding is Charge else rule for rule in graph.rules]
    moving = [rule for rule in rules if asks_for_the_day(graph, rule)]
    still = [rule for rule in rules if rule not in moving]
    return Stretch(
        days, graph, compile_graph(slice_of(graph, still), days.first),
        DailyProgram(slice_of(graph, moving), days.first) if moving else None,
    )  # fmt: skip


class OnDays(NamedTuple):
    """What holds for a record on some days alike, and the charges of which it is known until when they hold.

    `states` are those that may be others than on the day before, None for what is no longer there; where
    something holds `anew`, they are all that there are.
    """

    days: Days
    states: Mapping[Who, State | None]
    charges: Sequence[Billed]
    anew: bool = True


def course(record: Record, through: Sequence[Stretch]) -> Iterator[OnDays]:
    """What holds for a record, from the first day to the last."""
    for stretch in through:
        still = said(stretch.still.outcomes(record).subjects, stretch.days.first)
        charges = [*still.billed(stretch.days.last)]
        if stretch.moving is None:
            yield OnDays(stretch.days, still.states, charges)
        else:
            yield from _from_day_to_day(record, stretch.moving, stretch.days, still.states, charges)


def _from_day_to_day(
    record: Record, moving: DailyProgram, days: Days, still: StatesOfDay, charges: Sequence[Billed]
) -> Iterator[OnDays]:
    """What holds on the days of a stretch; `still` are the states that are the same on all of them."""
    parts: dict[int, tuple[object, Said]] = {}
    for on, answers in _turns(moving.on_days(record), days):
        changed = [i for i, group in enumerate(answers) if i not in parts or parts[i][0] is not group]
        ended = [parts[i][1] for i in changed if i in parts]
        parts.update((i, (answers[i], said(answers[i], on.first))) for i in changed)
        begun = [part for _, part in parts.values()]
        anew = on.first == days.first
        states: dict[Who, State | None] = dict(still) if anew else {}
        for part in ended:
            states.update(dict.fromkeys(part.states))
        for i in changed:
            states.update(parts[i][1].states)
        charges = [*charges, *(each for part in ended for each in part.billed(on.first - _DAY))]
        if on.last == days.last:
            charges += [each for part in begun for each in part.billed(days.last)]
        yield OnDays(on, states, charges, anew)
        charges = []


def _turns(asked: RecordOnDays, days: Days) -> Iterator[tuple[Days, Sequence[tuple[SubjectOutcomes, ...]]]]:
    """What is said of a record, with the days on which it is."""
    first, answers = days.first, asked.on(days.first, days.last)
    while asked.last < days.last:
        day = asked.last + _DAY
        later = asked.on(day, days.last)
        if later is not answers:
            yield Days(first, day - _DAY), answers
            first, answers = day, later
    yield Days(first, days.last), answers


class Said(NamedTuple):
    """What is found for a record from a day on: states, and the charges with their subjects."""

    first: date
    states: StatesOfDay
    charges: Sequence[tuple[Subject, Outcome]]

    def billed(self, last: date) -> Iterator[Billed]:
        """The charges on the days until the last one of these terms."""
        for subject, outcome in self.charges:
            payer = outcome.values.get("payer")
            charge = ChargeKey(outcome.policy, outcome.id)
            who = None if payer is None else str(payer)
            yield Billed(subject, charge, who, terms_of(outcome), Days(self.first, last))


def said(subjects: Iterable[SubjectOutcomes], first: date) -> Said:
    """What is found for those who are judged in a record, from a day on."""
    found: StatesOfDay = {}
    charges: list[tuple[Subject, Outcome]] = []
    for subject, outcomes, _, _ in subjects:
        for outcome in outcomes:
            _read(subject, outcome, found)
            if outcome.section == Charge.section:
                charges.append((subject, outcome))
    return Said(first, found, charges)


def _read(subject: Subject, outcome: Outcome, found: StatesOfDay) -> None:
    if outcome.section == Charge.section:
        found[subject, What(Charge.section, outcome.policy, outcome.id)] = status_of(outcome)
        return
    found.update(((subject, what), state) for what, state in states(outcome))
    lowest = outcome.values.get("level")
    if outcome.section == Level.section and outcome.status == "none" and lowest is not None:
        found[subject, What(Level.section, outcome.policy, outcome.id)] = str(lowest)


def status_of(outcome: Outcome) -> State:
    """The state of a charge: its status, and what is charged."""
    net = outcome.values.get("net")
    if outcome.status == "not_applicable":
        return ABSENT
    if outcome.status == "applies" and isinstance(net, Decimal):
        return money(net, str(outcome.values.get("currency") or ""))
    return outcome.status


def changes(through: Sequence[OnDays]) -> Iterator[Change]:
    """The states of a record that change, day by day."""
    held: dict[Who, State | None] | None = None
    for on in through:
        if held is None:
            held = dict(on.states)
            continue
        for who, state in ({**dict.fromkeys(held), **on.states} if on.anew else on.states).items():
            before = held.get(who)
            was, now = (ABSENT if each is None else each for each in (before, state))
            if was != now:
                yield Change(on.days.first, *who, was, now)
            held[who] = state


def payments(through: Sequence[OnDays]) -> Iterator[Payment]:
    """What falls due for a record, each as the program says on its day."""
    for on in through:
        for subject, charge, payer, terms, days in on.charges:
            schedule, net = terms.schedule, terms.payable
            if schedule is None or net == 0:
                continue
            numbers = schedule.numbers(days)
            for number, day in zip(numbers, schedule.days(numbers), strict=True):
                yield Payment(day, subject, charge, net, terms.currency, payer, number, schedule.every)


# As a list

_COLUMNS = (
    ListColumn("day", "day", "date"),
    *WHO,
    ListColumn("title", "what"),
    ListColumn("change", "what happens"),
    ListColumn("amount", "amount", "money"),
    ListColumn(CURRENCY, "currency"),
    ListColumn("party", "who"),
    ListColumn("at", "rule"),
)


_BEGINS: Mapping[State, str] = {"upcoming": "begins", "due": "is due", "overdue": "is overdue"}


def _rank(row: Cells) -> Rank:
    """By day, then by partner; who has no key comes last, and what is about the partner itself."""
    day, key, _, subject, title, change, *_ = row
    return day, key is None, key or "", subject is None, subject or "", title, change


def _falls_due(number: int, every: str | None) -> str:
    return "falls due" if every is None else f"falls due for {which_period(number + 1, None, every)}"


class Forecast:
    """What is to come for the records of a base, in the order of days."""

    def __init__(self, through: Sequence[Stretch], until: date, labels: Mapping[str, str]) -> None:
        self._through = through
        self._labels = labels
        self._origins = {
            (rule.origin.policy, rule.origin.id): rule.origin for each in through for rule in each.graph.rules
        }
        self._levels = {
            policy: titles for each in through for policy, titles in level_titles(each.graph).items()
        }
        nothing = "Nothing changes by itself, and nothing falls due."
        self._head = Head("forecast", f"To come until {quantity(until)}", _COLUMNS, nothing)
        self._rows = SortedRows()
        self._titled = cache(self._title_and_place)
        self._due = cache(_falls_due)

    def part(self, records: Sequence[Record]) -> SortedPart:
        """What is to come for some records."""
        return sorted_part([(_rank(row), row) for record in records for row in self.rows(record)])

    def rows(self, record: Record) -> list[Cells]:
        """What is to come for a record."""
        found = [*course(record, self._through)]
        about = self._through[0].still.subjects[record.entity](record, 1, ())
        rows = [self._change(about, change) for change in changes(found) if self._is_told(change)]
        return rows + [self._payment(about, each) for each in payments(found)]

    def add(self, part: SortedPart) -> None:
        """What is to come for the next records."""
        self._rows.add(part)

    def listing(self) -> Listing:
        """The list of all that was added."""
        return Listing(self._head, self._rows)

    @staticmethod
    def _is_told(change: Change) -> bool:
        """Whether a change matters to anybody: what nobody has to do may come and go."""
        if change.what.section not in (Obligation.section, Charge.section) or "/" in change.what.aspect:
            return "/" not in change.what.aspect or ABSENT not in (change.before, change.after)
        return not {change.before, change.after} <= _SETTLED

    def _change(self, about: Subject, change: Change) -> Cells:
        what = change.what
        before, after = (self._state(what, each) for each in (change.before, change.after))
        told = after if change.before == ABSENT else f"{before} -> {after}"
        if what.section == Obligation.section and "/" not in what.aspect:
            told = _BEGINS.get(change.after, told)
        return self._row(about, change.day, change.subject, what.policy, what.id, told, what.aspect)

    def _payment(self, about: Subject, payment: Payment) -> Cells:
        day, subject, charge, net, currency, payer, number, every = payment
        party = None if payer is None else name_of(payer, self._labels)
        return self._row(about, day, subject, *charge, self._due(number, every), "", net, currency, party)

    def _row(
        self, about: Subject, day: date, subject: Subject, policy: str, part: str, told: str, aspect: str,
        net: Decimal | None = None, currency: str | None = None, party: str | None = None,
    ) -> Cells:  # fmt: skip
        title, at = self._titled(policy, part, aspect.partition("/")[0])
        whom = None if subject.root else short_name(subject)
        return day, about.key, about.label, whom, title, told, net, currency, party, at

    def _title_and_place(self, policy: str, part: str, period: str) -> tuple[str, str | None]:
        """What people call a part of a policy, with the period that it is about, and where it stands."""
        origin: Origin | None = self._origins.get((policy, part)) or self._origins.get((policy, policy))
        title = origin.title if origin is not None and origin.id == part else words(part)
        return f"{title}, {period}" if period else title, None if origin is None else str(origin.at)

    def _state(self, what: What, state: State) -> str:
        if state == ABSENT:
            return "none" if what.section in (Level.section, Discount.section) else "ends"
        if isinstance(state, Decimal):
            return quantity(state, "%" if what.section == Discount.section else "")
        if what.section == Level.section:
            return self._levels.get(what.policy, {}).get(state, words(state))
        return (
            status_words(state)
            if state == UNDETERMINED or "/" not in what.aspect
            else self._labels.get(state, state)
        )
