"""Tables out, as CSV, NDJSON or Parquet: the same rows give the same bytes."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, BinaryIO, Literal, Protocol

from policyengine.engine.layout import Column, ColumnKind, Row, number_text

Form = Literal["csv", "ndjson", "parquet"]
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?%?")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


class Writer(Protocol):
    """Takes rows, and says when there are no more."""

    def write(self, rows: Sequence[Row]) -> None:
        """Some rows, in their order."""

    def finish(self) -> None:
        """The last of it; the stream stays open."""

    def drop(self) -> None:
        """Nothing more will come, and what came is not wanted."""


def writer_of(form: Form, stream: BinaryIO, columns: Sequence[Column], digits: int) -> Writer:
    """What writes a table of these columns; amounts have at least so many digits after the point."""
    if form == "parquet":
        from policyengine.batch.parquet_out import ParquetWriter

        return ParquetWriter(stream, columns)
    return CsvWriter(stream, columns, digits) if form == "csv" else NdjsonWriter(stream, columns, digits)


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe comes before what looks like one."""
    if text.startswith(_DANGEROUS) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _text(value: Any) -> str:
    return harmless(value)


def _texts(value: Any) -> str:
    return harmless("; ".join(value))


def _number(digits: int) -> Callable[[Any], str]:
    return lambda value: number_text(value, digits)


def _shared(column: Column, digits: int) -> int:
    """How many digits an exact number shows at least: a rate 0.20, an amount those of its currency."""
    return 2 if column.name.endswith("rate") else digits


class CsvWriter:
    """Comma-separated, a head, lines that end with a line feed; what is not there is empty."""

    def __init__(self, stream: BinaryIO, columns: Sequence[Column], digits: int) -> None:
        self._stream = io.TextIOWrapper(stream, "utf-8", errors="backslashreplace", newline="")
        self._csv = csv.writer(self._stream, lineterminator="\n")
        self._done = False
        self._csv.writerow([column.name for column in columns])
        shows: dict[ColumnKind, Callable[[Column], Callable[[Any], str]]] = {
            "text": lambda _: _text,
            "texts": lambda _: _texts,
            "count": lambda _: str,
            "exact": lambda column: _number(_shared(column, digits)),
            "date": lambda _: date.isoformat,
        }
        self._shows = tuple(shows[column.kind](column) for column in columns)
        self._columns = columns
        self._digits = [_shared(column, digits) for column in columns]

    def write(self, rows: Sequence[Row]) -> None:
        """Some rows."""
        shows = self._shows
        self._csv.writerows(
            ["" if value is None else show(value) for show, value in zip(shows, row, strict=True)]
            for row in rows
        )

    @cached_property
    def _lines(self) -> Any:
        from policyengine.batch.text_out import csv_lines

        return csv_lines(self._shows, self._digits)

    def write_table(self, table: Any) -> None:
        """The same of an Arrow table."""
        from policyengine.batch.text_out import lines_of

        self._stream.flush()
        for part in lines_of(table, self._lines):
            self._stream.buffer.write(part)

    def finish(self) -> None:
        """Hand the rest to the stream."""
        self._stream.flush()
        self.drop()

    def drop(self) -> None:
        """Let go of the stream."""
        if not self._done:
            self._done = True
            self._stream.detach()


class NdjsonWriter:
    """One JSON object a line; every key is there, exact numbers are texts, dates ISO 8601."""

    def __init__(self, stream: BinaryIO, columns: Sequence[Column], digits: int) -> None:
        self._stream = stream
        self._columns = columns
        self._names = [column.name for column in columns]
        self._digits = [_shared(column, digits) for column in columns]

    def write(self, rows: Sequence[Row]) -> None:
        """Some rows."""
        lines = [
            _encode(
                {
                    name: _plain(value, digits)
                    for name, value, digits in zip(self._names, row, self._digits, strict=True)
                }
            )
            for row in rows
        ]
        if lines:
            self._stream.write(("\n".join(lines) + "\n").encode(errors="backslashreplace"))

    @cached_property
    def _lines(self) -> Any:
        from policyengine.batch.text_out import json_lines

        words = [_json(digits) for digits in self._digits]
        return json_lines(self._columns, words, self._digits)

    def write_table(self, table: Any) -> None:
        """The same of an Arrow table."""
        from policyengine.batch.text_out import lines_of

        for part in lines_of(table, self._lines):
            self._stream.write(part)

    def finish(self) -> None:
        """Nothing is left to write."""

    def drop(self) -> None:
        """Nothing is held."""


_encode = json.JSONEncoder(ensure_ascii=False, separators=(", ", ": ")).encode


def _json(digits: int) -> Callable[[object], str]:
    return lambda value: _encode(_plain(value, digits))


def _plain(value: object, digits: int) -> object:
    if isinstance(value, Decimal):
        return number_text(value, digits)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def text_columns(names: Iterable[str], counts: Iterable[str] = ()) -> tuple[Column, ...]:
    """Columns of texts, some of them of counts, such as those of rejects."""
    counting = frozenset(counts)
    return tuple(Column(name, "count" if name in counting else "text", "") for name in names)
