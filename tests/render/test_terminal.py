"""The page of a decision for a partner manager."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from samples import ACME, EMPTY, FULL, LABELS, OPEN, REACHED, decision

from policyengine.decision.explanation import why
from policyengine.decision.findings import Charge
from policyengine.program.example import EXAMPLE
from policyengine.render.style import width
from policyengine.render.terminal import decision_text
from support import decide, good_program, program_of

DAY = date(2026, 11, 21)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("columns", [80, 120])
def test_as_it_reads(golden, columns):
    golden(f"decision-{columns}.txt", decision_text(FULL, LABELS, columns=columns))


@pytest.mark.parametrize(
    "one",
    [FULL, EMPTY, decision(OPEN), decision(replace(REACHED, status="none", level=None))],
    ids=["full", "empty", "open", "none"],
)
@pytest.mark.parametrize("columns", [20, 60, 72, 80, 100, 120, 300])
def test_no_line_is_too_long_or_ends_in_blanks(one, columns):
    for line in decision_text(one, LABELS, columns=columns, list_assumptions=True).split("\n"):
        assert width(line) <= max(60, min(columns, 120)), line
        assert line == line.rstrip()


def test_colour_changes_nothing_else():
    plain = decision_text(FULL, LABELS).split("\n")
    coloured = decision_text(FULL, LABELS, color=True)
    assert "\x1b[" in coloured
    assert [line.rstrip() for line in ANSI.sub("", coloured).split("\n")] == plain


def test_nothing_applies():
    said = "Nothing in this program applies to this record."
    assert said in decision_text(replace(EMPTY, _figures=()), LABELS)
    assert said not in decision_text(EMPTY, LABELS)  # it has a figure


def test_assumptions_are_counted_or_listed():
    assumed = sum(one.origin.basis == "assumed" for one in FULL.findings)
    counted = f"* {assumed} of {len(FULL.findings)} findings rest on assumptions (--assumptions lists them)."
    assert counted in decision_text(FULL, LABELS)
    listed = decision_text(FULL, LABELS, list_assumptions=True)
    assert "Subscription: paid in arrears" in listed
    assert "--assumptions" not in listed


def test_what_a_record_says_cannot_steer_the_terminal():
    hostile = replace(FULL, subject=replace(ACME, label="\x1b[2J\u202eevil\nname\x07"))
    text = decision_text(hostile, LABELS)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert text.split("\n")[0].startswith("\N{REPLACEMENT CHARACTER}[2J")


def test_words_are_never_broken():
    long = "x" * 90
    text = decision_text(replace(FULL, _findings=(replace(FULL.findings[0], level_title=long),)), LABELS)
    assert long in text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "(1,000.00 USD less 20 %, if it is charged)"),
        ({"discount_rate": Decimal(0)}, "(1,000.00 USD, if it is charged)"),
        ({"discount_rate": None}, "(1,000.00 USD before discount)"),
        ({"discount_rate": None, "item": None}, "(1,000.00 USD, if it is charged)"),
    ],
)
def test_what_may_be_charged_is_not_shown_as_charged(changes, text):
    charge = next(one for one in FULL.findings if isinstance(one, Charge) and one.item)
    changes = {"amount": Decimal("1000.00"), "discount_rate": Decimal("0.20"), **changes}
    may_be = replace(charge, status="undetermined", net=None, due_on=DAY, every=None, **changes)
    shown = " ".join(decision_text(decision(may_be), LABELS).split())
    assert "not decided" in shown
    assert text in shown
    asked = "how much" if text.endswith("discount)") else "whether"
    assert why(FULL.as_of, may_be)[0].startswith(f"As of 21 Nov 2026, it cannot be decided {asked}")


DEEP = """\
kind: program
id: deep
title: Deep
currency: USD
parties: {partner: the partner}
entities:
  partner: {title: partner, key: id, facts: {id: {type: text, title: id}}}
  site:
    title: site
    within: partner
    list: sites
    key: id
    facts:
      id: {type: text, title: id}
      rank: {type: count, title: rank}
      total: {type: number, title: sum of all desks, formula: rank + 1, informative: true}
  desk:
    title: desk
    within: site
    list: desks
    key: id
    facts:
      id: {type: text, title: id}
      price: {type: money, title: price}
      total: {type: number, title: price with tax, formula: price * 2, informative: true}
