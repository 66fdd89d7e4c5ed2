"""What is to come: as the evaluation of every single day says, and in words."""

from __future__ import annotations

import csv
import operator
import random
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from tests.differential.programs import FOLDERS
from tests.reports.every_day import FIRST, boundaries, differences, drawn, states_on, through
from tests.support import good_program, record_of

from policyengine.change.period import Days
from policyengine.change.states import ABSENT, State
from policyengine.feel.functions import WRITTEN
from policyengine.feel.functions.periods import FUNCTIONS
from policyengine.feel.values.calendar import Series, add_months
from policyengine.feel.values.values import Months
from policyengine.feel.values.watched_day import Watch, WatchedDay, plain_day
from policyengine.papers.language import language
from policyengine.program.graph import Graph
from policyengine.render.listings import csv_line
from policyengine.reports.course import Who, changes, course, stretches
from policyengine.reports.forecast import Forecast

_DAY = timedelta(days=1)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_forecast_says_what_every_day_says(folder: Path) -> None:
    last, source = FIRST + timedelta(days=400), random.Random(3)
    records = drawn(folder, 6, seed=5)
    turns = boundaries([[*course(record, through(folder, last))] for record in records])
    near = {day + offset * _DAY for day in turns for offset in (-1, 0)}
    some = source.sample(sorted(day for day in near if FIRST <= day <= last), min(4, len(turns)))
    some += [FIRST, last, *(FIRST + timedelta(days=source.randrange(400)) for _ in range(2))]
    assert list(differences(folder, records, some, last)) == []


@pytest.mark.parametrize(("folder", "least"), [(each, 20 * (each.name == "bytekast")) for each in FOLDERS])
def test_a_change_leads_from_the_state_before_to_the_one_after(folder: Path, least: int) -> None:
    last = FIRST + timedelta(days=400)
    several = 0
    for record in drawn(folder, 6, seed=5):
        found = [*course(record, through(folder, last))]
        held: dict[Who, State] = states_on(found, FIRST)
        for day, *who, before, after in changes(found):
            key = (who[0], who[1])
            assert before == held.get(key, ABSENT), (day, key)
            several += key in held
            held[key] = after
        on_last = states_on(found, last)
        assert {key: state for key, state in held.items() if state != ABSENT} == {
            key: state for key, state in on_last.items() if state != ABSENT
        }
    assert several >= least


def test_a_forecast_asks_on_few_days() -> None:
    (folder,) = (each for each in FOLDERS if each.name == "bytekast")
    last = FIRST + timedelta(days=400)
    courses = [[*course(record, through(folder, last))] for record in drawn(folder, 6, seed=5)]
    assert max(map(len, courses)) < 40


# A day that is watched

_COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)
_UNTIL = date(2028, 12, 31)


def test_comparisons_hold_until_a_watch_says() -> None:
    source = random.Random(1)
    for _ in range(400):
        day = FIRST + timedelta(days=source.randrange(500))
        other = FIRST + timedelta(days=source.randrange(700))
        compare = source.choice(_COMPARISONS)
        months, days = source.randrange(-14, 14), source.randrange(-60, 60)

        def asked(one: date, months: int = months, days: int = days) -> date:
            moved = add_months(one, months)
            assert isinstance(moved, date)
            return moved + timedelta(days=days)

        watch = Watch(day, _UNTIL)
        answer = compare(asked(WatchedDay(watch)), other)
        assert answer == compare(asked(day), other)
        same = [compare(asked(day + i * _DAY), other) == answer for i in range((watch.until - day).days + 1)]
        assert all(same), (day, other, months, days)


def test_a_comparison_holds_as_long_as_it_can() -> None:
    for day, until in ((date(2026, 11, 21), date(2026, 11, 30)), (date(2026, 12, 1), date(2026, 12, 1))):
        watch = Watch(day, _UNTIL)
        assert (WatchedDay(watch) > date(2026, 12, 1)) is False
        assert watch.until == until
    watch = Watch(date(2026, 12, 2), _UNTIL)
    assert date(2026, 12, 1) < WatchedDay(watch)
    assert watch.until == _UNTIL
    watch = Watch(date(2026, 11, 30), _UNTIL)
    assert not add_months(WatchedDay(watch), 3) > date(2027, 2, 28)  # type: ignore[operator]
    assert watch.until == date(2026, 11, 30)


