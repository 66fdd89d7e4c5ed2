"""Fiscal years: hand-made tables for every start in four years, and a slow walk through the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.change.slow import months_on

from support import decide, good_program, program_of

PROGRAM = """\
kind: program
id: shop
title: Shop
currency: EUR
fiscal_year_starts: START
parties: {partner: the partner, vendor: the vendor}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      trained: {type: boolean, title: is trained}
      fee: {type: money, title: fee of a day}
"""
POLICY = """\
kind: obligations
id: duties
title: Duties
for: partner
obligations:
  - {id: train, title: Train, every: fiscal UNIT, met_when: trained}
---
kind: billing
id: fees
title: Fees
for: partner
charges:
  - {id: fee, title: A, amount: fee * period.days, every: fiscal UNIT, starting: today, due_on: period.start}
"""
# As of a day, the period that runs and the one before it.
TABLE = """
02-01 | quarter   | 2026-11-30 | FY2027 Q4 2026-11-01 2027-01-31 | FY2027 Q3 2026-08-01 2026-10-31
02-01 | quarter   | 2026-10-31 | FY2027 Q3 2026-08-01 2026-10-31 | FY2027 Q2 2026-05-01 2026-07-31
02-01 | quarter   | 2024-02-29 | FY2025 Q1 2024-02-01 2024-04-30 | FY2024 Q4 2023-11-01 2024-01-31
02-01 | half year | 2025-02-01 | FY2026 H1 2025-02-01 2025-07-31 | FY2025 H2 2024-08-01 2025-01-31
02-01 | year      | 2027-01-31 | FY2027 2026-02-01 2027-01-31 | FY2026 2025-02-01 2026-01-31
03-01 | year      | 2024-02-29 | FY2024 2023-03-01 2024-02-29 | FY2023 2022-03-01 2023-02-28
03-01 | month     | 2025-02-28 | FY2025 M12 2025-02-01 2025-02-28 | FY2025 M11 2025-01-01 2025-01-31
04-06 | year      | 2025-04-05 | FY2025 2024-04-06 2025-04-05 | FY2024 2023-04-06 2024-04-05
04-06 | quarter   | 2024-01-05 | FY2024 Q3 2023-10-06 2024-01-05 | FY2024 Q2 2023-07-06 2023-10-05
04-06 | month     | 2024-03-05 | FY2024 M11 2024-02-06 2024-03-05 | FY2024 M10 2024-01-06 2024-02-05
07-01 | half year | 2023-12-31 | FY2024 H1 2023-07-01 2023-12-31 | FY2023 H2 2023-01-01 2023-06-30
10-01 | quarter   | 2026-09-30 | FY2026 Q4 2026-07-01 2026-09-30 | FY2026 Q3 2026-04-01 2026-06-30
12-28 | month     | 2024-02-28 | FY2024 M3 2024-02-28 2024-03-27 | FY2024 M2 2024-01-28 2024-02-27
12-28 | year      | 2024-12-27 | FY2024 2023-12-28 2024-12-27 | FY2023 2022-12-28 2023-12-27
01-01 | quarter   | 2026-06-30 | FY2026 Q2 2026-04-01 2026-06-30 | FY2026 Q1 2026-01-01 2026-03-31
"""
_LENGTHS = {"month": 1, "quarter": 3, "half year": 6, "year": 12}


def _program(start: str, unit: str, today: date) -> list[tuple[str, date, date]]:
    """The periods of the obligation, the running one first; those of the charge are the same."""
    program = good_program(POLICY.replace("UNIT", unit), base=PROGRAM.replace("START", start), as_of=today)
    decision = decide(program, {"id": "p", "trained": False, "fee": Decimal(1)})
    found = [(each.period, each.period_start, each.period_end) for each in decision.of("obligations")]
    which = f"This is day {(today - found[-1][1]).days + 1} of {(found[-1][2] - found[-1][1]).days + 1} of"
    assert which in "\n".join(decision.why(decision.of("obligations")[-1]))
    (fee,) = decision.of("charges")
    first, last = found[-1][1:]
    following = last + timedelta(days=1)
    assert fee.next_due_on == (first if first == today else following)
    (billed, until) = (
        (first, following) if first == today else (following, months_on(following, _LENGTHS[unit]))
    )
    assert (fee.period_start, fee.net) == (billed, (until - billed).days)
    return found[::-1]


@pytest.mark.parametrize("line", TABLE.strip().splitlines())
def test_the_periods_of_fiscal_years(line: str) -> None:
    start, unit, today, *periods = (each.strip() for each in line.split("|"))
    found = _program(start, unit, date.fromisoformat(today))
    assert [f"{name} {first} {last}" for name, first, last in found] == periods


@given(
    start=st.dates(date(2023, 1, 1), date(2026, 12, 31)).filter(lambda day: day.day <= 28),
    unit=st.sampled_from(sorted(_LENGTHS)),
    today=st.dates(date(2022, 1, 1), date(2028, 12, 31)),
)
def test_every_start_of_four_years(start: date, unit: str, today: date) -> None:
    begins = today
    while (begins.month, begins.day) != (start.month, start.day):
        begins -= timedelta(days=1)
    number = 1
    while months_on(begins, number * _LENGTHS[unit]) <= today:
        number += 1
    first, following = (months_on(begins, n * _LENGTHS[unit]) for n in (number - 1, number))
    last_of_year = months_on(begins, 12) - timedelta(days=1)
    part = "" if unit == "year" else f" {unit[0].upper()}{number}"
    (name, *days), _ = _program(f"{start:%m-%d}", unit, today)
    assert name == f"FY{last_of_year.year}{part}"
    assert days == [first, following - timedelta(days=1)]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "02-29",
            "`02-29` is not a day that every year and month has; write month-day, the day from 01 to 28",
        ),
        ("13-01", "`13-01` is not a day that every year and month has"),
        ("2026-02-01", "`2026-02-01` is not a day of the year; write `02-01`"),
        ("1 February", "`1 February` is not a day of the year; write `02-01`"),
        ("spring", "`spring` is not a day of the year; write it as month-day, such as 02-01"),
    ],
)
def test_days_that_no_fiscal_year_begins_on(written: str, message: str) -> None:
    (found,) = program_of(POLICY.replace("UNIT", "year"), base=PROGRAM.replace("START", written)).diagnostics
    assert found.code.id == "FORM003"
    assert message in f"{found.message}; {found.help}"
