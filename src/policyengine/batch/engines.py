"""The two engines, as a run sees them: good records in, rows of the findings table out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol

import pyarrow as pa
from pyarrow import compute as pc

from policyengine.batch.lines import Unusable
from policyengine.batch.parquet_tables import ArrowChunk, arrow_head
from policyengine.batch.raw import REJECT_COLUMNS, SAME_RECORD, Numbered, Raw, Reject
from policyengine.batch.typed import TypedReader
from policyengine.batch.typed_columns import ColumnReader
from policyengine.dataclass import dataclass
from policyengine.engine.arrow import arrow_schema, arrow_table, findings_schema
from policyengine.engine.finding_rows import row_engine
from policyengine.engine.layout import DIGITS, Column, Row, TooLarge, columns_of
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.program.record_codes import WRONG_VALUE


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
        assert program.graph is not None
        self._rows_of = row_engine(program)
        self.schema = findings_schema(program.graph.vocabulary)

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
        return Answered(arrow_table(rows, self.schema), refused, len(good))


Take = Callable[[Sequence[Record]], None]
Begin = Callable[[], AbstractContextManager[Take]]


class EachRecord:
    """Hands every good record on and writes no rows, for lists over a base; it is its own sink.

    `begin` is called for each pass over the records, and gives what takes some of them.
    """

    size = 1_000

    def __init__(self, program: Program, begin: Begin) -> None:
        assert program.graph is not None
        self._nothing = findings_schema(program.graph.vocabulary).empty_table()
        self._begin = begin
        self._take: Take = lambda records: None

    def takes_columns(self, count: int) -> bool:
        """Never."""
        return False

    def answer(self, good: Sequence[Numbered], batch: Any = None) -> Answered:
        """No rows; the records are handed on."""
        self._take([each.record for each in good])
        return Answered(self._nothing, (), len(good))

    @contextmanager
    def sink(self) -> Iterator[EachRecord]:
        """Begins another pass."""
        with self._begin() as self._take:
            yield self

    def write(self, table: Any, records: object) -> None:
        """Nothing: there are no rows."""

    def reject(self, found: Reject) -> None:
        """Nothing: the run counts and keeps the mistakes."""

    def complete(self) -> None:
        """Nothing: what was handed on is there."""


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
        return Answered(in_order(parts, self._rows.schema), refused, by_rows)


# Arrow batches of records in, Arrow batches of findings and rejects out: what runs on every worker.

REJECTS = REJECT_COLUMNS
TWIN = "__twin"
"""The column that is true where several records of the whole have the key of this one."""
_SPARK = {
    "text": "string",
    "texts": "array<string>",
    "count": "bigint",
    "date": "date",
    "exact": f"decimal(38,{DIGITS})",
}


def findings_fields(columns: Sequence[Column]) -> list[tuple[str, str]]:
    """The columns of a findings table with their types in SQL."""
    return [(column.name, "int" if column.name == "position" else _SPARK[column.kind]) for column in columns]


def rejects_fields() -> list[tuple[str, str]]:
    """The columns of rejects, each after two underscores, with their types in SQL."""
    return [(f"__{name}", "bigint" if name == "line" else "string") for name in REJECTS]


class Kernel:
    """A program, ready for batches of any number; `columns` are those of its findings table."""

    def __init__(self, program: Program) -> None:
        assert program.graph is not None
        self._vocabulary = program.graph.vocabulary
        self._typed = TypedReader(self._vocabulary)
        self._columns = ColumnReader(self._vocabulary)
        self._engine = Columns(program)
        self.columns = columns_of(self._vocabulary)
        self._findings = arrow_schema(self.columns)

    def check(self, schema: Any) -> str | None:
        """The name of the column of keys, if any; raises `ValueError` for a column that is not a fact."""
        try:
            head = arrow_head(schema, "the data frame", self._vocabulary, self._vocabulary.root, ())
        except Unusable as error:
            raise ValueError(f"{error.message}; {error.help}") from None
        key = self._vocabulary.entities[self._vocabulary.root].key
        return schema.names[head.columns.index(key)] if key in head.columns and key is not None else None

    def run(self, batches: Iterable[Any], partition: int) -> Iterator[Any]:
        """The findings and rejects of the batches of one partition, in their order, as batches of both."""
        for _, findings, rejects in self.answers(batches):
            if findings.num_rows:
                yield from self._both(findings, partition, None).to_batches()
            if rejects:
                nothing = arrow_table([(None,) * len(self.columns)] * len(rejects), self._findings)
                yield from self._both(nothing, partition, rejects).to_batches()

    def answers(self, batches: Iterable[Any]) -> Iterator[tuple[int, Any, list[Reject]]]:
        """Of lots of the records of one partition how many there are, the findings table and the rejects."""
        before = 0
        for batch in batches:
            for start in range(0, batch.num_rows, self._engine.size):
                part = batch.slice(start, self._engine.size)
                yield (part.num_rows, *self._answer(part, before))
                before += part.num_rows

    def _answer(self, batch: Any, before: int) -> tuple[Any, list[Reject]]:
        vocabulary = self._vocabulary
        marked, batch = _unmarked(batch)
        head = arrow_head(batch.schema, "spark", vocabulary, vocabulary.root, ())
        chunk = ArrowChunk(batch, head, "spark", before)
        twins = {self._typed.key_of(raw) for _, raw in chunk.raws(marked)} - {None}
        typed = self._columns.read(chunk, before, twins)
        good: list[Numbered] = []
        rejects: list[Reject] = []
        for at, raw in chunk.raws(typed.odd):
            key = self._typed.key_of(raw)
            found = [_twin(raw, key)] if key in twins else self._typed.read(raw)
            if isinstance(found, Record):
                good.append(Numbered(before + at + 1, found, raw, self._typed.key_of(raw)))
            else:
                rejects += found
        answered = self._engine.answer(good, typed.batch)
        keys = dict(typed.named) | {each.number: each.key for each in good}
        rejects += [
            Reject("spark", number, keys.get(number), None, WRONG_VALUE.id, reason)
            for number, reason in answered.refused
        ]
        return answered.rows, [replace(each, file="spark") for each in rejects]

    def _both(self, findings: Any, partition: int, rejects: Sequence[Reject] | None) -> Any:
        """Findings or rejects, with the columns of both."""
        count = findings.num_rows
        columns = [pa.array([partition] * count, pa.int32()), *map(_spelled, findings.columns)]
        columns.append(pa.nulls(count, pa.int32()) if rejects is None else pa.array([1] * count, pa.int32()))
        for name in REJECTS:
            kind = pa.int64() if name == "line" else pa.string()
            columns.append(
                pa.nulls(count, kind)
                if rejects is None
                else pa.array([getattr(each, name) for each in rejects], kind)
            )
        names = ["partition", *self._findings.names, "__reject", *(f"__{name}" for name in REJECTS)]
        return pa.Table.from_arrays(columns, names=names)


def _unmarked(batch: Any) -> tuple[list[int], Any]:
    """The places that are marked as twins, and the batch without the marks."""
    if TWIN not in batch.schema.names:
        return [], batch
    marked = pc.indices_nonzero(pc.fill_null(batch.column(TWIN), False)).to_pylist()
    return marked, batch.drop_columns([TWIN])


def _twin(raw: Raw, key: str | None) -> Reject:
    """Rows have no place in the whole of a data frame, so the other record is not named by one."""
    reason = f"`{key}` is also the key of another record"
    return Reject(raw.file, raw.line, key, None, SAME_RECORD.id, reason, "keep the one that is right")


def _spelled(column: Any) -> Any:
    """Texts as they are: Spark takes no numbers for them."""
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
