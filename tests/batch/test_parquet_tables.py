"""Parquet out of parts: byte for byte what a single writer of the library makes of the same row groups."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from policyengine.batch import parquet_tables
from policyengine.batch.parquet_merge import Footer
from policyengine.batch.parquet_tables import ParquetWriter, options
from policyengine.engine.arrow import arrow_schema, arrow_table
from policyengine.engine.layout import Column

COLUMNS = (
    Column("row", "count", "", always=True), Column("key", "text", ""), Column("amount", "exact", ""),
    Column("due_on", "date", ""), Column("position", "count", ""), Column("names", "texts", ""),
)  # fmt: skip
SCHEMA = arrow_schema(COLUMNS)


def lot(start: int, count: int) -> pa.Table:
    rows = [
        (i, f"k{i % 7}" if i % 5 else None, Decimal(i) / 8 if i % 3 else None, date(2026, 1, 1 + i % 28),
         i % 4 or None, [f"n{i % 2}"] if i % 6 else None)
        for i in range(start, start + count)
    ]  # fmt: skip
    return arrow_table(rows, SCHEMA)


def written(lots: list[pa.Table]) -> bytes:
    out = BytesIO()
    writer = ParquetWriter(out, COLUMNS)
    for each in lots:
        writer.write(each)
    writer.finish()
    return out.getvalue()


def by_one_writer(lots: list[pa.Table], group: int) -> bytes:
    out = BytesIO()
    schema = SCHEMA.set(0, SCHEMA.field(0).with_nullable(False))
    with parquet.ParquetWriter(out, schema, **options(schema)) as writer:
        for each in lots:
            whole = pa.Table.from_arrays(each.unify_dictionaries().combine_chunks().columns, schema=schema)
            writer.write_table(whole, row_group_size=group)
    return out.getvalue()


@pytest.fixture
def small_lots(monkeypatch):
    """Every table is a lot, of row groups of at most 50 rows."""
    monkeypatch.setattr(parquet_tables, "_ROWS", 1)
    monkeypatch.setattr(parquet_tables, "_GROUP", 50)


@pytest.mark.parametrize("counts", [(), (1,), (60,), (10, 120, 3), (4,) * 14, (4,) * 15, (4,) * 300])
def test_parts_make_the_file_of_a_single_writer(small_lots, counts):
    starts = [sum(counts[:i]) for i in range(len(counts))]
    lots = [lot(start, count) for start, count in zip(starts, counts, strict=True)]
    found = written(lots)
    assert found == by_one_writer(lots, 50)
    table = parquet.read_table(BytesIO(found))
    assert table.to_pylist() == [row for each in lots for row in each.to_pylist()]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 130), max_size=6))
def test_however_the_rows_come(counts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet_tables, "_ROWS", 1)
        patch.setattr(parquet_tables, "_GROUP", 50)
        lots = [lot(7 * i, count) for i, count in enumerate(counts)]
        assert written(lots) == by_one_writer(lots, 50)


@pytest.mark.parametrize("encoders", [1, 2, 7])
def test_the_bytes_do_not_depend_on_how_many_are_at_work(small_lots, monkeypatch, encoders):
    lots = [lot(40 * i, 40) for i in range(20)]
    monkeypatch.setattr(parquet_tables, "_ENCODERS", encoders)
    assert written(lots) == by_one_writer(lots, 50)


def test_small_tables_are_put_together():
    found = written([lot(40 * i, 40) for i in range(20)])
    assert parquet.ParquetFile(BytesIO(found)).metadata.num_row_groups == 1


def test_every_lot_has_as_many_rows_as_wanted(monkeypatch):
    monkeypatch.setattr(parquet_tables, "_ROWS", 100)
    found = parquet.ParquetFile(BytesIO(written([lot(40 * i, 40) for i in range(7)]))).metadata
    assert [found.row_group(i).num_rows for i in range(found.num_row_groups)] == [120, 120, 40]


def test_how_the_columns_are_kept():
    found = parquet.ParquetFile(BytesIO(written([lot(0, 40)]))).metadata
    columns = [found.row_group(0).column(i) for i in range(found.num_columns)]
    assert {each.compression for each in columns} == {"ZSTD"}
    assert [each.path_in_schema for each in columns if each.is_stats_set] == ["row", "key"]
    assert [each.path_in_schema for each in columns if not each.has_dictionary_page] == ["amount"]
    assert found.metadata is None  # what Arrow would say of the types, and of who made it


def test_row_groups_know_their_place(small_lots):
    found = parquet.ParquetFile(BytesIO(written([lot(40 * i, 40) for i in range(20)])))
    for i in range(20):
        assert found.read_row_group(i).column("row").to_pylist() == list(range(40 * i, 40 * i + 40))


def test_what_goes_wrong_in_a_part_is_raised(small_lots, monkeypatch):
    def fail(*_: object) -> memoryview:
        raise OSError("no room")

    monkeypatch.setattr(parquet_tables, "parquet_bytes", fail)
    writer = ParquetWriter(BytesIO(), COLUMNS)
    writer.write(lot(0, 5))
    with pytest.raises(OSError, match="no room"):
        writer.finish()
    writer.drop()


def test_a_column_that_is_never_empty_is_required():
    schema = parquet.ParquetFile(BytesIO(written([lot(0, 5)]))).schema_arrow
    assert [field.name for field in schema if not field.nullable] == ["row"]


def test_what_only_other_versions_of_the_library_say_is_moved_too():
    """A row group with its number, and a column chunk with a place of its own, written out by hand."""
    part = bytes([
        0x15, 2,  # version: 1
        0x26, 6,  # number of rows, field 3: 3
        0x19, 0x1C,  # row groups, a list of one struct
        0x19, 0x1C, 0x26, 8, 0x1C, 0x96, 8, 0, 0,  # its columns: one, at 4, whose first page lies at 4
        0x46, 8, 0x24, 0,  # itself at 4, its number 0
        0, 0x11, 0,  # a flag behind the row groups
    ])  # fmt: skip
    foot = Footer()
    for at in (4, 100):
        foot.add(memoryview(part), at)
    second = bytes([0x19, 0x1C, 0x26, 0xC8, 1, 0x1C, 0x96, 0xC8, 1, 0, 0, 0x46, 0xC8, 1, 0x24, 2, 0])
    whole = part[:3] + bytes([12, 0x19, 0x2C]) + part[6:20] + second + part[20:]
    assert foot.whole() == whole + bytes([len(whole), 0, 0, 0]) + b"PAR1"


# Values of every kind that a field may have, in row groups and behind them.
_ODD = bytes([
    0x03, 0x40, 7,  # a byte, its field written out
    0x17, *bytes(8),  # a number of eight bytes
    0x18, 3, *b"abc",  # bytes
    0x1A, 0x23, 1, 2,  # a set of two bytes
    0x1B, 0,  # a map of nothing
    0x1B, 2, 0x83, 2, *b"kl", 5, 0, 6,  # a map of bytes to a byte each
    0x19, 0x32, 1, 1, 1,  # a list of three flags
    0x1C, 0x16, 1, 0x19, 0xF3, 16, *range(16), 0,  # a struct of a number and a long list
    0x11, 0x12,  # flags, that are there and are all
])  # fmt: skip


def _foot_of(rows: int) -> bytes:
    number = [rows * 2 & 127 | 128, rows * 2 >> 7]
    return bytes([0x15, 2, 0x26, *number, 0x19, 0x1C, 0x56, 11, *_ODD, 0, *_ODD, 0])


def test_what_nobody_asks_for_is_passed_over_and_kept():
    foot = Footer()
    for at in (4, 100):
        foot.add(memoryview(_foot_of(100)), at)
    one = _foot_of(200)
    start, end = 9, 9 + len(_ODD) + 1
    whole = one[:6] + bytes([0x2C]) + one[7:end] + bytes([0x56, 180, 1]) + one[start:]  # -6 and 90
    assert foot.whole() == whole + bytes([len(whole), 0, 0, 0]) + b"PAR1"
