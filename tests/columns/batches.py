"""Records as batches of Arrow, and what the row engine says of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from policyengine.engine.arrow import arrow_schema
from policyengine.engine.columns import record_schema
from policyengine.engine.finding_rows import row_engine
from policyengine.engine.layout import COLUMNS, Column, columns_of
from policyengine.feel.values.values import Months
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.linked import Program
from policyengine.program.record import Record


def batch_of(vocabulary: Vocabulary, records: Sequence[Record]) -> Any:
    """The records as a table, numbered from 1."""
    rows = [{"__row": i, **_plain(vocabulary, record)} for i, record in enumerate(records, start=1)]
    return pa.Table.from_pylist(rows, schema=record_schema(vocabulary))


def _plain(vocabulary: Vocabulary, record: Record) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in record.facts.items():
        whole = vocabulary.entities[record.entity].facts[name].scalar in ("count", "integer")
        found[name] = (
            [_value(each, whole) for each in value] if isinstance(value, tuple) else _value(value, whole)
        )
    for name, rows in record.lists.items():
        found[name] = [_plain(vocabulary, each) for each in rows]
    return found


def _value(value: Any, whole: bool) -> Any:
    if isinstance(value, Decimal):
        return int(value) if whole else value
    if isinstance(value, Months):
        return f"P{value.months}M"
    return f"P{value.days}D" if isinstance(value, timedelta) else value


def by_rows(program: Program, records: Sequence[Record]) -> list[dict[str, Any]]:
    """The findings table of the row engine."""
    assert program.graph is not None
    engine = row_engine(program)
    names = [column.name for column in columns_of(program.graph.vocabulary)]
    rows = [row for i, record in enumerate(records, start=1) for row in engine(i, record)]
    return [
        dict(zip(names, (list(each) if isinstance(each, tuple) else each for each in row), strict=True))
        for row in rows
    ]


def difference(found: Any, wanted: Sequence[dict[str, Any]]) -> str:
    """The first row that differs, in words; nothing where none does."""
    levels = [Column(name, "text", "") for name in found.schema.names[len(COLUMNS) :]]
    assert found.schema == arrow_schema([*COLUMNS, *levels])
    rows = found.to_pylist()
    for one, other in zip(rows, wanted, strict=False):
        if one != other:
            parts = [
                f"{name}: {one[name]!r}, not {other[name]!r}" for name in other if one[name] != other[name]
            ]
            return f"row {other['row']} {other['section']} {other['policy']}/{other['id']}: " + "; ".join(
                parts
            )
    return "" if len(rows) == len(wanted) else f"{len(rows)} rows, not {len(wanted)}"
