"""A run: records in, findings and rejects out, batch by batch, whatever the number of records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import field, replace
from functools import partial
from typing import Any, Protocol

from policyengine.batch.child_tables import ROWS, ChildTables
from policyengine.batch.column_mistakes import Mistakes
from policyengine.batch.engines import Engine
from policyengine.batch.inputs import Reader
from policyengine.batch.keys import Keys, twins_of
from policyengine.batch.raw import ORPHAN, Numbered, Raw, Reject
from policyengine.batch.typed import TypedReader
from policyengine.batch.typed_columns import Chunk, ColumnReader, TypedChunk
from policyengine.dataclass import dataclass
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.program.record_codes import WRONG_VALUE

Named = Sequence[tuple[int, str | None]]
Place = Callable[[int], tuple[str, int]]


class Sink(Protocol):
    """Where findings and rejects go. What it got is dropped unless it is told that the run is complete."""

    def write(self, table: Any, records: Named) -> None:
        """The findings of some records, those of each together; and the numbers and keys of all of them."""

    def reject(self, found: Reject) -> None:
        """A mistake that keeps a record from being evaluated."""

    def complete(self) -> None:
        """All is there: let it appear, but for tables without a record."""


@dataclass(slots=True)
class Summary:
    """What a run came to: records read, of those rejected, rows of tables without a record, rows written.

    `by_rows` are the records that the row engine answered.
    """

    records: int = 0
    rejected: int = 0
    orphans: int = 0
    rows: int = 0
    by_rows: int = 0
    mistakes: Mistakes = field(default_factory=Mistakes)

    @property
    def clean(self) -> bool:
        """Whether nothing was rejected."""
        return not self.rejected and not self.orphans


@dataclass(frozen=True, slots=True)
class Run:
    """What a run needs. `tell` hears after each batch how many records there were so far."""

    program: Program
    engine: Engine
    read: Callable[[], Reader]
    sink: Callable[[], AbstractContextManager[Sink]]
    tell: Callable[[int, Reader], None]

    @property
    def vocabulary(self) -> Vocabulary:
        """What the program speaks of."""
        assert self.program.graph is not None
        return self.program.graph.vocabulary


def evaluate_all(run: Run) -> Summary:
    """Evaluate every record that is good; the others, and rows of tables that belong to none, are rejects.

    Where two records turn out to have the same key, all is done once more without both.
    """
    keys = Keys()
    with run.sink() as sink:
        summary = _Pass(run, sink, keys).all()
        suspects = keys.suspects()
        if not suspects:
            if summary.records or summary.orphans:
                sink.complete()
            return summary
    typed = TypedReader(run.vocabulary)
    twins = twins_of(((typed.key_of(raw), raw) for raw in run.read().records()), suspects)
    with run.sink() as sink:
        summary = _Pass(run, sink, Keys(twins)).all()
        sink.complete()
        return summary


class _Pass:
    """One pass over all records."""

    def __init__(self, run: Run, sink: Sink, keys: Keys) -> None:
        self._run = run
        self._sink = sink
        self._keys = keys
        self._reader = run.read()
        self._typed = TypedReader(run.vocabulary)
        self._columns = ColumnReader(run.vocabulary)
        self._engine = run.engine
        self._summary = Summary()
        self._refused: list[tuple[int, Iterable[Reject]]] = []

    def all(self) -> Summary:
        """What it came to."""
        reader, entities = self._reader, self._reader.child_tables
        if not entities:
            for chunk in reader.chunks(self._engine.size):
                self._chunk(chunk, None)
            return self._summary
        with closing(ChildTables(self._run.vocabulary, entities)) as tables:
            for entity in entities:
                self._lost(tables.add(entity, reader.table(entity, ROWS)))
            for chunk in reader.chunks(self._engine.size):
                self._chunk(chunk, tables)
            self._lost(tables.orphans())
        return self._summary

    def _chunk(self, chunk: Chunk | list[Raw], tables: ChildTables | None) -> None:
        """Answer records: those of a table as columns, if they are enough, the others one by one."""
        if not isinstance(chunk, list) and not self._engine.takes_columns(chunk.count):
            chunk = [raw for _, raw in chunk.raws(range(chunk.count))]
        if isinstance(chunk, list):
            keyed = [(self._typed.key_of(raw), raw) for raw in chunk]
            if tables is not None:
                tables.attach(keyed)
            self._write(self._read(keyed))
            return
        if tables is not None:
            chunk = tables.chunk(chunk)
        before = self._summary.records
        typed = self._columns.read(chunk, before, self._keys.twins)
        odd = [(before + at + 1, raw) for at, raw in chunk.raws(typed.odd)]
        good = self._read([(self._typed.key_of(raw), raw) for _, raw in odd], [number for number, _ in odd])
        self._summary.records = before + chunk.count
        self._keys.note(typed.keys)
        self._write(good, typed, partial(_place, chunk, before))

    def _read(
        self, keyed: Sequence[tuple[str | None, Raw]], numbers: Sequence[int] | None = None
    ) -> list[Numbered]:
        """The records that are good, with their numbers; the others are rejected."""
        good: list[Numbered] = []
        for i, (key, raw) in enumerate(keyed):
            self._summary.records += 1
            number = self._summary.records if numbers is None else numbers[i]
            found = self._keys.check(key, raw) or self._typed.read(raw)
            if isinstance(found, Record):
                good.append(Numbered(number, found, raw, key))
            else:
                self._refused.append((number, found))
        return good

    def _write(
        self, good: list[Numbered], typed: TypedChunk | None = None, place: Place | None = None
    ) -> None:
        """Answer good records, and those of a chunk; `place` knows the file and line of one in it."""
        named: Named = typed.named if typed is not None else ()
        answered = self._engine.answer(good, typed.batch if typed is not None else None)
        records = sorted([*named, *((each.number, each.key) for each in good)]) if good else named
        if answered.refused:
            keys = dict(records)
            places = {each.number: (each.raw.file, each.raw.line) for each in good}
            for number, reason in answered.refused:
                file, line = places[number] if place is None or number in places else place(number)
                found = Reject(file, line, keys.get(number), None, WRONG_VALUE.id, reason)
                self._refused.append((number, [found]))
            gone = {number for number, _ in answered.refused}
            records = [each for each in records if each[0] not in gone]
        self._sink.write(answered.rows, records)
        self._summary.rows += answered.rows.num_rows
        self._summary.by_rows += answered.by_rows
        self._refuse()
        self._run.tell(self._summary.records, self._reader)

    def _refuse(self) -> None:
        """Hand on what was rejected in a batch, in the order of the records, whatever found it."""
        for number, found in sorted(self._refused, key=lambda each: each[0]):
            self._summary.rejected += 1
            for each in found:
                self._reject(replace(each, record=number))
        self._refused = []

    def _lost(self, found: Iterable[Reject]) -> None:
        if self._reader.only is not None:  # the rows of all other records
            found = [each for each in found if each.code != ORPHAN.id]
        for each in found:
            self._summary.orphans += 1
            self._reject(each)

    def _reject(self, found: Reject) -> None:
        found = self._reader.placed(found)
        self._summary.mistakes.add(found)
        self._sink.reject(found)


def _place(chunk: Chunk, before: int, number: int) -> tuple[str, int]:
    """The file and line of a record of a chunk by its number."""
    return chunk.place(number - before - 1)
