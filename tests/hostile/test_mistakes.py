"""Mistakes of authors, as data: place, sentence and fix, and one mistake for one fault."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from policyengine.diagnostics import Diagnostic
from policyengine.source import Source
from support import cases, good_program, program_of

HERE = Path(__file__).parent


def _said(diagnostics: Iterable[Diagnostic]) -> list[str]:
    """Mistakes as lines: `line:column code sentence -> help`; those of YAML and FEEL are told elsewhere."""
    return [_line(each) for each in diagnostics]


def _line(found: Diagnostic) -> str:
    assert found.span is not None
    place = f"{found.span.line}:{found.span.column} {found.code.id}"
    if found.code.id.startswith(("YAML", "FEEL")):
        return place
    return f"{place} {found.message}" + (f" -> {found.help}" if found.help else "")


@pytest.mark.parametrize("case", cases(HERE / "policies.yaml"))
def test_policy(case: Any) -> None:
    assert _said(program_of(case["text"]).diagnostics) == case["gives"]


@pytest.mark.parametrize("case", cases(HERE / "programs.yaml"))
def test_program(case: Any) -> None:
    assert _said(program_of(case["text"], base="").diagnostics) == case["gives"]


@pytest.mark.parametrize("case", cases(HERE / "records.yaml"))
def test_record(case: Any) -> None:
    assert _said(good_program().read(Source("record.yaml", case["text"])).diagnostics) == case["gives"]
