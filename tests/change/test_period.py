"""How often something falls due in some days, against walking through the calendar."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.change.slow import months_on

from policyengine.change.period import Days, Schedule, days_of, twelve_months


def _times(days: Days, first: date, every: str | None) -> int:
    schedule = Schedule(first, every)
    found = [schedule.day(number) for number in schedule.numbers(days)]
    assert all(each is not None and each in days for each in found)
    return len(set(found))


DATES = st.dates(date(2023, 1, 1), date(2028, 12, 31))


@given(first=DATES, start=DATES, length=st.integers(0, 900), months=st.integers(1, 14))
@settings(derandomize=True, max_examples=300, deadline=None)
def test_months_count_from_the_anchor(first: date, start: date, length: int, months: int) -> None:
    days = Days(start, start + timedelta(days=length))
    due = [months_on(first, k * months) for k in range(120)]
    assert _times(days, first, f"P{months}M") == sum(each in days for each in due)


@given(first=DATES, start=DATES, length=st.integers(0, 900), step=st.integers(1, 400))
@settings(derandomize=True, max_examples=200, deadline=None)
def test_days_count_from_the_anchor(first: date, start: date, length: int, step: int) -> None:
    days = Days(start, start + timedelta(days=length))
    due = [first + timedelta(days=k * step) for k in range(3500 // step + 1)]
    assert _times(days, first, f"P{step}D") == sum(each in days for each in due)


@given(first=DATES, start=DATES, cut=st.integers(0, 300), length=st.integers(1, 300))
@settings(derandomize=True, max_examples=100, deadline=None)
def test_two_parts_of_a_period_have_as_much_as_the_whole(
    first: date, start: date, cut: int, length: int
) -> None:
    middle, end = start + timedelta(days=cut), start + timedelta(days=cut + length)
    parts = [Days(start, middle), Days(middle + timedelta(days=1), end)]
    for every in (None, "P1M", "P1W", "P1Y"):
        assert sum(_times(part, first, every) for part in parts) == _times(Days(start, end), first, every)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("P12M", date(2025, 2, 27)),
        ("P1M", date(2024, 3, 27)),
        ("P30D", date(2024, 3, 28)),
        ("P1W", date(2024, 3, 5)),
    ],
)
def test_a_length_ends_the_day_before(text: str, last: date) -> None:
    start = date(2024, 2, 28)
    assert days_of(text, start) == Days(start, last)


def test_the_end_of_the_calendar() -> None:
    assert _times(Days(date(9999, 1, 1), date.max), date(9999, 11, 30), "P1M") == 2
    with pytest.raises(ValueError, match="beyond"):
        days_of("P10D", date(9999, 12, 30))


def test_a_year_ends_with_the_calendar() -> None:
    assert twelve_months(date(2027, 2, 1)) == Days(date(2027, 2, 1), date(2028, 1, 31))
    assert twelve_months(date(9999, 12, 1)) == Days(date(9999, 12, 1), date.max)
