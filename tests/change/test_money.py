"""Money in plans: changes of every kind, drawn, against asking the program on each due date."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.change import drawn_money, slow_money
from tests.differential.programs import generated
from tests.support import POLICIES

from policyengine.change.impact import _by_currency
from policyengine.change.money import MoneyChange, Shift, money_changes
from policyengine.change.period import Days, Schedule
from policyengine.change.tally import Flow, Sums, Tally
from policyengine.change.terms import ChargeKey, Later, Terms
from policyengine.program.record import Record
from policyengine.source import Source

DAY = date(2026, 11, 21)
YEAR = Days(DAY, date(2027, 11, 20))
_PROGRAM = """\
kind: program
id: example
title: Example
currency: EUR
parties: {partner: the partner, vendor: the vendor}
items: {subscription: subscription}
sources: {agreement: {title: Agreement}}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      points: {type: count, title: points}
      sales: {type: money, title: sales, min: 0}
  customer:
    title: customer
    within: partner
    list: customers
    key: id
    facts:
      id: {type: text, title: identifier}
      started_on: {type: date, title: start}
      ended_on: {type: date, title: end}
      fee: {type: money, title: fee}
      paid: {type: boolean, title: has paid}
      part: {type: money, title: part of the commission, formula: commission / 2}
"""
_POLICIES = """\
kind: tiers
id: levels
title: Levels
for: partner
source: {document: agreement}
measure: points
levels:
  - {id: silver, title: Silver, points: 5..%(edge)s, grants: [{discount: %(silver)s%%, on: [subscription]}]}
  - {id: gold, title: Gold, points: %(above)s.., grants: [{discount: %(gold)s%%, on: [subscription]}]}
otherwise: {level: none}
---
kind: table
id: commission
title: Commission
for: partner
source: {document: agreement}
type: money
bands: {of: sales, mode: %(mode)s, rows: [{up_to: %(band)s, rate: 2%%}, {rate: %(rate)s%%}]}
---
kind: billing
id: billing
title: Billing
for: customer
source: {document: agreement}
charges:
  - id: setup
    title: Set-up
    amount: %(setup)s
    due_on: started_on + @"P%(setup_days)sD"
  - id: subscription
    title: Subscription
    amount: fee * %(factor)s
    item: subscription
    every: P%(every)sM
    first_due: started_on + @"P%(first)sM"
    when: not(is defined(ended_on)) or ended_on >= today%(notice)s
  - id: support
    title: Support
    amount: if today < started_on + @"P6M" then 10 else %(support)s
    every: P%(support_days)sD
    first_due: started_on
  - {id: rent, title: Rent, amount: fee, every: P1M, first_due: started_on, until: ended_on, result: rent}
  - id: first-year
    title: Commission of the first year
    payer: vendor
    amount: rent * %(share)s / 100 + fee * period.days / 1000
    every: calendar quarter
    starting: started_on
    due_on: 'period.end + @"P%(lag)sD"'
    times: %(times)s
  - id: later
    title: Commission
    payer: vendor
    amount: fee / 100 * period_number
    every: P1M
    first_due: started_on
    when: {period_number: %(times)s..}
  - id: seat
    title: Seat
    amount: fee
    max: 80
    every: P%(every)sM
    starting: started_on
    on_day: %(day)s
    until: ended_on
    share_by_days: %(count)s
    result: seat
  - {id: tax, title: Tax, amount: seat * 19 / 100, due_with: seat}
  - {id: deposit, title: Deposit, amount: %(setup)s, due_on: started_on + @"P1Y", settled_on: ended_on}
  - id: bonus
    title: Bonus
    amount: "%(setup)s"
    due_on: started_on + @"P62D"
    when: today >= started_on + @"P62D"
  - {id: extra, title: Extra, amount: %(support)s, due_on: none}
---
kind: billing
id: rebates
title: Rebates
for: partner
source: {document: agreement}
charges:
  - id: rebate
    title: Rebate
    amount: if count(customers[paid]) >= 1 then 10 else 0
    due_on: date("2027-01-01")
