"""`python -m tests.change.drawn_money [PROGRAM]...`: plans of drawn changes against the slow calculation.

Each program is changed in many ways, each change is tried on drawn records, and what differs to the cent is
printed. PROGRAMMES names a folder of more programs, RECORDS how many records are drawn for each program.
"""

from __future__ import annotations

import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal, localcontext
from functools import cached_property
from pathlib import Path

from tests.change import drawn_changes, slow_money
from tests.change.slow_money import Answers, Flow, Money, Payments, Version, first_difference
from tests.differential.programs import generated
from tests.support import DAY, POLICIES

from policyengine.change.attribution import Cause, causes_of
from policyengine.change.impact import ImpactAnalysis, RecordPair
from policyengine.change.money import total
from policyengine.change.period import Days
from policyengine.change.schedule import stages
from policyengine.change.tally import Tally
from policyengine.feel.types.types import Number
from policyengine.files import read_folder
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.graph import Graph
from policyengine.program.linked import Program
from policyengine.program.load import load
from policyengine.program.record import Record
from policyengine.source import Source

YEAR = Days(DAY, date(2027, 11, 20))
EACH = int(os.environ.get("EACH", "50"))
"""On so many records a change is tried."""
_IN_FORCE = re.compile(r"^(from|until_including): (\S+)$", re.MULTILINE)


def turns(*versions: Sequence[Source]) -> list[date]:
    """The first day, and those on which a policy begins or has ended."""
    found = {DAY}
    for word, day in (
        each for sources in versions for one in sources for each in _IN_FORCE.findall(one.text)
    ):
        found.add(date.fromisoformat(day) + timedelta(word == "until_including"))
    return sorted(each for each in found if DAY <= each <= YEAR.last)


@dataclass(frozen=True)
class Pair:
    """Two versions of a program on the days on which either turns."""

    old: Sequence[Program]
    new: Sequence[Program]
    days: Sequence[date]

    @property
    def ok(self) -> bool:
        """Whether both compile on every day."""
        return all(each.ok for each in (*self.old, *self.new))

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """What changes."""
        return causes_of(self.old[0], self.new[0])

    def tally(self, records: Iterable[Record]) -> Tally:
        """What the plan counts."""
        before, after = (
            {day: _evaluated(each) for day, each in zip(self.days, side, strict=True)}
            for side in (self.old, self.new)
        )
        found = stages(before.__getitem__, after.__getitem__, YEAR, self.days, self.causes)
        return ImpactAnalysis(found, {}, "id").tally([RecordPair(each, each) for each in records])

    def versions(self) -> tuple[Version, Version]:
        """The same for the slow calculation."""
        lasts = [*(day - timedelta(1) for day in self.days[1:]), YEAR.last]
        spans = list(zip(self.days, lasts, strict=True))
        return Version(self.old, spans), Version(self.new, spans)

    def is_money(self, entity: str, name: str) -> bool:
        """Whether a derived fact is an amount of money."""
        kinds = [_graph(each).types.get((entity, name)) for each in (*self.new, *self.old)]
        return any(isinstance(each, Number) and each.unit == "money" for each in kinds)


def _graph(program: Program) -> Graph:
    assert program.graph is not None
    return program.graph


def _evaluated(program: Program) -> Graph:
    assert program.evaluated is not None
    return program.evaluated


def pair(old: Sequence[Source], new: Sequence[Source]) -> Pair:
    """Two versions, compiled on every day on which either turns."""
    days = turns(old, new)
    return Pair([load("old", old, day) for day in days], [load("new", new, day) for day in days], days)


