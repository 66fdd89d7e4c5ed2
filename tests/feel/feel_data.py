"""Reads the data of the tests: `left => right` on a line; `#` at the start of a line is a comment."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent / "data"


def lines(name: str) -> list[tuple[str, str]]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    rows = [line.split(" => ") for line in text.split("\n") if line and not line.startswith("#")]
    return [(row[0], " => ".join(row[1:])) for row in rows]