def test_periods_hold_until_the_next_one_begins() -> None:
    source = random.Random(2)
    periods = FUNCTIONS["calendar periods"].signatures[0].run
    for _ in range(200):
        day = FIRST + timedelta(days=source.randrange(500))
        unit = source.choice(("month", "quarter", "half year", "year"))
        begins = date(2000, source.randrange(1, 13), source.randrange(1, 29))
        watch = Watch(day, _UNTIL)
        answer = periods(unit, WatchedDay(watch), begins)
        assert answer == periods(unit, day, begins)
        middle = day + (watch.until - day) / 2
        assert periods(unit, middle, begins) == periods(unit, watch.until, begins) == answer
        assert watch.until == _UNTIL or periods(unit, watch.until + _DAY, begins) != answer
        length = source.choice((Months(1), timedelta(days=10)))
        series = Series(FIRST - timedelta(days=source.randrange(500)), length)
        watch = Watch(day, _UNTIL)
        steps = series.steps_until(WatchedDay(watch))
        assert steps == series.steps_until(day) == series.steps_until(watch.until)
        assert series.steps_until(watch.until + _DAY) == steps + 1


def test_business_days_are_followed() -> None:
    run = WRITTEN["add business days"].signatures[0].run
    watch = Watch(date(2026, 11, 20), _UNTIL)  # a Friday
    day = run(WatchedDay(watch), Decimal(1))
    assert not day > date(2026, 11, 23)
    assert watch.until == date(2026, 11, 22)


@pytest.mark.parametrize(
    "look",
    [str, repr, hash, lambda day: day.day, lambda day: day - FIRST, lambda day: FIRST - day, plain_day,
     lambda day: day.toordinal(), lambda day: f"{day:%d}", lambda day: day.isoformat()],
)  # fmt: skip
def test_what_is_not_followed_holds_for_the_day_alone(look) -> None:
    watch = Watch(FIRST, _UNTIL)
    found = look(WatchedDay(watch))
    assert found == look(FIRST) or look is hash
    assert watch.until == FIRST


@pytest.mark.parametrize(("look", "until"), [("year", date(2026, 12, 31)), ("month", date(2026, 11, 30))])
def test_parts_hold_while_they_last(look: str, until: date) -> None:
    watch = Watch(FIRST, _UNTIL)
    assert getattr(WatchedDay(watch), look) == getattr(FIRST, look)
    assert watch.until == until


# In CSV


def test_a_line_of_csv_is_read_as_it_was() -> None:
    cells = ["plain", 'with "quotes"', "a, b", "", "=1+1", "ä ", None, date(2027, 1, 1)]
    cells += [Decimal("1E+3"), Decimal("-1.50"), 7]
    (read,) = csv.reader([csv_line()(cells)])
    wanted = ["plain", 'with "quotes"', "a, b", "", "'=1+1", "ä ", "", "2027-01-01"]
    assert read == [*wanted, "1000", "-1.50", "7"]


# In words

BASE = """\
kind: program
id: example
title: Example
currency: EUR
parties: {partner: the partner, vendor: the vendor}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: id}
      points: {type: count, title: points}
      valid_until: {type: date, title: valid until}
      joined_on: {type: date, title: joined on}
"""
LEVELS = """\
kind: tiers
id: levels
title: Levels
for: partner
measure: points
otherwise: {level: member, title: Member}
levels:
  - id: gold
    title: Gold
    points: 100..
    requires:
      - {id: certificate, title: Has a certificate that holds, when: valid_until >= today}
"""
FEE = """\
kind: billing
id: fees
title: Fees
for: partner
from: FROM
until_including: UNTIL
charges:
  - {id: fee, title: Yearly fee, amount: AMOUNT, first_due: joined_on, every: P1Y}
"""


