"""The findings table out of columns: which findings there are, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from policyengine.engine.columns.cells import Cells
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.lowering import Lowering, Output
from policyengine.engine.layout import VALUES

_ROWS = {
    "at": pl.UInt32,
    "id": pl.UInt32,
    "root": pl.UInt32,
    "who": pl.UInt32,
    "first": pl.UInt32,
    "entity": pl.UInt8,
}


def _taken(table: Any, places: Any) -> Any:
    """Rows of a table by their places: columns of one piece are quicker, and empty ones need no looking."""
    arrays = [
        pa.nulls(len(places), each.type)
        if each.null_count == len(each)
        else each.combine_chunks().take(places)
        for each in table.columns
    ]
    return pa.Table.from_arrays(arrays, schema=table.schema)


class Assembly:
    """The table of one batch."""

    def __init__(self, lowering: Lowering, state: State) -> None:
        self._lowering = lowering
        self._state = state
        self._root = lowering.graph.vocabulary.root
        self._interned = lowering.interned
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
        table = Cells(self._lowering, self._state, [each for _, each in self._outputs], whole).table()
        if not extra.num_rows:
            return table
        joined = pa.concat_tables([table, extra]).unify_dictionaries()
        roots = pl.concat([whole.get_column("root"), at])
        order = pl.DataFrame({"root": roots}).with_row_index("i").sort("root", maintain_order=True)
        return _taken(joined, order.get_column("i").to_arrow())

    # Rows

    def _whole(self) -> pl.DataFrame:
        """All rows in their order: what they are of, and the numbers of their fixed cells."""
        if not self._outputs:
            return pl.DataFrame(schema=_ROWS)
        numbers = [self._numbers(place, output) for place, output in self._outputs]
        if all(output.frame.name == self._root for _, output in self._outputs) and self._in_order():
            return self._part(self._outputs[0][1], self._chained(numbers))
        parts = [
            self._part(output, self._interned.lists(place).gather(each))
            for (place, output), each in zip(self._outputs, numbers, strict=True)
        ]
        return self._sorted(pl.concat(parts))

    def _numbers(self, place: int, output: Output) -> pl.Series:
        """For every row of a block the number of the list of its findings."""
        rows = self._state[output.frame.name]
        keys = rows.get_column(output.block.key) if output.block.key else None
        return self._interned.numbers(place, output.block, keys, rows.height)

    def _chained(self, numbers: Sequence[pl.Series]) -> pl.Series:
        """For every record its findings of all blocks, put together once for records that are alike."""
        keys = pl.DataFrame([each.alias(f"{i}") for i, each in enumerate(numbers)])
        firsts = keys.unique(maintain_order=True)
        lists = [
            self._interned.lists(place).gather(each)
            for (place, _), each in zip(self._outputs, firsts.get_columns(), strict=True)
        ]
        chained = pl.DataFrame([each.alias(f"{i}") for i, each in enumerate(lists)])
        whole = chained.select(pl.concat_list(pl.all())).to_series()
        numbered = firsts.with_row_index("__alike")
        alike = keys.join(numbered, on=keys.columns, how="left", maintain_order="left")
        return whole.gather(alike.get_column("__alike"))

    def _in_order(self) -> bool:
        """Whether the rows of a record are in their order as the blocks have them."""
        last = (-1, -1, -1)
        for place, _ in self._outputs:
            found = self._interned.extent(place)
            if found is None or found[0] < last:
                return False
            last = found[1]
        return True

    def _part(self, output: Output, ids: pl.Series) -> pl.DataFrame:
        rows = self._state[output.frame.name]
        found = pl.DataFrame({"at": rows.get_column("__self"), "id": ids}).explode("id").drop_nulls("id")
        where = found.get_column("at")
        who = self._linked(rows, output.subject, where)
        return found.hstack(self._more(output, rows, where, who))

    def _more(self, output: Output, rows: pl.DataFrame, where: pl.Series, who: pl.Series) -> list[pl.Series]:
        number = self._lowering.order[output.entity]
        return [
            self._linked(rows, output.root, where).alias("root"),
            who.alias("who"),
            self._first(output, who).alias("first"),
            pl.repeat(number, len(where), dtype=pl.UInt8, eager=True).alias("entity"),
        ]

    def _first(self, output: Output, who: pl.Series) -> pl.Series:
        """Findings of rows that nobody can tell apart stand together where one may have several of a rule."""
        rows = self._state[output.entity]
        repeating = any(each.within == output.entity for each in self._lowering.graph.repeats.values())
        if "__first" not in rows.columns or output.block.section == VALUES or not repeating:
            return who
        return rows.get_column("__first").gather(who)

    def _linked(self, rows: pl.DataFrame, column: str, where: pl.Series) -> pl.Series:
        return where if column == "__self" else rows.get_column(column).gather(where)

    def _sorted(self, whole: pl.DataFrame) -> pl.DataFrame:
        """Sorted by the record, then by the section, by who is judged, by the rule."""
        order = self._interned.order()
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
