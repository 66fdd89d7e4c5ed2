"""The sentences about conditions, in both engines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policyengine.engine.reference.row import evaluate
from support import cases, program_of, record_of

BASE = """\
kind: program
id: words
title: Words
currency: USD
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      points: {type: count, title: points of the year}
      people: {type: count, title: certified people}
      people_needed: {type: count, title: people needed}
      spend: {type: money, title: ad spend}
      score: {type: rate, title: score}
      part: {type: number, title: part}
      whole: {type: number, title: whole}
      share: {type: number, title: share of the whole, formula: part / whole}
      joined: {type: date, title: day of joining}
      trained: {type: boolean, title: has a trained team}
      type:
        type: enum
        title: partner type
        values: {referral: Referral, sales: Sales, full_service: Sales and service}
      stage: {type: enum, title: stage, values: [in_review, signed_off]}
      areas: {type: list of enum, title: areas, values: {search: Search, apps: Apps and games}}
  deal:
    title: deal
    within: partner
    list: deals
    key: id
    facts:
      id: {type: text, title: identifier}
      stage: {type: enum, title: stage, values: {won: Won, lost: Lost}}
      amount: {type: money, title: amount}
      closed_on: {type: date, title: closing day}
      late: {type: boolean, title: is late}
      checked: {type: boolean, title: is checked}
"""
POLICY = """\
kind: tiers
id: level
title: Level
for: partner
levels: [{id: one, title: One, requires: [{id: asked, title: Asked, when: WHEN}]}]
"""


@pytest.mark.parametrize("case", cases(Path(__file__).parent / "sentences.yaml"))
def test_a_sentence(case: dict[str, Any]) -> None:
    written = case["when"] if case["when"].startswith("{") else repr(case["when"])
    program = program_of(POLICY.replace("WHEN", written), base=BASE)
    assert program.ok, program.diagnostics
    for each in case["said"]:
        record = record_of(program, each["record"].replace("{", "{id: p, ", 1).replace(", }", "}"))
        decision = program.evaluate(record)
        assert decision == evaluate(program.linked, record)
        (level,) = decision.of("levels")
        (reason,) = level.requirements[0].because
        assert (reason.text, reason.lack) == (each["text"], each.get("lack"))
        assert (reason.outcome == "unknown") == ("not known" in reason.text)


RUNNING = """\
kind: obligations
id: duties
title: Duties
for: partner
obligations:
  - {id: a, title: A, party: us, every: calendar quarter, when: today in period, met_when: trained}
"""


def test_a_period_is_told_by_the_side_on_which_the_day_lies() -> None:
    program = program_of(RUNNING, base=BASE.replace("entities:", "parties: {us: us}\nentities:", 1))
    assert program.ok, program.diagnostics
    decision = program.evaluate(record_of(program, "{id: p, joined: 2026-07-01, trained: true}"))
    assert [each.because[0].text for each in decision.of("obligations")] == [
        "today is 21 Nov 2026, after 30 Sep 2026",
        "today is 21 Nov 2026, from 1 Oct 2026 to 31 Dec 2026",
    ]


TABLES = """\
kind: table
id: large
title: Fee of the large
for: partner
type: money
default: none
hit: unique
inputs: [points]
rows: [[..9, 1], [10.., 2]]
---
kind: table
id: small
title: Fee of the small
for: partner
type: money
default: none
hit: unique
inputs: [people]
rows: [[..9, 3], [10.., 4]]
---
kind: billing
id: bill
title: Bill
for: partner
charges: [{id: fee, title: Fee, amount: fee, due_on: joined}]
"""
FEES = (
    (
        "if trained then large else small",
        "{trained: true, points: 10, people: 1}",
        "row 2 of Fee of the large",
    ),
    (
        "if trained then large else small",
        "{trained: false, points: 10, people: 1}",
        "row 1 of Fee of the small",
    ),
    ("max(large, small) + 1", "{points: 10, people: 10}", "row 2 of Fee of the small"),
    ("min(large, small)", "{points: 10, people: 10}", "row 2 of Fee of the large"),
    (
        "if trained then large else small",
        "{points: 10, people: 1}",
        "row 2 of Fee of the large, row 1 of Fee of the small",
    ),
)


@pytest.mark.parametrize(("formula", "record", "rows"), FEES)
def test_only_the_rows_that_decided_are_told(formula: str, record: str, rows: str) -> None:
    fact = f"fee: {{type: money, title: fee, formula: {formula!r}}}\n      id:"
    program = program_of(TABLES, base=BASE.replace("id:", fact, 2).replace(fact, "id:", 1))
    assert program.ok, program.diagnostics
    found = record_of(program, record.replace("{", "{id: p, joined: 2024-02-01, ", 1))
    decision = program.evaluate(found)
    assert decision == evaluate(program.linked, found)
    (charge,) = decision.of("charges")
    told = [each.text.partition(":")[0] for each in charge.because if each.text.startswith("row")]
    assert ", ".join(told) == rows
