"""The fixed parts of findings by their number, as they come up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

import polars as pl
import pyarrow as pa

from policyengine.dataclass import dataclass
from policyengine.engine.arrow import TYPES, to_series
from policyengine.engine.columns.terms import Frame, lit
from policyengine.engine.layout import COLUMNS, ColumnKind, TooLarge, table_value
from policyengine.policy.rule import Rule

_MOST = 4096
_WIDTHS: tuple[tuple[int, type[pl.DataType]], ...] = (
    (2**16, pl.UInt16), (2**31, pl.UInt32), (2**62, pl.UInt64),
)  # fmt: skip
KINDS = {column.name: column.kind for column in COLUMNS}
_DENSE = 2**16
"""Blocks with so many keys at most have a table of them all."""
Sort = tuple[int, int, int]
"""What findings of a record are sorted by: section, rank, rule."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A column of small numbers, below `radix`: one of a few values, or after them that it is not known."""

    column: str
    radix: int


@dataclass(frozen=True, slots=True)
class Fixed:
    """A finding as far as it is the same wherever its pieces are: the cells of its row, by their names."""

    section: int
    rank: int
    rule: int
    cells: tuple[tuple[str, object], ...]


Read = Callable[[Mapping[str, int]], object]


@dataclass(slots=True)
class Lowered:
    """A rule in columns: its pieces, what reads its fixed cells off their values, and its own cells."""

    number: int
    rule: Rule
    pieces: tuple[Piece, ...]
    read: Callable[[Mapping[str, int]], Fixed | None]
    cells: Mapping[str, pl.Expr]


@dataclass(slots=True)
class Block:
    """Rules whose pieces make one key; `key` is the column of it."""

    section: str = ""
    rules: list[Lowered] = field(default_factory=list)
    pieces: dict[str, Piece] = field(default_factory=dict)
    key: str = ""

    @property
    def size(self) -> int:
        """How many keys there may be."""
        found = 1
        for piece in self.pieces.values():
            found *= piece.radix
        return found

    def decode(self, key: int) -> list[Fixed]:
        """The fixed parts of all findings for a key."""
        values: dict[str, int] = {}
        for name, piece in self.pieces.items():
            key, values[name] = divmod(key, piece.radix)
        return [found for rule in self.rules if (found := rule.read(values)) is not None]


def blocks(frame: Frame, rules: Sequence[Lowered]) -> Iterator[Block]:
    """The rules of a frame in blocks with keys of a moderate size, each with its key as a column."""
    block = Block()
    for rule in rules:
        more = {piece.column: piece for piece in rule.pieces if piece.column not in block.pieces}
        size = block.size
        for piece in more.values():
            size *= piece.radix
        section = rule.rule.finding.section
        if block.rules and ((size > _MOST and more) or section != block.section):
            yield _keyed(frame, block)
            block = Block()
        block.section = section
        block.rules.append(rule)
        for piece in rule.pieces:
            old = block.pieces.get(piece.column, piece)
            block.pieces[piece.column] = max(old, piece, key=lambda each: each.radix)
    if block.rules:
        yield _keyed(frame, block)


def _keyed(frame: Frame, block: Block) -> Block:
    dtype = next(each for most, each in _WIDTHS if block.size <= most)
    key: pl.Expr | None = None
    factor = 1
    for piece in block.pieces.values():
        part = (
            pl.col(piece.column).cast(dtype) * lit(factor, dtype)
            if factor > 1
            else pl.col(piece.column).cast(dtype)
        )
        key = part if key is None else key + part
        factor *= piece.radix
    if key is not None:
        block.key = frame.column(key, "key").meta.output_name()
    return block


