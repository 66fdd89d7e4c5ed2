"""The counts and sums of a comparison so far; tallies of chunks add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from policyengine.change.money import EXACT, NOTHING, ChargeKey
from policyengine.change.states import Move, State
from policyengine.dataclass import dataclass

Sums = dict[tuple[ChargeKey, str], tuple[Decimal, Decimal]]


class Delta(NamedTuple):
    """The increase for one record, with its key and label; below zero a decrease."""

    amount: Decimal
    key: str
    label: str | None


@dataclass(slots=True)
class Tally:
    """Counts and sums.

    `named` and `moves` count records, `subjects` the subjects (a record may hold several). `flows` counts
    levels before and after for all subjects, also for those who stay. `sums` are the net charges before and
    after, by charge and currency, where both sides determine them; `undecided` counts the others by the side
    that does not, and `facts` the missing facts. `deltas` are the records whose charges change. `effects` are
    the amounts that single changes cause, by number and currency; `unsure` counts the charges that a single
    change leaves undetermined. `days` counts records by the first day on which they differ.
    """

    records: int = 0
    changed: int = 0
    named: Counter[str] = field(default_factory=Counter)
    moves: Counter[Move] = field(default_factory=Counter)
    subjects: Counter[Move] = field(default_factory=Counter)
    flows: Counter[tuple[str, State, State]] = field(default_factory=Counter)
    sums: Sums = field(default_factory=dict)
    undecided: Counter[tuple[ChargeKey, str]] = field(default_factory=Counter)
    facts: Counter[tuple[ChargeKey, str]] = field(default_factory=Counter)
    deltas: list[Delta] = field(default_factory=list)
    effects: dict[tuple[int, str], Decimal] = field(default_factory=dict)
    unsure: Counter[int] = field(default_factory=Counter)
    days: Counter[date] = field(default_factory=Counter)

    def pay(self, part: ChargeKey, currency: str, before: Decimal, after: Decimal) -> None:
        """Adds the amount of a charge before and after."""
        held = self.sums.get((part, currency), (NOTHING, NOTHING))
        self.sums[part, currency] = (EXACT.add(held[0], before), EXACT.add(held[1], after))

    def effect(self, number: int, currency: str, amount: Decimal) -> None:
        """Adds the effect of a single change."""
        self.effects[number, currency] = EXACT.add(self.effects.get((number, currency), NOTHING), amount)

    def add(self, other: Tally) -> None:
        """Adds the tally of a different chunk."""
        self.records += other.records
        self.changed += other.changed
        for name in ("named", "moves", "subjects", "flows", "undecided", "facts", "unsure", "days"):
            getattr(self, name).update(getattr(other, name))
        for (part, currency), (before, after) in other.sums.items():
            self.pay(part, currency, before, after)
        for (number, currency), amount in other.effects.items():
            self.effect(number, currency, amount)
        self.deltas += other.deltas