def test_what_is_to_come_in_words() -> None:
    old = FEE.replace("FROM", "2020-01-01").replace("UNTIL", "2027-01-31").replace("AMOUNT", "100")
    new = FEE.replace("from: FROM", "from: 2027-02-01").replace("until_including: UNTIL\n", "")
    texts = (LEVELS, old, new.replace("AMOUNT", "120"))
    days, last = [date(2026, 11, 21), date(2027, 2, 1)], date(2028, 2, 1)

    def graph_on(day: date) -> Graph:
        graph = good_program(*texts, base=BASE, as_of=day).linked.evaluated
        assert graph is not None
        return graph

    program = good_program(*texts, base=BASE)
    forecast = Forecast(stretches(graph_on, days, last), last, program.labels, language("en"))
    record = record_of(program, "{id: a, points: 120, valid_until: 2027-03-31, joined_on: 2026-01-15}")
    forecast.add(forecast.part([record]))
    rows = [tuple(map(str, row[:7])) for row in forecast.listings()[0].rows]
    assert rows == [
        ("2027-01-15", "a", "None", "None", "Yearly fee", "falls due, year 2", "100.00"),
        ("2027-02-01", "a", "None", "None", "Yearly fee", "100.00 EUR -> 120.00 EUR", "None"),
        ("2027-04-01", "a", "None", "None", "Levels", "Gold -> Member", "None"),
        ("2028-01-15", "a", "None", "None", "Yearly fee", "falls due, year 3", "120.00"),
    ]


STANDING = """\
kind: scorecard
id: standing
title: Standing
for: partner
max: 100
parts:
  - {id: years, title: Years, of: 'if today < joined_on + @"P2Y" then 10 else 25', each: 1, max: 30}
"""
LEAST = """\
kind: billing
id: least
title: Least
for: partner
charges:
  - {id: share, title: Share, payer: vendor, amount: fee * 0, min: 75.00, first_due: joined_on, every: P1Y}
  - {id: open, title: Open, payer: vendor, amount: 0, min: fee, first_due: joined_on, every: P1Y, times: 3}
  - {id: off, title: Off, amount: 0, first_due: joined_on, every: P1Y}
"""


@pytest.mark.parametrize("fee", ["120", None])
def test_values_are_told_in_words_and_what_is_at_least_something_falls_due(fee: str | None) -> None:
    base = BASE.replace("points: {", "fee: {type: money, title: fee}\n      points: {")
    program = good_program(LEVELS, STANDING, LEAST, base=base)
    graph, first, last = program.linked.evaluated, date(2026, 11, 21), date(2028, 2, 1)
    assert graph is not None
    forecast = Forecast(stretches(lambda _: graph, [first], last), last, program.labels, language("en"))
    given = "" if fee is None else f"fee: {fee}, "
    record = record_of(
        program, f"{{id: a, points: 5, {given}valid_until: 2030-03-31, joined_on: 2026-01-15}}"
    )
    forecast.add(forecast.part([record]))
    rows = [tuple(map(str, (row[0], row[4], row[5], row[6]))) for row in forecast.listings()[0].rows]
    share, own = ("75.00", "120.00") if fee else ("None", "None")
    assert [row for row in rows if row[3] != "None" or row[1] in ("Standing", "Open", "Share")] == [
        ("2027-01-15", "Open", "falls due, year 2", own),
        ("2027-01-15", "Share", "falls due, year 2", share),
        ("2028-01-15", "Open", "falls due, year 3", own),
        ("2028-01-15", "Share", "falls due, year 3", share),
        ("2028-01-15", "Standing", "points 10 -> points 25", "None"),
        ("2028-01-16", "Open", "ends", "None"),
    ]


def test_the_days_of_a_course_are_whole() -> None:
    last = FIRST + timedelta(days=400)
    for folder in FOLDERS:
        for record in drawn(folder, 2, seed=9):
            days = [on.days for on in course(record, through(folder, last))]
            assert days[0].first == FIRST
            assert days[-1].last == last
            assert all(one.last + _DAY == other.first for one, other in pairwise(days))
            assert all(isinstance(each, Days) for each in days)
