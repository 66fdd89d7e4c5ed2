"""Tables beside the records read as columns: what comes out is what comes out row by row."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest
from basefiles import ndjson
from bothways import came_to
from pyarrow import parquet

from policyengine.batch import child_tables
from policyengine.batch.engines import Rows
from policyengine.batch.inputs import find_inputs
from policyengine.batch.lines import Unusable
from policyengine.program.load import load
from policyengine.source import Source

PROGRAM = """\
kind: program
id: beside
title: Beside
currency: EUR
parties: {vendor: the vendor}
items: {rent: rent}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: id}
      staff: {type: count, title: staff}
  site:
    title: site
    within: partner
    list: sites
    key: id
    facts:
      id: {type: text, title: id}
      opened: {type: date, title: opened}
      rent: {type: money, title: rent, max: 1000}
      tags: {type: list of text, title: tags}
      term: {type: period, title: term}
  note:
    title: note
    within: partner
    list: notes
    facts:
      text: {type: text, title: text, required: true}
---
kind: billing
id: rents
title: Rents
for: site
charges: [{id: rent, title: Rent, item: rent, amount: rent, due_on: opened}]
"""
KEYS = ("a", "b", "c", "d ", "007", "x,y", "é", "z")
CELLS = {
    "id": ("s", "t", "u", "v", "", " ", "=1"),
    "opened": ("2024-02-29", "2026-02-30", "", "2025-01-01", "2024-2-9"),
    "rent": ("19.995", "1", "", "1000.01", "1e2", "x", " 7", "0.10"),
    "tags": ("a; b", "", "a;;b", "c"),
    "term": ("", "", "", "", "P1M"),
    "text": ("hello", "", "two\nlines", 'a "b"'),
}


@pytest.fixture(scope="module")
def program():
    head, policy = PROGRAM.split("---\n")
    found = load("beside", [Source("program.yaml", head), Source("rents.yaml", policy)], date(2026, 11, 21))
    assert found.ok, found.diagnostics
    return found


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr("policyengine.batch.run.ROWS", 7)
    monkeypatch.setattr("policyengine.batch.engines.Columns.size", 5)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def _csv(head: list[str], rows: list[list[str]], damage: str = "") -> str:
    return "".join(f"{','.join(map(_quoted, row))}\n" for row in (head, *rows)) + damage


def _both(program, files, folder):
    """What the run comes to, which is the same where all rows are kept one by one."""
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name).write_bytes(data)
    inputs = find_inputs([folder / next(iter(files))], {}, program.graph.vocabulary)
    in_columns = came_to(program, inputs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child_tables._Table, "_kept", lambda self, chunk: None)
        assert in_columns == came_to(program, inputs)
    assert in_columns == came_to(program, inputs, Rows(program))
    return in_columns


def _drawn(source: random.Random, odd: float):
    def cell(name):
        choices = CELLS[name]
        return source.choice(choices) if source.random() < odd else choices[0]

    partners = [[key, source.choice(("7", "", "x")) if source.random() < odd else "1"] for key in KEYS]
    partners += [["a", "1"]] * (source.random() < odd)
    owners = [*KEYS, *("nobody", "", " ")] if odd else KEYS
    sites = [
        [source.choice(owners), f"{cell('id')}{i}", cell("opened"), cell("rent"), cell("tags"), cell("term")]
        for i in range(source.randrange(25))
    ]
    notes = [[cell("text"), source.choice(owners)] for _ in range(source.randrange(12))]
    damage = source.choice(("", "a\n", "nobody,1,2\n", "a,b,c,d,e,f,g,h,i,j\n", "b,\0\n")) if odd else ""
    return {
        "p.csv": _csv(["id", "staff"], partners),
        "sites.csv": _csv(["partner", "id", "opened", "rent", "tags", "term"], sites, damage),
        "notes.csv": _csv(["text", "partner_id"], notes, damage),
    }


@pytest.mark.parametrize("seed", range(40))
def test_tables_of_text(seed, program, tmp_path):
    source = random.Random(seed)
    odd = source.choice((0, 0.05, 0.4))
    _both(program, _drawn(source, odd), tmp_path)


def _parquet(rows, schema, path):
    parquet.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path.read_bytes()


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("exact", [True, False])
def test_tables_with_types(exact, seed, program, tmp_path):
    source = random.Random(seed)
    amount = pa.decimal128(12, 3) if exact else pa.float64()
    schema = pa.schema(
        [("id", pa.dictionary(pa.int32(), pa.string())), ("partner", pa.string()), ("rent", amount),
         ("opened", pa.date32()), ("tags", pa.list_(pa.string()))]
    )  # fmt: skip
    rows = [
        {
            "partner": source.choice([*KEYS, None, "nobody"]),
            "id": source.choice(["s", "t", None, f"u{i}"]),
            "rent": source.choice([Decimal("19.995"), None, Decimal("1000.010")]) if exact else 0.1 + 0.2,
            "opened": source.choice([date(2024, 2, 29), None]),
            "tags": source.choice([["a"], [], None]),
        }
        for i in range(source.randrange(30))
    ]
    files = {
        "p.ndjson": ndjson(*({"id": key, "staff": i} for i, key in enumerate(KEYS))),
        "sites.parquet": _parquet(rows, schema, tmp_path / "sites.parquet"),
    }
    _both(program, files, tmp_path)


def test_a_list_in_the_record_and_beside_it(program, tmp_path):
    files = {
        "p.ndjson": ndjson({"id": "a", "sites": []}, {"id": "b", "sites": None}, {"id": "c"}, {"staff": 1}),
        "sites.csv": "partner,id,rent,opened\nb,s,1,2024-02-29\na,t,1,\nc,u,2,\n",
    }
    rows, rejects, _ = _both(program, files, tmp_path)
    assert [(each.key, each.code) for each in rejects] == [("a", "BATCH006")]
    assert {row[3] for row in rows if row[5] == "charges"} == {"s", "u"}


@pytest.mark.parametrize(
    "files",
    [
        {"p.csv": "id\na\n", "sites.ndjson": '{"partner": "a", "id": "s"}\n'},
        {"p.csv": "id\na\n", "sites.csv": "partner\na\n"},
        {"p.csv": "id\na\n", "notes.csv": "partner,text\n" + "b\n" * 30},
        {"p.csv": "id\na\n", "notes.csv": "partner,text\n" + ",b\n" * 30},
    ],
)
def test_what_is_not_plain(files, program, tmp_path):
    _both(program, files, tmp_path)


def test_two_keys_with_the_same_number_are_told_apart(program, tmp_path, monkeypatch):
    monkeypatch.setattr("polars.Series.hash", lambda self: (self.str.len_chars() % 2).cast(pl.UInt64))
    files = {
        "p.csv": "id,staff\na,1\nbb,1\nc,1\n",
        "sites.csv": "partner,id,rent\na,s,1\nc,t,2\nz,u,3\nbb,v,4\na,w,5\n",
    }
    rows, rejects, _ = _both(program, files, tmp_path)
    assert [(row[1], row[3]) for row in rows if row[5] == "charges"] == [
        ("a", "s"), ("a", "w"), ("bb", "v"), ("c", "t"),
    ]  # fmt: skip
    assert [(each.key, each.line) for each in rejects] == [("z", 4)]


@pytest.mark.parametrize("owner", ["a", "z"])
def test_a_record_without_a_key_has_no_list(owner, program, tmp_path):
    files = {"p.csv": "id,staff\na,1\n,1\n", "sites.csv": f"partner,id,rent\n{owner},s,1\n"}
    rows, *_ = _both(program, files, tmp_path)
    assert [row[0] for row in rows if row[5] == "missing" and row[7] == "sites"] == [2]


def test_no_room_for_the_tables_ends_the_run(program, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pyarrow.ipc.new_file", full)
    with pytest.raises(Unusable, match="do not fit into a temporary file"):
        _both(program, {"p.csv": "id\na\n", "sites.csv": "partner,id\na,s\n"}, tmp_path)
