"""The tables of entities say what the findings table says: each number of a finding spells out its row."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.columns.batches import batch_of
from tests.differential.programs import FOLDERS, generated

from policyengine.api import load
from policyengine.engine.columns import plan
from policyengine.engine.layout import MISSING, VALUES
from support import DAY

WORKLOAD = Path(__file__).parents[2] / "benchmarks" / "program"
_SAID = ("section", "policy", "id", "status", "level", "on", "party", "basis", "at")


@pytest.mark.parametrize("folder", [*FOLDERS, WORKLOAD], ids=lambda folder: folder.name)
def test_numbers_spell_out_the_findings(folder: Path) -> None:
    program = load(folder, as_of=DAY).linked
    assert program.graph is not None
    source = random.Random(folder.name)
    several = [generated(program.graph.vocabulary, source, number=i) for i in range(40)]
    columns, batch = plan(program), batch_of(program.graph.vocabulary, several)
    whole = columns.answer(batch)
    assert not whole.by_rows
    wanted = Counter(
        _said(row["row"], row) for row in whole.table.to_pylist() if row["section"] not in (VALUES, MISSING)
    )
    brief = columns.brief(batch)
    spelled = brief.findings.to_pylist()
    found = Counter(
        _said(row["row"], spelled[number])
        for table in brief.entities.values()
        for row in table.to_pylist()
        for numbers in row.values()
        if isinstance(numbers, list)
        for number in numbers
    )
    assert wanted
    assert found == wanted


def _said(number: int, row: dict[str, Any]) -> tuple[object, ...]:
    return number, *(row.get(name) for name in _SAID)
