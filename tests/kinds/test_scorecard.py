"""Scorecards: what is told to bring the missing points brings them, and no fewer would."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyengine.engine.score_ways import ways_to
from policyengine.policy.rule import Term, TermLimit
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
      complaints: {type: count, title: complaints, informative: true}
"""
POLICY = """\
kind: scorecard
id: score
title: Score
for: partner
max: 70
parts:
  - {id: deals, title: Deals, of: deals, each: 2.5, max: 20, min: 0}
  - id: team
    title: Team
    weight: 2
    min: 2
    max: 30
    parts:
      - {id: people, title: People, of: people, each: 3, max: 24}
      - {id: training, title: Training, points: 5, when: trained}
      - {id: complaints, title: Complaints, points: -4 * complaints}
---
kind: tiers
id: level
title: Level
for: partner
levels: [{id: good, title: Good, score: NEEDED..}]
otherwise: {level: none}
"""
_UNITS = {"won deal": "deals", "certified p": "people"}


@given(st.integers(0, 12), st.integers(0, 12), st.booleans(), st.integers(0, 4), st.integers(1, 80))
def test_the_way_to_more_points_suffices_and_is_the_shortest(
    deals: int, people: int, trained: bool, complaints: int, needed: int
) -> None:
    program = good_program(POLICY.replace("NEEDED", str(needed)), base=BASE)
    record = {"id": "a", "deals": deals, "people": people, "trained": trained, "complaints": complaints}
    decision = program.evaluate(record_of(program, record))
    (level,) = decision.of("levels")
    points = _points(deals, people, trained, complaints)
    assert decision.of("scores")[0].points == points
    if level.status == "reached":
        assert points >= needed
        return
    assert level.next is not None
    (lacking,) = level.next.missing
    assert lacking.lack is not None
    ways = [_steps(way) for way in lacking.lack.partition("): ")[2].split(" or ") if way]
    for way in ways:
        reached = _points(deals + way.get("deals", 0), people + way.get("people", 0), trained, complaints)
        assert reached >= needed
        last = next(reversed(way))
        fewer = {**way, last: way[last] - 1}
        assert (
            _points(deals + fewer.get("deals", 0), people + fewer.get("people", 0), trained, complaints)
            < needed
        )
    low = min(24, 3 * people) + 5 * trained - 4 * complaints < 2
    if not ways and not low:
        assert _points(deals + 100, people + 100, trained, complaints) < needed


def _points(deals: int, people: int, trained: bool, complaints: int) -> Decimal:
    """The total, worked out by hand."""
    team = max(2, min(30, min(24, 3 * people) + (5 if trained else 0) - 4 * complaints))
    return min(Decimal(70), min(Decimal(20), Decimal("2.5") * deals) + 2 * team)


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
        ("best: {best:", "best: {paths:", "PROG004", "choose another name"),
        ("by: points", "by: point", "PROG002", "did you mean `points`?"),
        ("by: points", "by: id", "PROG002", "name a number or a date"),
    ],
)
def test_a_best_child_that_cannot_be_chosen(there: str, wrong: str, code: str, help: str) -> None:
    assert program_of(DUTY, base=BEST).ok
    found = program_of(DUTY, base=BEST.replace(there, wrong)).diagnostics
    assert (found[0].code.id, found[0].help) == (code, help)


def test_children_of_two_lists_do_not_share_the_name_of_the_best() -> None:
    path = BEST[BEST.index("  path:") :]
    twice = BEST + path.replace("  path:", "  road:").replace("list: paths", "list: roads")
    assert [each.code.id for each in program_of(DUTY, base=twice).diagnostics] == ["PROG004"]


def test_a_misspelt_value_of_the_best_child() -> None:
    (found,) = program_of(DUTY.replace("best.points", "best.point"), base=BEST).diagnostics
    assert (found.code.id, found.help) == ("COND003", "did you mean `best.points`?")


def test_parts_of_one_sum_share_its_room() -> None:
    both = TermLimit("both", None, None, Decimal(20), Decimal(1), None)
    terms = [Term("courses", Decimal(3), (both,)), Term("events", Decimal(2), (both,))]
    assert ways_to(Decimal(3), terms, {"both": Decimal(17)}) == "1 more course or 2 more events"
    assert ways_to(Decimal(5), terms, {"both": Decimal(17)}) == ""
    beside = Term("deals", Decimal(1), ())
    assert ways_to(Decimal(5), [*terms, beside], {"both": Decimal(17)}) == "5 more deals"


def test_units_that_rounding_may_swallow_are_no_way() -> None:
    policy = "kind: scorecard\nid: score\ntitle: Score\nfor: partner\nparts:\n"
    part = "  - {{id: deals, title: Deals, of: deals, each: {each}, round: 0}}\n"
    level = POLICY.partition("---")[2].replace("NEEDED", "9")
    for each, lack in (("0.25", "9 more points of Score (at least 9)"), ("3", ": 3 more won deals")):
        program = good_program(f"{policy}{part.format(each=each)}---{level}", base=BASE)
        (found,) = program.evaluate(record_of(program, {"id": "a", "deals": 0})).of("levels")
        assert found.next is not None
        assert str(found.next.missing[0].lack).endswith(lack)
