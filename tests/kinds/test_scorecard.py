"""Scorecards: what is told to bring the missing points brings them, and no fewer would."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import good_program, program_of, record_of

BASE = """\
kind: program
id: points
title: Points
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      deals: {type: count, title: won deals, informative: true}
      people: {type: count, title: certified people, informative: true}
      trained: {type: boolean, title: has a trained team, informative: true}
"""
POLICY = """\
kind: scorecard
id: score
title: Score
for: partner
parts:
  - {id: deals, title: Deals, of: deals, each: 2.5, max: 20}
  - id: team
    title: Team
    weight: 2
    max: 30
    parts:
      - {id: people, title: People, of: people, each: 3, max: 24}
      - {id: training, title: Training, points: 5, when: trained}
---
kind: tiers
id: level
title: Level
for: partner
levels: [{id: good, title: Good, score: NEEDED..}]
otherwise: {level: none}
"""
_UNITS = {"won deal": "deals", "certified p": "people"}


@given(st.integers(0, 12), st.integers(0, 12), st.booleans(), st.integers(1, 80))
def test_the_way_to_more_points_suffices_and_is_the_shortest(
    deals: int, people: int, trained: bool, needed: int
) -> None:
    program = good_program(POLICY.replace("NEEDED", str(needed)), base=BASE)
    record = {"id": "a", "deals": deals, "people": people, "trained": trained}
    decision = program.evaluate(record_of(program, record))
    (level,) = decision.of("levels")
    points = _points(deals, people, trained)
    assert decision.of("scores")[0].points == points
    if level.status == "reached":
        assert points >= needed
        return
    assert level.next is not None
    (lacking,) = level.next.missing
    assert lacking.lack is not None
    ways = [_steps(way) for way in lacking.lack.partition("): ")[2].split(" or ") if way]
    for way in ways:
        reached = _points(deals + way.get("deals", 0), people + way.get("people", 0), trained)
        assert reached >= needed
        last = next(reversed(way))
        fewer = {**way, last: way[last] - 1}
        assert _points(deals + fewer.get("deals", 0), people + fewer.get("people", 0), trained) < needed
    if not ways:
        assert _points(deals + 100, people + 100, trained) < needed + 6


def _points(deals: int, people: int, trained: bool) -> Decimal:
    """The total, worked out by hand."""
    team = min(30, min(24, 3 * people) + (5 if trained else 0))
    return min(Decimal(20), Decimal("2.5") * deals) + 2 * team


def _steps(way: str) -> dict[str, int]:
    """How many units of what a way takes."""
    found = re.findall(r"([\d,]+) more (won deal|certified p)", way)
    assert found
    return {_UNITS[unit]: int(count) for count, unit in found}


BEST = (
    BASE
    + """\
      score: {type: number, title: score, formula: best.points, informative: true}
  path:
    title: path
    within: partner
    list: paths
    key: id
    best: {best: {by: points, title: best path}}
    facts:
      id: {type: text, title: identifier}
      points: {type: count, title: points}
"""
)
DUTY = """\
kind: obligations
id: duties
title: Duties
for: partner
obligations: [{id: a, title: A, met_when: {best.points: 3..}}]
"""


@pytest.mark.parametrize(
    ("there", "wrong", "code", "help"),
    [
        ("best: {best:", "best: {deals:", "PROG004", "choose another name"),
        ("by: points", "by: point", "PROG002", "did you mean `points`?"),
        ("by: points", "by: id", "PROG002", "name a number or a date"),
    ],
)
def test_a_best_child_that_cannot_be_chosen(there: str, wrong: str, code: str, help: str) -> None:
    assert program_of(DUTY, base=BEST).ok
    found = program_of(DUTY, base=BEST.replace(there, wrong)).diagnostics
    assert (found[0].code.id, found[0].help) == (code, help)


def test_a_misspelt_value_of_the_best_child() -> None:
    (found,) = program_of(DUTY.replace("best.points", "best.point"), base=BEST).diagnostics
    assert (found.code.id, found.help) == ("COND003", "did you mean `best.points`?")