@dataclass
class Expected:
    """What the slow calculation counts."""

    sums: dict[Flow, Money] = field(default_factory=dict)
    undecided: int = 0
    values: dict[tuple[str, str, date], Money] = field(default_factory=dict)
    flows: Counter[tuple[str, object, object]] = field(default_factory=Counter)
    payers: Counter[bool] = field(default_factory=Counter)
    handed_over: Counter[str] = field(default_factory=Counter)
    moved: dict[tuple[str, str], Counter[str] | None] = field(default_factory=dict)

    def add(self, old: Answers, new: Answers) -> None:
        """Adds a record."""
        before, after = old.payments(), new.payments()
        sums, open_ = slow_money.sums(before, after)
        self._dates(before, after, old, new)
        self.undecided += open_ + len({*slow_money.unlisted(old), *slow_money.unlisted(new)})
        for flow, money in sums.items():
            self.sums[flow] = self.sums.get(flow, Money()).plus(money)
        self._payer([_borne(flow, money.amount) for flow, money in sums.items()])
        for (_, policy), levels in first_difference(slow_money.levels, old, new, "none").items():
            self.flows[policy, *levels] += 1
        for i, (day, _) in enumerate(old.spans):
            mine, theirs = slow_money.amounts(old, i), slow_money.amounts(new, i)
            for whose in {**mine, **theirs}:
                before, after = mine.get(whose, Decimal(0)), theirs.get(whose, Decimal(0))
                if isinstance(before, Decimal) and isinstance(after, Decimal):
                    key = (*whose[1:], day)
                    self.values[key] = self.values.get(key, Money()).plus(Money(before, after))
        parties = first_difference(slow_money.parties, old, new, None)
        self.handed_over.update(
            {key[0] for key, who in parties.items() if None not in who and who[0] != who[1]}
        )

    def _dates(self, before: Payments, after: Payments, old: Answers, new: Answers) -> None:
        """Adds which way payments move, of charges that tell their periods in every record."""
        for key in {**before, **after}:
            one, other = before.get(key, {}), after.get(key, {})
            held = self.moved.setdefault(key[1:3], Counter())
            if one is None or other is None or held is None:
                continue
            mine, its = old.periods.get(key, {}), new.periods.get(key, {})
            several = len({flow for _, flow in (*one, *other)}) > 1
            found = None if several or mine is None or its is None else slow_money.moved(mine, its)
            self.moved[key[1:3]] = None if found is None else held + found

    def _payer(self, amounts: Sequence[Decimal | None]) -> None:
        known = [each for each in amounts if each is not None]
        if len(known) < len(amounts):
            self.payers["unknown"] += 1  # type: ignore[index]
        elif sum(known, Decimal(0)):
            self.payers[sum(known, Decimal(0)) > 0] += 1


def _borne(flow: Flow, amount: Decimal | None) -> Decimal | None:
    """What a record pays; what it is paid counts down."""
    return None if amount is None else -amount if flow[3] else amount


def expected(found: Pair, records: Iterable[Record]) -> Expected:
    """What the slow calculation says of records."""
    said = Expected()
    old, new = found.versions()
    with localcontext(prec=200):  # no digit of a sum is lost
        for record in records:
            said.add(old.answers(record), new.answers(record))
    return said


def differences(found: Pair, records: Sequence[Record]) -> Iterator[str]:
    """What the plan counts otherwise than the slow calculation."""
    tally, said = found.tally(records), expected(found, records)
    sums = {(*flow.part, *flow[1:]): tuple(each) for flow, each in tally.sums.items()}
    for flow in sorted({*sums, *said.sums}):
        mine, theirs = sums.get(flow, Money()), said.sums.get(flow, Money())
        if mine[:2] != theirs[:2] or (theirs.amount is not None and mine[2] != theirs.amount):
            yield f"{flow}: {mine}, not {theirs}"
    if sum(tally.undecided.values()) != said.undecided:
        yield f"undecided: {sum(tally.undecided.values())}, not {said.undecided}"
    yield from _moved(tally, said)
    yield from _values(found, tally, said)
    flows = Counter({key: n for key, n in tally.flows.items() if key[1] != key[2]})
    wanted = Counter({key: n for key, n in said.flows.items() if key[1] != key[2]})
    if flows != wanted:
        yield f"levels: {flows - wanted}, not {wanted - flows}"
    if not said.payers["unknown"]:  # type: ignore[index]
        more = sum(each.amount > 0 for each in tally.deltas), sum(each.amount < 0 for each in tally.deltas)
        if more != (said.payers[True], said.payers[False]):
            yield f"who pays more, and less: {more}, not {said.payers}"
    for section in ("duties", "obligations"):
        if tally.named[f"{section}_moved"] != said.handed_over[section]:
            yield f"{section}_moved: {tally.named[f'{section}_moved']}, not {said.handed_over[section]}"
    yield from _single(found, tally, said)


def _moved(tally: Tally, said: Expected) -> Iterator[str]:
    """Payments that move within the period, and those that are paid again."""
    for part, wanted in said.moved.items():
        mine = Counter[str]()
        for kind, (payments, _) in tally.shifts.items():
            mine[kind.way] += payments * (kind.part == part and kind.where == "within")
        ways = {way: mine[way] for way in ("earlier", "later", "twice")}
        if wanted is not None and not mine["rhythm"] and ways != {way: wanted[way] for way in ways}:
            yield f"{part} moves {ways}, not {dict(wanted)}"


def _values(found: Pair, tally: Tally, said: Expected) -> Iterator[str]:
    mine = {(*key[:2], key[3]): (sums.before, sums.after) for key, sums in tally.figures.items()}
    for key in sorted({*mine, *said.values}):
        before, after, _ = said.values.get(key, Money())
        same = mine[key] == (before, after) if key in mine else before == after
        if found.is_money(*key[:2]) and not same:
            yield f"{key}: {mine.get(key)}, not {before}, {after}"


