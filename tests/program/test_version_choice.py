"""Versions that are chosen by a day of what is judged: every kind that may, against a slow choice by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine.decision.decision import Decision
from policyengine.engine.reference.row import evaluate
from policyengine.engine.stage_moves import renew
from support import good_program, program_of, record_of

BASE = """\
kind: program
id: shop
title: Shop
currency: EUR
parties: {partner: the partner, vendor: the vendor}
items: {subscription: subscription}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      signed_on: {type: date, title: day of signature}
      gone_on: {type: date, title: day that has not come, default: never, informative: true}
      points: {type: count, title: points}
      extra: {type: rate, title: extra rate, granted: true}
      good: {type: boolean, title: is good, formula: 'levels >= "silver"'}
      owed: {type: money, title: owed, formula: total * (1 + rate)}
  deal:
    title: deal
    within: partner
    list: deals
    key: id
    facts:
      id: {type: text, title: identifier}
      sold_on: {type: date, title: day of sale}
      amount: {type: money, title: amount}
      commission: {type: money, title: commission, formula: amount * share}
"""
TEXTS = {
    "levels": """\
kind: tiers
id: levels
title: Levels
for: partner
HEAD
levels:
  - {id: silver, title: Silver, points: LOW.., grants: [{discount: LOW%, on: [subscription]}, {extra: LOW%}]}
  - {id: gold, title: Gold, points: 40.., grants: [{discount: 50%, on: [subscription]}]}
otherwise: {level: none, basis: assumed, note: nothing is said of them}
""",
    "rate": """\
kind: table
id: rate
title: Rate
for: partner
HEAD
type: rate
keys: [levels]
entries: {none: 0%, silver: LOW%, gold: 90%}
""",
    "share": """\
kind: table
id: share
title: Share
for: deal
HEAD
type: rate
hit: unique
inputs: [amount]
rows: [[..100, LOW%], ["> 100", 99%]]
""",
    "fees": """\
kind: billing
id: fees
title: Fees
for: partner
HEAD
charges:
  - {id: fee, title: Fee, item: subscription, amount: 100 + LOW, every: P1M, first_due: signed_on,
     result: total}
""",
    "score": """\
