"""The record that shows a change: one that tells what the change is about, as small as it can be."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.support import DAY

from policyengine.analysis.acceptance import Refusal
from policyengine.analysis.affected import Affected
from policyengine.analysis.thresholds import Cuts
from policyengine.analysis.witness import Same, Witness
from policyengine.change.comparison_json import to_json
from policyengine.change.program_comparison import Meaning, compare
from policyengine.program.linked import Program
from policyengine.program.load import load
from policyengine.program.record import Record
from policyengine.render.comparison_text import changes_text
from policyengine.source import Source

_PROGRAM = """\
\
kind: program
id: example
title: Example
currency: EUR
rounding: half_up
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
      certified: {type: boolean, title: certified}
      trained: {type: boolean, title: trained}
      fee: {type: money, title: fee, min: 0}
      ends_on: {type: date, title: end}
      region: {type: enum, values: {north: North, south: South}, title: region}
  deal:
    title: deal
    within: partner
    list: deals
    key: id
    facts:
      id: {type: text, title: identifier}
      amount: {type: money, title: amount, min: 0}
      won: {type: boolean, title: won}
"""
_POLICIES = """\
\
kind: tiers
id: levels
title: Levels
for: partner
source: {document: agreement}
measure: points
levels:
  - {id: silver, title: Silver, points: 100..299, grants: [{discount: 5%, on: [subscription]}]}
  - id: gold
    title: Gold
    points: 300..
    requires: [{id: cert, title: Certified, when: certified}, {id: tr, title: Trained, when: trained}]
    grants: [{discount: 10%, on: [subscription]}]
otherwise: {level: none}
---
kind: billing
id: billing
title: Billing
for: partner
source: {document: agreement}
charges:
  - {id: fee, title: Fee, amount: fee, item: subscription, due_on: '@"2026-12-31"', when: CONDITION}
