"""What a comparison says: sentences as data, and laws over mutants, days and the JSON of it."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.change.test_changes import PROGRAMS, mutants_of, program, sources
from tests.support import DAY, EXAMPLE, cases, program_of

from policyengine.analysis.witness import NotDecided, Same, Witness
from policyengine.change import descriptions
from policyengine.change.changes import changes_of
from policyengine.change.comparison_json import comparison_schema, to_json
from policyengine.change.program_comparison import _of_the_past, compare
from policyengine.program.linked import Program
from policyengine.program.load import load
from policyengine.render.comparison_text import changes_text, headline
from policyengine.source import Source

FOLDER = Path(__file__).parent


def edited(name: str, edit: Sequence[str]) -> Program:
    texts = list(sources(name))
    for before, after in zip(edit[::2], edit[1::2], strict=True):
        at = next((i for i, source in enumerate(texts) if before in source.text), None)
        assert at is not None, before
        texts[at] = Source(texts[at].name, texts[at].text.replace(before, after, 1))
    new = load(name, texts, DAY)
    assert new.ok, [f"{each.span}: {each.message}" for each in new.diagnostics]
    return new


@pytest.mark.parametrize("case", cases(FOLDER / "sentences.yaml"))
def test_sentences(case: dict[str, Any]) -> None:
    found = compare(program(case["program"]), edited(case["program"], case["edit"]))
    said = [each.sentence for meaning in found.changed for each in meaning.spoken]
    same = [each.sentence for meaning in found.meanings if meaning.same for each in meaning.spoken]
    assert said == case.get("meaning", [])
    assert same == case.get("same", [])
    assert [each.sentence for each in found.wording] == case.get("wording", [])
    shown = [isinstance(meaning.verdict, Witness) for meaning in found.changed]
    assert all(shown) is not case.get("refused", False)
    assert not list(Draft202012Validator(comparison_schema()).iter_errors(to_json(found)))


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_differs_from_itself(name: str) -> None:
    found = compare(program(name), load(name, sources(name)[::-1], DAY))
    assert not found.meanings
    assert not found.wording
    assert "nothing changes its meaning" in headline(found)


@pytest.mark.parametrize("name", PROGRAMS)
def test_mutants_are_found_and_shown(name: str) -> None:
    """A sample; `make witnesses` compares all of them."""
    for mutant in random.Random(3).sample(mutants_of(name), 2):
        new = load(name, mutant.sources, DAY)
        if new.ok:
            found = compare(program(name), new)
            assert found.changed, f"{mutant.at}: {mutant.words}"
            assert isinstance(found.changed[0].verdict, Witness), f"{mutant.at}: {mutant.words}"


CHARTER = """\
kind: obligations
id: support
title: Support
for: partner
from: 2027-01-01
obligations:
  - {id: answer, title: Answer, party: partner, due_on: renewal_on, met_when: active_accounts > 5}
"""


def test_a_version_of_a_later_day_is_compared_on_that_day() -> None:
    old = program_of(CHARTER).linked
    new = program_of(CHARTER, CHARTER.replace("2027", "2028").replace("> 5", "> 6")).linked
    (meaning,) = compare(old, new).changed
    (spoken,) = meaning.spoken
    assert spoken.sentence == (
        "“Answer” now counts as done when `active_accounts > 6` (was: when `active_accounts > 5`)"
        ", from 1 Jan 2028"
    )
    assert meaning.day.isoformat() == "2028-01-01"
    assert isinstance(meaning.verdict, Witness)
    assert not compare(new, new).meanings


def test_a_mapping_that_differs_is_told() -> None:
    crm = "kind: mapping\nid: crm\nfor: partner\ncolumns: {Key: id, Apps: active_accounts}\n"
    old, new = program_of(CHARTER, crm).linked, program_of(CHARTER, crm.replace("Apps:", "Paid:")).linked
    assert old.mappings
    said = "the mapping `crm` changes `columns/Apps` and `columns/Paid`: exports are read differently"
    assert compare(old, new).notices == (said,)
    assert not compare(old, old).notices
    assert compare(program_of(CHARTER).linked, new).notices == ("the mapping `crm` is new",)


@pytest.mark.parametrize(
    ("line", "is_past"),
    [
        ("until_including: 2027-05-31", False),
        ("until_including: 2026-05-31", True),
        ("", True),
    ],
)
def test_only_what_holds_for_the_past_is_said_to(line: str, is_past: bool) -> None:
    always = CHARTER.replace("from: 2027-01-01\n", "")
    changed = (
        always.replace("obligations:\n", f"{line}\nobligations:\n") if line else always.replace("> 5", "> 6")
    )
    found = compare(program_of(always).linked, program_of(changed).linked)
    assert found.changed
    assert any("days before today" in each for each in found.notices) is is_past


def test_waivers_that_begin_later_leave_the_past_alone() -> None:
    waivers = """\
