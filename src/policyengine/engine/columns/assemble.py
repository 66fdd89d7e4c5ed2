"""The findings table out of columns: which findings there are, and in which order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any

import polars as pl
import pyarrow as pa

from policyengine.dataclass import dataclass
from policyengine.engine.arrow import arrow_table, findings_schema
from policyengine.engine.columns.arrow_records import ROW, record_of
from policyengine.engine.columns.cells import Cells
from policyengine.engine.columns.emitter import ExpressionNames
from policyengine.engine.columns.entity_frames import FactShape, Loader, Shape
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.lowering import Lowering, Output
from policyengine.engine.columns.missing_rows import rows_of
from policyengine.engine.columns.row_columns import CAREFUL
from policyengine.engine.columns.row_values import Misfit, widened
from policyengine.engine.columns.row_work import Whole
from policyengine.engine.finding_rows import row_engine
from policyengine.engine.layout import Row, TooLarge
from policyengine.program.graph import Key
from policyengine.program.linked import Program

_ROWS = {
    "at": pl.UInt32,
    "id": pl.UInt32,
    "root": pl.UInt32,
    "who": pl.UInt32,
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

    def beyond(self) -> pl.Series:
        """The places of records with an amount of a policy that no table holds."""
        whole, beyond = self._whole, self._interned.beyond
        return whole.filter(pl.col("id").is_in(beyond)).get_column("root").unique()

    def table(self, skipped: pl.Series | None, extra: Any, at: pl.Series) -> Any:
        """The findings, without those of skipped records, and with extra rows at the end of theirs."""
        whole = self._whole
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

    @cached_property
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
            pl.repeat(number, len(where), dtype=pl.UInt8, eager=True).alias("entity"),
        ]

    def _linked(self, rows: pl.DataFrame, column: str, where: pl.Series) -> pl.Series:
        return where if column == "__self" else rows.get_column(column).gather(where)

    def _sorted(self, whole: pl.DataFrame) -> pl.DataFrame:
        """Sorted by the record, then by the section, by who is judged, by the rule."""
        order = self._interned.order()
        ids = whole.get_column("id")
        who = pl.when(pl.col("entity") == 0).then(0).otherwise(pl.col("who")).cast(pl.UInt64)
        keyed = whole.with_columns(
            *(order.get_column(name).gather(ids).alias(f"o.{name}") for name in order.columns)
        )
        key = (
            pl.col("o.section") * 2**58 + pl.col("entity").cast(pl.UInt64) * 2**52 + who * 2**26
            + pl.col("o.rank") * 2**13 + pl.col("o.rule")
        )  # fmt: skip
        return keyed.with_columns(key.alias("o")).sort("root", "o", "at")


# A program in columns: lowered once for every shape of batches, run for each batch.

_SHAPES = 64
_PROBE = 200
"""So many records show how many digits the values have that are worked out by rows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a batch comes to.

    `refused` are rows that have an amount which no table holds, with the reason. `by_rows` counts records
    that the row engine answered.
    """

    table: Any
    refused: tuple[tuple[int, str], ...] = ()
    by_rows: int = 0


@dataclass
class ColumnPlan:
    """The answers of a program for batches of records."""

    program: Program
    _lowered: dict[Shape, Lowering] = field(default_factory=dict)
    _names: ExpressionNames = field(default_factory=dict)
    _found: dict[Key, FactShape] = field(default_factory=dict)
    _whole: bool = False
    _probed: bool = False

    def __post_init__(self) -> None:
        graph = self.program.judging
        if graph is None:
            raise ValueError(f"`{self.program.name}` does not compile; its diagnostics say why")
        self.graph = graph

    @cached_property
    def _loader(self) -> Loader:
        graph = self.graph
        used = {name for _, node in graph.every_node() for name in node.words.all}
        used |= {transition.fact for transition in graph.transitions}
        return Loader(graph.vocabulary, frozenset(used))

    @cached_property
    def by_rows(self) -> Mapping[str, str]:
        """Nodes and cells without a column form, each with the reason; they are worked out row by row."""
        return self._lowering(self._usual()).by_rows

    def run(self, batch: Any) -> Any:
        """The findings of a batch of records as a table; raises `TooLarge` for an amount beyond it."""
        found = self.answer(batch)
        if found.refused:
            raise TooLarge(found.refused[0][1])
        return found.table

    def answer(self, batch: Any) -> Answer:
        """The findings of a batch, and how they were come by."""
        if not batch.num_rows:
            return Answer(self._schema.empty_table())
        if not self._probed:
            self._probed = True
            if self.by_rows and batch.num_rows > _PROBE:
                self.answer(batch.slice(0, _PROBE))
        while True:
            try:
                return self._answer(batch)
            except Misfit as wider:
                self._found[wider.key] = widened(self._found.get(wider.key), wider.shape)
            except Whole:
                self._whole = True
                self._loader = Loader(self.graph.vocabulary, None)
                self._lowered.clear()

    def _answer(self, batch: Any) -> Answer:
        state, shape, careful = self._loader.load(batch)
        lowering = self._lowering(shape.union(self._found.items()))
        state[CAREFUL] = pl.DataFrame(schema={"record": pl.UInt32})
        lowering.run(state)
        assembly = Assembly(lowering, state)
        careful = careful.scatter(state[CAREFUL].get_column("record").unique(), True)
        careful = careful.scatter(assembly.beyond(), True)
        opened = lowering.opened(state, batch.num_rows) & ~careful
        missing, places = self._schema.empty_table(), pl.Series([], dtype=pl.UInt32)
        if opened.any():
            lowering.missing_facts.run(state)
            missing, places = rows_of(lowering, state, careful)
        extra: list[Row] = []
        at: list[int] = []
        refused: list[tuple[int, str]] = []
        for i, rows in self._one_by_one(batch, careful, refused):
            extra += rows
            at += [i] * len(rows)
        more = pa.concat_tables([missing, arrow_table(extra, self._schema)]) if at else missing
        places = pl.concat([places, pl.Series(at, dtype=pl.UInt32)])
        table = assembly.table(careful if careful.any() else None, more, places)
        return Answer(table, tuple(refused), int(careful.sum()))

    def _one_by_one(
        self, batch: Any, careful: pl.Series, refused: list[tuple[int, str]]
    ) -> Iterator[tuple[int, list[Row]]]:
        """By the place in the batch the rows of records that columns cannot hold exactly."""
        places = careful.arg_true().to_list()
        table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
        for i, row in zip(places, table.take(places).to_pylist() if places else (), strict=True):
            number = int(row[ROW])
            try:
                yield i, self._row_engine(number, record_of(self.graph.vocabulary, row))
            except TooLarge as error:
                refused.append((number, str(error)))

    @cached_property
    def _schema(self) -> Any:
        return findings_schema(self.graph.vocabulary)

    @cached_property
    def _row_engine(self) -> Any:
        return row_engine(self.program)

    def _lowering(self, shape: Shape) -> Lowering:
        if shape not in self._lowered:
            if len(self._lowered) >= _SHAPES:
                self._lowered.clear()
            self._lowered[shape] = Lowering(self.graph, self.program.as_of, shape, self._names, self._whole)
        return self._lowered[shape]

    def _usual(self) -> Shape:
        """A batch in which anything may be missing, and no amount is out of the common."""
        found: dict[tuple[str, str], FactShape] = {}
        for name, entity in self.graph.vocabulary.entities.items():
            for fact, declared in entity.facts.items():
                scale, digits = (0, 0) if declared.is_list else declared.single.usual
                found[name, fact] = FactShape(True, scale, digits)
            for _, below in self.graph.vocabulary.children(name):
                found[name, str(below.list)] = FactShape(True)
        return frozenset(found.items())
