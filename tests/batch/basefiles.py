"""Rows as the contents of files."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq


def parquet(rows: list[dict[str, Any]], schema: Any = None) -> bytes:
    """Rows as the bytes of a Parquet file."""
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), stream)
    return stream.getvalue()


def table_rows(table: pa.Table) -> list[tuple[Any, ...]]:
    """The rows of an Arrow table: lists as tuples."""
    columns = [column.to_pylist() for column in table.columns]
    return [tuple(tuple(each) if isinstance(each, list) else each for each in row)
            for row in zip(*columns, strict=True)]  # fmt: skip


def ndjson(*rows: object) -> str:
    """Rows as NDJSON."""
    return "".join(f"{json.dumps(row)}\n" for row in rows)
