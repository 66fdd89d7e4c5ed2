"""Mutants: one mistake each, at its line, and nothing else changed."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from policyengine.catalogue import CODES
from policyengine.files import read_folder
from policyengine.program import load as loading
from policyengine.program.example import EXAMPLE
from policyengine.source import Source
from policyengine.verify.coverage import coverage
from policyengine.verify.mutants import Mutant, mutants
from policyengine.verify.value_mutations import shifted

POLICIES = Path(__file__).parents[2] / "policies"
DAY = date(2026, 11, 21)
PROGRAM = """\
kind: program
id: shop
title: Shop
currency: EUR
parties: {partner: the partner, vendor: the vendor}
items: {app: app}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      accounts: {type: count, title: accounts}
      trained: {type: boolean, title: is trained}
      rating: {type: enum, values: [a, b, c], title: rating}
      started_on: {type: date, title: start}
      fee: {type: money, title: fee}
---
kind: tiers
id: levels
title: Levels
for: partner
measure: accounts
levels:
  - {id: low, title: Low, accounts: 10..15, grants: [{discount: 7.5%, on: [app]}]}
  - id: high
    title: High
    accounts: 16..
    requires:
      - {id: good, title: Is good, when: {rating: [a, b], trained: true}}
      - {id: x, title: X 5, when: {any: [trained, 'accounts > 5 and rating = "a"']}}
otherwise: {level: none, basis: assumed, note: 12 is a number for people}
---
kind: billing
id: fees
title: Fees
for: partner
from: 2020-01-31
charges:
  - {id: app, title: App, amount: fee, item: app, every: P1Y, first_due: 'started_on + @"P2M"'}
"""


def of_text(text: str) -> dict[str, Mutant]:
    sources = (Source("shop.yaml", text),)
    program = loading.load("shop", sources, DAY)
    assert program.ok, [str(found.message) for found in program.diagnostics]
    return {each.words: each for each in mutants(program, sources)}


@cache
def shop() -> dict[str, Mutant]:
    return of_text(PROGRAM)


@pytest.mark.parametrize(
    "words",
    [
        "`10` becomes `11`",
        "`10` becomes `9`",
        "`7.5%` becomes `7.6%`",
        "`15` becomes `16` and `16` becomes `17`",
        "`15` becomes `14` and `16` becomes `15`",
        "`good` is left out: Is good",
        "`rating: [a, b]` is turned round",
        "`rating: [a, b]` is left out",
        "`true` becomes `false`",
        "`trained` becomes `not(trained)`",
        "`trained` is left out",
        "`2020-01-31` becomes `2020-02-01`",
        "`P1Y` becomes `P13M`",
        "`P2M` becomes `P1M`",
    ],
)
def test_each_kind_of_mistake_is_there(words: str) -> None:
    assert words in shop()


def test_words_for_people_are_left_alone() -> None:
    assert not [words for words in shop() if "people" in words or "X 6" in words]


@pytest.mark.parametrize("words", list(shop()))
def test_a_mutant_is_the_text_with_its_edits(words: str) -> None:
    mutant = shop()[words]
    (source,) = mutant.sources
    assert source.text != PROGRAM
    assert len(mutant.edits) in (1, 2)
    if "left out" not in words:
        assert mutant.at.text in PROGRAM.splitlines()[mutant.at.line - 1]
        assert len(source.text.splitlines()) == len(PROGRAM.splitlines())


def test_without_a_requirement_the_rest_still_compiles() -> None:
    mutant = shop()["`good` is left out: Is good"]
    assert loading.load("shop", mutant.sources, DAY).ok
    assert "Is good" not in mutant.sources[0].text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10", ["11", "9"]),
        ("0", ["1"]),
        ("-1", ["0", "-2"]),
        ("10.50", ["10.51", "10.49"]),
        ("20%", ["21%", "19%"]),
        ("20 %", ["21 %", "19 %"]),
        ("2024-02-29", ["2024-03-01", "2024-02-28"]),
        ("9999-12-31", []),
        ("P1M", ["P2M"]),
        ("P90D", ["P91D", "P89D"]),
        ("P2W", ["P15D", "P13D"]),
        ("gold", []),
    ],
)
def test_one_unit(text: str, expected: list[str]) -> None:
    assert shifted(text) == expected


@pytest.mark.parametrize("name", ["bytekast", "kepion", "pugpig", "wildix"])
def test_our_programs_have_mutants_at_their_lines(name: str) -> None:
    read = read_folder(POLICIES / name)
    program = loading.load(name, read.sources, DAY)
    found = list(mutants(program, read.sources))
    assert len(found) > 40
    assert len({each.edits for each in found}) == len(found)
    for each in found:
        changed = [new for new, old in zip(each.sources, read.sources, strict=True) if new is not old]
        assert len(changed) == 1
        assert changed[0].text != each.at.source.text


def _examples() -> list[str]:
    good = dict.fromkeys(code.good for code in CODES if code.example == "policy" and code.good)
    return [text for text in good if not text.startswith("kind: program")]


@pytest.mark.parametrize("text", _examples(), ids=lambda text: text.split("id: ")[1].split("\n")[0])
def test_every_kind_has_mutants_that_say_what_they_do(text: str) -> None:
    sources = (Source("program.yaml", EXAMPLE), Source("policy.yaml", text))
    program = loading.load("example", sources, DAY)
    assert program.ok
    for mutant in mutants(program, sources):
        assert mutant.words
        assert any(new.text != old.text for new, old in zip(mutant.sources, sources, strict=True))
    found = coverage(program, sources, ())
    assert found.met == 0
    assert len({goal.key for goal in found.unmet}) == found.total


BANDS = """\
kind: table
id: commission
title: Commission
for: partner
type: money
default: 0
bands: {of: fee, mode: graduated, rows: [{up_to: 1000, rate: 5%}, {rate: 3%}]}
"""


def test_bands() -> None:
    sources = (Source("program.yaml", EXAMPLE), Source("policy.yaml", BANDS))
    program = loading.load("example", sources, DAY)
    words = [each.words for each in mutants(program, sources) if each.at.source is sources[1]]
    assert words == [
        "`0` becomes `1`", "`1000` becomes `1001`", "`1000` becomes `999`", "`5%` becomes `4%`",
        "`5%` becomes `6%`", "`3%` becomes `2%`", "`3%` becomes `4%`",
    ]  # fmt: skip
    goals = [each.words for each in coverage(program, sources, ()).unmet if each.at.source is sources[1]]
    assert "`fee` is never 1000.01, just above 1000" in goals
    assert "band 2 of Commission (3 %): `rate` never counts" in goals


AMOUNTS = """\
kind: table
id: price
title: Price
for: partner
type: money
hit: unique
inputs: [fee]
rows:
  - [..10, 200]
  - ["(10..20.50]", 300]
  - ["> 20.50", 400]
