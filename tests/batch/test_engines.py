"""Both engines give the same table, byte for byte, whatever the records come from."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet as pq

from policyengine import load
from policyengine.batch.raw import Numbered, Raw
from policyengine.batch.record_batches import record_batch
from policyengine.decision.json_shape import plain
from policyengine.program.record import Record
from policyengine.source import Source
from support import DAY, POLICIES

FIXTURES = POLICIES.parent / "fixtures"
PROGRAMS = sorted(path.name for path in POLICIES.iterdir() if path.is_dir())


def _records(name: str) -> list[Record]:
    program = load(POLICIES / name, as_of=DAY)
    paths = sorted((FIXTURES / name / "records").glob("*.yaml"))
    return [each for path in paths for each in program.read(Source(path.name, path.read_text())).records]


def _data(record: Record) -> dict[str, object]:
    lists = {name: [_data(row) for row in rows] for name, rows in record.lists.items()}
    return {**{name: _json(value) for name, value in record.facts.items()}, **lists}


def _json(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else _Exact(value)
    return [_json(each) for each in value] if isinstance(value, tuple) else plain(value)


class _Exact(float):
    """Written with all its digits."""

    def __new__(cls, value: Decimal) -> _Exact:
        made = super().__new__(cls, value)
        made.text = str(value)
        return made

    def __repr__(self) -> str:
        return self.text


def _dump(data: object) -> str:
    if isinstance(data, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {_dump(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return f"[{', '.join(map(_dump, data))}]"
    return data.text if isinstance(data, _Exact) else json.dumps(data)


def _ndjson(path: Path, records: list[Record]) -> None:
    path.write_text("".join(f"{_dump(_data(each))}\n" for each in records))


def _parquet(path: Path, name: str, records: list[Record]) -> None:
    vocabulary = load(POLICIES / name, as_of=DAY).vocabulary
    good = [Numbered(i, each, Raw("", i, {}), None) for i, each in enumerate(records, start=1)]
    batch, beyond = record_batch(good, vocabulary)
    assert not beyond
    pq.write_table(pa.Table.from_batches([batch]).drop_columns("__row"), path)


@pytest.mark.parametrize("kind", ["ndjson", "parquet"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_records_of_the_programs(name, kind, evaluate, tmp_path):
    records = _records(name)
    path = tmp_path / f"base.{kind}"
    if kind == "ndjson":
        _ndjson(path, records)
    else:
        _parquet(path, name, records)
    outputs = {}
    for engine in ("rows", "columns"):
        ran = evaluate({}, "--engine", engine, "--explain-engine", program=POLICIES / name, records=str(path))
        assert (ran.code, ran.rejects) == (0, [])
        assert ran.err.startswith(f"engine: {engine}")
        outputs[engine] = (tmp_path / "out" / "out.csv").read_bytes()
    assert outputs["rows"] == outputs["columns"]


def test_missing_facts_that_rows_name_leave_the_record_in_columns(evaluate, tmp_path):
    program = Path(__file__).parents[1] / "kinds" / "programs" / "support"
    accounts = {"accounts": (Record("account", {"id": "A-1"}),)}  # what a part of a table rests on
    _ndjson(tmp_path / "base.ndjson", [Record("partner", {"id": f"p{i}"}, accounts) for i in range(3)])
    told = {}
    for engine in ("rows", "columns"):
        ran = evaluate(
            {}, "--engine", engine, "--explain-engine", program=program, records=str(tmp_path / "base.ndjson")
        )
        assert ran.code == 0
        told[engine] = ran.err.splitlines()[1:], (tmp_path / "out" / "out.csv").read_bytes()
    assert told["columns"][0] == ["0 of 3 records worked out one after the other"]
    assert told["rows"][0] == ["3 of 3 records worked out one after the other"]
    assert told["columns"][1] == told["rows"][1]


BAD = [
    {"id": "a", "active_accounts": 3, "accounts": [{"id": "1", "monthly_fee": Decimal("1.50")}]},
    {"id": "b", "active_accounts": -1, "accounts": None},
    {"id": "c", "active_accounts": None, "accounts": []},
    {
        "id": "d",
        "active_accounts": 4,
        "accounts": [{"id": "1", "monthly_fee": None}, {"id": "1", "monthly_fee": None}],
    },
    {"id": "a", "active_accounts": 5, "accounts": None},
    {"id": "e", "active_accounts": 6, "accounts": [{"id": "", "monthly_fee": Decimal("0.10")}]},
    {"id": "f", "active_accounts": 7, "accounts": [{"id": "1", "monthly_fee": Decimal("-2.00")}]},
    {"id": "", "active_accounts": 40, "accounts": [{"id": "1", "monthly_fee": Decimal("99999999999999.99")}]},
]


@pytest.mark.parametrize("engine", ["rows", "columns"])
def test_bad_rows_among_columns(engine, evaluate, tmp_path):
    pq.write_table(pa.Table.from_pylist(BAD), tmp_path / "base.parquet")
    ran = evaluate({}, "--engine", engine, records=str(tmp_path / "base.parquet"))
    assert (ran.code, ran.keys) == (1, ["c", "e", ""])
    assert [
        (row["line"], row["fact"], row["code"]) for row in sorted(ran.rejects, key=lambda row: row["line"])
    ] == [
        ("1", "", "BATCH005"),
        ("2", "active_accounts", "RECORD002"),
        ("4", "accounts[2].id", "RECORD005"),
        ("5", "", "BATCH005"),
        ("7", "accounts[1].monthly_fee", "RECORD002"),
    ]
    assert ran.values("charges", "amount", key="e", id="subscription") == ["0.10"]
    assert [row["row"] for row in ran.rows if row["section"] == "levels"] == ["3", "6", "8"]


def test_days_of_every_kind_of_column(evaluate, tmp_path):
    for kind in (pa.date32(), pa.timestamp("us"), pa.string()):
        day = "2026-11-02" if kind == pa.string() else date(2026, 11, 2)
        day = datetime.fromisoformat("2026-11-02") if kind == pa.timestamp("us") else day
        struct = pa.struct(
            [("id", pa.string()), ("setup_fee", pa.int32()), ("order_form_submitted_on", kind)]
        )
        schema = pa.schema([("id", pa.string()), ("accounts", pa.list_(struct))])
        rows = [{"id": "x", "accounts": [{"id": "1", "setup_fee": 5, "order_form_submitted_on": day}]}]
        pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "base.parquet")
        ran = evaluate({}, "--engine", "columns", records=str(tmp_path / "base.parquet"))
        assert ran.values("charges", "due_on", id="setup-fee") == ["2026-11-02"]
        assert ran.values("charges", "amount", id="setup-fee") == ["5.00"]


def test_what_no_column_holds_is_answered_by_the_row_engine(evaluate, tmp_path):
    huge = "1" + "0" * 30
    text = f'{{"id": "x", "active_accounts": {huge}}}\n{{"id": "y", "active_accounts": 12}}\n'
    for engine in ("rows", "columns"):
        ran = evaluate({"p.ndjson": text}, "--engine", engine)
        assert (ran.code, ran.values("levels", "candidate")) == (0, ["platinum", "silver"])


def test_an_amount_beyond_the_table_among_columns(evaluate, tmp_path):
    struct = pa.struct([("id", pa.string()), ("setup_fee", pa.decimal128(38, 0))])
    schema = pa.schema([("id", pa.string()), ("accounts", pa.list_(struct))])
    fees = [Decimal(1), Decimal(1), Decimal("9" * 35)]
    rows = [{"id": f"P{i}", "accounts": [{"id": "1", "setup_fee": fee}]} for i, fee in enumerate(fees)]
    pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "base.parquet")
    for engine in ("rows", "columns"):
        ran = evaluate({}, "--engine", engine, records=str(tmp_path / "base.parquet"))
        assert (ran.code, ran.keys) == (1, ["P0", "P1"])
        found = [(Path(row["file"]).name, row["line"], row["key"], row["code"]) for row in ran.rejects]
        assert found == [("base.parquet", "3", "P2", "RECORD002")]


def test_an_amount_beyond_the_table(evaluate):
    account = f'{{"id": "1", "setup_fee": {"9" * 35}, "order_form_submitted_on": "2026-11-02"}}'
    text = f'{{"id": "x", "accounts": [{account}]}}\n{{"id": "y"}}\n'
    for engine in ("rows", "columns"):
        ran = evaluate({"p.ndjson": text}, "--engine", engine)
        assert (ran.code, ran.keys) == (1, ["y"])
        assert [(row["line"], row["key"], row["code"]) for row in ran.rejects] == [("1", "x", "RECORD002")]


def test_numbers_that_share_no_column(evaluate):
    fees = ["1", "9" * 20, "0." + "0" * 9 + "1", "9" * 40, "1." + "1" * 30, "1e20", "2.005"]
    head = "id,active_accounts\n" + "".join(f"p{i},1{'0' * 20 * (i == 3)}\n" for i in range(600))
    accounts = "partner,id,setup_fee\n" + "".join(f"p{i},A,{fees[i % len(fees)]}\n" for i in range(40))
    outputs = {}
    for engine in ("rows", "columns"):
        ran = evaluate({"p.csv": head, "accounts.csv": accounts}, "--engine", engine)
        assert len({row["row"] for row in ran.rows}) + len({row["key"] for row in ran.rejects}) == 600
        outputs[engine] = (ran.rows, ran.rejects)
    assert outputs["rows"] == outputs["columns"]


@pytest.mark.parametrize("engine", ["rows", "columns"])
def test_spaces_count_in_texts_alone(engine, evaluate):
    head = "id,active_accounts,attends_quarterly_reviews,competence_rating,team_in_ongoing_training\n"
    accounts = "partner,id,setup_fee,order_form_submitted_on\n a,A, 5 , 2026-11-02 \n"
    ran = evaluate(
        {"p.csv": f"{head} a, 3 , true , positive , \nb,1,true,positiv ,\n", "accounts.csv": accounts},
        "--engine", engine,
    )  # fmt: skip
    assert ran.keys == [" a"]
    assert ran.values("charges", "due_on", id="setup-fee") == ["2026-11-02"]
    assert ran.values("missing", "id", id="competence_rating") == []
    assert [(row["key"], row["reason"]) for row in ran.rejects] == [
        ("b", "`competence_rating` cannot be `positiv`")
    ]


LARGE = """\
kind: program
id: large
title: Large
currency: USD
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts: {id: {type: text, title: id}, big: {type: boolean, title: is big}}
---
kind: billing
id: fees
title: Fees
for: partner
charges: [{id: fee, title: Fee, amount: "if big then 10 ** 31 else 1.50", due_on: today}]
"""


@pytest.mark.parametrize("engine", ["rows", "columns"])
def test_an_amount_of_a_policy_beyond_the_table(engine, evaluate, tmp_path):
    folder = tmp_path / "large"
    folder.mkdir()
    (folder / "program.yaml").write_text(LARGE)
    ran = evaluate({"p.csv": "id,big\na,false\nb,true\nc,false\n"}, "--engine", engine, program=folder)
    assert (ran.code, ran.keys, ran.values("charges", "net")) == (1, ["a", "c"], ["1.50", "1.50"])
    assert [(row["line"], row["key"], row["code"]) for row in ran.rejects] == [("3", "b", "RECORD002")]
