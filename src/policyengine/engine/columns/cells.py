"""The cells of the findings table: most say what their rule says, and are looked up all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import polars as pl
import pyarrow as pa

from policyengine.engine.arrow import TYPES, findings_schema, to_series
from policyengine.engine.columns.arrow_records import ROW
from policyengine.engine.columns.cell_values import exact_array, masked
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.interned import KINDS, numbered
from policyengine.engine.columns.lowering import Lowering, Output
from policyengine.engine.layout import owner_columns


class Cells:
    """The cells of a batch: `whole` says of each row what it is of, and the number of its fixed part."""

    def __init__(
        self, lowering: Lowering, state: State, outputs: Sequence[Output], whole: pl.DataFrame
    ) -> None:
        self._lowering = lowering
        self._state = state
        self._outputs = outputs
        self._whole = whole
        self._height = whole.height
        self._root = lowering.graph.vocabulary.root
        own = frozenset(number for each in outputs for number, _ in each.cells)
        self._fixed, self._words = lowering.interned.looked_up(own)
        self._found = self._fixed[whole.get_column("id")]

    def table(self) -> Any:
        """All of them as a table."""
        schema = findings_schema(self._lowering.graph.vocabulary)
        arrays = [self._column(field.name, field.type) for field in schema]
        return pa.Table.from_arrays(arrays, schema=schema)

    def _column(self, name: str, dtype: Any) -> Any:
        if name == "row":
            return self._records.get_column("row").to_arrow()
        if name == "position":
            places = {each: self._state[each].get_column("__at") for each in self._judged}
            return self._by_entity(places, pl.Int32).to_arrow()
        if name in ("key", "entity"):
            return self._named(name)
        if name == "subject" or name in self._owners:
            return self._whose(name)
        own = self._own(name)
        if own is None and name not in self._fixed.columns:
            return pa.nulls(self._height, dtype)
        if KINDS[name] == "text":
            return self._texts(name, own)
        values, there = self._values(name, own)
        return masked(values.to_arrow().cast(dtype), there)

    def _values(self, name: str, own: pl.DataFrame | None) -> tuple[pl.Series, pl.Series]:
        """The cells of a column of numbers or dates, and whether there is any."""
        if name in self._fixed.columns:
            values = self._found.get_column(name)
            there = self._found.get_column(f"{name}?").cast(pl.Boolean)
        else:
            assert own is not None
            values = own.get_column("v").new_from_index(0, self._height)
            there = pl.repeat(False, self._height, dtype=pl.Boolean, eager=True)
        if own is not None:
            values = values.scatter(own.get_column("i"), own.get_column("v"))
            there = there.scatter(own.get_column("i"), True)
        return values, there

    def _texts(self, name: str, own: pl.DataFrame | None) -> Any:
        """Texts by their numbers: most of them say again what others say."""
        if name in self._fixed.columns:
            codes, words = self._found.get_column(name), self._words[name]
        else:
            codes = pl.repeat(-1, self._height, dtype=pl.Int32, eager=True)
            words = pa.array([], pa.string())
        if own is not None:
            texts = own.get_column("v").to_arrow().cast(pa.string())
            more, words = numbered(pa.concat_arrays([words, texts]))
            codes = codes.scatter(own.get_column("i"), more.tail(own.height))
        return _dictionary(codes, words)

    # Cells that single rules fill

    def _own(self, name: str) -> pl.DataFrame | None:
        """Those of a column, with their places; None where there is none."""
        several: list[pl.DataFrame] = []
        for output in self._outputs:
            rows = self._state[output.frame.name]
            for (number, cell), column in output.cells.items():
                there = self._by_rule.get((number,)) if cell == name else None
                if there is not None:
                    values = rows.get_column(column).gather(there.get_column("at"))
                    values = to_series(exact_array(values)) if KINDS[name] == "exact" else values
                    several.append(pl.DataFrame({"i": there.get_column("i"), "v": values}))
        found = pl.concat(several).drop_nulls("v") if several else None
        return found if found is not None and found.height else None

    @cached_property
    def _by_rule(self) -> Mapping[tuple[object, ...], pl.DataFrame]:
        """The rows that have cells of their own, by the number of their rule."""
        places = self._found.get_column("own").cast(pl.Boolean).arg_true()
        rules = self._found.get_column("rule").gather(places)
        rows = pl.DataFrame({"i": places, "rule": rules, "at": self._whole.get_column("at").gather(places)})
        return rows.partition_by("rule", as_dict=True)

    # What the findings are of

    @cached_property
    def _records(self) -> pl.DataFrame:
        """For every row the number of its record, and that of the key of it."""
        codes, self._keys = numbered(
            keys_of(self._lowering, self._state, self._root).to_arrow().cast(pa.string())
        )
        rows = pl.DataFrame({"row": self._state[self._root].get_column(ROW), "key": codes})
        return rows[self._whole.get_column("root")]

    def _named(self, name: str) -> Any:
        """The key of the record, or the entity of what is judged."""
        if name == "entity":
            codes = self._whole.get_column("entity").cast(pl.Int32)
            return _dictionary(codes, pa.array(list(self._lowering.order)))
        return _dictionary(self._records.get_column("key"), self._keys)

    def _whose(self, name: str) -> Any:
        """The key of what is judged, or the name of what it stands in."""
        keys: dict[str, pl.Series] = {}
        for entity in self._judged:
            if name == "subject":
                keys[entity] = keys_of(self._lowering, self._state, entity)
            elif (above := self._owners[name]) in self._lowering.graph.vocabulary.lineage(entity)[1:]:
                keys[entity] = owner_names(self._lowering, self._state, entity)[above]
        if not keys:
            return pa.nulls(self._height, TYPES["text"])
        every = [each.to_arrow().cast(pa.string()) for each in keys.values()]
        codes, words = numbered(pa.concat_arrays(every))
        parts: dict[str, pl.Series] = {}
        before = 0
        for entity, each in keys.items():
            parts[entity] = codes.slice(before, len(each))
            before += len(each)
        return _dictionary(self._by_entity(parts, pl.Int32).fill_null(-1), words)

    @cached_property
    def _owners(self) -> Mapping[str, str]:
        """The columns of the levels above, each with the entity of that level."""
        found = owner_columns(self._lowering.graph.vocabulary)
        return {column: entity for entity, column in found.items()}

    @cached_property
    def _judged(self) -> list[str]:
        """The entities within records that there are findings about."""
        if all(output.entity == self._root for output in self._outputs):
            return []
        numbers = set(self._whole.get_column("entity").unique().to_list())
        return [each for i, each in enumerate(self._lowering.order) if i in numbers and each != self._root]

    def _by_entity(self, values: Mapping[str, pl.Series], dtype: Any) -> pl.Series:
        """For every row the value of what it judges, out of those of its entity; none for a record itself."""
        if not values:
            return pl.repeat(None, self._height, dtype=dtype, eager=True)
        wide = self._whole.select("entity", "who")
        parts: pl.Expr = pl.lit(None, dtype=dtype)
        for entity, each in values.items():
            here = pl.col("entity") == self._lowering.order[entity]
            places = wide.select(pl.when(here).then(pl.col("who"))).to_series()
            wide = wide.with_columns(each.gather(places).alias(f"s.{entity}"))
            parts = pl.when(here).then(pl.col(f"s.{entity}")).otherwise(parts)
        return wide.select(parts.alias("s")).to_series()


def keys_of(lowering: Lowering, state: State, entity: str) -> pl.Series:
    """The keys of the rows of an entity, as texts."""
    declared = lowering.graph.vocabulary.entities[entity]
    rows = state[entity]
    values = rows.get_column(f"f.{declared.key}")
    fact = declared.facts[declared.key]
    if fact.scalar == "enum":
        return values.replace_strict(
            range(len(fact.values or ())), list(fact.values or ()), return_dtype=pl.String
        )
    return values.cast(pl.String)


def names_of(lowering: Lowering, state: State, entity: str) -> pl.Series:
    """The keys of the rows of an entity in lists, or where they have none their places."""
    places = state[entity].select(pl.concat_str(pl.lit("#"), pl.col("__at"))).to_series()
    return keys_of(lowering, state, entity).fill_null(places)


def owner_names(lowering: Lowering, state: State, entity: str) -> dict[str, pl.Series]:
    """For every row of an entity the names of what it stands in below the record, from the outside in."""
    found: dict[str, pl.Series] = {}
    above = lowering.graph.vocabulary.lineage(entity)[1:-1]
    places = state[entity].get_column("__up") if above else None
    for each in above:
        assert places is not None
        found[each] = names_of(lowering, state, each).gather(places)
        places = state[each].get_column("__up").gather(places)
    return dict(reversed(found.items()))


def paths_of(names: Sequence[pl.Series]) -> pl.Series:
    """The paths of rows out of their names, from the outside in, as `findings.path_of` writes them."""
    *above, own = [each.alias(f"{i}") for i, each in enumerate(names)]
    if not above:
        return own
    escaped = [pl.col(each.name).str.replace_all("%", "%25", literal=True) for each in (*above, own)]
    escaped = [each.str.replace_all("/", "%2F", literal=True) for each in escaped]
    path = pl.concat_str(escaped, separator="/", ignore_nulls=True)
    is_deep = pl.any_horizontal(pl.col(each.name).is_not_null() for each in above)
    return pl.DataFrame([*above, own]).select(pl.when(is_deep).then(path).otherwise(own.name)).to_series()


def _dictionary(codes: pl.Series, words: Any) -> Any:
    """Texts by their numbers; -1 stands for none. Looking up numbers without nulls is far quicker."""
    return pa.DictionaryArray.from_arrays(masked(codes.to_arrow(), codes >= 0), words, safe=False)
