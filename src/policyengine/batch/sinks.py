"""Where the tables of a run go: files that appear whole or not at all, or a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any, BinaryIO, Literal, Protocol

from policyengine.atomic_file import AtomicFile, passes_on
from policyengine.batch.parquet_tables import ParquetWriter
from policyengine.batch.raw import REJECT_COLUMNS, Reject
from policyengine.batch.text_tables import TextWriter, csv_lines, json_lines
from policyengine.dataclass import dataclass
from policyengine.engine.arrow import arrow_schema, arrow_table
from policyengine.engine.layout import Column

Form = Literal["csv", "ndjson", "parquet", "xlsx"]
REJECTS = tuple(Column(name, "count" if name == "line" else "text", "") for name in REJECT_COLUMNS)
_HELD = 1_000
Named = Sequence[tuple[int, str | None]]
Shape = Callable[[Any, Named], Any]


class Writer(Protocol):
    """Takes tables, and says when there are no more."""

    def write(self, table: Any) -> None:
        """Some rows, in their order."""

    def finish(self) -> None:
        """The last of it; the stream stays open."""

    def drop(self) -> None:
        """Nothing more will come, and what came is not wanted."""


@dataclass(frozen=True, slots=True)
class Target:
    """A file, or a stream that gets all of it in the end, and in which form."""

    form: Form
    path: Path | None = None
    stream: BinaryIO | None = None

    @property
    def passes_on(self) -> bool:
        """Whether the path is a device or a pipe, which hands on what it gets and is never replaced."""
        return self.path is not None and passes_on(self.path)


@dataclass(frozen=True, slots=True)
class Targets:
    """The outputs of a run and its rejects. `shape` makes the findings of some records into the rows of the
    layout; without it they are those.

    With `rejects_if_any` the file of rejects appears only where there are some, or where one is there.
    """

    tables: tuple[Target, ...]
    columns: Sequence[Column]
    digits: int
    shape: Shape | None = None
    rejects: Target | None = None
    rejects_if_any: bool = False

    @contextmanager
    def open(self) -> Iterator[Tables]:
        """Everything opened; what is not completed leaves nothing behind."""
        with ExitStack() as stack:
            files: list[AtomicFile] = []
            streams: list[tuple[BinaryIO, Target]] = []

            def writer(target: Target, columns: Sequence[Column]) -> Writer:
                if target.path is not None and not target.passes_on:
                    file = stack.enter_context(AtomicFile(target.path))
                    files.append(file)
                    stream = file.stream
                else:
                    stream = stack.enter_context(TemporaryFile())
                    streams.append((stream, target))
                made = writer_of(target.form, stream, columns, self.digits)
                stack.callback(made.drop)
                return made

            def rejects() -> Writer:
                assert self.rejects is not None
                return writer(self.rejects, REJECTS)

            tables = [writer(target, self.columns) for target in self.tables]
            own = len(files), len(streams)
            there = self.rejects is not None and self.rejects.path is not None and self.rejects.path.exists()
            now = self.rejects is not None and (there or not self.rejects_if_any)
            late = rejects if self.rejects is not None else None
            yield Tables(tables, own, rejects() if now else None, late, files, streams, self.shape)


class Tables:
    """The writers of a run."""

    def __init__(
        self, tables: Sequence[Writer], own: tuple[int, int],
        rejects: Writer | None, late: Callable[[], Writer] | None,
        files: Sequence[AtomicFile], streams: Sequence[tuple[BinaryIO, Target]], shape: Shape | None,
    ) -> None:  # fmt: skip
        self._tables = tables
        self._own = own  # so many files and streams are theirs, and stand first
        self._rejects = rejects
        self._late = late
        self._files = files
        self._streams = streams
        self._shape = shape
        self._held: list[Reject] = []
        self._is_empty = True

    def write(self, table: Any, records: Named) -> None:
        """The findings of some records as an Arrow table."""
        self._is_empty = self._is_empty and not records
        shaped = table if self._shape is None else self._shape(table, records)
        for writer in self._tables:
            writer.write(shaped)

    def reject(self, found: Reject) -> None:
        """A mistake."""
        if self._late is None:
            return
        self._held.append(found)
        if len(self._held) >= _HELD:
            self._hand_on()

    def _hand_on(self) -> None:
        if self._held and self._rejects is None and self._late is not None:
            self._rejects = self._late()
        if self._rejects is not None and self._held:
            self._rejects.write(reject_table(self._held))
        self._held = []

    def complete(self) -> None:
        """Finish all, then let all appear, the rejects first: findings alone would look like all there is.

        Where every record is left out, the rejects appear alone, and the tables that are there stay.
        """
        self._hand_on()
        tables, (first, streamed) = ((), self._own) if self._is_empty else (self._tables, (0, 0))
        for writer in (*tables, *([self._rejects] if self._rejects else ())):
            writer.finish()
        for each in reversed(self._files[first:]):
            each.commit()
        for held, target in self._streams[streamed:]:
            held.seek(0)
            with nullcontext(target.stream) if target.path is None else target.path.open("wb") as stream:
                assert stream is not None
                copyfileobj(held, stream)
                stream.flush()


def reject_table(found: Sequence[Reject]) -> Any:
    """Rejects as an Arrow table."""
    rows = [tuple(getattr(each, name) for name in REJECT_COLUMNS) for each in found]
    return arrow_table(rows, arrow_schema(REJECTS))


def writer_of(form: Form, stream: BinaryIO, columns: Sequence[Column], digits: int) -> Writer:
    """What writes a table of these columns; amounts have at least so many digits after the point."""
    if form == "parquet":
        return ParquetWriter(stream, columns)
    if form == "xlsx":
        from policyengine.batch.workbook_tables import WorkbookWriter

        return WorkbookWriter(stream, columns)
    return TextWriter(stream, (csv_lines if form == "csv" else json_lines)(columns, digits))
