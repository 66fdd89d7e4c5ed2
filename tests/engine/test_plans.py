"""Findings by plan: amounts are filled into what the same answers gave before, as the reference does it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest
from tests.support import good_program

from policyengine.api import Program
from policyengine.engine.reference.row import evaluate
from policyengine.engine.rows import runs, values
from policyengine.engine.rows.decide import decide
from policyengine.engine.rows.engine import Compiled, compile_graph
from policyengine.program.record import Record

_BASE = """\
kind: program
id: example
title: Example
currency: EUR
parties: {partner: the partner, vendor: the vendor}
items: {setup: set-up}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      size: {type: enum, title: size, values: [small, large]}
      accounts: {type: count, title: accounts}
      fee: {type: money, title: fee}
      price: {type: money, title: price}
      other_price: {type: money, title: price}
      begun: {type: date, title: begun}
      begun_again: {type: date, title: begun}
      share: {type: rate, title: share}
      trained: {type: boolean, title: trained}
      listed: {type: boolean, title: listed, informative: true}
"""
_LEVELS = """\
kind: tiers
id: levels
title: Levels
for: partner
measure: accounts
levels:
  - id: low
    title: Low
    accounts: 10..15
    grants: [{discount: 20%, on: [setup]}]
  - id: high
    title: High
    accounts: 16..
    requires:
      - {id: trained, title: Is trained, when: trained}
      - {id: dear, title: Is dear, when: fee > 100}
      - {id: fair, title: Is fair, when: {any: [share <= 0.5, price between 10 and 20]}}
    grants: [{discount: 50%, on: [setup]}]
otherwise: {level: none}
"""
_DUTIES = """\
kind: matrix
id: duties
title: Duties
for: partner
columns: {by: size, values: [small, large]}
sections:
  - id: all
    title: All
    activities:
      - {id: a, title: A, responsible: {small: partner, large: vendor}}
      - {id: b, title: B, responsible: {small: vendor, large: vendor}, when: fee >= 100}
      - {id: c, title: C, responsible: {small: partner, large: partner}, when: listed}
      - {id: d, title: D, responsible: {small: partner, large: unknown}}
"""
_FEES = """\
kind: billing
id: fees
title: Fees
for: partner
charges:
  - {id: setup, title: Set-up, amount: fee, item: setup, due_on: today}
  - {id: both, title: Both, amount: price + other_price, due_on: "max(begun, begun_again)"}
"""
_AMOUNTS = ("0", "0.00", "-0.00", "10", "10.0", "100.00", "100.01", "1E+3", "99.999", "20.00", "5.1", "1E-9")
_RATES = ("0", "0.5", "0.50", "0.333", "1")


@pytest.fixture
def program() -> Program:
    return good_program(_LEVELS, _DUTIES, _FEES, base=_BASE)


def _compiled(program: Program) -> Compiled:
    assert program.linked.graph is not None
    return compile_graph(program.linked.graph, program.as_of)


def _records(count: int, holes: float = 0, seed: int = 7) -> Iterable[Record]:
    source = random.Random(seed)
    for i in range(count):
        facts = {
            "size": source.choice(("small", "large")),
            "accounts": Decimal(source.choice((0, 9, 10, 12, 15, 16, 40))),
            "share": Decimal(source.choice(_RATES)),
            **{name: Decimal(source.choice(_AMOUNTS)) for name in ("fee", "price", "other_price")},
            **{name: date(2026, 11, source.choice((1, 20, 30))) for name in ("begun", "begun_again")},
            **{name: source.random() < 0.6 for name in ("trained", "listed")},
        }
        given = {name: value for name, value in facts.items() if source.random() >= holes}
        yield Record("partner", {"id": f"p{i}", **given})


def _compare(program: Program, compiled: Compiled, records: Iterable[Record]) -> None:
    for record in records:
        assert repr(decide(compiled, program.linked, record)) == repr(evaluate(program.linked, record))


def test_amounts_counts_and_rates_are_filled_in_as_the_reference_writes_them(program: Program) -> None:
    compiled = _compiled(program)
    _compare(program, compiled, _records(400))
    assert sum(run.hits for run in compiled.memory.runs) > 400


def test_what_is_missing_is_left_to_the_reference_among_what_is_planned(program: Program) -> None:
    compiled = _compiled(program)
    _compare(
        program, compiled, (record for seed in (1, 2) for record in _records(150, 0.15 * (seed - 1), seed))
    )


def test_reasons_about_one_place_are_told_apart_as_the_reference_does(program: Program) -> None:
    compiled = _compiled(program)
    (record,) = _records(1)
    for one, other in ((1, 2), (3, 4), (5, 6), (7, 7), (8, 9), (10, 10)):
        days = {"begun": date(2026, 11, one), "begun_again": date(2026, 11, other)}
        _compare(program, compiled, [Record("partner", {**record.facts, **days})])


def test_neighbours_with_few_answers_are_one_look_up(program: Program) -> None:
    sizes = [[len(bundle.rules) for bundle in run.bundles] for run in _compiled(program).memory.runs]
    assert max(map(len, sizes)) > 1
    assert sum(map(sum, sizes)) == len(program.linked.graph.rules)  # type: ignore[union-attr]


def test_answers_that_seldom_come_up_again_are_given_up(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_PATIENCE", 1)
    compiled = _compiled(program)
    _compare(program, compiled, _records(60))
    given_up = [run for run in compiled.memory.runs if run.answers is None and run.misses]
    assert given_up
    assert not any(run.table for run in given_up)


def test_what_is_kept_does_not_grow_without_end(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "_MOST", 3)
    compiled = _compiled(program)
    _compare(program, compiled, _records(80))
    assert all(len(run.table) <= 3 for run in compiled.memory.runs)
