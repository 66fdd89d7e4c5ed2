"""The JSON of a decision and the schema that describes it are one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from samples import EMPTY, FULL, OPEN, decision

from policyengine.decision.decision_json import decision_schema, finding_json, to_json
from policyengine.decision.findings import SECTIONS
from policyengine.decision.json_shape import exact, plain
from policyengine.diagnostics import Code
from policyengine.feel.values.values import Months

SCHEMA = decision_schema()


@pytest.mark.parametrize("one", [FULL, EMPTY, decision(OPEN)], ids=["full", "empty", "open"])
def test_it_fits_its_schema(one):
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(to_json(one))))


def test_the_schema_is_a_schema_and_the_published_one_is_fresh():
    Draft202012Validator.check_schema(SCHEMA)
    published = Path(__file__).parents[2] / "schemas" / "decision.schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == SCHEMA


def test_every_key_is_described_and_written():
    written = to_json(FULL)
    assert list(written) == list(SCHEMA["properties"])
    for part in [SCHEMA, *SCHEMA["$defs"].values()]:
        assert part["required"] == list(part["properties"])
        assert all(value["description"] for value in part["properties"].values())


def test_a_record_that_could_not_be_read():
    found = Code(id="REC001", title="t", why="w", bad="", good="").at(None, "this is not a record")
    written = to_json(replace(EMPTY, diagnostics=(found,)))
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(written)))
    assert written["diagnostics"][0]["code"] == "REC001"


def test_every_list_has_its_findings():
    written = to_json(FULL)
    for section in SECTIONS:
        assert len(written[section]) == len(FULL.of(section)) > 0
        assert [one["reference"] for one in written[section]] == [one.reference for one in FULL.of(section)]


def test_a_charge():
    written = finding_json(FULL.of("charges")[0])
    assert written["amount"] == "100.00"
    assert written["discount_rate"] == "0.20"
    assert written["net"] == "80.00"
    assert written["due_on"] == "2026-03-31"
    assert written["at"] == {"file": "policies/bytekast/billing.yaml", "line": 19, "column": 1}
    assert written["source"]["section"] == "1"
    assert written["basis"] == "assumed"
    assert written["because"][0]["have"] == "100.00"


def test_what_is_absent_is_null():
    written = finding_json(FULL.of("charges")[2])
    assert written["net"] is None
    assert written["subject"] == {
        "entity": "account",
        "key": None,
        "label": None,
        "position": 2,
        "within": [],
    }
    assert written["unknown"][0]["fact"] == "setup_fee"


def test_an_amount_keeps_more_digits_than_the_net_has():
    charge = replace(FULL.of("charges")[0], amount=Decimal("99.999"))
    assert finding_json(charge)["amount"] == "99.999"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (12, 12),
        ("a", "a"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.10"),
        (date(2026, 1, 2), "2026-01-02"),
        (Months(3), "P3M"),
        (timedelta(days=90), "P90D"),
        ([Decimal("1.5"), None], ["1.5", None]),
        ({"a": (date(2026, 1, 2),)}, {"a": ["2026-01-02"]}),
    ],
)
def test_values(value, expected):
    assert plain(value) == expected


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [("0.2", 2, "0.20"), ("1", 2, "1.00"), ("0.125", 2, "0.125"), ("1E+2", 0, "100"), ("-5", 1, "-5.0")],
)
def test_exact_numbers(value, digits, expected):
    assert exact(Decimal(value), digits) == expected
