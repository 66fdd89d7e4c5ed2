"""Waivers, beside a slow calculation of its own: what is waived, what lets pass, which waiver is used."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import policyengine
from support import good_program, program_of, shown

FOLDER = Path(__file__).parent / "programs" / "waivers"
DAYS = tuple(date(2026, 10, 1) + timedelta(days=15 * i) for i in range(12))
Verdict = tuple[str, str, str]
"""What a waiver is of, its id, its status."""


def _within(day: date, begins: date | None, ends: date | None) -> bool:
    return (begins is None or begins <= day) and (ends is None or day <= ends)


class Slow:
    """One partner on one day, without an expression of the language; a fact that is missing is None."""

    def __init__(self, record: dict[str, Any], today: date) -> None:
        self.record, self.today = record, today
        self.verdicts: set[Verdict] = set()

    def judge(
        self, path: str, id: str, whom: bool | None, met: bool | None, *, asked: bool | None = True,
        begins: date | None = None, ends: date | None = None, due: date | None = None, with_due: bool = False,
    ) -> bool:  # fmt: skip
        """Whether the waiver lets pass; notes its status, where it has one."""
        day = due if with_due else self.today
        if not whom:
            return False
        enough = met is True or asked is False
        if day is None:
            self.verdicts.add((path, id, "undetermined"))
            return False
        over = ends is not None and self.today > ends and day > ends and day <= self.today
        if over:
            if not enough:
                self.verdicts.add((path, id, "lapsed"))
            return False
        if with_due and not _within(day, begins, ends):
            return False
        early = not with_due and begins is not None and self.today < begins
        self.verdicts.add((path, id, "upcoming" if early else "unused" if enough else "used"))
        return _within(day, begins, ends)

    def levels(self) -> str:
        """The level, if it can be told: `low` and `high` are the truths that are known and possible."""
        get = self.record.get
        harbour, dock = get("id") == "harbour", get("id") == "dock"
        us, eu = get("region") == "us", get("region") == "eu"
        team = self.judge(
            "levels/team", "team", harbour, get("team"), begins=date(2026, 11, 1), ends=date(2027, 1, 31)
        )
        insured = self.judge(
            "levels/insurance", "insurance", us, get("insured"), asked=us, ends=date(2026, 12, 31)
        )
        references = self.judge(
            "levels/gold/references", "references", True, get("references") >= 2, ends=date(2026, 12, 31)
        )
        approval = self.judge("levels/gold/approval", "approval", eu, get("approved"))
        shared = (get("team") or team) and (not us or get("insured") or insured)
        gold = (
            get("accounts") >= 10 and shared and (get("references") >= 2 or references)
            and (get("approved") or approval)
        )  # fmt: skip
        given = self.judge("levels/gold", "strategic", dock, bool(gold), ends=date(2026, 12, 31))
        if gold or given:
            return "gold"
        return "silver" if get("accounts") >= 5 and shared else "none"

    def duties(self) -> dict[str, str]:
        """The statuses of the duties that are due once."""
        get, dock = self.record.get, self.record.get("id") == "dock"
        due, asked = get("contract_on") + timedelta(days=30), get("accounts") >= 1
        plan = self.judge(
            "duties/plan", "plan", dock, None, asked=asked, ends=date(2026, 11, 30), due=due, with_due=True
        )
        code = self.judge(
            "duties/code", "code", dock, get("signed"), begins=date(2026, 11, 15), ends=date(2026, 12, 15)
        )
        return {
            "plan": "not_applicable" if not asked else "waived" if plan else "manual",
            "code": "met" if get("signed") else "waived" if code else "due",
        }

    def reviews(self) -> list[str]:
        """The statuses of the yearly review, of this year and of the one before."""
        found = []
        for year in (self.today.year - 1, self.today.year):
            last, held = date(year, 12, 31), self.record["reviewed_on"]
            met = held.year == year
            waived = self.judge(
                "duties/review", "review", self.record["id"] == "harbour", met,
                begins=date(2026, 1, 1), ends=date(2026, 12, 31), due=last, with_due=True,
            )  # fmt: skip
            open_one = "upcoming" if last > self.today else "due" if last == self.today else "overdue"
            found.append("met" if met else "waived" if waived else open_one)
        return found


def _record(source: random.Random) -> dict[str, Any]:
    return {
        "id": source.choice(["harbour", "dock", "pier"]),
        "region": source.choice(["eu", "us"]),
        "accounts": source.choice([0, 1, 4, 5, 9, 10, 20]),
        "team": source.random() < 0.5,
        "insured": source.random() < 0.5,
        "references": source.choice([0, 2]),
        "approved": source.random() < 0.5,
        "signed": source.random() < 0.5,
        "reviewed_on": date(source.choice([2025, 2026, 2027]), 5, 5),
        "contract_on": date(2026, 10, source.choice([1, 5, 31])) + timedelta(days=source.choice([0, 1, 30])),
        "deals": [],
    }


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_what_is_waived_is_what_a_slow_calculation_says(day: date) -> None:
    program, source = policyengine.load(FOLDER, as_of=day), random.Random(day.toordinal())
    for _ in range(40):
        record = _record(source)
        slow, decision = Slow(record, day), program.evaluate(record)
        level, duties, reviews = slow.levels(), slow.duties(), slow.reviews()
        (found,) = decision.of("levels")
        assert (found.level or "none") == level, record
        told = {each.id: each.status for each in decision.of("obligations") if each.id != "review"}
        assert told == duties, record
        assert [each.status for each in decision.of("obligations") if each.id == "review"] == reviews
        assert {(each.of, each.id, each.status) for each in decision.of("waivers")} == slow.verdicts, record


PROGRAM = """\
kind: program
id: p
title: P
parties: {partner: the partner, vendor: the vendor}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      points: {type: count, title: points}
      held: {type: enum, title: level held, values: [none, silver, gold], informative: true}
      ok: {type: boolean, title: is ok}
