"""Mistakes about the measure of levels: each is reported once."""

from __future__ import annotations

import pytest

from policyengine.program.example import EXAMPLE
from support import program_of

GRID = """\
thresholds: {active_accounts: {silver: 4.., gold: 8..}}
levels: [{id: silver, title: Silver}, {id: gold, title: Gold}]"""
KEYS = """\
levels:
  - {id: silver, title: Silver, active_accounts: 4..}
  - {id: gold, title: Gold, active_accounts: 8..}"""
NONE = "\notherwise: {level: none}\nmeasure: active_accounts\n"


@pytest.mark.parametrize(
    ("text", "wrong", "codes"),
    [
        (KEYS, ("Gold, active_accounts", "Gold, active_account"), ["FORM001"]),
        (KEYS, ("active_accounts", "active_account"), ["FORM001", "FORM001"]),
        (KEYS, ("Gold, active_accounts: 8..", "Gold"), ["TIER006"]),
        (GRID, ("active_accounts:", "active_account:"), ["COND003"]),
        (GRID, (", gold: 8..", ""), ["TIER008"]),
        (GRID, ("gold: 8..", "gold: '-'"), ["TIER006"]),
    ],
)
def test_one_mistake_is_reported_once(text: str, wrong: tuple[str, str], codes: list[str]) -> None:
    policy = f"kind: tiers\nid: levels\ntitle: Levels\nfor: partner\n{text.replace(*wrong)}{NONE}"
    assert [each.code.id for each in program_of(policy).diagnostics] == codes


@pytest.mark.parametrize("value", ["[15%, 20%]", "{of: 15%}"])
def test_a_level_grants_a_fact_one_value(value: str) -> None:
    base = EXAMPLE.replace(
        "    facts:\n", "    facts:\n      share: {type: rate, title: share, granted: true}\n", 1
    )
    policy = f"kind: tiers\nid: levels\ntitle: Levels\nfor: partner\n{KEYS}{NONE}"
    granting = policy.replace("8..}", f"8.., grants: [{{share: {value}}}]}}")
    (found,) = [each for each in program_of(granting, base=base).diagnostics if each.code.id == "COND004"]
    assert found.message == "a single value is wanted here"
    assert found.span is not None
    assert found.span.text == value