---
kind: tiers
id: standing
title: Standing
for: site
measure: rank
levels: [{id: high, title: High, rank: 5..}]
otherwise: {level: none}
---
kind: billing
id: rent
title: Rent
for: desk
charges: [{id: desk, title: Desk, amount: price, due_on: today}]
"""


def test_what_stands_deep_is_named_by_its_path():
    program = good_program(base=DEEP)
    one = "{id: A, rank: 7, desks: [{id: 1, price: 1}, {id: 2}]}"
    other = "{id: B, rank: 6, desks: [{id: 1, price: 2}]}"
    decision = decide(program, f"{{id: p, sites: [{one}, {other}]}}")
    lines = [
        " ".join(line.split()) for line in decision_text(decision, program.labels, columns=120).splitlines()
    ]
    for part in (
        "site A Standing: High", "site B Standing: High", "site A, sum of all desks: 8",
        "site B, desk 1, price with tax: 4", "1.00 USD Desk of site A, desk 1",
        "2.00 USD Desk of site B, desk 1", "of site A, desk 2, for “Desk”",
    ):  # fmt: skip
        assert any(part in line for line in lines), part
    (first, open_one, last) = decision.of("charges")
    assert "“Desk” of site A, desk 1 comes to 1.00 USD" in decision.why(first)[0]
    assert "What would settle it: `price` of site A, desk 2." in decision.why(open_one)
    assert "“Desk” of site B, desk 1 comes to 2.00 USD" in decision.why(last)[0]


STANDING = """\
kind: tiers
id: desk-standing
title: Standing of desks
for: desk
levels:
  - id: good
    title: Good
    requires:
      - {id: cheap, title: Is cheap, when: price <= 10}
      - {id: dear, title: Is dear, when: price >= 5}
      - {id: odd, title: Is odd, when: price = 7, applies_when: price > 100}
"""


def test_what_does_not_apply_is_counted_apart():
    program = program_of(STANDING, base=DEEP)
    desks = ", ".join(f"{{id: {i}, price: {i}}}" for i in range(1, 16))
    decision = decide(program, f"{{id: p, sites: [{{id: A, rank: 7, desks: [{desks}]}}]}}")
    text = "\n".join(
        " ".join(line.split()) for line in decision_text(decision, program.labels, columns=120).splitlines()
    )
    assert "Standing of desks: Good; 2 fulfilled, 1 not applicable" in text
    assert "Standing of desks: none; 1 fulfilled, 1 not applicable" in text
    assert "site A, desk 1, price with tax: " in text
    assert "desk 11, price with tax" not in text
    assert "and those of 5 more desks" in text


NAMED_LIKE_FACTS = """\
kind: tiers
id: level
title: Level
for: partner
measure: active_accounts
levels:
  - id: silver
    title: Silver
    active_accounts: 10..
    requires:
      - {id: active_accounts, title: Accounts were audited, when: active_accounts > 3}
otherwise: {level: none}
"""


def test_a_requirement_keeps_its_title_where_its_id_is_the_name_of_a_fact():
    program = good_program(NAMED_LIKE_FACTS)
    (level,) = decide(program, "{id: a, active_accounts: 12}").of("levels")
    (fulfilled,) = [line for line in why(DAY, level) if line.startswith("Fulfilled: ")]
    assert fulfilled.endswith("; Accounts were audited.")
    page = decision_text(decide(program, "{id: a, active_accounts: 12}"), program.labels, columns=120)
    assert "1 requirement fulfilled" in page


VAGUE = """\
kind: obligations
id: jobs
title: Jobs
for: partner
obligations:
  - {id: one, title: One, met_when: doubled > 10}
  - {id: other, title: Other, met_when: doubled > 20, basis: assumed, note: whether it is asked for}
