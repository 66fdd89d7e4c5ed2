"""Amounts count by whole minor units: what a proof says of ranges holds for quotients as well."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyengine.verify.checked_findings import values_of
from support import decide, good_program, program_of

BASE = """\
kind: program
id: shop
title: Shop
currency: {currency}
parties: {{partner: the partner}}
items: {{support: support}}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {{type: text, title: identifier}}
      revenue: {{type: money, title: revenue, informative: true}}
      average: {{type: money, title: average revenue, formula: revenue / 12}}
"""
LEVELS = """\
kind: tiers
id: levels
title: Levels
for: partner
measure: average
levels:
  - {{id: silver, title: Silver, average: {silver}}}
  - {{id: gold, title: Gold, average: {gold}}}
otherwise: {{level: none, basis: assumed, note: losses}}
"""
TABLE = """\
kind: table
id: fee
title: Fee
for: partner
type: money
hit: {hit}
inputs: [average]
rows: [[{low}, 1], [{silver}, 2], [{gold}, 3]]
"""
RANGES = [
    ("EUR", "0..999.99", "1000..", Decimal("0.01")),
    ("EUR", "'[0..1000['", "'>= 1000'", Decimal("0.01")),
    ("EUR", "'[0..999.99]'", "'> 999.99'", Decimal("0.01")),
    ("JPY", "0..999", "1000..", Decimal(1)),
    ("KWD", "0..999.999", "1000..", Decimal("0.001")),
]


@pytest.mark.parametrize(("currency", "silver", "gold", "step"), RANGES)
@given(revenue=st.decimals("-20000", "20000", places=5))
def test_every_quotient_is_in_a_level_and_in_a_row(
    currency: str, silver: str, gold: str, step: Decimal, revenue: Decimal
) -> None:
    texts = (
        LEVELS.format(silver=silver, gold=gold),
        TABLE.format(hit="unique", low="'< 0'", silver=silver, gold=gold),
    )
    program = good_program(*texts, base=BASE.format(currency=currency))
    decision = decide(program, {"id": "a", "revenue": revenue})
    (level,) = decision.of("levels")
    counted = (revenue / 12 // step if revenue >= 0 else -1) * step
    wanted = "none" if counted < 0 else "silver" if counted < 1000 else "gold"
    assert level.level == wanted
    fee = values_of(decision)["partner"]["fee"]
    assert Decimal(fee) == {"none": 1, "silver": 2, "gold": 3}[wanted]


GAPS = [
    ("0..999.9", "1000..", ["TIER001", "TABLE001"]),
    ("0..999.9850", "1000..", ["TIER001", "TABLE001"]),
    ("0..0.0049", "0.0051..", ["TIER001", "TABLE001"]),
    ("0..0.0050", "0.0050..", ["TIER002", "TABLE002"]),
    ("0..999.99", "1000..", []),
]


@pytest.mark.parametrize(("silver", "gold", "codes"), GAPS)
def test_a_gap_is_one_of_amounts_that_are_told_apart(silver: str, gold: str, codes: list[str]) -> None:
    texts = (
        LEVELS.format(silver=silver, gold=gold),
        TABLE.format(hit="unique", low="'< 0'", silver=silver, gold=gold),
    )
    found = program_of(*texts, base=BASE.format(currency="EUR")).diagnostics
    assert [each.code.id for each in found] == codes
