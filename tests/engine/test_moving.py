"""Moves from stage to stage, as data: what they change, or why nothing moves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from support import cases, good_program, record_of


@pytest.mark.parametrize("case", cases(Path(__file__).parent / "moves" / "moves.yaml"))
def test_move(case: Any) -> None:
    program = good_program(case["policy"])
    moved = program.advance(record_of(program, case["record"]), case["to"], case.get("key"))
    assert moved.refused == case.get("refused")
    assert [[found.id, found.status] for found in moved.blocked] == case.get("blocked", [])
    assert [[_path(each.pointer), _plain(each.old), _plain(each.new)] for each in moved.changes] == case.get(
        "changes", []
    )
    assert [list(each) for each in moved.left_out] == case.get("left_out", [])


def _path(pointer: tuple[object, ...]) -> str:
    return "/".join(str(step) for step in pointer)


def _plain(value: object) -> object:
    if isinstance(value, Decimal) and value % 1:
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
