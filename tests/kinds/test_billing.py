"""Charges: who pays whom, when they end, the period they bill, what was paid; by hand and by the calendar."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.change.slow import months_on

from policyengine.decision.findings import Charge
from support import cases, decide, good_program, lacking, program_of

BASE = """\
kind: program
id: shop
title: Shop
currency: EUR
fiscal_year_starts: 02-01
parties: {partner: the partner, vendor: the vendor, bank: the bank}
items: {support: support}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      fee: {type: money, title: fee, informative: true}
      day: {type: count, title: billing day, informative: true}
      started_on: {type: date, title: start, informative: true}
      ended_on: {type: date, title: last day, informative: true}
      paid_on: {type: date, title: day of payment, informative: true}
      never_on: {type: date, title: day that has not come, default: never, informative: true}
      bonus: {type: money, title: bonus, formula: fee / 10, applies_when: {day: 5..}, informative: true}
      paid_out: {type: money, title: bonus paid out, formula: bonus, informative: true}
      twice: {type: money, title: twice the bonus, formula: 2 * bonus, informative: true}
"""
HEAD = "kind: billing\nid: bill\ntitle: Bill\nfor: partner\ncharges:\n"
CASES = cases(Path(__file__).parent / "billing.yaml")


@pytest.mark.parametrize("case", CASES)
def test_charges(case: dict[str, Any]) -> None:
    program = good_program(_billing(case["charges"]), base=BASE, as_of=date.fromisoformat(case["as_of"]))
    record = {"id": "p", "fee": Decimal(100), **case.get("record", {})}
    decision = decide(program, {name: _typed(name, value) for name, value in record.items()})
    found = [_plain(charge) for charge in decision.of("charges")]
    assert lacking(case["expect"], found) == []
    for charge in decision.of("charges"):
        said = "\n".join(decision.why(charge))
        assert all(line in said for line in case.get("why", {}).get(charge.id, ()))


def _billing(charges: list[str]) -> str:
    return HEAD + "".join(f"  - {{title: The fee, {each}}}\n" for each in charges)


def _typed(name: str, value: object) -> object:
    return date.fromisoformat(value) if name.endswith("_on") and isinstance(value, str) else value


def _plain(charge: Charge) -> dict[str, object]:
    found = {name: getattr(charge, name) for name in ("id", *(each.name for each in fields(charge)))}
    return {
        name: str(value) if isinstance(value, (date, Decimal)) else value for name, value in found.items()
    }


MISTAKES = [
    ("BILL001", "id: a, amount: fee", "`a` has no due date"),
    ("BILL001", "id: a, amount: fee, starting: started_on", "`a` has `starting`, but does not recur"),
    ("BILL001", "id: a, amount: fee, every: P1M, due_on: started_on", "`first_due: started_on`"),
    ("BILL001", "id: a, amount: fee, every: P1M", "`a` has no due date"),
    ("BILL001", "id: a, amount: fee, every: calendar month, first_due: started_on", "`starting`"),
    ("BILL001", "id: a, amount: fee, every: P1M, first_due: started_on, starting: ended_on", "say the same"),
    ("BILL002", "id: a, amount: fee, every: P1M, starting: started_on, due_on: ended_on", "does not follow"),
    (
        "BILL002",
        "id: a, amount: fee, every: P1M, starting: started_on, due_on: 'period.end + @\"P1M\"'",
        "does not follow",
    ),
    ("BILL003", "id: a, amount: fee, due_on: none, payer: bank, payee: vendor", "`payee: partner`"),
    ("BILL003", "id: a, amount: fee, due_on: none, payer: vendor, payee: vendor", "would pay itself"),
    ("BILL003", "id: a, amount: fee, due_on: none, payee: partner", "would pay itself"),
    ("BILL004", "id: a, amount: fee, due_on: started_on, until: ended_on", "remove `until`"),
    ("BILL004", "id: a, amount: fee, every: P1M, first_due: started_on, settled_on: paid_on", "settled_on"),
    ("BILL004", "id: a, amount: fee, every: P30D, first_due: started_on, on_day: 3", "begins on no day"),
    ("BILL004", "id: a, amount: fee, every: calendar month, starting: started_on, on_day: 3", "every: P1M"),
    ("BILL004", "id: a, amount: fee, every: P1M, first_due: started_on, on_day: 32", "write `last`"),
    ("BILL001", "id: a, amount: fee, due_with: a", "no due date of its own"),
    ("BILL001", "id: a, amount: fee, due_with: aa}\n  - {title: B, id: aaa, amount: 2, due_on: none", "aaa"),
    ("BILL001", "id: a, amount: 1, due_with: b, times: 3}\n  - {title: B, id: b, amount: 2, due_on: none",
     "`a` has `due_with` and `times`"),
    ("NAME001", "id: a, amount: fee, due_on: none, payer: vendr", "vendor"),
    ("LINK002", "id: a, amount: fee, due_on: none, result: paid_on", "a fact of `partner`"),
    ("LINK002", "id: a, amount: fee, due_on: none, result: period", "a meaning of its own"),
    ("NAME002", "id: a, amount: 1, due_on: none, result: x}\n  - {title: B, id: b, amount: 2, due_on: none, "
     "result: x", "`x`"),
    ("COND003", "id: a, amount: fee, due_on: none, when: {period_number: 2..}", "period_number"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "charge", "words"), MISTAKES)
def test_mistakes(code: str, charge: str, words: str) -> None:
    found = [each for each in program_of(_billing([charge]), base=BASE).diagnostics if each.code.id == code]
    assert len(found) == 1
    assert words in f"{found[0].message}; {found[0].help}"


_DAYS = st.dates(date(2023, 1, 1), date(2027, 12, 31))


@given(
    start=_DAYS, end=_DAYS, today=_DAYS, months=st.sampled_from([1, 3, 12]), times=st.integers(1, 40),
    late=st.integers(0, 40), after=st.sampled_from(["start", "end"]),
    year=st.sampled_from(["", "calendar", "fiscal"]),
)  # fmt: skip
def test_periods_are_those_of_the_calendar(
    start: date, end: date, today: date, months: int, times: int, late: int, after: str, year: str
) -> None:
    unit = {1: "month", 3: "quarter", 12: "year"}[months]
    every = f"{year} {unit}" if year else f"P{months}M"
    charge = (
        f"id: a, amount: 1000 * period_number + period.days, every: {every}, starting: started_on, "
        f"due_on: 'period.{after} + @\"P{late}D\"', until: ended_on, times: {times}"
    )
    program = good_program(_billing([charge]), base=BASE, as_of=today)
    (found,) = decide(program, {"id": "p", "started_on": start, "ended_on": end}).of("charges")
    first = start
    if year:
        first = start.replace(day=1)
        while (first.month - (2 if year == "fiscal" else 1)) % months:
            first = months_on(first, -1)
    for n in range(times):
        begins, ends = months_on(first, n * months), months_on(first, (n + 1) * months) - timedelta(days=1)
        due = (begins if after == "start" else ends) + timedelta(days=late)
        if due >= today:
            break
    else:
        due = date.max
    if begins > end or due == date.max:
        assert (found.status, found.net, found.next_due_on) == ("not_applicable", None, None)
        return
    assert (found.status, found.next_due_on, found.period_number) == ("applies", due, n + 1)
    assert (found.period_start, found.period_end, found.of_periods) == (begins, ends, times)
    assert found.net == 1000 * (n + 1) + (ends - begins).days + 1


def _on_day(start: date, months: int, day: int, step: int) -> date:
    """The day of the month, cut where that is shorter, so many steps from the month of a date."""
    first = months_on(start.replace(day=1), months * step)
    end = months_on(first, 1) - timedelta(days=1)
    return first.replace(day=min(day, end.day))


@given(
    start=_DAYS, end=_DAYS, today=_DAYS, months=st.sampled_from([1, 3, 12]), day=st.integers(1, 31),
    late=st.integers(0, 40), after=st.sampled_from(["start", "end"]),
    count=st.sampled_from(["both", "first_day", "last_day", "neither"]), fee=st.integers(0, 10**6),
)  # fmt: skip
def test_a_period_that_is_cut_is_charged_by_its_days(
    start: date, end: date, today: date, months: int, day: int, late: int, after: str, count: str, fee: int
) -> None:
    written = "last" if day == 31 else day
    charge = (
        f"id: a, amount: fee, every: P{months}M, starting: started_on, on_day: {written}, "
        f"due_on: 'period.{after} + @\"P{late}D\"', until: ended_on, share_by_days: {count}"
    )
    program = good_program(_billing([charge]), base=BASE, as_of=today)
    record = {"id": "p", "started_on": start, "ended_on": end, "fee": Decimal(fee) / 100}
    (found,) = decide(program, record).of("charges")
    grid = [_on_day(start, months, day, step) for step in range(-1, 80)]
    periods = [(one, other - timedelta(days=1)) for one, other in pairwise(grid)]
    periods = [each for each in periods if each[1] >= start]
    left = [
        (number, each) for number, each in enumerate(periods, 1)
        if each[0] <= end and (each[0] < end or count in ("both", "last_day"))
        and _due(each, start, after, late) >= today
    ]  # fmt: skip
    counted = [
        one for n in range((end - start).days + 1) for one in [start + timedelta(days=n)]
        if (one > start or count in ("both", "first_day")) and (one < end or count in ("both", "last_day"))
    ]  # fmt: skip
    if not left or not counted:
        assert (found.status, found.net) == ("not_applicable", None)
        return
    number, whole = left[0]
    within = sum(whole[0] <= each <= whole[1] for each in counted)
    length = (whole[1] - whole[0]).days + 1
    assert (found.status, found.period_number) == ("applies", number)
    assert (found.next_due_on, found.due_on) == (
        _due(whole, start, after, late), _due(periods[0], start, after, late),
    )  # fmt: skip
    assert (found.days, found.of_days) == (within, length)
    assert found.net == (Decimal(fee) / 100 * within / length).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _due(whole: tuple[date, date], start: date, after: str, late: int) -> date:
    return (max(whole[0], start) if after == "start" else whole[1]) + timedelta(days=late)


# Amounts in a currency that the record names

_CURRENCIES = """\
kind: program
id: shop
title: Shop
currency: EUR
parties: {partner: the partner, vendor: the vendor}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      currency: {type: text, title: currency}
      since: {type: date, title: since, informative: true}
      ours: {type: money, title: fee in euros, informative: true}
      theirs: {type: money, title: fee, currency: currency, informative: true}
      value: {type: money, title: value, currency: currency, informative: true%(formula)s}
  customer:
    title: customer
    within: partner
    list: customers
    key: id
    facts:
      id: {type: text, title: identifier}
      spoken: {type: enum, title: currency, values: [EUR, JPY, KWD], informative: true}
      fee: {type: money, title: fee, currency: spoken, informative: true}
      share: {type: money, title: share, currency: currency, informative: true}
