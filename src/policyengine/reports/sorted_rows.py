"""Rows in an order, however many: those that are too many for the memory wait in a temporary file."""

from __future__ import annotations

import pickle
import tempfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import IO, Any, NamedTuple

Rank = tuple[Any, ...]
"""What orders a row among those of its list."""
IN_MEMORY = 50_000
"""So many rows are sorted before they are written to the file as a run."""
_BLOCK = 250
"""So many rows of a run are read at a time."""


class Ranked(NamedTuple):
    """A row with what orders it; `number` is how many rows came before, so that no two are equal."""

    rank: Rank
    number: int
    cells: tuple[Any, ...]


class SortedRows:
    """Collects rows with their ranks, and gives the rows in the order of these, as often as wanted.

    Rows of equal rank stay in the order in which they came.
    """

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._most = in_memory
        self._rows: list[Ranked] = []
        self._count = 0
        self._file: IO[bytes] | None = None
        self._runs: list[list[int]] = []  # where the blocks of each run begin

    def add(self, rows: Iterable[tuple[Rank, tuple[Any, ...]]]) -> None:
        """Some rows more."""
        for rank, cells in rows:
            self._rows.append(Ranked(rank, self._count, cells))
            self._count += 1
        if len(self._rows) >= self._most:
            self._write()

    def cut(self, most: int) -> int:
        """Keeps the first so many rows, of those that wait in no file; returns how many are gone."""
        self._rows.sort()
        gone = max(0, len(self._rows) - most)
        del self._rows[most:]
        self._count -= gone
        return gone

    def _write(self) -> None:
        """Writes the rows that are in the memory as a run of blocks."""
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the rows
        self._rows.sort()
        places = []
        for start in range(0, len(self._rows), _BLOCK):
            places.append(self._file.tell())
            pickle.dump(self._rows[start : start + _BLOCK], self._file, pickle.HIGHEST_PROTOCOL)
        self._runs.append(places)
        self._rows = []

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        self._rows.sort()
        waiting = [(iter(self._blocks(run)), list[Ranked]()) for run in self._runs]
        waiting.append((iter([]), self._rows))
        while True:
            waiting = [(blocks, rows or next(blocks, [])) for blocks, rows in waiting]
            waiting = [each for each in waiting if each[1]]
            if not waiting:
                return
            yield from (row.cells for row in _taken(waiting))

    def _blocks(self, run: list[int]) -> Iterator[list[Ranked]]:
        assert self._file is not None
        for place in run:
            self._file.seek(place)
            yield pickle.load(self._file)


def _taken(waiting: list[tuple[Iterator[list[Ranked]], list[Ranked]]]) -> list[Ranked]:
    """Takes all rows in front of which no row can come any more, out of the blocks of all runs."""
    limit = min(rows[-1] for _, rows in waiting)
    found: list[Ranked] = []
    for i, (blocks, rows) in enumerate(waiting):
        end = bisect_right(rows, limit)
        found += rows[:end]
        waiting[i] = blocks, rows[end:]
    found.sort()
    return found


class Descending:
    """A value that stands before all lower ones."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def __lt__(self, other: Descending) -> bool:
        return bool(other._value < self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descending) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash(self._value)
