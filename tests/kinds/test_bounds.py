"""Bounds of derived facts and of results of tables hold: what is beyond them is not decided, and says so."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.columns.batches import batch_of, by_rows, difference

from policyengine.engine.columns import plan
from policyengine.engine.reference.row import evaluate
from policyengine.verify.checked_findings import values_of
from support import decide, good_program, program_of, record_of

BASE = """\
kind: program
id: shop
title: Shop
currency: USD
parties: {{partner: the partner}}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {{type: text, title: identifier}}
      users: {{type: count, title: users, informative: true}}
      score: {{type: number, title: score, informative: true}}
      tags: {{type: list of text, title: tags, informative: true}}
      figure: {{{fact}, title: figure, informative: true}}
"""
TABLE = """\
kind: table
id: class
title: Class
for: partner
type: {type}
hit: first
inputs: [users]
rows: [[..5, {value}]]
default: 7
"""
NOT = "is not a whole number, at least 0"
CASES = [
    ("type: count, formula: users / 2", {"users": 4}, "2", None),
    ("type: count, formula: users / 2", {"users": 5}, None, f"figure {NOT}"),
    ("type: count, formula: users - 9", {"users": 5}, None, f"figure {NOT}"),
    ("type: integer, formula: users - 9", {"users": 5}, "-4", None),
    ("type: integer, formula: score * 2", {"score": Decimal("1.2")}, None, "figure is not a whole number"),
    ("type: rate, max: 50%, formula: score", {"score": Decimal("0.75")}, None, "figure is not at most 50 %"),
    ("type: rate, formula: score", {"score": Decimal("1.75")}, "1.75", None),
    ("type: money, min: 0, max: 9, formula: score", {"score": 10}, None, "figure is not from 0 to 9"),
    ("type: money, min: 0, max: 9, formula: score", {"score": 9}, "9.00", None),
    ("type: count, formula: count(tags)", {"tags": ["a"]}, "1", None),
    ('type: list of count, formula: "[users, users / 2]"', {"users": 4}, "[4, 2]", None),
    ('type: list of count, formula: "[users, users / 2]"', {"users": 5}, None, f"an item of figure {NOT}"),
    ('type: list of count, formula: "[users - 9]"', {"users": 5}, None, f"an item of figure {NOT}"),
    ('type: list of integer, formula: "[users - 9]"', {"users": 5}, "[-4]", None),
    (
        'type: list of number, max: 3, formula: "for t in tags return string length(t)"',
        {"tags": ["abcd"]},
        None,
        "an item of figure is not at most 3",
    ),
    (
        'type: list of number, max: 3, formula: "for t in tags return string length(t)"',
        {"tags": []},
        "[]",
        None,
    ),
    (
        'type: list of rate, max: 50%, formula: "[score]"',
        {"score": Decimal("0.75")},
        None,
        "an item of figure is not at most 50 %",
    ),
    ('type: count, formula: "count([users / 2])"', {"users": 5}, "1", None),
]


@pytest.mark.parametrize(("fact", "record", "value", "reason"), CASES)
def test_derived_facts(fact: str, record: dict[str, object], value: str | None, reason: str | None) -> None:
    program = good_program(base=BASE.format(fact=fact))
    decision = decide(program, {"id": "a", **record})
    found = values_of(decision)["partner"]["figure"]
    assert str(found) == str(value)
    assert decision.complete is (reason is None)
    assert reason is None or reason in repr([each.unknown for each in decision.of("figures")])
    assert evaluate(program.linked, record_of(program, {"id": "a", **record})) == decision


@pytest.mark.parametrize(
    ("type", "value", "users", "gives"),
    [
        ("count", "users / 2", 5, None),
        ("count", "users / 2", 4, 2),
        ("count", "users - 9", 5, None),
        ("integer", "users - 9", 5, -4),
        ("number", "users / 2", 5, "2.5"),
        ("list of count", "'[users / 2]'", 5, None),
        ("list of count", "'[users / 2]'", 4, [2]),
        ("list of count", "[3, 4]", 4, [3, 4]),
    ],
)
def test_results_of_tables(type: str, value: str, users: int, gives: object) -> None:
    text = TABLE.format(type=type, value=value)
    text = text.replace("default: 7", "default: [7]") if "list" in type else text
    program = good_program(text, base=BASE.format(fact="type: count"))
    decision = decide(program, {"id": "a", "users": users})
    assert values_of(decision)["partner"]["class"] == gives
    assert decision.complete is (gives is not None)


def test_columns_agree() -> None:
    facts = "type: list of count, max: 3, formula: '[users / 2, score]'"
    program = good_program(base=BASE.format(fact=facts))
    values = [{}, {"users": 4}, {"users": 5, "score": 1}, {"users": 4, "score": 4}, {"users": 2, "score": 1}]
    records = [record_of(program, {"id": f"a{i}", **each}) for i, each in enumerate(values)]
    found = plan(program.linked).answer(batch_of(program.vocabulary, records)).table
    assert difference(found, by_rows(program.linked, records)) == ""
    known = [values_of(decide(program, each.facts))["partner"]["figure"] for each in records]
    assert known == [None, None, None, None, [1, 1]]


def test_a_result_that_is_written_beyond_them() -> None:
    for type, value in (("count", "-1"), ("list of count", "[2, -1]")):
        text = TABLE.format(type=type, value=value).replace("7", value)
        found = program_of(text, base=BASE.format(fact="type: count")).diagnostics
        assert [(each.code.id, each.message) for each in found] == [("TABLE006", "`-1` is below 0")] * 2


def test_a_proof_knows_them() -> None:
    rows = "kind: table\nid: fee\ntitle: Fee\nfor: partner\ntype: money\nhit: unique\n"
    for name in ("figure", "class"):
        texts = (
            TABLE.format(type="count", value="users * 2"),
            f"{rows}inputs: [{name}]\nrows: [[0, 1], [1.., 2]]\n",
        )
        assert not program_of(*texts, base=BASE.format(fact="type: count, formula: users - 9")).diagnostics
