"""Variations of records: one fact changed, one instance added or removed; and minimal records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from policyengine.analysis.operands import moved
from policyengine.analysis.search_space import Space
from policyengine.dataclass import dataclass
from policyengine.feel.values.values import Months
from policyengine.policy.facts import Fact
from policyengine.program.record import Record

_LEFT_OUT = 10
Way = tuple[tuple[str, int], ...]
"""The lists and positions that lead from a record to an instance in it; () is the record itself."""


class _Absent:
    """A fact or list that a record leaves out."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Variation:
    """One difference between two records: the value of a fact, or the size of a list.

    `before` and `after` are values or sizes, `ABSENT` where the record states none.
    """

    way: Way
    name: str
    before: object
    after: object


@dataclass(frozen=True)
class Variations:
    """Makes variations of records within a search space."""

    space: Space
    lists: frozenset[str]

    def of(self, record: Record) -> Iterator[tuple[Variation, Record]]:
        """Every record that differs in one fact or list, nearest values first."""
        for way, instance in walk(record):
            yield from ((move, put(record, way, made)) for move, made in self._facts(way, instance))
        for way, instance in walk(record):
            yield from ((move, put(record, way, made)) for move, made in self._lists(way, instance))

    def _facts(self, way: Way, instance: Record) -> Iterator[tuple[Variation, Record]]:
        for (entity, name), values in self.space.values.items():
            if entity != instance.entity:
                continue
            own = instance.facts.get(name, ABSENT)
            key = (entity, name)
            near = (each for each in self.space.near(instance, key, own) if self.space.takes(key, each))
            for value in dict.fromkeys((*values, *near)):
                if value != own:
                    yield Variation(way, name, own, value), with_fact(instance, name, value)
            if own is not ABSENT and not self.space.required(key):
                yield Variation(way, name, own, ABSENT), without_fact(instance, name)

    def _lists(self, way: Way, instance: Record) -> Iterator[tuple[Variation, Record]]:
        for entity, name in self._below(instance.entity):
            rows = instance.lists.get(name)
            size: object = ABSENT if rows is None else len(rows)
            for wanted in self.space.sizes():
                made = self._sized(entity, rows or (), wanted)
                if size != wanted and made is not None:
                    yield Variation(way, name, size, wanted), with_list(instance, name, made)
            if rows is not None:
                yield Variation(way, name, size, ABSENT), without_list(instance, name)
                for i in range(len(rows)) if len(rows) > 1 else ():
                    fewer = (*rows[:i], *rows[i + 1 :])
                    yield Variation(way, name, size, len(fewer)), with_list(instance, name, fewer)

    def _below(self, entity: str) -> Iterator[tuple[str, str]]:
        for vocabulary in (self.space.new, self.space.old):
            if entity in vocabulary.entities:
                for child, declared in vocabulary.children(entity):
                    if child in self.lists:
                        yield child, str(declared.list)
                return

    def _sized(self, entity: str, rows: tuple[Record, ...], size: int) -> tuple[Record, ...] | None:
        """A list of `size` instances: the first ones, then copies of the last one with new keys."""
        made = list(rows[:size])
        while len(made) < size:
            last = made[-1] if made else self.bare(entity)
            following = self._copy(last, made)
            if following is None:
                return None
            made.append(following)
        return tuple(made)

    def _copy(self, row: Record, among: Iterable[Record]) -> Record | None:
        key = self.space.keys.get(row.entity)
        if key is None or key not in row.facts:
            return row
        taken = {each.facts.get(key) for each in among}
        value, fact = row.facts[key], self.fact(row.entity, key)
        for _ in range(len(taken) + 2):
            if value not in taken and self.space.takes((row.entity, key), value):
                return with_fact(row, key, value)
            value = _following(value, fact)
        return None

    def fact(self, entity: str, name: str) -> Fact:
        """The declaration of a fact."""
        for vocabulary in (self.space.new, self.space.old):
            if entity in vocabulary.entities and name in vocabulary.entities[entity].facts:
                return vocabulary.entities[entity].facts[name]
        raise KeyError(name)

    def bare(self, entity: str, within: Iterable[str] = ()) -> Record:
        """A minimal instance: its key, the required facts, and one instance of each entity of `within`."""
        facts: dict[str, object] = {}
        lists: dict[str, tuple[Record, ...]] = {}
        key = self.space.keys.get(entity)
        within = tuple(within)
        for vocabulary in (self.space.old, self.space.new):
            declared = vocabulary.entities.get(entity)
            if declared is None:
                continue
            for name, fact in declared.facts.items():
                if fact.required or (name == key and (fact.scalar == "text" or fact.single.is_whole)):
                    facts.setdefault(name, self._plain(entity, name, fact))
            for child, below in vocabulary.children(entity):
                if child in within:
                    lists.setdefault(str(below.list), (self.bare(child, within),))
        return Record(entity, facts, lists)

    def drawn(self, entity: str, chance: Random) -> Record:
        """A random instance within the space, with most facts stated."""
        record = self.bare(entity)
        for key, values in self.space.values.items():
            named = self.space.keys.get(entity) == key[1] and isinstance(record.facts.get(key[1]), str)
            if key[0] == entity and values and not named and chance.randrange(_LEFT_OUT):
                record = with_fact(record, key[1], chance.choice(values))
        for child, name in self._below(entity):
            size = chance.choice((1, 1, 2, *self.space.sizes()))
            rows = [self.drawn(child, chance) for _ in range(size)]
            made: list[Record] = []
            for row in rows:
                other = self._copy(row, made)
                made += [] if other is None else [other]
            record = with_list(record, name, tuple(made))
        return record

    def _plain(self, entity: str, name: str, fact: Fact) -> object:
        known = self.space.values.get((entity, name), ())
        if known and not (fact.scalar == "text" and self.space.keys.get(entity) == name):
            return known[0]
        low = fact.limits[0]
        number = low if low is not None else Decimal(1)
        single: Mapping[str, object] = {
            "text": f"{entity}-1", "boolean": True, "date": self.space.today, "period": Months(1),
            "enum": next(iter(fact.values or ()), ""),
        }  # fmt: skip
        value = single.get(fact.scalar, number)
        return (value,) if fact.is_list else value


