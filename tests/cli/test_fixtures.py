"""Every record of our own programs: its JSON fits the schema, its page and its explanations read well."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from policyengine.api import Program, load
from policyengine.decision.decision_json import decision_schema
from policyengine.render.style import width
from policyengine.render.terminal import decision_text, nested
from policyengine.text.decode import decode

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "fixtures").glob("*/records/*.yaml"))
SCHEMA = Draft202012Validator(decision_schema())


@cache
def program(name: str) -> Program:
    return load(ROOT / "policies" / name, as_of=date(2026, 11, 21))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_record(path):
    policies = program(path.parts[-3])
    read = policies.read(decode(str(path), path.read_bytes()), "yaml")
    assert not read.diagnostics
    for record in read.records:
        decision = policies.evaluate(record)
        SCHEMA.validate(json.loads(json.dumps(decision.to_json())))
        for line in decision_text(decision, policies.labels, columns=80, list_assumptions=True).split("\n"):
            assert width(line) <= 80
            assert line == line.rstrip()
        for finding in nested(decision.findings):
            lines = decision.why(finding)
            told = [line for line in lines if " an assumption" not in line]  # each assumption has a line
            assert 2 <= len(told) <= 12
            assert not any("None" in line or "Unknown" in line for line in lines)
