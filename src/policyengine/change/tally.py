"""The counts and sums of a comparison so far; tallies of chunks add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from policyengine.change.money import MoneyChange, Way, Where
from policyengine.change.states import Move, State
from policyengine.change.terms import EXACT, NOTHING, ChargeKey
from policyengine.dataclass import dataclass


class Flow(NamedTuple):
    """Money that is added up: a charge, its currency, and who pays (the partner, if that is left open)."""

    part: ChargeKey
    currency: str
    payer: str


class Sums(NamedTuple):
    """Sums before and after, and how much of their difference changed amounts make."""

    before: Decimal = NOTHING
    after: Decimal = NOTHING
    amount: Decimal = NOTHING

    def plus(self, *more: Decimal) -> Sums:
        """The sums with more of each; `amount` is the whole difference if it is left out."""
        before, after, *amount = more
        change = amount[0] if amount else EXACT.subtract(after, before)
        return Sums(
            EXACT.add(self.before, before), EXACT.add(self.after, after), EXACT.add(self.amount, change)
        )

    @property
    def time(self) -> Decimal:
        """How much more is due in the period because due dates move."""
        return EXACT.subtract(EXACT.subtract(self.after, self.before), self.amount)


def resting(
    name: str, key: object, before: Decimal, after: Decimal, amount: Decimal
) -> Iterator[tuple[str, object]]:
    """The numbers of a sum that a record stands behind: it has something in it, it has that on one side only,
    its part changes, and that by an amount or by a due date.
    """
    if before or after:
        yield name, key
    if bool(before) != bool(after):
        yield f"{'later' if after else 'former'} {name}", key
    if before != after:
        yield f"changed {name}", key
    if amount:
        yield f"amount {name}", key
    if EXACT.subtract(after, before) != amount:
        yield f"time {name}", key


class Shifts(NamedTuple):
    """Payments of a charge whose day moves: which way, and where to."""

    part: ChargeKey
    currency: str
    way: Way
    where: Where


class Delta(NamedTuple):
    """How much more one record pays, less what it is paid more, with its key and label."""

    amount: Decimal
    key: str
    label: str | None


class Hit(NamedTuple):
    """A record for which something changes: levels and sums before and after, names of moves, causes."""

    key: str
    label: str | None
    levels: tuple[tuple[str, State, State], ...]
    sums: tuple[tuple[str, Sums], ...]
    names: tuple[str, ...]
    causes: tuple[int, ...]


@dataclass(slots=True)
class Tally:
    """Counts and sums.

    `named` and `moves` count records, `subjects` the subjects (a record may hold several). `flows` counts
    levels before and after for all subjects, also for those who stay. `sums` are the net charges before and
    after where both sides determine them; `undecided` counts the others by the side that does not, and
    `facts` the missing facts. `shifts` counts payments whose day moves, with their sum; `months` are the sums
    by month of the charges with such payments. `figures` are the sums of the derived amounts that differ, by
    entity, name, currency and day. `statuses` counts obligations in changed periods by policy, id, side and
    status. `deltas` are the records whose charges change; `unranked` counts those whose charges change in two
    currencies, so that nobody can say whether they pay more. `effects` are the amounts that single changes
    cause, by number and currency; `unsure` counts the charges that a single change leaves undetermined.
    `behind` counts the records behind each sum (`resting`), effect and count of subjects, those whose sum
    single changes make `caused`, and those for which changes come to something else `together`.
    `days` counts records by the first day on which they differ. `hits` are the records for which something
    changes, where they are asked for.
    """

    records: int = 0
    changed: int = 0
    named: Counter[str] = field(default_factory=Counter)
    moves: Counter[Move] = field(default_factory=Counter)
    subjects: Counter[Move] = field(default_factory=Counter)
    flows: Counter[tuple[str, State, State]] = field(default_factory=Counter)
    sums: dict[Flow, Sums] = field(default_factory=dict)
    undecided: Counter[tuple[ChargeKey, str]] = field(default_factory=Counter)
    facts: Counter[tuple[ChargeKey, str]] = field(default_factory=Counter)
    shifts: dict[Shifts, tuple[int, Decimal]] = field(default_factory=dict)
    months: dict[tuple[str, str], Sums] = field(default_factory=dict)
    figures: dict[tuple[str, str, str, date], Sums] = field(default_factory=dict)
    statuses: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    deltas: list[Delta] = field(default_factory=list)
    unranked: int = 0
    effects: dict[tuple[int, str], Decimal] = field(default_factory=dict)
    unsure: Counter[int] = field(default_factory=Counter)
    behind: Counter[tuple[str, object]] = field(default_factory=Counter)
    days: Counter[date] = field(default_factory=Counter)
    hits: list[Hit] = field(default_factory=list)

    def pay(self, part: ChargeKey, change: MoneyChange) -> None:
        """Adds the change of one charge."""
        flow = Flow(part, change.currency, change.payer)
        self.sums[flow] = self.sums.get(flow, Sums()).plus(change.before, change.after, change.amount)
        for shift in change.shifts:
            self.shift(Shifts(part, change.currency, shift.way, shift.where), shift.payments, shift.net)
        for month, (before, after) in change.months.items():
            key = change.currency, month
            self.months[key] = self.months.get(key, Sums()).plus(before, after)

    def shift(self, kind: Shifts, payments: int, net: Decimal) -> None:
        """Adds payments that move."""
        held = self.shifts.get(kind, (0, NOTHING))
        self.shifts[kind] = held[0] + payments, EXACT.add(held[1], net)

    def effect(self, number: int, currency: str, amount: Decimal) -> None:
        """Adds the effect of a single change."""
        self.effects[number, currency] = EXACT.add(self.effects.get((number, currency), NOTHING), amount)

    def add(self, other: Tally) -> None:
        """Adds the tally of a different chunk."""
        self.records += other.records
        self.changed += other.changed
        self.unranked += other.unranked
        for name in (
            "named",
            "moves",
            "subjects",
            "flows",
            "undecided",
            "facts",
            "unsure",
            "behind",
            "days",
            "statuses",
        ):
            getattr(self, name).update(getattr(other, name))
        for name in ("sums", "months", "figures"):
            _add_sums(getattr(self, name), getattr(other, name))
        for kind, (payments, net) in other.shifts.items():
            self.shift(kind, payments, net)
        for (number, currency), amount in other.effects.items():
            self.effect(number, currency, amount)
        self.deltas += other.deltas
        self.hits += other.hits


def _add_sums(held: dict[object, Sums], more: Mapping[object, Sums]) -> None:
    for key, sums in more.items():
        held[key] = held.get(key, Sums()).plus(*sums)
