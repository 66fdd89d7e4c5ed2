"""The search space of records: values of facts around their thresholds, and sizes of lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from policyengine.analysis.operands import moved
from policyengine.analysis.thresholds import Cuts, FactKey
from policyengine.dataclass import dataclass
from policyengine.feel.values.values import Months
from policyengine.policy.facts import Fact
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.record import Record

_MOST = 48
_OTHER_TEXTS = ("something", "something else")


@dataclass(frozen=True)
class Space:
    """The values to try, for records that both programs accept."""

    old: Vocabulary
    new: Vocabulary
    cuts: Cuts
    today: date
    narrow: bool = False
    """Whether a choice takes only the values that a condition names, and one more."""

    @cached_property
    def facts(self) -> Mapping[FactKey, Fact]:
        """The relevant facts that a record states, in the order of their declaration."""
        found: dict[FactKey, Fact] = {}
        for vocabulary in (self.old, self.new):
            for entity, declared in vocabulary.entities.items():
                for name, fact in declared.facts.items():
                    if (entity, name) in self.cuts.mentioned and fact.is_given:
                        found.setdefault((entity, name), fact)
        return found

    @cached_property
    def keys(self) -> Mapping[str, str | None]:
        """The key fact of each entity."""
        return {
            name: entity.key
            for vocabulary in (self.old, self.new)
            for name, entity in vocabulary.entities.items()
        }

    def required(self, key: FactKey) -> bool:
        """Whether one of the programs refuses a record without the fact."""
        return any(fact.required for fact in self._both(key))

    def _both(self, key: FactKey) -> list[Fact]:
        entity, name = key
        return [
            vocabulary.entities[entity].facts[name]
            for vocabulary in (self.old, self.new)
            if entity in vocabulary.entities and name in vocabulary.entities[entity].facts
        ]

    def takes(self, key: FactKey, value: object) -> bool:
        """Whether every program that declares the fact accepts the value."""
        return all(_takes(fact, value) for fact in self._both(key))

    @cached_property
    def values(self) -> Mapping[FactKey, tuple[object, ...]]:
        """The values to try for each fact, in order; leaving the fact out is not among them."""
        return {key: tuple(self._values(key, fact)) for key, fact in self.facts.items()}

    def _values(self, key: FactKey, fact: Fact) -> Iterator[object]:
        points = self.cuts.points.get(key, set())
        found = dict.fromkeys(self._of_type(fact, points, key in self.cuts.free))
        yield from (value for value in found if self.takes(key, value))

    def _of_type(self, fact: Fact, points: set[object], free: bool) -> Iterable[object]:
        single: Iterable[object]
        match fact.scalar:
            case "boolean":
                single = (True, False)
            case "enum":
                single = self._choices(tuple(fact.values or ()), points)
            case "text":
                texts = sorted(str(point) for point in points)
                single = (*texts, *(text for text in _OTHER_TEXTS if text not in texts))
            case "date":
                single = self._days(points)
            case "period":
                single = (Months(1), Months(12), timedelta(days=1))
            case _:
                numbers = {point for point in points if isinstance(point, Decimal)}
                if free:
                    numbers |= set(sorted(self.cuts.numbers)[:_MOST])
                single = self._numbers(fact, numbers, free)
        return _lists(tuple(single)) if fact.is_list else single

    def _choices(self, values: tuple[str, ...], points: set[object]) -> tuple[str, ...]:
        if not self.narrow or len(values) <= len(points) + 1:
            return values
        other = next((each for each in values if each not in points), None)
        return tuple(each for each in values if each in points or each == other)

    def step(self, fact: Fact) -> Decimal:
        """The usual step of a fact: 1, a cent, one per cent."""
        if fact.single.is_whole:
            return Decimal(1)
        digits = self.old.number_of_digits() if fact.scalar == "money" else 2
        return Decimal((0, (1,), -digits))

    def _numbers(self, fact: Fact, points: set[Decimal], free: bool) -> Iterator[Decimal]:
        step = self.step(fact)
        low, high = fact.limits
        ends = {end for end in (low, high) if end is not None}
        cuts = sorted({*points, *ends}) or [Decimal(1)]
        if free and not fact.single.is_whole:
            yield Decimal(100) if fact.scalar != "rate" else Decimal("0.1")
        for i, point in enumerate(cuts):
            following = cuts[i + 1] if i + 1 < len(cuts) else None
            if fact.single.is_whole:
                floor = point.to_integral_value("ROUND_FLOOR")
                yield from (floor + offset for offset in (-1, 0, 1, *(() if floor == point else (2,))))
                continue
            yield from (point - step, point, point + step)
            if following is not None and following - point <= 2 * step:
                yield (point + following) / 2

    def _days(self, points: set[object]) -> list[date]:
        """The days around the thresholds and today, and those a duration of the policies away."""
        exact = sorted(point for point in points if isinstance(point, date))
        near = [self.today, *exact, *sorted(self.cuts.days)]
        lengths = sorted(self.cuts.lengths, key=repr)
        if any(isinstance(each, Months) for each in lengths):
            near += [date(self.today.year, month, 1) for month in (3, 5)]  # months differ in length
        once = [day for start in near for day in _apart(start, lengths)]
        twice = [day for start in once for day in _apart(start, lengths)]
        around = [day for each in (*near, *once) for day in _around(each)]
        found = list(dict.fromkeys([*around, *twice]))
        keep = {day for each in near for day in _around(each)}
        return sorted({*keep, *found[:_MOST]})

    def near(self, record: Record, key: FactKey, own: object) -> Iterator[object]:
        """Further values for a fact of one instance: those near the values of its other facts."""
        fact = self.facts[key]
        if key not in self.cuts.free or fact.is_list:
            return
        for name, value in record.facts.items():
            if name == key[1] or (record.entity, name) not in self.facts:
                continue
            if fact.scalar == "date" and isinstance(value, date):
                for day in (value, *_apart(value, sorted(self.cuts.lengths, key=repr))):
                    yield from _around(day)
            elif fact.single.is_number and isinstance(value, Decimal):
                yield from (value - self.step(fact), value, value + self.step(fact))
            elif fact.scalar == "text" and isinstance(value, str):
                yield value

    def sizes(self) -> tuple[int, ...]:
        """The list sizes to try."""
        return tuple(
            sorted({0, 1, 2, *(size + more for size in self.cuts.sizes for more in (-1, 0, 1))} - {-1})
        )


def _apart(day: date, lengths: Iterable[Months | timedelta]) -> Iterator[date]:
    for length in lengths:
        yield from (found for sign in (1, -1) if (found := moved(day, length, sign)) is not None)


def _around(day: date) -> Iterator[date]:
    for days in (-1, 0, 1):
        found = moved(day, timedelta(days=days))
        if found is not None:
            yield found


def _lists(single: tuple[object, ...]) -> list[object]:
    found: list[object] = [(each,) for each in single]
    if len(single) <= 3:
        found += [(one, other) for i, one in enumerate(single) for other in single[i + 1 :]]
    return [*found, single, ()] if len(single) > 1 else [*found, ()]


def _takes(fact: Fact, value: object) -> bool:
    if fact.is_list != isinstance(value, tuple):
        return False
    if isinstance(value, tuple):
        return all(_takes_one(fact, each) for each in value)
    return _takes_one(fact, value)


def _takes_one(fact: Fact, value: object) -> bool:
    if fact.scalar == "enum":
        return value in (fact.values or ())
    if fact.single.is_number:
        low, high = fact.limits
        whole = not fact.single.is_whole or (
            isinstance(value, Decimal) and value == value.to_integral_value()
        )
        return (
            isinstance(value, Decimal)
            and whole
            and (low is None or low <= value)
            and (high is None or value <= high)
        )
    return isinstance(value, fact.single.classes)
