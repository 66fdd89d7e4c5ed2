"""Tables as CSV and NDJSON: an Arrow table gives the bytes that its rows give."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from io import BytesIO

import pyarrow as pa
import pytest
from basefiles import table_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine.batch import text_tables
from policyengine.batch.sinks import writer_of
from policyengine.batch.text_tables import harmless
from policyengine.engine.arrow import arrow_schema, arrow_table
from policyengine.engine.layout import Column, number_text

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


def _bytes(form, digits, tables):
    stream = BytesIO()
    writer = writer_of(form, stream, COLUMNS, digits)
    for table in tables:
        writer.write(table)
    writer.finish()
    return stream.getvalue()


def _by_rows(form, digits, tables):
    """The same by the writers of the standard library, row by row."""
    rows = [row for table in tables for row in table_rows(table)]
    text = io.StringIO(newline="")
    names = [column.name for column in COLUMNS]
    if form == "csv":
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(names)
        lines.writerows([_cell(*each, digits) for each in zip(COLUMNS, row, strict=True)] for row in rows)
    for row in rows if form == "ndjson" else ():
        plain = {each.name: _plain(each, value, digits) for each, value in zip(COLUMNS, row, strict=True)}
        text.write(json.dumps(plain, ensure_ascii=False) + "\n")
    return text.getvalue().encode()


def _plain(column, value, digits):
    if isinstance(value, Decimal):
        return number_text(value, 2 if column.name.endswith("rate") else digits)
    return value.isoformat() if isinstance(value, date) else value


def _cell(column, value, digits):
    text = "; ".join(value) if isinstance(value, tuple) else _plain(column, value, digits)
    return "" if text is None else harmless(text) if column.kind in ("text", "texts") else str(text)


def _same(form, digits, tables):
    assert _bytes(form, digits, tables) == _by_rows(form, digits, tables)


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
def test_more_combinations_than_a_number_holds(form):
    def row(i, j):
        return i // 3, "k", f"s{i}", j, Decimal(j), Decimal(-j), None, (str(j),), f"n{j}"

    rows = [row(i, i) for i in range(4096)]  # two of the others differ in what is beyond 64 bits
    _same(form, 2, [arrow_table([*rows, row(0, 5), row(16, 5), row(32, 5)], arrow_schema(COLUMNS))])


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_more_lines_than_are_held_at_once(form, monkeypatch):
    monkeypatch.setattr(text_tables, "_PART", 4)
    rows = [(i // 6, f"k{i // 6}", f"s{i % 5}", i % 3, None, None, None, None, None) for i in range(30)]
    _same(form, 2, [arrow_table(rows, arrow_schema(COLUMNS))])
