"""What is said to write instead: numbers, ranges, dates, periods and ids as people write them."""

import pytest

from policyengine.text import literal_guesses

NUMBERS = {
    "1.500,00": "1500.00",
    "1,500.00": "1500.00",
    "1.000.000": "1000000",
    "1\u2019000": "1000",
    "50 000": "50000",
    "50\u00a0000": "50000",
    "50.000": "50000",
    "10,000": "10000",
    "0,2": "0.2",
    "0,125": "0.125",
    "20,5%": "20.5%",
    "20,5 %": "20.5%",
    "12": None,
    "1,5,3": None,
    "many": None,
    "": None,
}
SPANS = {
    "10-15": "10..15",
    "10 \u2013 15": "10..15",
    "10 to 15": "10..15",
    "10 bis 15": "10..15",
    "10...15": "10..15",
    "10\u202615": "10..15",
    "1.000-2.000": "1000..2000",
    "10% - 20%": "10%..20%",
    "2026-01-01 - 2026-02-01": "2026-01-01..2026-02-01",
    "16+": "16..",
    "16...": "16..",
    "\u2265 16": "16..",
    "ab 16": "16..",
    "at least 16": "16..",
    "up to 9": "..9",
    "bis 9": "..9",
    "2026-01-01": None,
    "many": None,
    "": None,
}
DATES = {
    "1.3.2026": "2026-03-01",
    "2026-3-1": "2026-03-01",
    "2026/03/01": "2026-03-01",
    "20260301": "2026-03-01",
    "1. M\u00e4rz 2026": "2026-03-01",
    "1st March 2026": "2026-03-01",
    "March 1, 2026": "2026-03-01",
    "25/03/2026": "2026-03-25",
    "03/25/2026": "2026-03-25",
    "01/03/2026": None,  # the first of March, or the third of January
    "03/03/2026": "2026-03-03",
    "30.2.2026": None,
    "1. Foo 2026": None,
    "today": None,
}
PERIODS = {
    "monthly": "P1M",
    "1 year": "P1Y",
    "1Y": "P1Y",
    "p1y": "P1Y",
    "30 days": "P30D",
    "every 2 weeks": "P2W",
    "quarterly": "P3M",
    "j\u00e4hrlich": "P1Y",
    "0 days": None,
    "now and then": None,
}
CALENDARS = {
    "quarter": "calendar quarter",
    "Calendar Year": "calendar year",
    "monthly": "calendar month",
    "half-yearly": "calendar half year",
    "Fiscal Quarter": "fiscal quarter",
    "financial year": "fiscal year",
    "fiscal half year": "fiscal half year",
    "1 year": None,
    "weekly": None,
}
IDS = {
    "Gold level": "gold-level",
    "Gr\u00f6\u00dfe M": "groesse-m",
    "\u00e9lan": "elan",
    "1st": None,
    "\u2014": None,
}
BOOLEANS = {"yes": "true", "Ja": "true", "No": "false", "nein": "false", "maybe": None}
CURRENCIES = {"\u20ac": "EUR", "Euro": "EUR", "usd": "USD", "Taler": None}


@pytest.mark.parametrize(
    ("guess", "cases"),
    [
        (literal_guesses.number, NUMBERS),
        (literal_guesses.span, SPANS),
        (literal_guesses.date, DATES),
        (literal_guesses.period, PERIODS),
        (literal_guesses.calendar, CALENDARS),
        (literal_guesses.identifier, IDS),
        (literal_guesses.boolean, BOOLEANS),
        (literal_guesses.currency, CURRENCIES),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_is_meant(guess, cases):
    assert {text: guess(text) for text in cases} == cases
