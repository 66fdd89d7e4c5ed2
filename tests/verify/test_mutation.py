"""Mutants judged: noticed, refused, missed, or no mistake at all; and the tests that are suggested."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import pytest

from policyengine.program import load as loading
from policyengine.program.linked import Program
from policyengine.source import Source
from policyengine.verify.mutants import mutants
from policyengine.verify.mutation import Mutation, Verdict, _Judge, _Mutated, _notices, mutate
from policyengine.verify.suite import Programs, open_file, open_source, run_opened

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
      fee: {type: money, title: fee, min: 0}
      started_on: {type: date, title: start}
---
kind: tiers
id: levels
title: Levels
for: partner
measure: accounts
requires: [{id: skill, title: Skill, when: trained}]
levels:
  - {id: low, title: Low, accounts: 10..15, grants: [{discount: 20%, on: [app]}]}
  - {id: high, title: High, accounts: 16..}
otherwise: {level: none}
---
kind: billing
id: fees
title: Fees
for: partner
charges: [{id: app, title: App, amount: fee, item: app, due_on: 'started_on + @"P1D"'}]
---
kind: obligations
id: never
title: Never
for: partner
obligations: [{id: n, title: N, met_when: accounts >= 0}]
"""
HEAD = "kind: test\nprogram: .\nas_of: 2026-11-21\ntests:\n"
TESTS = """\
  - name: the edges
    record: {id: x, trained: true}
    columns: [accounts, level]
    cases: [[9, none], [10, low], [15, low], [16, high]]
    expect: {levels: [{level: <level>}]}
"""
SOURCES = (Source("shop.yaml", PROGRAM),)


def programs(folder: str, as_of: date) -> Program:
    return loading.load("shop", SOURCES, as_of)


@cache
def judged() -> Mutation:
    ready = open_source(Source("a_test.yaml", HEAD + TESTS), programs, lambda _: Source("", ""))
    assert [result.status for result in run_opened(ready).results] == ["passed"] * 4
    told: list[tuple[int, int]] = []
    found = mutate(ready.tests[0].program, SOURCES, ready.tests, lambda *each: told.append(each))
    assert told[0][0] == 0
    assert told[-1] == (len(found.verdicts), len(found.verdicts))
    return found


def verdict(words: str) -> Verdict:
    (found,) = (each for each in judged().verdicts if each.mutant.words.startswith(words))
    return found


@pytest.mark.parametrize(
    ("words", "state", "by"),
    [
        ("`10` becomes `11`", "noticed", "the edges: accounts 10, level low"),
        ("`10` becomes `9`", "noticed", "the edges: accounts 9, level none"),
        ("`15` becomes `16` and `16` becomes `17`", "noticed", "the edges: accounts 16, level high"),
        ("`15` becomes `14` and `16` becomes `15`", "noticed", "the edges: accounts 15, level low"),
        ("`16` becomes `17`", "refused", "check"),
        ("`20%` becomes `21%`", "missed", ""),
        ("`P1D` becomes `P2D`", "missed", ""),
        ("`accounts >= 0` becomes `accounts > 0`", "missed", ""),
    ],
)  # fmt: skip
def test_what_becomes_of_a_mutant(words: str, state: str, by: str) -> None:
    found = verdict(words)
    assert (found.state, found.by) == (state, by)


def test_the_counts_add_up() -> None:
    found = judged()
    assert found.noticed + len(found.missed) == found.total
    assert found.total + found.count("same") == len(found.verdicts)


@pytest.mark.parametrize("name", ["kepion"])
def test_a_test_that_is_not_run_on_a_mutant_would_pass(name: str) -> None:
    """What does not change in a mutant is left out; here a part of the mutants is run in full."""
    opened = Programs()
    files = sorted((ROOT / "fixtures" / name).glob("*_test.yaml"))
    tests = [test for file in files for test in open_file(str(file), opened).tests]
    program, sources = tests[0].program, opened.sources(tests[0].program.name)
    judge = _Judge.of(program, sources, tests)
    left_out = 0
    for mutant in list(mutants(program, sources))[::11]:
        mutated = _Mutated(program.name, mutant)
        for test in judge.tests if mutated.on(program.as_of).ok else ():
            day = test.ready.program.as_of
            if not test.may_notice(judge._changed(day, mutated.on(day))):
                left_out += 1
                assert not _notices(test.ready, mutated), (mutant.words, test.ready.test.name)
    assert left_out > 20


@pytest.mark.parametrize("missed", judged().missed, ids=lambda each: each.mutant.words)
def test_a_suggested_test_passes_here_and_fails_there(missed: Verdict) -> None:
    assert missed.suggestion is not None
    text = missed.suggestion.text
    assert text.lstrip().startswith("# unreviewed: ")
    source = Source("s_test.yaml", HEAD + text + "\n")

    def mutated(folder: str, as_of: date) -> Program:
        return loading.load("shop", missed.mutant.sources, as_of)

    here = run_opened(open_source(source, programs, lambda _: Source("", "")))
    there = run_opened(open_source(source, mutated, lambda _: Source("", "")))
    assert [each.status for each in here.results] == ["passed"], here
    assert not here.diagnostics
    assert [each.status for each in there.results] != ["passed"]


def test_with_the_suggested_tests_nothing_is_missed() -> None:
    texts = "\n".join(each.suggestion.text for each in judged().missed if each.suggestion is not None)
    ready = open_source(Source("a_test.yaml", f"{HEAD}{TESTS}{texts}\n"), programs, lambda _: Source("", ""))
    assert not ready.diagnostics
    assert not mutate(ready.tests[0].program, SOURCES, ready.tests).missed


def test_a_mutant_is_read_once_for_all_days_on_which_the_same_versions_are_in_force(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Tests of many days are what made it slow."""
    tests = "".join(TESTS.replace("the edges", f"on day {day}").replace(
        "    record:", f"    as_of: 2026-11-{day}\n    record:"
    ) for day in range(11, 21))  # fmt: skip
    ready = open_source(Source("a_test.yaml", HEAD + tests), programs, lambda _: Source("", ""))
    read: list[date] = []
    load = loading.load
    monkeypatch.setattr(loading, "load", lambda *given: (read.append(given[2]), load(*given))[1])
    found = mutate(ready.tests[0].program, SOURCES, ready.tests)
    assert len(read) == len(found.verdicts)
    words = ((each.mutant.words, each.state) for each in found.verdicts)
    assert list(words) == [(each.mutant.words, each.state) for each in judged().verdicts]
