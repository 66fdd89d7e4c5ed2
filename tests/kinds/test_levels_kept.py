"""What is told of a level that is held: what keeps it, what is missing, what is not written down yet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from policyengine.papers.language import language
from policyengine.papers.letter import Desk, letter
from policyengine.reports.course import stretches
from policyengine.reports.level_lists import Limits, losing_list
from policyengine.reports.lists import Answer
from support import good_program, program_of, record_of

TODAY = date(2026, 11, 30)
PROGRAM = """\
kind: program
id: p
title: P
entities:
  partner:
    title: member
    key: id
    facts:
      id: {type: text, title: identifier}
      held:
        {type: enum, title: level held, values: {bronze: B, silver: Silver, gold: Gold, platinum: Platinum}}
      points: {type: count, title: points}
      points_before: {type: count, title: points of last year}
"""
POLICY = """\
kind: tiers
id: status
title: Status
for: partner
levels:
  - {id: silver, title: Silver, points: 1000..}
  - {id: gold, title: Gold, points: 2500..}
  - {id: platinum, title: Platinum, points: 5000.., keep: {points: '-', points_before: 4000..}}
otherwise: {level: bronze, title: Bronze}
state: {held: held, falls: {when: today.month = 2, by: one level}}
"""


def _answer(held: str, points: int, before: int) -> Answer:
    program = good_program(POLICY, base=PROGRAM, as_of=TODAY)
    record = record_of(program, {"id": "m", "held": held, "points": points, "points_before": before})
    return Answer(record, program.evaluate(record))


@pytest.mark.parametrize(
    ("held", "points", "before", "said"),
    [
        ("platinum", 900, 5000, ["Fulfilled: points of last year are 5,000, at least 4,000."]),
        (
            "platinum", 900, 3900,
            [
                "Not fulfilled: points of last year at least 4,000 "
                "(points of last year are 3,900, below 4,000).",
                "Missing to keep Platinum: 100 more points of last year (at least 4,000).",
                "By today's figures Gold.",
            ],
        ),
        (
            "bronze", 1100, 0,
            [
                "Fulfilled: points are 1,100, at least 1,000.",
                "Missing for Gold: 1,400 more points (at least 2,500).",
                "The record still says Bronze: `policyengine advance` writes it down.",
            ],
        ),
    ],
)  # fmt: skip
def test_why(held: str, points: int, before: int, said: list[str]) -> None:
    decision = _answer(held, points, before).decision
    assert list(decision.why("status")[1:-1]) == said


@pytest.mark.parametrize(
    ("before", "row"), [(3900, ("Gold", "100 more points of last year (at least 4,000)")), (4000, None)]
)
def test_about_to_lose(before: int, row: tuple[str, str] | None) -> None:
    collector = losing_list(lambda *_: (None, None), Limits(Decimal(0), 0), "room")
    collector.add(collector.part([_answer("platinum", 900, before)]))
    head, rows, *_ = collector.listing()
    names = [column.name for column in head.columns]
    found: list[dict[str, Any]] = [dict(zip(names, each, strict=True)) for each in rows]
    assert [(each["by_figures"], each["missing"]) for each in found] == ([] if row is None else [row])


@pytest.mark.parametrize(
    ("code", "title"),
    [("en", "What is missing to keep Platinum"), ("de", "Was fehlt, um Platinum zu behalten")],
)
def test_the_letter(code: str, title: str) -> None:
    program = good_program(POLICY, base=PROGRAM, as_of=TODAY)
    graph = program.linked.evaluated
    assert graph is not None
    through = stretches(lambda day: graph, [TODAY], TODAY)
    desk = Desk(program.linked, program.evaluate, through, language(code), None)
    papers = [letter(desk, desk.answer(_answer("platinum", 900, n).record)).plain() for n in (3900, 4000)]
    texts = [str([each["blocks"] for each in paper["sections"]]) for paper in papers]
    assert [title in str(paper["sections"]) for paper in papers] == [True, False]
    assert [any(f" {each}" in text for text in texts) for each in ("Gold", "gold", "platinum")] == [
        True,
        False,
        False,
    ]


def test_another_way_needs_a_measure() -> None:
    policy = POLICY.replace("points: 2500..", "points: 2500.., or: {points_before: 9000..}")
    (found,) = program_of(policy, base=PROGRAM).diagnostics
    assert found.code.id == "TIER006"
    assert "another way than the measure" in found.message