kind: waivers
id: exceptions
title: Exceptions
for: partner
waivers: [{id: gift, of: tiers/gold, why: a gift, approved_by: vendor, from: 2027-02-01}]
"""
    old = program_of(CHARTER).linked
    for day, is_past in (("2027-02-01", False), ("2026-02-01", True)):
        (change,) = changes_of(old, program_of(CHARTER, waivers.replace("2027-02-01", day)).linked)
        assert _of_the_past(change, DAY) is is_past


def test_what_is_not_decided_says_so() -> None:
    old = edited("bytekast", ["amount: setup_fee", "amount: setup_fee * 2"])
    new = edited("bytekast", ["amount: setup_fee", "amount: setup_fee + setup_fee"])
    (meaning,) = compare(old, new, limit=100).meanings
    assert isinstance(meaning.verdict, NotDecided)
    found = compare(old, new, limit=100)
    assert found.changed
    assert "Not decided: no record of" in changes_text(found)
    assert to_json(found)["meanings"][0]["verdict"] == "not_decided"


def test_the_order_of_levels_is_meaning_and_that_of_requirements_is_not() -> None:
    levels = """\
kind: tiers
id: example
title: Example
for: partner
levels:
  - {id: one, title: One, attends_quarterly_reviews: true}
  - {id: two, title: Two, competence_rating: positive}
requires:
  - {id: a, title: A, when: active_accounts > 1}
  - {id: b, title: B, when: active_accounts > 2}
"""
    first, second = levels.split("levels:\n")[1].split("requires:\n")[0].splitlines()
    turned = levels.replace(f"{first}\n{second}", f"{second}\n{first}")
    old = program_of(levels).linked
    (meaning,) = compare(old, program_of(turned).linked).meanings
    assert meaning.spoken[0].sentence == "The order of the levels is now: Two; One (was: One; Two)"
    assert isinstance(meaning.verdict, Witness)
    asked = levels.splitlines()[-2:]
    turned = levels.replace("\n".join(asked), "\n".join(asked[::-1]))
    assert not compare(old, program_of(turned).linked).meanings


def test_a_policy_more_and_one_less() -> None:
    old, new = program_of(CHARTER).linked, program_of(CHARTER.replace("id: support", "id: other", 1)).linked
    found = compare(old, new)
    assert [meaning.spoken[0].sentence for meaning in found.changed] == [
        "The policy “Support” is dropped, from 1 Jan 2027",
        "New policy “Support” (what must be done by when, and how it is shown to be done), from 1 Jan 2027",
    ]


def test_parts_of_the_program_itself() -> None:
    text = EXAMPLE.replace("currency: USD", "currency: EUR")
    assert text != EXAMPLE
    fee = """\
kind: billing
id: own-fees
title: Fees
for: account
charges: [{id: fee, title: Fee, amount: monthly_fee, due_on: opened_on}]
"""
    old, new = program_of(fee).linked, program_of(fee, base=text).linked
    assert old.ok, old.diagnostics
    (meaning,) = compare(old, new).meanings
    assert meaning.spoken[0].sentence == "All money is now in `EUR` (was `USD`)"
    assert isinstance(meaning.verdict, Witness)
    assert not isinstance(meaning.verdict, Same)


ROWS = """\
kind: table
id: size-bonus
title: Size bonus
for: partner
type: rate
hit: unique
inputs: [active_accounts]
rows:
  - {when: {active_accounts: 50..}, then: 2%}
  - {when: {active_accounts: 10..49}, then: 1%}
