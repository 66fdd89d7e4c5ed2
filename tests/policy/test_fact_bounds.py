"""Conditions of policies that no record can change: what facts are known to be, and where it is said."""

from __future__ import annotations

import pytest

from support import program_of, shown

PROGRAM = """\
kind: program
id: example
title: Example
currency: USD
parties: {vendor: the vendor, partner: the partner, account: the account}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      users: {type: count, title: users, max: 500}
      score: {type: integer, title: score}
      share: {type: rate, title: share, min: 0, max: 100%}
      level: {type: enum, values: [silver, gold], title: level}
      since: {type: date, title: start}
      active: {type: boolean, title: is active}
      parts: {type: list of count, title: parts}
      half: {type: count, title: half of the users, formula: users / 2}
      name: {type: text, title: name}
      rated: {type: enum, values: [good], title: rating, formula: name}
  account:
    title: account
    within: partner
    list: accounts
    key: id
    facts:
      id: {type: text, title: identifier}
      fee: {type: money, title: fee, min: 1}
      users: {type: number, title: seats}
"""
POLICY = """\
kind: obligations
id: rules
title: Rules
for: {entity}
obligations:
  - id: a
    title: A
    decided_by: vendor
    when: {when}
"""


def said(when: str, entity: str = "partner") -> list[str]:
    policy = POLICY.replace("{when}", when).replace("{entity}", entity)
    found = program_of(policy, base=PROGRAM).diagnostics
    return [f"{one.code.id} {one.span.text}" for one in found if one.span and one.code.id.startswith("FEEL")]


@pytest.mark.parametrize(
    ("when", "part"),
    [
        ("users <= 500", "users <= 500"),
        ("users < 0", "users < 0"),
        ("{users: ..500}", "users: ..500"),
        ("{share: 0..100%}", "share: 0..100%"),
        ("{level: [silver, gold]}", "level: [silver, gold]"),
        ("{users: 5.., level: [gold, silver]}", "level: [gold, silver]"),
        ("score > 5 and score < 6", "score > 5 and score < 6"),
        ("{any: [active, {users: 0..}]}", "users: 0.."),
        ("active or users > 5 or not(active)", "active or users > 5 or not(active)"),
        ("count(accounts[fee > 0]) > 3", "fee > 0"),
        ("count(accounts[users >= 0]) > 3", None),
        ("score >= 0", None),
        ("half > 0.4 and half < 0.6", "half > 0.4 and half < 0.6"),
        ('rated = "good"', None),
        ("{level: silver}", None),
        ("{users: 500}", None),
        ("today >= since", None),
        ('since > @"2026-01-01" and since < @"2026-01-03"', None),
        (
            'today > @"2026-01-01" and today <= @"2026-01-01"',
            'today > @"2026-01-01" and today <= @"2026-01-01"',
        ),
        ("true", None),
    ],
)
def test_what_no_record_can_change(when: str, part: str | None) -> None:
    assert said(when) == ([f"FEEL021 {part}"] if part else [])


def test_a_fact_of_its_own_hides_that_of_the_record() -> None:
    assert said("users >= 0", "account") == []
    assert said('level in ("silver", "gold")', "account") == ['FEEL021 level in ("silver", "gold")']


def test_one_fault_is_said_once() -> None:
    assert said("users >= 0 and usrs > 5") == ["FEEL021 users >= 0", "FEEL010 usrs"]
    assert said("users < 0 and users > usrs") == ["FEEL021 users < 0", "FEEL010 usrs"]
    assert said('level = "bronze" and level = "gold"') == ['FEEL012 "bronze"']


def test_formulas_are_looked_at_too() -> None:
    program = PROGRAM.replace("formula: users / 2", "formula: 'if users >= 0 then 1 else 2'")
    found = program_of(base=program).diagnostics
    assert any("as `users` lies from 0 to 500" in line for line in shown(found)), shown(found)


@pytest.mark.parametrize(
    ("when", "message"),
    [
        ("since < today()", "FEEL016: this is a date, not a function; write `today`"),
        ("since < date(now())", "FEEL016: no clock is read here; write `today`, the day in question"),
        ("since < now()", "FEEL016: no clock is read here; write `today`, the day in question"),
    ],
)
def test_policies_read_no_clock(when: str, message: str) -> None:
    policy = POLICY.replace("{when}", when).replace("{entity}", "partner")
    found = [one for one in program_of(policy, base=PROGRAM).diagnostics if one.severity == "error"]
    assert [line.split(": ", 1)[1] for line in shown(found)] == [message]