class Interned:
    """All fixed parts of findings that came up so far, by their number.

    `beyond` are the numbers of those with an amount that no table holds.
    """

    def __init__(self) -> None:
        self._numbers: dict[Fixed, int] = {}
        self.beyond: list[int] = []
        self._places: dict[tuple[int, int], int] = {}
        self._said: dict[int, list[list[int]]] = {}
        self._dense: dict[int, pl.Series] = {}
        self._spelled: dict[int, Any] = {}
        self._columns: dict[str, Any] = {}
        self._table: tuple[frozenset[int], pl.DataFrame, dict[str, Any]] | None = None

    @property
    def all(self) -> list[Fixed]:
        """The parts in the order of their numbers."""
        return list(self._numbers)

    def lists(self, place: int) -> pl.Series:
        """The numbers of findings that stand in each list of a block."""
        return to_series(self.shared(place))

    def shared(self, place: int) -> Any:
        """The same as Arrow has them."""
        said = self._said.get(place, [])
        if place not in self._spelled or len(self._spelled[place]) != len(said):
            self._spelled[place] = pa.array(said, pa.list_(pa.uint32()))
        return self._spelled[place]

    def numbers(self, place: int, block: Block, keys: pl.Series | None, count: int) -> pl.Series:
        """For every row of a frame the number of its list among those of a block that came up so far."""
        if keys is None:
            return pl.repeat(self._told(place, block, 0), count, dtype=pl.Int32, eager=True)
        if block.size <= _DENSE:
            return self._by_key(place, block, keys)
        distinct = keys.unique()
        told = pl.Series([self._told(place, block, key) for key in distinct.to_list()], dtype=pl.Int32)
        table = pl.DataFrame({"key": distinct, "told": told})
        joined = keys.alias("key").to_frame().join(table, on="key", how="left", maintain_order="left")
        return joined.get_column("told")

    def _by_key(self, place: int, block: Block, keys: pl.Series) -> pl.Series:
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
            self._table = None
            if any(_held(value, KINDS[name]) is None for name, value in fixed.cells if value is not None):
                self.beyond.append(len(self._numbers))
            self._numbers[fixed] = len(self._numbers)
        return self._numbers[fixed]

    def cells(self, name: str) -> Any:
        """The cells of a column for all fixed parts, as an Arrow array; None where none has any."""
        if name not in self._columns:
            values = [dict(each.cells).get(name) for each in self._numbers]
            values = [None if each is None else _held(each, KINDS[name]) for each in values]
            empty = all(each is None for each in values)
            dtype = pa.string() if KINDS[name] == "text" else TYPES[KINDS[name]]
            self._columns[name] = None if empty else pa.array(values, dtype)
        return self._columns[name]

    def looked_up(self, own: frozenset[int]) -> tuple[pl.DataFrame, dict[str, Any]]:
        """A row for each number, without nulls, so that all cells are looked up at once; and the texts.

        A text is a number among the texts of its column, -1 for none. A number or date has a second column,
        with `?`, for whether there is one. `rule` is the number of the rule, `own` whether it is among those.
        """
        if self._table is None or self._table[0] != own:
            order = self.order()
            rules = order.get_column("rule")
            columns = [rules.cast(pl.Int32), _bytes(rules.is_in(list(own))).alias("own")]
            words: dict[str, Any] = {}
            for name, kind in KINDS.items():
                cells = self.cells(name) if self.all else None
                if cells is None:
                    continue
                if kind == "text":
                    codes, words[name] = numbered(cells)
                    columns.append(codes.alias(name))
                else:
                    values, there = _filled(cells)
                    columns += [values.alias(name), _bytes(there).alias(f"{name}?")]
            self._table = own, pl.DataFrame(columns), words
        return self._table[1:]

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


def _held(value: object, kind: ColumnKind) -> object:
    """A cell as the table holds it; None for a number that it has no room for."""
    try:
        return table_value(value, kind) if kind in ("exact", "count") else value
    except TooLarge:
        return None


def numbered(texts: Any) -> tuple[pl.Series, Any]:
    """Texts of Arrow as numbers, -1 for none, and what these stand for."""
    found = texts.dictionary_encode()
    return pl.Series(found.indices, dtype=pl.Int32).fill_null(-1), found.dictionary


def _bytes(flags: pl.Series) -> pl.Series:
    """Flags as bytes, which are looked up far faster than bits."""
    return flags.cast(pl.UInt8)


def _filled(cells: Any) -> tuple[pl.Series, pl.Series]:
    found = to_series(cells)
    return found.fill_null(pl.select(pl.lit(0, dtype=found.dtype)).item()), found.is_not_null()
