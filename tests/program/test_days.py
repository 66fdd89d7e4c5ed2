"""Versions in force on different days: each day is checked, and what days share is worked out once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from tests.support import program_of, shown

from policyengine.api import Program
from policyengine.program import node_types
from policyengine.program.example import EXAMPLE
from policyengine.program.load import load
from policyengine.program.memo import Memo
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

        original = node_types.check
        with monkeypatch.context() as patch:
            patch.setattr(node_types, "check", check)
            assert shown(program_of(*policies).diagnostics) == []
        return len(calls)

    none, table, both = checked(), checked(TABLE), checked(TABLE, RULES)
    versions = [RULES + _later(number) for number in range(1, 9)]
    assert checked(TABLE, RULES, *versions) <= both + 8 * (both - table)
    tables = [TABLE + _later(number) for number in range(1, 4)]
    assert checked(TABLE, RULES, *tables) <= both + 3 * (table - none)


def test_a_node_is_typed_anew_where_a_name_that_it_uses_has_another_type() -> None:
    memo = Memo()

    def mistakes(table: str) -> list[str]:
        sources = [Source("program.yaml", EXAMPLE), Source("table.yaml", table), rules]
        return [each.code.id for each in load("p", sources, date(2026, 11, 21), (), memo).diagnostics]

    rules = Source("rules.yaml", RULES)
    counts = TABLE.replace("type: text", "type: count").replace("good]", "1]").replace("fair]", "0]")
    assert [mistakes(each) for each in (TABLE, TABLE + "# \n", counts, TABLE)] == [[], [], ["FEEL013"], []]


@pytest.mark.parametrize("as_of", [date(2026, 12, 30), date(2026, 12, 31), date(2027, 1, 1)])
def test_a_hole_between_two_versions_is_warned_of_on_every_day(as_of: date) -> None:
    later = RULES + LATER
    assert shown(
        program_of(RULES + "until_including: 2026-12-30\n", later, TABLE, as_of=as_of).diagnostics
    ) == [
        "policy.yaml:8:18: VERS003: no version of `duties` is in force on 31 Dec 2026; "
        "write `until_including: 2026-12-31` here, or `from: 2026-12-31` in the later version"
    ]
    longer = RULES + "until_including: 2026-11-30\n"
    (found,) = program_of(longer, later, TABLE, as_of=as_of).diagnostics
    assert found.message == "no version of `duties` is in force from 1 Dec 2026 until 31 Dec 2026"


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        (date(2026, 12, 30), "`duties` ends on 31 Dec 2027, and no version follows"),
        (date(2026, 12, 31), "`duties` ends on 31 Dec 2027, and no version follows"),
        (date(2027, 12, 31), "`duties` ends on 31 Dec 2027, and no version follows"),
        (date(2028, 1, 1), "`duties` ended on 31 Dec 2027, and no version follows"),
    ],
)
def test_what_runs_out_within_a_year_is_warned_of(as_of: date, said: str) -> None:
    program = program_of(RULES + "until_including: 2027-12-31\n", TABLE, as_of=as_of)
    expected = [f"policy.yaml:8:18: VERS004: {said}; "
                "add a version with `from: 2028-01-01`, or say `last_version: true`"]  # fmt: skip
    assert shown(program.diagnostics) == ([] if as_of < date(2026, 12, 31) else expected)
    meant = program_of(RULES + "until_including: 2027-12-31\nlast_version: true\n", TABLE, as_of=as_of)
    assert not meant.diagnostics


def test_a_policy_that_needs_one_that_ends_is_told_on_which_days_it_is_in_force() -> None:
    ending = TABLE + "from: 2026-01-01\nuntil_including: 2026-12-31\n"
    found = [each for each in program_of(ending, RULES).diagnostics if each.code.id != "VERS004"]
    assert shown(found) == [
        "policy1.yaml:6:57: FEEL010: `grade` is the result of `grade`, which is in force from 1 Jan 2026 "
        "until 31 Dec 2026; add a version of `grade` for 1 Jan 2027, or end what uses it as well"
    ]


def test_what_an_ending_policy_leaves_behind_is_said_once_with_its_day() -> None:
    levels = """\
kind: tiers
id: levels
title: Levels
for: partner
levels: [{id: silver, title: Silver, active_accounts: 10.., grants: [{discount: 20%, on: [training]}]}]
"""
    bill = """\
kind: billing
id: bill
title: Bill
for: partner
until_including: 2026-11-30
charges: [{id: course, title: Course, amount: fee, item: training, due_on: renewal_on}]
"""
    found = program_of(levels, bill, RULES.replace("grade = ", "region = ")).diagnostics
    assert [(each.code.id, each.message) for each in found] == [
        ("GRANT001", "no charge bills `training` on 1 Dec 2026"),
        ("VERS004", "`bill` ends on 30 Nov 2026, and no version follows"),
    ]


def test_a_program_on_another_day_is_not_read_again_where_the_same_versions_are_in_force() -> None:
    record = {"id": "a", "active_accounts": 12, "attends_quarterly_reviews": True}
    ends = TABLE.replace("title: Grade\n", "title: Grade\nfrom: 2026-01-01\nuntil_including: 2027-06-30\n")
    rules = RULES.replace('grade = "good"', "active_accounts > 5")
    texts = (ends, rules, rules.replace("Duties", "New duties") + LATER)
    now = program_of(*texts)
    for day, shared in (
        (date(2026, 1, 1), True), (date(2026, 12, 31), True), (date(2025, 12, 31), False),
        (date(2027, 1, 1), False), (date(2027, 7, 1), False),
    ):  # fmt: skip
        found = now.linked.on(day)
        assert (found is not None) == shared, day
        if found is not None:
            again = program_of(*texts, as_of=day)
            assert found.graph is now.linked.graph
            assert found.not_in_force == again.linked.not_in_force
            assert Program(found, "example").evaluate(record).to_json() == again.evaluate(record).to_json()
