"""Matches expected with actual items: a maximum bipartite matching."""

from __future__ import annotations

from collections.abc import Sequence


def pair(fits: Sequence[Sequence[bool]]) -> dict[int, int]:
    """A maximum matching of rows to columns that fit them, as row -> column.

    Kuhn's algorithm: each row looks for a column, and may move the row that has it to a different one.
    """
    owner: dict[int, int] = {}
    for row in range(len(fits)):
        _place(row, fits, owner, set())
    return {row: column for column, row in owner.items()}


def _place(row: int, fits: Sequence[Sequence[bool]], owner: dict[int, int], tried: set[int]) -> bool:
    for column, fitting in enumerate(fits[row]):
        if fitting and column not in tried:
            tried.add(column)
            if column not in owner or _place(owner[column], fits, owner, tried):
                owner[column] = row
                return True
    return False
