"""Tables: what they give, why, and what is wrong with them; the cases are data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policyengine.decision.json_shape import plain
from policyengine.engine.missing_facts import unsettled
from policyengine.engine.reference.reasons import explain
from policyengine.engine.reference.scope import root_scope
from policyengine.feel.values.values import Unknown
from policyengine.source import Source
from policyengine.verify.checked_findings import values_of
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
            assert str(plain(value)) == str(expected["value"]), expected
        if "because" in expected:
            assert [reason.text for reason in explain(scope, name)][1:] == expected["because"]
        decision = program.evaluate(record)
        assert name in values_of(decision)["partner"]


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


@pytest.mark.parametrize(
    ("hit", "users", "said"),
    [
        ("unique", 2, "rows 1 and 2 of Fee match, and no rule says which one counts"),
        ("any", 2, "rows 1 and 2 of Fee match, and no rule says which one counts"),
        ("any", 3, None),
        ("unique", 9, "no row of Fee matches"),
    ],
)
def test_what_check_could_not_tell_is_not_guessed(hit: str, users: int, said: str | None) -> None:
    rows = "  - {when: {users: '<= seats'}, then: 1}\n  - {when: {users: ..5}, then: users * 0.5 - 0.5}\n"
    text = f"{HEAD}type: money\nhit: {hit}\ninputs: [users]\nrows:\n{rows}"
    program = program_of(text, base=PROGRAM)
    assert program.ok
    assert {each.code.id for each in program.diagnostics} == {"TABLE004"}
    assert program.linked.graph is not None
    record = record_of(program, f"{{id: a, users: {users}, seats: 4}}")
    value = root_scope(program.linked.graph, record, DAY)["fee_of_plan"]
    found = [each.text for each in unsettled([value])]
    assert found == ([said] if said else [])


def test_a_result_is_used_by_what_lies_within_and_above() -> None:
    table = (
        HEAD.replace("partner", "account")
        + "type: money\nhit: first\ninputs: [size]\nrows: [[..5, 1.50], [-, 2]]\n"
    )
    above = """---
kind: table
id: bonus
title: Bonus
for: partner
type: rate
hit: first
inputs: [{id: total, expression: sum(accounts.fee_of_plan)}]
rows: [[3.5.., 5%], [-, 0%]]
"""
    program = good_program(table + above, base=PROGRAM)
    decision = program.evaluate({"id": "a", "accounts": [{"id": "x", "size": 3}, {"id": "y", "size": 6}]})
    assert values_of(decision) == {
        "partner": {"doubled": None, "bonus": "0.05"},
        "account/x": {"fee_of_plan": "1.50"},
        "account/y": {"fee_of_plan": "2.00"},
    }


def test_versions_of_a_table_follow_each_other() -> None:
    first = f"{HEAD}type: money\nhit: first\ninputs: [users]\nrows: [[-, 1]]\n"
    later = first.replace("[-, 1]", "[-, 2]") + "from: 2027-01-01\n"
    for day, fee in ((DAY, "1.00"), (DAY.replace(year=2027), "2.00")):
        program = program_of(first, later, base=PROGRAM, as_of=day)
        assert shown(program.diagnostics) == []
        assert values_of(program.evaluate({"id": "a"}))["partner"]["fee_of_plan"] == fee


def test_a_record_does_not_give_a_result() -> None:
    program = good_program(f"{HEAD}type: money\nhit: first\ninputs: [users]\nrows: [[-, 1]]\n", base=PROGRAM)
    (found,) = program.read(Source("record.yaml", "{id: a, fee_of_plan: 5}")).diagnostics
    assert found.message == "`fee_of_plan` is worked out by a policy"
    assert found.help == "leave `fee_of_plan` out of the record"
