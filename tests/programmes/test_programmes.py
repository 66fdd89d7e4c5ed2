"""Programmes of vendors and of single kinds: `check` finds nothing in them, and their own tests pass."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tests.columns.compare import generated

from policyengine.api import load
from policyengine.verify.suite import Programs, run_file
from support import DAY, shown

_KINDS = Path(__file__).parents[1] / "kinds" / "programs"
FOLDERS = sorted(
    each for each in (*Path(__file__).parent.iterdir(), *_KINDS.iterdir()) if [*each.glob("*_test.yaml")]
)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_nothing_is_wrong(folder: Path) -> None:
    assert shown(load(folder, as_of=DAY).with_laws().diagnostics) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_its_tests_pass(folder: Path) -> None:
    results = [run_file(str(each), Programs()) for each in sorted(folder.glob("*_test.yaml"))]
    assert results
    for result in results:
        assert shown((*result.diagnostics, *result.uncompiled)) == []
        assert {each.status for each in result.results} == {"passed"}


SETTLED_BY_NO_FACT = {"percentage_fee", "referral"}
"""The text gives no rate for groceries after 2019."""


@pytest.mark.parametrize(
    "folder", [each for each in FOLDERS if each.parent != _KINDS], ids=lambda each: each.name
)
def test_what_is_not_decided_names_the_facts_that_are_missing(folder: Path) -> None:
    program, source = load(folder, as_of=DAY), random.Random(5)
    for i in range(25):
        decision = program.evaluate(generated(program.vocabulary, source, number=i))
        needed = {name.rpartition("/")[2] for each in decision.missing for name in each.needed_by}
        silent = {each.id for each in decision.findings if each.status == "undetermined"} - needed
        assert silent <= SETTLED_BY_NO_FACT
