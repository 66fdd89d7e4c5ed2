"""Many records read at once are the records that are read one by one."""

from __future__ import annotations

import pytest
from benchmarks.partners import line, partners
from tests.support import DAY, POLICIES, shown

from policyengine.api import Program, load
from policyengine.program.record import Record
from policyengine.source import Source

ODD = [
    '{"id": "a", "active_accounts": 012}',
    '{"id": "a", "id": "b"}',
    '{"id": "a", "accounts": [{"id": "x", "id": "x"}]}',
    '{"id": "a", "active_accounts": NaN}',
    '{"id": "a", "active_accounts": 1e999999999}',
    '{"id": "a", "active_accounts": "12"}',
    '{"id": "a", "active_accounts": 12.0}',
    '{"id": "a", "active_accounts": -0}',
    '{"id": "a", "accounts": [{"id": "x", "setup_fee": 10.10}, {"id": "y", "setup_fee": 1E3}]}',
    '{"id": "a", "accounts": [{"id": "x"}, {"id": "x"}]}',
    '{"id": "a\\ud800"}',
    '{"id": "a\tb"}',
    '{"id": "a", "name": null}',
    '{"id": "a", "name": ""}',
    '{"id": 5}',
    '[{"id": "a"}, {"id": "b"}]',
    '"a"',
    "[" * 5000,
    "9" * 5000,
    '{"id": "a", "unheard_of": 1}',
    "{",
    "",
]


@pytest.fixture(scope="module")
def program() -> Program:
    return load(POLICIES / "bytekast", as_of=DAY)


def plain(record: Record) -> object:
    facts = {name: (type(value), value) for name, value in record.facts.items()}
    return record.entity, facts, {name: [plain(row) for row in rows] for name, rows in record.lists.items()}


def same(program: Program, text: str, form: str) -> None:
    one = program.read(Source("base", text), form)  # type: ignore[arg-type]
    other = program.read_many(Source("base", text), form)  # type: ignore[arg-type]
    assert [plain(each) for each in other.records] == [plain(each) for each in one.records]
    assert sorted(shown(other.diagnostics)) == sorted(shown(one.diagnostics))
    assert other.left_out == one.left_out


@pytest.mark.parametrize("text", ODD)
def test_odd_records_are_read_alike(program: Program, text: str) -> None:
    same(program, text, "json")
    same(program, text, "ndjson")
    same(program, f'{{"id": "before"}}\n{text}\r\n\n{{"id": "after"}}', "ndjson")


def test_a_base_is_read_alike(program: Program) -> None:
    rows = [line(each) for each in partners(80, 5, 0.1)]
    same(program, "\ufeff" + "\n".join(rows), "ndjson")
    same(program, f"[{', '.join(rows)}]", "json")
