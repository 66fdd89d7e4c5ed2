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


def ndjson(*rows: object) -> str:
    """Rows as NDJSON."""
    return "".join(f"{json.dumps(row)}\n" for row in rows)
