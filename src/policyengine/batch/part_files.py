"""Findings and rejects in files that the workers of a cluster write themselves, all of them or none.

Every attempt at a partition writes files of its own into the work folder of a `Staging`, and tells in a
`Part` what it wrote. When each partition has one, the driver moves the files of these parts, and of no other
attempt, into a folder that takes the place of the target by a single rename. So it does not matter how often
a partition is tried, or at how many places at once: an attempt that does not count is left in the work
folder, which goes. Driver and workers reach the target by the same path.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pyarrow as pa

from policyengine.atomic_file import sync_folder
from policyengine.batch.engines import Kernel
from policyengine.batch.parquet_tables import ParquetWriter
from policyengine.batch.sinks import REJECTS, reject_table
from policyengine.engine.arrow import arrow_schema
from policyengine.engine.layout import Column

_PARTITION = Column("partition", "count", "the number of the partition", always=True)
_TABLES = ("findings", "rejects")
_SUCCESS = "_SUCCESS"
"""The name of the empty file by which Spark's readers know a folder that is complete."""


class Part(NamedTuple):
    """What an attempt at a partition wrote: its records, how many were rejected, the rows of both tables."""

    partition: int
    attempt: int
    records: int
    rejected: int
    findings: int
    rejects: int


def write_part(kernel: Kernel, batches: Iterable[Any], partition: int, attempt: int, work: Path) -> Part:
    """Evaluate the batches of a partition into files in the work folder."""
    records = rejected = 0
    with ExitStack() as stack:
        findings, rejects = (
            _Rows(work, name, columns, partition, attempt)
            for name, columns in zip(_TABLES, (kernel.columns, REJECTS), strict=True)
        )
        stack.callback(findings.drop)
        stack.callback(rejects.drop)
        for count, table, found in kernel.answers(batches):
            records += count
            rejected += len({each.line for each in found})
            findings.add(table)
            rejects.add(reject_table(found))
        findings.finish()
        rejects.finish()
    return Part(partition, attempt, records, rejected, findings.count, rejects.count)


class _Rows:
    """The rows of one table out of one attempt; the file is made when there is the first."""

    def __init__(
        self, work: Path, table: str, columns: Sequence[Column], partition: int, attempt: int
    ) -> None:
        self.count = 0
        self._columns = (_PARTITION, *columns)
        self._partition = pa.scalar(partition, arrow_schema(self._columns)[0].type)
        self._path = _file(work, table, partition, attempt)
        self._writer: ParquetWriter | None = None
        self._stream: Any = None

    def add(self, table: Any) -> None:
        """Write some rows, which all get the number of the partition."""
        if not table.num_rows:
            return
        if self._writer is None:
            self._stream = self._path.open("xb")
            self._writer = ParquetWriter(self._stream, self._columns, encoders=1)
        numbers = pa.repeat(self._partition, table.num_rows)
        self._writer.write(table.add_column(0, _PARTITION.name, numbers))
        self.count += table.num_rows

    def finish(self) -> None:
        """Put all of it on the disk."""
        if self._writer is not None:
            self._writer.finish()
            self._stream.flush()
            os.fsync(self._stream.fileno())

    def drop(self) -> None:
        """Let go of the file."""
        if self._writer is not None:
            self._writer.drop()
            self._stream.close()


def _file(work: Path, table: str, partition: int, attempt: int) -> Path:
    return work / table / f"part-{partition:05}-{attempt}.parquet"


class Staging:
    """A hidden folder beside the target, in which attempts write, and from which the target is made."""

    def __init__(self, target: Path, columns: Sequence[Column], overwrite: bool) -> None:
        self._target = target
        self._columns = columns
        self._overwrite = overwrite
        if target.exists() and not overwrite:
            raise FileExistsError(f"`{target}` exists; `overwrite=True` replaces it")
        self.folder = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
        self.work = self.folder / "work"
        for table in _TABLES:
            (self.work / table).mkdir(parents=True)

    def commit(self, parts: Iterable[Part]) -> None:
        """Let the target appear with the files of these parts.

        Raises `ValueError` where two of them are of one partition.
        """
        whole = self.folder / "whole"
        seen: set[int] = set()
        for table in _TABLES:
            (whole / table).mkdir(parents=True)
        for part in parts:
            if part.partition in seen:
                raise ValueError(f"two attempts at partition {part.partition} are to count")
            seen.add(part.partition)
            for table in _TABLES:
                if getattr(part, table):
                    made = _file(self.work, table, part.partition, part.attempt)
                    made.rename(whole / table / f"part-{part.partition:05}.parquet")
        for table, columns in zip(_TABLES, (self._columns, REJECTS), strict=True):
            if not any((whole / table).iterdir()):
                _write_empty(whole / table / "part-00000.parquet", (_PARTITION, *columns))
            (whole / table / _SUCCESS).touch()
            sync_folder(whole / table)
        self._replace(whole)

    def _replace(self, whole: Path) -> None:
        """Rename the folder to the target; what is there goes aside first, and comes back if that fails."""
        aside = self.folder / "replaced"
        if self._overwrite and self._target.exists():
            self._target.rename(aside)
        try:
            whole.rename(self._target)
        except OSError:
            if aside.exists():
                aside.rename(self._target)
            raise
        sync_folder(self._target.parent)


@contextmanager
def staging(target: Path, columns: Sequence[Column], overwrite: bool = False) -> Iterator[Staging]:
    """A staging folder for a target whose findings have these columns; in the end nothing is left of it but
    what was committed.
    """
    made = Staging(target, columns, overwrite)
    try:
        yield made
    finally:
        shutil.rmtree(made.folder, ignore_errors=True)


def _write_empty(path: Path, columns: Sequence[Column]) -> None:
    with path.open("xb") as stream:
        ParquetWriter(stream, columns, encoders=1).finish()
