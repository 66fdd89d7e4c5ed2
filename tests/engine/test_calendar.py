"""Due dates against a calendar that was made by hand: every start from 28 to 31, over four years.

The lengths of the months stand here as numbers; nothing of the engine's own arithmetic is used.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from policyengine.change.money import money_changes
from policyengine.change.period import Days
from policyengine.change.terms import terms_of
from support import decide, good_program

LEAP_YEARS = (2024, 2028, 2032, 2036, 2040)
LENGTHS = {
    year: (31, 29 if year in LEAP_YEARS else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    for year in range(2024, 2043)
}
STARTS = [
    date(year, month, day)
    for year in (2024, 2025, 2026, 2027)
    for month in range(1, 13)
    for day in range(28, LENGTHS[year][month - 1] + 1)
]


def by_hand(start: date, months: int) -> date:
    """The same day so many months on, or the last day of that month."""
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(start.day, LENGTHS[year][month]))


def last_of(start: date, months: int) -> date:
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, LENGTHS[year][month])


DAY = timedelta(days=1)
FORMS = {
    "opened_on": (by_hand, 0, 1),
    'opened_on + @"P1M"': (by_hand, 1, 1),
    '@"P1M" + opened_on': (by_hand, 1, 1),
    'opened_on + duration("P1M")': (by_hand, 1, 1),
    'opened_on + @"P1M" + @"P1M"': (lambda start, months: by_hand(by_hand(start, 1), months), 1, 1),
    'opened_on + @"P2M" - @"P1D"': (lambda start, months: by_hand(start, months) - DAY, 2, 1),
    'if opened_on.day > 29 then opened_on + @"P1M" else opened_on': (
        lambda start, months: by_hand(start, months + 1 if start.day > 29 else months), 0, 1,
    ),
    'date(opened_on.year, opened_on.month, 1) + @"P2M" - @"P1D"': (last_of, 1, 1),
    'opened_on + @"P3M" - @"P1D"': (lambda start, months: by_hand(start, months) - DAY, 3, 3),
    'opened_on + @"P1Y"': (by_hand, 12, 12),
}  # fmt: skip
_POLICY = """\
kind: billing
id: billing
title: Billing
for: account
charges:
  - {{id: fee, title: Fee, amount: monthly_fee, every: P{every}M, first_due: '{first}'}}
"""
RECORD = {
    "id": "a",
    "accounts": [{"id": str(start), "monthly_fee": 5, "opened_on": start} for start in STARTS],
}
ENOUGH = 14


@pytest.mark.parametrize("first", FORMS)
def test_each_due_date_is_counted_from_the_day_that_the_first_one_was_counted_from(first: str) -> None:
    move, offset, every = FORMS[first]
    due = {str(start): [move(start, offset + n * every) for n in range(ENOUGH)] for start in STARTS}
    policy = _POLICY.format(first=first.replace("'", "''"), every=every)
    for as_of in (date(2024, 3, 1), date(2025, 1, 31), date(2025, 3, 1), date(2027, 5, 31)):
        decision = decide(good_program(policy, as_of=as_of), RECORD)
        charges = [each for each in decision.of("charges") if each.origin.policy == "billing"]
        found = {str(each.subject.key): (each.due_on, each.next_due_on) for each in charges}
        ahead = {key: [day for day in days if day >= as_of] for key, days in due.items()}
        expected = {key: (due[key][0], days[0]) for key, days in ahead.items() if days}
        assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize("first", FORMS)
def test_money_is_counted_on_the_same_days(first: str) -> None:
    move, offset, every = FORMS[first]
    policy = _POLICY.format(first=first.replace("'", "''"), every=every)
    program = good_program(policy, as_of=date(2024, 1, 1))
    days = Days(date(2024, 12, 28), date(2025, 2, 28))
    for outcomes in program.outcomes(RECORD).subjects:
        start = next((each for each in STARTS if str(each) == outcomes.subject.key), None)
        charges = [each for each in outcomes.outcomes if each.policy == "billing"]
        for charge in charges if start is not None else ():
            due = [move(start, offset + n * every) for n in range(14)]
            terms = [terms_of(charge)]
            (found,) = money_changes(terms, terms, [days])
            assert found.before == 5 * sum(each in days for each in due)  # type: ignore[union-attr]


def test_periods_of_obligations_keep_the_day_that_they_are_counted_from() -> None:
    policy = """\
kind: obligations
id: duties
title: Duties
for: account
obligations:
  - {id: look, title: Look, every: P1M, starting: 'opened_on + @"P1M"', met_when: monthly_fee > 5}
"""
    for as_of in (date(2025, 3, 1), date(2025, 4, 30), date(2026, 1, 31)):
        decision = decide(good_program(policy, as_of=as_of), RECORD)
        duties = [each for each in decision.of("obligations") if each.origin.policy == "duties"]
        found = {(each.subject.key, each.period): (each.period_start, each.period_end) for each in duties}
        assert len(found) > len([start for start in STARTS if by_hand(start, 2) <= as_of])
        for (key, name), days in found.items():
            start, n = date.fromisoformat(str(key)), int(str(name).removeprefix("month "))
            assert days == (by_hand(start, n), by_hand(start, n + 1) - DAY)
