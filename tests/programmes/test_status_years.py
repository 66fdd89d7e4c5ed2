"""Years of a status programme in a row, as steps of tests, against a slow calculation by hand: to the day."""

from __future__ import annotations

import os
import random
import shutil
from datetime import date, timedelta
from pathlib import Path

from tests.change.slow import months_on

from policyengine.verify.suite import Programs, run_file

FOLDER = Path(__file__).parent / "qantas-status"
MEMBERS, MOST = int(os.environ.get("MEMBERS", "60")), 200
"""How many members are drawn, and how many of them stand in one file."""
LEVELS = ("bronze", "silver", "gold", "platinum", "platinum_one")
REACH, KEEP = (0, 300, 700, 1400, 3600), (0, 250, 600, 1200, 3600)
YEAR = '"P1Y"'
JOINED = (date(2020, 2, 29), date(2021, 2, 28), date(2020, 3, 31), date(2022, 7, 1), date(2023, 12, 31))
STATE = f"""state:
  held: held
  since: held_since
  falls: {{when: 'today = last of series(joined_on, @{YEAR}, today)', by: one level}}
  keeps_until: next of series(joined_on, @{YEAR}, today) - @"P1D"
"""
FACTS = """      joined_on: {type: date, title: day of joining}
      held_since: {type: date, title: held since}
      held: {"""


def _program(at: Path) -> Path:
    """The programme, whose levels of the next year are renewed on the day of joining."""
    shutil.copytree(FOLDER, at, ignore=shutil.ignore_patterns("*_test.yaml"))
    levels, program = at / "levels.yaml", at / "program.yaml"
    text = levels.read_text()
    assert text.count("state: {held: held, falls: {by: one level}}\n") == 1
    levels.write_text(text.replace("state: {held: held, falls: {by: one level}}\n", STATE))
    program.write_text(program.read_text().replace("      held: {", FACTS, 1))
    return at


class _Member:
    """A member as the rules read, walked from day to day."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.joined = chance.choice(JOINED)
        self.level = chance.randrange(5)
        self.since = self.joined
        self.day = date(2024, 1, 1)

    def anniversary(self, after: date) -> date:
        """The next day of joining after a day; on 28 February where there is no 29th."""
        n = 0
        while (day := months_on(self.joined, 12 * n)) <= after:
            n += 1
        return day

    def written(self, i: int) -> str:
        """The test of some steps: several reviews, and days between them."""
        record = f"{{id: m, joined_on: {self.joined}, held: {LEVELS[self.level]}, held_since: {self.since}}}"
        steps = "".join(f"      - {self._step()}\n" for _ in range(4))
        return f"  - name: member {i}\n    record: {record}\n    steps:\n{steps}"

    def _step(self) -> str:
        due = self.anniversary(self.day)
        self.day = (
            due if self.chance.random() < 0.7 else max(due - timedelta(days=9), self.day + timedelta(days=1))
        )
        credits, flights = self.chance.choice(self._figures()), self.chance.choice((0, 3, 4, 9))
        before = self.level
        self._renew(credits, flights)
        until = f", held_until: {self.anniversary(self.day) - timedelta(days=1)}" if self.level else ""
        expected = f"levels: [{{policy: next-year, level: {LEVELS[self.level]}{until}}}, {{}}]"
        if self.level != before:
            self.since = self.day
            expected += f", move: {{written: {{held: {LEVELS[self.level]}, held_since: {self.day}}}}}"
        figures = f"status_credits: {credits}, eligible_flights: {flights}"
        return f"{{as_of: {self.day}, with: {{{figures}}}, expect: {{{expected}}}}}"

    def _figures(self) -> list[int]:
        """Credits at and around every edge."""
        return [edge + near for edge in {*REACH, *KEEP} for near in (-1, 0, 1) if edge + near >= 0]

    def _renew(self, credits: int, flights: int) -> None:
        reached = max(i for i in range(5) if i == 0 or (credits >= REACH[i] and flights >= 4))
        kept = self.level == 0 or (credits >= KEEP[self.level] and flights >= 4)
        if reached > self.level:
            self.level = reached
        elif not kept and self.day == months_on(self.joined, 12 * (self.day.year - self.joined.year)):
            self.level = max(self.level - 1, reached)


def test_years_in_a_row(tmp_path: Path) -> None:
    folder, chance, programs = _program(tmp_path / "status"), random.Random(7), Programs()
    for first in range(0, MEMBERS, MOST):
        members = range(first, min(first + MOST, MEMBERS))
        tests = "".join(_Member(chance).written(i) for i in members)
        file = folder / f"years{first}_test.yaml"
        file.write_text(f"kind: test\nprogram: .\nas_of: 2024-01-01\ntests:\n{tests}")
        result = run_file(str(file), programs)
        assert not result.diagnostics
        assert len(result.results) == 4 * len(members)
        wrong = [each for each in result.results if each.status != "passed"]
        assert not wrong, wrong[0]
