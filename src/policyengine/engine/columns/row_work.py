"""The rows of a batch as expressions see them in Python, and the values that an expression has at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from policyengine.engine.columns.frames import Column, State
from policyengine.engine.columns.row_reads import Items, Level, Reads, Sight
from policyengine.feel.values.values import Failure, Missing, Unknown

_NOT_KNOWN = Unknown.of(Failure("it is not known"))


class Whole(Exception):  # noqa: N818  # caught by the plan, which reads all fields from then on
    """An expression looks at all fields of a row, whatever they are called."""


class Facts(Mapping[str, object]):
    """One row as an expression sees it; what is worked out on the way is remembered."""

    __slots__ = ("above", "known", "level", "row", "sight", "work")

    def __init__(
        self, work: Work, sight: Sight, level: Level, row: int, known: dict[str, object],
        above: Facts | None,
    ) -> None:  # fmt: skip
        self.work = work
        self.sight = sight
        self.level = level
        self.row = row
        self.known = known
        self.above = above

    def __getitem__(self, name: str) -> object:
        known, level = self.known, self.level
        if name in known:
            return known[name]
        if name in level.functions:
            found = level.functions[name](Around(self))
        elif name in level.lists:
            found = self.work.items(self.sight, level, name, self.row)
        elif self.above is not None:
            return self.above[name]
        else:
            raise KeyError(name)
        known[name] = found
        return found

    def __contains__(self, name: object) -> bool:
        """Whether the instance itself has the name; what lies above it is only `Around` it."""
        return name in self.known or name in self.level.functions or name in self.level.lists

    def __iter__(self) -> Iterator[str]:
        world = self.work.world
        if not world.whole:
            raise Whole
        return iter(world.graph.vocabulary.row(self.level.entity).fields)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Around(Mapping[str, object]):
    """All names that an expression at a row sees."""

    __slots__ = ("facts",)

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def __getitem__(self, name: str) -> object:
        return self.facts[name]

    def __contains__(self, name: object) -> bool:
        at: Facts | None = self.facts
        while at is not None:
            if name in at:
                return True
            at = at.above
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Work:
    """The values that an expression has in a batch.

    With `marked`, what is not known is so because of a `Missing` that names where it was read (`mark`).
    """

    def __init__(self, reads: Reads, state: State, *, marked: bool = False) -> None:
        self.world = reads.world
        self._reads = reads
        self._state = state
        self._marked = marked
        self._lists: dict[Column, list[list[Facts]]] = {}
        self._columns: dict[Column, list[Any]] = {}

    def values(self) -> list[object]:
        """The value at every row; rows that are alike in what is read have the same."""
        top = self._reads.top
        rows = self._state[top.frame.name]
        if len(self._reads.sights) > 1:
            return [self._reads.function(Around(each)) for each in self._facts(top, rows)]
        keys = _keys(rows, top.columns)
        firsts: dict[object, int] = {}
        for place, key in enumerate(keys):
            firsts.setdefault(key, place)
        several = self._facts(top, rows[list(firsts.values())])
        found = {key: self._reads.function(Around(each)) for key, each in zip(firsts, several, strict=True)}
        return [found[key] for key in keys]

    def some(self, places: Sequence[int]) -> list[object]:
        """The values at some rows."""
        every = self._facts(self._reads.top, self._state[self._reads.top.frame.name])
        return [self._reads.function(Around(every[i])) for i in places]

    def items(self, sight: Sight, level: Level, name: str, row: int) -> object:
        """The rows of a list at a row of a sight."""
        items = level.lists[name]
        if items.known is not None and not self._column(sight, items.known)[row]:
            return self._unknown(sight, level, name, row)
        return tuple(self._of(items)[self._column(sight, items.here)[row]])

    def _column(self, sight: Sight, name: str) -> list[Any]:
        key = (sight.frame.name, name)
        if key not in self._columns:
            self._columns[key] = self._state[sight.frame.name].get_column(name).to_list()
        return self._columns[key]

    def _of(self, items: Items) -> list[list[Facts]]:
        """The rows of a list by the number of the row that they belong to."""
        key = (items.sight.frame.name, items.up)
        if key not in self._lists:
            rows = self._state[items.sight.frame.name]
            above = self._column(items.sight, items.up)
            found: list[list[Facts]] = [[] for _ in range(self._height(items))]
            for each, place in zip(self._facts(items.sight, rows), above, strict=True):
                found[place].append(each)
            self._lists[key] = found
        return self._lists[key]

    def _height(self, items: Items) -> int:
        target = next(frame for link, frame in items.sight.frame.links if link == items.up)
        return self._state[target.name].height

    def _facts(self, sight: Sight, rows: pl.DataFrame) -> list[Facts]:
        found: list[Any] = [None] * rows.height
        for level in reversed(list(sight.level.chain())):
            names = list(level.leaves)
            columns = [self._decoded(sight, level, name, rows) for name in names]
            several = zip(*columns, strict=True) if columns else iter([()] * rows.height)
            fixed = level.constants
            found = [
                Facts(self, sight, level, row, {**fixed, **dict(zip(names, values, strict=True))}, above)
                for row, (values, above) in enumerate(zip(several, found, strict=True))
            ]
        return found

    def _decoded(self, sight: Sight, level: Level, name: str, rows: pl.DataFrame) -> list[object]:
        leaf = level.leaves[name]
        known: dict[object, object] = {}
        found: list[object] = []
        for row, cells in enumerate(_keys(rows, leaf.columns)):
            if None in cells:
                found.append(self._unknown(sight, level, name, row))
                continue
            if cells not in known:
                known[cells] = leaf.decode(*cells)
            found.append(known[cells])
        return found

    def _unknown(self, sight: Sight, level: Level, name: str, row: int) -> Unknown:
        if not self._marked:
            return _NOT_KNOWN
        return Unknown.of(Missing(f"{self._reads.sights.index(sight)} {level.entity}", str(row), name))


def _keys(rows: pl.DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """The cells of some columns, row by row."""
    if not columns:
        return [()] * rows.height
    several = [rows.get_column(name) for name in columns]
    cells = [
        [None if each is None else tuple(each) for each in column.to_list()]
        if column.dtype == pl.List
        else column.to_list()
        for column in several
    ]
    return list(zip(*cells, strict=True))
