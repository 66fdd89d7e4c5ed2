"""Parquet out: decimals as decimals, dates as dates; nothing in the file depends on when it was written."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet

from policyengine.engine.layout import DIGITS, Column, Row

_ROWS = 128 * 1024
_BUFFER = 8 * 1024 * 1024
_GROUP = 1024 * 1024
_SOUGHT = ("row", "key")
"""The columns that a reader looks up by ranges; statistics of all would take as long as the values."""
_TYPES: dict[str, Any] = {
    "text": pa.dictionary(pa.int32(), pa.string()),
    "texts": pa.list_(pa.string()),
    "count": pa.int64(),
    "exact": pa.decimal128(38, DIGITS),
    "date": pa.date32(),
}


def arrow_schema(columns: Sequence[Column]) -> Any:
    """The Arrow schema of a table."""
    return pa.schema(
        [
            pa.field(column.name, pa.int32() if column.name == "position" else _TYPES[column.kind])
            for column in columns
        ]
    )


def arrow_table(rows: Sequence[Row], schema: Any) -> Any:
    """Rows as an Arrow table."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )


class ParquetWriter:
    """Row groups of a hundred thousand to a million rows, compressed with Zstandard.

    They are compressed beside what is worked out meanwhile: at most two lots of rows are held.
    """

    def __init__(self, stream: BinaryIO, columns: Sequence[Column]) -> None:
        self._schema = arrow_schema(columns)
        # Every write of a page straight to a file of Python would wait for the interpreter.
        self._out = pa.BufferedOutputStream(pa.PythonFile(stream, "w"), _BUFFER)
        self._writer = parquet.ParquetWriter(
            self._out, self._schema, compression="zstd", store_schema=False, write_page_index=False,
            use_dictionary=[each.name for each in self._schema if not pa.types.is_decimal(each.type)],
            write_statistics=[name for name in _SOUGHT if name in self._schema.names],
            write_batch_size=_ROWS // 2, max_rows_per_page=_ROWS,
        )  # fmt: skip
        self._waiting: list[Any] = []
        self._rows = 0
        self._beside = ThreadPoolExecutor(1)
        self._written: Future[None] | None = None

    def write(self, rows: Sequence[Row]) -> None:
        """Some rows."""
        self.write_table(arrow_table(rows, self._schema))

    def write_table(self, table: Any) -> None:
        """Some rows as an Arrow table of the schema."""
        self._waiting.append(table)
        self._rows += table.num_rows
        if self._rows >= _ROWS:
            self._flush()

    def _flush(self) -> None:
        self._settle()
        if self._waiting:
            self._written = self._beside.submit(self._put, self._waiting)
        self._waiting, self._rows = [], 0

    def _put(self, tables: list[Any]) -> None:
        whole = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
        self._writer.write_table(whole, row_group_size=_GROUP)

    def _settle(self) -> None:
        """Wait for what is being written; raises what went wrong with it."""
        written, self._written = self._written, None
        if written is not None:
            written.result()

    def finish(self) -> None:
        """Write the rest, and the foot."""
        self._flush()
        self._settle()
        self._beside.shutdown()
        self._writer.close()
        self._out.detach()

    def drop(self) -> None:
        """Let go of the stream; a foot is no matter in a file that nobody will see."""
        self._beside.shutdown(cancel_futures=True)
        self._writer.close()
        self._out.detach()
