"""Where the tables of a run go: files that appear whole or not at all, or a stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from policyengine.atomic_file import AtomicFile, passes_on
from policyengine.batch.raw import REJECT_COLUMNS, Reject
from policyengine.batch.writers import Form, Writer, text_columns, writer_of
from policyengine.dataclass import dataclass
from policyengine.engine.layout import Column, Row, TooLarge

_REJECTS = text_columns(REJECT_COLUMNS, ("line",))
_HELD = 1_000
Named = Sequence[tuple[int, str | None]]
Shape = Callable[[Sequence[Row], Named], Sequence[Row]]
ShapeTable = Callable[[Any, Named], Any]


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
    """The outputs of a run and its rejects. `shape` makes rows of the findings into those of the layout, and
    `shape_table` an Arrow table; without it they are those.

    With `rejects_if_any` the file of rejects appears only where there are some, or where one is there.
    """

    tables: tuple[Target, ...]
    columns: Sequence[Column]
    digits: int
    shape: Shape
    shape_table: ShapeTable | None = None
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
                return writer(self.rejects, _REJECTS)

            tables = [writer(target, self.columns) for target in self.tables]
            there = self.rejects is not None and self.rejects.path is not None and self.rejects.path.exists()
            now = self.rejects is not None and (there or not self.rejects_if_any)
            late = rejects if self.rejects is not None else None
            yield Tables(
                tables, rejects() if now else None, late, files, streams, self.shape, self.shape_table
            )


class Tables:
    """The writers of a run."""

    def __init__(
        self, tables: Sequence[Writer], rejects: Writer | None, late: Callable[[], Writer] | None,
        files: Sequence[AtomicFile], streams: Sequence[tuple[BinaryIO, Target]], shape: Shape,
        shape_table: ShapeTable | None,
    ) -> None:  # fmt: skip
        self._tables = tables
        self._rejects = rejects
        self._late = late
        self._files = files
        self._streams = streams
        self._shape = shape
        self._shape_table = shape_table
        self._held: list[Row] = []

    def write(self, rows: Sequence[Row], records: Named) -> None:
        """The findings of some records."""
        shaped = self._shape(rows, records)
        for table in self._tables:
            table.write(shaped)

    def write_table(self, table: Any, records: Named) -> None:
        """The findings of some records as an Arrow table."""
        try:
            shaped = table if self._shape_table is None else self._shape_table(table, records)
        except TooLarge:  # text has room for more than a column of a table
            self.write(table_rows(table), records)
            return
        rows: Sequence[Row] | None = None
        for writer in self._tables:
            if hasattr(writer, "write_table"):
                writer.write_table(shaped)
                continue
            if rows is None:
                rows = table_rows(shaped)
            writer.write(rows)

    def reject(self, found: Reject) -> None:
        """A mistake."""
        if self._late is None:
            return
        self._held.append(
            (found.file, found.line, found.key, found.fact, found.code, found.reason, found.help)
        )
        if len(self._held) >= _HELD:
            self._hand_on()

    def _hand_on(self) -> None:
        if self._held and self._rejects is None and self._late is not None:
            self._rejects = self._late()
        if self._rejects is not None:
            self._rejects.write(self._held)
        self._held = []

    def complete(self) -> None:
        """Finish all, then let all appear, the rejects first: findings alone would look like all there is."""
        self._hand_on()
        for writer in (*self._tables, *([self._rejects] if self._rejects else ())):
            writer.finish()
        for file in reversed(self._files):
            file.commit()
        for held, target in self._streams:
            held.seek(0)
            with nullcontext(target.stream) if target.path is None else target.path.open("wb") as stream:
                assert stream is not None
                copyfileobj(held, stream)
                stream.flush()


def table_rows(table: Any) -> list[Row]:
    """The rows of an Arrow table."""
    return list(zip(*map(_values, table.columns), strict=True))


def _values(column: Any) -> list[object]:
    """The values of a column: lists as tuples, words looked up by their numbers."""
    parts = [getattr(chunk, "dictionary", None) for chunk in column.chunks]
    if column.num_chunks and all(words is not None for words in parts):
        found: list[object] = []
        for chunk in column.chunks:
            texts = chunk.dictionary.to_pylist()
            found += [None if i is None else texts[i] for i in chunk.indices.to_pylist()]
        return found
    return [tuple(each) if isinstance(each, list) else each for each in column.to_pylist()]
