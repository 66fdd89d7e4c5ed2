"""How long `check` takes to prove a large decision table complete: 512 rows over 9 columns, each a fact.

`python benchmarks/tables.py` prints the whole time of reading, checking and linking a program that holds only
the table, once as it is, once with a row missing.
"""

from __future__ import annotations

import random
import sys
import time
from datetime import date

from policyengine.program.load import load
from policyengine.source import Source

ROWS, COLUMNS, HIGHEST = 512, 9, 99
Box = list[tuple[int, int]]


def program() -> str:
    """A program with a count for every column."""
    facts = "".join(f"      f{i}: {{type: count, title: f{i}, max: {HIGHEST}}}\n" for i in range(COLUMNS))
    return (
        "kind: program\nid: large\ntitle: Large\nentities:\n  partner:\n    title: partner\n    key: id\n"
        f"    facts:\n      id: {{type: text, title: identifier}}\n{facts}"
    )


def boxes(seed: int) -> list[Box]:
    """Rows that fill everything and do not overlap: what is whole is split again and again."""
    chance = random.Random(seed)
    found: list[Box] = [[(0, HIGHEST)] * COLUMNS]
    while len(found) < ROWS:
        box, i = chance.choice(found), chance.randrange(COLUMNS)
        low, high = box[i]
        if high - low > 4:
            cut = chance.randrange(low, high)
            found.remove(box)
            found += [[*box[:i], (low, cut), *box[i + 1 :]], [*box[:i], (cut + 1, high), *box[i + 1 :]]]
    chance.shuffle(found)
    return found


def table(rows: list[Box], hit: str) -> str:
    """The rows as a table."""
    lines = "".join(f"  - [{', '.join(map(_cell, row))}, {i}]\n" for i, row in enumerate(rows))
    inputs = ", ".join(f"f{i}" for i in range(COLUMNS))
    return (
        f"kind: table\nid: large\ntitle: Large\nfor: partner\ntype: number\nhit: {hit}\n"
        f"inputs: [{inputs}]\nrows:\n{lines}"
    )


def _cell(ends: tuple[int, int]) -> str:
    return "-" if ends == (0, HIGHEST) else f"{ends[0]}..{ends[1]}"


def main() -> None:
    """Print the times."""
    rows = boxes(1)
    for hit in ("unique", "first", "any"):
        for missing in (0, 1):
            sources = [Source("program.yaml", program()), Source("large.yaml", table(rows[missing:], hit))]
            start = time.perf_counter()
            found = load("large", sources, date(2026, 11, 21)).diagnostics
            taken = time.perf_counter() - start
            said = ", ".join(sorted({each.code.id for each in found})) or "complete"
            sys.stdout.write(f"{len(rows) - missing} x {COLUMNS}, {hit:6} {taken:5.2f} s  {said}\n")


if __name__ == "__main__":
    main()
