"""What is taken for plainly good without the schema library, the library finds nothing wrong with."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import DAY, POLICIES

from policyengine.api import load
from policyengine.program.acceptance import acceptor
from policyengine.program.record_schema import record_schema, validator

_SCHEMAS = {
    folder.name: record_schema(load(folder, as_of=DAY).vocabulary) for folder in sorted(POLICIES.iterdir())
}
_ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 40), st.text(max_size=4),
    st.sampled_from(("2026-02-30", "10 %", "P1M")),
    st.decimals(allow_nan=False, allow_infinity=False, places=2), st.lists(st.integers(0, 2), max_size=2),
    st.dictionaries(st.sampled_from(("id", "x")), st.integers(), max_size=1),
)  # fmt: skip


def _good(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Data that follows a schema most of the time, and sometimes anything."""
    names = schema.get("type")
    kinds = names if isinstance(names, list) else [names]
    if "object" in kinds:
        required = {name: _value(each) for name, each in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional={**required, "stranger": _ODD}).map(
            lambda found: {key: value for key, value in found.items() if key != "stranger" or value == 1}
        )
    if "array" in kinds:
        return st.lists(_value(schema["items"]), max_size=2)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "boolean" in kinds:
        return st.booleans()
    if schema.get("format") == "date":
        return st.dates().map(str)
    if {"integer", "number"} & set(kinds):
        return st.integers(0, 60).map(Decimal)
    return st.text(max_size=3)


def _value(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    good = _good(schema)
    return st.integers(0, 24).flatmap(lambda number: good if number else _ODD)


@settings(max_examples=150)
@given(st.data())
def test_what_is_accepted_has_no_mistakes(data: st.DataObject) -> None:
    schema = _SCHEMAS[data.draw(st.sampled_from(sorted(_SCHEMAS)))]
    value = data.draw(_value(schema))
    if acceptor(schema)(value):
        assert list(validator(schema).iter_errors(value)) == []


@pytest.mark.parametrize("name", sorted(_SCHEMAS))
def test_most_drawn_records_are_accepted_exactly_if_the_library_accepts_them(name: str) -> None:
    schema = _SCHEMAS[name]
    accepts, checks = acceptor(schema), validator(schema)
    verdicts: list[tuple[bool, bool]] = []

    @settings(max_examples=60)
    @given(_good(schema))
    def run(value: Any) -> None:
        verdicts.append((accepts(value), not list(checks.iter_errors(value))))

    run()
    assert all(own == library for own, library in verdicts)
    assert {own for own, _ in verdicts} == {True, False}


@pytest.mark.parametrize("schema", [{"oneOf": []}, {"additionalProperties": True}, {"format": "email"}])
def test_keywords_that_are_not_known_are_left_to_the_library(schema: dict[str, Any]) -> None:
    assert acceptor(schema)("a") is False


def test_good_records_load_no_schema_library(tmp_path: Path) -> None:
    code = (
        "import sys, datetime, policyengine\n"
        f"program = policyengine.load({str(POLICIES / 'bytekast')!r}, as_of=datetime.date(2026, 11, 21))\n"
        "assert program.evaluate({'id': 'a', 'active_accounts': 12}).findings\n"
        "assert 'jsonschema' not in sys.modules\n"
        "assert program.evaluate({'id': 'a', 'active_accounts': 'x'}).diagnostics\n"
        "assert 'jsonschema' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
