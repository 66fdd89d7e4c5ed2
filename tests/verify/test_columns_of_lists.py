"""Columns of cases that name facts of what stands in lists of the record."""

from __future__ import annotations

from datetime import date

import pytest

from policyengine.program import load as loading
from policyengine.program.linked import Program
from policyengine.source import Source
from policyengine.verify.suite import SuiteResult, open_source, run_opened

PROGRAM = """\
kind: program
id: shop
title: Shop
currency: EUR
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      all_fees:
        type: money
        title: fees
        formula: 'sum(for c in clients return if count(c.fees) > 0 then sum(c.fees.amount) else 0)'
  client:
    title: client
    within: partner
    list: clients
    key: id
    facts:
      id: {type: text, title: identifier}
      open: {type: boolean, title: is open, informative: true}
  fee:
    title: fee
    within: client
    list: fees
    key: id
    facts:
      id: {type: text, title: identifier}
      amount: {type: money, title: amount}
---
kind: billing
id: fees
title: Fees
for: partner
charges: [{id: fee, title: Fee, amount: all_fees, due_on: none, when: all_fees > 1}]
"""
RECORD = "{id: a, clients: [{id: c.1, fees: [{id: f, amount: 1}, {id: g, amount: 10}]}, {id: d, fees: []}]}"


def ran_text(tests: str) -> SuiteResult:
    sources = (Source("program.yaml", PROGRAM),)

    def programs(folder: str, as_of: date) -> Program:
        return loading.load("shop", sources, as_of)

    text = f"kind: test\nprogram: .\nas_of: 2026-11-21\ntests:\n{tests}"
    opened = open_source(Source("a_test.yaml", text), programs, lambda _: Source("", ""))
    assert not opened.uncompiled, opened.uncompiled
    return run_opened(opened)


def ran(columns: str, cases: str) -> SuiteResult:
    return ran_text(f"""\
  - name: a
    record: {RECORD}
    columns: [{columns}, total]
    cases: {cases}
    expect: {{values: {{partner: {{all_fees: <total>}}}}}}
""")


@pytest.mark.parametrize(
    ("column", "cases"),
    [
        ("clients.c.1.fees.f.amount", "[[5, 15], [0, 10], [null, null]]"),
        ("clients.c.1.fees.amount", "[[5, 10], [0, 0]]"),
        ("clients.fees.g.amount", "[[5, 6]]"),
        ("clients.fees.amount", "[[2, 4]]"),
    ],
)
def test_a_column_takes_the_place_of_facts_in_lists(column: str, cases: str) -> None:
    found = ran(column, cases)
    assert not found.diagnostics, [each.message for each in found.diagnostics]
    assert {each.status for each in found.results} == {"passed"}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("clients.x.fees.f.amount", "the record has no `clients.x.fees.f.amount`"),
        ("clients.d.fees.amount", "the record has no `clients.d.fees.amount`"),
        ("clients.fees.z.amount", "the record has no `clients.fees.z.amount`"),
        ("client.open", "`client.open` is neither a fact of the record nor a name used in `expect`"),
        ("clients.opened", "`clients.opened` is neither a fact of the record nor a name used in `expect`"),
    ],
)
def test_a_column_that_leads_nowhere(column: str, message: str) -> None:
    found = ran(column, "[[1, 1]]")
    assert [each.message for each in found.diagnostics] == [message]
    assert {each.status for each in found.results} == {"broken"}


def test_a_with_takes_the_place_of_facts_in_lists_and_none_is_no_amount() -> None:
    found = ran_text(f"""\
  - name: a
    record: {RECORD}
    with: {{clients.c.1.fees.g.amount: 2}}
    cases:
      - {{with: {{clients.c.1.fees.f.amount: 5}}, expect: {{values: {{partner: {{all_fees: 7}}}}}}}}
      - {{with: {{clients.c.1.fees.f.amount: -1}}, expect: {{charges: [{{id: fee, net: none}}]}}}}
      - {{with: {{clients.c.1.fees.f.amount: 1}}, expect: {{charges: [{{id: fee, net: 3}}]}}}}
      - {{with: {{clients.c.1.fees.f.amount: 1}}, expect: {{charges: [{{id: fee, net: none}}]}}}}
""")
    assert not found.diagnostics, [each.message for each in found.diagnostics]
    assert [each.status for each in found.results] == ["passed", "passed", "passed", "failed"]


def test_a_derived_fact_is_a_name_for_a_result() -> None:
    found = ran("all_fees", "[[11, 11]]")
    assert [each.message for each in found.diagnostics] == [
        "`all_fees` is neither a fact of the record nor a name used in `expect`"
    ]
    assert {each.status for each in ran("clients.d.open", "[[true, 11]]").results} == {"passed"}
