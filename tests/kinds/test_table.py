"""Tables: what they give, why, and what is wrong with them; the cases are data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policyengine.engine.missing import unsettled
from policyengine.engine.reasons import explain
from policyengine.engine.scope import root_scope
from policyengine.feel.values import Unknown
from policyengine.policy.shape import plain
from support import DAY, cases, good_program, program_of, record_of, shown

DATA = Path(__file__).parent / "table"
PROGRAM = (DATA / "program.yaml").read_text(encoding="utf-8")
HEAD = "kind: table\nid: fee-of-plan\ntitle: Fee\nfor: partner\n"


def _text(case: dict[str, Any]) -> str:
    policy: str = case["policy"]
    return policy if "kind:" in policy else HEAD + policy


@pytest.mark.parametrize("case", cases(DATA / "values.yaml"))
def test_values_and_reasons(case: dict[str, Any]) -> None:
    program = good_program(_text(case), base=PROGRAM)
    name = case.get("result", "fee_of_plan")
    for expected in case["records"]:
        record = record_of(program, expected["record"])
        assert program.linked.graph is not None
        scope = root_scope(program.linked.graph, record, DAY)
        value = scope[name]
        if "unknown" in expected:
            assert isinstance(value, Unknown), value
            assert [each.text for each in unsettled([value])] == expected["unknown"]
        else:
            assert str(plain(value)) == str(expected["value"])
        if "because" in expected:
            assert [reason.text for reason in explain(scope, name)][1:] == expected["because"]
        decision = program.evaluate(record)
        assert name in decision.values["partner"]


@pytest.mark.parametrize("case", cases(DATA / "mistakes.yaml"))
def test_mistakes(case: dict[str, Any]) -> None:
    found = program_of(_text(case), base=PROGRAM).diagnostics
    assert shown(found) == [
        f"policy.yaml:{each['at']}: {each['code']}: {each['message']}; {each.get('help')}"
        for each in case["found"]
    ]


def test_a_reason_stands_at_its_row() -> None:
    rows = "  - {when: {users: ..5}, then: 1}\n  - {then: users * 1.5}\n"
    program = good_program(f"{HEAD}type: money\nhit: first\ninputs: [users]\nrows:\n{rows}", base=PROGRAM)
    assert program.linked.graph is not None
    scope = root_scope(program.linked.graph, record_of(program, "{id: a, users: 7}"), DAY)
    found = explain(scope, "fee_of_plan")
    assert [(reason.text, reason.at.line) for reason in found] == [
        ("Fee is 10.50 USD", 2),
        ("row 2 of Fee", 10),
    ]