"""
_OF_CUSTOMERS = (
    HEAD.replace("partner", "customer") + "  - {id: a, title: A, amount: fee, due_on: none, result: a}\n"
)
_MIXED = [
    ("theirs + ours", "FEEL015", "`partner.currency` names"),
    ("theirs * 2 + sum(customers.share)", "", ""),
    ("if theirs > ours then theirs else theirs", "FEEL0", "`partner.currency` names"),
    ("if theirs > 50.00 then theirs else theirs / 2", "", ""),
    ("ours", "FEEL018", "an amount in EUR"),
    ("theirs + sum(customers.fee)", "FEEL015", "each `customer` names a currency of its own"),
    ("theirs + sum(for c in customers return c.fee * 2)", "FEEL015", '`[spoken = "EUR"]`'),
    ('sum(customers[spoken = "EUR"].fee)', "FEEL018", "`customer.spoken` names"),
    ('theirs * count(customers[spoken = "EUR" and fee > 100])', "", ""),
]


@pytest.mark.parametrize(("formula", "code", "words"), _MIXED)
def test_amounts_in_different_currencies_do_not_go_together(formula: str, code: str, words: str) -> None:
    found = program_of(base=_CURRENCIES % {"formula": f", formula: '{formula}'"}).diagnostics
    assert [each.code.id for each in found if not each.code.id.startswith(code or "none")] == []
    assert bool(found) is bool(code)
    assert all(words in f"{each.message}; {each.help}" for each in found[:1])


@pytest.mark.parametrize(
    ("currency", "words"),
    [("since", "`since` names no currency"), ("curency", "did you mean `currency`?")],
)
def test_a_currency_is_a_text_that_the_entity_sees(currency: str, words: str) -> None:
    base = _CURRENCIES.replace("currency: currency, informative: true%(formula)s", f"currency: {currency}")
    (found,) = (each for each in program_of(base=base).diagnostics if each.code.id in ("PROG002", "PROG003"))
    assert words in f"{found.message}; {found.help}"


@pytest.mark.parametrize(
    ("spoken", "fee", "net"),
    [
        ("EUR", "10.005", "10.01"),
        ("JPY", "10.5", "11"),
        ("KWD", "10.0005", "10.001"),
        (None, "10", None),
        ("KWD", None, None),
    ],
)
def test_a_charge_is_rounded_to_the_minor_unit_of_its_currency(
    spoken: str | None, fee: str | None, net: str | None
) -> None:
    bill = (
        HEAD.replace("partner", "customer")
        + "  - {id: a, title: A, currency: spoken, amount: fee, due_on: none, result: a}\n"
    )
    program = good_program(bill, base=_CURRENCIES % {"formula": ""})
    customer = {"id": "c", "spoken": spoken, "fee": None if fee is None else Decimal(fee)}
    known = {name: value for name, value in customer.items() if value is not None}
    decision = decide(program, {"id": "p", "currency": "EUR", "customers": [known]})
    (charge,) = decision.of("charges")
    assert (charge.net, charge.currency) == (None if net is None else Decimal(net), spoken)
    assert charge.status == ("undetermined" if net is None else "applies")


def test_a_charge_says_whose_currency_it_is_in() -> None:
    (found,) = program_of(_OF_CUSTOMERS, base=_CURRENCIES % {"formula": ""}).diagnostics
    assert "`customer.spoken` names" in found.message
    wrong = _OF_CUSTOMERS.replace("amount", "currency: spokn, amount")
    (found,) = program_of(wrong, base=_CURRENCIES % {"formula": ""}).diagnostics
    assert found.code.id == "NAME001"
