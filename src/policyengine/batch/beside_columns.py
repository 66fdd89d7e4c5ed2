"""Tables beside the records as columns: the rows lie in temporary files, and their records find them by key.

Only plain tables are taken: one CSV or Parquet file for each list of the record. Others go row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pyarrow as pa
from pyarrow import compute as pc

from policyengine.batch.beside import no_room, orphan, twice
from policyengine.batch.head import Head
from policyengine.batch.inputs import Reader
from policyengine.batch.parquet import ArrowChunk, arrow_rows
from policyengine.batch.raw import Raw, Reject
from policyengine.batch.text_columns import CsvChunk, typed_texts
from policyengine.batch.typed_columns import PLAIN_KEYS, Chunk, either, filled
from policyengine.dataclass import dataclass
from policyengine.policy.vocabulary import Entity, Vocabulary

_LINE, _OWNER = "__line", "__owner"
_ROWS = 10_000
_MOST_ODD = 10_000
"""So many rows without a record, and so many that are damaged, are held at most."""
Keyed = Sequence[tuple[str | None, Raw]]


class _NotPlain(Exception):  # noqa: N818  # no error: it leaves the quick way
    pass


class BesideColumns:
    """The rows of all tables beside the records. `lost` are mistakes in rows that name no record."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._folder = TemporaryDirectory(prefix="policyengine-", ignore_cleanup_errors=True)
        self._tables: list[_Table] = []
        self.lost: list[Reject] = []

    def close(self) -> None:
        """Forget all of it."""
        for table in self._tables:
            table.close()
        self._folder.cleanup()

    def add(self, reader: Reader, entity: str) -> None:
        """Take in the table of an entity."""
        table = _Table(self._vocabulary, entity, Path(self._folder.name) / f"{len(self._tables)}.arrow")
        self._tables.append(table)
        table.add_all(reader, self.lost)

    def chunk(self, chunk: Chunk) -> Chunk:
        """Records that stand together, with what belongs to them."""
        return _Attached(chunk, self)

    def attach(self, records: Keyed) -> None:
        """Give records that are read one by one, by their keys, what belongs to them."""
        keyed = [(key, raw) for key, raw in records if key is not None]
        for key, raw in keyed:
            for table in self._tables:
                twice(raw, table.name, key)
        for table in self._tables:
            for at, row in table.raws([key for key, _ in keyed]):
                keyed[at][1].lists[table.name].append(row)
                keyed[at][1].faults.extend(row.faults)

    def lists(self, keys: Sequence[str | None]) -> Iterator[tuple[str, Any, Any]]:
        """Of every table the name of its list, the lists of the records, and which of these are odd."""
        for table in self._tables:
            yield table.name, *table.lists(keys)

    def orphans(self) -> Iterator[Reject]:
        """The rows whose record was not among those that were read."""
        for table in self._tables:
            yield from table.orphans()


@dataclass(frozen=True, slots=True)
class _Attached:
    """A chunk of records with lists out of the tables beside them."""

    chunk: Chunk
    beside: BesideColumns

    @property
    def count(self) -> int:
        return self.chunk.count

    def place(self, at: int) -> tuple[str, int]:
        return self.chunk.place(at)

    def given(self, entity: Entity) -> tuple[dict[str, Any], Any]:
        columns, odd = self.chunk.given(entity)
        columns = dict(columns)
        keys = _keys(columns[str(entity.key)]) if entity.key in columns else [None] * self.count
        for name, lists, strange in self.beside.lists(keys):
            there = columns.get(name)
            if there is not None and there.null_count < len(there):
                odd = either(odd, there.is_valid())
            columns[name], odd = lists, either(odd, strange)
        return columns, odd

    def raws(self, places: Sequence[int]) -> Iterator[tuple[int, Raw]]:
        found = list(self.chunk.raws(places))
        key = self.beside._vocabulary.entities[self.beside._vocabulary.root].key
        values = ((raw.values.get(key) if key else None, raw) for _, raw in found)
        self.beside.attach([(_key(value), raw) for value, raw in values])
        return iter(found)


def beside_columns(reader: Reader, vocabulary: Vocabulary) -> BesideColumns | None:
    """The tables beside the records of a run as columns; None where they are not plain."""
    key = vocabulary.entities[vocabulary.root].key
    plain = all(
        len(vocabulary.lineage(entity)) == 2
        and [kind in ("csv", "parquet") for _, kind in reader.inputs.tables.get(entity, ())] == [True]
        for entity in reader.beside
    )
    if not plain or key is None or vocabulary.entities[vocabulary.root].facts[key].scalar not in PLAIN_KEYS:
        return None
    beside = BesideColumns(vocabulary)
    try:
        for entity in reader.beside:
            beside.add(reader, entity)
    except _NotPlain:
        beside.close()
        return None
    except BaseException:
        beside.close()
        raise
    return beside


