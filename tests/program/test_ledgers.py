"""Ledgers of source documents: which rules a statement names, and which rules rest on none."""

from __future__ import annotations

import json

import pytest

from policyengine.program.ledgers import Ledgers
from policyengine.render.ledger_reports import sources_json, sources_report, sources_text
from support import program_of, shown

PROGRAM = """\
kind: program
id: shop
title: Shop
sources: {terms: {title: Terms}, other: {title: Other}}
parties: {partner: the partner, vendor: the vendor}
entities:
  partner:
    title: partner
    facts:
      staff: {type: count, title: staff}
      trained: {type: boolean, title: trained}
      size: {type: number, title: size, formula: staff * 2, source: {document: terms}}
---
kind: tiers
id: levels
title: Levels
for: partner
source: {document: terms}
measure: staff
requires: [{id: training, title: Is trained, when: trained}]
levels: [{id: silver, title: Silver, staff: 1..4}, {id: gold, title: Gold, staff: 5..}]
otherwise: {level: none}
---
kind: obligations
id: duties
title: Duties
for: partner
source: {document: terms}
obligations:
  - {id: review, title: Review, met_when: staff > 1, parts: [{id: goals, title: Goals}]}
  - id: audit
    title: Audit
    met_when: staff > 2
    parts: [{id: goals, title: Goals}]
    source: {document: other}
"""
ALL = ["levels/training", "levels/silver", "levels/gold", "duties/review", "duties/audit", "partner.size"]


def ledger(*rules: str) -> str:
    item = f"{{id: s1, says: a, encoded: {json.dumps(rules)}}}"
    return f"kind: statements\ndocument: terms\nstatements: [{item}]\n"


def ledgers_of(*rules: str) -> Ledgers:
    program = program_of(ledger(*rules), base=PROGRAM)
    return Ledgers(program.linked)


@pytest.mark.parametrize(
    ("rules", "unstated"),
    [
        (ALL, []),
        (
            ["duties/review"],
            ["levels/training", "levels/silver", "levels/gold", "duties/audit", "partner.size"],
        ),
        # A policy stands for its parts, as long as none of them has statements of its own
        (["levels", "duties", "partner.size"], []),
        (["levels", "levels/gold", "duties", "partner.size"], ["levels/training", "levels/silver"]),
        # A part of a rule is enough for the rule
        (["levels", "duties/review/goals", "duties/audit", "partner.size"], []),
        # Topics of two rules, by one name
        (["levels", "duties/goals", "partner.size"], []),
        # What a record gives, and the program, are no rules
        (["shop", "partner.staff", "levels", "duties"], ["partner.size"]),
    ],
)
def test_rules_without_a_statement(rules, unstated):
    found = ledgers_of(*rules)
    assert sorted(found.name_of(each) for each in found.unstated) == sorted(unstated)


def test_a_name_is_as_short_as_it_can_be():
    found = ledgers_of("levels")
    assert "duties/review/goals" in [found.name_of(each) for each in found.parts]
    assert [each.ids for each in found.named("duties/goals")] == [
        ("duties", "review", "goals"),
        ("duties", "audit", "goals"),
    ]
    assert found.named("levels/bronze") == found.named("duties/silver") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ledger("levels", "duties", "partner.size", "levels/bronze"), "STATEMENT001: there is no rule"),
        (
            ledger("levels", "duties", "partner.size").replace("terms", "term"),
            "NAME001: `term` is not a source",
        ),
        (ledger("levels", "duties"), "STATEMENT003: `partner.size` rests on no statement of `terms`"),
        (ledger("Levels/Gold"), "FORM003: `Levels/Gold` is not the name of a rule"),
        (ledger("levels").replace("encoded: [", "open: why, encoded: ["), "says `encoded` and `open`"),
        (ledger("levels").replace('encoded: ["levels"]', "row: 1"), "FORM003: `s1` says nothing"),
        (ledger("levels").replace("says: a", "says: a, fingerprint: 12"), "`12` is not a fingerprint"),
    ],
)
def test_mistakes(text, expected):
    found = shown(program_of(text, base=PROGRAM).diagnostics)
    assert [line for line in found if expected in line], found


def test_ids_are_unique():
    item = "{id: s1, says: a, no_rule: b}"
    text = f"kind: statements\ndocument: terms\nstatements: [{item}, {item}]\n"
    found = shown(program_of(text, base=PROGRAM).diagnostics)
    assert [line for line in found if "NAME002: `s1` is the id of two statements" in line]


def test_the_report_has_each_statement_and_each_rule_without_one():
    text = ledger("levels", "duties").replace(
        "]}]", "]}, {id: s2, says: b, open: later}, {id: s3, says: c, no_rule: d}]"
    )
    report = sources_report("shop", "Shop", Ledgers(program_of(text, base=PROGRAM).linked))
    said = sources_text(report)
    assert "Terms: 3 statements: 1 for rules, 1 for none, 1 open (66.6 % settled)" in said
    assert "Other: no ledger" in said
    assert "s2: b: later" in said
    data = sources_json(report)
    assert [each["rule"] for each in data["rules_without_a_statement"]] == ["partner.size"]
    assert [each["rule"] for each in data["documents"][0]["statements"][0]["rules"]] == ["levels", "duties"]
    assert [each["outcome"] for each in data["documents"][0]["statements"]] == ["encoded", "open", "no_rule"]
