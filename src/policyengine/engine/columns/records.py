"""Rows of a batch as records, for what the row engine does for it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from policyengine.policy import quantities
from policyengine.policy.vocabulary import Fact, Vocabulary
from policyengine.program.record import Record


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
