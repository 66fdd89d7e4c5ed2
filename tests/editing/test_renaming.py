"""Renaming: whatever a program declares gets another name everywhere, and the program says what it said."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from policyengine.diagnostics import Diagnostic
from policyengine.editing import meanings
from policyengine.editing.mentions import Mention
from policyengine.editing.workspace import ProgramFolder, Workspace
from policyengine.program.load import load
from policyengine.source import Source
from policyengine.verify.document_index import Edit, applied

DAY = date(2026, 11, 21)
TESTS = Path(__file__).parents[1]
FACTS = ("fact", "function", "output", "entity")


def _codes(found: tuple[Diagnostic, ...]) -> list[str]:
    return [each.code.id for each in found]


def _declared(folder: ProgramFolder) -> list[Mention]:
    """What a program declares, each once."""
    found = {each.of: each for each in folder.everywhere() if each.declares}
    return sorted(found.values(), key=lambda each: each.of)


def _after(folder: ProgramFolder, edits: tuple[Edit, ...]) -> list[str]:
    """What is wrong with the policies after edits of them."""
    sources = []
    for each in folder.load.sources:
        own = tuple(edit for edit in edits if edit.at.source.name == each.name)
        sources.append(Source(each.name, applied(each, own).text) if own else each)
    return _codes(load(str(folder.root), sources, DAY).diagnostics)


def _renamed(folder: ProgramFolder, workspace: Workspace, mention: Mention) -> tuple[Edit, ...] | str:
    at = meanings.spot(workspace, Path(mention.span.source.name), mention.span.start)
    assert at is not None
    return meanings.rename(at, "other_name" if mention.of.space in FACTS else "other-name")


@pytest.mark.parametrize(
    ("program", "each"),
    [("change/every_key", 11), ("kinds/programs/capability", 4), ("kinds/programs/support", 4),
     ("kinds/programs/names", 6)],
)  # fmt: skip
def test_a_name_is_renamed_wherever_it_stands(program: str, each: int) -> None:
    workspace = Workspace(DAY)
    folder = workspace.program(TESTS / program)
    before = _codes(folder.diagnostics)
    for mention in _declared(folder)[::each]:
        edits = _renamed(folder, workspace, mention)
        if isinstance(edits, str):
            assert mention.of.space == "party"
            assert "policies that name no party mean" in edits
        else:
            assert (mention.of, _after(folder, edits)) == (mention.of, before)


PROGRAM = """\
kind: program
id: p
title: P
parties: {partner: the partner, vendor: the vendor}
entities:
  partner:
    title: partner
    facts:
      rating: {type: enum, title: rating, values: [good, fair], default: fair}
      due: {type: date, title: day}
---
kind: matrix
id: who
title: Who
columns: {by: rating, values: [good, fair]}
sections:
  - {id: s, title: S, activities: [{id: a, title: A, responsible: {good: vendor, fair: partner}}]}
---
kind: obligations
id: duties
title: Duties
obligations:
  - {id: o, title: O, party: {by: rating, values: {good: vendor, fair: partner}}, met_when: due <= today}
---
kind: table
id: mark
title: Mark
type: enum
values: [high, low]
keys: [rating]
entries: {good: high, fair: low}
---
kind: mapping
id: m
title: M
for: partner
columns: {Grade: {fact: rating, values: {G: good, F: fair}}, Day: due}
"""


def test_keys_and_cells_are_mentions_of_values(tmp_path: Path) -> None:
    path = tmp_path / "program.yaml"
    path.write_text(PROGRAM)
    workspace = Workspace(DAY)
    folder = workspace.program(tmp_path)
    assert _codes(folder.diagnostics) == []
    for word, places in (("good", 6), ("fair", 7), ("high", 2), ("vendor", 3)):
        at = meanings.spot(workspace, path, PROGRAM.index(word))
        assert at is not None
        edits = meanings.rename(at, "best")
        assert not isinstance(edits, str)
        assert (word, len(edits)) == (word, places)
        assert _after(folder, edits) == []