class _Table:
    """The rows of one table: as they were read, in a file, with their line and the key of their record."""

    def __init__(self, vocabulary: Vocabulary, entity: str, path: Path) -> None:
        self.name = str(vocabulary.entities[entity].list)
        self._vocabulary = vocabulary
        self._entity = entity
        self._path = path
        self._file = ""
        self._textual = True
        self._writer: Any = None
        self._schema: Any = None
        self._reader: Any = None
        self._starts = [0]
        self._hashes: list[pl.Series] = []
        self._faulty: dict[int, Raw] = {}
        self._used: list[pl.Series] = []

    def close(self) -> None:
        """Let go of the file."""
        self._reader = None
        if self._writer is not None:
            self._writer.close()

    # In

    def add_all(self, reader: Reader, lost: list[Reject]) -> None:
        """Take in all rows; those that name no record are `lost`."""
        ((path, kind),) = reader.inputs.tables[self._entity]
        self._file, self._textual = str(path), kind == "csv"
        for chunk in reader.table_chunks(self._entity, _ROWS):
            if isinstance(chunk, CsvChunk):
                self._add_rows(chunk, lost)
            else:
                self._add_batch(chunk, lost)
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            self._reader = pa.ipc.open_file(pa.memory_map(str(self._path)))
        hashes = pl.concat([pl.Series(dtype=pl.UInt64), *self._hashes])
        order = hashes.to_frame("hash").with_row_index("row").sort("hash", "row")
        self._hashes = []
        self._sorted, self._order = order.get_column("hash"), order.get_column("row")

    def _add_rows(self, chunk: CsvChunk, lost: list[Reject]) -> None:
        faults = chunk.faults()
        owner = chunk.head.owners[0]
        owners = [row.cells[owner] if owner < len(row.cells) else "" for row in chunk.rows]
        good = [i for i, each in enumerate(owners) if each.strip()]
        for i, each in enumerate(owners):
            if not each.strip():
                raw = faults.get(i) or Raw(chunk.file, chunk.rows[i].line, {})
                lost += raw.faults or [orphan(self._vocabulary, raw, self._entity, "")]
        self._faulty |= {self._starts[-1] + at: faults[i] for at, i in enumerate(good) if i in faults}
        self._bounded(lost)
        if good:
            kept = pa.array(good, pa.int64())
            columns = {name: cells.take(kept) for name, cells in chunk.cells(faults).items()}
            self._put(columns, [owners[i] for i in good], [chunk.rows[i].line for i in good])

    def _add_batch(self, chunk: ArrowChunk, lost: list[Reject]) -> None:
        owners = [_key(each) for each in chunk.batch.column(chunk.head.owners[0]).to_pylist()]
        without = [i for i, owner in enumerate(owners) if owner is None]
        for _, raw in chunk.raws(without):
            lost += raw.faults or [orphan(self._vocabulary, raw, self._entity, "")]
        self._bounded(lost)
        good = pa.array([i for i, owner in enumerate(owners) if owner is not None], pa.int64())
        named = ((name, chunk.batch.column(i)) for i, name in enumerate(chunk.head.columns) if name)
        columns = {name: _plain(values).take(good) for name, values in named}
        lines = [chunk.before + i + 1 for i in good.to_pylist()]
        if lines:
            self._put(columns, [owner for owner in owners if owner is not None], lines)

    def _bounded(self, lost: Sequence[Reject]) -> None:
        if len(lost) > _MOST_ODD or len(self._faulty) > _MOST_ODD:
            raise _NotPlain

    def _put(self, columns: dict[str, Any], owners: list[str], lines: list[int]) -> None:
        if not columns:
            raise _NotPlain
        columns |= {_LINE: pa.array(lines, pa.int64()), _OWNER: pa.array(owners, pa.string())}
        batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
        if self._writer is None:
            self._schema = batch.schema
        elif batch.schema != self._schema:
            raise _NotPlain
        try:
            if self._writer is None:
                self._writer = pa.ipc.new_file(str(self._path), batch.schema)
            self._writer.write_batch(batch)
        except OSError as error:
            raise no_room(error) from None
        self._starts.append(self._starts[-1] + len(lines))
        self._hashes.append(pl.Series(owners, dtype=pl.String).hash())

    # Out

    def _find(self, keys: Sequence[str | None]) -> tuple[pl.Series, pl.Series, Any]:
        """The rows of records with these keys: the places of their records, their numbers, and they."""
        sought = pl.DataFrame({"key": keys}, schema={"key": pl.String}).with_row_index("at").drop_nulls()
        hashes = sought.get_column("key").hash()
        low, high = (self._sorted.search_sorted(hashes, side) for side in ("left", "right"))
        spans = sought.with_columns(low.alias("low"), high.alias("high"))
        spans = spans.filter(pl.col("low") < pl.col("high"))
        each = spans.select("at", "key", pl.int_ranges("low", "high").alias("i")).explode("i")
        numbers = self._order.gather(each.get_column("i"))
        rows = self._take(numbers)
        if rows is None:
            return each.get_column("at"), numbers, None
        owners = pl.Series(rows.column(_OWNER).to_pylist(), dtype=pl.String)
        same = owners == each.get_column("key")
        self._used.append(numbers.filter(same))
        if same.all():
            return each.get_column("at"), numbers, rows
        rows = rows.filter(same.to_arrow()).combine_chunks() if same.any() else None
        return each.get_column("at").filter(same), numbers.filter(same), rows

    def _take(self, numbers: pl.Series) -> Any:
        """Rows by their numbers; None where there is none."""
        if not len(numbers):
            return None
        wanted = numbers.to_frame("n").with_row_index("i").sort("n")
        starts = pl.Series(self._starts, dtype=pl.UInt32)
        of = (starts.search_sorted(wanted.get_column("n"), "right") - 1).alias("of")
        parts = []
        for (which,), part in wanted.with_columns(of).group_by("of", maintain_order=True):
            here = part.get_column("n").cast(pl.Int64) - self._starts[int(which)]
            parts.append(self._reader.get_batch(int(which)).take(here.to_arrow()))
        rows = pa.Table.from_batches(parts).combine_chunks()
        back = wanted.with_row_index("j").sort("i").get_column("j")
        return rows.take(back.to_arrow()).combine_chunks()

    def lists(self, keys: Sequence[str | None]) -> tuple[Any, Any]:
        """The lists of records with these keys (None: no list), and which of them are odd (None: none)."""
        at, numbers, rows = self._find(keys)
        without = pa.array([key is None for key in keys])
        if rows is None:
            offsets = pa.array([0] * (len(keys) + 1), pa.int32())
            return pa.ListArray.from_arrays(offsets, pa.array([], pa.struct([])), mask=without), None
        columns: dict[str, Any] = {}
        odd: Any = None
        if self._faulty:
            odd = numbers.is_in(list(self._faulty)).to_arrow()
        for name in rows.column_names[:-2]:
            values, strange = rows.column(name).chunk(0), None
            if self._textual:
                fact = self._vocabulary.entities[self._entity].facts[name]
                values, strange = typed_texts(filled(values), fact)
            columns[name], odd = values, either(odd, strange)
        items = pa.StructArray.from_arrays(list(columns.values()), names=list(columns))
        ends = at.search_sorted(pl.Series(range(len(keys) + 1), dtype=at.dtype))
        found = pa.ListArray.from_arrays(ends.cast(pl.Int32).to_arrow(), items, mask=without)
        if odd is None or not pc.any(odd).as_py():
            return found, None
        hit = at.filter(pl.Series(odd.to_pylist())).unique().to_list()
        strangers = set(hit)
        return found, pa.array([i in strangers for i in range(len(keys))])

    def raws(self, keys: Sequence[str]) -> Iterator[tuple[int, Raw]]:
        """The rows of records with these keys as they were read, each with the place of its record."""
        at, numbers, rows = self._find(keys)
        if rows is None:
            return
        names = rows.column_names[:-2]
        lines = rows.column(_LINE).to_pylist()
        (batch,) = rows.select(names).to_batches()
        found = arrow_rows(batch, Head(tuple(names)), self._file, 0)
        for place, number, line, (_, raw) in zip(at, numbers, lines, found, strict=True):
            if number in self._faulty:
                yield place, self._faulty[number]
                continue
            raw.line, raw.textual = line, self._textual
            raw.faults = [replace(fault, line=line) for fault in raw.faults]
            yield place, raw

    def orphans(self) -> Iterator[Reject]:
        """Mistakes: the rows that no record was found for."""
        used = pl.concat([pl.Series(dtype=pl.UInt32), *self._used]).unique()
        every = pl.int_range(self._starts[-1], dtype=pl.UInt32, eager=True)
        left = every.filter(~every.is_in(used.implode()))
        for start in range(0, len(left), _ROWS):
            rows = self._take(left.slice(start, _ROWS))
            pairs = zip(*(rows.column(name).to_pylist() for name in (_LINE, _OWNER)), strict=True)
            for line, owner in pairs:
                yield orphan(self._vocabulary, Raw(self._file, line, {}), self._entity, owner)


def _plain(values: Any) -> Any:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _key(value: object) -> str | None:
    return None if value is None or not str(value).strip() else str(value)


def _keys(column: Any) -> list[str | None]:
    return [_key(each) for each in column.to_pylist()]
