"""Periods of an entity: hand-made tables, and every rhythm against a slow walk through the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.change.slow import months_on

from policyengine.decision.decision import Decision
from policyengine.feel import evaluate
from support import decide, good_program, program_of

PROGRAM = """\
kind: program
id: shop
title: Shop
fiscal_year_starts: START
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    periods:
      joined: {of: joined_on, every: RHYTHM, title: period of joining, label: "LABEL"}
      now: {of: today, every: RHYTHM, title: current period}
    facts:
      id: {type: text, title: identifier}
      joined_on: {type: date, title: day of joiningDEFAULT}
      begun_on: {type: date, title: first day, informative: true}
      name: {type: text, title: name, formula: joined.label}
      about: {type: list of count, title: parts, formula: "[joined.number, joined.days, joined.year]"}
      days: {type: list of date, title: days, formula: "[DAYS]"}
      same:
        {type: list of boolean, title: order, formula: "[joined = now, joined < now, joined >= now.previous]"}
      usual: {type: text, title: usual label, formula: now.label}
      earned: {type: count, title: earned, formula: "sum(bookings[term = now.previous].points)"}
  booking:
    title: booking
    within: partner
    list: bookings
    key: id
    periods:
      term: {of: earned_on, every: RHYTHM, title: period of the booking}
    facts:
      id: {type: text, title: identifier}
      earned_on: {type: date, title: day}
      points: {type: count, title: points}
"""
DAYS = ", ".join(f"joined.{around}{end}" for around in ("", "next.", "previous.") for end in ("start", "end"))
POLICY = """\
kind: obligations
id: duties
title: Duties
for: partner
obligations:
  - {id: stay, title: Stay, met_when: joined.start < now.start}
"""


def _base(start: str, rhythm: str, label: str = "{n}", default: str = "") -> str:
    texts = {"START": start, "RHYTHM": rhythm, "LABEL": label, "DEFAULT": default, "DAYS": DAYS}
    found = PROGRAM
    for word, text in texts.items():
        found = found.replace(word, text)
    return found


def _figures(decision: Decision, entity: str = "partner") -> dict[str, Any]:
    return {each.id: each.value for each in decision.of("figures") if each.subject.entity == entity}


def _values(base: str, record: dict[str, Any], today: date = date(2026, 11, 30)) -> dict[str, Any]:
    decision = decide(good_program(POLICY, base=base, as_of=today), {"id": "p", **record})
    return _figures(decision)


# Start of fiscal years, rhythm, day; number, days, year; label; start, end; of the next; of the previous.
TABLE = """
02-01 fiscal half year 2026-11-30 2 184 2027 26/27 H2 Aug
    2026-08-01 2027-01-31 2027-02-01 2027-07-31 2026-02-01 2026-07-31
02-01 fiscal half year 2027-01-31 2 184 2027 26/27 H2 Aug
    2026-08-01 2027-01-31 2027-02-01 2027-07-31 2026-02-01 2026-07-31
02-01 fiscal half year 2027-02-01 1 181 2028 27/28 H1 Feb
    2027-02-01 2027-07-31 2027-08-01 2028-01-31 2026-08-01 2027-01-31
04-06 fiscal year 2024-04-05 1 366 2024 23/24 H1 Apr
    2023-04-06 2024-04-05 2024-04-06 2025-04-05 2022-04-06 2023-04-05
04-06 fiscal quarter 2024-02-29 4 91 2024 23/24 H4 Jan
    2024-01-06 2024-04-05 2024-04-06 2024-07-05 2023-10-06 2024-01-05
10-28 fiscal month 2024-02-28 5 29 2024 23/24 H5 Feb
    2024-02-28 2024-03-27 2024-03-28 2024-04-27 2024-01-28 2024-02-27
01-01 fiscal quarter 2026-06-30 2 91 2026 26/26 H2 Apr
    2026-04-01 2026-06-30 2026-07-01 2026-09-30 2026-01-01 2026-03-31
04-06 calendar month 2024-02-29 2 29 2024 24/24 H2 Feb
    2024-02-01 2024-02-29 2024-03-01 2024-03-31 2024-01-01 2024-01-31
04-06 calendar half year 2026-12-31 2 184 2026 26/26 H2 Jul
    2026-07-01 2026-12-31 2027-01-01 2027-06-30 2026-01-01 2026-06-30
07-01 calendar year 2024-12-31 1 366 2024 24/24 H1 Jan
    2024-01-01 2024-12-31 2025-01-01 2025-12-31 2023-01-01 2023-12-31
