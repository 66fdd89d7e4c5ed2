"""Figures, and how they came about: as data."""
# ruff: noqa: E501  # lines of YAML, and of data

from __future__ import annotations

import pickle

import pytest
from tests.columns.batches import batch_of, by_rows, difference

from policyengine.decision.findings import Figure
from policyengine.engine.columns import plan
from policyengine.engine.finding_values import Later
from policyengine.engine.reference.row import evaluate
from support import good_program, record_of

PROGRAM = """\
kind: program
id: figures
title: Figures
currency: EUR
parties: {partner: the partner}
sources: {agreement: {title: Agreement}}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      size: {type: count, title: size, default: 4}
      fund: {type: money, title: fund, formula: 0.5 * commissions, given: allowed}
      commissions: {type: money, title: commission of all deals, formula: sum(deals.commission)}
      helper: {type: count, title: helper, formula: size * 2, shown: false}
      points: {type: count, title: points, formula: "if size > 3 then helper else 0", source: {document: agreement}}
  deal:
    title: deal
    within: partner
    list: deals
    key: id
    facts:
      id: {type: text, title: identifier}
      amount: {type: money, title: amount, min: 0}
      paid: {type: boolean, title: is paid}
      commission: {type: money, title: commission, formula: bonus + amount * rate, applies_when: {paid: true}}
---
kind: table
id: rate
title: Rate
for: deal
type: rate
hit: first
basis: assumed
note: the text is old
inputs: [amount]
rows:
  - {when: {amount: ..99.99}, then: 1%}
  - {when: {amount: 100..}, then: 5%}
---
kind: table
id: bonus
title: Bonus
for: deal
type: money
bands: {of: amount, mode: graduated, rows: [{up_to: 500, rate: 2%}, {rate: 3%}]}
"""
DEALS = [
    {"id": "A", "amount": "800.00", "paid": True},
    {"id": "B", "amount": "50.00", "paid": False},
    {"id": "C", "amount": "50.00"},
]


def figures(word: str, **facts: object) -> tuple[Figure, ...]:
    program = good_program(base=PROGRAM)
    found = program.find(record_of(program, {"id": "a", "deals": DEALS, **facts}), word)
    return tuple(each for each in found if isinstance(each, Figure))


@pytest.mark.parametrize(
    ("word", "facts", "status", "text", "because"),
    [
        ("points", {}, "known", "8", ["size is 4, above 3", "helper is 8"]),
        ("helper", {"size": 5}, "known", "10", ["size is 5"]),
        ("fund", {"fund": "9.00"}, "known", "9.00 EUR", ["the record says `fund`"]),
        ("fund", {"deals": DEALS[:2]}, "known", "29.50 EUR", ["commission of all deals is 59.00 EUR"]),
        ("commissions", {"deals": DEALS[:2]}, "known", "59.00 EUR", ["deal A: 59.00 EUR", "deal B: does not apply"]),
        ("commissions", {"deals": []}, "known", "0.00 EUR", ["there is nothing to add up"]),
        ("commissions", {}, "undetermined", None, ["deal A: 59.00 EUR", "deal B: does not apply", "deal C: not known"]),
        ("commission@B", {}, "not_applicable", None, ["is paid: no"]),
        ("bonus@A", {}, "known", "19.00 EUR", ["band 1 of Bonus (2 %): amount is 800.00 EUR, at least 0.00 EUR, so 500.00 EUR at 2 %: 10.00 EUR",
          "band 2 of Bonus (3 %): amount is 800.00 EUR, above 500.00 EUR, so 300.00 EUR at 3 %: 9.00 EUR"]),
        ("rate@C", {}, "known", "1 %", ["row 1 of Rate, assumed: amount is 50.00 EUR, below 100.00 EUR"]),
    ],
)  # fmt: skip
def test_figure(
    word: str, facts: dict[str, object], status: str, text: str | None, because: list[str]
) -> None:
    (found,) = figures(word, **facts)
    assert (found.status, found.text, [each.text for each in found.because]) == (status, text, because)
    assert found.reference == word


