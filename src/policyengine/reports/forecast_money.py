"""What falls due in each quarter, and what new versions of policies change in it."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from policyengine.change.changes import changes_of_versions
from policyengine.change.descriptions import sentence, title_of
from policyengine.change.period import Days
from policyengine.change.terms import EXACT, NOTHING
from policyengine.program.linked import Program
from policyengine.reports.course import Billed, Stretch, charges_instead
from policyengine.reports.lists import CURRENCY, Cells, Head, ListColumn, Listing, Say


class Flow(NamedTuple):
    """Payments of a quarter, counted from year 0, by who pays and the currency.

    `turn` counts the days on which new versions began to hold until then.
    """

    turn: int
    quarter: int
    party: str | None
    currency: str


class Sum(NamedTuple):
    """What falls due in all, how often, and how often it is not known how much."""

    net: Decimal = NOTHING
    times: int = 0
    open: int = 0

    def plus(self, net: Decimal, times: int, open: int) -> Sum:
        """The sum with more of it."""
        return Sum(EXACT.add(self.net, net), self.times + times, self.open + open)


Sums = Mapping[Flow, Sum]
_NO_SUM = Sum()


def quarters(days: Iterable[date]) -> Mapping[int, int]:
    """How many of some days lie in each quarter."""
    return Counter([day.year * 4 + (day.month - 1) // 3 for day in days])


class ByQuarter:
    """Adds up what falls due; `turns` are the days on which new versions begin to hold."""

    def __init__(self, turns: Sequence[date]) -> None:
        self._turns = turns
        self.found: dict[Flow, Sum] = {}

    def add(self, billed: Billed, party: str | None, due: Mapping[int, int]) -> None:
        """Adds what a charge comes to, so often in each quarter."""
        net, turn = billed.terms.payable, bisect_right(self._turns, billed.days.first)
        for quarter, count in due.items():
            flow = Flow(turn, quarter, party, billed.terms.currency)
            more = (NOTHING, 0, count) if net is None else (EXACT.multiply(net, Decimal(count)), count, 0)
            self.found[flow] = self.found.get(flow, _NO_SUM).plus(*more)

    def join(self, others: Sums) -> None:
        """Adds the sums of other records."""
        for flow, more in others.items():
            self.found[flow] = self.found.get(flow, _NO_SUM).plus(*more)

    def by(self, key: Callable[[Flow], Flow]) -> dict[Flow, Sum]:
        """The sums by some of the parts of a flow, in their order."""
        found: dict[Flow, Sum] = {}
        for flow, more in sorted(self.found.items(), key=lambda each: _rank(each[0])):
            found[key(flow)] = found.get(key(flow), _NO_SUM).plus(*more)
        return found

    def listing(self, say: Say) -> Listing:
        """The sums of each quarter, by who pays."""
        rows: list[Cells] = []
        for flow, (net, times, open) in self.by(lambda flow: flow._replace(turn=0)).items():
            year, quarter = divmod(flow.quarter, 4)
            rows.append((f"{year} Q{quarter + 1}", flow.party, net, flow.currency, times, open or None))
        return Listing(_MONEY.told(say), rows)


def _rank(flow: Flow) -> tuple[object, ...]:
    return flow.turn, flow.quarter, flow.party is None, flow.party or "", flow.currency


_MONEY = Head(
    "money", "What falls due each quarter",
    (
        ListColumn("quarter", "quarter"), ListColumn("party", "who"), ListColumn("amount", "amount", "money"),
        ListColumn(CURRENCY, "currency"), ListColumn("payments", "payments", "count"),
        ListColumn("open", "not decided", "count"),
    ), "Nothing falls due.",
)  # fmt: skip

# New versions


class VersionChange(NamedTuple):
    """A policy, what changes in it in a sentence, and where that stands."""

    title: str
    sentence: str
    at: str | None


class VersionTurn(NamedTuple):
    """A day on which new versions begin to hold, until the next one, and the charges as they were before."""

    days: Days
    changes: Sequence[VersionChange]
    instead: Stretch


def version_turns(programs: Sequence[Program], until: date) -> Iterator[VersionTurn]:
    """The days on which versions begin to hold; the programs are those of the first day and of each turn."""
    ends = [*(each.as_of for each in programs[2:]), None]
    for old, new, end in zip(programs, programs[1:], ends, strict=False):
        assert old.evaluated is not None
        last = until if end is None else date.fromordinal(end.toordinal() - 1)
        told = [
            VersionChange(title_of(each), sentence(each, old, new), _place(each.spans))
            for each in changes_of_versions(old, new)
        ]
        if told:
            days = Days(new.as_of, last)
            yield VersionTurn(days, told, charges_instead(old.evaluated, days))


def _place(spans: Iterable[object]) -> str | None:
    return next((str(each) for each in reversed([*spans]) if each is not None), None)


_VERSIONS = Head(
    "versions", "New versions of policies",
    (
        ListColumn("day", "day", "date"), ListColumn("title", "policy"), ListColumn("change", "change"),
        ListColumn("before", "as before", "money"), ListColumn("after", "now", "money"),
        ListColumn(CURRENCY, "currency"), ListColumn("party", "who"), ListColumn("at", "rule"),
    ), "No new version begins to hold.",
)  # fmt: skip


def version_list(turns: Sequence[VersionTurn], now: ByQuarter, before: ByQuarter, say: Say) -> Listing:
    """What changes by new versions, and what falls due until the next ones, with them and as before."""
    had, has = (each.by(lambda flow: flow._replace(quarter=0)) for each in (before, now))
    rows: list[Cells] = []
    for i, turn in enumerate(turns, start=1):
        day, last = turn.days.first, say.short_day(turn.days.last)
        rows += [(day, each.title, each.sentence, None, None, None, None, each.at) for each in turn.changes]
        for flow in dict.fromkeys(flow for flow in (*has, *had) if flow.turn == i):
            one, other = had.get(flow, _NO_SUM).net, has.get(flow, _NO_SUM).net
            if one != other:
                told = say("falls due until {day}", day=last)
                rows.append((day, None, told, one, other, flow.currency, flow.party, None))
    return Listing(_VERSIONS.told(say), rows)
