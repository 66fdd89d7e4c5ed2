"""Records: what a partner's data says, typed by the facts of a program.

A fact that is left out, empty or null is missing: not false, not zero. Plain data of Python or JSON become
records here. Unusual data, which may be refused or read in a way of their own (very long numbers, control
characters), give None: the reader of documents (record_reader) decides about them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from decimal import Decimal
from typing import Any, Final, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.policy.entity import Entity
from policyengine.policy.facts import Fact
from policyengine.policy.scalars import UnusualError
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import composed
from policyengine.text.document import Document, Pointer

_LONGEST: Final = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """One instance of an entity: its facts, and the instances of the entities within it by their list.

    A fact or list that is not there is missing. `document` and `pointer` tell where it was read.
    """

    entity: str
    facts: Mapping[str, object]
    lists: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    document: Document | None = None
    pointer: Pointer = ()


DataReader: TypeAlias = Callable[[Mapping[str, object]], Record | None]
_Read: TypeAlias = Callable[[Any], Any]


def data_reader(vocabulary: Vocabulary) -> DataReader:
    """Returns what reads plain data as a record, or gives None where the reader of documents decides."""
    read = _entity(vocabulary, vocabulary.root)

    def record(data: Mapping[str, object]) -> Record | None:
        try:
            return read(data)  # type: ignore[no-any-return]
        except (ValueError, ArithmeticError):
            return None

    return record


def _entity(vocabulary: Vocabulary, name: str) -> _Read:
    entity = vocabulary.entities[name]
    facts = {fact: _fact(declared) for fact, declared in entity.facts.items() if declared.is_given}
    lists = {
        str(below.list): _rows(_entity(vocabulary, child), below)
        for child, below in vocabulary.children(name)
    }
    required = [fact for fact in facts if entity.facts[fact].required]

    def read(data: Any) -> Record:
        if data.__class__ is not dict:
            raise UnusualError
        given: dict[str, object] = {}
        rows: dict[str, tuple[Record, ...]] = {}
        for key, value in data.items():
            if value is None and (key in facts or key in lists):
                continue
            if key in facts:
                found = facts[key](value)
                if found is not None:
                    given[key] = found
            elif key in lists:
                rows[key] = lists[key](value)
            else:
                raise UnusualError
        if any(fact not in given for fact in required):
            raise UnusualError
        return Record(name, {fact: given[fact] for fact in facts if fact in given}, rows)

    return read


def _rows(read: _Read, entity: Entity) -> _Read:
    key = entity.key

    def rows(value: Any) -> tuple[Record, ...]:
        found = tuple([read(each) for each in _items(value)])
        keys = [row.facts[key] for row in found if key in row.facts]
        if len(set(keys)) < len(keys):
            raise UnusualError
        return found

    return rows


def _items(value: Any) -> Any:
    if value.__class__ not in (list, tuple) or len(value) > _LONGEST:
        raise UnusualError
    return value


def _fact(fact: Fact) -> _Read:
    one = fact.single.take if fact.values is None else _choice(frozenset(fact.values))
    one = _bounded(one, *fact.limits)
    if not fact.is_list:
        return one

    def several(value: Any) -> tuple[object, ...]:
        """An empty item is none."""
        given = [each for each in _items(value) if each is not None and each != ""]
        return tuple([found for each in given if (found := one(each)) is not None])

    return several


def _choice(values: frozenset[str]) -> _Read:
    def choice(value: Any) -> Any:
        if value.__class__ is not str or not value.strip():
            raise UnusualError
        if value not in values and (value := composed(value)) not in values:
            raise UnusualError
        return value

    return choice


def _bounded(read: _Read, low: Decimal | None, high: Decimal | None) -> _Read:
    if low is None and high is None:
        return read

    def bounded(value: Any) -> Any:
        found = read(value)
        if found is not None and ((low is not None and found < low) or (high is not None and found > high)):
            raise UnusualError
        return found

    return bounded
