"""The findings table, and others of its kind, in Arrow. It needs the extra `batch`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from policyengine.engine.layout import DIGITS, Column, Row, columns_of
from policyengine.policy.vocabulary import Vocabulary

if TYPE_CHECKING:
    import polars as pl

EXACT: Final[Any] = pa.decimal128(38, DIGITS)
TYPES: Final[dict[str, Any]] = {
    "text": pa.dictionary(pa.int32(), pa.string()),
    "texts": pa.list_(pa.string()),
    "count": pa.int64(),
    "exact": EXACT,
    "date": pa.date32(),
}
"""The type of a column by its kind; most texts stand in a table over and over."""


_SMALL = frozenset({"position", "partition"})


def arrow_schema(columns: Sequence[Column]) -> Any:
    """The Arrow schema of a table."""
    return pa.schema(
        [
            pa.field(column.name, pa.int32() if column.name in _SMALL else TYPES[column.kind])
            for column in columns
        ]
    )


def findings_schema(vocabulary: Vocabulary) -> Any:
    """The Arrow schema of the findings table of a program."""
    return arrow_schema(columns_of(vocabulary))


def arrow_table(rows: Sequence[Row], schema: Any) -> Any:
    """Rows as an Arrow table."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [_array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(values: Sequence[object], kind: Any) -> Any:
    """The values as a column; a lone surrogate, as in the name of a file, is spelled out."""
    try:
        return pa.array(values, kind)
    except UnicodeEncodeError:
        return pa.array([_spelled(each) for each in values], kind)


def _spelled(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [_spelled(each) for each in value]
    return value.encode(errors="backslashreplace").decode() if isinstance(value, str) else value


def to_series(array: Any, name: str = "") -> pl.Series:
    """A column of Arrow as one of Polars."""
    import polars as pl

    found = pl.from_arrow(array)
    assert isinstance(found, pl.Series)
    return found.alias(name)
