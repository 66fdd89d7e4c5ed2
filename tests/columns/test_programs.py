"""Our programs in columns: every row of the findings table is that of the row engine, holes and all."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.columns.batches import batch_of, by_rows, difference
from tests.columns.compare import compare_drawn, compare_programs

from policyengine.engine.columns import plan
from policyengine.program.load import load
from policyengine.program.record import Record
from policyengine.source import Source
from support import DAY


def test_programs_come_to_the_same() -> None:
    found = list(compare_programs(20))
    assert [text for _, text in found if text] == []
    assert {count for count, _ in found} == {20}


# 35: generated code once asked for a day without having looked whether it is known.
@pytest.mark.parametrize("seed", [0, 35])
def test_drawn_programs_come_to_the_same(seed: int) -> None:
    compared, rules, wrong = compare_drawn(seed, 25)
    assert wrong == ""
    assert compared > 0
    assert rules > 0


_LISTS = """\
kind: program
id: small
title: Small
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      fees: {type: list of number, title: fees, formula: accounts.fee}
  account:
    title: account
    within: partner
    list: accounts
    facts:
      fee: {type: number, title: fee}
"""


def test_numbers_of_a_list_come_to_the_same_however_many_digits_a_batch_has() -> None:
    program = load("small", [Source("program.yaml", _LISTS)], DAY)
    assert program.graph is not None
    fees = ("3", "2.50", "0.125", "-1E+2", None)
    accounts = tuple(Record("account", {"fee": Decimal(fee)} if fee else {}) for fee in fees)
    records = [
        Record("partner", {"id": "p"}, {"accounts": accounts[:-1]}),
        Record("partner", {"id": "q"}, {"accounts": accounts}),
    ]
    wanted = by_rows(program, records)
    assert wanted[0]["value"] == '["3", "2.5", "0.125", "-100"]'
    assert (wanted[1]["value"], wanted[1]["status"]) == (None, "undetermined")
    found = plan(program).answer(batch_of(program.graph.vocabulary, records)).table
    assert difference(found, wanted) == ""


@pytest.mark.parametrize("formula", ["10 / 3", 'if id = "p" then 10 / 3 else 20 / 3', "0.1 + 10 / 3"])
def test_a_constant_has_all_its_digits(formula: str) -> None:
    share = f"share: {{type: number, title: share, formula: '{formula}', given: allowed}}"
    text = _LISTS.replace("fees: {type: list of number, title: fees, formula: accounts.fee}", share)
    program = load("small", [Source("program.yaml", text)], DAY)
    assert program.graph is not None
    records = [Record("partner", {"id": "p"}), Record("partner", {"id": "q", "share": Decimal("0.125")})]
    wanted = by_rows(program, records)
    assert len(str(wanted[0]["value"])) > 40
    found = plan(program).answer(batch_of(program.graph.vocabulary, records)).table
    assert difference(found, wanted) == ""
