"""A program in columns: lowered once for every shape of batches, run for each batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any

import polars as pl
import pyarrow as pa

from policyengine.dataclass import dataclass
from policyengine.engine.arrow import arrow_table, findings_schema
from policyengine.engine.columns.assemble import Assembly
from policyengine.engine.columns.load import FactShape, Loader, Shape
from policyengine.engine.columns.lowering import Lowering
from policyengine.engine.columns.missing_rows import rows_of
from policyengine.engine.columns.row_columns import CAREFUL
from policyengine.engine.columns.row_values import Misfit, widened
from policyengine.engine.columns.row_work import Whole
from policyengine.engine.columns.schema import ROW, record_of
from policyengine.engine.finding_rows import row_engine
from policyengine.engine.layout import Row, TooLarge
from policyengine.program.graph import Key
from policyengine.program.linked import Program

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
    _names: dict[int, frozenset[str]] = field(default_factory=dict)
    _found: dict[Key, FactShape] = field(default_factory=dict)
    _whole: bool = False
    _probed: bool = False

    def __post_init__(self) -> None:
        graph = self.program.graph
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
            return Answer(findings_schema().empty_table())
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
        careful = careful.scatter(state[CAREFUL].get_column("record").unique(), True)
        opened = lowering.opened(state, batch.num_rows) & ~careful
        missing, places = findings_schema().empty_table(), pl.Series([], dtype=pl.UInt32)
        if opened.any():
            lowering.missing_facts.run(state)
            missing, places = rows_of(lowering, state, careful)
        extra: list[Row] = []
        at: list[int] = []
        refused: list[tuple[int, str]] = []
        for i, rows in self._one_by_one(batch, careful, refused):
            extra += rows
            at += [i] * len(rows)
        more = pa.concat_tables([missing, arrow_table(extra, findings_schema())]) if at else missing
        places = pl.concat([places, pl.Series(at, dtype=pl.UInt32)])
        table = Assembly(lowering, state).table(careful if careful.any() else None, more, places)
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
