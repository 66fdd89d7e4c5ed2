"""Days that never come, and those of years that no calendar has, in every output and from every engine."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from policyengine.cli.run import run

_PROGRAM = """\
kind: program
id: far
title: Far
currency: EUR
parties: {partner: the partner, vendor: the vendor}
items: {subscription: subscription}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      points: {type: count, title: points, informative: true}
      grade: {type: enum, ordered: true, values: [low, high], title: grade, informative: true}
      joined_on: {type: date, title: day of joining}
      ended_on: {type: date, title: last day, default: never}
      far_on: {type: date, title: far day, formula: 'joined_on + @"P9000Y"'}
      back_on: {type: date, title: early day, formula: 'joined_on - @"P3000Y"'}
      first_on: {type: date, title: first day, formula: 'min(ended_on, far_on)'}
      notice_on: {type: date, title: day of notice, formula: 'ended_on - @"P3M"'}
      before: {type: count, title: deals before, formula: 'count(deals[previous.won_on > won_on])'}
  deal:
    title: deal
    within: partner
    list: deals
    key: id
    order: {by: won_on}
    facts:
      id: {type: text, title: identifier}
      won_on: {type: date, title: day of winning, default: never}
      gone_on: {type: date, title: day of leaving, formula: 'won_on + @"P9000Y"'}
"""
_LEVELS = """\
kind: tiers
id: levels
title: Levels
for: partner
levels:
  - {id: silver, title: Silver, joined_on: 2020-01-01..2024-12-31}
  - id: gold
    title: Gold
    joined_on: 2025-01-01..
    requires:
      - {id: far, title: Far, when: {far_on: 2030-01-01..2040-01-01}}
      - {id: early, title: Early, when: {back_on: 2030-01-01..}}
      - {id: stays, title: Stays, when: {ended_on: [2026-01-01, 2027-01-01]}}
      - {id: gone, title: All gone, when: {every: deals, must: {gone_on: ..2026-12-31}}}
      - {id: order, title: Ends first, when: 'ended_on < far_on and far_on <= joined_on'}
      - {id: range, title: Soon, when: 'first_on in [@"2026-01-01"..@"2027-01-01"]'}
otherwise: {level: none}
---
kind: billing
id: billing
title: Billing
for: partner
charges:
  - {id: fee, title: Fee, amount: 12, item: subscription, every: P1Y, first_due: joined_on, until: ended_on}
  - {id: leaving, title: Fee for leaving, amount: 100, item: subscription, due_on: ended_on}
  - {id: later, title: Later fee, amount: 10, item: subscription, every: P1M, first_due: far_on}
---
kind: obligations
id: tasks
title: Tasks
for: partner
obligations:
  - {id: report, title: Report, party: partner, due_on: ended_on, met_when: 'today > far_on'}
---
kind: table
id: access
title: Access
for: partner
type: text
hit: first
inputs: [ended_on, far_on]
rows: [[..2026-12-31, -, '"soon"'], [2027-01-01.., ..2100-01-01, '"later"'], [-, -, '"never"']]
---
kind: report
id: ends
title: Ends
for: partner
when: points > 0
columns: [{id: grade, value: grade}, {id: ended, value: ended_on}, {id: far, value: far_on}]
order: [{by: grade, descending: true}, ended, {by: far, descending: true}]
"""
_BASE = """\
- {id: a, points: 1, grade: low, joined_on: 2025-02-01, deals: [{id: d1, won_on: 2026-01-01}, {id: d2}]}
- {id: b, points: 1, grade: low, joined_on: 2022-02-01, ended_on: 2026-12-01, deals: []}
- id: c
  points: 1
  grade: high
  joined_on: 2019-02-01
  ended_on: 2028-12-01
  deals: [{id: d1, won_on: 9999-12-31}]
- {id: d, points: 1, grade: low, joined_on: 0001-01-01, ended_on: 9999-12-31}
- {id: e}
- {id: f, points: 1, grade: low, joined_on: 2024-03-01}
"""


@pytest.fixture
def call(tmp_path, monkeypatch, capfd):
    """Runs a command in a folder with the program and the base; returns what it printed."""
    monkeypatch.chdir(tmp_path)
    Path("far").mkdir()
    Path("far/program.yaml").write_text(_PROGRAM)
    Path("far/policies.yaml").write_text(_LEVELS)
    Path("base.yaml").write_text(_BASE)

    def run_it(command, *words):
        code = run([command, "far", "base.yaml", *words, "--as-of", "2026-11-21"])
        said = capfd.readouterr()
        assert (code, said.err) == (0, "")
        return said.out

    return run_it


def test_engines_say_the_same(call):
    for engine in ("rows", "columns"):
        call("evaluate", "-o", f"{engine}.csv", "--engine", engine)
    assert Path("rows.csv").read_bytes() == Path("columns.csv").read_bytes()


@pytest.mark.parametrize("command", ["report", "forecast", "evaluate"])
def test_lists_for_people(call, command):
    call(command, "-o", "lists.xlsx")
    assert "9001" in call(command) or command == "forecast"


def test_an_order_by_days_and_by_choices(call):
    rows = csv.DictReader(call("report", "ends", "-o", "csv").splitlines())
    assert [(row["key"], row["ended"], row["far"]) for row in rows] == [
        ("c", "2028-12-01", "1 Feb 11019"),
        ("b", "2026-12-01", "1 Feb 11022"),
        ("d", "9999-12-31", "9001-01-01"),
        ("a", "never", "1 Feb 11025"),
        ("f", "never", "1 Mar 11024"),
    ]


def test_what_is_due_on_a_day_that_never_comes_is_not_charged(call):
    decisions = json.loads(call("evaluate", "-o", "json"))
    told = {each["subject"]["key"]: {one["id"]: one for one in each["charges"]} for each in decisions}
    leaving = {key: (each["leaving"]["status"], each["leaving"]["due_on"]) for key, each in told.items()}
    assert leaving["a"] == leaving["e"] == leaving["f"] == ("not_applicable", None)
    assert leaving["b"] == ("applies", "2026-12-01")
    assert told["a"]["leaving"]["because"][0]["text"] == "last day is never, after 31 Dec 9999"
    assert told["e"]["later"]["status"] == "undetermined"


def test_why(call):
    assert "last day is never, after 31 Dec 9999" in call("why", "--key", "a", "--all", "leaving")
    assert "As of 21 Nov 2026" in call("why", "--key", "c", "--all", "levels")
