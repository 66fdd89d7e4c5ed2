"""What a program says of one record on many days, in any order, is what it says on each day by itself."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.differential.programs import FOLDERS
from tests.reports.every_day import FIRST, drawn, graph_on
from tests.support import good_program, record_of

from policyengine.change.daily import asks_for_the_day
from policyengine.change.slices import slice_of
from policyengine.engine.rows.day_by_day import DailyProgram
from policyengine.engine.rows.engine import compile_graph
from policyengine.engine.rows.outcomes import SubjectOutcomes
from policyengine.program.graph import Graph
from policyengine.program.record import Record

_HORIZON = date(2028, 12, 31)


def _told(said: Iterable[SubjectOutcomes]) -> Counter[str]:
    return Counter(f"{each.subject} {outcome!r}" for each in said for outcome in each.outcomes)


def _moving(graph: Graph) -> Graph:
    return slice_of(graph, [rule for rule in graph.rules if asks_for_the_day(graph, rule)])


def _check(graph: Graph, records: Iterable[Record], days: Iterable[date]) -> None:
    program, alone = DailyProgram(graph, FIRST), {day: compile_graph(graph, day) for day in {*days}}
    for record in records:
        asked = program.on_days(record)
        for day in days:
            said = asked.on(day, _HORIZON)
            assert asked.first <= day <= asked.last
            expected = _told(alone[day].outcomes(record).subjects)
            assert _told(each for group in said for each in group) == expected, day


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_the_days_may_come_in_any_order(folder: Path) -> None:
    source = random.Random(5)
    days = [FIRST, *(FIRST + timedelta(days=source.randrange(-40, 400)) for _ in range(4))]
    _check(_moving(graph_on(folder, FIRST)), drawn(folder, 4, seed=8), days)


BASE = """\
kind: program
id: example
title: Example
currency: EUR
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: id}
      limit: {type: date, title: limit}
      reminder: {type: date, title: reminder, formula: 'today + @"P30D"'}
      warned: {type: boolean, title: warned, formula: 'reminder > (if open > 1 then limit else early)'}
      early: {type: date, title: early}
      open: {type: count, title: open tasks, formula: 'count(tasks[ends_on >= today])'}
  task:
    title: task
    within: partner
    list: tasks
    key: id
    ORDER
    facts:
      id: {type: text, title: id}
      ends_on: {type: date, title: end}
      waits: {type: count, title: days, formula: (ends_on - today).days}
"""
DUTIES = """\
kind: obligations
id: duties
title: Duties
for: partner
obligations:
  - {id: warn, title: Warn, party: partner, when: warned, met_when: open = 0, due_on: limit}
  - {id: look, title: Look, party: partner, every: calendar month, met_when: open > 1}
---
kind: obligations
id: tasks
title: Tasks
for: task
obligations:
  - {id: task, title: Do it, party: partner, due_on: ends_on, met_when: waits > MANY}
"""
RECORD = """\
id: a
limit: 2027-01-15
early: 2026-12-30
tasks: [{id: x, ends_on: 2026-12-01}, {id: y, ends_on: 2027-02-28}]
"""


@pytest.mark.parametrize(
    ("order", "many", "whole"),
    [
        ("", "20", False),
        ("order: {by: ends_on}", "20 + position", False),
        ("order: {by: waits}", "20 + position", True),
    ],
)
def test_values_that_move_with_the_day_and_children_in_an_order(order: str, many: str, whole: bool) -> None:
    program = good_program(DUTIES.replace("MANY", many), base=BASE.replace("ORDER", order))
    graph = program.linked.evaluated
    assert graph is not None
    assert DailyProgram(_moving(graph), FIRST).is_whole is whole
    days = [FIRST + timedelta(days=n) for n in (0, 1, 10, 11, 26, 27, 33, 34, 35, 11, 60, 99, 100, 2)]
    _check(_moving(graph), [record_of(program, RECORD)], days)


def test_what_no_day_changes_is_worked_out_once() -> None:
    program = good_program(DUTIES.replace("MANY", "20"), base=BASE.replace("ORDER", ""))
    graph = program.linked.evaluated
    assert graph is not None
    asked = DailyProgram(_moving(graph), FIRST).on_days(record_of(program, RECORD))
    before = asked.on(FIRST, _HORIZON)
    assert asked.on(FIRST + timedelta(days=1), _HORIZON) is before  # a day less to wait changes no answer
    after = asked.on(FIRST + timedelta(days=10), _HORIZON)
    assert after is not before
    assert len({one is other for one, other in zip(before, after, strict=True)}) == 2
