"""Levels that last, over twelve quarters: what renewing writes, beside a slow calculation of its own."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from policyengine.api import Program
from policyengine.change.states import ABSENT
from policyengine.change.titles import titles_of
from support import good_program

IDS = ("bronze", "silver", "gold", "platinum")
REACH = {"silver": 300, "gold": 700, "platinum": 1400}
KEEP = {"silver": 250, "gold": 600, "platinum": 1200}
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
      held: {type: enum, values: [bronze, silver, gold, platinum], title: level held}
      held_since: {type: date, title: held since}
      short_since: {type: date, title: short since}
      counter: {type: count, title: counter}
      earned: {type: count, title: earned}
      credits: {type: count, title: credits, formula: counter + earned}
"""
POLICY = """\
kind: tiers
id: status
title: Status
for: partner
measure: credits
levels:
  - {{id: silver, title: Silver, credits: 300.., keep: {{credits: 250..}}}}
  - {{id: gold, title: Gold, credits: 700.., keep: {{credits: 600..}}}}
  - {{id: platinum, title: Platinum, credits: 1400.., keep: {{credits: 1200..}}}}
otherwise: {{level: bronze}}
state:
  held: held
  since: held_since
  rises: {rises}
  falls: {{by: {by}{when}}}
  short_since: short_since
  counter: {{fact: counter, add: earned, uses_up: {uses_up}}}
  {grace}
  {floor}
"""
QUARTERS = [date(year, month, 1) for year in (2024, 2025, 2026) for month in (1, 4, 7, 10)]


def _three_months_after(day: date) -> date:
    month = day.month + 3
    return date(day.year + (month > 12), (month - 1) % 12 + 1, day.day)


def _year_over(day: date) -> bool:
    return day.month == 1


class Slow:
    """One member, quarter by quarter, without an expression of the language."""

    def __init__(self, rises: str, by: str, yearly: bool, grace: bool, floor: int, uses_up: bool) -> None:
        self.rises, self.by, self.yearly, self.grace = rises, by, yearly, grace
        self.floor, self.uses_up = floor, uses_up
        self.held, self.counter = 0, 0
        self.since: date | None = None
        self.short_since: date | None = None

    def by_figures(self, credits: int) -> int:
        """The level that the figures lead to, whenever it may change."""
        before = self.held
        reached = max([0, *(i for i, id in enumerate(IDS) if i and credits >= REACH[id])])
        kept = max([0, *(i for i, id in enumerate(IDS) if 0 < i <= before and credits >= KEEP[id])])
        if reached >= before or kept == before:
            return max(reached, before)
        return max(before - 1 if self.by == "one level" else max(reached, kept), min(self.floor, before))

    def renew(self, day: date, earned: int) -> None:
        """What a quarter brings."""
        credits, before = self.counter + earned, self.held
        review = not self.yearly or _year_over(day)
        short = before > 0 and credits < min(REACH[IDS[before]], KEEP[IDS[before]])
        patient = self.grace and (self.short_since is None or day < _three_months_after(self.short_since))
        led = self.by_figures(credits)
        if (led > before and (self.rises == "at once" or review)) or (short and review and not patient):
            self.held = led
        if self.held != before:
            self.since = day
        if not short or self.held != before:
            self.short_since = None
        elif self.short_since is None:
            self.short_since = day
        self.counter = credits
        if self.uses_up and self.held > before:
            self.counter -= REACH[IDS[self.held]]

    def told(self) -> dict[str, Any]:
        """The record that holds it."""
        found = {
            "held": IDS[self.held], "counter": self.counter, "held_since": self.since,
            "short_since": self.short_since,
        }  # fmt: skip
        return {name: value for name, value in found.items() if value is not None}


def _program(slow: Slow, day: date, known: dict[date, Program]) -> Program:
    if day not in known:
        policy = POLICY.format(
            rises=slow.rises, by=slow.by, uses_up=str(slow.uses_up).lower(),
            when=", when: today.month = 1" if slow.yearly else "", grace="grace: P3M" if slow.grace else "",
            floor=f"floor: {IDS[slow.floor]}" if slow.floor else "",
        )  # fmt: skip
        known[day] = good_program(policy, base=PROGRAM, as_of=day)
    return known[day]


@pytest.mark.parametrize("rises", ["at once", "at review"])
@pytest.mark.parametrize("by", ["one level", "to the level reached"])
@pytest.mark.parametrize(
    ("yearly", "grace", "floor", "uses_up"),
    [(False, False, 0, True), (True, True, 1, False), (False, True, 2, True)],
)
def test_twelve_quarters(rises: str, by: str, yearly: bool, grace: bool, floor: int, uses_up: bool) -> None:
    source = random.Random(f"{rises} {by} {yearly} {grace} {floor}")
    programs: dict[date, Program] = {}
    for _ in range(8):
        slow = Slow(rises, by, yearly, grace, floor, uses_up)
        record: dict[str, Any] = {"id": "m", **slow.told()}
        for day in QUARTERS:
            record["earned"] = source.choice((0, 0, 100, 260, 300, 650, 800, 1500)) - source.choice((0, 100))
            record["earned"] = max(record["earned"], -record["counter"], 0)
            program = _program(slow, day, programs)
            (level,) = program.evaluate(record).of("levels")
            moved = program.advance(record)
            told = (level.by_figures, level.on_record)
            assert told == (IDS[slow.by_figures(slow.counter + record["earned"])], record["held"])
            slow.renew(day, record["earned"])
            assert moved.refused is None
            for change in moved.changes:
                if change.new is None:
                    del record[change.fact]
                else:
                    record[change.fact] = change.new
            assert {k: v for k, v in record.items() if k not in ("id", "earned")} == slow.told(), day
            assert level.level == record["held"]


def test_a_plan_calls_the_lowest_level_by_its_title() -> None:
    program = _program(Slow("at once", "one level", False, False, 0, False), QUARTERS[0], {})
    assert titles_of([program.linked]).level("status", ABSENT) == "bronze"