kind: scorecard
id: score
title: Score
for: partner
HEAD
parts: [{id: points, title: Points, of: points, each: LOW}]
""",
}
Starts = list[tuple[date | None, date | None]]
"""When each version begins, and from when on it holds for what was there before it."""


def _figures(decision: Decision, entity: str = "partner") -> dict[str, Any]:
    return {each.id: each.value for each in decision.of("figures") if each.subject.entity == entity}


def _versions(name: str, starts: Starts, until: date | None, by: str = "signed_on") -> str:
    """A policy in versions, of which the i-th has 10 + i for the number that changes."""
    found = []
    for i, (start, existing) in enumerate(starts):
        day = "sold_on" if name == "share" else by
        head = [f"version_by: {day}"] + ([f"from: {start}"] if start else [])
        head += [f"existing_from: {existing}"] if existing else []
        head += [f"until_including: {until}"] if until and i == len(starts) - 1 else []
        found.append(TEXTS[name].replace("HEAD", "\n".join(head)).replace("LOW", str(10 + i)))
    return "---\n".join(found)


def _slow(starts: Starts, until: date | None, day: date, today: date) -> int | None:
    """The number of the version that counts on a day: the last one that has begun, for that day or by now."""
    counts = None
    for i, (start, existing) in enumerate(starts):
        if day >= (start or date.min) or (existing is not None and today >= existing):
            counts = i
    if counts == len(starts) - 1 and until is not None and day > until:
        return None
    return counts


_DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))


@st.composite
def _starts(draw: st.DrawFn) -> tuple[Starts, date | None]:
    days = sorted(draw(st.sets(_DAYS, min_size=1, max_size=4)))
    found: Starts = [(day, None) for day in days]
    if draw(st.booleans()):
        found[0] = (None, None)
    if len(found) > 1 and draw(st.booleans()):
        found[-1] = (days[-1], days[-1] + timedelta(days=draw(st.integers(0, 500))))
    until = days[-1] + timedelta(days=draw(st.integers(0, 500))) if draw(st.booleans()) else None
    return found, until


@settings(max_examples=30)
@given(drawn=_starts(), signed=_DAYS, sold=_DAYS, today=_DAYS, points=st.integers(0, 50))
def test_the_version_of_the_day(
    drawn: tuple[Starts, date | None], signed: date, sold: date, today: date, points: int
) -> None:
    starts, until = drawn
    program = good_program(*(_versions(name, starts, until) for name in TEXTS), base=BASE, as_of=today)
    deals = [{"id": "D", "sold_on": sold, "amount": Decimal(100)}]
    record = record_of(program, {"id": "p", "signed_on": signed, "points": points, "deals": deals})
    decision = program.evaluate(record)
    assert decision == evaluate(program.linked, record)
    assert decision.missing == ()
    number, of_deal = (_slow(starts, until, day, today) for day in (signed, sold))
    assert _figures(decision, "deal")["commission"] == (None if of_deal is None else 10 + of_deal)
    _check(decision, number, points)


def _check(decision: Decision, number: int | None, points: int) -> None:
    (level,), (fee,), (score,) = decision.of("levels"), decision.of("charges"), decision.of("scores")
    values = _figures(decision)
    if number is None:
        assert {each.status for each in (level, fee, score)} == {"undetermined"}
        assert decision.of("discounts") == ()
        assert {values[name] for name in ("good", "rate", "total", "owed", "extra")} == {None}
        assert "No fact would settle it: no version of Levels is in force on that day." in decision.why(level)
        return
    low = 10 + number
    reached = "none" if points < low else "silver" if points < 40 else "gold"
    discount = {"none": 0, "silver": low, "gold": 50}[reached]
    net = Decimal((100 + low) * (100 - discount)) / 100
    assert (level.level or "none", score.points, fee.net) == (reached, points * low, net)
    assert [each.rate for each in decision.of("discounts")] == ([Decimal(discount) / 100] if discount else [])
    rate = {"none": 0, "silver": low, "gold": 90}[reached]
    assert (values["good"], values["rate"]) == (points >= low, Decimal(rate) / 100)
    assert values["extra"] == (Decimal(low) / 100 if reached == "silver" else None)
    assert values["owed"] == net * (100 + rate) / 100


TWO: Starts = [(None, None), (date(2027, 1, 1), date(2028, 1, 1))]


def _decide(record: dict[str, Any], *names: str, today: date = date(2027, 3, 1)) -> Decision:
    program = good_program(*(_versions(name, TWO, None) for name in names or TEXTS), base=BASE, as_of=today)
    return program.evaluate(record_of(program, {"id": "p", "points": 10, "deals": [], **record}))


def test_a_day_that_is_not_known_decides_nothing() -> None:
    decision = _decide({})
    assert [each.status for each in decision.findings] == ["undetermined"] * 8
    assert [each.fact for each in decision.missing] == ["signed_on"]
    (fee,) = decision.of("charges")
    assert (fee.amount, fee.net, fee.due_on, fee.every) == (None, None, None, "P1M")
    assert "\n".join(decision.why(fee)).splitlines()[1:3] == [
        "Open: version of Fees is not known; day of signature is not known.",
        "What would settle it: `signed_on` of partner p.",
    ]


def test_the_reasons_tell_the_version() -> None:
    for signed, version in (("2026-12-31", "the first one"), ("2027-01-01", "from 1 Jan 2027")):
        decision = _decide({"signed_on": date.fromisoformat(signed)})
        (fee,) = decision.of("charges")
        assert f"version of Fees is {version}" in "\n".join(decision.why(fee))


def test_a_figure_comes_from_the_version_that_counts() -> None:
    texts = [_versions(name, TWO, None) for name in TEXTS if name != "rate"]
    first = _versions("rate", TWO[:1], None).replace(
        "type: rate", "type: rate\nbasis: assumed\nnote: guessed"
    )
    other = _versions("rate", [(date(2027, 1, 1), None)], None)
    program = good_program(*texts, f"{first}---\n{other}", base=BASE)
    for day, document, notes in ((date(2026, 5, 1), 0, ["guessed"]), (date(2027, 1, 1), 1, [])):
        record = record_of(program, {"id": "p", "points": 10, "signed_on": day, "deals": []})
        decision = program.evaluate(record)
        assert decision == evaluate(program.linked, record)
        found = {each.id: each for each in decision.of("figures")}
        places = [found[name].origin.at for name in ("rate", "total", "extra")]
        assert [at.source.text[: at.start].count("---\n") for at in places] == [document] * 3
        assert [each.note for each in found["rate"].assumptions] == notes


def test_what_was_there_before_moves_to_the_new_version() -> None:
    nets = [
        _figures(_decide({"signed_on": date(2026, 5, 1)}, today=today))["total"]
        for today in (date(2027, 12, 31), date(2028, 1, 1))
    ]
    assert nets == [Decimal("99.00"), Decimal("111.00")]  # and with 10 points no discount any more


def test_levels_of_versions_are_one_choice() -> None:
    first = (
        _versions("levels", [(None, None)], None).replace("id: gold", "id: copper").replace("Gold", "Copper")
    )
    other = _versions("levels", [(date(2027, 1, 1), None)], None)
    rate = _versions("rate", [(None, None)], None).replace("gold: 90%", "gold: 90%, copper: 7%")
    base = BASE.replace('levels >= "silver"', 'levels in ["silver".."gold"]')
    names = [_versions(name, [(None, None)], None) for name in ("share", "fees")]
    program = good_program(first + "---\n" + other, rate, *names, base=base)
    decision = program.evaluate(record_of(program, {"id": "p", "signed_on": date(2026, 1, 1), "points": 40}))
    assert (decision.of("levels")[0].level, _figures(decision)["rate"]) == ("copper", Decimal("0.07"))
    turned = other.replace("{id: silver", "{id: gone").replace("title: Silver", "title: Gone")
    swapped = turned.replace("id: gold", "id: silver").replace("id: gone", "id: copper")
    found = program_of(first + "---\n" + swapped, rate, *names, base=base).diagnostics
    assert "VERS006" in {each.code.id for each in found}


MISTAKES = [
    ("FEEL010", "rate", "version_by: signed_on", "version_by: signed_at", "`signed_at` is not known here"),
    ("FEEL018", "rate", "version_by: signed_on", "version_by: points", "a date is needed here"),
    ("FEEL010", "levels", "version_by: signed_on", "version_by: sold_on", "`sold_on` is not known here"),
    ("FORM003", "fees", "version_by: signed_on", "version_by: period.start", "name a fact; `formula` in"),
    ("FORM003", "fees", "version_by: signed_on", "version_by: min(signed_on, today)", "`formula`"),
    ("VERS005", "fees", "version_by: signed_on\n", "", "says nothing without `version_by`"),
    ("VERS002", "fees", "existing_from: 2028-01-01", "existing_from: 2026-01-01", "from 2027-01-01 on"),
    ("VERS005", "rate", "from: 2027-01-01\nexisting_from: 2028-01-01", "from: 2027-01-01\n", None),
]  # fmt: skip


@pytest.mark.parametrize(("code", "name", "old", "new", "words"), MISTAKES)
def test_mistakes(code: str, name: str, old: str, new: str, words: str | None) -> None:
    text = _versions(name, TWO, None)
    assert old in text
    changed = text.replace(old, new)
    if words is None:
        changed = changed.replace("version_by: signed_on\nfrom", "from")
    others = [_versions(each, TWO, None) for each in TEXTS if each != name]
    found = [each for each in program_of(changed, *others, base=BASE).diagnostics if each.code.id == code]
    assert found
    if code == "FORM003":  # what reads the results of the policy is not wrong too
        assert {each.code.id for each in program_of(changed, *others, base=BASE).diagnostics} == {code}
    assert words is None or words in f"{found[0].message}; {found[0].help}"


def test_levels_that_last_are_renewed_by_their_version() -> None:
    held = "held: {type: enum, title: level held, values: [none, silver, gold]}"
    base = BASE.replace("      points: {", f"      {held}\n      points: {{", 1)
    texts = [_versions(name, TWO, None) for name in TEXTS if name != "levels"]
    levels = _versions("levels", TWO, None).replace("otherwise:", "state: {held: held}\notherwise:")
    program = good_program(levels, *texts, base=base)
    for signed, written in ((date(2026, 1, 1), "silver"), (date(2027, 1, 1), None)):
        record = {"id": "p", "signed_on": signed, "points": 10, "held": "none", "deals": []}
        moved = renew(program.linked, record_of(program, record))
        assert [each.new for each in moved.changes] == ([written] if written else [])
    moved = renew(program.linked, record_of(program, {"id": "p", "points": 10, "held": "none", "deals": []}))
    assert "signed_on" in str(moved.refused)


def test_a_day_that_has_not_come_is_in_no_version() -> None:
    program = good_program(
        *(_versions(name, TWO, None, "gone_on" if name == "score" else "signed_on") for name in TEXTS),
        base=BASE,
    )
    decision = program.evaluate(record_of(program, {"id": "p", "signed_on": date(2026, 1, 1), "points": 3}))
    assert decision.of("scores")[0].status == "undetermined"
