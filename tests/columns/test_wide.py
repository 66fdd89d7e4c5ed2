"""One row a record out of columns is that of the row engine: values, order, holes and all."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.columns.batches import batch_of
from tests.columns.drawn import drawn
from tests.columns.wide_rows import shape
from tests.differential.programs import FOLDERS, generated

from policyengine.api import load
from policyengine.batch.lines import Unusable
from policyengine.batch.sinks import writer_of
from policyengine.batch.wide import Wide
from policyengine.engine.arrow import findings_schema
from policyengine.engine.columns import plan
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.source import Source
from support import DAY, good_program, record_of

ROOT = Path(__file__).parents[2]
OURS = [folder for folder in FOLDERS if (ROOT / "fixtures" / folder.name / "records").is_dir()]
WORKLOAD = ROOT / "benchmarks" / "program"


def _rows(table: Any) -> list[tuple[object, ...]]:
    columns = [column.to_pylist() for column in table.columns]
    return [tuple(tuple(each) if isinstance(each, list) else each for each in row)
            for row in zip(*columns, strict=True)]  # fmt: skip


def _same(program: Program, several: Sequence[Record]) -> int:
    """Compares the findings of records, and one more without any; how many rows are not blank."""
    assert program.graph is not None
    wide = Wide(program.graph)
    table = plan(program).answer(batch_of(program.graph.vocabulary, several)).table
    named = [(number, f"k{number}" if number % 3 else None) for number in range(1, len(several) + 2)]
    found = wide.shape(table, named)
    assert found.schema.names == [column.name for column in wide.columns]
    assert _rows(found) == shape(wide, _rows(table), named)
    half = named[1::2]
    assert _rows(wide.shape(table, half)) == shape(wide, _rows(table), half)
    return sum(any(cell is not None for cell in row[2:]) for row in _rows(found))


@pytest.mark.parametrize("folder", OURS, ids=lambda folder: folder.name)
def test_our_programs(folder: Path) -> None:
    program = load(folder, as_of=DAY)
    files = sorted((ROOT / "fixtures" / folder.name / "records").glob("*.yaml"))
    several = [each for path in files for each in program.read(Source(path.name, path.read_text())).records]
    assert _same(program.linked, several) > 0


@pytest.mark.parametrize("folder", [*FOLDERS, WORKLOAD], ids=lambda folder: folder.name)
def test_generated_records(folder: Path) -> None:
    program = load(folder, as_of=DAY).linked
    assert program.graph is not None
    source = random.Random(folder.name)
    several = [generated(program.graph.vocabulary, source, number=i) for i in range(40)]
    assert _same(program, several) > 0


@pytest.mark.parametrize("seed", [0])
def test_drawn_programs(seed: int) -> None:
    source = random.Random(seed)
    program = drawn(source, date(2026, 11, 21))
    assert program.graph is not None
    several = [generated(program.graph.vocabulary, source, number=i) for i in range(30)]
    assert _same(program, several) > 0


def test_there_are_four_programs() -> None:
    assert len(OURS) == 4


def test_nothing_found_and_nobody_asked() -> None:
    graph = load(FOLDERS[0], as_of=DAY).linked.graph
    assert graph is not None
    wide = Wide(graph)
    nothing = findings_schema(graph.vocabulary).empty_table()
    assert _rows(wide.shape(nothing, [(4, "a")])) == shape(wide, [], [(4, "a")])
    assert wide.shape(nothing, []).num_rows == 0


def test_a_sum_that_no_table_holds_is_still_written_as_text() -> None:
    folder = next(each for each in OURS if each.name == "bytekast")
    program = load(folder, as_of=DAY).linked
    assert program.graph is not None
    source = random.Random(1)
    several = [generated(program.graph.vocabulary, source, number=i) for i in range(40)]
    table = plan(program).answer(batch_of(program.graph.vocabulary, several)).table
    at = table.schema.get_field_index("net")
    large = [None if each is None else Decimal(9 * 10**27) for each in table.column("net").to_pylist()]
    table = table.set_column(at, table.schema.field(at), pa.array(large, table.schema.field(at).type))
    wide = Wide(program.graph)
    named: list[tuple[int, str | None]] = [(number, None) for number in range(1, 41)]
    found = wide.shape(table, named)
    assert _rows(found) == shape(wide, _rows(table), named)
    for form in ("csv", "ndjson"):
        stream = BytesIO()
        writer_of(form, stream, wide.columns, 2).write(found)
        assert b"9000000000000000000000000000" in stream.getvalue()
    with pytest.raises(Unusable, match="beyond what a column of Parquet holds"):
        writer_of("parquet", BytesIO(), wide.columns, 2).write(found)


EXITS = """\
kind: pipeline
id: rating
title: Rating
for: partner
stage: competence_rating
stages:
  - {id: neutral, title: Neutral, next: [positive, {to: negative}]}
  - {id: positive, title: Positive, final: true}
  - {id: negative, title: Negative, final: true}
"""


def test_a_gate_of_one_exit_has_a_column_beside_that_of_the_stage() -> None:
    program = good_program(EXITS)
    names = [column.name for column in Wide(program.linked.graph).columns]
    assert [name for name in names if name.startswith("gates")] == [
        "gates.rating", "gates.rating/neutral/negative",
    ]  # fmt: skip
    several = [
        record_of(program, {"id": "a", "competence_rating": rating}) for rating in ("neutral", "positive")
    ]
    assert _same(program.linked, several) == 2
