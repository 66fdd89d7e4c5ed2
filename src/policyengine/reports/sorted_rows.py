"""Rows in an order, however many: those that are too many for the memory wait in a temporary file."""

from __future__ import annotations

import pickle
import tempfile
import weakref
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from operator import itemgetter
from types import NoneType
from typing import IO, Any, NamedTuple

Rank = tuple[Any, ...]
"""What orders a row among those of its list."""
Ranked = tuple[Rank, Any]
"""A row after what orders it: its cells, or a line that is made of them."""
_IN_MEMORY = 50_000
"""So many rows are sorted before they are written to the file as a run."""
_IN_PART = 2_000
"""From so many rows on, a part is sorted and packed where it is made, as a run of its own."""
_BLOCK = 125
"""So many rows of a run are packed together, and read at a time."""
_RUNS = 512
"""So many runs are merged at a time."""
_rank = itemgetter(0)


class SortedPart(NamedTuple):
    """Some rows in order; many of them in packed blocks. `size` is how many there are."""

    size: int
    rows: Sequence[Ranked]
    blocks: Sequence[bytes] = ()


def sorted_part(rows: list[Ranked]) -> SortedPart:
    """The rows in order; many rows are packed, which is as quick for them as to send them to a process."""
    rows.sort(key=_rank)
    return (
        SortedPart(len(rows), rows) if len(rows) < _IN_PART else SortedPart(len(rows), (), [*_packed(rows)])
    )


class SortedRows:
    """Collects rows with their ranks, and gives the rows in the order of these, as often as wanted.

    Rows of equal rank stay in the order in which they came.
    """

    def __init__(self) -> None:
        self._rows: list[Ranked] = []
        self._count = 0
        self._file: IO[bytes] | None = None
        self._runs: list[list[int]] = []  # where the blocks of each run begin

    def add(self, part: SortedPart) -> None:
        """Some rows more."""
        self._count += part.size
        self._rows += part.rows
        if part.blocks or len(self._rows) >= _IN_MEMORY:
            self._rows.sort(key=_rank)
            self._write(_packed(self._rows))
            self._rows = []
        self._write(part.blocks)
        if len(self._runs) > _RUNS:
            before, self._runs = self._runs, []
            self._write(_packed(_merged([self._blocks(run) for run in before])))

    def cut(self, most: int) -> int:
        """Keeps the first so many rows, where none is in the file; returns how many are gone."""
        self._rows.sort(key=_rank)
        gone = max(0, len(self._rows) - most)
        del self._rows[most:]
        self._count -= gone
        return gone

    def _write(self, blocks: Iterable[bytes]) -> None:
        """Writes blocks as a run."""
        places = []
        for block in blocks:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the rows
                weakref.finalize(self, self._file.close)
            places.append(self._file.seek(0, 2))
            self._file.write(block)
        if places:
            self._runs.append(places)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Any]:
        self._rows.sort(key=_rank)
        runs = [self._blocks(run) for run in self._runs]
        return (cells for _, cells in _merged([*runs, iter([self._rows])]))

    def _blocks(self, run: list[int]) -> Iterator[list[Ranked]]:
        assert self._file is not None
        for place in run:
            self._file.seek(place)
            yield _unpacked(pickle.load(self._file))


def _packed(rows: Iterable[Ranked]) -> Iterator[bytes]:
    rest = iter(rows)
    while some := list(islice(rest, _BLOCK)):
        ranks, rows = zip(*some, strict=True)
        parts = [_columns(ranks), rows if rows[0].__class__ is str else _columns(rows)]
        yield pickle.dumps(parts, pickle.HIGHEST_PROTOCOL)


def _columns(rows: Sequence[Sequence[Any]]) -> list[_Column]:
    return [*map(_column, zip(*rows, strict=True))]


_Column = tuple[str, Sequence[Any]]
"""What the values of a column are, and how they are packed: days as numbers, amounts as texts."""


def _column(values: Sequence[Any]) -> _Column:
    kinds = set(map(type, values))
    if kinds == {date}:
        return "days", [*map(date.toordinal, values)]
    if Decimal in kinds and kinds <= {Decimal, NoneType}:
        return "amounts", [None if each is None else str(each) for each in values]
    return "", values


def _unpacked(parts: Sequence[Any]) -> list[Ranked]:
    ranks, rows = (
        [*zip(*map(_values, each), strict=True)] if each.__class__ is list else each for each in parts
    )
    return [*zip(ranks, rows, strict=True)]


def _values(column: _Column) -> Sequence[Any]:
    what, values = column
    if what == "days":
        return [*map(date.fromordinal, values)]
    if what == "amounts":
        return [None if each is None else Decimal(each) for each in values]
    return values


def _merged(runs: Sequence[Iterator[list[Ranked]]]) -> Iterator[Ranked]:
    """The rows of all runs in order; of each run one or two blocks are in the memory.

    One that has few rows left has its next ones read before it stops the others.
    """
    waiting = [(blocks, list[Ranked]()) for blocks in runs]
    while True:
        for blocks, rows in waiting:
            while len(rows) < _BLOCK and (more := next(blocks, None)):
                rows += more
        waiting = [each for each in waiting if each[1]]
        if not waiting:
            return
        yield from _taken(waiting)


def _taken(waiting: list[tuple[Iterator[list[Ranked]], list[Ranked]]]) -> list[Ranked]:
    """Takes all rows in front of which no row can come any more: up to the end of the block that ends first,
    in an earlier run with those of equal rank, in a later one without.
    """
    limit, end = min((rows[-1][0], i) for i, (_, rows) in enumerate(waiting))
    found: list[Ranked] = []
    for i, (blocks, rows) in enumerate(waiting):
        cut = (bisect_right if i <= end else bisect_left)(rows, limit, key=_rank)
        found += rows[:cut]
        waiting[i] = blocks, rows[cut:]
    found.sort(key=_rank)
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
