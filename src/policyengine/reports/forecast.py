"""What changes by itself until a day, as a list: states that time changes, and charges that fall due."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from policyengine.change.sides import level_titles
from policyengine.change.states import ABSENT, VALUE, State, What, changed_values
from policyengine.decision.findings import UNDETERMINED, Charge, Discount, Level, Obligation, Origin
from policyengine.decision.reason_words import length_noun
from policyengine.decision.wording import name_of, short_name, status_words, words
from policyengine.program.record import Record
from policyengine.reports.course import Billed, Change, Stretch, changes, course
from policyengine.reports.forecast_money import ByQuarter, Sums, VersionTurn, quarters, version_list
from policyengine.reports.lists import CURRENCY, WHO, Cells, Head, ListColumn, Listing, Say
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
_NOTHING = "Nothing changes by itself, and nothing falls due."
_LAST = "\U0010ffff"
"""Stands after all names: for who has no key, and for what is about the partner itself."""


class _Who(NamedTuple):
    """Whom the rows of a record are about, and what orders them among those of a day."""

    key: str | None
    label: str | None
    rank: str


class ForecastPart(NamedTuple):
    """What is to come for some records: the rows, and the sums of what falls due."""

    rows: SortedPart
    sums: Sums
    instead: Sums


class Forecast:
    """What is to come for the records of a base, in the order of days, and the sums of it.

    `turns` are the days on which new versions of policies begin to hold.
    """

    def __init__(
        self, through: Sequence[Stretch], until: date, labels: Mapping[str, str], say: Say,
        turns: Sequence[VersionTurn] = (), line: Callable[[Cells], str] | None = None,
    ) -> None:  # fmt: skip
        """With `line` the rows are lines from the beginning, which costs a list of millions least."""
        self._through = through
        self._line = line
        self._labels = labels
        self._say = say
        self._turns = turns
        self._origins = {
            (rule.origin.policy, rule.origin.id): rule.origin for each in through for rule in each.graph.rules
        }
        self._levels = {
            policy: titles for each in through for policy, titles in level_titles(each.graph).items()
        }
        title = say("To come until {day}", day=say.short_day(until))
        self._head = (
            Head("forecast", "To come until {day}", _COLUMNS, _NOTHING).told(say)._replace(title=title)
        )
        self._rows = SortedRows()
        self._firsts = [turn.days.first for turn in turns]
        self._sums, self._instead = ByQuarter(self._firsts), ByQuarter(self._firsts)
        self._titled = cache(self._title_and_place)
        self._due = cache(self._falls_due)
        self._told = cache(self._words)
        self.add(ForecastPart(self._sorted([*self._versions()]), {}, {}))

    def part(self, records: Sequence[Record]) -> ForecastPart:
        """What is to come for some records."""
        sums, instead = ByQuarter(self._firsts), ByQuarter(self._firsts)
        rows = self._sorted([row for record in records for row in self._rows_of(record, sums)])
        for turn in self._turns:
            for record in records:
                for on in course(record, (turn.instead,)):
                    for billed in on.charges:
                        instead.add(billed, self._party(billed), quarters(day for _, day in billed.due()))
        return ForecastPart(rows, sums.found, instead.found)

    def _sorted(self, rows: list[Ranked]) -> SortedPart:
        line = self._line
        return sorted_part(rows if line is None else [(rank, line(cells)) for rank, cells in rows])

    def rows(self, record: Record) -> list[Cells]:
        """What is to come for a record."""
        return [cells for _, cells in self._rows_of(record, ByQuarter(()))]

    def _rows_of(self, record: Record, sums: ByQuarter) -> list[Ranked]:
        """What is to come for a record, each row after what orders it: its day, the partner, who in it."""
        about = self._through[0].still.subjects[record.entity](record, 1, ())
        who = _Who(about.key, about.label, f"\0{_LAST if about.key is None else about.key}")
        rows: list[Ranked] = []
        for on in course(record, self._through):
            rows += [self._change(who, each) for each in changes((on,)) if self._is_told(each)]
            for billed in on.charges:
                rows += self._payments(who, billed, sums)
        return rows

    def add(self, part: ForecastPart) -> None:
        """What is to come for the next records."""
        self._rows.add(part.rows)
        self._sums.join(part.sums)
        self._instead.join(part.instead)

    def listings(self) -> list[Listing]:
        """The list of all that was added, the sums a quarter, and what new versions change, if any begin."""
        lists = [Listing(self._head, self._rows), self._sums.listing(self._say)]
        return (
            [*lists, version_list(self._turns, self._sums, self._instead, self._say)]
            if self._turns
            else lists
        )

    @staticmethod
    def _is_told(change: Change) -> bool:
        """Whether a change matters to anybody: what nobody has to do may come and go."""
        if change.what.section not in (Obligation.section, Charge.section) or "/" in change.what.aspect:
            return "/" not in change.what.aspect or ABSENT not in (change.before, change.after)
        return not {change.before, change.after} <= _SETTLED

    def _versions(self) -> Iterator[Ranked]:
        """A row for each policy of which a new version begins to hold, before the others of its day."""
        for turn in self._turns:
            day = turn.days.first
            for title, at in dict.fromkeys((each.title, each.at) for each in turn.changes):
                told = self._say("a new version begins to hold")
                yield (
                    (day.isoformat(), "", title, told),
                    (day, None, None, None, title, told, None, None, None, at),
                )

    def _change(self, who: _Who, change: Change) -> Ranked:
        day, subject, what, before, after = change
        title, at, told = self._told(what, before, after)
        whom = None if subject.root else short_name(subject)
        cells = (day, who.key, who.label, whom, title, told, None, None, None, at)
        return (day.isoformat() + who.rank, whom or _LAST, title, told), cells

    def _payments(self, who: _Who, billed: Billed, sums: ByQuarter) -> Iterator[Ranked]:
        subject, charge, _, terms, _, part = billed
        (title, at), whom = self._titled(*charge, ""), None if subject.root else short_name(subject)
        key, label, rank, within = who.key, who.label, who.rank, whom or _LAST
        net, currency, every = terms.payable, terms.currency, terms.schedule and terms.schedule.every
        party, due = self._party(billed), [*billed.due()]
        sums.add(billed, party, quarters(day for _, day in due))
        for number, day in due:
            told = self._due(number, every, part)
            cells = (day, key, label, whom, title, told, net, currency, party, at)
            yield (day.isoformat() + rank, within, title, told), cells

    def _party(self, billed: Billed) -> str | None:
        return None if billed.payer is None else name_of(billed.payer, self._labels)

    def _falls_due(self, number: int, every: str | None, part: tuple[int, int] | None) -> str:
        """That a charge falls due, for which of its periods, and for how much of it."""
        say = self._say
        told = say("falls due")
        if every is not None:
            told = say("falls due, {period}", period=say.period(f"{length_noun(every)} {number + 1}"))
        if part is not None:
            told = f"{told} ({say('{days} of {whole} days', days=part[0], whole=part[1])})"
        return told

    def _words(self, what: What, before: State, after: State) -> tuple[str, str | None, str]:
        """What a part of a policy is called, where it stands, and what happens with it."""
        say, period = self._say, "" if what.aspect == VALUE else what.aspect.partition("/")[0]
        title, at = self._titled(what.policy, what.id, period)
        one, other = self._state(what, before), self._state(what, after)
        if what.aspect == VALUE and ABSENT not in (before, after):
            one, other = changed_values(before, after)
        is_over = after == ABSENT and what.section not in (Level.section, Discount.section)
        told = other if before == ABSENT or is_over else f"{one} -> {other}"
        if what.section == Obligation.section and "/" not in what.aspect:
            begins = {"upcoming": say("begins"), "due": say("is due"), "overdue": say("is overdue")}
            told = begins.get(str(after), told)
        return title, at, told

    def _title_and_place(self, policy: str, part: str, period: str) -> tuple[str, str | None]:
        """What people call a part of a policy, with the period that it is about, and where it stands."""
        origin: Origin | None = self._origins.get((policy, part)) or self._origins.get((policy, policy))
        title = origin.title if origin is not None and origin.id == part else words(part)
        return f"{title}, {self._say.period(period)}" if period else title, None if origin is None else str(
            origin.at
        )

    def _state(self, what: What, state: State) -> str:
        say = self._say
        if state == ABSENT:
            return say("none") if what.section in (Level.section, Discount.section) else say("ends")
        if isinstance(state, Decimal):
            return say.quantity(state, "%" if what.section == Discount.section else "")
        if state == UNDETERMINED:
            return say(status_words(state))
        if what.aspect == VALUE:
            return changed_values("", state)[1]
        if what.section == Level.section:
            return self._levels.get(what.policy, {}).get(state) or say(words(state))
        if "/" not in what.aspect:
            is_amount = what.section == Charge.section and state[:1] in "-0123456789"
            return say.digits(state) if is_amount else say(status_words(state))
        return self._labels.get(state, state)
