"""Parquet out: decimals as decimals, dates as dates; nothing in the file depends on when it was written."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow import parquet

from policyengine.batch.cores import cores
from policyengine.batch.lines import Unusable
from policyengine.batch.parquet_merge import MAGIC, Footer, body_and_footer
from policyengine.engine.arrow import arrow_schema
from policyengine.engine.layout import Column

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
