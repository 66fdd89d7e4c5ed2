"""Coverage: what no test exercises, in words of the policy; a test exercises only what it looks at."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from policyengine.program import load as loading
from policyengine.program.linked import Program
from policyengine.source import Source
from policyengine.verify.coverage import Coverage, coverage
from policyengine.verify.suite import Programs, open_file, open_source

ROOT = Path(__file__).parents[2]
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
      rating: {type: enum, values: [a, b], title: rating}
      fee: {type: money, title: fee}
      share: {type: rate, title: share, min: 0, max: 1}
      begun_on: {type: date, title: begin}
      ends_on: {type: date, title: end, default: never}
  visit:
    title: visit
    within: partner
    list: visits
    facts:
      held_on: {type: date, title: day}
      cost: {type: money, title: cost, min: 0}
"""
BEST = """\
      best: {type: number, title: best, formula: "{big: if accounts > 7 then 1 else 2}.big"}
"""
POLICIES = {
    "subscription": """\
kind: billing
id: fees
title: Fees
for: partner
charges: [{id: fee, title: Fee, amount: 9, every: P1M, first_due: begun_on, until: ends_on}]
""",
    "ladder": """\
kind: tiers
id: levels
title: Levels
for: partner
measure: accounts
requires: [{id: skill, title: Skill, when: {any: [trained, "fee > 100"]}}]
levels:
  - {id: low, title: Low, accounts: 10..15}
  - {id: high, title: High, accounts: 16..}
otherwise: {level: none}
""",
    "duties": """\
kind: matrix
id: duties
title: Duties
for: partner
columns: {by: rating, values: [a, b]}
sections:
  - {id: s, title: S, activities: [{id: sell, title: Sell, responsible: {a: vendor, b: partner}}]}
""",
    "visits": """\
kind: obligations
id: visits
title: Visits
for: partner
obligations:
  - {id: visit, title: Visit, met_when: some v in visits satisfies v.held_on >= @"2026-01-01"}
  - {id: judged, title: Is judged, decided_by: vendor}
""",
    "charges": """\
kind: billing
id: fees
title: Fees
for: partner
charges: [{id: app, title: App, when: trained, amount: 100, item: app, due_on: '@"2026-12-01"'}]
""",
    "steps": """\
kind: obligations
id: steps
title: Steps
for: partner
obligations:
  - {id: sum, title: Sum, met_when: sum(visits.cost) > 500}
  - {id: count, title: Count, met_when: count(visits) >= 1}
  - {id: each, title: Each, met_when: some v in visits satisfies v.cost >= 20}
  - {id: filter, title: Filter, met_when: 'count(visits[cost < 0.5]) > 0'}
  - {id: fine, title: Fine, met_when: share >= 0.075}
  - {id: half, title: Half, met_when: best * 2 > 2.5}
""",
    "versions": """\
kind: obligations
id: old
title: Old
for: partner
until_including: 2025-12-31
obligations: [{id: o, title: O, met_when: trained}]
---
kind: obligations
id: old
title: Old
for: partner
from: 2026-01-01
obligations: [{id: o, title: O, met_when: trained}]
""",
}


def of(policy: str, tests: str) -> Coverage:
    text = POLICIES.get(policy, policy)
    program = PROGRAM.replace("  visit:\n", f"{BEST}  visit:\n") if "best" in text else PROGRAM
    sources = (Source("program.yaml", program), Source("policy.yaml", text))
    opened: dict[date, Program] = {}

    def programs(folder: str, as_of: date) -> Program:
        return opened.setdefault(as_of, loading.load("shop", sources, as_of))

    head = "kind: test\nprogram: .\nas_of: 2026-11-21\ntests:\n"
    ready = open_source(Source("a_test.yaml", head + tests), programs, lambda _: Source("", ""))
    assert not ready.diagnostics, [str(each.message) for each in ready.diagnostics]
    assert ready.tests, [each.message for each in ready.uncompiled]
    return coverage(ready.tests[0].program, sources, ready.tests)


def left(policy: str, tests: str) -> set[str]:
    return {goal.words for goal in of(policy, tests).unmet}


NOTHING = "  - {name: a, record: {}, expect: {complete: true}}\n"


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("ladder", "`trained` never holds"),
        ("ladder", "`trained` never fails"),
        ("ladder", "`trained` never decides alone"),
        ("ladder", "`fee > 100` never decides alone"),
        ("ladder", "`fee` is never 100"),
        ("ladder", "`fee` is never 100.01, just above 100"),
        ("ladder", "`accounts` is never 9, just below 10"),
        ("ladder", "`accounts` is never 10"),
        ("ladder", "`accounts` is never 15"),
        ("ladder", "`accounts` is never 16"),
        ("ladder", "the level of `levels` is never `high`"),
        ("ladder", "the status of `skill` is never `unmet`"),
        ("duties", "the party of `sell` is never `vendor` as `a` says"),
        ("duties", "the party of `sell` is never `partner` as `b` says"),
        ("visits", "`v.held_on` is never 2025-12-31, just below 2026-01-01"),
        ("visits", "the status of `visit` is never one of upcoming, due, overdue"),
        ("visits", "the status of `judged` is never `manual`"),
        ("versions", "no test looks at `old`"),
        ("versions", "no test looks at `old` as in force from 2026-01-01"),
    ],
)
def test_what_a_test_that_looks_at_nothing_leaves(policy: str, words: str) -> None:
    assert words in left(policy, NOTHING)