"""
LEVELS = """\
kind: tiers
id: levels
title: Levels
for: partner
measure: points
requires: [{id: ok, title: Is ok, when: ok}]
levels:
  - {id: silver, title: Silver, points: 10..}
  - {id: gold, title: Gold, points: 20..}
otherwise: {level: none}
"""
WAIVER = """\
kind: waivers
id: w
title: W
for: partner
waivers:
  - {id: a, of: OF, why: why not, approved_by: vendor, until_including: 2026-12-31}
"""


def _levels(of: str, record: dict[str, object]) -> Any:
    return good_program(LEVELS, WAIVER.replace("OF", of), base=PROGRAM).evaluate(record)


def test_the_room_of_a_level_that_only_a_waiver_gives_is_not_told() -> None:
    for of, room in (("levels/gold", None), ("levels/gold/points", None), ("levels/ok", 2)):
        points = 22 if of == "levels/ok" else 3
        (level,) = _levels(of, {"id": "p", "points": points, "ok": of != "levels/ok"}).of("levels")
        assert level.level == "gold"
        assert (None if level.room is None else level.room.room) == room


def test_what_is_waived_need_not_be_known_and_is_not_missing() -> None:
    decision = _levels("levels/ok", {"id": "p", "points": 12})
    (level,) = decision.of("levels")
    assert (level.level, [one.status for one in level.requirements]) == ("silver", ["met", "waived"])
    assert decision.missing == ()


def test_what_is_waived_is_not_lacking_for_the_next_level() -> None:
    (level,) = _levels("levels/gold/points", {"id": "p", "points": 12, "ok": False}).of("levels")
    assert level.level == "none"
    (level,) = _levels("levels/ok", {"id": "p", "points": 12, "ok": False}).of("levels")
    assert level.next is not None
    assert [each.title for each in level.next.missing] == ["points at least 20"]


def test_a_level_that_is_given_is_kept_and_falls_when_the_waiver_is_over() -> None:
    lasting = LEVELS.replace("20..}", "20.., keep: {points: 15..}}") + "state: {held: held}\n"
    record = {"id": "p", "points": 3, "ok": True, "held": "none"}
    program = good_program(lasting, WAIVER.replace("OF", "levels/gold"), base=PROGRAM)
    (level,) = program.evaluate(record).of("levels")
    assert (level.level, level.by_figures) == ("gold", "gold")
    later = good_program(lasting, WAIVER.replace("OF", "levels/gold"), base=PROGRAM, as_of=date(2027, 1, 1))
    (level,) = later.evaluate(record | {"held": "gold"}).of("levels")
    assert (level.level, level.by_figures) == ("none", "none")


def test_a_waiver_may_be_of_what_another_version_asks_for() -> None:
    two = LEVELS + "until_including: 2026-12-31\n---\n" + LEVELS.replace(
        "requires: [{id: ok, title: Is ok, when: ok}]\n", "from: 2027-01-01\n"
    )  # fmt: skip
    assert [
        each.code.id for each in program_of(two, WAIVER.replace("OF", "levels/ok"), base=PROGRAM).diagnostics
    ] == []


@pytest.mark.parametrize(
    ("of", "help"),
    [
        ("levels/golden", "did you mean `levels/gold`?"),
        ("levels/gold/ok", "write `levels/ok`"),
        ("points", "write `levels/gold/points` or `levels/silver/points`"),
        ("w/a", None),
    ],
)
def test_what_a_misspelt_waiver_is_told(of: str, help: str | None) -> None:
    (found,) = program_of(LEVELS, WAIVER.replace("OF", of), base=PROGRAM).diagnostics
    assert (found.code.id, found.help) == ("WAIVER001", help), shown([found])


def test_nobody_is_told_of_the_waivers_of_others() -> None:
    waiver = WAIVER.replace("OF", "levels/ok").replace("why:", "when: {id: harbour}, why:")
    program = good_program(LEVELS, waiver, base=PROGRAM)
    decision = program.evaluate({"id": "pier", "points": 12, "ok": False})
    assert decision.of("waivers") == ()
    assert "harbour" not in str(decision.to_json())
    (level,) = decision.of("levels")
    assert not any("harbour" in line for line in decision.why(level))