"""
DOUBLED = """\
      doubled:
        {type: number, title: doubled accounts, formula: active_accounts * 2, basis: assumed, note: why}
"""


def test_each_assumption_stands_once_with_what_rests_on_it():
    base = EXAMPLE.replace("      active_accounts:", f"{DOUBLED}      active_accounts:", 1)
    program = good_program(VAGUE, base=base)
    decision = decide(program, "{id: a, active_accounts: 12}")
    page = decision_text(decision, program.labels, columns=120, list_assumptions=True)
    told = [" ".join(line.split()) for line in page.partition("rest on assumptions:")[2].splitlines()]
    assert [line.rpartition(" ")[0] if ".yaml:" in line else line for line in told if line] == [
        "Doubled accounts: why.", "One, Other and doubled accounts rest on it",
        "Other: whether it is asked for.", "Other rests on it",
    ]  # fmt: skip
    one, other = decision.of("obligations")
    assert "It rests on an assumption about doubled accounts: why." in why(DAY, one)
    assert "This is an assumption: whether it is asked for." in why(DAY, other)


NOTES = [
    ("why", "why"),
    ("Taken: the list price. Other reading: the price paid.", "Taken: the list price"),
    ("the text gives no scale; three steps are taken", "the text gives no scale"),
    ("one " * 40, " ".join(["one"] * 30) + " …"),
]


@pytest.mark.parametrize(("note", "short"), NOTES)
def test_an_assumption_is_told_in_short_and_in_full(note: str, short: str) -> None:
    base = EXAMPLE.replace("      active_accounts:", f"{DOUBLED}      active_accounts:", 1)
    program = good_program(VAGUE, base=base.replace("note: why", f"note: '{note}'"))
    one, other = decide(program, "{id: a, active_accounts: 12}").of("obligations")
    assert f"It rests on an assumption about doubled accounts: {short}." in why(DAY, one)
    full = f"It rests on an assumption about doubled accounts: {note.strip().rstrip('.')}."
    assert full in why(DAY, one, notes=True)
    assert "This is an assumption: whether it is asked for." in why(DAY, other)


def test_several_assumptions_are_named_in_one_line() -> None:
    more = DOUBLED.replace("doubled", "other").replace("active_accounts * 2", "active_accounts * 3")
    base = EXAMPLE.replace("      active_accounts:", f"{DOUBLED}{more}      active_accounts:", 1)
    program = good_program(VAGUE.replace("doubled > 10", "doubled + other > 10"), base=base)
    one = decide(program, "{id: a, active_accounts: 12}").findings[0]
    assert "It rests on assumptions about doubled accounts and other accounts." in why(DAY, one)
    assert len([line for line in why(DAY, one, notes=True) if "rests on an assumption" in line]) == 2


JUDGED = """\
kind: tiers
id: standing
title: Standing
for: partner
levels:
  - id: trusted
    title: Trusted
    requires: [{id: word, title: Is trusted, when: attends_quarterly_reviews, decided_by: vendor}]
otherwise: {level: none}
"""


@pytest.mark.parametrize(
    ("fact", "said", "above"),
    [
        ("", "decides", "is for the vendor to decide"),
        (", attends_quarterly_reviews: false", "refuses", "is refused by the vendor"),
    ],
)
def test_what_a_person_refuses_is_not_what_waits_for_one(fact, said, above):
    program = good_program(JUDGED)
    found = decide(program, f"{{id: a{fact}}}")
    (level,) = found.of("levels")
    assert f"The vendor {said}: Is trusted." in why(DAY, level, program.labels)
    assert f"vendor {said}: Is trusted" in decision_text(found, program.labels, columns=120)
    assert above in why(DAY, level.requirements[0], program.labels)[0]