def test_a_figure_has_its_place_its_clause_and_what_it_rests_on() -> None:
    (points,) = figures("points")
    assert points.origin.clause is not None
    assert points.origin.clause.title == "Agreement"
    assert [each.id for each in points.assumptions] == ["size"]
    (rate,) = figures("rate@A")
    assert (rate.policy, rate.basis) == ("rate", "assumed")
    (open_one,) = figures("commission@C")
    assert [each.fact for each in open_one.unknown] == ["paid"]


@pytest.mark.parametrize("word", ["size", "strange"])
def test_what_is_no_figure_is_none(word: str) -> None:
    with pytest.raises(ValueError, match=f"there is no finding `{word}`"):
        figures(word)


def test_one_of_every_deal_has_the_name() -> None:
    assert len(figures("commission")) == 3


def test_a_helper_is_not_among_the_figures() -> None:
    program = good_program(base=PROGRAM)
    found = program.evaluate(record_of(program, {"id": "a", "deals": []})).of("figures")
    assert [each.id for each in found] == ["fund", "commissions", "points"]


def test_figures_are_explained_by_their_names() -> None:
    program = good_program(base=PROGRAM)
    record = record_of(program, {"id": "a", "size": 1, "deals": DEALS})
    assert program.why(record, "points") == (
        "As of 21 Nov 2026, the points of a are 0.",
        "It comes from: size is 1, at most 3.",
        "Rule: program.yaml:17; Agreement (stated).",
    )
    assert program.why(record, "commission@C")[:3] == (
        "As of 21 Nov 2026, the commission of deal C is not known.",
        "Open: is paid: not known.",
        "What would settle it: `paid` of deal C.",
    )
    with pytest.raises(ValueError, match="there is no finding `strange`"):
        program.why(record, "strange")
    (points,) = program.find(record, "points")
    assert [step.name for step in program.derivation(record, points)] == ["points", "helper", "size"]


def test_a_figure_is_a_finding_of_the_decision_in_json() -> None:
    program = good_program(base=PROGRAM)
    decision = program.evaluate(record_of(program, {"id": "a", "deals": DEALS}))
    told = {each["reference"]: each for each in decision.to_json()["figures"]}
    keys = ("policy", "id", "title", "status", "value", "unit", "text", "basis")
    assert [told["rate@A"][key] for key in keys] == [
        "rate", "rate", "Rate", "known", "0.05", "%", "5 %", "assumed",
    ]  # fmt: skip
    assert told["rate@A"]["note"] == "the text is old"
    assert [told["points"][key] for key in keys[2:]] == ["points", "known", 8, None, "8", "assumed"]
    assert told["points"]["source"]["title"] == "Agreement"
    assert told["points"]["at"]["line"] == 17
    assert [each["text"] for each in told["points"]["because"]] == ["size is 4, above 3", "helper is 8"]
    assert (told["commission@B"]["status"], told["commission@B"]["value"]) == ("not_applicable", None)
    assert told["commissions"]["unit"] == "EUR"
    assert [each["fact"] for each in told["commissions"]["unknown"]] == ["paid"]
    assert not decision.complete


def test_every_engine_has_the_same_figures_with_their_reasons() -> None:
    program = good_program(base=PROGRAM)
    records = [
        record_of(program, {"id": "a", "deals": DEALS[:number], **more})
        for number in range(4)
        for more in ({}, {"size": 2}, {"fund": "7.00"})
    ]
    for record in records:
        found, slow = program.evaluate(record), evaluate(program.linked, record)
        assert found.of("figures") == slow.of("figures")
        assert found.to_json() == slow.to_json()
    table = plan(program.linked).answer(batch_of(program.vocabulary, records)).table
    assert difference(table, by_rows(program.linked, records)) == ""
    rows = [row for row in table.to_pylist() if row["section"] == "figures"]
    assert {row["status"] for row in rows} == {"known", "not_applicable", "undetermined"}
    assert {(row["id"], row["unit"], row["policy"]) for row in rows} == {
        ("fund", "EUR", "figures"), ("commissions", "EUR", "figures"), ("points", None, "figures"),
        ("commission", "EUR", "figures"), ("rate", "%", "rate"), ("bonus", "EUR", "bonus"),
    }  # fmt: skip
    assert {row["basis"] for row in rows if row["id"] == "points"} == {"stated", "assumed"}


