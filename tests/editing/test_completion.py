"""What is offered in texts as they are in the middle of typing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from policyengine.editing.completion import completions
from policyengine.editing.workspace import Workspace

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
STATES = yaml.safe_load((HERE / "half_typed.yaml").read_text())
WORKSPACE = Workspace(date(2026, 11, 21))


def offered(path: Path, text: str) -> list[str]:
    """The labels that are offered at the cursor of a text."""
    offset = text.index("‸")
    WORKSPACE.open(path, text.replace("‸", ""))
    try:
        return [each.label for each in completions(WORKSPACE, path, offset).offers]
    finally:
        WORKSPACE.close(path)


@pytest.mark.parametrize("state", STATES, ids=[each["it"] for each in STATES])
def test_a_half_typed_text(state: dict) -> None:
    folder, _, file = state["file"].partition("/")
    path = REPOSITORY / folder / state.get("program", "bytekast") / file
    before, found, after = path.read_text().partition(state["old"])
    assert found
    labels = offered(path, before + state["with"] + after)
    assert set(state["offers"]) <= set(labels)
    assert not set(state.get("never", ())) & set(labels)
    assert len(labels) == len(set(labels))


def test_what_begins_as_typed_comes_first() -> None:
    path = REPOSITORY / "policies/bytekast/levels.yaml"
    labels = offered(path, path.read_text().replace("    title: Gold\n", "    title: Gold\n    no‸\n"))
    assert labels[0] == "note"


def test_what_is_written_there_is_replaced() -> None:
    path = REPOSITORY / "policies/bytekast/levels.yaml"
    text = path.read_text().replace("measure: active_accounts", "measure: act‸")
    WORKSPACE.open(path, text.replace("‸", ""))
    found = completions(WORKSPACE, path, text.index("‸"))
    WORKSPACE.close(path)
    assert text[found.start : text.index("‸")] == "act"
    assert ("active_accounts", "a whole number", "active accounts") in [
        each[0:1] + each[2:4] for each in found.offers
    ]
