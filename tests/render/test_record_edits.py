"""Records are written so that what is read back is what was written."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine.feel.values.values import Months
from policyengine.render.record_edits import record_json, record_yaml
from policyengine.source import Source
from policyengine.text.yaml import read_yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
RECORDS = st.dictionaries(
    TEXTS,
    st.recursive(
        TEXTS | st.none() | st.booleans(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(RECORDS)
def test_json_reads_back(record):
    assert json.loads(record_json(record)) == record


@settings(derandomize=True, max_examples=60, deadline=None)
@given(RECORDS)
def test_yaml_reads_back(record):
    assert yaml.safe_load(record_yaml(record)) == record


@pytest.mark.parametrize(
    ("value", "yaml_text", "json_text"),
    [
        (Decimal("10.10"), "10.10", "10.10"),
        (Decimal("1E+3"), "1000", "1000"),
        (date(2026, 1, 31), "2026-01-31", '"2026-01-31"'),
        (Months(12), "P12M", '"P12M"'),
        (timedelta(days=90), "P90D", '"P90D"'),
        ("NO", '"NO"', '"NO"'),
        ("012", '"012"', '"012"'),
        ("2026-01-31", '"2026-01-31"', '"2026-01-31"'),
        ("a\u2028b", '"a\\u2028b"', '"a\\u2028b"'),
        (None, "null", "null"),
        (True, "true", "true"),
        ([], "[]", "[]"),
        ({}, "{}", "{}"),
    ],
)
def test_values(value, yaml_text, json_text):
    assert record_yaml({"a": value}) == f"a: {yaml_text}"
    assert record_json({"a": value}) == f'{{\n  "a": {json_text}\n}}'


def test_our_own_reader_takes_it():
    record = {"id": "O-1", "odd": "a\u2028\u0085\x00b", "deals": [{"x": "1", "tags": ["a", "b"]}, {"x": "2"}]}
    read = read_yaml(Source("a.yaml", record_yaml(record)))
    assert not read.diagnostics
    assert read.documents[0].plain() == record
