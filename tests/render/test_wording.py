"""Values in words."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from policyengine.decision.findings import Shortfall, Subject
from policyengine.decision.reason_words import running_period, shortfall, which_period
from policyengine.decision.wording import (
    all_of,
    counted,
    every,
    gap,
    is_or_are,
    is_said_by,
    join,
    listed,
    money,
    number,
    plural,
    quantity,
    range_words,
    rate,
    short_name,
    spell,
    subject_name,
)
from policyengine.decision.writers import one_of, writer
from policyengine.feel.types.types import DATE, Enum, ListOf
from policyengine.feel.values.values import DateTime, FarDate, Months, Range, Time

LEVELS = Enum("level", ("bronze", "silver", "gold", "platinum"), ordered=True)
REGIONS = Enum("region", ("north", "south", "west"))


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (LEVELS, ("gold", "platinum"), "gold or above"),
        (LEVELS, ("bronze", "silver"), "silver or below"),
        (LEVELS, ("silver", "gold"), "silver or gold"),
        (LEVELS, ("platinum",), "platinum"),
        (LEVELS, LEVELS.values, "bronze, silver, gold or platinum"),
        (REGIONS, ("south", "west"), "south or west"),
        (None, (1000, Decimal("0.5")), "1,000 or 0.5"),
    ],
)
def test_one_of_some_choices(kind, values, words):
    assert one_of(kind, values) == words


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (rate(Decimal("0.2")), "20 %"),
        (rate(Decimal("0.125")), "12.5 %"),
        (rate(Decimal("1")), "100 %"),
        (rate(Decimal("0")), "0 %"),
        (every("P1M"), "every month"),
        (every("P3M"), "every 3 months"),
        (every("P1Y6M"), "every P1Y6M"),
        (every("calendar quarter"), "every calendar quarter"),
        (join([]), ""),
        (join(["a"]), "a"),
        (join(["a", "b", "c"]), "a, b and c"),
        (plural(1, "policy"), "1 policy"),
        (plural(2, "policy"), "2 policies"),
        (plural(2, "day"), "2 days"),
        (spell(None), "not known"),
        (spell(True), "yes"),
        (spell(date(2027, 1, 2)), "2 Jan 2027"),
        (spell(Decimal("1E+3")), "1,000"),
        (spell([]), "none"),
        (spell(Decimal(100) / 3), "about 33.333333"),
        (spell(Decimal("0.000012345678")), "about 0.0000123457"),
        (spell(Decimal("2.50000000000")), "2.5"),
        (spell(Decimal("0E-10")), "0"),
        (spell(-1234567), "-1,234,567"),
        (spell(Months(1)), "1 month"),
        (spell(timedelta(days=30)), "30 days"),
        (spell(timedelta(hours=-25)), "minus 1 day and 1 hour"),
        (spell(FarDate(12000, 2, 1)), "1 Feb 12000"),
        (spell(DateTime(date(2024, 2, 1), Time(10, 30, Decimal(0)))), "1 Feb 2024, 10:30:00"),
        (spell(Range(date(2024, 1, 1), date(2024, 3, 31))), "from 1 Jan 2024 to 31 Mar 2024"),
        (spell({"to_certify": timedelta(days=30), "done": False}), "to certify 30 days, done no"),
        (spell(["a", "b", "c", "d", "e", "f", "g"]), "a, b, c, d, e, f and g"),
        (listed([str(i) for i in range(8)]), "0, 1, 2, 3, 4, 5 and 2 more"),
        (spell(timedelta(0)), "0 days"),
        (spell(timedelta(days=1, seconds=3661)), "1 day, 1 hour, 1 minute and 1 second"),
        (spell(timedelta(seconds=-90)), "minus 1 minute and 30 seconds"),
        (number(Decimal("12345.50")), "12,345.5"),
        (money(Decimal("1080"), "USD"), "1,080.00 USD"),
        (money(Decimal("9.4020"), "EUR"), "9.402 EUR"),
        (money(Decimal(80) / 3, "EUR"), "about 26.666667 EUR"),
        (money(Decimal("0.5"), "JPY"), "0.5 JPY"),
        (money(Decimal("1000"), "JPY"), "1,000 JPY"),
        (money(Decimal("1.5"), "KWD"), "1.500 KWD"),
        (money(Decimal("-0.5"), None), "-0.50"),
        (rate(Decimal(1) / 3), "about 33.333333 %"),
        (quantity(Decimal("0.55"), "%"), "55 %"),
        (quantity(12, "USD"), "12.00 USD"),
        (quantity(True, "USD"), "yes"),
        (gap(Decimal("0.01"), "%"), "1 percentage point"),
        (gap(Decimal("0.15"), "%"), "15 percentage points"),
        (range_words(Range(166, 1000, True, False), spell), "at least 166 and below 1,000"),
        (range_words(Range(5, None, False), spell), "above 5"),
        (range_words(Range(None, date(2024, 2, 1)), spell), "on or before 1 Feb 2024"),
        (range_words(Range(Decimal(1), Decimal(2)), lambda n: money(n, "USD")), "from 1.00 to 2.00 USD"),
        (range_words(Range(Decimal("0.1"), Decimal("0.2")), rate), "from 10 % to 20 %"),
        (is_or_are("active accounts"), "are"),
        (is_or_are("points of the last twelve months"), "are"),
        (is_or_are("people needed"), "are"),
        (is_or_are("day the account was set up"), "is"),
        (is_or_are("ad spend of the last 90 days"), "is"),
        (is_or_are("postal address"), "is"),
        (is_or_are("status of the partners"), "is"),
        (counted("1 more", "certified people"), "1 more certified person"),
        (counted("1 more", "eligible flights of the year"), "1 more eligible flight of the year"),
        (counted("1", "opportunities"), "1 opportunity"),
        (counted("2 more", "certified people"), "2 more certified people"),
        (all_of("day of the review"), "days of the review"),
        (all_of("certified person"), "certified people"),
        (all_of("roles"), "roles"),
        (subject_name(Subject("partner", None)), "the partner"),
        (subject_name(Subject("partner", "acme")), "acme"),
        (subject_name(Subject("customer", "C-2", "Harbour", root=False)), "customer Harbour (C-2)"),
        (subject_name(Subject("sales_deal", None, None, root=False, position=3)), "sales deal #3"),
        (short_name(Subject("customer", "C-2", "Harbour", root=False)), "Harbour (C-2)"),
        (short_name(Subject("customer", "C-2", None, root=False)), "C-2"),
    ],
)
def test_words(made, expected):
    assert made == expected


def test_the_items_of_a_list_are_written_as_each_of_them():
    regions = Enum("region", ("n", "s"), ("North", "South"))
    assert writer(ListOf(regions))(("n", "s")) == "North and South"
    assert writer(ListOf(DATE))((date(2026, 1, 2),)) == "2 Jan 2026"


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("after 2 Nov 2026 (due date)", True),
        ("due date is 2 Nov 2026, before today", True),
        ("after 3 Nov 2026 (due date)", False),
        ("after 2 Nov 2026 (renewal)", False),
    ],
)
def test_what_another_reason_says_too(other, said):
    assert is_said_by("due date is 2 Nov 2026", [other]) == said


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (which_period(4, 12, "P1M"), "the fourth month of twelve"),
        (which_period(1, None, "P3M"), "the first quarter"),
        (which_period(12, 24, "P1Y"), "the twelfth year of 24"),
        (which_period(13, None, "P6M"), "the 13th half year"),
        (which_period(21, None, "P1M"), "the 21st month"),
        (which_period(22, 36, "P12M"), "the 22nd year of 36"),
        (which_period(111, None, "P10D"), "the 111th period"),
        (which_period(2, 0, None), "the second period of 0"),
        (
            running_period(date(2026, 10, 1), date(2026, 12, 31), date(2026, 11, 21)),
            "This is day 52 of 92 of the period from 1 Oct 2026 to 31 Dec 2026.",
        ),
        (
            running_period(date(2026, 10, 1), date(2026, 12, 31), date(2027, 1, 1)),
            "The period was from 1 Oct 2026 to 31 Dec 2026.",
        ),
        (
            running_period(date(2026, 10, 1), date(2026, 12, 31), date(2026, 9, 30)),
            "The period is from 1 Oct 2026 to 31 Dec 2026.",
        ),
    ],
)
def test_periods(said: str, words: str) -> None:
    assert said == words


def test_any_so_many_steps_are_told_once() -> None:
    first, second, third = (Shortfall(each, each, "unmet", text=f"{each} fails") for each in "abc")
    every_two = ((first, second), (first, third), (second, third))
    assert shortfall(Shortfall("x", "X", "unmet", ways=every_two)) == (
        "X: 2 of these: a fails, b fails or c fails"
    )
    assert shortfall(Shortfall("x", "X", "unmet", ways=every_two[:2])) == (
        "X: a fails and b fails or a fails and c fails"
    )