def _single(found: Pair, tally: Tally, said: Expected) -> Iterator[str]:
    """The effect of the only change is the whole change."""
    if len(found.causes) != 1 or tally.unsure:
        return
    currencies = {flow.currency for flow in tally.sums}
    for currency in currencies if len(currencies) == 1 else ():
        own = [_borne((*flow.part, *flow[1:]), each.amount) for flow, each in tally.sums.items()]
        whole = total(each for each in own if each is not None)
        if tally.effects.get((0, currency), 0) != whole:
            yield f"effect: {tally.effects}, not {whole}"


# Records near what the policies say


def records(
    vocabulary: Vocabulary, near: Sequence[Decimal], chance: random.Random, count: int
) -> list[Record]:
    """Drawn records; about half of their numbers are those that the policies name, or next to one."""
    return [_near(vocabulary, generated(vocabulary, chance), near, chance) for _ in range(count)]


def _near(vocabulary: Vocabulary, record: Record, near: Sequence[Decimal], chance: random.Random) -> Record:
    declared = vocabulary.entities[record.entity].facts
    facts: dict[str, object] = {}
    for name, value in record.facts.items():
        kind = declared[name].scalar
        drawn = isinstance(value, Decimal) and kind != "rate" and chance.random() < 0.5
        facts[name] = _number(kind, chance.choice(near), chance) if drawn else value
    lists = {
        name: tuple(_near(vocabulary, each, near, chance) for each in each_list)
        for name, each_list in record.lists.items()
    }
    return replace(record, facts=facts, lists=lists)


def _number(kind: str, near: Decimal, chance: random.Random) -> Decimal:
    if kind in ("count", "integer"):
        return max(near.to_integral_value() + chance.choice((-1, 0, 1)), Decimal(0))
    return max(near + chance.choice((Decimal("-0.01"), Decimal(0), Decimal("0.01"), Decimal(50))), Decimal(0))


def _named(sources: Iterable[Source]) -> list[Decimal]:
    found = (
        each for one in sources for each in re.findall(r"(?<![\w.-])\d{1,7}(?:\.\d+)?(?![\w-])", one.text)
    )
    return sorted({Decimal(each) for each in found}) or [Decimal(1)]


# Whole programs


@dataclass
class Figures:
    """How many changes of each kind were tried, how many of them change something, and what differs."""

    kinds: Counter[str] = field(default_factory=Counter)
    telling: int = 0
    wrong: list[str] = field(default_factory=list)


def folders() -> list[Path]:
    """Our programs, and those of the folder that PROGRAMMES names."""
    more = os.environ.get("PROGRAMMES")
    found = [*POLICIES.iterdir(), *(Path(more).iterdir() if more and Path(more).is_dir() else ())]
    return sorted(each for each in found if (each / "program.yaml").is_file())


def tried(folder: Path, count: int, each: int = EACH, seed: int = 7) -> Figures:
    """Tries changes of a program on `count` drawn records altogether."""
    chance = random.Random(seed)
    sources = [one for one in read_folder(folder).sources if not one.name.endswith("_test.yaml")]
    program = load(folder.name, sources, DAY)
    assert program.declarations is not None
    vocabulary = _graph(program).vocabulary
    parties = list(program.declarations.parties)
    figures, near, misses = Figures(), _named(sources), 0
    for kind, edited in drawn_changes.drawn(sources, parties, chance):
        if count <= 0 or misses > 400:
            break
        found = pair(sources, edited)
        if not found.ok or not found.causes:
            misses += 1
            continue
        some = records(vocabulary, near, chance, min(each, count))
        count -= len(some)
        figures.kinds[kind] += 1
        figures.telling += bool(found.tally(some).changed)
        figures.wrong += [
            f"{folder.name}, {kind}, {found.causes[0].title}: {one}" for one in differences(found, some)
        ]
    return figures


def main(names: Sequence[str]) -> int:
    """Prints the figures of each program; the exit code says whether something differs."""
    number = int(os.environ.get("RECORDS", "2000"))
    bad = 0
    for folder in folders():
        if names and folder.name not in names:
            continue
        figures = tried(folder, number)
        bad += bool(figures.wrong)
        kinds: Mapping[str, int] = dict(sorted(figures.kinds.items()))
        print(f"{folder.name}: {sum(kinds.values())} changes ({kinds}), {figures.telling} telling, "
              f"{len(figures.wrong)} differences", flush=True)  # fmt: skip
        print("\n".join(figures.wrong[:20]), flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
