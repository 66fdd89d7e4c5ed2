"""The findings table out of columns: the fixed cells by their number, the others beside them, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from policyengine.engine.columns.fixes import KINDS, TYPES, numbered
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.lowering import Lowering, Output
from policyengine.engine.columns.schema import ROW
from policyengine.engine.columns.shows import exact_array, masked
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
        joined = pa.concat_tables([table, extra]).unify_dictionaries()
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
            return self._part(self._outputs[0][1], self._chained(lists))
        parts = [self._part(output, ids) for (_, output), ids in zip(self._outputs, lists, strict=True)]
        return self._sorted(pl.concat(parts))

    def _lists(self, place: int, output: Output) -> pl.Series:
        rows = self._state[output.frame.name]
        keys = rows.get_column(output.block.key) if output.block.key else None
        return self._fixes.lists(place, output.block, keys, rows.height)

    def _chained(self, lists: Sequence[pl.Series]) -> pl.Series:
        """For every record its findings of all blocks, put together once for records that are alike."""
        ids = pl.DataFrame([each.alias(str(i)) for i, each in enumerate(lists)])
        rows = self._state[self._root]
        names = list(dict.fromkeys(output.block.key for _, output in self._outputs if output.block.key))
        keys = rows.select(names)
        if keys.width:
            firsts = keys.with_row_index("__first").unique(names, keep="first", maintain_order=True)
            ids = ids[firsts.get_column("__first")]
        chained = ids.select(pl.concat_list(pl.all())).to_series()
        if not keys.width:
            return chained
        numbered = firsts.drop("__first").with_row_index("__alike")
        alike = keys.join(numbered, on=names, how="left", maintain_order="left")
        return chained.gather(alike.get_column("__alike"))

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
        if name in ("row", "position"):
            return self._of_subject(name, whole).to_arrow().cast(dtype)
        if name in ("key", "entity", "subject"):
            return self._named(name, whole)
        own = self._own(name, whole)
        if own is None and (not self._fixes.all or self._fixes.cells(name) is None):
            return pa.nulls(whole.height, dtype)
        if KINDS[name] == "text":
            return self._texts(name, whole, own)
        values, there = self._values(name, whole, own)
        return masked(values.to_arrow().cast(dtype), there)

    def _values(
        self, name: str, whole: pl.DataFrame, own: pl.DataFrame | None
    ) -> tuple[pl.Series, pl.Series]:
        """The cells of a column of numbers or dates, and whether there is any."""
        fixed = self._fixes.values(name)
        if fixed is not None:
            values, there = (each.gather(whole.get_column("id")) for each in fixed)
        else:
            assert own is not None
            values = own.get_column("v").new_from_index(0, whole.height)
            there = pl.repeat(False, whole.height, dtype=pl.Boolean, eager=True)
        if own is not None:
            values = values.scatter(own.get_column("i"), own.get_column("v"))
            there = there.scatter(own.get_column("i"), True)
        return values, there

    def _texts(self, name: str, whole: pl.DataFrame, own: pl.DataFrame | None) -> Any:
        """Texts by their numbers: most of them say again what others say."""
        coded = self._fixes.coded(name)
        if coded is not None:
            codes, words = coded[0].gather(whole.get_column("id")), coded[1]
        else:
            codes, words = pl.repeat(-1, whole.height, dtype=pl.Int32, eager=True), pa.array([], pa.string())
        if own is not None:
            texts = own.get_column("v").to_arrow().cast(pa.string())
            more, words = numbered(pa.concat_arrays([words, texts]))
            codes = codes.scatter(own.get_column("i"), more.tail(own.height))
        return _dictionary(codes, words)

    def _own(self, name: str, whole: pl.DataFrame) -> pl.DataFrame | None:
        """The cells that single rules fill, by their places; None where there is none."""
        several: list[pl.DataFrame] = []
        for _, output in self._outputs:
            rows = self._state[output.frame.name]
            for (number, cell), column in output.cells.items():
                if cell == name:
                    there = self._rules(whole).filter(pl.col("rule") == number)
                    values = rows.get_column(column).gather(there.get_column("at"))
                    values = _series(exact_array(values)) if KINDS[name] == "exact" else values
                    several.append(pl.DataFrame({"i": there.get_column("i"), "v": values}))
        found = pl.concat(several).drop_nulls("v") if several else None
        return found if found is not None and found.height else None

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

    def _of_subject(self, name: str, whole: pl.DataFrame) -> pl.Series:
        """The number of the record, or the place of what is judged in its list."""
        roots = self._state[self._root]
        if name == "row":
            return roots.get_column(ROW).gather(whole.get_column("root"))
        places = {entity: self._state[entity].get_column("__at") for entity in self._judged(whole)}
        return self._by_entity(places, whole, pl.Int32)

    def _named(self, name: str, whole: pl.DataFrame) -> Any:
        """The key of the record or of what is judged, or the name of its entity."""
        if name == "entity":
            return _dictionary(
                whole.get_column("entity").cast(pl.Int32), pa.array(list(self._lowering.order))
            )
        if name == "key":
            codes, words = numbered(self._keys(self._root).to_arrow().cast(pa.string()))
            return _dictionary(codes.gather(whole.get_column("root")), words)
        keys = {entity: self._keys(entity) for entity in self._judged(whole)}
        every = [each.to_arrow().cast(pa.string()) for each in keys.values()]
        codes, words = numbered(pa.concat_arrays([*every, pa.array([], pa.string())]))
        parts: dict[str, pl.Series] = {}
        before = 0
        for entity, each in keys.items():
            parts[entity] = codes.slice(before, len(each))
            before += len(each)
        return _dictionary(self._by_entity(parts, whole, pl.Int32).fill_null(-1), words)

    def _judged(self, whole: pl.DataFrame) -> list[str]:
        """The entities within records that there are findings about."""
        numbers = set(whole.get_column("entity").unique().to_list())
        return [each for i, each in enumerate(self._lowering.order) if i in numbers and each != self._root]

    def _by_entity(self, values: Mapping[str, pl.Series], whole: pl.DataFrame, dtype: Any) -> pl.Series:
        """For every row the value of what it judges, out of those of its entity; none for a record itself."""
        if not values:
            return pl.repeat(None, whole.height, dtype=dtype, eager=True)
        wide = whole.select("entity", "who")
        parts: pl.Expr = pl.lit(None, dtype=dtype)
        for entity, each in values.items():
            here = pl.col("entity") == self._lowering.order[entity]
            places = wide.select(pl.when(here).then(pl.col("who"))).to_series()
            wide = wide.with_columns(each.gather(places).alias(f"s.{entity}"))
            parts = pl.when(here).then(pl.col(f"s.{entity}")).otherwise(parts)
        return wide.select(parts.alias("s")).to_series()

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


def _series(array: Any) -> pl.Series:
    found = pl.from_arrow(array)
    assert isinstance(found, pl.Series)
    return found


def _dictionary(codes: pl.Series, words: Any) -> Any:
    """Texts by their numbers; -1 stands for none. Looking up numbers without nulls is far quicker."""
    return pa.DictionaryArray.from_arrays(masked(codes.to_arrow(), codes >= 0), words, safe=False)
