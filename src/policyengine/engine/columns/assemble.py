"""The findings table out of columns: the fixed cells by their number, the others beside them, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from policyengine.engine.columns.fixes import KINDS, TYPES
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.lowering import Lowering, Output
from policyengine.engine.columns.schema import ROW
from policyengine.engine.columns.shows import exact_array
from policyengine.engine.layout import COLUMNS, Row


def findings_schema() -> Any:
    """The Arrow schema of the findings table."""
    return pa.schema(
        [
            pa.field(column.name, pa.int32() if column.name == "position" else TYPES[column.kind])
            for column in COLUMNS
        ]
    )


def table_of(rows: Sequence[Row]) -> Any:
    """Rows of the row engine as a table."""
    schema = findings_schema()
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


class Assembly:
    """The table of one batch."""

    def __init__(self, lowering: Lowering, state: State) -> None:
        self._lowering = lowering
        self._state = state
        self._root = lowering.graph.vocabulary.root
        self._fixes = lowering.fixes

    def table(self, skipped: pl.Series | None, extra: Any, at: pl.Series) -> Any:
        """The findings, without those of skipped records, and with extra rows at the end of theirs."""
        parts = (self._part(i, each) for i, each in enumerate(self._lowering.outputs))
        whole = self._sorted([each for each in parts if each is not None])
        if skipped is not None:
            whole = whole.filter(~skipped.gather(whole.get_column("root")))
        table = self._columns(whole)
        if not extra.num_rows:
            return table
        joined = pa.concat_tables([table, extra])
        roots = pl.concat([whole.get_column("root").cast(pl.UInt32), at])
        order = pl.DataFrame({"root": roots}).with_row_index("i").sort("root", maintain_order=True)
        return joined.take(order.get_column("i").to_arrow())

    def _part(self, place: int, output: Output) -> pl.DataFrame | None:
        rows = self._state[output.frame.name]
        if not output.block.rules or not rows.height:
            return None
        keys = rows.get_column(output.block.key) if output.block.key else None
        ids = self._fixes.lists(place, output.block, keys, rows.height)
        found = pl.DataFrame({"at": rows.get_column("__self"), "id": ids}).explode("id").drop_nulls("id")
        where = found.get_column("at")
        found = found.with_columns(
            rows.get_column(output.root).gather(where).alias("root"),
            rows.get_column(output.subject).gather(where).alias("who"),
            pl.lit(self._lowering.order[output.entity], dtype=pl.UInt8).alias("entity"),
        )
        return self._with_cells(found, output, rows) if output.cells else found

    def _with_cells(self, found: pl.DataFrame, output: Output, rows: pl.DataFrame) -> pl.DataFrame:
        numbers = self._fixes.order().get_column("rule").gather(found.get_column("id"))
        names = dict.fromkeys(name for _, name in output.cells)
        for name in names:
            chain: pl.Expr = pl.lit(None)
            taken = found.with_columns(numbers.alias("rule"))
            for (number, cell), column in output.cells.items():
                if cell == name:
                    values = rows.get_column(column).gather(found.get_column("at"))
                    if KINDS[name] == "exact":
                        values = values.cast(pl.Int128)
                    taken = taken.with_columns(values.alias(f"v{number}"))
                    chain = pl.when(pl.col("rule") == number).then(pl.col(f"v{number}")).otherwise(chain)
            found = found.with_columns(taken.select(chain.alias(f"x.{name}")).to_series())
        return found

    def _sorted(self, parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
        if not parts:
            return pl.DataFrame(
                schema={
                    "at": pl.UInt32,
                    "id": pl.UInt32,
                    "root": pl.UInt32,
                    "who": pl.UInt32,
                    "entity": pl.UInt8,
                }
            )
        whole = pl.concat(parts, how="diagonal_relaxed")
        order = self._fixes.order()
        ids = whole.get_column("id")
        who = pl.when(pl.col("entity") == 0).then(0).otherwise(pl.col("who")).cast(pl.UInt64)
        keyed = whole.with_columns(
            *(order.get_column(name).gather(ids).alias(f"o.{name}") for name in order.columns)
        )
        key = (
            pl.col("o.section") * 2**58 + pl.col("entity").cast(pl.UInt64) * 2**52 + who * 2**26
            + pl.col("o.rank") * 2**13 + pl.col("o.rule")
        )  # fmt: skip
        # Rows are sorted by the record, then by the section, by who is judged, by the rule.
        return keyed.with_columns(key.alias("o")).sort("root", "o", "at")

    # Columns

    def _columns(self, whole: pl.DataFrame) -> Any:
        schema = findings_schema()
        arrays = [self._column(field.name, field.type, whole) for field in schema]
        return pa.Table.from_arrays(arrays, schema=schema)

    def _column(self, name: str, dtype: Any, whole: pl.DataFrame) -> Any:
        if name in ("row", "key", "entity", "subject", "position"):
            return self._of_subject(name, whole).cast(dtype)
        ids = whole.get_column("id").to_arrow()
        cells = self._fixes.cells(name) if self._fixes.all else None
        fixed = None if cells is None else cells.take(ids)
        if f"x.{name}" not in whole.columns:
            return pa.nulls(whole.height, dtype) if fixed is None else fixed
        values = whole.get_column(f"x.{name}")
        own = exact_array(values) if KINDS[name] == "exact" else values.to_arrow().cast(dtype)
        return own if fixed is None else pa.compute.coalesce(own, fixed)

    def _of_subject(self, name: str, whole: pl.DataFrame) -> Any:
        roots = self._state[self._root]
        vocabulary = self._lowering.graph.vocabulary
        if name == "row":
            return roots.get_column(ROW).gather(whole.get_column("root")).to_arrow()
        if name == "key":
            return self._keys(self._root).gather(whole.get_column("root")).to_arrow()
        names = list(self._lowering.order)
        if name == "entity":
            return pa.array(names).take(whole.get_column("entity").to_arrow())
        dtype = pl.String if name == "subject" else pl.Int32
        parts: pl.Expr = pl.lit(None, dtype=dtype)
        wide = whole.select("entity", "who")
        for i, entity in enumerate(names):
            if entity == vocabulary.root or not (wide.get_column("entity") == i).any():
                continue
            rows = self._state[entity]
            source = self._keys(entity) if name == "subject" else rows.get_column("__at")
            safe = wide.select(pl.when(pl.col("entity") == i).then(pl.col("who"))).to_series()
            wide = wide.with_columns(source.gather(safe).alias(f"s{i}"))
            parts = pl.when(pl.col("entity") == i).then(pl.col(f"s{i}")).otherwise(parts)
        return wide.with_columns(parts.alias("s")).get_column("s").to_arrow()

    def _keys(self, entity: str) -> pl.Series:
        declared = self._lowering.graph.vocabulary.entities[entity]
        rows = self._state[entity]
        if declared.key is None:
            return pl.repeat(None, rows.height, dtype=pl.String, eager=True)
        values = rows.get_column(f"f.{declared.key}")
        fact = declared.facts[declared.key]
        if fact.scalar == "enum":
            return values.replace_strict(
                range(len(fact.values or ())), list(fact.values or ()), return_dtype=pl.String
            )
        return values.cast(pl.String)
