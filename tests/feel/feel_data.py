"""Reads the data of the tests: `left => right` on a line, or one side alone; `#` begins a comment."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "data"


def lines(name: str) -> list[tuple[str, str]]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    rows = [line.rpartition(" => ") for line in text.split("\n") if line and not line.startswith("#")]
    return [(left or right, right) for left, _, right in rows]
