"""Tests that make a move: what is written down, what blocks, mistakes, coverage, the test for a mutant."""

from __future__ import annotations

from datetime import date

import pytest

from policyengine.program import load as loading
from policyengine.program.linked import Program
from policyengine.source import Source
from policyengine.verify.coverage import coverage
from policyengine.verify.mutation import mutate
from policyengine.verify.suite import Opened, open_source, run_opened

PROGRAM = """\
kind: program
id: shop
title: Shop
currency: EUR
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
  deal:
    title: deal
    within: partner
    list: deals
    key: id
    facts:
      id: {type: text, title: identifier}
      stage: {type: enum, values: [open, offer, won], title: stage}
      price: {type: money, title: price}
      kept: {type: money, title: kept price}
      kept_on: {type: date, title: day}
      asked: {type: boolean, title: was asked}
---
kind: pipeline
id: deals
title: Deals
for: deal
stage: stage
stages:
  - id: open
    title: Open
    leave_when: [{id: priced, title: Has a price, when: price > 0}]
    on_leave: {when: asked, set: {kept: price * 2, kept_on: today}}
  - {id: offer, title: Offer}
  - {id: won, title: Won}
"""
SOURCES = (Source("shop.yaml", PROGRAM),)
RECORD = (
    "{id: a, deals: [{id: D, stage: open, price: 5, asked: true}, "
    "{id: E, stage: open, asked: false, price: 1}]}"
)


def programs(folder: str, as_of: date) -> Program:
    return loading.load("shop", SOURCES, as_of)


def opened(*tests: str) -> Opened:
    head = "kind: test\nprogram: .\nas_of: 2026-11-21\ntests:\n"
    text = "".join(f"  - {{name: t{i}, record: {RECORD}, {test}}}\n" for i, test in enumerate(tests))
    return open_source(Source("a_test.yaml", head + text), programs, lambda _: Source("", ""))


MOVES = (
    "advance: {to: offer, key: D}, "
    "expect_exactly: {move: {written: {kept: 10, kept_on: 2026-11-21, stage: offer}}}",
    "advance: {to: offer, key: E}, expect_exactly: {move: {written: {stage: offer}, left_out: []}}",
    "advance: {to: won, key: D}, expect: {move: {moved: false, blocked: []}}",
    "advance: {to: offer}, "
    "expect: {move: {refused: 'several could move: `D`, `E`; say which one by its key'}}",
)


@pytest.mark.parametrize("test", MOVES)
def test_what_comes_of_a_move(test: str) -> None:
    found = run_opened(opened(test))
    assert not found.diagnostics, [each.message for each in found.diagnostics]
    assert [each.status for each in found.results] == ["passed"], found.results[0].mismatches


@pytest.mark.parametrize(
    ("test", "actual"),
    [
        ("advance: {to: offer, key: D}, expect: {move: {written: {kept: 9}}}", "10"),
        ("advance: {to: offer, key: E}, expect_exactly: {move: {written: {}}}", "stage: offer"),
        ("advance: {to: offer, key: D}, expect: {move: {blocked: [priced]}}", "an empty list"),
    ],
)
def test_a_move_that_comes_to_something_else(test: str, actual: str) -> None:
    (found,) = run_opened(opened(test)).results
    assert [each.actual for each in found.mismatches] == [actual]


@pytest.mark.parametrize(
    ("test", "message", "help"),
    [
        ("expect: {move: {moved: true}}", "this test makes no move", "add `advance: {to: STAGE}`"),
        (
            "advance: {to: ofer, key: D}, expect: {move: {moved: true}}",
            "no decision of this program contains `ofer` here",
            "did you mean `offer`?",
        ),
        (
            "advance: {to: offer, key: D}, expect: {move: {written: {kep: 1}}}",
            "no decision of this program contains `kep` here",
            "did you mean `kept`?",
        ),
        (
            "advance: {to: offer, key: D}, expect: {move: {blocked: [pricd]}}",
            "no decision of this program contains `pricd` here",
            "did you mean `priced`?",
        ),
        (
            "advance: {to: offer, key: D}, expect: {move: {wrote: 1}}",
            "a decision has no `wrote` here",
            None,
        ),
    ],
)
def test_mistakes(test: str, message: str, help: str | None) -> None:
    (found,) = opened(test).diagnostics
    assert found.message == message
    assert help is None or found.help == help


def test_coverage_sees_what_is_written_down() -> None:
    def left(*tests: str) -> set[str]:
        ready = opened(*tests)
        return {goal.words for goal in coverage(ready.tests[0].program, SOURCES, ready.tests).unmet}

    nothing = left("expect: {complete: false}")
    words = {
        "no test moves out of `open`, which writes down `kept`, `kept_on`",
        "`asked` never holds",
        "`asked` never fails",
    }
    assert words <= nothing
    assert not words & left(*MOVES)
    assert "`asked` never fails" in left(MOVES[0])


def test_a_move_exercises_the_gate_that_it_passes() -> None:
    def left(*tests: str) -> set[str]:
        ready = opened(*tests)
        return {goal.words for goal in coverage(ready.tests[0].program, SOURCES, ready.tests).unmet}

    assert "`price > 0` never holds" in left("expect: {complete: false}")
    assert "`price > 0` never holds" not in left(
        "advance: {to: offer, key: D}, expect: {move: {moved: true}}"
    )


def test_a_mutant_of_what_is_written_down_gets_a_test_with_a_move() -> None:
    ready = opened("expect: {gates: [{stage: open}]}")
    found = mutate(ready.tests[0].program, SOURCES, ready.tests)
    (missed,) = (each for each in found.missed if each.mutant.words == "`2` becomes `3`")
    assert missed.suggestion is not None
    assert "advance: {to: offer, key: deal-1}" in missed.suggestion.text
    head = "kind: test\nprogram: .\nas_of: 2026-11-21\ntests:\n"
    source = Source("s_test.yaml", f"{head}{missed.suggestion.text}\n")
    again = open_source(source, programs, lambda _: Source("", ""))
    assert [each.status for each in run_opened(again).results] == ["passed"]
    noticed = mutate(again.tests[0].program, SOURCES, again.tests)
    assert "`2` becomes `3`" not in {each.mutant.words for each in noticed.missed}