def test_reasons_are_worked_out_when_they_are_first_read() -> None:
    program = good_program(base=PROGRAM)
    (points,) = program.find(record_of(program, {"id": "a", "deals": []}), "points")
    assert isinstance(points.because, Later)
    assert points.because._made is None
    assert [each.text for each in points.because] == ["size is 4, above 3", "helper is 8"]
    assert points.because._made is not None
    assert [each.text for each in pickle.loads(pickle.dumps(points.because))] == [
        each.text for each in points.because
    ]


def test_of_several_results_those_that_are_known_are_shown() -> None:
    table = """\
kind: table
id: service
title: Service
for: partner
hit: first
inputs: [size]
outputs: {hours: {type: count}, visits: {type: count}}
rows: [[3.., 8, unknown], [-, 4, 1]]
"""
    program = good_program(table, base=PROGRAM)
    records = [record_of(program, {"id": "a", "size": size, "deals": []}) for size in (2, 5)]
    whole, part = (program.evaluate(each).of("figures")[-1] for each in records)
    assert (whole.status, whole.value) == ("known", {"hours": 4, "visits": 1})
    assert (part.status, part.value, part.text) == ("undetermined", {"hours": 8, "visits": None}, None)
    found = plan(program.linked).answer(batch_of(program.vocabulary, records)).table
    assert difference(found, by_rows(program.linked, records)) == ""


HEAD = """\
kind: program
id: ends
title: Ends
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
"""


def test_a_day_that_never_comes_is_nothing_in_both_engines() -> None:
    facts = (
        "      ends_on: {type: date, title: end, default: never}\n"
        "      notice: {type: date, title: notice, formula: 'ends_on - @\"P1D\"'}\n"
    )
    program = good_program(base=HEAD + facts)
    typed = record_of(program, {"id": "p"})
    (figure,) = program.evaluate(typed).of("figures")
    assert (figure.status, figure.value) == ("not_applicable", None)
    table = plan(program.linked).answer(batch_of(program.vocabulary, [typed])).table
    assert difference(table, by_rows(program.linked, [typed])) == ""


def test_slices_of_units_are_told_as_units_also_of_a_version() -> None:
    table = "kind: table\nid: price\ntitle: Price\nfor: partner\ntype: money\nversion_by: begun_on\nbands: {of: size, mode: graduated, rows: [{up_to: 10, rate: 9}, {rate: 7.50}]}\n"
    later = table.replace("version_by", "from: 2027-01-01\nversion_by").replace("9}", "0.005}")
    base = PROGRAM.partition("---")[0].replace(
        "      fund:", "      begun_on: {type: date, title: begin}\n      fund:"
    )
    base = base.replace("formula: sum(deals.commission)", "default: 0").replace(
        ", applies_when: {paid: true}", ""
    )
    base = (
        base.replace(", formula: bonus + amount * rate", ", informative: true")
        .replace("title: is paid", "title: is paid, informative: true")
        .replace("min: 0", "min: 0, informative: true")
    )
    program = good_program(f"{table}---\n{later}", base=base)
    for begun, told in (
        ("2026-01-01", "10 × 9.00 EUR = 90.00 EUR"),
        ("2027-01-01", "10 × 0.005 EUR = 0.05 EUR"),
    ):
        record = record_of(program, {"id": "a", "size": 12, "begun_on": begun})
        for decision in (program.evaluate(record), evaluate(program.linked, record)):
            (price,) = (each for each in decision.of("figures") if each.id == "price")
            version, first, second = [each.text for each in price.because]
            assert version.startswith("version of Price is ")
            assert version.endswith(f"and begin is {'1 Jan'} {begun[:4]}")
            assert first.endswith(f": size is 12, at least 0, so {told}")
            assert second == "band 2 of Price (7.50): size is 12, above 10, so 2 × 7.50 EUR = 15.00 EUR"
