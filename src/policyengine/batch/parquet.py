"""Parquet and other tables of Arrow: decimals and dates by type; binary numbers only where they are exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from policyengine.batch.head import Head, read_head
from policyengine.batch.lines import Unusable
from policyengine.batch.raw import Raw, exact_decimal
from policyengine.dataclass import dataclass
from policyengine.policy.vocabulary import Entity, Vocabulary


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
        return [tuple("" if key is None else str(key) for key in row) for row in zip(*columns, strict=True)]

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