def _following(value: object, fact: Fact) -> object:
    if isinstance(value, date):
        return moved(value, timedelta(days=1)) or value
    if isinstance(value, Decimal):
        return value + 1
    if fact.scalar == "enum":
        values = list(fact.values or ())
        return values[(values.index(str(value)) + 1) % len(values)] if value in values else value
    stem, dash, number = str(value).rpartition("-")
    return f"{stem}-{int(number) + 1}" if dash and number.isdigit() and len(number) < 10 else f"{value}-2"


# Parts of records


def walk(record: Record, way: Way = ()) -> Iterator[tuple[Way, Record]]:
    """The record and every instance within it, each with its path."""
    yield way, record
    for name, rows in record.lists.items():
        for i, row in enumerate(rows):
            yield from walk(row, (*way, (name, i)))


def put(record: Record, way: Way, instance: Record) -> Record:
    """The record with `instance` at the end of the path."""
    if not way:
        return instance
    (name, i), *rest = way
    rows = list(record.lists[name])
    rows[i] = put(rows[i], tuple(rest), instance)
    return with_list(record, name, tuple(rows))


def with_fact(record: Record, name: str, value: object) -> Record:
    """The record with a value for a fact."""
    return replace(record, facts={**record.facts, name: value})


def without_fact(record: Record, name: str) -> Record:
    """The record without a fact."""
    return replace(record, facts={each: value for each, value in record.facts.items() if each != name})


def with_list(record: Record, name: str, rows: tuple[Record, ...]) -> Record:
    """The record with `rows` in a list."""
    return replace(record, lists={**record.lists, name: rows})


def without_list(record: Record, name: str) -> Record:
    """The record without a list."""
    return replace(record, lists={each: rows for each, rows in record.lists.items() if each != name})


def unique(record: Record, keys: Mapping[str, str | None]) -> bool:
    """Whether the instances of every list have different keys."""
    for rows in record.lists.values():
        values = [
            row.facts[key] for row in rows if (key := keys.get(row.entity)) is not None and key in row.facts
        ]
        if len(values) != len(set(values)) or not all(unique(row, keys) for row in rows):
            return False
    return True


def differences(start: Record, record: Record, way: Way = ()) -> tuple[Variation, ...]:
    """In what two records of one shape differ; lists of other lengths differ as a whole, in their number."""
    found: list[Variation] = []
    for name in dict.fromkeys((*start.facts, *record.facts)):
        before, after = start.facts.get(name, ABSENT), record.facts.get(name, ABSENT)
        if before != after:
            found.append(Variation(way, name, before, after))
    for name in dict.fromkeys((*start.lists, *record.lists)):
        one, other = start.lists.get(name), record.lists.get(name)
        if one is None or other is None or len(one) != len(other):
            if one is not other:
                found.append(Variation(way, name, _size(one), _size(other)))
        else:
            for i, (row, changed) in enumerate(zip(one, other, strict=True)):
                found += differences(row, changed, (*way, (name, i)))
    return tuple(found)


def _size(rows: tuple[Record, ...] | None) -> object:
    return ABSENT if rows is None else len(rows)
