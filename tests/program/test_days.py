"""Versions in force on different days: each day is checked, and what days share is worked out once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support import program_of, shown

from policyengine.diagnostics import Report
from policyengine.feel import parse
from policyengine.feel.types import types
from policyengine.policy.rule import Node
from policyengine.program import link
from policyengine.program.read import Declared
from policyengine.source import Source

TABLE = """\
kind: table
id: grade
title: Grade
for: partner
type: text
hit: first
inputs: [active_accounts]
rows: [[10.., good], [-, fair]]
"""
RULES = """\
kind: obligations
id: duties
title: Duties
for: partner
obligations:
  - {id: grade-good, title: Has a good grade, met_when: grade = "good"}
  - {id: reviews, title: Attends reviews, met_when: attends_quarterly_reviews}
"""
LATER = "from: 2027-01-01\n"


def _later(number: int) -> str:
    return f"from: {2026 + number}-01-01\n"


def test_a_policy_that_a_later_version_of_another_one_breaks() -> None:
    counts = TABLE.replace("type: text", "type: count").replace("good]", "1]").replace("fair]", "0]")
    assert shown(program_of(TABLE, RULES).diagnostics) == []
    (mistake,) = program_of(TABLE, RULES, counts + LATER).diagnostics
    assert (mistake.code.id, str(mistake.span)) == ("FEEL013", "policy1.yaml:6:57")


def test_a_mistake_in_a_version_that_is_not_in_force_yet() -> None:
    (mistake,) = program_of(TABLE, RULES, RULES.replace("_reviews}", "_review}") + LATER).diagnostics
    assert str(mistake.span).startswith("policy2.yaml:7:")


def test_what_does_not_change_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def checked(*policies: str) -> int:
        calls: list[object] = []

        def check(expression: Any, *rest: Any, **named: Any) -> Any:
            calls.append(expression)
            return original(expression, *rest, **named)

        original = link.check
        with monkeypatch.context() as patch:
            patch.setattr(link, "check", check)
            assert shown(program_of(*policies).diagnostics) == []
        return len(calls)

    none, table, both = checked(), checked(TABLE), checked(TABLE, RULES)
    versions = [RULES + _later(number) for number in range(1, 9)]
    assert checked(TABLE, RULES, *versions) == both + 8 * (both - table)
    tables = [TABLE + _later(number) for number in range(1, 4)]
    assert checked(TABLE, RULES, *tables) == both + 3 * (table - none)


def test_a_node_is_typed_anew_where_a_name_that_it_uses_has_another_type() -> None:
    program = program_of(TABLE, RULES)
    linked = program.linked
    declared = Declared(linked.declarations, linked.document)  # type: ignore[arg-type]
    report = Report()
    linker = link.Linker(declared, report)
    expression = parse(Source("policy.yaml", "grade + 1"), {"grade"}).expression
    assert expression is not None
    node = Node("next", "partner", expression, expression.span)
    assert [linker._type_of(node, {"grade": types.NUMBER}) for _ in range(2)] == [types.NUMBER] * 2
    assert not list(report)
    linker._type_of(node, {"grade": types.BOOLEAN})
    assert len(report) == 1
