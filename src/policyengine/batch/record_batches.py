"""Records that were read one by one as a batch of columns, and findings in the order of records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyarrow import compute as pc

from policyengine.batch.raw import Numbered
from policyengine.decision import json_shape
from policyengine.engine.columns.arrow_records import ROW, SCALE, STORED
from policyengine.policy.facts import Fact
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.record import Record

_BEYOND = (pa.ArrowException, OverflowError, ValueError)


def record_batch(good: Sequence[Numbered], vocabulary: Vocabulary) -> tuple[Any, list[Numbered]]:
    """A batch of good records, and those with values that no column holds, in their order."""
    if not good:
        return None, []
    with suppress(*_BEYOND):
        return _batch(good, vocabulary), []
    # Each may fit alone and all of them not: one has many digits before the point, another one after it.
    fit = [each for each in good if _has_room(each.record)]
    misfits = {each.number for each in _misfits(fit, vocabulary)}
    fit = [each for each in fit if each.number not in misfits]
    held = {each.number for each in fit}
    return _batch(fit, vocabulary) if fit else None, [each for each in good if each.number not in held]


def _misfits(records: Sequence[Numbered], vocabulary: Vocabulary) -> list[Numbered]:
    """Those that no batch holds."""
    if not records:
        return []
    with suppress(*_BEYOND):
        _batch(records, vocabulary)
        return []
    if len(records) == 1:
        return list(records)
    half = len(records) // 2
    return [*_misfits(records[:half], vocabulary), *_misfits(records[half:], vocabulary)]


def _has_room(record: Record) -> bool:
    """Whether its numbers fit into a column together with those of any other record of which that is said."""
    numbers = (
        each
        for value in record.facts.values()
        for each in (value if isinstance(value, tuple) else (value,))
        if isinstance(each, Decimal)
    )
    return all(
        int(each.as_tuple().exponent) >= -SCALE and each.adjusted() < 38 - SCALE for each in numbers
    ) and all(_has_room(row) for rows in record.lists.values() for row in rows)


def _batch(good: Sequence[Numbered], vocabulary: Vocabulary) -> Any:
    columns = _columns([each.record for each in good], vocabulary, vocabulary.root)
    numbers = pa.array([each.number for each in good], pa.int64())
    return pa.RecordBatch.from_arrays([numbers, *columns.values()], names=[ROW, *columns])


def _columns(records: Sequence[Record], vocabulary: Vocabulary, entity: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, fact in vocabulary.entities[entity].facts.items():
        if fact.is_given:
            found[name] = _values([record.facts.get(name) for record in records], fact)
    for child, below in vocabulary.children(entity):
        name = str(below.list)
        rows = [record.lists.get(name) for record in records]
        inner = _columns([row for each in rows if each for row in each], vocabulary, child)
        offsets, at = [0], 0
        for each in rows:
            at += len(each or ())
            offsets.append(at)
        items = pa.StructArray.from_arrays(list(inner.values()), names=list(inner))
        left_out = [each is None for each in rows]
        found[name] = pa.ListArray.from_arrays(
            pa.array(offsets, pa.int32()), items, mask=pa.array(left_out) if any(left_out) else None
        )
    return found


def _values(values: list[Any], fact: Fact) -> Any:
    plain = _PLAIN.get(fact.scalar) or _PLAIN.get(fact.single.storage)
    if fact.is_list:
        rows = [
            None if each is None else [plain(item) if plain else item for item in each] for each in values
        ]
        return pa.array(rows, pa.list_(_kind(fact, [item for each in rows if each for item in each])))
    if plain is not None:
        values = [None if each is None else plain(each) for each in values]
    return pa.array(values, _kind(fact, values))


_PLAIN: Mapping[str, Callable[[Any], Any]] = {"whole": int, "period": json_shape.plain}


def _kind(fact: Fact, values: Sequence[Any]) -> Any:
    if fact.single.storage == "exact":
        scale = max((-int(each.as_tuple().exponent) for each in values if each is not None), default=0)
        return pa.decimal128(38, max(0, scale))
    return STORED[fact.single.storage]


def in_order(parts: Sequence[Any], schema: Any) -> Any:
    """The findings of several parts, tables of a schema, in the order of the records."""
    filled = [part for part in parts if part.num_rows]
    if not filled:
        return schema.empty_table()
    if len(filled) == 1:
        return filled[0]
    whole = pa.concat_tables(filled).unify_dictionaries()
    order = pc.sort_indices(whole, sort_keys=[("row", "ascending")])
    return whole.take(order)
