"""Columns name the missing facts that the row engine names: of expressions, and of whole records."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.columns.batches import batch_of, by_rows, difference
from tests.columns.causes import cause_differences
from tests.columns.compare import records
from tests.columns.drawn import drawn
from tests.columns.test_expressions import NAMED
from tests.differential.expressions import Written, written
from tests.differential.programs import FOLDERS, generated

from policyengine.api import load
from policyengine.engine.columns import plan
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.linked import Program
from policyengine.program.load import load as load_sources
from policyengine.program.record import Record
from policyengine.source import Source
from support import DAY

RECORDS = records(random.Random(1), 60)


@settings(max_examples=25)
@given(st.lists(written(), min_size=6, max_size=10))
def test_drawn_expressions_need_the_same_facts(expressions: list[Written]) -> None:
    assert [text for _, text in cause_differences(expressions, RECORDS) if text] == []


# Where some of what is not known does not matter.
MATTERS = (
    "max(if b1 then 1 else 1, n1)",
    "(if b1 then n1 else n1) + n2",
    "n1 between 0 and m1",
    "n1 in (m1, [n2..5])",
    "n1 in [1, n2, m1]",
    "n1 in [[n2..5], m1]",
    "b1 and (b2 or b3) and n1 > 3",
    "if b1 then (if b2 then n1 else n2) else m1",
    'if b1 and b2 then "a" else if b3 then t1 else "a"',
    "at least(2, [b1, b2 and b3, n1 > 2])",
    "once known(n1, if b1 then n2 else m1)",
    "first known(n1 > 2 or b1, b2 and b3)",
    "list contains([], t1)",
    'row result("first", "t", [b1, b2], [n1, n2])',
    'row result("first", "t", [b1, b2], [n1, n2], m1)',
    'row result("unique", "t", [b1, b2, b3], [n1, n2, 5])',
    'row result("unique", "t", [b1, b2], [n1, n2], m1)',
    'row result("any", "t", [b1, b2, b3], [n1, 5, 5], m1)',
    "some x in rows satisfies x.n > n1 and b1",
    "every x in rows satisfies x.f or x.n > 2",
    "some x in rows[f] satisfies x.n > n1",
    "count(rows[n > n1 or b1])",
    "count(rows[count(rows) > 2])",
    "sum(rows[f].n)",
    "sum(for x in rows[f] return if b1 then x.n else x.c)",
    "max(rows[e = e1].d) < d1",
    "if count(rows) > 2 then n1 else n2",
    "if 1 = 1 then n1 else n2",
    "sum(if 1 = 1 then [n1, n2] else [m1])",
    "1 / 0 + n1 > 2",
    "count([{h: b1, v: n1}, {h: n2 > 2, v: m1}][h])",
    "sum([{h: b1, v: n1}, {h: n2 > 2, v: if b2 then n1 else m1}][h].v)",
    "sum([{h: b1, v: n1}, {h: n2 > 2, v: m1}][item.h and b2].v)",
    "max([{h: b1, v: n1}, {h: b2 and b3, v: m1}][h].v)",
    "min([{h: b1, v: n1}, {h: true, v: m1}][h].v) > n2",
    "some x in rows satisfies count([{f: b1}, {f: n1 > 2}][f and x.n > 1 and x.f]) > 0",
    "n1 = null or b1",
    "sum(append(rows.n, n1)) > n2",
    "count(append(rows.n, n1)) > n2",
    "sum(append(rows[n > m1].n, n1))",
    "date(2024, n1, c1) > d1",
    # Passed on by rows.
    "rows[f].n[1]",
    "count(distinct values(rows.e)) > n1",
    "sum(for k in 0..3 return n1 * k)",
    "[d1..d2].end",
    "[n1..n2].start < n2",
    "some x in [n1, n2] satisfies x > m1",
    "count([{n1: n2, w: n1 + 1}][w > m1])",
    "median(append(rows.n, n1)) > n2",
    "rows[f][1].n",
    "count(distinct values(rows[n > n1].e)) > 1",
    "if b1 then mean(rows.n) else n1 / n2",
)


@pytest.mark.parametrize("text", [*NAMED, *MATTERS])
def test_an_expression_needs_the_same_facts(text: str) -> None:
    ((compared, wrong),) = cause_differences([Written(text)], records(random.Random(2), 300))
    assert wrong == ""
    assert compared > 200


def _spoiled(record: Record, vocabulary: Vocabulary, source: random.Random, root: bool = True) -> Record:
    """The record with keys within it that are missing, empty, or those of others."""
    key = vocabulary.entities[record.entity].key
    facts = dict(record.facts)
    if not root and key is not None and vocabulary.entities[record.entity].facts[key].type == "text":
        facts[str(key)] = source.choice(("", "k1", "#1", "#2", "k0"))
        if source.random() < 0.3:
            del facts[str(key)]
    lists = {
        name: tuple(_spoiled(each, vocabulary, source, False) for each in rows)
        for name, rows in record.lists.items()
    }
    return Record(record.entity, facts, lists)


def _program(name: str | Path) -> Program:
    return load(name, as_of=DAY).linked if isinstance(name, Path) else drawn(random.Random(name), DAY)


@pytest.mark.parametrize("name", [*FOLDERS, "keys 1"], ids=str)
def test_facts_of_what_has_no_key_of_its_own(name: str | Path) -> None:
    program = _program(name)
    assert program.graph is not None
    vocabulary = program.graph.vocabulary
    source = random.Random(3)
    several = [_spoiled(generated(vocabulary, source, number=i), vocabulary, source) for i in range(40)]
    found = plan(program).answer(batch_of(vocabulary, several)).table
    assert difference(found, by_rows(program, several)) == ""


_PROGRAM = """\
kind: program
id: small
title: Small
currency: EUR
parties: {partner: the partner, vendor: the vendor}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      grace: {type: date, title: grace}
  account:
    title: account
    within: partner
    list: accounts
    key: id
    facts:
      id: {type: text, title: identifier}
      kind: {type: enum, title: kind, values: [small, large]}
      seats: {type: count, title: seats}
      late: {type: boolean, title: late, formula: grace < today}
      lone:
        type: boolean
        title: lone
        formula: kind = "small" and (some a in accounts satisfies a.seats > seats)
      limit: {type: count, title: limit}
      above:
        type: boolean
        title: above
        formula: kind = "small" and (some a in accounts satisfies a.seats > limit)
