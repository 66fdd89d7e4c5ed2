"""Every node of a program that is to be found here has generated source."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from rich import RICH

import policyengine
from policyengine.engine.rows.engine import compile_graph
from policyengine.feel import unparse
from policyengine.program.example import EXAMPLE
from policyengine.program.graph import Graph
from support import DAY, cases, good_program

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FOLDERS = sorted(
    path.parent
    for under in ("policies", "benchmarks", "tests/kinds/programs")
    for path in (ROOT / under).rglob("program.yaml")
)
CASES = sorted((HERE / "cases").glob("*.yaml"))
TABLES = ROOT / "tests/kinds/table"
TABLE_PROGRAM = (TABLES / "program.yaml").read_text(encoding="utf-8")
TABLE_HEAD = "kind: table\nid: fee-of-plan\ntitle: Fee\nfor: partner\n"


def left(graph: Graph | None, day: date = DAY) -> list[str]:
    """What is left to the reference evaluator, as text."""
    assert graph is not None
    return [unparse(expression) for expression in compile_graph(graph, day).left]


def test_the_programs_are_there() -> None:
    assert len(FOLDERS) >= 6


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_folders(folder: Path) -> None:
    assert left(policyengine.load(folder, as_of=DAY).linked.graph) == []


@pytest.mark.parametrize("case", cases(TABLES / "values.yaml"))
def test_tables(case: dict[str, str]) -> None:
    policy = case["policy"] if "kind:" in case["policy"] else TABLE_HEAD + case["policy"]
    assert left(good_program(policy, base=TABLE_PROGRAM).linked.graph) == []


def test_a_program_with_every_kind() -> None:
    assert left(good_program(RICH).linked.graph) == []


@pytest.mark.parametrize("case", [case for path in CASES for case in cases(path)])
def test_the_cases_of_the_engine(case: dict[str, str]) -> None:
    policies = [case["policy"]] if "policy" in case else []
    assert left(good_program(*policies, base=case.get("program", EXAMPLE)).linked.graph) == []
