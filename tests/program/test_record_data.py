"""Records of plain data are those that the schema admits and the reader of documents gives."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import DAY, POLICIES

from policyengine.api import Program, load
from policyengine.policy.facts import Fact
from policyengine.program.record import Record, data_reader
from policyengine.program.record_json import document_of
from policyengine.program.record_reader import RecordReader
from policyengine.text.document import Document

_PROGRAMS = {folder.name: load(folder, as_of=DAY) for folder in sorted(POLICIES.iterdir())}
_NUMBERS = (Decimal("1E+3"), Decimal("-0"), Decimal("1E-30"), Decimal("1.000"))
_TEXTS = ("1", "true", "20%", "2026-02-30", "P1M", "  ", "\x00", "\ud800")
_ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.floats(), st.integers(-(10**16), 10**16), st.text(max_size=5), st.decimals(),
    st.dates(), st.just([None]), st.just({}), st.sampled_from(_NUMBERS), st.sampled_from(_TEXTS),
)  # fmt: skip


def _good(fact: Fact) -> st.SearchStrategy[Any]:
    one: st.SearchStrategy[Any]
    match fact.scalar:
        case "boolean":
            one = st.booleans()
        case "enum":
            one = st.sampled_from(list(fact.values or ()))
        case "count" | "integer":
            one = st.integers(0, 40) | st.integers(0, 40).map(Decimal) | st.just(Decimal("3.0"))
        case "number" | "money" | "rate":
            one = (
                st.integers(0, 9)
                | st.decimals(0, 1, places=3)
                | st.sampled_from((0.1, Decimal("0.50"), Decimal("0E+2")))
            )
        case "date":
            one = st.dates() | st.dates().map(str)
        case "period":
            one = st.just("P1M")
        case _:
            one = st.text(alphabet="ab é", max_size=4)
    return st.lists(one, max_size=2) if fact.is_list else one


def _mostly(good: st.SearchStrategy[Any], oddly: int) -> st.SearchStrategy[Any]:
    return st.integers(0, 30).flatmap(lambda number: _ODD if number < oddly else good)


def _data(program: Program, entity: str, oddly: int) -> st.SearchStrategy[dict[str, Any]]:
    vocabulary = program.vocabulary
    optional = {name: _mostly(_good(fact), oddly) for name, fact in vocabulary.entities[entity].facts.items()}
    for child, below in vocabulary.children(entity):
        optional[str(below.list)] = _mostly(st.lists(_data(program, child, oddly), max_size=2), oddly)
    if oddly:
        optional["stranger"] = _ODD
    return st.fixed_dictionaries({}, optional=optional)


def _same(one: Record, other: Record) -> bool:
    return (
        one.entity == other.entity
        and repr(one.facts) == repr(other.facts)
        and one.lists.keys() == other.lists.keys()
        and all(
            len(rows) == len(other.lists[name]) and all(map(_same, rows, other.lists[name]))
            for name, rows in one.lists.items()
        )
    )


@pytest.mark.parametrize("oddly", [0, 1])
@settings(max_examples=120)
@given(st.data())
def test_a_record_read_directly_is_the_one_that_is_read_by_way_of_a_text(
    oddly: int, data: st.DataObject
) -> None:
    program = _PROGRAMS[data.draw(st.sampled_from(sorted(_PROGRAMS)))]
    plain = data.draw(_data(program, program.vocabulary.root, oddly))
    found = data_reader(program.vocabulary)(plain)
    if found is not None:
        document = document_of(plain)
        assert isinstance(document, Document)
        read = _by_schema(program).read(document)
        assert isinstance(read, Record), read
        assert _same(found, read), (found, read)
        assert _same(found, program.record(plain).records[0])


def _by_schema(program: Program) -> RecordReader:
    """A reader that validates every record."""
    reader = RecordReader(program.vocabulary)
    reader._of_data = lambda data: None
    return reader


def test_plain_data_is_read_directly() -> None:
    program = _PROGRAMS["bytekast"]
    data = {
        "id": "a",
        "active_accounts": 12,
        "attends_quarterly_reviews": True,
        "reviews": [{"held_on": date(2026, 1, 2)}],
        "accounts": [{"id": "A", "setup_fee": Decimal("10.5"), "monthly_fee": 3.25}],
    }
    found = data_reader(program.vocabulary)(data)
    assert found is not None
    assert found.facts["active_accounts"] == Decimal(12)
    assert found.lists["accounts"][0].facts["monthly_fee"] == Decimal("3.25")
    assert program.evaluate(data) == program.evaluate(program.record(data).records[0])


def test_good_records_load_no_schema_library(tmp_path: Path) -> None:
    code = (
        "import sys, datetime, policyengine\n"
        f"program = policyengine.load({str(POLICIES / 'bytekast')!r}, as_of=datetime.date(2026, 11, 21))\n"
        "assert program.evaluate({'id': 'a', 'active_accounts': 12}).findings\n"
        "assert program.read(policyengine.Source('a.yaml', 'id: a\\nactive_accounts: 12\\n')).records\n"
        "assert 'jsonschema' not in sys.modules\n"
        "assert program.evaluate({'id': 'a', 'active_accounts': 'x'}).diagnostics\n"
        "assert 'jsonschema' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
