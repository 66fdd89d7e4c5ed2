"""Parquet out: decimals as decimals, dates as dates; nothing in the file depends on when it was written."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet

from policyengine.batch.cores import cores
from policyengine.batch.lines import Unusable
from policyengine.batch.parquet_merge import MAGIC, Footer, body_and_footer
from policyengine.batch.raw import Head, Raw, exact_decimal, read_head
from policyengine.dataclass import dataclass
from policyengine.engine.arrow import arrow_schema
from policyengine.engine.layout import Column
from policyengine.policy.entity import Entity
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import composed

_ROWS = _ROWS_OF_PAGE = 128 * 1024
_GROUP = 1024 * 1024
_ENCODERS = min(cores(), 4)
_SOUGHT = ("row", "key")
"""The columns that a reader looks up by ranges; statistics of all would take as long as the values."""


class ParquetWriter:
    """Row groups of a hundred thousand to a million rows, compressed with Zstandard.

    Lots of rows are compressed beside each other and beside what is worked out meanwhile, as many at once as
    there are processors, or as many as `encoders` says; the bytes do not depend on how many.
    """

    def __init__(self, stream: BinaryIO, columns: Sequence[Column], encoders: int = 0) -> None:
        self._schema = arrow_schema(columns)
        always = {column.name for column in columns if column.always}
        self._of_file = pa.schema([each.with_nullable(each.name not in always) for each in self._schema])
        self._stream = stream
        self._at = stream.write(MAGIC)
        self._footer = Footer()
        self._waiting: list[Any] = []
        self._rows = 0
        self._most = encoders or _ENCODERS
        self._threads = ThreadPoolExecutor(self._most)
        self._encoded: deque[Future[memoryview]] = deque()

    def write(self, table: Any) -> None:
        """Some rows; raises `Unusable` where a number is beyond the decimals of the file."""
        if [field.type for field in table.schema] != [field.type for field in self._schema]:
            raise Unusable("a sum is beyond what a column of Parquet holds", "write CSV or NDJSON")
        self._waiting.append(table)
        self._rows += table.num_rows
        if self._rows >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        while len(self._encoded) >= self._most:
            self._put()
        self._encoded.append(self._threads.submit(parquet_bytes, self._waiting, self._of_file))
        self._waiting, self._rows = [], 0

    def _put(self) -> None:
        """Write the lot that was begun first; raises what went wrong with it."""
        body, footer = body_and_footer(self._encoded.popleft().result())
        self._footer.add(footer, self._at)
        self._at += self._stream.write(body)

    def finish(self) -> None:
        """Write the rest, and the footer."""
        if self._waiting or not self._encoded:  # a file without rows has one lot too
            self._flush()
        while self._encoded:
            self._put()
        self._threads.shutdown()
        self._stream.write(self._footer.whole())

    def drop(self) -> None:
        """Let go of what is being compressed."""
        self._threads.shutdown(cancel_futures=True)


def parquet_bytes(tables: Sequence[Any], schema: Any) -> memoryview:
    """Tables as a Parquet file of this schema, which may know better which columns are never empty."""
    out = pa.BufferOutputStream()
    with parquet.ParquetWriter(out, schema, **options(schema)) as writer:
        if tables:
            whole = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
            writer.write_table(pa.Table.from_arrays(whole.columns, schema=schema), row_group_size=_GROUP)
    return memoryview(out.getvalue())


def options(schema: Any) -> dict[str, Any]:
    """How the library writes a table of this schema."""
    return {
        "compression": "zstd", "store_schema": False, "write_page_index": False,
        "use_dictionary": [_path(each) for each in schema if not pa.types.is_decimal(each.type)],
        "write_statistics": [name for name in _SOUGHT if name in schema.names],
        "write_batch_size": _ROWS_OF_PAGE // 2, "max_rows_per_page": _ROWS_OF_PAGE,
    }  # fmt: skip


def _path(field: Any) -> str:
    """The column of the file that holds the values of a field; those of a list have one of their own."""
    return f"{field.name}.list.element" if pa.types.is_list(field.type) else str(field.name)


# Parquet and other tables of Arrow: decimals and dates by type; binary numbers only where they are exact.


@dataclass(frozen=True, slots=True)
class ArrowChunk:
    """A batch of records as it was read: `before` rows of the file came before it."""

    batch: Any
    head: Head
    file: str
    before: int

    @property
    def count(self) -> int:
        """How many records there are."""
        return int(self.batch.num_rows)

    def place(self, at: int) -> tuple[str, int]:
        """The file and row of a record."""
        return self.file, self.before + at + 1

    def given(self, entity: Entity) -> tuple[dict[str, Any], Any]:
        """Its columns as they are."""
        named = ((name, self.batch.column(i)) for i, name in enumerate(self.head.columns) if name is not None)
        return dict(named), None

    def owners(self) -> list[tuple[str, ...]]:
        """For every row the keys of what it belongs to."""
        columns = [self.batch.column(i).to_pylist() for i in self.head.owners]
        return [
            tuple("" if key is None else composed(str(key)) for key in row)
            for row in zip(*columns, strict=True)
        ]

    def raws(self, places: Sequence[int]) -> Iterator[tuple[int, Raw]]:
        """The records at some places, raw."""
        if not places:
            return
        rows = arrow_rows(self.batch.take(pa.array(places, pa.int64())), self.head, self.file, 0)
        for place, raw in zip(places, rows, strict=True):
            raw.line = self.before + place + 1
            raw.faults = [replace(fault, line=raw.line) for fault in raw.faults]
            yield place, raw


def parquet_chunks(
    path: Path, vocabulary: Vocabulary, entity: str, ignored: Iterable[str], size: int
) -> Iterator[tuple[int, ArrowChunk]]:
    """The batches of a Parquet file, each with how many bytes of it are about read with it."""
    try:
        file = parquet.ParquetFile(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise Unusable(f"`{path}` is not a readable Parquet file: {_first_line(error)}") from None
    with file:
        head = arrow_head(file.schema_arrow, str(path), vocabulary, entity, ignored)
        length, rows = path.stat().st_size, max(1, file.metadata.num_rows)
        before = 0
        batches = file.iter_batches(batch_size=size)
        while (batch := _next(batches, path, before)) is not None:
            share = length * (before + batch.num_rows) // rows
            yield share, ArrowChunk(batch, head, str(path), before)
            before += batch.num_rows


def _next(batches: Any, path: Path, line: int) -> Any:
    try:
        return next(batches, None)
    except (pa.ArrowException, OSError) as error:
        raise Unusable(f"`{path}` is damaged after row {line:,}: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")


def arrow_head(schema: Any, file: str, vocabulary: Vocabulary, entity: str, ignored: Iterable[str]) -> Head:
    """The head of an Arrow table; lists of what stands below are columns of it."""
    lists = {str(child.list) for _, child in vocabulary.children(entity)}
    names = list(schema.names)
    flat = [name for name in names if name not in lists]
    head = read_head(flat, file, vocabulary, entity, ignored)
    of_flat = dict(zip(flat, head.columns, strict=True))
    owners = tuple(names.index(flat[i]) for i in head.owners)
    return Head(tuple(name if name in lists else of_flat[name] for name in names), owners)


def arrow_rows(batch: Any, head: Head, file: str, before: int) -> Iterator[Raw]:
    """The rows of a batch as raw records; `before` rows were read before it."""
    columns = [column.to_pylist() for column in batch.columns]
    named = [(name, i) for i, name in enumerate(head.columns) if name is not None]
    for at in range(batch.num_rows):
        raw = Raw(file, before + at + 1, {})
        for name, i in named:
            value = columns[i][at]
            raw.values[name] = _plain(value, name, raw) if value.__class__ in _ODD else value
        yield raw


_ODD = frozenset({float, datetime, list, dict})


def _plain(value: Any, name: str, raw: Raw) -> Any:
    if isinstance(value, float):
        missing = "store null where nothing is known"
        return exact_decimal(value, name, raw, "store the column as decimals" if value == value else missing)
    if isinstance(value, datetime):
        return _day(value)
    if isinstance(value, list):
        return [_plain(each, f"{name}[{i}]", raw) for i, each in enumerate(value, start=1)]
    if isinstance(value, dict):
        return {key: _plain(each, f"{name}.{key}", raw) for key, each in value.items()}
    return value


def _day(value: datetime) -> date | datetime:
    """A point in time that is the start of a day, with no zone, is that day."""
    return value.date() if value.time() == time(0) and value.tzinfo is None else value
