"""The impact of a change: evaluates two programs record by record and counts differences and costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from policyengine.change.money import AFTER, BEFORE, BOTH, Dues, MoneyChange, money_changes
from policyengine.change.schedule import DayRange
from policyengine.change.sides import Bill, Billed, Facts, Found, RecordSides, Who
from policyengine.change.states import (
    ABSENT,
    OTHER,
    PERIODS,
    STILL_OPEN,
    Move,
    State,
    What,
    further,
    move,
    names,
    owner,
)
from policyengine.change.tally import Delta, Flow, Hit, Shifts, Sums, Tally, resting
from policyengine.change.terms import EXACT, NOTHING, ChargeKey, Terms
from policyengine.dataclass import dataclass
from policyengine.decision.findings import UNDETERMINED, Charge, Level, Obligation
from policyengine.engine.missing_facts import JudgedList
from policyengine.program.record import Record


class RecordPair(NamedTuple):
    """A record as each of the two programs reads it."""

    old: Record
    new: Record


@dataclass(slots=True)
class _Seen:
    """The differences found for one record so far.

    `first` is the first day with a difference, `flows` the levels, `figures` the derived amounts before and
    after on each day. `asked` are the answers of both programs and of single changes by range of days. The
    bills are the terms of the charges by range of days; `alone` the terms in the old program with one change
    applied, where they differ, by the number of the change and the range. `is_open` tells that neither of
    them decides something that they work out differently.
    """

    first: dict[tuple[Who, What], date] = field(default_factory=dict)
    flows: dict[tuple[Who, What], tuple[State, State]] = field(default_factory=dict)
    figures: dict[tuple[Who, What, date], tuple[State, State]] = field(default_factory=dict)
    moves: set[tuple[Who, Move]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    statuses: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    asked: list[Sequence[tuple[RecordSides, int]]] = field(default_factory=list)
    before: list[Bill] = field(default_factory=list)
    after: list[Bill] = field(default_factory=list)
    alone: dict[tuple[int, Billed], dict[int, Terms | None]] = field(default_factory=dict)
    causes: set[int] = field(default_factory=set)
    behind: set[tuple[str, object]] = field(default_factory=set)
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class ImpactAnalysis:
    """Compares the two programs over the records of a population.

    `ranks` are the levels of each policy from the lowest up; `key` and `label` are the facts that identify
    records. With `listing` the tally keeps every record for which something changes.
    """

    stages: tuple[DayRange, ...]
    ranks: Mapping[str, Mapping[str, int]]
    key: str | None = None
    label: str | None = None
    listing: bool = False

    def tally(self, pairs: Iterable[RecordPair]) -> Tally:
        """The tally of these records."""
        tally = Tally()
        listed = [{each for stage in self.stages for each in stage.listed[side]} for side in (0, 1)]
        for pair in pairs:
            seen = _Seen()
            before, after = (set(_left_out(each, of)) for each, of in zip(pair, listed, strict=True))
            _unlisted(before, after, seen, tally)
            for number, stage in enumerate(self.stages):
                _look(number, stage, pair, seen)
            self._count(pair, seen, self._bill(pair, seen, tally), tally)
        return tally

    def _count(
        self, pair: RecordPair, seen: _Seen, sums: Mapping[tuple[str, str], Sums], tally: Tally
    ) -> None:
        tally.records += 1
        flows = [(what.policy, *levels) for (_, what), levels in seen.flows.items()]
        tally.flows.update(flows)
        seen.behind.update(("flows", flow) for flow in flows)
        seen.behind.update(("statuses", each) for each in seen.statuses)
        self._figures(seen, tally)
        if seen.is_open:
            tally.named[STILL_OPEN] += 1
        tally.behind.update(seen.behind)
        changed = any(each.amount for each in sums.values())
        if not seen.moves and not seen.names and not changed:
            return
        tally.changed += 1
        moves = Counter(each for _, each in seen.moves)
        tally.moves.update(moves.keys())
        tally.subjects.update(moves)
        tally.statuses.update(seen.statuses)
        seen.names.update(
            name for each in moves for name in names(each, self.ranks.get(each.what.policy, {}))
        )
        tally.named.update(seen.names)
        if seen.first:
            tally.days[min(seen.first.values())] += 1
        burden = _burden(sums, pair.old.entity)
        key, label = self._text(pair, self.key) or "", self._text(pair, self.label)
        tally.unranked += burden is None
        if burden:
            tally.deltas.append(Delta(burden, key, label))
        if self.listing:
            levels = sorted(
                (what.policy, *pair_of)
                for (who, what), pair_of in seen.flows.items()
                if who[0] == pair.old.entity
            )
            by_currency = sorted(_by_currency(sums, pair.old.entity).items())
            tally.hits.append(
                Hit(
                    key,
                    label,
                    tuple(levels),
                    tuple(by_currency),
                    tuple(sorted(seen.names)),
                    tuple(sorted({*seen.causes, *self._touching(seen)})),
                )
            )

    def _touching(self, seen: _Seen) -> Iterator[int]:
        """The changes that touch what changes for a record; by its policy, where no part has the name."""
        whats = {each.what for _, each in seen.moves}
        for touching in (stage.touching for stage in self.stages):
            for what in whats:
                own = touching.get(what[:3])
                near = (n for part, n in touching.items() if part[:2] == what[:2]) if own is None else (own,)
                yield from (number for numbers in near for number in numbers)

    def _text(self, pair: RecordPair, fact: str | None) -> str | None:
        value = pair.new.facts.get(fact) if fact is not None else None
        return None if value is None else str(value)

    def _figures(self, seen: _Seen, tally: Tally) -> None:
        """Adds up the derived amounts that the two programs compute differently."""
        currencies = {key: each for stage in self.stages for key, each in stage.amounts.items()}
        for (_, what, day), states in seen.figures.items():
            before, after = (NOTHING if each == ABSENT else each for each in states)
            if not isinstance(before, Decimal) or not isinstance(after, Decimal):
                continue
            key = (what.policy, what.id, currencies[what.policy, what.id], day)
            tally.figures[key] = tally.figures.get(key, Sums()).plus(before, after)
            seen.behind.update(resting("figures", key, before, after, EXACT.subtract(after, before)))
            if before != after:
                seen.names.add("figures_raised" if after > before else "figures_lowered")

    def _bill(self, pair: RecordPair, seen: _Seen, tally: Tally) -> dict[tuple[str, str], Sums]:
        """Adds up the charges; returns the sums for the record by currency and payer."""
        open_: list[tuple[Billed, str]] = []
        sums: dict[tuple[str, str], Sums] = {}
        spans = [stage.days for stage in self.stages]
        for billed in dict.fromkeys(key for bill in (*seen.before, *seen.after) for key in bill):
            old, new = _dues(seen.before, billed), _dues(seen.after, billed)
            found = money_changes(old, new, spans)
            if isinstance(found, str):
                open_.append((billed, found))
                continue
            for change in found:
                tally.pay(billed[1], change)
                seen.behind.update(_behind(billed[1], change))
                flow = change.currency, change.payer
                sums[flow] = sums.get(flow, Sums()).plus(change.before, change.after, change.amount)
                if change.shifts:
                    seen.names.add("charges_moved")
        if open_:
            self._undecided(open_, seen, tally)
        apart = self._effects(pair, seen, {billed for billed, _ in open_}, tally)
        for currency, each in _by_currency(sums, pair.old.entity).items():
            if each.amount != apart.get(currency, NOTHING):
                seen.behind.add(("together", currency))
        return sums

    def _effects(self, pair: RecordPair, seen: _Seen, open_: set[Billed], tally: Tally) -> dict[str, Decimal]:
        """Adds what single changes come to by themselves; returns their sums by currency."""
        sums: dict[str, Decimal] = {}
        spans = [stage.days for stage in self.stages]
        for (number, billed), alone in seen.alone.items():
            if billed in open_:
                continue
            old = _dues(seen.before, billed)
            found = money_changes(old, [alone.get(i, each) for i, each in enumerate(old)], spans)
            if isinstance(found, str):
                tally.unsure[number] += 1
                seen.behind.add(("unsure", number))
                continue
            for change in found:
                if change.amount:
                    amount = EXACT.multiply(_sign(change.payer, pair.old.entity), change.amount)
                    tally.effect(number, change.currency, amount)
                    sums[change.currency] = EXACT.add(sums.get(change.currency, NOTHING), amount)
                    seen.behind.add(("effects", (number, change.currency)))
                    seen.behind.add(("caused sums", Flow(billed[1], change.currency, change.payer)))
                if change.amount or change.shifts:
                    seen.causes.add(number)
        return sums

    def _undecided(self, found: Iterable[tuple[Billed, str]], seen: _Seen, tally: Tally) -> None:
        """Counts undetermined charges, with the facts missing in the new program, or in the old where the new
        decides.
        """
        facts: dict[bool, list[Facts]] = {}
        for (who, part), which in found:
            tally.undecided[part, which] += 1
            seen.behind.add(("undecided", (part, which)))
            _turn_open(who, part, which, seen)
            new = which != BEFORE
            if new not in facts:
                facts[new] = [sides.missing(version) for sides, version in (each[new] for each in seen.asked)]
            missing = {(part, fact) for known in facts[new] for fact in known.get((who, part), ())}
            tally.facts.update(missing)
            seen.behind.update(("facts", each) for each in missing)


def _turn_open(who: Who, part: ChargeKey, which: str, seen: _Seen) -> None:
    """Notes a charge that one of the sides alone cannot decide."""
    if which != BOTH:
        states = (UNDETERMINED, OTHER) if which == BEFORE else (OTHER, UNDETERMINED)
        seen.moves.add((who, Move(What(Charge.section, *part), *states)))


_Unlisted = tuple[Who, ChargeKey, str]


def _unlisted(before: Set[_Unlisted], after: Set[_Unlisted], seen: _Seen, tally: Tally) -> None:
    """Counts the charges of what would stand in lists that are not known, once for each list."""
    for each in before | after:
        who, part, fact = each
        which = BOTH if each in before and each in after else BEFORE if each in before else AFTER
        tally.undecided[part, which] += 1
        tally.facts[part, fact] += 1
        seen.behind.update((("undecided", (part, which)), ("facts", (part, fact))))
        _turn_open(who, part, which, seen)


def _left_out(record: Record, listed: Set[JudgedList], path: str = "") -> Iterator[_Unlisted]:
    """The charges of lists that a record leaves out."""
    for within, name, ids in listed:
        if within == record.entity and name not in record.lists:
            for each in ids:
                policy, _, charge = each.partition("/")
                yield (within, f"{path}/{name}", 0), ChargeKey(policy, charge), f"{within}.{name}"
    if any(within != record.entity for within, _, _ in listed):
        for name, rows in record.lists.items():
            for i, row in enumerate(rows):
                yield from _left_out(row, listed, f"{path}/{name}/{i}")


def _behind(part: ChargeKey, change: MoneyChange) -> Iterator[tuple[str, object]]:
    """The sums that a record stands behind, and those that change because of it."""
    flow = Flow(part, change.currency, change.payer)
    yield from resting("sums", flow, change.before, change.after, change.amount)
    for shift in change.shifts:
        yield "shifts", Shifts(part, change.currency, shift.way, shift.where)
    for month, (before, after) in change.months.items():
        yield from resting("months", (change.currency, month), before, after, EXACT.subtract(after, before))


def _dues(bills: Sequence[Bill], billed: Billed) -> Dues:
    return [bill.get(billed) for bill in bills]


def _sign(payer: str, root: str) -> Decimal:
    """What the partner pays counts up, what it is paid counts down."""
    return Decimal(1) if payer in ("", root) else Decimal(-1)


def _by_currency(sums: Mapping[tuple[str, str], Sums], root: str) -> dict[str, Sums]:
    """What a record pays, less what it is paid."""
    found: dict[str, Sums] = {}
    for (currency, payer), each in sums.items():
        signed = (EXACT.multiply(_sign(payer, root), amount) for amount in each)
        found[currency] = found.get(currency, Sums()).plus(*signed)
    return found


def _burden(sums: Mapping[tuple[str, str], Sums], root: str) -> Decimal | None:
    """How much more a record pays, less what it is paid more; None for two currencies."""
    found: dict[str, Decimal] = {}
    for (currency, payer), each in sums.items():
        more = EXACT.multiply(_sign(payer, root), each.amount)
        found[currency] = EXACT.add(found.get(currency, NOTHING), more)
    changed = [each for each in found.values() if each]
    return None if len(changed) > 1 else sum(changed, NOTHING)


def _look(number: int, stage: DayRange, pair: RecordPair, seen: _Seen) -> None:
    """Adds the differences of one range of days, and the terms of the charges in it."""
    (first, i), (second, j), *others = asked = stage.sides.on(pair.old, pair.new)
    seen.asked.append(asked)
    before, old = first.found(i), first.bill(i, stage.days)
    new = second.bill(j, stage.days, old)
    _compare(stage, before, second.found(j), seen)
    seen.before.append(old)
    seen.after.append(new)
    for touched, (sides, version) in zip(stage.single, others, strict=True):
        alone = sides.bill(version, stage.days, old)
        for billed in {**old, **new, **alone}:
            found = alone.get(billed)
            if billed[1] in touched and found is not old.get(billed):
                seen.alone.setdefault((touched[billed[1]], billed), {})[number] = found


def _compare(stage: DayRange, before: Found, after: Found, seen: _Seen) -> None:
    differing: list[tuple[tuple[Who, What], State, State]] = []
    for key, one, other in _both(before, after):
        what = key[1]
        if one == other == UNDETERMINED and what[:3] in stage.differing:
            seen.is_open = True
        if (what.policy, what.id) in stage.amounts:
            seen.figures[(*key, stage.day)] = one, other
        if key in seen.first:
            continue
        if what.section == Level.section and (one != other or key not in seen.flows):
            seen.flows[key] = (one, other)
        if one != other and not _comes_or_goes(key, before, after):
            seen.first[key] = stage.day
            differing.append((key, one, other))
    if differing:
        seen.moves.update(_moves(differing, before, after, seen))


def _moves(
    differing: Iterable[tuple[tuple[Who, What], State, State]], before: Found, after: Found, seen: _Seen
) -> Iterator[tuple[Who, Move]]:
    """The moves, one for an obligation whose periods are different ones, with its statuses in all of them."""
    turned: set[tuple[Who, Move]] = set()
    for (who, what), one, other in differing:
        if what.section == Obligation.section and what.aspect and ABSENT in (one, other):
            mine = _statuses(before, who, what), _statuses(after, who, what)
            if all(mine):
                turn = who, Move(What(what.section, what.policy, what.id, PERIODS), ABSENT, OTHER)
                if turn not in seen.moves and turn not in turned:
                    turned.add(turn)
                    _count_statuses(what, *mine, seen)
                    yield turn
                continue
        yield who, move(what, one, other)


def _statuses(found: Found, who: Who, what: What) -> list[str]:
    """The statuses of an obligation in all its periods."""
    return [
        str(state)
        for (each, other), state in found.items()
        if each == who and other[:3] == what[:3] and state != ABSENT and further(other) is None
    ]


def _count_statuses(what: What, before: list[str], after: list[str], seen: _Seen) -> None:
    for side, statuses in (("before", before), ("after", after)):
        seen.statuses.update((what.policy, what.id, side, status) for status in statuses)
    if after.count("overdue") > before.count("overdue"):
        seen.names.add("newly_overdue")


def _comes_or_goes(key: tuple[Who, What], before: Found, after: Found) -> bool:
    """Whether the state belongs to a finding that one of the versions lacks, which is counted already."""
    who, what = key
    whose = owner(what)
    return whose is not None and ABSENT in (before.get((who, whose), ABSENT), after.get((who, whose), ABSENT))


def _both(before: Found, after: Found) -> list[tuple[tuple[Who, What], State, State]]:
    return [(key, before.get(key, ABSENT), after.get(key, ABSENT)) for key in {**before, **after}]
