"""Records that a program reads and its next version refuses, as a fact is required or a bound is tighter.

The facts and entities that are declared differently are tried one by one, each with the values at which its
declarations disagree. The readers of both programs decide, so what is found is what a user would see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from policyengine.analysis.search_space import Space
from policyengine.analysis.thresholds import Cuts
from policyengine.analysis.variations import Variations, put, walk, with_fact, without_fact
from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.feel.values.values import Months
from policyengine.policy.facts import Fact
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.record import Record
from policyengine.program.record_json import document_of
from policyengine.program.record_reader import RecordReader


@dataclass(frozen=True, slots=True)
class Refusal:
    """The smallest record found that the old program reads and the new one refuses; `reason` says why."""

    record: Record
    reason: str
    tried: int = 0


def find_refusal(old: Vocabulary, new: Vocabulary, today: date) -> Refusal | None:
    """A record that only the new program refuses; None where none is found."""
    if old.entities == new.entities:
        return None
    readers = RecordReader(old), RecordReader(new)
    for tried, record in enumerate(_candidates(old, new, today), start=1):
        before, after = (_mistake(reader, record) for reader in readers)
        if before is None and after is not None:
            return Refusal(record, after, tried)
    return None


def _mistake(reader: RecordReader, record: Record) -> str | None:
    """What a reader finds wrong with a record; None if it takes it."""
    document = document_of(_data(record))
    if isinstance(document, Diagnostic):
        return document.message
    read = reader.read(document)
    return None if isinstance(read, Record) else read[0].message


def _data(record: Record) -> Mapping[str, object]:
    facts = {name: _plain(value) for name, value in record.facts.items()}
    return facts | {name: [_data(row) for row in rows] for name, rows in record.lists.items()}


def _plain(value: object) -> object:
    match value:
        case Months(months):
            return f"P{months}M"
        case timedelta():
            return f"P{value.days}D"
        case tuple():
            return [_plain(each) for each in value]
        case _:
            return value


def _candidates(old: Vocabulary, new: Vocabulary, today: date) -> Iterator[Record]:
    """The records to try, small ones first: the barest one, then one changed fact with each of its values."""
    variations = Variations(Space(old, old, Cuts(), today), frozenset())
    for entity, declared in old.entities.items():
        theirs = new.entities.get(entity)
        if theirs == declared:
            continue
        bare = variations.bare(old.root, old.lineage(entity))
        yield bare
        way, instance = next(each for each in walk(bare) if each[1].entity == entity)
        for name, fact in declared.facts.items():
            other = theirs.facts.get(name) if theirs is not None else None
            if fact.is_given and fact != other:
                yield from (
                    put(bare, way, with_fact(instance, name, value))
                    for value in _values(fact, other, old, today)
                )
                yield put(bare, way, without_fact(instance, name))


def _values(fact: Fact, other: Fact | None, old: Vocabulary, today: date) -> Iterator[object]:
    """Values of a fact at which two declarations of it may disagree."""
    single: list[object]
    match fact.scalar:
        case "enum":
            single = list(fact.values or ())
        case "boolean":
            single = [True, False]
        case "date":
            single = [today]
        case "period":
            single = [Months(1), timedelta(days=1)]
        case "text":
            single = ["something"]
        case _:
            step = Decimal(1) if fact.single.is_whole else Decimal((0, (1,), -old.number_of_digits()))
            ends = [end for each in (fact, other) if each is not None and each.single.is_number
                    for end in each.limits if end is not None]  # fmt: skip
            near = [end + offset for end in sorted(ends) for offset in (-step, Decimal(0), step)]
            single = [*near, Decimal(0), Decimal(1), Decimal("0.5"), Decimal(-1), Decimal(1000)]
    yield from ((each,) if fact.is_list else each for each in dict.fromkeys(single))