"""


def program(*edits: str) -> Program:
    """The program with texts (one, what stands in its place, and so on)."""
    texts = [_PROGRAM, _POLICIES]
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert any(old in text for text in texts), old
        texts = [text.replace(old, new) for text in texts]
    made = load(
        "example",
        [Source(f"{name}.yaml", text) for name, text in zip(("program", "p"), texts, strict=True)],
        DAY,
    )
    assert made.ok, [each.message for each in made.diagnostics]
    return made


def only(old: Program, new: Program) -> Meaning:
    (meaning,) = compare(old, new).meanings
    return meaning


def shown(old: Program, new: Program) -> Witness:
    verdict = only(old, new).verdict
    assert isinstance(verdict, Witness)
    return verdict


def when(condition: str) -> Program:
    return program("CONDITION", f"'{condition}'")


ALWAYS = ("CONDITION", "true")


def test_a_level_that_starts_later_is_shown_by_one_who_loses_it() -> None:
    found = shown(program(*ALWAYS), program(*ALWAYS, "299", "349", "300..", "350.."))
    assert found.record.facts == {
        "id": "partner-1", "points": 300, "certified": True, "trained": True,
    }  # fmt: skip


def test_where_no_level_is_reached_that_is_said_in_words() -> None:
    text = changes_text(compare(program(*ALWAYS), program(*ALWAYS, "100..", "200..")))
    assert "level none" in text
    assert "None" not in text


@pytest.mark.parametrize(
    ("old", "new", "facts", "deals"),
    [
        ("count(deals) >= 40", "count(deals) >= 41", {}, 40),
        ("count(deals[won]) >= 10", "count(deals[won]) >= 14", {}, 10),
        ("sum(deals[won].amount) >= 40000", "sum(deals[won].amount) >= 50000", {}, 1),
        ("ends_on.day <= 27", "ends_on.day <= 28", {"day": 28}, 0),
        ("ends_on.month = 3", "ends_on.month = 4", {"month": 3}, 0),
        ("ends_on.year >= 2031", "ends_on.year >= 2033", {"year": 2031}, 0),
        ("ends_on.weekday <= 5", "ends_on.weekday <= 6", {}, 0),
    ],
)
def test_sums_counts_and_parts_of_dates_are_decided(
    old: str, new: str, facts: dict[str, int], deals: int
) -> None:
    found = shown(when(old), when(new))
    assert found.decided
    assert len(found.record.lists.get("deals", ())) == deals
    assert all(getattr(found.record.facts["ends_on"], part) == value for part, value in facts.items())
    assert found.record.facts["fee"] == 1


def test_numbers_are_as_small_as_they_can_be() -> None:
    found = shown(when("fee >= 9000"), when("fee >= 12345.67"))
    assert found.record.facts == {"id": "partner-1", "points": 0, "fee": 9000}


@pytest.mark.parametrize("mode", ["half_even", "up", "down"])
def test_ways_of_rounding_are_told_apart(mode: str) -> None:
    found = shown(program(*ALWAYS), program(*ALWAYS, "rounding: half_up", f"rounding: {mode}"))
    assert found.decided


REFUSED = [
    ("points: {type: count, title: points}", "points: {type: count, title: points, required: true}", set()),
    ("title: fee, min: 0}", "title: fee, min: 500}", {"fee"}),
    ("title: fee, min: 0}", "title: fee, min: 0, max: 10}", {"fee"}),
    ("{north: North, south: South}", "{north: North}", {"region"}),
    ("ends_on: {type: date, title: end}", "ends_on: {type: text, title: end}", None),
    ("{type: money, title: amount, min: 0}", "{type: count, title: amount, min: 0}", {"deals"}),
]


@pytest.mark.parametrize(("old", "new", "facts"), REFUSED)
def test_a_record_that_is_no_longer_read_is_a_change_of_meaning(
    old: str, new: str, facts: set[str] | None
) -> None:
    meaning = only(program(*ALWAYS), program(*ALWAYS, old, new))
    if facts is None:  # any date is a text too
        assert isinstance(meaning.verdict, Same)
        return
    assert isinstance(meaning.verdict, Refusal)
    record: Record = meaning.verdict.record
    assert {*record.facts, *record.lists} - {"id"} == facts
    text = changes_text(compare(program(*ALWAYS), program(*ALWAYS, old, new)))
    assert "The smallest record that is no longer read:" in text


def test_wider_bounds_refuse_nobody() -> None:
    meaning = only(program(*ALWAYS), program(*ALWAYS, "title: fee, min: 0}", "title: fee, min: -5}"))
    assert not isinstance(meaning.verdict, Refusal)


def test_a_formula_too_long_for_a_line_is_cut_around_the_place_that_differs() -> None:
    long = " or ".join(f"points = {number}" for number in range(100, 160))
    (meaning,) = compare(when(long), when(f"{long[:-3]}999")).changed
    sentence = meaning.spoken[0].sentence
    assert "= 999" in sentence
    assert "= 159" in sentence
    assert len(sentence) < 500


def lines_of(old: Program, new: Program, *records: Record) -> list[str]:
    return [line.strip() for line in changes_text(compare(old, new, records)).splitlines()]


def test_what_is_said_of_a_record_names_titles_and_not_ids() -> None:
    new = program(*ALWAYS, "points: 300..", "points: 350..", "100..299", "100..349")
    lines = lines_of(program(*ALWAYS), new)
    assert "before discount on subscription: rate 10 %, level Gold" in lines
    assert "now    discount on subscription: rate 5 %, level Silver" in lines
    duty = "{id: plan, title: Plan, party: partner, every: calendar year, met_when: trained}"
    policy = f"\n---\nkind: obligations\nid: o\ntitle: O\nfor: partner\nobligations:\n  - {duty}\n"
    old = program("when: CONDITION}\n", f"when: true}}\n{policy}")
    new = program("when: CONDITION}\n", f"when: true}}\n{policy.replace('party: partner', 'party: vendor')}")
    lines = lines_of(old, new)
    assert "before Plan: party the partner" in lines
    assert "now    Plan: party the vendor" in lines


def test_of_what_comes_to_apply_the_telling_values_are_said() -> None:
    lines = lines_of(when("points > 5"), when("points > 4"))
    assert "before Fee: not applicable" in lines
    assert "now    Fee: applies, net 1.00 EUR, currency EUR, due on 31 Dec 2026" in lines


def facts(*more: str) -> Program:
    return program(*ALWAYS, "      region:", f"      {more[0]}\n      region:")


@pytest.mark.parametrize(
    ("kind", "before", "after", "said"),
    [
        ("list of number", "for i in 1..40 return i * i + points * 0", "for i in 1..40 return "
         "(if i = 30 then 7 else i * i) + points * 0", ("…, 841, 900, 961, …", "…, 841, 7, 961, …")),
        ("list of text", 'if points > 1 then [] else for i in 1..9 return "p" + string(i)',
         'if points > 1 then [] else for i in 1..10 return "p" + string(i)', ("…, p9", "…, p9 and p10")),
        ("text", f'if points > 3 then "{"and so on " * 12}to the yearly meeting" else "none"',
         f'if points > 3 then "{"and so on " * 12}to the annual meeting" else "none"',
         ("… the yearly meeting", "… the annual meeting")),
    ],
)  # fmt: skip
def test_a_long_value_is_cut_around_the_part_that_differs(
    kind: str, before: str, after: str, said: tuple[str, str]
) -> None:
    sides = [facts(f"tasks: {{type: {kind}, formula: '{each}', title: tasks}}") for each in (before, after)]
    lines = lines_of(*sides)
    assert f"before tasks: {said[0]}" in lines
    assert f"now    tasks: {said[1]}" in lines
    assert max(map(len, lines)) < 220


def test_long_lists_of_a_record_are_cut_to_the_rows_that_matter() -> None:
    charge = "kind: billing\nid: b\ntitle: B\nfor: deal\ncharges:\n"
    charge += "  - {id: f, title: Share, amount: amount * 2, due_on: today, when: won}\n"
    old = program("when: CONDITION}\n", f"when: true}}\n---\n{charge}")
    new = program("when: CONDITION}\n", f"when: true}}\n---\n{charge.replace('won', 'won or amount > 38.5')}")
    rows = [
        Record("deal", {"id": f"D-{i}", "amount": Decimal(i), "won": i != 20 and i < 39})
        for i in range(1, 41)
    ]
    record = Record("partner", {"id": "a", "points": Decimal(1)}, {"deals": tuple(rows)})
    lines = lines_of(old, new, record)
    assert "- id: D-39" in lines
    assert "# and 35 more" in lines
    assert [line for line in lines if line.startswith("- id")] == [f"- id: D-{i}" for i in (1, 2, 3, 39, 40)]


def test_a_fact_that_several_entities_have_is_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    free = {("partner", "fee"), ("deal", "fee"), ("deal", "amount")}
    monkeypatch.setattr(Affected, "cuts", lambda self, groups: Cuts(free=free))
    graph = program(*ALWAYS).graph
    assert graph is not None
    assert Affected(graph, graph, DAY, (), ()).open().endswith("(`amount`, `fee`)")


def test_what_a_change_does_without_the_others_is_told_apart_from_what_all_of_them_come_to() -> None:
    first = "kind: table\nid: price\ntitle: Price\nfor: partner\nbands: {of: points, rows: [{gives: 9}]}\n"
    first = f"when: true}}\n---\n{first}type: money\n"
    chosen = "version_by: ends_on\n"
    second = f"---{first.partition('---')[2]}from: 2027-04-01\n".replace("9}", "10}")
    old = program("when: CONDITION}\n", first)
    new = program("when: CONDITION}\n", f"{first}{chosen}{second}{chosen}")
    facts: dict[str, object] = {"id": "a", "points": Decimal(1), "ends_on": date(2026, 5, 1)}
    early, late = Record("partner", facts), Record("partner", {**facts, "ends_on": date(2027, 5, 1)})
    one = changes_text(compare(old, new, [early]))
    assert [line.strip() for line in one.splitlines()][-8:] == [
        "The last band rises from 9.00 EUR to 10.00 EUR, from 1 Apr 2027  p.yaml:36:36",
        "a shows it as it is, on 1 Apr 2027 (alone: by this change without the others):",
        "id: a", "points: 1", "ends_on: 2026-05-01",
        "before Price: 9.00 EUR", "alone  Price: 10.00 EUR", "now    as before",
    ]  # fmt: skip
    assert one.count("Its version is now chosen by “end”") == 1
    assert "holds for days before today" not in one
    found = compare(old, new, [early, late])
    assert changes_text(found).endswith("before Price: 9.00 EUR\n    now    Price: 10.00 EUR")
    (said,) = to_json(compare(old, new, [early]))["meanings"][-1]["witness"]["says"]
    assert (said["alone"], said["new"]["values"], said["whole"]["values"]) == (
        True, {"value": "10.00"}, {"value": "9.00"}
    )  # fmt: skip
