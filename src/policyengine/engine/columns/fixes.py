"""The fixed parts of findings by their number, as they come up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pyarrow as pa

from policyengine.engine.columns.readings import Block, Fixed
from policyengine.engine.columns.shows import EXACT
from policyengine.engine.layout import COLUMNS, table_number

KINDS = {column.name: column.kind for column in COLUMNS}
TYPES: dict[str, Any] = {
    "text": pa.dictionary(pa.int32(), pa.string()),
    "texts": pa.list_(pa.string()),
    "count": pa.int64(),
    "exact": EXACT,
    "date": pa.date32(),
}
_DENSE = 2**16


Sort = tuple[int, int, int]


class Fixes:
    """All fixed parts of findings that came up so far, by their number."""

    def __init__(self) -> None:
        self._numbers: dict[Fixed, int] = {}
        self._lists: dict[tuple[int, int], list[int]] = {}
        self._dense: dict[int, tuple[pl.Series, pl.Series]] = {}
        self._columns: dict[str, Any] = {}
        self._read: dict[str, Any] = {}

    @property
    def all(self) -> list[Fixed]:
        """The parts in the order of their numbers."""
        return list(self._numbers)

    def lists(self, place: int, block: Block, keys: pl.Series | None, count: int) -> pl.Series:
        """For every row of a frame the numbers of its findings of a block."""
        if keys is None:
            found = self._list(place, block, 0)
            return pl.repeat(found, count, dtype=pl.List(pl.UInt32), eager=True)
        if block.size <= _DENSE:
            return self._gathered(place, block, keys)
        distinct = keys.unique()
        lists = pl.Series(
            [self._list(place, block, key) for key in distinct.to_list()], dtype=pl.List(pl.UInt32)
        )
        table = pl.DataFrame({"key": distinct, "ids": lists})
        joined = keys.alias("key").to_frame().join(table, on="key", how="left", maintain_order="left")
        return joined.get_column("ids")

    def _gathered(self, place: int, block: Block, keys: pl.Series) -> pl.Series:
        if place not in self._dense:
            seen = pl.repeat(False, block.size, dtype=pl.Boolean, eager=True)
            empty = pl.repeat([], block.size, dtype=pl.List(pl.UInt32), eager=True)
            self._dense[place] = seen, empty
        seen, lists = self._dense[place]
        if not seen.gather(keys).all():
            for key in keys.unique().to_list():
                self._list(place, block, key)
            known = [self._lists.get((place, key)) for key in range(block.size)]
            seen = pl.Series([each is not None for each in known])
            lists = pl.Series([each or [] for each in known], dtype=pl.List(pl.UInt32))
            self._dense[place] = seen, lists
        return lists.gather(keys)

    def _list(self, place: int, block: Block, key: int) -> list[int]:
        if (place, key) not in self._lists:
            found = [self._number(each) for each in block.decode(key)]
            self._lists[place, key] = found
        return self._lists[place, key]

    def extent(self, place: int) -> tuple[Sort, Sort] | None:
        """What the first and the last finding of a block are sorted by; None where its lists are unsorted."""
        known = list(self._numbers)
        low, high = (2**30, 0, 0), (-1, 0, 0)
        for (at, _), numbers in self._lists.items():
            if at == place and numbers:
                keys = [(each.section, each.rank, each.rule) for each in (known[i] for i in numbers)]
                if keys != sorted(keys):
                    return None
                low, high = min(low, keys[0]), max(high, keys[-1])
        return low, high

    def _number(self, fixed: Fixed) -> int:
        if fixed not in self._numbers:
            self._columns.clear()
            self._read.clear()
            self._numbers[fixed] = len(self._numbers)
        return self._numbers[fixed]

    def cells(self, name: str) -> Any:
        """The cells of a column for all fixed parts, as an Arrow array; None where none has any."""
        if name not in self._columns:
            values = [dict(each.cells).get(name) for each in self._numbers]
            if KINDS[name] == "exact":
                values = [None if each is None else table_number(each) for each in values]  # type: ignore[arg-type]
            empty = all(each is None for each in values)
            dtype = pa.string() if KINDS[name] == "text" else TYPES[KINDS[name]]
            self._columns[name] = None if empty else pa.array(values, dtype)
        return self._columns[name]

    def coded(self, name: str) -> tuple[pl.Series, Any] | None:
        """A column of texts: the number of each by that of the fixed part, -1 for none, and the texts."""
        found: tuple[pl.Series, Any] | None = self._once(name, numbered)
        return found

    def values(self, name: str) -> tuple[pl.Series, pl.Series] | None:
        """A column of numbers or dates: its values, and whether there is one; where not, 0 stands there."""
        found: tuple[pl.Series, pl.Series] | None = self._once(name, _filled)
        return found

    def _once(self, name: str, read: Callable[[Any], Any]) -> Any:
        if name not in self._read:
            cells = self.cells(name) if self.all else None
            self._read[name] = None if cells is None else read(cells)
        return self._read[name]

    def order(self) -> pl.DataFrame:
        """What the fixed parts are sorted by."""
        found = self.all
        return pl.DataFrame(
            {
                "section": pl.Series([each.section for each in found], dtype=pl.UInt64),
                "rank": pl.Series([each.rank for each in found], dtype=pl.UInt64),
                "rule": pl.Series([each.rule for each in found], dtype=pl.UInt64),
            }
        )


def numbered(texts: Any) -> tuple[pl.Series, Any]:
    """Texts of Arrow as numbers, -1 for none, and what these stand for."""
    found = texts.dictionary_encode()
    return pl.Series(found.indices, dtype=pl.Int32).fill_null(-1), found.dictionary


def _filled(cells: Any) -> tuple[pl.Series, pl.Series]:
    found = pl.from_arrow(cells)
    assert isinstance(found, pl.Series)
    nothing = pl.lit(0).cast(pl.Date) if found.dtype == pl.Date else pl.lit(0, dtype=found.dtype)
    return found.fill_null(pl.select(nothing).item()), found.is_not_null()