"""


@pytest.mark.parametrize("line", TABLE.strip().replace("\n    ", " ").splitlines())
def test_periods_by_hand(line: str) -> None:
    start, *words = line.split()
    at = next(i for i, word in enumerate(words) if word[:2] == "20")
    day, number, length, year, *rest = words[at:]
    found = _values(
        _base(start, " ".join(words[:at]), "{first_yy}/{yy} H{n} {month}"),
        {"joined_on": date.fromisoformat(day)},
    )
    assert found["name"] == " ".join(rest[:3])
    assert found["about"] == (int(number), int(length), int(year))
    assert [each.isoformat() for each in found["days"]] == rest[3:]


# First day, length, day; number, days; start, end; of the next; of the previous.
COUNTED = """
2024-02-29 P1Y 2027-02-27 3 365 2026-02-28 2027-02-27 2027-02-28 2028-02-28 2025-02-28 2026-02-27
2024-02-29 P1Y 2028-02-28 4 366 2027-02-28 2028-02-28 2028-02-29 2029-02-27 2026-02-28 2027-02-27
2024-03-15 P1Y 2026-03-14 2 365 2025-03-15 2026-03-14 2026-03-15 2027-03-14 2024-03-15 2025-03-14
2026-01-31 P1M 2026-03-30 2 31 2026-02-28 2026-03-30 2026-03-31 2026-04-29 2026-01-31 2026-02-27
2026-01-01 P7D 2026-01-14 2 7 2026-01-08 2026-01-14 2026-01-15 2026-01-21 2026-01-01 2026-01-07
"""


@pytest.mark.parametrize("line", COUNTED.strip().splitlines())
def test_periods_that_are_counted_from_a_day(line: str) -> None:
    first, length, day, number, days, *ends = line.split()
    begun_on, joined_on = date.fromisoformat(first), date.fromisoformat(day)
    base = _base("01-01", f"{length}, starting: begun_on")
    found = _values(base, {"joined_on": joined_on, "begun_on": begun_on}, today=joined_on)
    assert found["about"] == (int(number), int(days), date.fromisoformat(ends[0]).year)
    assert [each.isoformat() for each in found["days"]] == ends
    noun = {"P1Y": "year", "P1M": "month", "P7D": "week"}[length]
    assert (found["usual"], found["same"]) == (f"{noun} {number}", (True, False, True))


def test_before_the_first_day_there_is_no_period() -> None:
    base = _base("01-01", "P1Y, starting: begun_on")
    days = {"joined_on": date(2026, 5, 4), "begun_on": date(2026, 5, 5)}
    figures = decide(good_program(POLICY, base=base), {"id": "p", **days}).of("figures")
    assert {each.id: each.status for each in figures if each.id in ("name", "usual")} == {
        "name": "not_applicable", "usual": "known",
    }  # fmt: skip


_MONTHS = {"month": 1, "quarter": 3, "half year": 6, "year": 12}
_DAYS = st.dates(date(2021, 1, 1), date(2029, 12, 31))


@given(
    begins=st.dates(date(2023, 1, 1), date(2026, 12, 31)).filter(lambda day: day.day <= 28),
    unit=st.sampled_from(sorted(_MONTHS)), fiscal=st.booleans(), day=_DAYS, today=_DAYS,
    bookings=st.lists(_DAYS, max_size=5),
)  # fmt: skip
def test_every_start_of_four_years(
    begins: date, unit: str, fiscal: bool, day: date, today: date, bookings: list[date]
) -> None:
    year = (begins.month, begins.day) if fiscal else (1, 1)
    rhythm = f"{'fiscal' if fiscal else 'calendar'} {unit}"
    record = {
        "joined_on": day,
        "bookings": [{"id": str(i), "earned_on": each, "points": 1} for i, each in enumerate(bookings)],
    }
    found = _values(_base(f"{begins:%m-%d}", rhythm, "{first_yyyy} {yyyy} {n}"), record, today)
    (start, end, number, last_year), (now, _, _, _) = (
        _slow(each, year, _MONTHS[unit]) for each in (day, today)
    )
    assert found["about"] == (number, (end - start).days + 1, last_year)
    assert found["name"] == f"{last_year - (year != (1, 1))} {last_year} {number}"
    ((next_start, next_end), (back_start, back_end)) = (
        _slow(each, year, _MONTHS[unit])[:2] for each in (end + timedelta(days=1), start - timedelta(days=1))
    )
    assert found["days"] == (start, end, next_start, next_end, back_start, back_end)
    before = _slow(now - timedelta(days=1), year, _MONTHS[unit])[0]
    assert found["same"] == (start == now, start < now, start >= before)
    assert found["earned"] == sum(_slow(each, year, _MONTHS[unit])[0] == before for each in bookings)


def _slow(day: date, year: tuple[int, int], months: int) -> tuple[date, date, int, int]:
    """The period that holds a day, its number, and the year in which its year ends: found by walking."""
    begins = day
    while (begins.month, begins.day) != year:
        begins -= timedelta(days=1)
    number = 1
    while months_on(begins, number * months) <= day:
        number += 1
    start, following = (months_on(begins, n * months) for n in (number - 1, number))
    return start, following - timedelta(days=1), number, (months_on(begins, 12) - timedelta(days=1)).year


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ('[@"2026-02-01"..@"2026-02-28"].days', 28), ('(@"2026-02-01"..@"2026-02-28"].days', 27),
        ('(@"2026-02-01"..@"2026-02-28").days', 26), ('[@"2026-02-01"..@"2026-02-01"].days', 1),
        ('(@"2026-02-01"..@"2026-02-01").days', 0),
    ],
)  # fmt: skip
def test_a_range_of_dates_has_days(text: str, days: int) -> None:
    assert evaluate(text) == days


def test_the_usual_labels() -> None:
    labels = {rhythm: _values(_base("02-01", rhythm), {})["usual"] for rhythm in (
        "calendar month", "calendar quarter", "calendar half year", "calendar year",
        "fiscal month", "fiscal quarter", "fiscal half year", "fiscal year",
    )}  # fmt: skip
    assert list(labels.values()) == [
        "Nov 2026", "2026 Q4", "2026 H2", "2026", "FY2027 M10", "FY2027 Q4", "FY2027 H2", "FY2027"
    ]  # fmt: skip


@pytest.mark.parametrize("default", [", default: none", ", default: never"])
def test_no_day_has_no_period(default: str) -> None:
    program = good_program(POLICY, base=_base("02-01", "fiscal year", default=default))
    decision = decide(program, {"id": "p", "bookings": []})
    assert [each.fact for each in decision.missing] == []
    assert (_figures(decision)["name"], _figures(decision)["earned"]) == (None, 0)
    undecided = {each.id for each in decision.of("figures") if each.status == "undetermined"}
    assert not {"name", "earned"} & undecided


def test_what_is_not_known_names_the_day() -> None:
    program = good_program(POLICY, base=_base("02-01", "fiscal year"))
    decision = decide(program, {"id": "p"})
    assert [each.fact for each in decision.missing] == ["bookings", "joined_on"]


MISTAKES = [
    ("PROG004", "joined: {of", "today: {of", "`today` has a different meaning"),
    ("PROG004", "joined: {of", "days: {of", "`days` has a different meaning"),
    ("FEEL018", "of: joined_on", "of: id", "a date is needed here, and this is a text"),
    ("FEEL010", "of: joined_on", "of: joined_at", "`joined_at` is not known here"),
    ("FORM003", '"{n}"', '"{q}"', "a label has no `{q}`"),
    ("FORM003", '"{n}"', '"{n"', "a label has no a brace"),
    ("FORM003", '"{n}"', '"half"', "a label without `{...}` is the same for all periods"),
    (
        "FORM003",
        "every: fiscal year, title: period of joining",
        "every: P1Y, title: period of joining",
        "`every: P1Y` counts from a day; add `starting`",
    ),
    (
        "FORM003",
        "every: fiscal year, title: period of joining",
        "every: fiscal year, starting: begun_on, title: period of joining",
        "`every: fiscal year` begins by itself; remove `starting`",
    ),
    ("FORM003", "every: fiscal year", "every: fiscal", "`fiscal`"),
    ("FEEL013", "joined = now,", "joined = today,", "write `joined.start`"),
    ("FEEL011", "joined.number,", "joined.numbr,", "numbr"),
]


@pytest.mark.parametrize(("code", "old", "new", "words"), MISTAKES)
def test_mistakes(code: str, old: str, new: str, words: str) -> None:
    base = _base("02-01", "fiscal year")
    assert old in base
    found = list(program_of(POLICY, base=base.replace(old, new, 1)).diagnostics)
    assert [words in f"{each.message}; {each.help}" for each in found if each.code.id == code] == [True], (
        found
    )
