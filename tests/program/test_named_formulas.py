"""Formulas with parameters: a call means what the formula means, written out where it is called."""

# ruff: noqa: E501  # expressions

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest
from tests.columns.batches import batch_of, by_rows, difference

from policyengine.engine.columns import plan
from policyengine.engine.reference import row as reference
from support import good_program, program_of, record_of

BASE = """\
kind: program
id: scores
title: Scores
currency: EUR
parties: {partner: the partner}
define:
  capped: {of: [n, most], formula: "min(n, most)", title: at most}
  inside: {of: [n, low, high], formula: "n >= low and n <= high"}
  above: {of: [items, limit], formula: "count(items[amount > limit])"}
  twice: {of: [n], formula: "capped(2 * n, 50)"}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      points: {type: count, title: points}
      amount: {type: money, title: least amount}
      total: {type: number, title: total, formula: "TOTAL"}
      large: {type: count, title: large deals, formula: "LARGE"}
  deal:
    title: deal
    within: partner
    list: deals
    key: id
    facts:
      id: {type: text, title: identifier}
      amount: {type: money, title: amount}
      kept: {type: money, title: kept, formula: "KEPT"}
"""
DUTY = """\
kind: obligations
id: duties
title: Duties
for: partner
obligations: [{id: a, title: A, met_when: "MET"}]
"""
CALLED = {
    "TOTAL": "capped(points, 25) + twice(n: points)", "LARGE": "above(deals, amount)",
    "KEPT": "capped(amount, partner.amount)", "MET": "inside(points, 3, capped(9, 8)) and count(deals[capped(amount, 9) = 9]) > 0",
}  # fmt: skip
WRITTEN_OUT = {
    "TOTAL": "min(points, 25) + min(2 * points, 50)", "LARGE": "sum(for d in deals return if d.amount > amount then 1 else 0)",
    "KEPT": "min(amount, partner.amount)", "MET": "points >= 3 and points <= 8 and count(deals[min(amount, 9) = 9]) > 0",
}  # fmt: skip


def program(texts: dict[str, str], base: str = BASE, duty: str = DUTY) -> Any:
    """The program with some texts in place of its words."""
    for word, text in texts.items():
        base, duty = base.replace(word, text), duty.replace(word, text)
    return program_of(duty, base=base)


def test_a_call_is_what_the_formula_says() -> None:
    called, plain = program(CALLED), program(WRITTEN_OUT)
    source = random.Random(25)
    records = []
    for _ in range(80):
        deals = [
            {"id": f"d{i}", "amount": Decimal(source.choice((5, 9, 40)))} for i in range(source.randrange(4))
        ]
        record: dict[str, Any] = {"id": "a", "deals": deals}
        if source.random() < 0.9:
            record["points"] = source.randrange(40)
        if source.random() < 0.9:
            record["amount"] = source.choice((0, 9, 30))
        one, other = called.evaluate(record), plain.evaluate(record)
        told = [
            [(each.id, each.subject, each.status, getattr(each, "value", None)) for each in decision.findings]
            for decision in (one, other)
        ]
        assert told[0] == told[1]
        records.append(record_of(called, record))
        assert repr(one) == repr(reference.evaluate(called.linked, records[-1]))
    table = plan(called.linked).answer(batch_of(called.vocabulary, records)).table
    assert difference(table, by_rows(called.linked, records)) == ""


def test_reasons_tell_the_call_and_its_value() -> None:
    text = "\n".join(program(CALLED).why({"id": "a", "points": 30, "amount": 5, "deals": []}, "total"))
    assert "at most (points, 25) is 25" in text


@pytest.mark.parametrize(
    ("there", "instead", "code", "message"),
    [
        ("min(n, most)", "min(n, points)", "PROG008", "`points` is not a parameter of `capped`"),
        ("min(n, most)", "twice(n) + most", "PROG008", "leads back to itself"),
        ("capped:", "min:", "PROG008", "is a word of expressions already"),
        ("capped:", "points:", "PROG008", "is a fact, a list or a result of `partner` already"),
        ("capped(points, 25)", "capped(points)", "FEEL017", "`capped` takes (n, most)"),
        ("capped(points, 25)", "capped(points, 1, 2)", "FEEL017", "`capped` takes (n, most)"),
        ("capped(points, 25)", "cappd(points, 25)", "FEEL016", "there is no function `cappd`"),
        ("capped(points, 25)", 'capped(id, 25)', "FEEL", ""),
        ("count(deals[capped(amount, 9) = 9]) > 0", "count(deals[above(deals, amount) > 1]) > 0", "PROG008", "within a filter"),
    ],
)  # fmt: skip
def test_mistakes(there: str, instead: str, code: str, message: str) -> None:
    base, duty = BASE, DUTY
    for word, text in CALLED.items():
        base, duty = base.replace(word, text), duty.replace(word, text)
    assert good_program(duty, base=base).ok
    found = program_of(duty.replace(there, instead), base=base.replace(there, instead)).diagnostics
    told = [(each.code.id, each.message) for each in found]
    assert any(one.startswith(code) and message in text for one, text in told), told
