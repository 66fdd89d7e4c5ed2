"""The findings table out of columns: the fixed cells by their number, the others beside them, in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow as pa
from pyarrow import compute

from policyengine.engine.columns.fixes import KINDS, TYPES
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.lowering import Lowering, Output
from policyengine.engine.columns.schema import ROW
from policyengine.engine.columns.shows import exact_array
from policyengine.engine.layout import COLUMNS, VALUES, Row


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


_ROWS = {
    "at": pl.UInt32,
    "id": pl.UInt32,
    "root": pl.UInt32,
    "who": pl.UInt32,
    "first": pl.UInt32,
    "entity": pl.UInt8,
}


class Assembly:
    """The table of one batch."""

    def __init__(self, lowering: Lowering, state: State) -> None:
        self._lowering = lowering
        self._state = state
        self._root = lowering.graph.vocabulary.root
        self._fixes = lowering.fixes
        self._ruled: pl.DataFrame | None = None
        self._outputs = [
            (i, each)
            for i, each in enumerate(lowering.outputs)
            if each.block.rules and state[each.frame.name].height
        ]

    def table(self, skipped: pl.Series | None, extra: Any, at: pl.Series) -> Any:
        """The findings, without those of skipped records, and with extra rows at the end of theirs."""
        whole = self._whole()
        if skipped is not None:
            whole = whole.filter(~skipped.gather(whole.get_column("root")))
        table = self._columns(whole)
        if not extra.num_rows:
            return table
        joined = pa.concat_tables([table, extra])
        roots = pl.concat([whole.get_column("root"), at])
        order = pl.DataFrame({"root": roots}).with_row_index("i").sort("root", maintain_order=True)
        return joined.take(order.get_column("i").to_arrow())

    # Rows

    def _whole(self) -> pl.DataFrame:
        """All rows in their order: what they are of, and the numbers of their fixed cells."""
        lists = [self._lists(place, output) for place, output in self._outputs]
        if not lists:
            return pl.DataFrame(schema=_ROWS)
        if all(output.frame.name == self._root for _, output in self._outputs) and self._in_order():
            ids = pl.DataFrame([each.alias(str(i)) for i, each in enumerate(lists)])
            return self._part(self._outputs[0][1], ids.select(pl.concat_list(pl.all())).to_series())
        parts = [self._part(output, ids) for (_, output), ids in zip(self._outputs, lists, strict=True)]
        return self._sorted(pl.concat(parts))

    def _lists(self, place: int, output: Output) -> pl.Series:
        rows = self._state[output.frame.name]
        keys = rows.get_column(output.block.key) if output.block.key else None
        return self._fixes.lists(place, output.block, keys, rows.height)

    def _in_order(self) -> bool:
        """Whether the rows of a record are in their order as the blocks have them."""
        last = (-1, -1, -1)
        for place, _ in self._outputs:
            found = self._fixes.extent(place)
            if found is None or found[0] < last:
                return False
            last = found[1]
        return True

    def _part(self, output: Output, ids: pl.Series) -> pl.DataFrame:
        rows = self._state[output.frame.name]
        found = pl.DataFrame({"at": rows.get_column("__self"), "id": ids}).explode("id").drop_nulls("id")
        where = found.get_column("at")
        who = self._linked(rows, output.subject, where)
        return found.with_columns(
            self._linked(rows, output.root, where).alias("root"),
            who.alias("who"),
            self._first(output, who).alias("first"),
            pl.lit(self._lowering.order[output.entity], dtype=pl.UInt8).alias("entity"),
        )

    def _first(self, output: Output, who: pl.Series) -> pl.Series:
        """Findings of rows that nobody can tell apart stand together."""
        rows = self._state[output.entity]
        if "__first" not in rows.columns or output.block.section == VALUES:
            return who
        return rows.get_column("__first").gather(who)

    def _linked(self, rows: pl.DataFrame, column: str, where: pl.Series) -> pl.Series:
        return where if column == "__self" else rows.get_column(column).gather(where)

    def _sorted(self, whole: pl.DataFrame) -> pl.DataFrame:
        """Sorted by the record, then by the section, by who is judged, by the rule."""
        order = self._fixes.order()
        ids = whole.get_column("id")
        who = pl.when(pl.col("entity") == 0).then(0).otherwise(pl.col("first")).cast(pl.UInt64)
        keyed = whole.with_columns(
            *(order.get_column(name).gather(ids).alias(f"o.{name}") for name in order.columns)
        )
        key = (
            pl.col("o.section") * 2**58 + pl.col("entity").cast(pl.UInt64) * 2**52 + who * 2**26
            + pl.col("o.rank") * 2**13 + pl.col("o.rule")
        )  # fmt: skip
        return keyed.with_columns(key.alias("o")).sort("root", "o", "at")

    # Columns

    def _columns(self, whole: pl.DataFrame) -> Any:
        schema = findings_schema()
        arrays = [self._column(field.name, field.type, whole) for field in schema]
        return pa.Table.from_arrays(arrays, schema=schema)

    def _column(self, name: str, dtype: Any, whole: pl.DataFrame) -> Any:
        if name in ("row", "key", "entity", "subject", "position"):
            return self._of_subject(name, whole).cast(dtype)
        cells = self._fixes.cells(name) if self._fixes.all else None
        fixed = None if cells is None else cells.take(whole.get_column("id").to_arrow())
        values = self._cells(name, whole)
        if values is None:
            return pa.nulls(whole.height, dtype) if fixed is None else fixed
        own = exact_array(values) if KINDS[name] == "exact" else values.to_arrow().cast(dtype)
        return own if fixed is None else compute.coalesce(own, fixed)

    def _cells(self, name: str, whole: pl.DataFrame) -> pl.Series | None:
        """The cells that single rules fill."""
        places: list[pl.Series] = []
        values: list[pl.Series] = []
        for _, output in self._outputs:
            rows = self._state[output.frame.name]
            for (number, cell), column in output.cells.items():
                if cell == name:
                    there = self._rules(whole).filter(pl.col("rule") == number)
                    places.append(there.get_column("i"))
                    found = rows.get_column(column).gather(there.get_column("at"))
                    values.append(found.cast(pl.Int128) if KINDS[name] == "exact" else found)
        if not places:
            return None
        several = pl.DataFrame({"i": pl.concat(places), "v": pl.concat(values)})
        index = pl.DataFrame({"i": pl.int_range(whole.height, dtype=pl.UInt32, eager=True)})
        return index.join(several, on="i", how="left", maintain_order="left").get_column("v")

    def _rules(self, whole: pl.DataFrame) -> pl.DataFrame:
        """The rows that have cells of their own, with the number of their rule."""
        if self._ruled is None:
            numbers = self._fixes.order().get_column("rule")
            wanted = {number for _, output in self._outputs for number, _ in output.cells}
            rows = pl.DataFrame(
                {"rule": numbers.gather(whole.get_column("id")), "at": whole.get_column("at")}
            )
            self._ruled = rows.with_row_index("i").filter(pl.col("rule").is_in(list(wanted)))
        return self._ruled

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
        if not whole.get_column("entity").max():
            return pa.nulls(whole.height, pa.string() if name == "subject" else pa.int32())
        dtype = pl.String if name == "subject" else pl.Int32
        parts: pl.Expr = pl.lit(None, dtype=dtype)
        wide = whole.select("entity", "who")
        present = set(wide.get_column("entity").unique().to_list())
        for i, entity in enumerate(names):
            if entity == vocabulary.root or i not in present:
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
