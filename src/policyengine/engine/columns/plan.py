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
from policyengine.engine.columns.brief import Brief, brief
from policyengine.engine.columns.lacking_rows import beyond_of, rows_of
from policyengine.engine.columns.load import FactShape, Loader, Shape
from policyengine.engine.columns.lowering import Lowering
from policyengine.engine.columns.named import missing_of
from policyengine.engine.columns.records import record_of
from policyengine.engine.columns.schema import ROW
from policyengine.engine.finding_rows import row_engine
from policyengine.engine.layout import Row, TooLarge, missing_row
from policyengine.engine.rows.engine import Compiled, compile_graph
from policyengine.program.linked import Program

_SHAPES = 64
# Digits after the point, and in all.
_USUAL = {"number": (2, 9), "money": (2, 12), "rate": (4, 6), "count": (0, 6), "integer": (0, 6)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a batch comes to.

    `refused` are rows that have an amount which no table holds, with the reason. `by_rows` counts records
    that the row engine answered wholly, `named` those for which it named the missing facts.
    """

    table: Any
    refused: tuple[tuple[int, str], ...] = ()
    by_rows: int = 0
    named: int = 0


@dataclass
class ColumnPlan:
    """The answers of a program for batches of records."""

    program: Program
    _lowered: dict[Shape, Lowering] = field(default_factory=dict)
    _names: dict[int, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        graph = self.program.graph
        if graph is None:
            raise ValueError(f"`{self.program.name}` does not compile; its diagnostics say why")
        self.graph = graph
        used = {name for _, node in graph.every_node() for name in node.words.all}
        used |= {transition.fact for transition in graph.transitions}
        self._loader = Loader(graph.vocabulary, frozenset(used))

    @cached_property
    def fallbacks(self) -> Mapping[str, str]:
        """Names of nodes and rules that columns cannot express, with the reason; the row engine has them."""
        return self._lowering(self._usual()).fallbacks

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
        state, shape, careful = self._loader.load(batch)
        lowering = self._lowering(shape)
        if lowering.fallbacks:
            return self._all_by_rows(batch)
        lowering.run(state)
        opened = lowering.opened(state, batch.num_rows) & ~careful
        return self._joined(batch, lowering, state, careful, opened)

    def brief(self, batch: Any) -> Brief:
        """The same in few numbers, one table an entity; raises `ValueError` where columns cannot hold it."""
        state, shape, careful = self._loader.load(batch)
        lowering = self._lowering(shape)
        if lowering.fallbacks or careful.any():
            raise ValueError("some of it is beyond columns: ask for the findings table")
        lowering.run_brief(state)
        return brief(lowering, state)

    def _joined(
        self, batch: Any, lowering: Lowering, state: dict[str, pl.DataFrame], careful: pl.Series,
        opened: pl.Series,
    ) -> Answer:  # fmt: skip
        by_rows, lacking, places = opened, findings_schema().empty_table(), pl.Series([], dtype=pl.UInt32)
        if opened.any():
            lowering.lacking.run(state)
            by_rows = beyond_of(lowering, state, batch.num_rows) & opened
            lacking, places = rows_of(lowering, state, careful | by_rows)
        extra: list[Row] = []
        at: list[int] = []
        refused: list[tuple[int, str]] = []
        for i, rows in self._extra(batch, careful, by_rows, refused):
            extra += rows
            at += [i] * len(rows)
        skipped = careful if careful.any() else None
        more = pa.concat_tables([lacking, arrow_table(extra, findings_schema())]) if at else lacking
        places = pl.concat([places, pl.Series(at, dtype=pl.UInt32)])
        table = Assembly(lowering, state).table(skipped, more, places)
        return Answer(table, tuple(refused), int(careful.sum()), int(by_rows.sum()))

    def _all_by_rows(self, batch: Any) -> Answer:
        every = pl.repeat(True, batch.num_rows, dtype=pl.Boolean, eager=True)
        refused: list[tuple[int, str]] = []
        rows = [row for _, rows in self._extra(batch, every, ~every, refused) for row in rows]
        return Answer(arrow_table(rows, findings_schema()), tuple(refused), batch.num_rows)

    def _extra(
        self, batch: Any, careful: pl.Series, opened: pl.Series, refused: list[tuple[int, str]]
    ) -> Iterator[tuple[int, list[Row]]]:
        """By the place in the batch: all rows of careful records, the missing facts of open ones."""
        vocabulary = self.graph.vocabulary
        places = (careful | opened).arg_true().to_list()
        table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
        root = vocabulary.entities[vocabulary.root]
        for i, row in zip(places, table.take(places).to_pylist() if places else (), strict=True):
            number, record = int(row[ROW]), record_of(vocabulary, row)
            if careful[i]:
                try:
                    yield i, self._row_engine(number, record)
                except TooLarge as error:
                    refused.append((number, str(error)))
                continue
            key = record.facts.get(root.key or "")
            named = missing_of(self._compiled, record)
            yield (
                i,
                [
                    missing_row(number, None if key is None else str(key), vocabulary.root, each)
                    for each in named
                ],
            )

    @cached_property
    def _compiled(self) -> Compiled:
        return compile_graph(self.graph, self.program.as_of)

    @cached_property
    def _row_engine(self) -> Any:
        return row_engine(self.program)

    def _lowering(self, shape: Shape) -> Lowering:
        if shape not in self._lowered:
            if len(self._lowered) >= _SHAPES:
                self._lowered.clear()
            self._lowered[shape] = Lowering(self.graph, self.program.as_of, shape, self._names)
        return self._lowered[shape]

    def _usual(self) -> Shape:
        """A batch in which anything may be missing, and no amount is out of the common."""
        found: dict[tuple[str, str], FactShape] = {}
        for name, entity in self.graph.vocabulary.entities.items():
            for fact, declared in entity.facts.items():
                scale, digits = (0, 0) if declared.is_list else _USUAL.get(declared.scalar, (0, 0))
                found[name, fact] = FactShape(True, scale, digits)
            for _, below in self.graph.vocabulary.children(name):
                found[name, str(below.list)] = FactShape(True)
        return frozenset(found.items())
