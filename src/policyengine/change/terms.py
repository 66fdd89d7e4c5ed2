"""What a program says of a charge for one subject: its amount, who pays it, and when it falls due."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Context, Decimal
from typing import NamedTuple

from policyengine.change.period import Days, Schedule
from policyengine.decision.findings import NOT_APPLICABLE, UNDETERMINED
from policyengine.engine.rows.outcomes import Outcome

EXACT = Context(prec=200)
"""For sums and products of amounts: never a digit is lost."""
NOTHING = Decimal(0)
DATES = ("due_on", "every", "counted_from", "shift_days", "steps_from")
TERMS = (*DATES, "net", "currency", "payer", "payout")
"""What a charge says of its due dates, and all that its terms are read off."""


class ChargeKey(NamedTuple):
    """Identifies a charge by its policy and id."""

    policy: str
    id: str


class Later:
    """What a program says of a charge on any day: `on` gives its terms, and the days on which they hold.

    `runs` keeps what was asked for, by schedule and days.
    """

    __slots__ = ("on", "runs")

    def __init__(self, on: Callable[[date], tuple[Terms | None, Days]]) -> None:
        self.on = on
        self.runs: dict[tuple[Schedule | None, Days], Runs] = {}


Runs = Sequence[tuple[range, Decimal | None]]
"""The due dates of a charge by their numbers, in runs for each of which the same is paid."""


class Terms(NamedTuple):
    """What a program says on one day of one charge for one subject; `schedule` is None without a due date.

    `ask` tells the terms of other days; None where all days have one.
    """

    currency: str
    payer: str
    status: str
    net: object
    schedule: Schedule | None
    ask: Later | None = None

    @property
    def flow(self) -> tuple[str, str]:
        """The currency, and who pays."""
        return self.currency, self.payer

    @property
    def payable(self) -> Decimal | None:
        """What is paid on a due date; None where that is undetermined, zero where it is certainly nothing."""
        net = self.net
        if self.status in (NOT_APPLICABLE, "settled"):
            return NOTHING  # no change of policies touches what is paid
        if not isinstance(net, Decimal):
            return None
        return net if self.status != UNDETERMINED or not net else None

    def payable_on(self, day: date) -> tuple[Decimal | None, Days]:
        """What is paid on one of the due dates as the program says then, and on which days it says so."""
        asked, days = (self, _ALWAYS) if self.ask is None else self.ask.on(day)
        return NOTHING if asked is None else asked.payable, days

    def runs(self, days: Days) -> Runs:
        """The due dates within some days by their numbers, in runs for each of which the same is paid."""
        if self.ask is None:
            return tuple(self._runs(days))
        key = self.schedule, days
        if key not in self.ask.runs:
            self.ask.runs[key] = tuple(self._runs(days))
        return self.ask.runs[key]

    def _runs(self, days: Days) -> Iterator[tuple[range, Decimal | None]]:
        schedule = self.schedule
        numbers = range(0) if schedule is None else schedule.numbers(days)
        at = numbers.start
        while schedule is not None and at < numbers.stop:
            day = schedule.day(at)
            assert day is not None
            net, alike = self.payable_on(day)
            is_last = alike.last >= days.last
            stop = numbers.stop if is_last else schedule.numbers(Days(days.first, alike.last)).stop
            yield range(at, stop), net
            at = stop


_ALWAYS = Days(date.min, date.max)


def terms_of(outcome: Outcome) -> Terms:
    """The terms that an outcome of a charge states."""
    said = outcome.values.get
    due, schedule = said("due_on"), None
    if isinstance(due, date):
        _, every, anchor, shift, aligned = (said(name) for name in DATES)
        schedule = Schedule(
            due,
            str(every) if every else None,
            anchor if isinstance(anchor, date) else None,
            shift if isinstance(shift, int) else 0,
            aligned if isinstance(aligned, date) else None,
        )
    currency = str(said("currency") or "")
    payer = str(said("payer") or "") if said("payout") else ""
    return Terms(currency, payer, outcome.status, said("net"), schedule)
