"""Tables as CSV and NDJSON: an Arrow table gives the bytes that its rows give."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine.batch import text_out
from policyengine.batch.sinks import table_rows
from policyengine.batch.writers import writer_of
from policyengine.engine.arrow import arrow_schema, arrow_table
from policyengine.engine.layout import Column

COLUMNS = (
    Column("row", "count", ""), Column("key", "text", ""), Column("status", "text", ""),
    Column("position", "count", ""), Column("rate", "exact", ""), Column("net", "exact", ""),
    Column("due_on", "date", ""), Column("needed_by", "texts", ""), Column('a "name"', "text", ""),
)  # fmt: skip
TEXTS = (
    "", " ", "a", "A-1", "a,b", "a;b", 'say "x"', "line\nend", "\r", "=1+1", "-5", "+x", "@x", "\tx", "-x",
    "ü", "\u2028", "\x00", "\x1f", "\x7f", "\\", "null", "x" * 300, "😀", "'", " a", "5%", "0", "\ufeff",
)  # fmt: skip
NUMBERS = tuple(
    map(
        Decimal,
        ("0", "1", "-1", "19.995", "100", "0.1", "-0.0000000001", "0.0000000001", "12.50", "1E+3",
         "9999999999999999999999999999.9999999999", "-9999999999999999999999999999", "0.0100000000"),
    )
)  # fmt: skip


def _maybe(values):
    return st.one_of(st.none(), values)


texts = st.one_of(st.sampled_from(TEXTS), st.text(st.characters(exclude_categories=["Cs"]), max_size=4))
numbers = st.one_of(
    st.sampled_from(NUMBERS), st.integers(-(10**12), 10**12).map(lambda i: Decimal(i).scaleb(-4))
)
rest = st.tuples(
    _maybe(texts), _maybe(st.integers(-5, 2**31 - 1)), _maybe(numbers), _maybe(numbers),
    _maybe(st.sampled_from((date(1, 1, 1), date(9999, 12, 31), date(2024, 2, 29)))),
    _maybe(st.lists(texts, max_size=3).map(tuple)), _maybe(texts),
)  # fmt: skip
records = st.lists(st.tuples(_maybe(texts), st.lists(rest, max_size=6)), max_size=5)


def _bytes(form, digits, *calls):
    stream = BytesIO()
    writer = writer_of(form, stream, COLUMNS, digits)
    for name, what in calls:
        getattr(writer, name)(what)
    writer.finish()
    return stream.getvalue()


def _same(form, digits, tables):
    by_rows = _bytes(form, digits, *(("write", table_rows(table)) for table in tables))
    assert _bytes(form, digits, *(("write_table", table) for table in tables)) == by_rows


@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    records=records, form=st.sampled_from(("csv", "ndjson")), digits=st.integers(0, 3), cut=st.integers(0, 9)
)
def test_a_table_gives_the_bytes_of_its_rows(records, form, digits, cut):
    rows = [(i, key, *each) for i, (key, found) in enumerate(records, start=1) for each in found]
    whole = arrow_table(rows, arrow_schema(COLUMNS))
    pieces = pa.concat_tables([whole.slice(0, cut), whole.slice(cut)])
    _same(form, digits, [whole, whole.slice(cut), pieces])


@pytest.mark.parametrize("form", ["csv", "ndjson"])
@pytest.mark.parametrize("text", TEXTS)
def test_every_text(form, text):
    row = (1, text, text, None, None, None, None, (text, text), None)
    _same(form, 2, [arrow_table([row] * times, arrow_schema(COLUMNS)) for times in (1, 9)])


@pytest.mark.parametrize("digits", [0, 2, 10, 12])
@pytest.mark.parametrize("number", NUMBERS)
def test_every_number(digits, number):
    row = (1, None, None, -1, number, number, None, (), "b")
    for form in ("csv", "ndjson"):
        _same(form, digits, [arrow_table([row] * times, arrow_schema(COLUMNS)) for times in (1, 9)])


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_rows_and_tables_in_turn(form):
    rows = [(i, "k", "s", None, None, None, None, None, None) for i in (1, 1, 1, 2)]
    table = arrow_table(rows, arrow_schema(COLUMNS))
    mixed = _bytes(form, 2, ("write", rows), ("write_table", table), ("write", rows))
    assert mixed == _bytes(form, 2, ("write", rows * 3))


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_more_combinations_than_a_number_holds(form):
    def row(i, j):
        return i // 3, "k", f"s{i}", j, Decimal(j), Decimal(-j), None, (str(j),), f"n{j}"

    rows = [row(i, i) for i in range(4096)]  # two of the others differ in what is beyond 64 bits
    _same(form, 2, [arrow_table([*rows, row(0, 5), row(16, 5), row(32, 5)], arrow_schema(COLUMNS))])


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_more_lines_than_are_held_at_once(form, monkeypatch):
    monkeypatch.setattr(text_out, "_PART", 4)
    rows = [(i // 6, f"k{i // 6}", f"s{i % 5}", i % 3, None, None, None, None, None) for i in range(30)]
    _same(form, 2, [arrow_table(rows, arrow_schema(COLUMNS))])
