"""The two engines, as a run sees them: good records in, rows of the findings table out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

from policyengine.batch.raw import Numbered
from policyengine.dataclass import dataclass
from policyengine.engine.arrow import arrow_table, findings_schema
from policyengine.engine.finding_rows import row_engine
from policyengine.engine.layout import Row, TooLarge
from policyengine.program.linked import Program


@dataclass(frozen=True, slots=True)
class Answered:
    """Rows of the findings table in Arrow; records whose amounts no table holds, with the reason.

    `by_rows` counts the records that the row engine answered.
    """

    rows: Any
    refused: Sequence[tuple[int, str]] = ()
    by_rows: int = 0


class Engine(Protocol):
    """Answers batches of `size` records."""

    size: int

    def takes_columns(self, count: int) -> bool:
        """Whether so many records are better answered as columns."""

    def answer(self, good: Sequence[Numbered], batch: Any = None) -> Answered:
        """The findings about some records, in the order of their numbers."""


class Rows:
    """The row engine: one record after the other."""

    size = 1_000

    def __init__(self, program: Program) -> None:
        self._rows_of = row_engine(program)

    def takes_columns(self, count: int) -> bool:
        """Never."""
        return False

    def answer(self, good: Sequence[Numbered], batch: Any = None) -> Answered:
        """The findings about some records."""
        rows: list[Row] = []
        refused: list[tuple[int, str]] = []
        for each in good:
            try:
                rows += self._rows_of(each.number, each.record)
            except TooLarge as error:
                refused.append((each.number, str(error)))
        return Answered(arrow_table(rows, findings_schema()), refused, len(good))


FEW = 500
"""So many records are answered by the row engine sooner than a program is put into columns."""


class Columns:
    """The column engine, and the row engine for what it cannot hold, and for the first `few` records."""

    size = 10_000

    def __init__(self, program: Program, few: int = 0) -> None:
        self._program = program
        self._few = few

    @cached_property
    def plan(self) -> Any:
        """The program in columns."""
        from policyengine.engine.columns import plan

        return plan(self._program)

    def takes_columns(self, count: int) -> bool:
        """Whether there are enough of them."""
        return count > self._few

    @cached_property
    def _rows(self) -> Rows:
        return Rows(self._program)

    def answer(self, good: Sequence[Numbered], batch: Any = None) -> Answered:
        """The findings about some records, and those of a batch that is typed already."""
        if batch is None and len(good) <= self._few:
            self._few -= len(good)
            return self._rows.answer(good)
        self._few = 0
        from policyengine.batch.record_batches import in_order, record_batch

        parts: list[Any] = []
        refused: list[tuple[int, str]] = []
        by_rows = 0
        batches = [batch] if batch is not None and batch.num_rows else []
        assert self._program.graph is not None
        # A few odd ones are no other batch: it might have to be put into columns in a way of its own.
        few = batches and len(good) <= FEW
        more, beyond = (None, good) if few else record_batch(good, self._program.graph.vocabulary)
        for each in [*batches, *([more] if more is not None else [])]:
            answer = self.plan.answer(each)
            parts.append(answer.table)
            refused += answer.refused
            by_rows += answer.by_rows
        if beyond:
            answered = self._rows.answer(beyond)
            parts.append(answered.rows)
            refused += answered.refused
            by_rows += answered.by_rows
        return Answered(in_order(parts), refused, by_rows)