"""


def test_amounts_that_count_by_minor_units_are_moved_as_they_are_written() -> None:
    sources = (Source("program.yaml", EXAMPLE), Source("policy.yaml", AMOUNTS))
    program = loading.load("example", sources, DAY)
    assert program.ok, [found.message for found in program.diagnostics]
    words = [(each.at.line, each.words) for each in mutants(program, sources) if each.at.source is sources[1]]
    for line, text in ((9, "10"), (10, "10"), (10, "20.50"), (11, "20.50")):
        for other in shifted(text):
            assert (line, f"`{text}` becomes `{other}`") in words


def test_what_is_added_to_a_formula_is_no_condition_that_someone_wrote() -> None:
    """A derived count has to be a whole number that is not below zero; nobody wrote that."""
    text = PROGRAM.replace(
        "      fee: {type: money",
        "      boxes: {type: count, title: boxes, formula: ceiling(accounts / 10), informative: true}\n"
        "      fee: {type: money",
    )
    assert not [words for words in of_text(text) if "not(ceiling" in words]
    sources = (Source("shop.yaml", text),)
    goals = coverage(loading.load("shop", sources, DAY), sources, ()).unmet
    assert not [goal.words for goal in goals if goal.words.startswith("`ceiling")]


def test_orders_roles_and_named_formulas_are_changed() -> None:
    text = """\
kind: program
id: fund
title: Fund
currency: EUR
parties: {partner: the partner, vendor: the vendor}
define: {above: {of: [items, limit], formula: "count(items[cost > limit])"}}
entities:
  partner: {key: id, facts: {large: {type: count, formula: "above(requests, 100)"}}}
  request:
    within: partner
    list: requests
    key: id
    order: {by: cost, first: highest, restart: kind}
    default: none
    facts:
      kind: {type: text}
      cost: {type: money}
      granted: {type: money, formula: "min(cost, 100 - sum(earlier.granted))", applies_when: {kind: fund}}
---
kind: obligations
id: duties
title: Duties
for: request
obligations: [{id: answer, title: Answer, party: vendor, met_when: granted > 0 and position < 3}]
"""
    program = loading.load("fund", [Source("fund.yaml", text)], DAY)
    assert program.ok
    found = {each.words for each in mutants(program, [Source("fund.yaml", text)])}
    assert found >= {
        "`cost` becomes `as_listed`",
        "`highest` becomes `lowest`",
        "`restart: kind` is left out",
        "`default: none` is left out",
        "`vendor` becomes `partner`",
        "`cost > limit` becomes `cost >= limit`",
        "`kind: fund` is turned round",
    }
    assert not any(
        "position` is never 0" in each.words for each in coverage(program, [Source("f", text)], ()).unmet
    )


def test_the_stage_that_a_stage_ends_in_is_another_one() -> None:
    folder = Path(__file__).parents[1] / "kinds" / "programs" / "tenancy"
    sources = [Source(each.name, each.read_text(encoding="utf-8")) for each in sorted(folder.glob("*.yaml"))]
    sources = [each for each in sources if not each.name.endswith("_test.yaml")]
    program = loading.load("tenancy", sources, DAY)
    words = {each.words for each in mutants(program, sources) if "then:" in each.at.source.line(each.at.line)}
    assert words >= {"`lost` becomes `expired`", "`expired` becomes `draft`"}
