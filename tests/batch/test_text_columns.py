"""Text tables typed as columns: whatever is taken there is what the reader of records makes of it."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine.batch.csvfile import CsvRows, csv_tables
from policyengine.batch.raw import Numbered
from policyengine.batch.record_batches import record_batch
from policyengine.batch.typed import TypedReader
from policyengine.batch.typed_columns import ColumnReader
from policyengine.program.load import load
from policyengine.program.record import Record
from policyengine.source import Source

PROGRAM = """\
kind: program
id: cells
title: Cells
currency: EUR
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier, required: true}
      size: {type: enum, title: size, values: [small, large]}
      active: {type: boolean, title: active}
      staff: {type: count, title: staff, max: 100}
      balance: {type: integer, title: balance}
      score: {type: number, title: score, min: -5}
      fee: {type: money, title: fee}
      share: {type: rate, title: share}
      joined: {type: date, title: joined}
      notice: {type: period, title: notice}
      regions: {type: list of text, title: regions}
      ranks: {type: list of number, title: ranks}
"""
NAMES = (
    "id",
    "size",
    "active",
    "staff",
    "balance",
    "score",
    "fee",
    "share",
    "joined",
    "notice",
    "regions",
    "ranks",
)
PLAIN = ("007", "small", "true", "7", "-12", "19.95", "1000", "20%", "2024-02-29", "P1M", "a; b", "1")
HOSTILE = (
    "",
    " ",
    "007",
    "19.995",
    "1e3",
    "-0",
    "0",
    "+1",
    " 7",
    "7 ",
    "7\n",
    "1.",
    ".5",
    "1" * 16,
    "9" * 41,
    "0." + "1" * 12,
    "20%",
    "20 %",
    "%",
    "-1",
    "101",
    "-6",
    "12,5",
    "12.50",
    "true",
    "True",
    "FALSE",
    " tRUE ",
    "'TRUE",
    "fal\u017fe",
    "yes",
    "small",
    "smal",
    " small",
    "large\n",
    "2026-02-30",
    "2024-02-29",
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    " 2024-02-29",
    "2024-2-9",
    "2024-02-29\n",
    "2024-02-29 00:00:00",
    "2024-02-29T00:00:00.000",
    " 2024-02-29 00:00",
    "2024-02-29\n00:00",
    "2024-02-29 00:00:00\n",
    "2024-02-29 00:00:01",
    "2024-02-29T00:00:00Z",
    "2026-02-30 00:00:00",
    "P1M",
    "P1M2D",
    "a; b",
    "a;;b",
    ";",
    "a",
    "1; 2",
    "\u00a0",
    "\x1c",
    "\x85",
    "\u0667",
    "\x00",
    '"',
    "=1+1",
    "\ufeff",
    "e\u0301; a\u200bb",
    "NaN",
    "Infinity",
    "null",
)


@pytest.fixture(scope="module")
def vocabulary():
    found = load("cells", [Source("program.yaml", PROGRAM)], date(2026, 11, 21))
    assert found.ok, found.diagnostics
    return found.graph.vocabulary


def _typed(data: bytes, vocabulary):
    tables = list(csv_tables(BytesIO(data), "a.csv", vocabulary, "partner", (), 99))
    if not tables:
        return [], None
    (table,) = tables
    rows = [raw for _, raw in table.raws(range(table.count))]
    return rows, ColumnReader(vocabulary).read(table, 0)


def _same(rows, typed, vocabulary) -> None:
    reader = TypedReader(vocabulary)
    good = [i for i in range(len(rows)) if i not in set(typed.odd)]
    for i, found in zip(good, typed.batch.to_pylist(), strict=True):
        record = reader.read(rows[i])
        assert isinstance(record, Record), record
        alone, beyond = record_batch([Numbered(i + 1, record, rows[i], reader.key_of(rows[i]))], vocabulary)
        assert not beyond
        expected = alone.to_pylist()[0]
        assert {name: value for name, value in found.items() if value is not None} == {
            name: value for name, value in expected.items() if value is not None
        }
        assert (i + 1, reader.key_of(rows[i])) in typed.named


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    table=st.lists(
        st.lists(st.tuples(st.sampled_from(HOSTILE), st.booleans(), st.booleans()), min_size=12, max_size=12),
        min_size=1,
        max_size=5,
    ),
    end=st.sampled_from(("\n", "\r\n")),
    mark=st.sampled_from((b"", b"\xef\xbb\xbf")),
    damage=st.sampled_from((b"", b"\xff", b"x,y\n", b'"open')),
)
def test_what_is_taken_is_what_the_reader_makes_of_it(table, end, mark, damage, vocabulary):
    lines = [",".join(NAMES)]
    for row in table:
        cells = [odd if hostile else plain for plain, (odd, hostile, _) in zip(PLAIN, row, strict=True)]
        lines.append(
            ",".join(_quoted(c) if quote else c for c, (_, _, quote) in zip(cells, row, strict=True))
        )
    data = mark + end.join(lines).encode() + end.encode() + damage
    rows, typed = _typed(data, vocabulary)
    if rows:
        _same(rows, typed, vocabulary)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("cell", HOSTILE)
def test_every_cell_under_every_fact(name, cell, vocabulary):
    plain = dict.fromkeys(("id",), "a") | {name: cell}
    data = ",".join(plain) + "\n" + ",".join(map(_quoted, plain.values())) + "\n"
    rows, typed = _typed(data.encode(), vocabulary)
    if rows:
        _same(rows, typed, vocabulary)


def test_plain_cells_are_not_odd(vocabulary):
    names = [name for name in NAMES if name not in ("notice", "ranks")]
    plain = dict(zip(NAMES, PLAIN, strict=True))
    lines = [",".join(names), *(",".join(plain[name] for name in names) for _ in range(3))]
    _, typed = _typed("\n".join(lines).encode(), vocabulary)
    assert list(typed.odd) == []
    assert typed.batch.num_rows == 3


def test_what_spreadsheets_and_databases_write_is_not_odd(vocabulary):
    data = b"id,active,joined\na,TRUE,2024-02-29 00:00:00\nb,False,2024-02-28T00:00:00.000\nc,,\n"
    _, typed = _typed(data, vocabulary)
    assert list(typed.odd) == []
    assert typed.batch.column("active").to_pylist() == [True, False, None]
    assert typed.batch.column("joined").to_pylist() == [date(2024, 2, 29), date(2024, 2, 28), None]


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    lines=st.lists(
        st.sampled_from(
            (
                "a,b",
                "c;d",
                '"a,b",c',
                '"open',
                '"',
                'x"y',
                '"a"b,c',
                "",
                " ",
                "\0,b",
                "a,b\r",
                "\rq",
                "é",
                "\xff",
                '"two',
                'lines",z',
                ",",
            )
        ),
        max_size=12,
    ),
    size=st.integers(1, 5),
    end=st.sampled_from((b"\n", b"\r\n", b"\n\n")),
)
def test_several_rows_are_those_that_come_one_by_one(lines, size, end):
    data = b"id,name\n" + end.join(line.encode("latin-1") for line in lines)
    one_by_one, several = CsvRows(BytesIO(data), "a.csv"), CsvRows(BytesIO(data), "a.csv")
    assert several.next() == one_by_one.next()
    wanted = []
    while (row := one_by_one.next()) is not None:
        wanted.append(row)
    found = []
    while part := several.several(size):
        found += part
    assert found == wanted