default: 0
"""
ENTRIES = """\
kind: table
id: monthly-price
title: Monthly price
for: partner
type: money
default: none
keys: [competence_rating]
entries: {positive: 10.00, neutral: 12.00}
"""
BANDS = """\
kind: table
id: commission
title: Commission
for: partner
type: money
default: 0
bands:
  of: active_accounts
  mode: graduated
  rows: [{up_to: 1000, rate: 5%}, {up_to: 5000, rate: 4%}, {rate: 3%}]
"""
AMOUNTS = BANDS.replace("5%", "5%, amount: 20").replace("  mode:", "  package: 10\n  free: 5\n  mode:")
VALUES = BANDS[: BANDS.index("  mode")] + "  rows: [{up_to: 10, gives: 5}, {gives: 7}]\n"


@pytest.mark.parametrize(
    ("table", "edit", "said"),
    [
        (
            ROWS,
            ["50..", "60..", "..49", "..59"],
            [
                "The row that gives 2 % now asks that active accounts are at least 60 (was at least 50)",
                "The row that gives 1 % now asks that active accounts are from 10 to 59 (was from 10 to 49)",
            ],
        ),
        (ROWS, ["2%", "3%"], ["Where active accounts are at least 50 it rises from 2 % to 3 %"]),
        (ROWS, ["default: 0", "default: 1%"], ["Where no row matches, it now gives 1 % (was 0 %)"]),
        (ENTRIES, ["10.00", "11.00"], ["For positive it rises from 10.00 USD to 11.00 USD"]),
        (ENTRIES, ["12.00", "12.00, negative: 9"], ["For negative it now gives 9.00 USD (was not said)"]),
        (BANDS, ["5%", "6%"], ["The rate of the band up to 1,000 rises from 5 % to 6 %"]),
        (
            BANDS,
            ["graduated", "slab"],
            ["Now the whole is at the rate of its band (was: each slice is at the rate of its own band)"],
        ),
        (BANDS, ["1000", "2000"], ["A band now ends at 2,000 (was 1,000)"]),
        (BANDS, ["{up_to: 5000", "{up_to: 3000, rate: 2%}, {up_to: 5000"], ["New band: 2 % up to 3,000"]),
        (BANDS, ["5%", "5%, amount: 7"], ["The band up to 1,000 now has the amount 7"]),
        (AMOUNTS, ["amount: 20", "amount: 30"], ["The amount of the band up to 1,000 rises from 20 to 30"]),
        (AMOUNTS, [", amount: 20", ""], ["The band up to 1,000 no longer has an amount"]),
        (
            VALUES,
            ["{gives: 7}", "{below: 20, gives: 7}, {gives: 9}"],
            ["A band now ends below 20", "New band: 9.00 USD beyond the others"],
        ),
        (AMOUNTS, ["package: 10", "package: 12"], ["A started package now has 12 units (was 10 units)"]),
        (AMOUNTS, ["free: 5", "free: 6"], ["What is free before the first band is now 6 (was 5)"]),
        (VALUES, ["gives: 7", "gives: 8"], ["The last band rises from 7.00 USD to 8.00 USD"]),
    ],
)
def test_tables(table: str, edit: list[str], said: list[str]) -> None:
    new = table
    for before, after in zip(edit[::2], edit[1::2], strict=True):
        new = new.replace(before, after, 1)
    found = compare(program_of(table).linked, program_of(new).linked)
    assert [each.sentence for meaning in found.changed for each in meaning.spoken] == said
    assert all(isinstance(meaning.verdict, Witness) for meaning in found.changed)


def test_an_order_of_hits_that_makes_no_difference() -> None:
    found = compare(program_of(ROWS).linked, program_of(ROWS.replace("unique", "first")).linked)
    assert not found.changed
    assert [each.sentence for meaning in found.meanings for each in meaning.spoken] == [
        "Now the first row that matches counts (was: only one row may match)"
    ]


def test_every_kind_has_sentences_without_words_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a new kind gets that says nothing about changes."""
    monkeypatch.setattr(descriptions, "KINDS", {})
    for name in PROGRAMS:
        for mutant in random.Random(5).sample(mutants_of(name), 4):
            new = load(name, mutant.sources, DAY)
            for change in changes_of(program(name), new) if new.ok else ():
                said = descriptions.sentence(change, program(name), new)
                assert said[0] not in " ,(", said
                assert not re.search(r"None|\*(?! floor)|\bdict\b|[.,]$|  ", said), said
