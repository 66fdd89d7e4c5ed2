"""What the engine makes of policies and records, as data: one file of cases for each thing that must hold.

A case has a `policy` (beside the example program, or a `program` of its own), a `record`, perhaps `as_of`,
and what is expected of the decision in JSON, of `values` of figures, and of those that are `undecided`:
further keys do not matter, the length of lists does.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.columns.batches import batch_of, by_rows, difference

from policyengine.decision.decision_json import decision_schema
from policyengine.decision.findings import UNDETERMINED
from policyengine.engine.columns import plan
from policyengine.engine.reference import row as reference
from policyengine.program.example import EXAMPLE
from policyengine.verify.checked_findings import values_of
from support import DAY, cases, good_program, lacking, record_of

FOLDER = Path(__file__).parent / "cases"
FILES = sorted(FOLDER.glob("*.yaml"))
SCHEMA = Draft202012Validator(decision_schema())


@pytest.mark.parametrize("case", [case for path in FILES for case in cases(path)])
def test_decision(case: Any) -> None:
    as_of = date.fromisoformat(case["as_of"]) if "as_of" in case else DAY
    program = good_program(*([case["policy"]] if "policy" in case else []),
                           base=case.get("program", EXAMPLE), as_of=as_of)  # fmt: skip
    record = record_of(program, case["record"])
    decision = program.evaluate(record)
    found = decision.to_json()
    SCHEMA.validate(found)
    undecided = [each for each in found["figures"] if each["status"] == UNDETERMINED]
    told = {**found, "values": values_of(decision), "undecided": undecided}
    assert "\n".join(lacking(case["expect"], told)) == ""
    assert reference.evaluate(program.linked, record).to_json() == found


@pytest.mark.parametrize("case", [case for path in FILES for case in cases(path)])
def test_the_columns_say_the_same(case: Any) -> None:
    as_of = date.fromisoformat(case["as_of"]) if "as_of" in case else DAY
    program = good_program(*([case["policy"]] if "policy" in case else []),
                           base=case.get("program", EXAMPLE), as_of=as_of)  # fmt: skip
    records = [record_of(program, case["record"])]
    found = plan(program.linked).answer(batch_of(program.vocabulary, records)).table
    assert difference(found, by_rows(program.linked, records)) == ""


@pytest.mark.parametrize("case", [case for path in FILES for case in cases(path)])
def test_the_outcomes_are_those_of_the_decision(case: Any) -> None:
    as_of = date.fromisoformat(case["as_of"]) if "as_of" in case else DAY
    program = good_program(*([case["policy"]] if "policy" in case else []),
                           base=case.get("program", EXAMPLE), as_of=as_of)  # fmt: skip
    record = record_of(program, case["record"])
    found = [
        (subject.subject.key, each.policy, each.id, each.section, each.status)
        for subject in program.outcomes(record).subjects
        for each in subject.outcomes
    ]
    told = [
        (each.subject.key, each.origin.policy, each.id, each.section, each.status)
        for each in program.evaluate(record).findings
        if each.section != "figures"
    ]
    assert sorted(found, key=str) == sorted(told, key=str)
