"""What changes by itself until a day, as a list: states that time changes, and charges that fall due."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from policyengine.change.sides import level_titles
from policyengine.change.states import ABSENT, State, What
from policyengine.decision.findings import UNDETERMINED, Charge, Discount, Level, Obligation, Origin
from policyengine.decision.reason_words import which_period
from policyengine.decision.wording import name_of, quantity, short_name, status_words, words
from policyengine.program.record import Record
from policyengine.reports.course import Billed, Change, Stretch, changes, course
from policyengine.reports.lists import CURRENCY, WHO, Cells, Head, ListColumn, Listing
from policyengine.reports.sorted_rows import Ranked, SortedPart, SortedRows, sorted_part

_SETTLED = frozenset({ABSENT, "met", "manual", "refused", "settled"})
"""What an obligation or a charge may be without anybody having to do something."""


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


_LAST = "\U0010ffff"
"""Stands after all names: for who has no key, and for what is about the partner itself."""


def _falls_due(number: int, every: str | None) -> str:
    return "falls due" if every is None else f"falls due for {which_period(number + 1, None, every)}"


class _Who(NamedTuple):
    """Whom the rows of a record are about, and what orders them among those of a day."""

    key: str | None
    label: str | None
    rank: str


class Forecast:
    """What is to come for the records of a base, in the order of days."""

    def __init__(
        self, through: Sequence[Stretch], until: date, labels: Mapping[str, str],
        line: Callable[[Cells], str] | None = None,
    ) -> None:  # fmt: skip
        """With `line` the rows are lines from the beginning, which costs a list of millions least."""
        self._through = through
        self._line = line
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
        self._told = cache(self._words)

    def part(self, records: Sequence[Record]) -> SortedPart:
        """What is to come for some records."""
        rows = [row for record in records for row in self._rows_of(record)]
        line = self._line
        return sorted_part(rows if line is None else [(rank, line(cells)) for rank, cells in rows])

    def rows(self, record: Record) -> list[Cells]:
        """What is to come for a record."""
        return [cells for _, cells in self._rows_of(record)]

    def _rows_of(self, record: Record) -> list[Ranked]:
        """What is to come for a record, each row after what orders it: its day, the partner, who in it."""
        about = self._through[0].still.subjects[record.entity](record, 1, ())
        who = _Who(about.key, about.label, f"\0{_LAST if about.key is None else about.key}")
        rows: list[Ranked] = []
        for on in course(record, self._through):
            rows += [self._change(who, each) for each in changes((on,)) if self._is_told(each)]
            for billed in on.charges:
                rows += self._payments(who, billed)
        return rows

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

    def _change(self, who: _Who, change: Change) -> Ranked:
        day, subject, what, before, after = change
        title, at, told = self._told(what, before, after)
        whom = None if subject.root else short_name(subject)
        cells = (day, who.key, who.label, whom, title, told, None, None, None, at)
        return (day.isoformat() + who.rank, whom or _LAST, title, told), cells

    def _payments(self, who: _Who, billed: Billed) -> Iterator[Ranked]:
        subject, charge, payer, terms, _ = billed
        (title, at), whom = self._titled(*charge, ""), None if subject.root else short_name(subject)
        key, label, rank, within = who.key, who.label, who.rank, whom or _LAST
        net, currency, every = terms.payable, terms.currency, terms.schedule and terms.schedule.every
        party = None if payer is None else name_of(payer, self._labels)
        for number, day in billed.due():
            told = self._due(number, every)
            cells = (day, key, label, whom, title, told, net, currency, party, at)
            yield (day.isoformat() + rank, within, title, told), cells

    def _words(self, what: What, before: State, after: State) -> tuple[str, str | None, str]:
        """What a part of a policy is called, where it stands, and what happens with it."""
        title, at = self._titled(what.policy, what.id, what.aspect.partition("/")[0])
        one, other = self._state(what, before), self._state(what, after)
        told = other if before == ABSENT else f"{one} -> {other}"
        if what.section == Obligation.section and "/" not in what.aspect:
            told = _BEGINS.get(after, told)
        return title, at, told

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
