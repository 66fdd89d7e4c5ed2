"""The days on which somebody has to do or to pay something, or loses something: what a calendar shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

from policyengine.change.sides import level_titles
from policyengine.change.states import ABSENT, DUE, PARTY, State, What
from policyengine.decision.explanation import clause_words
from policyengine.decision.findings import (
    MANUAL,
    UNDETERMINED,
    Charge,
    Discount,
    Level,
    Obligation,
    Origin,
    Subject,
)
from policyengine.decision.wording import PERCENT, money, name_of, short_name, status_words, words
from policyengine.program.record import Record
from policyengine.reports.course import OnDays, Stretch, changes, course, payments
from policyengine.reports.lists import WHO, Head, ListColumn, Listing, Say

_OPEN = frozenset({"upcoming", "due", "overdue", MANUAL, UNDETERMINED})
"""What an obligation is while somebody has to do it."""


class DueEvent(NamedTuple):
    """Something on a day: what, about whom, whose it is, and why.

    `uid` stays the same when the day of the same thing moves.
    """

    uid: str
    day: date
    key: str | None
    label: str | None
    subject: str | None
    title: str
    party: str | None
    why: str
    part: EventPart


class EventPart(NamedTuple):
    """What an event is about, in pieces: the part of a policy, its title, the period or the level that ends.

    `net` is None where the amount is not known; `sort` is the list of the decision that it belongs to. Where
    a level or a rate of discount ends, `then` is the one that follows, None if there is none; `then` alone is
    one that begins.
    """

    sort: str
    title: str
    aspect: str = ""
    net: Decimal | None = None
    currency: str | None = None
    rate: Decimal | None = None
    then: Decimal | str | None = None


class DueEvents:
    """Finds the events of records in the order of days; `labels` has the titles of the parties."""

    def __init__(self, program: str, through: Sequence[Stretch], labels: Mapping[str, str], say: Say) -> None:
        self._program = program
        self._through = through
        self._labels = labels
        self._say = say
        self._origins: dict[tuple[str, str], Origin] = {}
        self._levels: dict[str, dict[str, str]] = {}
        for each in through:
            self._levels.update(level_titles(each.graph))
            for rule in each.graph.rules:
                self._origins[rule.origin.policy, rule.origin.id] = rule.origin

    def of(self, record: Record) -> list[DueEvent]:
        """The events of a record."""
        about = self._through[0].still.subjects[record.entity](record, 1, ())
        found = [*course(record, self._through)]
        events = (
            *self._obligations(about, found),
            *self._payments(about, found),
            *self._turns(about, found),
        )
        last = self._through[-1].days.last
        return [each for each in events if each.day <= last]

    def _obligations(self, about: Subject, found: Sequence[OnDays]) -> Iterator[DueEvent]:
        """Every occasion of an obligation that is open at the last time that it is seen, on its last day."""
        seen: dict[tuple[Subject, What], tuple[object, object, object]] = {}
        for on in found:
            for (subject, what), state in on.states.items():
                if state is not None and what.section == Obligation.section and "/" not in what.aspect:
                    due, party = (
                        on.states.get((subject, what._replace(aspect=f"{what.aspect}/{each}")))
                        for each in (DUE, PARTY)
                    )
                    seen[subject, what] = state, due, party
        for (subject, what), (status, until, whose) in seen.items():
            if status in _OPEN and _is_day(until):  # what is not decided may have to be done as well
                part = EventPart(what.section, self._title(what.policy, what.id), what.aspect)
                title = f"{part.title}, {self._say.period(what.aspect)}" if what.aspect else part.title
                day = date.fromisoformat(str(until))
                yield self._event(about, subject, what.policy, what.id, what.aspect, day, title, whose, part)

    def _payments(self, about: Subject, found: Sequence[OnDays]) -> Iterator[DueEvent]:
        say = self._say
        for day, subject, (policy, part), net, currency, payer, number, _ in payments(found):
            amount = say("amount not decided") if net is None else say.digits(money(net, currency))
            told = EventPart(Charge.section, self._title(policy, part), "", net, currency)
            title, whose = f"{told.title}: {amount}", payer or "partner"
            yield self._event(about, subject, policy, part, f"#{number}", day, title, whose, told)

    def _turns(self, about: Subject, found: Sequence[OnDays]) -> Iterator[DueEvent]:
        """The levels and discounts that begin, end or change by themselves; what was open before does not."""
        for each in changes(found):
            what = each.what
            if each.before == UNDETERMINED or (each.before, each.after) == (ABSENT, UNDETERMINED):
                continue
            if what.section in (Level.section, Discount.section):
                part = self._turned(what, each.before, each.after)
                title = f"{part.title}: {self._ends(part)}"
                aspect = f"{what.section}/{each.before}/{each.day}"
                whom, day = each.subject, each.day
                yield self._event(about, whom, what.policy, what.id, aspect, day, title, "partner", part)

    def _turned(self, what: What, before: State, after: State) -> EventPart:
        title = self._title(what.policy, what.id)
        then = None if after == ABSENT else after
        if isinstance(before, Decimal):
            return EventPart(what.section, title, rate=before, then=then)
        if what.section == Level.section and then is not None and then != UNDETERMINED:
            then = self._level(what, then)
        level = "" if what.section != Level.section or before == ABSENT else self._level(what, before)
        return EventPart(what.section, title, level, then=then)

    def _ends(self, part: EventPart) -> str:
        """What ends, and what follows: `Standard, then Volume`, `discount ends`, `Silver begins`."""
        say, then = self._say, part.then
        if isinstance(then, Decimal):
            then = say.quantity(then, PERCENT)
        elif then == UNDETERMINED:
            then = say(status_words(UNDETERMINED))
        if not part.aspect and part.rate is None and then is not None:
            is_rate = isinstance(part.then, Decimal)
            return say("{level} begins", level=say("{rate} discount", rate=then) if is_rate else then)
        if then is None:
            return say("{level} ends", level=part.aspect) if part.aspect else say("discount ends")
        discount = (
            None if part.rate is None else say("{rate} discount", rate=say.quantity(part.rate, PERCENT))
        )
        return say("{before}, then {after}", before=part.aspect or discount or say("discount"), after=then)

    def _level(self, what: What, state: object) -> str:
        return self._levels.get(what.policy, {}).get(str(state), words(str(state)))

    def _title(self, policy: str, part: str) -> str:
        origin = self._origins.get((policy, part))
        return words(part) if origin is None else origin.title

    def _event(
        self, about: Subject, subject: Subject, policy: str, part: str, aspect: str, day: date, title: str,
        party: object, told: EventPart,
    ) -> DueEvent:  # fmt: skip
        origin = self._origins.get((policy, part)) or self._origins.get((policy, policy))
        parts = (self._program, str(about.key), str(subject), str(subject.position), policy, part, aspect)
        uid = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        whom = None if subject.root else short_name(subject)
        whose = None if party in (None, ABSENT) else str(party)
        why = "" if origin is None or origin.clause is None else clause_words(origin.clause)
        return DueEvent(f"{uid}@policyengine", day, about.key, about.label, whom, title, whose, why, told)


def _is_day(value: object) -> bool:
    return isinstance(value, str) and len(value) == len("2026-11-21") and value[:4].isdigit()


_COLUMNS = (
    ListColumn("day", "day", "date"),
    *WHO,
    ListColumn("title", "what"),
    ListColumn("party", "who"),
)


def event_list(events: Sequence[DueEvent], labels: Mapping[str, str], say: Say) -> Listing:
    """The events as a list."""
    head = Head("calendar", "Calendar", _COLUMNS, "Nothing falls due, and nothing ends.")
    rows = [
        (each.day, each.key, each.label, each.subject, each.title,
         None if each.party is None else name_of(each.party, labels))
        for each in sorted(events, key=lambda each: (each.day, each.key or "", each.title))
    ]  # fmt: skip
    return Listing(head.told(say), rows)
