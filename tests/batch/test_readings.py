"""What a text is read as: in every kind of file, by every engine, the same value or a reject."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from basefiles import parquet
from hypothesis import given
from hypothesis import strategies as st

from policyengine.decision.wording import MINOR_DIGITS
from policyengine.policy import quantities
from policyengine.source import Source
from support import good_program

DERIVED = {
    "staff": "count", "balance": "integer", "score": "number", "mark": "number", "fee": "money",
    "share": "rate", "growth": "rate", "joined": "date", "city": "text", "region": "text",
}  # fmt: skip
BOUNDS = {"mark": ", min: 0, max: 5", "growth": ", max: 300%"}
PROGRAM = """\
kind: program
id: readings
title: Readings
currency: {currency}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {{type: text, title: identifier}}
      region: {{type: enum, title: region, values: ["Qu\u00e9bec", Ontario]}}
""" + "".join(
    f"      {name}: {{{{type: {kind}, title: {name}{BOUNDS.get(name, '')}}}}}\n"
    for name, kind in DERIVED.items()
    if name != "region"
) + "".join(
    f"      {name}_read: {{{{type: {kind}, title: {name} as read, formula: {name}, informative: true}}}}\n"
    for name, kind in DERIVED.items()
)  # fmt: skip
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?(e[0-9]+)?")
BARE = ("staff", "balance", "score", "mark")
"""Numbers that are never read from a text between quotes."""
CASES = yaml.safe_load(Path(__file__).with_name("readings.yaml").read_text(encoding="utf-8"))
KEYS = [f"k{i:02}" for i in range(len(CASES))]


def _json(case: Any) -> str:
    """The value as JSON: a number where the text is one, else a text."""
    text = case["text"]
    try:
        number = case["fact"] in (
            "staff",
            "balance",
            "score",
            "mark",
            "fee",
            "share",
            "growth",
        ) and json.loads(text)
    except ValueError:
        number = False
    return case.get("json") or (text if number is not False else json.dumps(text))


def _ndjson() -> str:
    lines = [f'{{"id": "{key}", "{case["fact"]}": {_json(case)}}}\n'
             for key, case in zip(KEYS, CASES, strict=True)]  # fmt: skip
    return "".join(lines)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _csv() -> str:
    lines = [",".join(["id", *DERIVED])]
    for row in _rows():
        lines.append(",".join("" if each is None else _quoted(each) for each in row.values()))
    return "\n".join(lines) + "\n"


def _rows() -> list[dict[str, Any]]:
    return [
        {"id": key, **dict.fromkeys(DERIVED), case["fact"]: case["text"]}
        for key, case in zip(KEYS, CASES, strict=True)
    ]


def _expected(*without: str) -> dict[str, str]:
    return {
        key: _plain(str(case["gives"]))
        for key, case in zip(KEYS, CASES, strict=True)
        if case["gives"] is not None and case["fact"] not in without
    }


def _found(rows: list[dict[str, str]]) -> dict[str, str]:
    values = [row for row in rows if row["section"] == "figures" and row["value"]]
    return {row["key"]: _plain(row["value"]) for row in values}


def _plain(text: str) -> str:
    try:
        return f"{Decimal(text).normalize():f}"
    except ArithmeticError:
        return text


@pytest.fixture
def readings(tmp_path: Path) -> Path:
    folder = tmp_path / "readings"
    folder.mkdir()
    (folder / "program.yaml").write_text(PROGRAM.format(currency="EUR"), encoding="utf-8")
    return folder


@pytest.mark.parametrize("engine", ["rows", "columns"])
@pytest.mark.parametrize("name", ["p.csv", "p.ndjson", "p.parquet", "p.json"])
def test_every_kind_reads_the_same(
    name: str, engine: str, evaluate: Callable[..., Any], readings: Path
) -> None:
    texts = {
        "p.csv": _csv,
        "p.ndjson": _ndjson,
        "p.json": lambda: "[" + ",".join(_ndjson().splitlines()) + "]",
        "p.parquet": lambda: parquet(_rows(), pa.schema([(each, pa.string()) for each in ("id", *DERIVED)])),
    }
    ran = evaluate({name: texts[name]()}, "--engine", engine, program=readings)
    assert _found(ran.rows) == _expected(*(BARE if name == "p.parquet" else ()))


def test_a_database_reads_the_same(
    cli_run: Callable[..., Any], table_of: Callable[..., Any], readings: Path, tmp_path: Path
) -> None:
    base = tmp_path / "crm.db"
    with sqlite3.connect(base) as connection:
        columns = ("id", *DERIVED)
        connection.execute(f"CREATE TABLE p ({', '.join(f'{each} TEXT' for each in columns)})")
        rows = [tuple(row[each] for each in columns) for row in _rows()]
        connection.executemany(f"INSERT INTO p VALUES ({', '.join('?' * len(columns))})", rows)
    connection.close()
    out = tmp_path / "out.csv"
    source = ["--records-from", f"sqlite:///{base}", "--query", "SELECT * FROM p"]
    cli_run("evaluate", str(readings), *source, "-o", str(out))
    assert _found(table_of(out)) == _expected()


@pytest.mark.parametrize("case", CASES, ids=[f"{case['fact']}-{i}" for i, case in enumerate(CASES)])
def test_yaml_reads_the_same(case: Any) -> None:
    program = good_program(base=PROGRAM.format(currency="EUR"))
    bare = case["fact"] not in ("city", "region")
    text = case["text"] if bare else json.dumps(case["text"], ensure_ascii=max(case["text"]) <= "\uffff")
    read = program.read(Source("r.yaml", f"id: a\n{case['fact']}: {text}\n"))
    assert bool(read.diagnostics) is (case["gives"] is None)
    if read.records:
        assert _plain(str(read.records[0].facts[case["fact"]])) == _plain(str(case["gives"]))


def test_a_currency_of_three_decimal_places() -> None:
    program = good_program(base=PROGRAM.format(currency="KWD"))
    for text in ("fee: 2.500", "fee: '2.500'"):
        (record,) = program.read(Source("r.yaml", f"id: a\n{text}\n")).records
        assert record.facts["fee"] == Decimal("2.5")


TYPED = [
    ({"fee": Decimal("2.500"), "staff": Decimal("1.000")}, {"fee": Decimal("2.5"), "staff": Decimal(1)}),
    ({"fee": Decimal("1.234"), "city": "a\nb"}, {"fee": Decimal("1.234"), "city": "a\nb"}),
    ({"score": 4.125}, {"score": Decimal("4.125")}),
]


@pytest.mark.parametrize(("data", "facts"), TYPED)
def test_numbers_that_are_typed_have_one_reading(data: dict[str, object], facts: dict[str, object]) -> None:
    read = good_program(base=PROGRAM.format(currency="EUR")).record({"id": "a", **data})
    assert [dict(record.facts) for record in read.records] == [{"id": "a", **facts}]


def test_decimals_of_parquet_have_one_reading(evaluate: Callable[..., Any], readings: Path) -> None:
    schema = pa.schema([("id", pa.string()), ("fee", pa.decimal128(10, 3)), ("staff", pa.decimal128(10, 3))])
    rows = [{"id": "a", "fee": Decimal("2.500"), "staff": Decimal("1.000")}]
    for engine in ("rows", "columns"):
        ran = evaluate({"p.parquet": parquet(rows, schema)}, "--engine", engine, program=readings)
        values = [_plain(row["value"]) for row in ran.rows if row["section"] == "figures" and row["value"]]
        assert (ran.code, sorted(values)) == (0, ["1", "2.5"])


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**6), max_value=10**6))
def test_what_is_written_is_read_as_it_was(value: Decimal) -> None:
    assert quantities.amount(quantities.plain(value)) == value


def test_every_currency_is_one_of_three_capitals() -> None:
    assert {"EUR": 2, "JPY": 0, "KWD": 3}.items() <= MINOR_DIGITS.items()
    assert all(len(each) == 3 and each.isalpha() and each.isupper() for each in MINOR_DIGITS)
    assert not {"YEN", "BTC", "EUE", "ABC", "XXX", "XAU"} & set(MINOR_DIGITS)


TAGS = [{"id": "a", "tags": ["x", "", "y"]}, {"id": "b", "tags": [None, "x"]}, {"id": "c", "tags": [" "]}]
LISTS = {
    "p.json": json.dumps(TAGS),
    "p.ndjson": "".join(f"{json.dumps(each)}\n" for each in TAGS),
    "p.csv": "id,tags\na,x;;y\nb,x;\nc, ;\n",
    "p.parquet": parquet(TAGS),
    "p.yaml": '- {id: a, tags: [x, "", y]}\n- {id: b, tags: [~, x]}\n- {id: c, tags: [" "]}\n',
}
COUNTED = """\
kind: program
id: lists
title: Lists
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      tags: {type: list of text, title: tags}
      number: {type: count, title: number of tags, formula: count(tags), informative: true}
"""


@pytest.mark.parametrize("engine", ["rows", "columns"])
@pytest.mark.parametrize("name", LISTS)
def test_an_empty_item_is_none(name: str, engine: str, evaluate: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "program.yaml").write_text(COUNTED)
    ran = evaluate({name: LISTS[name]}, "--engine", engine, program=tmp_path / "lists")
    assert _found(ran.rows) == {"a": "2", "b": "1", "c": "0"}
