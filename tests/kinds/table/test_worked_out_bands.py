"""Bands whose edges and rates are worked out, and bands by a key, beside a slow calculation."""
# ruff: noqa: E501  # lines of choices

from __future__ import annotations

import random
from decimal import ROUND_CEILING, Decimal
from typing import Any

import pytest
from tests.columns.batches import batch_of, by_rows, difference

from policyengine.engine.columns import plan
from policyengine.engine.reference import row as reference
from support import good_program, program_of, record_of

BASE = """\
kind: program
id: bands
title: Bands
currency: EUR
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      revenue: {type: money, title: revenue, min: 0}
      quota: {type: money, title: quota}
      base_rate: {type: rate, title: base rate}
      service: {type: enum, title: service, values: [ec2, s3, rds, sqs, ses]}
      uptime: {type: rate, title: uptime, min: 0, max: 1}
"""
TABLES = """\
kind: table
id: commission
title: Commission
for: partner
type: money
bands:
  of: revenue
  mode: graduated
  rows:
    - {below: 50% of quota, rate: base_rate}
    - {up_to: 600, rate: base_rate + 1%}
    - {rate: 5%, amount: 10% of quota}
---
kind: table
id: bonus
title: Bonus
for: partner
type: money
bands:
  of: revenue
  mode: slab
  rows:
    - {up_to: quota, rate: 1%}
    - {below: 2 * quota, rate: base_rate}
    - {amount: 7}
---
kind: table
id: credit
title: Service credit
for: partner
type: rate
bands:
  of: uptime
  by: service
  mode: slab
  entries:
    ec2: {rows: [{below: 95%, gives: 100%}, {below: 99%, gives: 30%}, {gives: 0%}]}
    s3: {rows: [{rate: 0.1}]}
    rds: {mode: graduated, rows: [{up_to: base_rate, rate: 2%}, {rate: 10%}]}
    sqs: {of: revenue, package: 100, free: quota, mode: graduated, rows: [{up_to: 2, rate: 0.01}, {rate: 0.002}]}
    ses: {of: revenue, rows: [{below: 600, amount: 1}, {amount: 2}]}
"""


def slowly(record: dict[str, Any]) -> dict[str, Decimal]:
    """The three results, worked out slice by slice."""
    revenue, quota, base = record["revenue"], record["quota"], record["base_rate"]
    edge = max(Decimal(0), quota / 2)
    second = max(edge, Decimal(600))
    commission = min(revenue, edge) * base
    if revenue >= edge:
        commission += (min(revenue, second) - edge) * (base + Decimal("0.01"))
    if revenue > second:
        commission += (revenue - second) * Decimal("0.05") + quota / 10
    first = max(Decimal(0), quota)
    if revenue <= first:
        bonus = revenue / 100
    else:
        bonus = revenue * base if revenue < max(first, 2 * quota) else Decimal(7)
    uptime = record["uptime"]
    low = max(Decimal(0), base)
    packages = (max(Decimal(0), revenue - quota) / 100).to_integral_value(ROUND_CEILING)
    credits = {
        "ec2": Decimal(1) if uptime < Decimal("0.95") else Decimal("0.3") if uptime < Decimal("0.99") else Decimal(0),
        "s3": uptime / 10,
        "rds": min(uptime, low) * Decimal("0.02") + max(Decimal(0), uptime - low) / 10,
        "sqs": min(packages, Decimal(2)) / 100 + max(packages - 2, Decimal(0)) / 500,
        "ses": Decimal(1 if revenue < 600 else 2),
    }  # fmt: skip
    return {"commission": commission, "bonus": bonus, "credit": credits[record["service"]]}


def drawn(source: random.Random) -> dict[str, Any]:
    """A record around the edges; a quota may be below 0."""
    quota = Decimal(source.choice((-100, 0, 500, 1000, 1200, 5000)))
    return {
        "id": "a",
        "quota": quota,
        "revenue": source.choice((Decimal(0), Decimal("599.99"), Decimal(600), abs(quota), abs(quota) / 2, 2 * abs(quota))),
        "base_rate": Decimal(source.choice(("0", "0.02", "0.5"))),
        "service": source.choice(("ec2", "s3", "rds", "sqs", "ses")),
        "uptime": Decimal(source.choice(("0", "0.02", "0.9499", "0.95", "0.989", "0.99", "1"))),
    }  # fmt: skip


def test_bands_are_what_a_slow_calculation_finds() -> None:
    program, source = good_program(*TABLES.split("---\n"), base=BASE), random.Random(20)
    records = []
    for _ in range(200):
        record = drawn(source)
        found = {each.name: each.value for each in program.evaluate(record).of("figures")}
        assert found == slowly(record), record
        for name in [name for name in record if name != "id" and source.random() < 0.1]:
            del record[name]
        records.append(record_of(program, record))
        assert repr(program.evaluate(record)) == repr(reference.evaluate(program.linked, records[-1]))
    table = plan(program.linked).answer(batch_of(program.vocabulary, records)).table
    assert difference(table, by_rows(program.linked, records)) == ""


@pytest.mark.parametrize(
    ("there", "instead", "code", "message"),
    [
        ("by: service", "free: 0", "TABLE008", "`by` says what the `entries` are found by"),
        ("{rate: 5%, amount: 10% of quota}", "{rate: 5%, amount: 10% of quot}", "FEEL010", "`quot` is not known"),
        ("below: 50% of quota", "below: service", "FEEL", ""),
        ("below: 50% of quota", "below: 50% off quota", "FEEL001", ""),
        ("up_to: 600", "up_to: 600 EUR", "FORM", "600 EUR"),
        ("    ec2:", "    ec3:", "", "ec3"),
        ("{below: 99%, gives: 30%}, {gives: 0%}]", "{below: 90%, gives: 30%}, {gives: 0%}]", "TABLE008", "ends at 0.9"),
        ("s3: {rows: [{rate: 0.1}]}", "s3: {rows: [{below: 50%, rate: 0.1}]}", "TABLE001", "s3"),
        ("    s3: {rows: [{rate: 0.1}]}\n", "", "TABLE001", "s3"),
    ],
)  # fmt: skip
def test_mistakes(there: str, instead: str, code: str, message: str) -> None:
    found = program_of(*TABLES.replace(there, instead).split("---\n"), base=BASE).diagnostics
    told = [(each.code.id, each.message) for each in found]
    assert any(one.startswith(code) and message in text for one, text in told), told
