"""A plan: for whom a change of policies changes something, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from policyengine.change.money import total
from policyengine.change.period import Days
from policyengine.change.states import Move
from policyengine.change.tally import Delta, Tally
from policyengine.change.terms import EXACT, NOTHING, ChargeKey
from policyengine.change.titles import Titles
from policyengine.dataclass import dataclass
from policyengine.program.graph import Key
from policyengine.source import Span


class PlanVersion(NamedTuple):
    """One of the two programs: its name, the digest of its policies, the commit of a revision."""

    name: str
    policies: str
    commit: str | None = None


class Cost(NamedTuple):
    """The amounts of a charge in the period before and after; `part` is None for all charges together.

    `change` is what changed amounts make of the difference, `moved` what is due in the period, or no longer,
    because due dates move. `payer` pays; the partner if it is empty. All together are what partners pay less
    what they are paid.
    """

    part: ChargeKey | None
    currency: str
    before: Decimal
    after: Decimal
    change: Decimal
    payer: str = ""

    @property
    def moved(self) -> Decimal:
        """How much more is due in the period because due dates move."""
        return EXACT.subtract(EXACT.subtract(self.after, self.before), self.change)

    def times(self, sign: int) -> Cost:
        """The same in the other direction, for -1."""
        before, after, change = (
            EXACT.multiply(each, Decimal(sign)) for each in (self.before, self.after, self.change)
        )
        return Cost(self.part, self.currency, before, after, change, self.payer)


class ValueChange(NamedTuple):
    """The sum of a derived amount on a day, before and after, for all those that have it."""

    entity: str
    name: str
    currency: str
    day: date
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """The increase; below zero a decrease."""
        return EXACT.subtract(self.after, self.before)


class Share(NamedTuple):
    """The part of the total change that one changed rule causes alone; the last share is the interaction."""

    title: str
    currency: str
    change: Decimal
    unsure: int = 0
    interaction: bool = False


@dataclass(frozen=True, slots=True)
class Undecided:
    """The number of times a charge is undetermined in one of the versions, and the missing facts."""

    part: ChargeKey
    before: int
    after: int
    both: int
    facts: tuple[tuple[str, int], ...]

    @property
    def number(self) -> int:
        """The number of charges."""
        return self.before + self.after + self.both


class GivenWaiver(NamedTuple):
    """A waiver of the new version: what it is of, its first and its last day, where it says so."""

    policy: str
    id: str
    of: str
    begins_on: date | None
    until_including: date | None
    at: Span


@dataclass(frozen=True)
class Plan:
    """The effect of a change on a partner base: counts, sums, and their labels.

    `turns` are the days on which both programs are evaluated. `noun` is the title of the root entity.
    `billed` are the derived amounts that charges are worked out from, or that are worked out from charges,
    each with the charge that it is.
    `changes` are the sentences of the changed rules whose single effects the tally holds, `places` their
    places. `left_out` counts the unreadable records, `refused` those of them that only the new version
    refuses, `twice` those that are not counted since others have the same key. `top` is how many records
    may be named, 0 for none. `root` is the entity that a record describes. A `public` plan tells nothing
    about few records; `withheld` says whether it leaves out effects for that. `waivers` are those of the new
    version, `waived` the plan from the new version without waivers to the one with them.
    """

    program: str
    title: str
    old: PlanVersion
    new: PlanVersion
    as_of: date
    days: Days
    turns: tuple[date, ...]
    noun: str
    tally: Tally
    left_out: int
    titles: Titles
    changes: tuple[str, ...] = ()
    top: int = 0
    places: tuple[Span | None, ...] = ()
    refused: int = 0
    twice: int = 0
    root: str = ""
    public: bool = False
    withheld: bool = False
    waivers: tuple[GivenWaiver, ...] = ()
    waived: Plan | None = None
    billed: Mapping[Key, frozenset[ChargeKey]] = field(default_factory=dict)

    @cached_property
    def costs(self) -> tuple[Cost, ...]:
        """The cost of each charge, the largest change first."""
        found = [
            Cost(flow.part, flow.currency, *sums, flow.payer)
            for flow, sums in self.tally.sums.items()
            if sums.before or sums.after
        ]
        return tuple(sorted(found, key=lambda cost: (cost.currency, -abs(cost.change), cost.part or ())))

    @cached_property
    def totals(self) -> tuple[Cost, ...]:
        """What partners pay, less what they are paid, by currency."""
        return tuple(
            self._total(currency, self.costs) for currency in sorted({cost.currency for cost in self.costs})
        )

    def _total(self, currency: str, costs: Iterable[Cost], payer: str = "") -> Cost:
        own = [cost.times(self.sign(cost.payer)) for cost in costs if cost.currency == currency]
        before, after, change = (
            total(getattr(cost, name) for cost in own) for name in ("before", "after", "change")
        )
        return Cost(None, currency, before, after, change, payer)

    def sign(self, payer: str) -> int:
        """1 for what the partner pays, -1 for what it is paid."""
        return 1 if payer in ("", self.root) else -1

    @property
    def one_way(self) -> bool:
        """Whether partners pay all charges, so that nothing is paid to them."""
        return all(self.sign(cost.payer) > 0 for cost in self.costs)

    @cached_property
    def directions(self) -> tuple[Cost, ...]:
        """What each party pays, by currency and payer."""
        found = []
        for currency, payer in dict.fromkeys((cost.currency, cost.payer) for cost in self.costs):
            whole = self._total(currency, [cost for cost in self.costs if cost.payer == payer], payer)
            found.append(whole.times(self.sign(payer)))
        return tuple(found)

    def records_behind(self, cost: Cost) -> int | None:
        """The number of records for which what a party pays changes; None where it cannot be told.

        Where several charges change, the same record may stand behind each.
        """
        changed = [
            number
            for flow in self.tally.sums
            if (flow.currency, flow.payer) == (cost.currency, cost.payer)
            and (number := self.tally.behind["changed sums", flow])
        ]
        return changed[0] if len(changed) == 1 and not self.public else None

    @cached_property
    def figures(self) -> tuple[ValueChange, ...]:
        """The derived amounts whose sum or whose parts change, the largest change first, a line a day."""
        told = {move.what[1:3] for move in self.tally.moves if self.tells(move)}
        amounts: dict[tuple[str, str, str], list[ValueChange]] = {}
        for key, sums in sorted(self.tally.figures.items()):
            if key[:2] in told:
                amounts.setdefault(key[:3], []).append(ValueChange(*key, *sums[:2]))
        found = sorted(map(_telling, amounts.values()), key=lambda each: (-max(map(_size, each)), each))
        return tuple(value for each in found for value in each)

    def tells(self, move: Move) -> bool:
        """Whether a move is told among the figures; not what the charge of the same name tells."""
        return move.what.section == "figures" and self._charged.isdisjoint(
            self.billed.get(move.what[1:3], ())
        )

    def tells_money(self, entity: str, name: str) -> bool:
        """Whether a figure is told besides the money that is paid: it belongs to no charge that changes."""
        return (entity, name) not in self.billed or not self._charged

    @cached_property
    def _charged(self) -> frozenset[ChargeKey]:
        return frozenset(cost.part for cost in self.costs if cost.part is not None and cost.change)

    @property
    def total(self) -> Cost | None:
        """The cost of all charges; None where they are in two currencies."""
        if len(self.totals) > 1:
            return None
        return self.totals[0] if self.totals else Cost(None, "", NOTHING, NOTHING, NOTHING)

    @cached_property
    def undecided(self) -> tuple[Undecided, ...]:
        """The charges that are not counted."""
        parts = sorted({part for part, _ in self.tally.undecided})
        return tuple(
            Undecided(
                part,
                self.tally.undecided[part, "before"],
                self.tally.undecided[part, "after"],
                self.tally.undecided[part, "both"],
                tuple(_most((fact, n) for (one, fact), n in self.tally.facts.items() if one == part)),
            )
            for part in parts
        )

    @cached_property
    def losers(self) -> tuple[Delta, ...]:
        """The records that pay more or are paid less, the largest change first."""
        found = [delta for delta in self.tally.deltas if delta.amount > 0]
        return tuple(sorted(found, key=lambda delta: (-delta.amount, delta.key)))

    @cached_property
    def winners(self) -> tuple[Delta, ...]:
        """The records that pay less or are paid more, the largest change first."""
        found = [delta for delta in self.tally.deltas if delta.amount < 0]
        return tuple(sorted(found, key=lambda delta: (delta.amount, delta.key)))

    @cached_property
    def shares(self) -> tuple[Share, ...]:
        """The share of each changed rule; they add up exactly to the change of all charges."""
        found: list[Share] = []
        known = {currency for _, currency in self.tally.effects}
        for cost in self.totals:
            if self.withheld and cost.currency not in known:
                continue
            own = [self._share(i, title, cost.currency) for i, title in enumerate(self.changes)]
            rest = EXACT.subtract(cost.change, total(share.change for share in own))
            found += [share for share in own if share.change or share.unsure]
            found += [Share("", cost.currency, rest, 0, True)] if rest else []
        return tuple(found)

    def _share(self, number: int, title: str, currency: str) -> Share:
        change = self.tally.effects.get((number, currency), NOTHING)
        return Share(title, currency, change, self.tally.unsure[number])

    @cached_property
    def same(self) -> bool:
        """Whether nothing changes for any record."""
        return not self.tally.changed and not self.refused and not self.withheld


def _telling(days: list[ValueChange]) -> list[ValueChange]:
    """The days from which on an amount changes by other sums; the first one where it does not change."""
    found: list[ValueChange] = []
    for each in days:
        if each.change and (not found or found[-1][-2:] != each[-2:]):
            found.append(each)
    return found or days[:1]


def _size(value: ValueChange) -> Decimal:
    return abs(value.change)


def _most(found: Iterable[tuple[str, int]]) -> Sequence[tuple[str, int]]:
    return sorted(found, key=lambda each: (-each[1], each[0]))
