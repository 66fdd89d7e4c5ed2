"""Records out of plain Python data without the way through a text, where nothing about the data is odd.

What comes out is what the reader of documents gives, without places. Data that it might refuse, or that it
reads in a way of its own (numbers as texts, very long numbers, control characters), is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from policyengine.policy import quantities
from policyengine.policy.vocabulary import Entity, Fact, Vocabulary
from policyengine.program.record import Record

Read: TypeAlias = Callable[[Any], Any]
_CENT: Final = Decimal("0.01")
_ONE: Final = Decimal(1)
_LARGEST: Final = 10**15
_DIGITS: Final = 15
_LONGEST: Final = 1000


class _Odd(Exception):  # noqa: N818  # no error: it leaves the quick way
    pass


def direct_reader(vocabulary: Vocabulary) -> Callable[[Mapping[str, object]], Record | None]:
    """What reads data as a record; None where the reader of documents has to look at it."""
    read = _entity(vocabulary, vocabulary.root)

    def record(data: Mapping[str, object]) -> Record | None:
        try:
            return read(data)  # type: ignore[no-any-return]
        except (_Odd, ValueError, ArithmeticError):
            return None

    return record


def _entity(vocabulary: Vocabulary, name: str) -> Read:
    entity = vocabulary.entities[name]
    facts = {fact: _fact(declared) for fact, declared in entity.facts.items() if declared.formula is None}
    lists = {
        str(below.list): _rows(_entity(vocabulary, child), below)
        for child, below in vocabulary.children(name)
    }
    required = [
        fact for fact, declared in entity.facts.items() if declared.required and declared.formula is None
    ]

    def read(data: Any) -> Record:
        if data.__class__ is not dict:
            raise _Odd
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
                raise _Odd
        if any(fact not in given for fact in required):
            raise _Odd
        return Record(name, {fact: given[fact] for fact in facts if fact in given}, rows)

    return read


def _rows(read: Read, entity: Entity) -> Read:
    key = entity.key

    def rows(value: Any) -> tuple[Record, ...]:
        found = tuple([read(each) for each in _items(value)])
        keys = [row.facts[key] for row in found if key in row.facts]
        if len(set(keys)) < len(keys):
            raise _Odd
        return found

    return rows


def _items(value: Any) -> Any:
    if value.__class__ not in (list, tuple) or len(value) > _LONGEST:
        raise _Odd
    return value


def _fact(fact: Fact) -> Read:
    one = _bounded(_SCALARS.get(fact.scalar) or _choice(frozenset(fact.values or ())), fact)
    if not fact.is_list:
        return one

    def several(value: Any) -> tuple[object, ...]:
        found = tuple([one(each) for each in _items(value)])
        if None in found:
            raise _Odd
        return found

    return several


def _bounded(read: Read, fact: Fact) -> Read:
    low, high = fact.limits
    if low is None and high is None:
        return read

    def bounded(value: Any) -> Any:
        found = read(value)
        if (low is not None and found < low) or (high is not None and found > high):
            raise _Odd
        return found

    return bounded


# Each gives the value, None for an empty text, which says nothing


def _text(value: Any) -> str | None:
    if value.__class__ is not str or not value.isprintable() or len(value) > _LONGEST:
        raise _Odd
    return value if value.strip() else None


def _choice(values: frozenset[str]) -> Read:
    def choice(value: Any) -> Any:
        if value.__class__ is not str or value not in values or not value.strip():
            raise _Odd
        return value

    return choice


def _boolean(value: Any) -> bool:
    if value is True or value is False:
        return value is True
    raise _Odd


def _number(value: Any) -> Decimal:
    cls = value.__class__
    if cls is int and -_LARGEST < value < _LARGEST:
        return Decimal(value)
    if cls is float:
        value = Decimal(str(value))
    elif cls is not Decimal:
        raise _Odd
    if not value:
        return Decimal(0)
    if not value.is_finite() or not -_DIGITS < value.adjusted() < _DIGITS:
        raise _Odd
    return value if value.same_quantum(_CENT) else quantities.number(f"{value:f}")


def _whole(value: Any) -> Decimal:
    if value.__class__ is int and -_LARGEST < value < _LARGEST:
        return Decimal(value)
    found = _number(value)
    if found != found.to_integral_value():
        raise _Odd
    return found.quantize(_ONE)


def _day(value: Any) -> date:
    if value.__class__ is date:
        return value
    if value.__class__ is not str:
        raise _Odd
    return quantities.day(value)


def _period(value: Any) -> object:
    if value.__class__ is not str:
        raise _Odd
    return quantities.period(value)


_SCALARS: Mapping[str, Read] = MappingProxyType(
    {
        "text": _text,
        "boolean": _boolean,
        "integer": _whole,
        "count": _whole,
        "number": _number,
        "money": _number,
        "rate": _number,
        "date": _day,
        "period": _period,
    }
)
