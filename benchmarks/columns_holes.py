"""Columns beside our own rows where facts are missing: in the workload, and in a partner base of ByteKast."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import ours
import pyarrow as pa
from partners import partners
from records import records

import policyengine
from policyengine.engine.columns import plan, record_schema
from policyengine.engine.finding_rows import row_engine
from policyengine.policy.vocabulary import Vocabulary

_SHARES = (0.0, 0.05, 0.2)
_COUNT = 20_000
_SOME, _ROUNDS = 100, 5
_POLICIES = Path(__file__).parents[1] / "policies" / "bytekast"
Record = dict[str, Any]


def by_holes(
    best: Callable[[dict[str, Callable[[], object]], int], dict[str, float]], say: Callable[..., None]
) -> None:
    """The findings table, by the share of facts that are missing; rows answer records they have not seen."""
    say(
        "| records | facts missing | columns, findings a second | rows, findings a second | columns to rows |"
    )
    say("|---|---:|---:|---:|---:|")
    bytekast = policyengine.load(_POLICIES, as_of=ours.DAY)
    for title, loaded, drawn in (
        ("the workload", ours.program(), _workload),
        ("partners of ByteKast", bytekast, _base),
    ):
        for share in _SHARES:
            columns, rows = plan(loaded.linked), row_engine(loaded.linked)
            table = _table(loaded.vocabulary, list(drawn(_COUNT, share)))
            new = (loaded.record(each).records[0] for each in drawn(_COUNT, share))
            some = iter(list(islice(new, _SOME * _ROUNDS)))
            per_record = columns.answer(table).table.num_rows / _COUNT
            took = best(
                {
                    "columns": lambda columns=columns, table=table: columns.answer(table),
                    "rows": lambda rows=rows, some=some: [rows(1, each) for each in islice(some, _SOME)],
                },
                _ROUNDS,
            )
            fast, slow = _COUNT / took["columns"] * per_record, _SOME / took["rows"] * per_record
            say(f"| {title} | {share:.0%} | {fast:,.0f} | {slow:,.0f} | {fast / slow:.0f} x |")
    say()


def _workload(count: int, share: float) -> Iterator[Record]:
    source = random.Random(5)
    for each in records(count):
        yield {name: value for name, value in each.items() if name == "id" or source.random() >= share}


def _base(count: int, share: float) -> Iterator[Record]:
    return partners(count, holes=share)


def _table(vocabulary: Vocabulary, several: Sequence[Record]) -> Any:
    rows = [
        {"__row": i, **_typed(vocabulary, vocabulary.root, each)} for i, each in enumerate(several, start=1)
    ]
    return pa.Table.from_pylist(rows, schema=record_schema(vocabulary))


def _typed(vocabulary: Vocabulary, entity: str, record: Record) -> Record:
    """With dates for their texts."""
    facts = vocabulary.entities[entity].facts
    below = {str(child.list): name for name, child in vocabulary.children(entity)}
    return {
        name: [_typed(vocabulary, below[name], each) for each in value] if name in below
        else date.fromisoformat(value) if facts[name].scalar == "date" else value
        for name, value in record.items()
    }  # fmt: skip