"""
_TERMS: Mapping[str, tuple[object, ...]] = {
    "edge": (9, 12), "silver": (10, 15, 0), "gold": (20, 33), "mode": ("graduated", "slab"),
    "band": (500, 900), "rate": (3, 5), "setup": (100, "99.99", 0), "setup_days": (0, 14, 400),
    "factor": (1, "1.1"), "every": (1, 3), "first": (0, 1, 2, 14), "notice": ("", ' - @"P1M"'),
    "support": (20, 25), "support_days": (30, 45), "share": (20, 25), "times": (4, 6, 15),
    "day": (1, 30, "last"), "count": ("both", "first_day"), "lag": (30, 75, 130),
}  # fmt: skip
"""What may change: amounts and rates, thresholds, tables, days, how often, ends."""
_DATES = {"setup_days", "first", "day", "lag"}
_WITHOUT_MONEY = {"mode", "band", "rate"}


def _written(terms: Mapping[str, object]) -> list[Source]:
    whole = {**terms, "above": int(str(terms["edge"])) + 1}
    return [Source("program.yaml", _PROGRAM), Source("policies.yaml", _POLICIES % whole)]


def _later(before: Mapping[str, object], after: Mapping[str, object], day: date) -> list[Source]:
    """The program whose charges are different from a day on."""
    program, policies = _written(before)
    (billing,) = (
        each
        for each in _written(after)[1].text.split("---\n")
        if each.startswith("kind: billing\nid: billing")
    )
    dated = billing.replace("for: customer\n", f"for: customer\nfrom: {day}\n")
    return [program, Source(policies.name, f"{policies.text}---\n{dated}")]


def _drawn(chance: random.Random) -> tuple[dict[str, object], dict[str, object]]:
    before = {name: chance.choice(values) for name, values in _TERMS.items()}
    changed = chance.sample(sorted(_TERMS), chance.choice((1, 1, 2, 4)))
    others = {name: [each for each in _TERMS[name] if each != before[name]] for name in changed}
    return before, {**before, **{name: chance.choice(values) for name, values in others.items()}}


@pytest.mark.parametrize("seed", range(int(os.environ.get("MONEY", "12"))))
def test_every_kind_of_change_is_right_to_the_cent(seed: int) -> None:
    chance = random.Random(seed)
    before, after = _drawn(chance)
    pair = drawn_money.pair(_written(before), _written(after))
    assert pair.ok
    vocabulary = pair.old[0].graph.vocabulary  # type: ignore[union-attr]
    records = [generated(vocabulary, chance) for _ in range(4)]
    assert list(drawn_money.differences(pair, records)) == []
    found = pair.tally(records)
    changed = {name for name, value in before.items() if value != after[name]}
    if changed <= _DATES:  # no amount of what is due once changes by a day
        assert all(each.amount == 0 for flow, each in found.sums.items() if flow.part.id == "setup")
    if not changed & {*_DATES, "every", "support_days"}:
        assert all(each.time == 0 for each in found.sums.values())
        assert not found.shifts
    if changed <= _WITHOUT_MONEY:
        assert all(each.before == each.after for each in found.sums.values())
    _check_commissions(before, after, records, found)


@pytest.mark.parametrize("seed", range(int(os.environ.get("MONEY", "2"))))
def test_a_version_that_begins_later_is_right_to_the_cent(seed: int) -> None:
    """What fell due before is not due again, and what is paid for a period twice is told."""
    chance = random.Random(seed)
    before, _ = _drawn(chance)
    changed = chance.sample(["setup_days", "setup", "lag", "share", "times"], 2)
    after = {
        **before,
        **{name: chance.choice([each for each in _TERMS[name] if each != before[name]]) for name in changed},
    }
    day = date(2026, 11, 22) + timedelta(chance.randrange(300))
    pair = drawn_money.pair(_written(before), _later(before, after, day))
    assert pair.ok
    vocabulary = pair.old[0].graph.vocabulary  # type: ignore[union-attr]
    records = [_begun(generated(vocabulary, chance), chance) for _ in range(4)]
    assert list(drawn_money.differences(pair, records)) == []


def _begun(record: Record, chance: random.Random) -> Record:
    """The record with customers that began within two years."""
    day = date(2027, 6, 1) - timedelta(chance.randrange(700))
    some = tuple(
        replace(each, facts={**each.facts, "started_on": day}) for each in record.lists.get("customers", ())
    )
    return replace(record, lists={**record.lists, "customers": some})


def _check_commissions(
    before: Mapping[str, object], after: Mapping[str, object], records: list[Record], found: Tally
) -> None:
    """The commissions by hand: a band at its own rate, or all of it at the rate of its band."""

    def commission(sales: Decimal, terms: Mapping[str, object]) -> Decimal:
        band, rate = Decimal(str(terms["band"])), Decimal(str(terms["rate"])) / 100
        low = Decimal("0.02")
        if terms["mode"] == "slab":
            return sales * (low if sales <= band else rate)
        return min(sales, band) * low + max(sales - band, Decimal(0)) * rate

    known = [record.facts["sales"] for record in records if "sales" in record.facts]
    wanted = [sum((commission(each, terms) for each in known), Decimal(0)) for terms in (before, after)]
    sums = found.figures.get(("partner", "commission", "EUR", DAY))
    if {before[name] == after[name] for name in _WITHOUT_MONEY} == {True}:
        assert sums is None
    else:
        assert sums is not None
        assert [sums.before, sums.after] == wanted


@pytest.mark.parametrize("count", [1, len(_TERMS)])
def test_a_change_leaves_charges_decided_that_it_does_not_touch(count: int) -> None:
    """Whether one customer has paid is not known, but another has: so the rebate is, with each change."""
    before, other = ({name: values[i] for name, values in _TERMS.items()} for i in (0, 1))
    after = {**before, **{name: other[name] for name in sorted(_TERMS, reverse=True)[:count]}}
    pair = drawn_money.pair(_written(before), _written(after))
    customers = tuple(
        Record("customer", {"id": str(i), **known}, {}, None, ())
        for i, known in enumerate(({"paid": True}, {}))
    )
    found = pair.tally([Record("partner", {"id": "p"}, {"customers": customers}, None, ())])
    assert found.sums[Flow(ChargeKey("rebates", "rebate"), "EUR", "")] == Sums(Decimal(10), Decimal(10))
    assert len(pair.causes) >= count
    assert not found.unsure


@pytest.mark.parametrize("folder", drawn_money.folders(), ids=lambda folder: folder.name)
def test_a_changed_program_is_right_to_the_cent(folder: Path) -> None:
    """`make money` does the same with more records."""
    figures = drawn_money.tried(folder, 12, 3)
    assert figures.kinds
    assert figures.wrong == []


def test_the_slow_calculation_notices_a_cent(monkeypatch: pytest.MonkeyPatch) -> None:
    real = slow_money.due_dates
    monkeypatch.setattr(slow_money, "due_dates", lambda *asked: real(*asked)[:-1])
    assert any("subscription" in each for each in drawn_money.tried(POLICIES / "bytekast", 20, 10).wrong)


# One charge of one subject


def _terms(first: date, every: str | None = None, net: str = "10", payer: str = "") -> Terms:
    return Terms("EUR", payer, "applies", Decimal(net), Schedule(first, every))


def _one(old: Terms | None, new: Terms | None) -> MoneyChange:
    found = money_changes([old], [new], [YEAR])
    assert not isinstance(found, str)
    (change,) = found
    assert change.before + change.amount + change.time == change.after
    return change


def test_a_due_date_that_leaves_the_period_changes_no_amount() -> None:
    change = _one(_terms(date(2026, 12, 1), net="1000"), _terms(date(2026, 11, 1), net="1000"))
    assert (change.amount, change.time) == (0, -1000)
    assert change.shifts == (Shift("earlier", "before", 1, Decimal(1000)),)
    change = _one(_terms(date(2026, 12, 1)), _terms(date(2028, 1, 1), net="12"))
    assert (change.amount, change.time) == (2, -12)
    assert [shift[:2] for shift in change.shifts] == [("later", "after")]


def test_a_due_date_that_moves_within_the_period_is_a_change() -> None:
    change = _one(_terms(date(2026, 12, 1)), _terms(date(2027, 1, 1)))
    assert (change.amount, change.time) == (0, 0)
    assert change.shifts == (Shift("later", "within", 1, Decimal(10)),)
    assert change.months == {"2026-12": (10, 0), "2027-01": (0, 10)}


def test_a_series_that_starts_later_only_moves() -> None:
    """Ten payments stay where they are, and two move to the end, beyond the period."""
    change = _one(_terms(date(2026, 12, 1), "P1M"), _terms(date(2027, 2, 1), "P1M"))
    assert (change.before, change.after, change.amount) == (120, 100, 0)
    assert change.shifts == (Shift("later", "after", 2, Decimal(20)),)
    running = _one(_terms(date(2020, 12, 1), "P1M"), _terms(date(2021, 2, 1), "P1M"))
    assert (running.amount, running.time, running.shifts) == (0, 0, ())


def test_a_yearly_charge_moves_by_its_number() -> None:
    change = _one(_terms(date(2025, 12, 1), "P1Y"), _terms(date(2025, 11, 1), "P12M"))
    assert (change.before, change.after, change.amount) == (10, 10, 0)
    assert {shift[:2] for shift in change.shifts} == {("earlier", "before"), ("earlier", "into")}


def test_a_different_rhythm_is_told() -> None:
    change = _one(_terms(date(2026, 12, 1), "P1M"), _terms(date(2026, 12, 1), "P3M", net="30"))
    assert (change.before, change.after, change.amount) == (120, 120, 0)
    assert [shift.way for shift in change.shifts] == ["rhythm"]


def test_an_end_that_is_a_condition_is_asked_on_each_due_date() -> None:
    def until(end: date, net: str) -> Terms:
        terms = _terms(date(2026, 12, 1), "P1M", net)
        gone = terms._replace(status="not_applicable")
        return terms._replace(ask=Later(lambda day: (terms if day <= end else gone, Days(day, day))))

    change = _one(until(date(2027, 1, 15), "10"), until(date(2027, 3, 15), "11"))
    assert (change.before, change.after, change.amount) == (20, 44, 24)
    assert not change.shifts


def test_a_charge_that_someone_else_pays_turns_around() -> None:
    found = money_changes([_terms(DAY)], [_terms(DAY, payer="vendor")], [YEAR])
    assert [
        (each.payer, each.before, each.after, each.amount) for each in found if not isinstance(each, str)
    ] == [
        ("", 10, 0, -10),
        ("vendor", 0, 10, 10),
    ]


def test_what_is_due_once_is_paid_once_though_a_later_version_moves_it() -> None:
    first, second = Days(DAY, date(2026, 12, 31)), Days(date(2027, 1, 1), YEAR.last)
    early, late = _terms(date(2026, 12, 1)), _terms(date(2027, 2, 1))
    for old, new, payments in (
        ([early, early], [early, late], [10, 10]),
        ([late, late], [late, early], [10, 10]),
        ([early, None], [early, early], [10, 10]),
        ([early._replace(schedule=Schedule(date(2026, 11, 25), "P1M")), early], [early, early], [30, 10]),
    ):
        (change,) = money_changes(old, new, [first, second])
        assert isinstance(change, MoneyChange)
        assert [change.before, change.after] == payments


def test_what_fell_due_before_the_period_is_not_due_again_by_a_later_version() -> None:
    """But by a program that always had a different day it is, as nobody knows whether it is paid."""
    spans = [Days(DAY, date(2026, 11, 30)), Days(date(2026, 12, 1), YEAR.last)]
    fell, late = _terms(date(2026, 4, 30)), _terms(date(2027, 1, 25))
    (change,) = money_changes([fell, fell], [fell, late], spans)
    assert isinstance(change, MoneyChange)
    assert (change.before, change.after, change.shifts) == (0, 0, ())
    assert _one(fell, late).shifts == (Shift("later", "into", 1, Decimal(10)),)
    ahead = [Days(date(2027, 1, 1), date(2026, 11, 30)), Days(date(2027, 1, 1), YEAR.last)]
    for first, due in (
        (date(2026, 11, 25), 0),
        (date(2026, 12, 5), 10),
    ):  # on 5 Dec the later one is in force
        both = money_changes([_terms(first), _terms(first)], [_terms(first), late], ahead)
        assert [each.after for each in both if isinstance(each, MoneyChange)] == [due]


def _quarterly(lag: int) -> Terms:
    """Due so many days after the end of each quarter."""
    due = date(2026, 9, 30) + timedelta(lag)
    return _terms(due)._replace(schedule=Schedule(due, "P3M", date(2026, 7, 1), lag - 1))


def test_payments_are_matched_by_their_periods() -> None:
    spans = [Days(DAY, date(2027, 2, 28)), Days(date(2027, 3, 1), YEAR.last)]
    early, late, far = _quarterly(15), _quarterly(60), _quarterly(150)
    (change,) = money_changes([early, early], [early, late], spans)  # the last quarter on 15 Jan and on 1 Mar
    assert isinstance(change, MoneyChange)
    assert (change.before, change.after, change.amount, change.time) == (40, 40, 10, -10)
    assert {shift[:3] for shift in change.shifts} == {
        ("later", "within", 2), ("later", "after", 1), ("twice", "within", 1),
    }  # fmt: skip
    (change,) = money_changes([late, late], [late, early], spans)  # the last quarter on neither
    assert isinstance(change, MoneyChange)
    assert (change.before, change.after, change.amount, change.time) == (40, 40, -10, 10)
    assert {shift[:3] for shift in change.shifts} == {
        ("earlier", "within", 2), ("earlier", "into", 1), ("skipped", "within", 1),
    }  # fmt: skip
    assert {shift.way for shift in _one(early, far).shifts} == {"later"}  # more than a period later


_MONTHLY = _terms(date(2026, 12, 1), "P1M")
_GONE = _MONTHLY._replace(status="not_applicable")
_VENDORS = _MONTHLY._replace(payer="vendor")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([_MONTHLY, _MONTHLY], [_MONTHLY, None], [("", 120, 10)]),
        ([_MONTHLY, None], [_MONTHLY, _MONTHLY], [("", 10, 120)]),
        ([_MONTHLY, _MONTHLY], [None, _MONTHLY], [("", 120, 110)]),
        ([_MONTHLY, _MONTHLY], [_GONE, _MONTHLY], [("", 120, 110)]),
        ([_MONTHLY, _MONTHLY], [_MONTHLY, _VENDORS], [("", 120, 10), ("vendor", 0, 110)]),
        ([_MONTHLY, _VENDORS], [_MONTHLY, _MONTHLY], [("", 10, 120), ("vendor", 110, 0)]),
        ([_terms(date(2027, 2, 1))] * 2, [_terms(date(2027, 2, 1)), None], [("", 10, 0)]),
        ([_terms(date(2027, 2, 1))] * 2, [_terms(date(2028, 2, 1)), None], [("", 10, 0)]),
    ],
)
def test_a_charge_that_begins_ends_or_turns_with_a_version_does_not_move(
    old: list[Terms | None], new: list[Terms | None], expected: list[tuple[str, int, int]]
) -> None:
    spans = [Days(DAY, date(2026, 12, 31)), Days(date(2027, 1, 1), YEAR.last)]
    found = [each for each in money_changes(old, new, spans) if isinstance(each, MoneyChange)]
    assert [(each.payer, each.before, each.after) for each in found] == expected
    assert all(each.amount == each.after - each.before and not each.shifts for each in found)


def test_a_charge_that_begins_with_a_condition_does_not_move() -> None:
    later = _MONTHLY._replace(
        ask=Later(lambda day: (_MONTHLY if day >= date(2027, 3, 1) else _GONE, Days(day, day)))
    )
    change = _one(_MONTHLY, later)
    assert (change.before, change.after, change.amount, change.shifts) == (120, 90, -30, ())


def test_flows_are_kept_apart_by_payer() -> None:
    tally = Tally()
    part = ChargeKey("p", "fee")
    for payer in ("", "vendor"):
        tally.pay(part, MoneyChange("EUR", payer, Decimal(1), Decimal(3), Decimal(2)))
    assert set(tally.sums) == {Flow(part, "EUR", ""), Flow(part, "EUR", "vendor")}


def test_the_list_counts_what_a_record_is_paid_down() -> None:
    sums = {("EUR", ""): Sums(Decimal(10), Decimal(12), Decimal(2)),
            ("EUR", "vendor"): Sums(Decimal(1), Decimal(5), Decimal(4))}  # fmt: skip
    assert _by_currency(sums, "partner") == {"EUR": Sums(Decimal(9), Decimal(7), Decimal(-2))}


def test_charges_of_a_list_that_is_not_known_are_not_counted_as_nothing() -> None:
    """They count once for each list, on the sides that have such a charge."""
    before = {name: values[0] for name, values in _TERMS.items()}
    pair = drawn_money.pair(_written(before), _written({**before, "support": 25}))
    records = [Record("partner", {"id": "p"}, lists, None, ()) for lists in ({}, {"customers": ()})]
    found = pair.tally(records)
    charges = {rule.origin.id for rule in pair.old[0].graph.rules if rule.entity == "customer"}  # type: ignore[union-attr]
    assert {part.id for part, which in found.undecided if which == "both"} == {*charges, "rebate"}
    assert set(found.undecided.values()) == {1}
    assert {fact for _, fact in found.facts} >= {"partner.customers"}
    assert list(drawn_money.differences(pair, records)) == []
