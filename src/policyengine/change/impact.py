"""The impact of a change: evaluates two programs record by record and counts differences and costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from policyengine.change.money import EXACT, NOTHING, ChargeKey, Paid, added
from policyengine.change.schedule import DayRange
from policyengine.change.sides import Bill, Facts, Found, Side, Who
from policyengine.change.states import ABSENT, Move, State, What, move, names, owner
from policyengine.change.tally import Delta, Tally
from policyengine.dataclass import dataclass
from policyengine.decision.findings import Level
from policyengine.program.record import Record

BEFORE, AFTER, BOTH = "before", "after", "both"
_FREE = Paid("", NOTHING)


class RecordPair(NamedTuple):
    """A record as each of the two programs reads it."""

    old: Record
    new: Record


@dataclass(slots=True)
class _Seen:
    """The differences found for one record so far.

    `first` is the first day with a difference, `flows` the levels, `moves` the number of subjects by move.
    The bills are the charges before and after; `singles` the charges of the old program with one change
    applied, beside those of the old program.
    """

    first: dict[tuple[Who, What], date] = field(default_factory=dict)
    flows: dict[tuple[Who, What], tuple[State, State]] = field(default_factory=dict)
    moves: Counter[Move] = field(default_factory=Counter)
    before: Bill = field(default_factory=dict)
    after: Bill = field(default_factory=dict)
    singles: list[tuple[int, Who, ChargeKey, Paid, Paid]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ImpactAnalysis:
    """Compares the two programs over the records of a population.

    `ranks` are the levels of each policy from the lowest up; `key` and `label` are the facts that identify
    records.
    """

    stages: tuple[DayRange, ...]
    ranks: Mapping[str, Mapping[str, int]]
    key: str | None = None
    label: str | None = None

    def tally(self, pairs: Iterable[RecordPair]) -> Tally:
        """The tally of these records."""
        tally = Tally()
        for pair in pairs:
            seen = _Seen()
            for stage in self.stages:
                _look(stage, pair, seen)
            delta = self._bill(pair, seen, tally)
            self._count(pair, seen, delta, tally)
        return tally

    def _count(self, pair: RecordPair, seen: _Seen, delta: Decimal | None, tally: Tally) -> None:
        tally.records += 1
        tally.flows.update((what.policy, *levels) for (_, what), levels in seen.flows.items())
        if not seen.moves and not delta:
            return
        tally.changed += 1
        tally.moves.update(seen.moves.keys())
        tally.subjects.update(seen.moves)
        tally.named.update(
            {name for each in seen.moves for name in names(each, self.ranks.get(each.what.policy, {}))}
        )
        if seen.first:
            tally.days[min(seen.first.values())] += 1
        if delta:
            tally.deltas.append(Delta(delta, self._text(pair, self.key) or "", self._text(pair, self.label)))

    def _text(self, pair: RecordPair, fact: str | None) -> str | None:
        value = pair.new.facts.get(fact) if fact is not None else None
        return None if value is None else str(value)

    def _bill(self, pair: RecordPair, seen: _Seen, tally: Tally) -> Decimal | None:
        """Adds up the charges; returns the increase for the record, None for two currencies."""
        open_: list[tuple[Who, ChargeKey, str]] = []
        delta: dict[str, Decimal] = {}
        for who, part in {**seen.before, **seen.after}:
            before, after = seen.before.get((who, part), _FREE), seen.after.get((who, part), _FREE)
            if before.amount is None or after.amount is None:
                open_.append((who, part, _which(before, after)))
                continue
            for currency, one, other in _by_currency(before, after):
                tally.pay(part, currency, one, other)
                delta[currency] = EXACT.add(delta.get(currency, NOTHING), EXACT.subtract(other, one))
        if open_:
            self._undecided(pair, open_, tally)
        _effects(seen, {(who, part) for who, part, _ in open_}, tally)
        found = [each for each in delta.values() if each]
        return None if len(found) > 1 else sum(found, NOTHING)

    def _undecided(self, pair: RecordPair, found: Iterable[tuple[Who, ChargeKey, str]], tally: Tally) -> None:
        """Counts undetermined charges, with the facts missing in the new program, or in the old where the new
        decides.
        """
        facts: dict[bool, list[Facts]] = {}
        for who, part, which in found:
            tally.undecided[part, which] += 1
            new = which != BEFORE
            if new not in facts:
                facts[new] = [
                    stage.new.facts_for(pair.new) if new else stage.old.facts_for(pair.old)
                    for stage in self.stages
                ]
            tally.facts.update({(part, fact) for known in facts[new] for fact in known.get((who, part), ())})


def _look(stage: DayRange, pair: RecordPair, seen: _Seen) -> None:
    """Adds the differences of one interval, and the charges due in it."""
    before: Found = {}
    after: Found = {}
    old: Bill = {}
    new: Bill = {}
    # Where a record hands the same down in both programs, everything below it is as it was.
    handed = stage.handed.values(pair.old) if stage.handed is not None and pair.old is pair.new else None
    stage.old.read_below(pair.old, stage.days, before, old)
    if _alike(stage.new, pair.new, handed):
        after, new = dict(before), dict(old)
    else:
        stage.new.read_below(pair.new, stage.days, after, new)
    stage.old.read(pair.old, stage.days, before, old)
    stage.new.read(pair.new, stage.days, after, new)
    _compare(stage.day, before, after, seen)
    for bill, more in ((seen.before, old), (seen.after, new)):
        for billed, paid in more.items():
            bill[billed] = added(bill.get(billed), paid)
    for single in stage.single:
        if _alike(single.side, pair.old, handed):
            continue
        alone: Bill = {}
        single.side.read(pair.old, stage.days, {}, alone)
        single.side.read_below(pair.old, stage.days, {}, alone)
        for who, part in {**old, **alone}:
            if part in single.touched:
                one, other = old.get((who, part), _FREE), alone.get((who, part), _FREE)
                seen.singles.append((single.touched[part], who, part, one, other))


def _alike(side: Side, record: Record, handed: dict[str, object] | None) -> bool:
    """Whether everything below the root is equal in both programs: the root hands down equal values."""
    if side.gate is None or handed is None:
        return False
    return all(handed[name] == value for name, value in side.gate.values(record).items())


def _compare(day: date, before: Found, after: Found, seen: _Seen) -> None:
    for key, one, other in _both(before, after):
        if key in seen.first:
            continue
        if key[1].section == Level.section and (one != other or key not in seen.flows):
            seen.flows[key] = (one, other)
        if one != other and not _comes_or_goes(key, before, after):
            seen.first[key] = day
            seen.moves[move(key[1], one, other)] += 1


def _comes_or_goes(key: tuple[Who, What], before: Found, after: Found) -> bool:
    """Whether the state belongs to a finding that one of the versions lacks, which is counted already."""
    who, what = key
    whose = owner(what)
    return whose is not None and ABSENT in (before.get((who, whose), ABSENT), after.get((who, whose), ABSENT))


def _both(before: Found, after: Found) -> list[tuple[tuple[Who, What], State, State]]:
    return [(key, before.get(key, ABSENT), after.get(key, ABSENT)) for key in {**before, **after}]


def _which(before: Paid, after: Paid) -> str:
    if before.amount is None:
        return BOTH if after.amount is None else BEFORE
    return AFTER


def _by_currency(before: Paid, after: Paid) -> list[tuple[str, Decimal, Decimal]]:
    """The amounts before and after by currency; an empty side takes the currency of the other."""
    assert before.amount is not None
    assert after.amount is not None
    one, other = before.currency or after.currency, after.currency or before.currency
    if one == other:
        return [(one, before.amount, after.amount)]
    return [(one, before.amount, NOTHING), (other, NOTHING, after.amount)]


def _effects(seen: _Seen, open_: set[tuple[Who, ChargeKey]], tally: Tally) -> None:
    for number, who, part, before, after in seen.singles:
        if (who, part) in open_:
            continue
        if before.amount is None or after.amount is None:
            tally.unsure[number] += 1
            continue
        for currency, one, other in _by_currency(before, after):
            if one != other:
                tally.effect(number, currency, EXACT.subtract(other, one))