def edges(policy: str, tests: str = NOTHING) -> list[str]:
    """The values of `accounts` that are asked for."""
    found = (re.match(r"`accounts` is never (\d+)", goal.words) for goal in of(policy, tests).unmet)
    return sorted(each[1] for each in found if each is not None)


LEVELS = """\
kind: tiers
id: levels
title: Levels
for: partner
measure: accounts
levels:
  - {id: a, title: A, accounts: 1..1}
  - {id: b, title: B, accounts: 2..2}
  - {id: c, title: C, accounts: 3..}
otherwise: {level: none}
"""


def test_an_edge_is_asked_for_once_in_a_rule() -> None:
    assert edges(LEVELS) == ["0", "1", "2", "3"]
    test = "  - {name: a, record: {accounts: 2}, expect: {levels: [{level: b}]}}\n"
    assert edges(LEVELS, test) == ["0", "1", "3"]
    duty = "kind: obligations\nid: o\ntitle: O\nfor: partner\nobligations:\n"
    for name in ("x", "y"):
        duty += f"  - {{id: {name}, title: {name.upper()}, met_when: accounts >= 2}}\n"
    assert edges(duty) == ["1", "1", "2", "2"]
    test = "  - {name: a, record: {accounts: 2}, expect: {obligations: [{id: x, status: met}]}}\n"
    assert edges(duty, test) == ["1", "1", "2"]


@pytest.mark.parametrize(
    ("written", "there", "not_there"),
    [
        (
            "sum",
            ["`sum(visits.cost)` is never 500", "`sum(visits.cost)` is never 500.01, just above 500"],
            [],
        ),
        ("count", ["`count(visits)` is never 0, just below 1", "`count(visits)` is never 1"], []),
        ("each", ["`v.cost` is never 19.99, just below 20", "`v.cost` is never 20"], []),
        ("filter", ["`cost` is never 0.49, just below 0.5", "`cost` is never 0.5"], []),
        ("filter", ["`count(visits[cost < 0.5])` is never 1, just above 0"], ["is never -1"]),
        ("fine", ["`share` is never 0.074, just below 0.075", "`share` is never 0.075"], []),
        ("half", ["`best * 2` is never 2.6, just above 2.5"], []),
    ],
)
def test_edges_lie_a_step_of_the_fact_away(written: str, there: list[str], not_there: list[str]) -> None:
    words = left("steps", NOTHING)
    assert set(there) <= words
    assert not [each for each in words for part in not_there if part in each]


@pytest.mark.parametrize("written", ["share <= 1", "share >= 0", "count(visits) >= 0"])
def test_no_edge_lies_beyond_the_bounds(written: str) -> None:
    POLICIES["bound"] = (
        POLICIES["steps"].split("  - {id: count")[0].replace("sum(visits.cost) > 500", written)
    )
    words = {each for each in left("bound", NOTHING) if " is never " in each and "status" not in each}
    assert words == {f"`{written.split()[0]}` is never {written.split()[-1]}"}


@pytest.mark.parametrize(
    ("levels", "asked"),
    [
        ("[{id: low, title: Low, accounts: 0..9}, {id: high, title: High, accounts: 10..}]", False),
        ("[{id: low, title: Low, accounts: 1..9}, {id: high, title: High, accounts: 10..}]", True),
    ],
)
def test_an_outcome_that_nothing_has_is_no_goal(levels: str, asked: bool) -> None:
    text = f"""\
kind: tiers
id: levels
title: Levels
for: partner
measure: accounts
levels: {levels}
otherwise: {{level: none}}
"""
    words = left(text, NOTHING)
    assert "the level of `levels` is never `low`" in words
    assert ("the level of `levels` is never `none`" in words) is asked
    assert ("the status of `levels` is never `none`" in words) is asked


@pytest.mark.parametrize(
    ("written", "never"),
    [
        ("share <= 1", {"holds"}),
        ("share > 1 or trained", {"fails", "holds"}),
        ('today >= @"2030-01-01"', {"fails", "holds"}),
        ("fee > 5 and fee < 3", {"fails"}),
    ],
)
def test_a_condition_that_cannot_hold_or_fail_is_no_goal(written: str, never: set[str]) -> None:
    text = POLICIES["steps"].split("  - {id: sum")[0] + f"  - {{id: a, title: A, met_when: '{written}'}}\n"
    words = {each for each in left(text, NOTHING) if each.startswith(f"`{written}` never ")}
    assert {each.rsplit(" ", 1)[1] for each in words} == never


