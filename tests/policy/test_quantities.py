"""Texts to values: what is read, exactly, and the sentence for what is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policyengine.feel.values.values import Months
from policyengine.policy import quantities as q

READERS = [q.number, q.integer, q.count, q.rate, q.boolean, q.day, q.period, q.length]

READ = [
    (q.number, "10.10", "10.10"),
    (q.number, " -0.5 ", "-0.5"),
    (q.number, "1e3", "1E+3"),
    (q.number, "-0", "0"),
    (q.number, f"0.{'9' * 39}", f"0.{'9' * 39}"),
    (q.integer, "-12", "-12"),
    (q.integer, "12.0", "12"),
    (q.count, "1e30", str(10**30)),
    (q.rate, "20%", "0.20"),
    (q.rate, "20 %", "0.20"),
    (q.rate, "0.2", "0.2"),
    (q.rate, "12.3456789012345678901234567890123456789%", "0.123456789012345678901234567890123456789"),
]


@pytest.mark.parametrize(("read", "text", "value"), READ)
def test_numbers(read: Callable[[str], Decimal], text: str, value: str) -> None:
    assert str(read(text)) == value


OTHERS = [
    (q.boolean, "true", True),
    (q.boolean, "false", False),
    (q.day, "2024-02-29", date(2024, 2, 29)),
    (q.period, "P1Y6M", Months(18)),
    (q.period, "P2W3D", timedelta(17)),
    (q.period, "P0D", timedelta(0)),
    (q.length, "P90D", timedelta(90)),
]


@pytest.mark.parametrize(("read", "text", "value"), OTHERS)
def test_other_values(read: Callable[[str], object], text: str, value: object) -> None:
    assert read(text) == value


REFUSED = [
    (q.number, "ten", "`ten` is not a number"),
    (q.number, "1,000", "`1,000` is not a number; write `1000`"),
    (q.number, "nan", "`nan` is not a number"),
    (q.number, "9" * 41, f"`{'9' * 39}…` has more than 40 digits"),
    (q.integer, "12.5", "`12.5` is not a whole number"),
    (q.integer, "012", "`012` is not a whole number: it starts with a zero; write `12`"),
    (q.count, "-1", "`-1` is below zero"),
    (q.rate, "%", "`%` is not a rate; write it as `20%` or `0.2`"),
    (q.boolean, "NO", "`NO` is not `true` or `false`; write `false`"),
    (q.boolean, "on", "`on` is not `true` or `false`; write `true`"),
    (q.boolean, "perhaps", "`perhaps` is not `true` or `false`"),
    (q.day, "31.01.2026", "`31.01.2026` is not a date; write `2026-01-31`"),
    (q.day, "2025-02-29", "`2025-02-29` is not a day of the calendar"),
    (q.period, "1M", "`1M` is not a period; write `P1M`"),
    (q.period, "P1M1D", "`P1M1D` mixes months and days, which have no common length"),
    (q.length, "P0Y", "`P0Y` has no length"),
]


@pytest.mark.parametrize(("read", "text", "sentence"), REFUSED)
def test_refused(read: Callable[[str], object], text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        read(text)


@pytest.mark.parametrize(
    ("text", "ends"),
    [("10..15", ("10", "15")), ("27..", ("27", None)), ("..9", (None, "9")), ("0.5 .. 1.5", ("0.5", "1.5")),
     ("2026-01-01..2026-01-31", ("2026-01-01", "2026-01-31")), ("-5..-1", ("-5", "-1"))],
)  # fmt: skip
def test_ranges(text: str, ends: tuple[str | None, str | None]) -> None:
    found = q.bounds(text)
    assert found is not None
    assert (found.low, found.high) == ends


@pytest.mark.parametrize("text", ["", "..", "10", "1...5", "10.15", "a"])
def test_no_ranges(text: str) -> None:
    assert q.bounds(text) is None


@given(st.text(max_size=30), st.sampled_from(READERS))
def test_any_text_is_read_or_refused_in_one_line(text: str, read: Callable[[str], object]) -> None:
    sentence = ""
    try:
        read(text)
    except ValueError as error:
        sentence = str(error)
    assert "\n" not in sentence


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**20), max_value=10**20))
def test_numbers_come_back_as_they_were(value: Decimal) -> None:
    assert q.number(f"{value:f}") == value