"""
_DUTIES = """\
kind: obligations
id: duties
title: Duties
for: account
obligations:
  - {id: one, title: One, due_on: today, met_when: late, when: kind = "small"}
  - {id: two, title: Two, due_on: today, met_when: late, when: kind = "large"}
  - {id: three, title: Three, due_on: today, met_when: lone}
  - {id: four, title: Four, due_on: today, met_when: above}
"""


def test_accounts_that_need_different_things_of_what_they_share() -> None:
    sources = [Source("program.yaml", _PROGRAM), Source("duties.yaml", _DUTIES)]
    program = load_sources("small", sources, DAY)
    assert program.graph is not None
    source = random.Random(5)
    small = Record("account", {"id": "A", "kind": "small", "seats": Decimal(5)})
    large = Record("account", {"id": "B", "kind": "large"})  # only the small one looks at its seats
    several = [generated(program.graph.vocabulary, source, number=i) for i in range(60)]
    several.append(Record("partner", {"id": "p"}, {"accounts": (small, large)}))
    # The limit of the large one is not what the small one asks for in a loop over both.
    other = Record("account", {"id": "B", "kind": "large", "seats": Decimal(3)})
    several.append(Record("partner", {"id": "q"}, {"accounts": (small, other)}))
    answer = plan(program).answer(batch_of(program.graph.vocabulary, several))
    assert answer.by_rows == 0
    assert difference(answer.table, by_rows(program, several)) == ""


def test_more_findings_than_a_number_has_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    program = _program(FOLDERS[0])
    assert program.graph is not None
    source = random.Random(4)
    several = [generated(program.graph.vocabulary, source, number=i) for i in range(30)]
    batch = batch_of(program.graph.vocabulary, several)
    whole = plan(program).answer(batch).table
    monkeypatch.setattr("policyengine.engine.columns.missing_demand.BITS", 3)
    assert plan(program).answer(batch).table.equals(whole)
