"""A forecast beside the evaluation of every single day: `python -m tests.reports.every_day 1000 400`."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from tests.differential.programs import FOLDERS, generated

from policyengine.api import load
from policyengine.change.joint_sides import bare
from policyengine.change.states import State
from policyengine.decision.findings import Charge
from policyengine.engine.rows.engine import Compiled, compile_graph
from policyengine.program.graph import Graph
from policyengine.program.record import Record
from policyengine.program.versions import turning_points
from policyengine.reports.course import OnDays, Stretch, Who, course, states_in, stretches

FIRST = date(2026, 11, 21)


@cache
def graph_on(folder: Path, day: date) -> Graph:
    graph = load(folder, as_of=day).linked.evaluated
    assert graph is not None
    return graph


@cache
def through(folder: Path, last: date) -> tuple[Stretch, ...]:
    turns = turning_points(load(folder, as_of=FIRST).linked.units, FIRST)
    days = [FIRST, *(day for day in turns if FIRST < day <= last)]
    return stretches(lambda day: graph_on(folder, day), days, last)


def on_one_day(folder: Path, day: date) -> Compiled:
    """The program as it is on a day, compiled for that day alone."""
    graph = graph_on(folder, day)
    rules = [bare(rule) if rule.finding is Charge else rule for rule in graph.rules]
    return compile_graph(replace(graph, rules=tuple(rules), _needs={}), day)


def differences(folder: Path, records: Sequence[Record], days: Sequence[date], last: date) -> Iterator[str]:
    """Where a forecast says something else about a day than the evaluation of that day."""
    found = through(folder, last)
    courses = [[*course(record, found)] for record in records]
    for day in sorted(days):
        compiled = on_one_day(folder, day)
        for i, record in enumerate(records):
            told = states_on(courses[i], day)
            states = states_in(compiled.outcomes(record).subjects)
            for who in {**states, **told}:
                if states.get(who) != told.get(who):
                    yield f"{folder.name}, record {i}, {day}: {who}: {states.get(who)}, {told.get(who)}"


def states_on(course: Sequence[OnDays], day: date) -> dict[Who, State]:
    """What holds on a day, as a course says it: from one change to the next."""
    found: dict[Who, State | None] = {}
    for on in course:
        if on.days.first <= day:
            found.update(on.states)
    assert sum(day in on.days for on in course) == 1
    return {who: state for who, state in found.items() if state is not None}


def drawn(folder: Path, count: int, seed: int) -> list[Record]:
    source = random.Random(seed)
    vocabulary = load(folder, as_of=FIRST).vocabulary
    return [generated(vocabulary, source) for _ in range(count)]


def boundaries(courses: Sequence[Sequence[OnDays]]) -> list[date]:
    """The first days of all stretches in which something is another way."""
    return sorted({on.days.first for each in courses for on in each})


def main(count: int, days: int) -> int:
    """Compares every day for our programs, and says what differs."""
    last, wrong = FIRST + timedelta(days=days), 0
    every = [FIRST + timedelta(days=i) for i in range(days + 1)]
    for folder in FOLDERS:
        found = list(differences(folder, drawn(folder, max(count // len(FOLDERS), 1), 11), every, last))
        wrong += len(found)
        print(f"{folder.name}: {len(found)} differences", *found[:3], sep="\n  ")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
