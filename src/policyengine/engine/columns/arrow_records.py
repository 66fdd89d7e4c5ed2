"""Records as Arrow: one column a fact, what stands within a record nested under its list; and back."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from policyengine.policy import quantities
from policyengine.policy.facts import Fact
from policyengine.policy.scalars import Storage
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.record import Record

ROW = "__row"
SCALE = 12
STORED: Mapping[Storage, Any] = {
    "text": pa.string(), "boolean": pa.bool_(), "whole": pa.int64(), "exact": pa.decimal128(38, SCALE),
    "date": pa.date32(),
}  # fmt: skip


def record_schema(vocabulary: Vocabulary) -> Any:
    """A column for every fact of the record, one for every list in it, and the number of the record.

    Decimals may come at another scale. A null is a missing fact, a null list one that is left out.
    """
    fields = [pa.field(ROW, pa.int64()), *_fields(vocabulary, vocabulary.root)]
    return pa.schema(fields)


def _fields(vocabulary: Vocabulary, entity: str) -> list[Any]:
    found = [
        pa.field(name, _type(fact))
        for name, fact in vocabulary.entities[entity].facts.items()
        if fact.is_given
    ]
    for child, below in vocabulary.children(entity):
        found.append(pa.field(str(below.list), pa.list_(pa.struct(_fields(vocabulary, child)))))
    return found


def _type(fact: Fact) -> Any:
    single = STORED[fact.single.storage]
    return pa.list_(single) if fact.is_list else single


def record_of(vocabulary: Vocabulary, row: Mapping[str, Any], entity: str | None = None) -> Record:
    """The record of a row; a null is a fact that is missing."""
    name = entity or vocabulary.root
    facts = {
        fact: _value(row[fact], declared)
        for fact, declared in vocabulary.entities[name].facts.items()
        if row.get(fact) is not None
    }
    lists = {
        str(below.list): tuple(record_of(vocabulary, each or {}, child) for each in row[str(below.list)])
        for child, below in vocabulary.children(name)
        if row.get(str(below.list)) is not None
    }
    return Record(name, facts, lists)


def _value(value: Any, fact: Fact) -> object:
    if isinstance(value, list):
        return tuple(_value(each, fact) for each in value)
    if fact.scalar == "period":
        return quantities.period(value)
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value