def test_edges_are_suggested_with_their_values_as_columns_have_them() -> None:
    assert of("ladder", NOTHING).edges == {"accounts": ["9", "10", "15", "16"], "fee": ["100", "100.01"]}
    assert of("steps", NOTHING).edges["share"] == ["0.074", "0.075"]
    text = """\
kind: billing
id: fees
title: Fees
for: visit
charges: [{id: a, title: A, when: cost > 10, amount: 1, item: app, due_on: held_on}]
"""
    assert of(text, NOTHING).edges == {"visits.cost": ["10", "10.01"]}
    whole = text.replace("cost > 10", "cost > 99.99 and cost < 200.00")
    assert of(whole, NOTHING).edges == {"visits.cost": ["99.99", "100", "199.99", "200"]}


def test_a_charge_with_a_condition_is_exercised_by_both_ways() -> None:
    tests = """\
  - name: all
    columns: [trained, status, net]
    cases: [[true, applies, 100], [false, not_applicable, null]]
    record: {id: x}
    expect: {charges: [{id: app, status: <status>, net: <net>}]}
"""
    assert left("charges", tests) == set()


def test_what_stands_in_a_context_counts() -> None:
    tests = """\
  - name: all
    columns: [accounts, result]
    cases: [[7, 2], [8, 1]]
    record: {id: x}
    expect: {values: {partner: {best: <result>}}}
"""
    found = {each for each in left("steps", NOTHING) - left("steps", tests) if "accounts" in each}
    assert found == {
        "`accounts > 7` never holds",
        "`accounts > 7` never fails",
        "`accounts` is never 7",
        "`accounts` is never 8, just above 7",
    }


def test_what_cannot_come_about_is_no_goal() -> None:
    assert not any("`judged` is never `met`" in words for words in left("visits", NOTHING))


def test_only_what_is_expected_counts() -> None:
    record = "{id: x, accounts: 10, trained: true, fee: 0, visits: []}"
    aside = left("ladder", f"  - {{name: a, record: {record}, expect_exactly: {{missing: []}}}}\n")
    looked = left("ladder", f"  - {{name: a, record: {record}, expect: {{levels: [{{level: low}}]}}}}\n")
    assert "`accounts` is never 10" in aside
    assert {words for words in aside - looked if "candidate" not in words} == {
        "`accounts` is never 10",
        "`accounts: 10..15` never holds",
        "`trained` never decides alone",
        "`trained` never holds",
        "`fee > 100` never fails",
        "no test looks at `levels`",
        "the level of `levels` is never `low`",
        "the status of `levels` is never `reached`",
        "the status of `skill` is never `met`",
        "`accounts: 16..` never fails",
    }


def test_a_failing_or_skipped_test_is_no_help() -> None:
    assert left("duties", "  - {name: a, skip: later}\n") == left("duties", NOTHING)


def test_both_columns_are_everything() -> None:
    tests = """\
  - name: all
    columns: [rating, party]
    cases: [[a, vendor], [b, partner]]
    record: {id: x, accounts: 1, visits: []}
    expect: {duties: [{id: sell, party: <party>}]}
"""
    found = of("duties", tests)
    assert not found.unmet
    assert found.met == found.total > 3


def test_items_of_a_list_are_visited_one_by_one() -> None:
    tests = """\
  - name: all
    columns: [day, status]
    cases: [[2025-12-31, due], [2026-01-01, met]]
    record: {visits: [{held_on: 2020-01-01}, {held_on: <day>}]}
    expect: {obligations: [{id: visit, status: <status>}]}
"""
    assert left("visits", tests) == {"the status of `judged` is never `manual`"}


def test_a_day_that_never_comes_is_no_edge() -> None:
    tests = "  - {name: a, record: {begun_on: 2026-01-31}, expect: {charges: [{id: fee, net: 9}]}}\n"
    assert not [words for words in left("subscription", tests) if "9999" in words]


def test_a_version_counts_on_its_day() -> None:
    tests = "  - {name: a, as_of: 2025-01-01, record: {trained: true}, expect: {obligations: [{id: o}]}}\n"
    found = left("versions", tests)
    assert "no test looks at `old`" not in found
    assert "no test looks at `old` as in force from 2026-01-01" in found


@pytest.mark.parametrize("name", ["bytekast", "kepion", "pugpig", "wildix"])
def test_everything_of_our_programs_is_exercised(name: str) -> None:
    programs = Programs()
    files = sorted((ROOT / "fixtures" / name).glob("*_test.yaml"))
    tests = [test for file in files for test in open_file(str(file), programs).tests]
    program = tests[0].program
    found = coverage(program, programs.sources(program.name), tests)
    assert [f"{goal.at}: {goal.words}" for goal in found.unmet] == []
