"""Programmes of vendors and of single kinds: `check` finds nothing in them, and their own tests pass."""

from __future__ import annotations

from pathlib import Path

import pytest

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
