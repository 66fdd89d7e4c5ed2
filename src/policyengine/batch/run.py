"""A run: records in, findings and rejects out, batch by batch, whatever the number of records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Protocol

from policyengine.batch.beside import Beside
from policyengine.batch.inputs import Reader
from policyengine.batch.keys import Keys, twins_of
from policyengine.batch.raw import Raw, Reject
from policyengine.batch.typed import TypedReader
from policyengine.engine.layout import Row, TooLarge
from policyengine.engine.rows import row_engine
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.load import Program
from policyengine.program.record import Record
from policyengine.program.record_codes import WRONG_VALUE

BATCH = 2_000
SHOWN = 5


class Sink(Protocol):
    """Where findings and rejects go. What it got is dropped unless it is told that the run is complete."""

    def write(self, rows: Sequence[Row]) -> None:
        """The findings of some records, those of each together."""

    def reject(self, found: Reject) -> None:
        """A mistake that keeps a record from being evaluated."""

    def complete(self) -> None:
        """All is there: let it appear."""


@dataclass(slots=True)
class Summary:
    """What a run came to: records read, of those rejected, rows of tables without a record, rows written.

    `first` are the first mistakes.
    """

    records: int = 0
    rejected: int = 0
    orphans: int = 0
    rows: int = 0
    first: list[Reject] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was rejected."""
        return not self.rejected and not self.orphans


@dataclass(frozen=True, slots=True)
class Run:
    """What a run needs. `tell` hears after each batch how many records there were so far."""

    program: Program
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
        self._rows = row_engine(run.program)
        self._summary = Summary()

    def all(self) -> Summary:
        """What it came to."""
        with closing(Beside(self._run.vocabulary)) as beside:
            for entity in self._reader.inputs.tables:
                self._lost(beside.add(entity, self._reader.table(entity)))
            for batch in batches(self._reader.records(), BATCH):
                keyed = [(self._typed.key_of(raw), raw) for raw in batch]
                if self._reader.inputs.tables:
                    beside.attach(keyed)
                self._write([row for key, raw in keyed for row in self._one(key, raw)])
            self._lost(beside.orphans())
        return self._summary

    def _write(self, rows: list[Row]) -> None:
        self._sink.write(rows)
        self._summary.rows += len(rows)
        self._run.tell(self._summary.records, self._reader)

    def _one(self, key: str | None, raw: Raw) -> list[Row]:
        self._summary.records += 1
        number = self._summary.records
        found = self._keys.check(key, raw) or self._typed.read(raw)
        if isinstance(found, Record):
            try:
                return self._rows(number, found)
            except TooLarge as error:
                found = [Reject(raw.file, raw.line, key, None, WRONG_VALUE.id, str(error))]
        self._summary.rejected += 1
        for each in found:
            self._reject(replace(each, record=number))
        return []

    def _lost(self, found: Iterable[Reject]) -> None:
        for each in found:
            self._summary.orphans += 1
            self._reject(each)

    def _reject(self, found: Reject) -> None:
        if len(self._summary.first) < SHOWN:
            self._summary.first.append(found)
        self._sink.reject(found)


def batches(records: Iterable[Raw], size: int) -> Iterator[list[Raw]]:
    """The records in lists of at most so many."""
    iterator = iter(records)
    while batch := list(islice(iterator, size)):
        yield batch
