"""Tables beside the records, joined by key: the rows lie in temporary files, and their records find them.

A table whose rows stand directly in the record is kept as columns, and its lists are made as columns. Rows of
other tables, and rows that cannot be used, are kept one by one; their records are read one by one as well.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pyarrow as pa
from pyarrow import compute as pc

from policyengine.batch.lines import Unusable
from policyengine.batch.parquet_tables import ArrowChunk, arrow_rows
from policyengine.batch.raw import ORPHAN, TWICE, Head, Owned, Raw, Reject, key_text
from policyengine.batch.text_columns import TextTable, typed_texts
from policyengine.batch.typed_columns import Chunk, either, filled, plain_key
from policyengine.dataclass import dataclass
from policyengine.policy.entity import Entity
from policyengine.policy.vocabulary import Vocabulary

ROWS = 10_000
"""So many rows of a table are read at once."""
_LINE, _OWNER, _WHOLE = "__line", "__owner", "__whole"
_ROW_SCHEMA = pa.schema([(_LINE, pa.int64()), (_OWNER, pa.string()), (_WHOLE, pa.binary())])
Keyed = Sequence[tuple[str | None, Raw]]


class ChildTables:
    """The rows of all tables beside the records of a run."""

    def __init__(self, vocabulary: Vocabulary, entities: Sequence[str]) -> None:
        """`entities` are those that have tables, outermost first."""
        self._vocabulary = vocabulary
        self._folder = TemporaryDirectory(prefix="policyengine-", ignore_cleanup_errors=True)
        self.tables = [
            _Table(vocabulary, entity, entities, Path(self._folder.name) / f"{i}.arrow")
            for i, entity in enumerate(entities)
        ]

    def close(self) -> None:
        """Forget all of it."""
        for table in self.tables:
            table.close()
        self._folder.cleanup()

    def add(self, entity: str, chunks: Iterable[Any]) -> Iterator[Reject]:
        """Take in the rows of a table; those that name no record are rejects."""
        return next(table for table in self.tables if table.entity == entity).add(chunks)

    def chunk(self, chunk: Chunk) -> Chunk:
        """Records that stand together, with what belongs to them."""
        return _Attached(chunk, self, self._vocabulary)

    def attach(self, records: Keyed) -> None:
        """Give the records, by their keys, what belongs to them; without a row the list is empty."""
        keyed = [(key, raw) for key, raw in records if key is not None]
        for table in self.tables:
            if table.is_top:
                for key, raw in keyed:
                    _make_room(raw, table.name, key)
        for table in self.tables:
            for at, owners, row in table.raws([key for key, _ in keyed]):
                self._place(keyed[at][1], table.entity, owners, row, keyed[at][0])

    def _place(self, raw: Raw, entity: str, owners: Sequence[str], row: Raw, root: str) -> None:
        """Put a row under the one that it belongs to, step by step."""
        entities = self._vocabulary.entities
        lineage = tuple(reversed(self._vocabulary.lineage(entity)))
        at = raw
        for name, key in zip(lineage[1:-1], owners, strict=True):
            fact, rows = str(entities[name].key), at.lists.get(str(entities[name].list), [])
            found = next((each for each in rows if key_text(each.values.get(fact)) == key), None)
            if found is None:
                raw.faults.append(_orphan(self._vocabulary, row, entity, key, root))
                return
            at = found
        for below in self.tables:
            if entities[below.entity].within == entity:
                row.lists.setdefault(below.name, [])
        at.lists.setdefault(str(entities[entity].list), []).append(row)
        raw.faults.extend(row.faults)

    def orphans(self) -> Iterator[Reject]:
        """The rows whose record was not among those that were read."""
        for table in self.tables:
            yield from table.orphans()


@dataclass(frozen=True, slots=True)
class _Attached:
    """A chunk of records with lists out of the tables beside them."""

    chunk: Chunk
    tables: ChildTables
    vocabulary: Vocabulary

    @property
    def count(self) -> int:
        return self.chunk.count

    def place(self, at: int) -> tuple[str, int]:
        return self.chunk.place(at)

    def given(self, entity: Entity) -> tuple[dict[str, Any], Any]:
        columns, odd = self.chunk.given(entity)
        columns = dict(columns)
        key = str(entity.key)
        if key in columns and not plain_key(entity.facts[key]):  # it is not known here as it is written
            odd = pa.array([True] * self.count)
        keys = (
            [key_text(each) for each in columns[key].to_pylist()] if key in columns else [None] * self.count
        )
        for table in self.tables.tables:
            lists, strange = table.lists(keys)
            odd = either(odd, strange)
            if table.is_top:
                there = columns.get(table.name)
                if there is not None and there.null_count < len(there):
                    odd = either(odd, there.is_valid())
                columns[table.name] = lists
        return columns, odd

    def raws(self, places: Sequence[int]) -> Iterator[tuple[int, Raw]]:
        found = list(self.chunk.raws(places))
        key = self.vocabulary.entities[self.vocabulary.root].key
        values = ((raw.values.get(key) if key else None, raw) for _, raw in found)
        self.tables.attach([(key_text(value), raw) for value, raw in values])
        return iter(found)


class _Table:
    """The rows of the tables of an entity, in a file: with their line and the key of their record.

    Either the columns hold what was read, or `_WHOLE` holds the row itself and the keys of its owners below
    the record.
    """

    def __init__(self, vocabulary: Vocabulary, entity: str, entities: Sequence[str], path: Path) -> None:
        self.entity = entity
        self.name = str(vocabulary.entities[entity].list)
        self._vocabulary = vocabulary
        self._depth = len(vocabulary.lineage(entity)) - 1
        self.is_top = self._depth == 1
        self._in_columns = self.is_top and all(
            vocabulary.entities[each].within != entity for each in entities
        )
        self._path = path
        self._files: list[str] = []
        self._textual = True
        self._writer: Any = None
        self._schema: Any = None
        self._reader: Any = None
        self._starts = [0]
        self._hashes: list[pl.Series] = []
        self._used: list[pl.Series] = []

    def close(self) -> None:
        """Let go of the file."""
        self._reader = None
        if self._writer is not None:
            self._writer.close()

    # In

    def add(self, chunks: Iterable[Any]) -> Iterator[Reject]:
        """Take in all rows; those that name no record are rejects."""
        for chunk in chunks:
            yield from self._add_rows(chunk) if isinstance(chunk, list) else self._add_table(chunk)
        if self._writer is not None:
            self._writer.close()
            self._writer = None
            self._reader = pa.ipc.open_file(pa.memory_map(str(self._path)))
        hashes = pl.concat([pl.Series(dtype=pl.UInt64), *self._hashes])
        order = hashes.to_frame("hash").with_row_index("row").sort("hash", "row")
        self._hashes = []
        self._sorted, self._order = order.get_column("hash"), order.get_column("row")

    def _is_lost(self, owners: Sequence[str]) -> bool:
        return len(owners) < self._depth or not owners[0].strip()

    def _kept(self, chunk: TextTable | ArrowChunk) -> dict[str, Any] | None:
        """The columns of a chunk as they are kept; None where its rows are kept one by one."""
        if not self._in_columns:
            return None
        if isinstance(chunk, TextTable):
            columns = dict(chunk.cells())
        else:
            named = ((name, chunk.batch.column(i)) for i, name in enumerate(chunk.head.columns) if name)
            columns = {name: _decoded(values) for name, values in named}
        fields = [(name, values.type) for name, values in columns.items()]
        schema = pa.schema([*fields, *_ROW_SCHEMA])
        if self._schema is None and columns:
            self._schema, self._textual = schema, isinstance(chunk, TextTable)
        return columns if columns and schema.equals(self._schema) else None

    def _add_rows(self, rows: Sequence[Owned]) -> Iterator[Reject]:
        """Rows that are kept one by one, each with the keys of its owners."""
        good = [(owners, raw) for owners, raw in rows if not self._is_lost(owners)]
        for owners, raw in rows:
            if self._is_lost(owners):
                yield from self._lost(raw)
        if good:
            if self._schema is None:
                self._schema = _ROW_SCHEMA
            columns = [pa.nulls(len(good), field.type) for field in list(self._schema)[:-3]]
            wholes = [_whole(owners, raw) for owners, raw in good]
            lines = [raw.line for _, raw in good]
            self._write(columns, lines, [owners[0] for owners, _ in good], wholes, rows[0][1].file)

    def _add_table(self, table: TextTable | ArrowChunk) -> Iterator[Reject]:
        """Rows that are kept as columns, but for those that cannot be used."""
        kept, owners = self._kept(table), table.owners()
        if kept is None:
            raws = (raw for _, raw in table.raws(range(table.count)))
            yield from self._add_rows(list(zip(owners, raws, strict=True)))
            return
        good = [i for i, each in enumerate(owners) if not self._is_lost(each)]
        if len(good) < len(owners):
            for _, raw in table.raws(sorted(set(range(len(owners))) - set(good))):
                yield from self._lost(raw)
        if good:
            places = pa.array(good, pa.int64())
            faults = table.faults if isinstance(table, TextTable) else {}
            wholes = [_whole(owners[i], faults[i]) if i in faults else None for i in good]
            lines = [table.place(i)[1] for i in good]
            columns = [values.take(places) for values in kept.values()]
            self._write(columns, lines, [owners[i][0] for i in good], wholes, table.file)

    def _lost(self, raw: Raw) -> list[Reject]:
        return raw.faults or [_orphan(self._vocabulary, raw, self.entity, "")]

    def _write(
        self,
        columns: Sequence[Any],
        lines: list[int],
        keys: list[str],
        wholes: Sequence[bytes | None],
        file: str,
    ) -> None:
        own = [pa.array(lines, pa.int64()), pa.array(keys, pa.string()), pa.array(wholes, pa.binary())]
        batch = pa.RecordBatch.from_arrays([*columns, *own], schema=self._schema)
        try:
            if self._writer is None:
                self._writer = pa.ipc.new_file(str(self._path), self._schema)
            self._writer.write_batch(batch)
        except OSError as error:
            message = f"the tables of children do not fit into a temporary file: {error}"
            raise Unusable(message, "`TMPDIR` names the folder for it") from None
        self._starts.append(self._starts[-1] + len(keys))
        self._hashes.append(pl.Series(keys, dtype=pl.String).hash())
        self._files.append(file)

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
        wanted = wanted.with_columns(self._batches(wanted.get_column("n")).alias("of"))
        parts = []
        for (which,), part in wanted.group_by("of", maintain_order=True):
            here = part.get_column("n").cast(pl.Int64) - self._starts[int(which)]
            parts.append(self._reader.get_batch(int(which)).take(here.to_arrow()))
        rows = pa.Table.from_batches(parts).combine_chunks()
        back = wanted.with_row_index("j").sort("i").get_column("j")
        return rows.take(back.to_arrow()).combine_chunks()

    def _batches(self, numbers: pl.Series) -> pl.Series:
        """Which batch of the file each row is in."""
        return pl.Series(self._starts, dtype=pl.UInt32).search_sorted(numbers, "right") - 1

    def lists(self, keys: Sequence[str | None]) -> tuple[Any, Any]:
        """The lists of records with these keys (None: no list), and which of them are odd (None: none)."""
        at, _, rows = self._find(keys)
        without = pa.array([key is None for key in keys])
        if rows is None:
            offsets = pa.array([0] * (len(keys) + 1), pa.int32())
            return pa.ListArray.from_arrays(offsets, pa.array([], pa.struct([])), mask=without), None
        columns, odd = self._typed(rows)
        items = pa.StructArray.from_arrays(list(columns.values()), names=list(columns))
        ends = at.search_sorted(pl.Series(range(len(keys) + 1), dtype=at.dtype))
        found = pa.ListArray.from_arrays(ends.cast(pl.Int32).to_arrow(), items, mask=without)
        if odd is None or not pc.any(odd).as_py():
            return found, None
        strangers = set(at.filter(pl.Series(odd.to_pylist())).unique().to_list())
        return found, pa.array([i in strangers for i in range(len(keys))])

    def _typed(self, rows: Any) -> tuple[dict[str, Any], Any]:
        """The columns of rows, and which of the rows are odd; those that are kept one by one are."""
        columns: dict[str, Any] = {}
        whole = rows.column(_WHOLE).chunk(0)
        odd: Any = whole.is_valid() if whole.null_count < len(whole) else None
        for name in rows.column_names[:-3]:
            values, strange = rows.column(name).chunk(0), None
            if self._textual:
                fact = self._vocabulary.entities[self.entity].facts[name]
                values, strange = typed_texts(filled(values), fact)
            columns[name], odd = values, either(odd, strange)
        return columns or {_WHOLE: pa.nulls(len(whole))}, odd

    def raws(self, keys: Sequence[str]) -> Iterator[tuple[int, Sequence[str], Raw]]:
        """The rows of records with these keys as they were read.

        Each comes after the place of its record and the keys of what it belongs to in the record.
        """
        at, numbers, rows = self._find(keys)
        if rows is None:
            return
        names = rows.column_names[:-3]
        files = [self._files[i] for i in self._batches(numbers).to_list()]
        lines, wholes = (rows.column(name).to_pylist() for name in (_LINE, _WHOLE))
        (batch,) = rows.select(names).to_batches() if names else (rows.to_batches()[0],)
        found = arrow_rows(batch, Head(tuple(names)), "", 0)
        for place, file, line, whole, raw in zip(at, files, lines, wholes, found, strict=True):
            owners: Sequence[str] = ()
            if whole is not None:
                owners, values, textual, faults = pickle.loads(whole)
                raw = Raw(file, line, values, textual, faults=faults)
            else:
                raw.file, raw.line, raw.textual = file, line, self._textual
                raw.faults = [replace(fault, file=file, line=line) for fault in raw.faults]
            yield place, owners, raw

    def orphans(self) -> Iterator[Reject]:
        """Mistakes: the rows that no record was found for."""
        used = pl.concat([pl.Series(dtype=pl.UInt32), *self._used]).unique()
        every = pl.int_range(self._starts[-1], dtype=pl.UInt32, eager=True)
        left = every.filter(~every.is_in(used.implode()))
        for start in range(0, len(left), ROWS):
            numbers = left.slice(start, ROWS)
            rows = self._take(numbers)
            files = [self._files[i] for i in self._batches(numbers).to_list()]
            lines, owners = (rows.column(name).to_pylist() for name in (_LINE, _OWNER))
            for file, line, owner in zip(files, lines, owners, strict=True):
                yield _orphan(self._vocabulary, Raw(file, line, {}), self.entity, owner)


def _make_room(raw: Raw, name: str, key: str) -> None:
    """Make room in a record for a list out of a table; one that stands in it already is a fault."""
    if raw.values.get(name) is not None:
        reason = f"`{name}` is given both in the record and in a table of its own"
        raw.faults.append(Reject(raw.file, raw.line, key, name, TWICE.id, reason))
    raw.values.pop(name, None)
    raw.lists[name] = []


def _orphan(vocabulary: Vocabulary, row: Raw, entity: str, key: str, record: str | None = None) -> Reject:
    """The mistake of a row whose record is not there, or within whose record there is nothing of its key."""
    title = vocabulary.entities[entity].title
    reason = f"no record `{key}` is there for this {title}" if key else f"this {title} names no record"
    if record is not None:
        reason = f"nothing called `{key}` is in the record `{record}` for this {title}"
    help = "add what it belongs to, or correct the key"
    if key.isdecimal():
        help += "; a spreadsheet drops the zeros at the front of `007`"
    return Reject(row.file, row.line, record or key or None, None, ORPHAN.id, reason, help if key else None)


def _whole(owners: Sequence[str], raw: Raw) -> bytes:
    """A row by itself, and the keys of its owners below the record."""
    return pickle.dumps((owners[1:], raw.values, raw.textual, raw.faults))


def _decoded(values: Any) -> Any:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
