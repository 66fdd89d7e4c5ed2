"""Cliffs of bands: the pair that is shown is decided by the engine, and silence is no accident."""
# ruff: noqa: E501  # tables

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from policyengine.diagnostics import Diagnostic
from support import good_program, program_of

BASE = """\
kind: program
id: prices
title: Prices
currency: EUR
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      units: {type: count, title: units, informative: true}
      volume: {type: money, title: volume, min: 0, informative: true}
      quota: {type: money, title: quota, min: 0, informative: true}
      plan: {type: enum, title: plan, values: [basic, pro], informative: true}
      twice: {type: count, title: twice, formula: 2 * units}
"""
TABLE = "kind: table\nid: price\ntitle: Price\nfor: partner\ntype: money\nbands: {{of: {of}, {rest}}}\n"


def found(of: str, rest: str) -> list[Diagnostic]:
    """The cliffs of a table."""
    program = good_program(TABLE.format(of=of, rest=rest), base=BASE)
    return [each for each in program.with_laws().diagnostics if each.code.id == "TABLE101"]


@pytest.mark.parametrize(
    ("of", "rest", "message"),
    [
        ("volume", "mode: slab, rows: [{below: 1000, rate: 1}, {rate: 98%}]",
         "more volume may lower Price: 999.99 EUR give 999.99 EUR, 1,000.00 EUR give 980.00 EUR"),
        ("units", "mode: slab, rows: [{up_to: 10, rate: 2}, {rate: 1}]",
         "more units may lower Price: 10 give 20.00 EUR, 11 give 11.00 EUR"),
        ("units", "mode: slab, rows: [{up_to: 10, amount: 50}, {rate: 2}]",
         "more units may lower Price: 10 give 50.00 EUR, 11 give 22.00 EUR"),
        ("units", "mode: graduated, rows: [{up_to: 10, rate: 2}, {rate: -1}]",
         "more units may lower Price: 10 give 20.00 EUR, 11 give 19.00 EUR"),
        ("volume", "mode: slab, by: plan, entries: {basic: {rows: [{rate: 1%}]}, pro: {rows: [{below: 100, rate: 3%}, {rate: 2%}]}}",
         "more volume may lower Price: 99.99 EUR give 2.9997 EUR, 100.00 EUR give 2.00 EUR"),
        ("volume", "by: plan, mode: graduated, entries: {basic: {rows: [{up_to: 5, rate: 1%}, {rate: 2%}]}, pro: {of: units, mode: slab, rows: [{below: 20, rate: 3}, {rate: 1}]}}",
         "more units may lower Price: 19 give 57.00 EUR, 20 give 20.00 EUR"),
    ],
)  # fmt: skip
def test_the_pair_is_shown_with_both_values(of: str, rest: str, message: str) -> None:
    begun = time.process_time()
    (cliff,) = found(of, rest)
    assert time.process_time() - begun < 2
    assert cliff.message == message


def test_every_version_that_a_day_chooses_is_tried() -> None:
    table = TABLE.format(of="units", rest="mode: slab, rows: [{up_to: 10, rate: 2}, {rate: 2.5}]")
    later = TABLE.format(of="units", rest="mode: slab, rows: [{up_to: 10, rate: 3}, {rate: 2.5}]")
    by = "for: partner\nversion_by: since\n"
    base = f"{BASE}      since: {{type: date, title: since}}\n"
    versions = [
        table.replace("for: partner\n", by),
        later.replace("for: partner\n", f"{by}from: 2026-07-01\n"),
    ]
    program = good_program(*versions, base=base)
    told = [each.message for each in program.with_laws().diagnostics if each.code.id == "TABLE101"]
    assert told == ["more units may lower Price: 10 give 30.00 EUR, 11 give 27.50 EUR"]


def test_the_engine_says_the_same_of_the_pair() -> None:
    (cliff,) = found("volume", "mode: slab, rows: [{up_to: 400, rate: 3%}, {rate: 2%}]")
    program = good_program(
        TABLE.format(of="volume", rest="mode: slab, rows: [{up_to: 400, rate: 3%}, {rate: 2%}]"), base=BASE
    )
    values = []
    for volume in ("400.00", "400.01"):
        assert f"{volume} EUR give" in cliff.message
        figures = program.evaluate({"id": "a", "volume": Decimal(volume)}).of("figures")
        values += [each.value for each in figures if each.name == "price"]
    assert values[0] > values[1]


@pytest.mark.parametrize(
    ("of", "rest"),
    [
        ("volume", "mode: slab, rows: [{below: 1000, rate: 1%}, {rate: 2%}]"),
        ("volume", "mode: graduated, rows: [{below: 1000, rate: 2%}, {rate: 1%}]"),
        ("volume", "mode: slab, rows: [{below: 1000, rate: 1}, {rate: 98%, intended: true, note: a price of volume}]"),
        ("volume", "rows: [{below: 1000, gives: 5}, {gives: 1}]"),
        ("twice", "mode: slab, rows: [{below: 10, rate: 2}, {rate: 1}]"),
    ],
)  # fmt: skip
def test_no_cliff_is_shown(of: str, rest: str) -> None:
    assert found(of, rest) == []


def test_what_is_meant_needs_a_note() -> None:
    rest = "mode: slab, rows: [{below: 1000, rate: 1}, {rate: 98%, intended: true}]"
    told = program_of(TABLE.format(of="volume", rest=rest), base=BASE).diagnostics
    assert any("`intended` needs a `note`" in each.message for each in told)
