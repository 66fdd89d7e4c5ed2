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
        self._places: dict[tuple[int, int], int] = {}
        self._said: dict[int, list[list[int]]] = {}
        self._dense: dict[int, pl.Series] = {}
        self._spelled: dict[int, Any] = {}
        self._columns: dict[str, Any] = {}
        self._read: dict[str, Any] = {}

    @property
    def all(self) -> list[Fixed]:
        """The parts in the order of their numbers."""
        return list(self._numbers)

    def lists(self, place: int, block: Block, keys: pl.Series | None, count: int) -> pl.Series:
        """For every row of a frame the numbers of its findings of a block."""
        numbers = self.numbers(place, block, keys, count)
        lists = pl.from_arrow(self._lists(place))
        assert isinstance(lists, pl.Series)
        return lists.gather(numbers)

    def shared(self, place: int, block: Block, keys: pl.Series | None, count: int) -> Any:
        """The same as an Arrow dictionary: rows that are alike point at one list."""
        numbers = self.numbers(place, block, keys, count)
        return pa.DictionaryArray.from_arrays(numbers.to_arrow(), self._lists(place), safe=False)

    def _lists(self, place: int) -> Any:
        """All lists of a block that came up, as Arrow has them."""
        said = self._said.get(place, [])
        if len(self._spelled.get(place, ())) != len(said):
            self._spelled[place] = pa.array(said, pa.list_(pa.uint32()))
        return self._spelled.get(place, pa.array([], pa.list_(pa.uint32())))

    def numbers(self, place: int, block: Block, keys: pl.Series | None, count: int) -> pl.Series:
        """For every row of a frame the number of its list among those of a block that came up so far."""
        if keys is None:
            return pl.repeat(self._told(place, block, 0), count, dtype=pl.Int32, eager=True)
        if block.size <= _DENSE:
            return self._looked_up(place, block, keys)
        distinct = keys.unique()
        told = pl.Series([self._told(place, block, key) for key in distinct.to_list()], dtype=pl.Int32)
        table = pl.DataFrame({"key": distinct, "told": told})
        joined = keys.alias("key").to_frame().join(table, on="key", how="left", maintain_order="left")
        return joined.get_column("told")

    def _looked_up(self, place: int, block: Block, keys: pl.Series) -> pl.Series:
        known = self._dense.get(place)
        if known is None:
            known = pl.repeat(-1, block.size, dtype=pl.Int32, eager=True)
        found = known.gather(keys)
        if (found < 0).any():
            new = keys.filter(found < 0).unique()
            told = pl.Series([self._told(place, block, key) for key in new.to_list()], dtype=pl.Int32)
            known = known.scatter(new, told)
            found = known.gather(keys)
        self._dense[place] = known
        return found

    def _told(self, place: int, block: Block, key: int) -> int:
        if (place, key) not in self._places:
            several = self._said.setdefault(place, [])
            self._places[place, key] = len(several)
            several.append([self._number(each) for each in block.decode(key)])
        return self._places[place, key]

    def extent(self, place: int) -> tuple[Sort, Sort] | None:
        """What the first and the last finding of a block are sorted by; None where its lists are unsorted."""
        known = list(self._numbers)
        low, high = (2**30, 0, 0), (-1, 0, 0)
        for numbers in filter(None, self._said.get(place, ())):
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
