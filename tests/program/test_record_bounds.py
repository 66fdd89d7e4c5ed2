"""The bounds of facts, however a value is written; other mistakes of records are in tests/hostile."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policyengine.api import Form
from policyengine.source import Source
from support import good_program

PROGRAM = """\
kind: program
id: p
title: P
currency: USD
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      fee: {type: money, title: fee, min: 0, max: 999.99, informative: true}
      share: {type: rate, title: share, min: 10%, max: 100%, informative: true}
      staff: {type: count, title: staff, max: 50, informative: true}
      change: {type: integer, title: change, min: -5, informative: true}
      sizes: {type: list of number, title: sizes, max: 3, informative: true}
"""


@pytest.mark.parametrize(
    "fact",
    [
        "fee: 0",
        "fee: 999.99",
        "fee: '999.99'",
        "share: 10%",
        "share: '0.1'",
        "share: 1",
        "staff: 0",
        "staff: 50",
        "change: -5",
        "sizes: [3, -3, 0.5]",
        "sizes: []",
        "fee:",
        "fee: null",
    ],
)
def test_within_bounds(fact: str) -> None:
    read = good_program(base=PROGRAM).read(Source("record.yaml", f"id: a\n{fact}\n"))
    assert not read.diagnostics


@pytest.mark.parametrize(
    "fact",
    [
        "fee: -0.01",
        "fee: '-0.01'",
        "fee: 1000",
        "fee: '1000'",
        "share: 9%",
        "share: '0.0999'",
        "share: 101%",
        "staff: -1",
        "staff: 51",
        "change: -6",
        "sizes: [3.01]",
        "fee: .nan",
        "fee: 0x10",
        "fee: 1_000",
        "fee: 1,000",
    ],
)
def test_out_of_bounds(fact: str) -> None:
    read = good_program(base=PROGRAM).read(Source("record.yaml", f"id: a\n{fact}\n"))
    assert [found.code.id for found in read.diagnostics] == ["RECORD002"]
    assert read.left_out == 1
    assert not read.records


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("yaml", "id: a\nshare: 12.5%\nfee: 10.10\n"),
        ("json", '{"id": "a", "share": "12.5%", "fee": 10.10}'),
        ("json", '{"id": "a", "share": 0.125, "fee": "10.10"}'),
        ("ndjson", '{"id": "a", "share": 0.125, "fee": 10.10}\n'),
    ],
)
def test_numbers_stay_exact_in_every_form(form: Form, text: str) -> None:
    (record,) = good_program(base=PROGRAM).read(Source("record", text), form).records
    assert record.facts == {"id": "a", "share": Decimal("0.125"), "fee": Decimal("10.10")}
    assert str(record.facts["fee"]) == "10.10"


def test_records_are_left_out_one_by_one() -> None:
    text = "- id: a\n- id: b\n  id: c\n- fee: many\n- id: d\n"
    read = good_program(base=PROGRAM).read(Source("record.yaml", text))
    assert [record.facts["id"] for record in read.records] == ["a", "d"]
    assert [found.code.id for found in read.diagnostics] == ["YAML003", "RECORD002"]
    assert read.left_out == 2
