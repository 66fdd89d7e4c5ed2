"""A test of a count or sum is decided exactly where all ways to fill in what is not known agree."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import pytest
from tests.columns.batches import batch_of, by_rows, difference

from policyengine.engine.columns import plan
from policyengine.engine.reference.row import evaluate
from support import good_program, record_of

BASE = """\
kind: program
id: pool
title: Pool
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      wanted: {type: count, title: people wanted}
      certified: {type: count, title: certified people, formula: 'count(people[passed])'}
      rated: {type: count, title: rating, formula: '10 * count(people[passed and trained]) + wanted'}
      credits: {type: count, title: credits, formula: 'sum(append(people.points, 0))'}
  person:
    title: person
    within: partner
    list: people
    key: id
    facts:
      id: {type: text, title: identifier}
      passed: {type: boolean, title: has passed}
      trained: {type: boolean, title: is trained}
      points: {type: count, title: points}
"""
COUNTS = [
    "count(people[passed]) >= 2", "count(people[passed]) > 2", "count(people[passed]) < 2",
    "2 <= count(people[passed])", "count(people[passed]) = 0", "count(people[passed]) != 3",
    "count(people[passed]) between 1 and 2", "count(people[passed]) in (1..3]", "certified >= wanted",
    "count(people[passed][trained]) <= 1", "certified = 2", "count(people[not(passed)]) >= 3",
    "rated >= 20", "not(certified > 2)", "some p in people satisfies count(people[passed]) >= 3",
]  # fmt: skip
SUMS = [
    "sum(people.points) >= 5", "sum(people[trained].points) < 2", "credits >= 5", "credits < 5",
    "credits in [0..4]", "credits != 0",
    "5 <= credits + count(people[trained])", "sum(append(people[passed].points, 1)) > 4",
]  # fmt: skip
TESTS = [*COUNTS, "certified: 2..", "certified: 1..2", *SUMS, "credits: ..4"]


def _condition(test: str) -> str:
    name, _, values = test.partition(": ")
    return f"{{{name}: {values}}}" if values else f"'{test}'"


POLICY = "kind: obligations\nid: duties\ntitle: Duties\nfor: partner\nobligations:\n" + "\n".join(
    f"  - {{id: d{i}, title: Duty {i}, met_when: {_condition(test)}}}" for i, test in enumerate(TESTS)
)
PROGRAM = good_program(POLICY, base=BASE)
EXACT = range(len(COUNTS) + 2)
"""The tests of counts alone: of these, what is not decided could come out either way."""


def _statuses(record: dict[str, Any]) -> list[str]:
    decision = PROGRAM.evaluate(record_of(PROGRAM, record))
    by_id = {each.id: each.status for each in decision.findings}
    return [by_id[f"d{i}"] for i in range(len(TESTS))]


def _drawn(draw: random.Random) -> dict[str, Any]:
    people = [
        {"id": f"p{i}", **{name: draw.choice([True, False]) for name in ("passed", "trained")},
         "points": draw.choice([0, 1, 4])}
        for i in range(draw.randint(0, 4))
    ]  # fmt: skip
    left_out = draw.sample(
        [(person, name) for person in people for name in ("passed", "trained", "points")],
        min(draw.randint(0, 4), 3 * len(people)),
    )
    for person, name in left_out:
        del person[name]
    return {"id": "a", "wanted": draw.randint(0, 4), "people": people}


def _completions(record: dict[str, Any]) -> list[dict[str, Any]]:
    gaps = [
        (i, name, values)
        for i, person in enumerate(record["people"])
        for name, values in (("passed", [True, False]), ("trained", [True, False]), ("points", [0, 1, 9]))
        if name not in person
    ]
    found = []
    for values in product(*(values for _, _, values in gaps)):
        people = [dict(person) for person in record["people"]]
        for (i, name, _), value in zip(gaps, values, strict=True):
            people[i][name] = value
        found.append({**record, "people": people})
    return found


@pytest.mark.parametrize("seed", range(60))
def test_all_ways_to_fill_it_in_agree(seed: int) -> None:
    record = _drawn(random.Random(seed))
    found = _statuses(record)
    ways = [_statuses(each) for each in _completions(record)]
    for i, test in enumerate(TESTS):
        possible = {way[i] for way in ways}
        if found[i] != "undetermined":
            assert possible == {found[i]}, (test, record)
        elif i in EXACT:
            assert len(possible) > 1, (test, record)


def test_the_engines_agree() -> None:
    records = [record_of(PROGRAM, _drawn(random.Random(seed))) for seed in range(60)]
    for record in records:
        assert evaluate(PROGRAM.linked, record) == PROGRAM.evaluate(record)  # with all reasons
        light = [each for one in PROGRAM.outcomes(record).subjects for each in one.outcomes]
        assert {each.id: each.status for each in light} == {
            each.id: each.status for each in PROGRAM.evaluate(record).of("obligations")
        }
    found = plan(PROGRAM.linked).answer(batch_of(PROGRAM.vocabulary, records)).table
    assert difference(found, by_rows(PROGRAM.linked, records)) == ""
