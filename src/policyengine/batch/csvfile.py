"""CSV in: rows with their lines; a damaged row does not take others with it."""

from __future__ import annotations

import csv
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO, NamedTuple

from policyengine.batch.lines import EXCEL, Line, Unusable, lines_of_table
from policyengine.batch.mapped import Mappings
from policyengine.batch.raw import BROKEN, CELLS, UNKNOWN_COLUMN, Head, Raw, Reject
from policyengine.batch.text_columns import TextTable
from policyengine.policy.vocabulary import Vocabulary

_SEPARATORS = ",;\t|"
_SAID = re.compile(r'("?)sep=(.?)\1[\r\n]*', re.IGNORECASE)
_LINES = 100
_NONE = Mappings()
_QUOTED = re.compile(r'"[^"]*"')


class CsvRow(NamedTuple):
    """The cells of a row, the line on which it starts, and what is wrong with it."""

    line: int
    cells: list[str]
    fault: str | None


class _Feed:
    """Lines on their way to the parser; those of the row at hand can be given back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()
        self._patience = sys.maxsize
        self.used: list[Line] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if len(self.used) >= self._patience:
            raise StopIteration
        line = self._again.popleft() if self._again else next(self._lines)
        self.used.append(line)
        return line.text

    def done(self) -> None:
        """A row is whole: a later one may have as many lines more."""
        self._patience = min(self._patience + len(self.used), sys.maxsize)
        self.used.clear()

    def give_back(self) -> None:
        """All lines but the first come again: what is damaged is that one.

        Where one quote is not closed, others may be left open as well, and each would be looked for to the
        end. So a later row may have half as many lines as were looked at in vain, a hundred in any case.
        """
        self._patience = max(len(self.used) // 2, _LINES)
        self._again.extendleft(reversed(self.used[1:]))
        self.used.clear()

    def several(self, count: int) -> list[Line]:
        """The next lines, which come again."""
        while len(self._again) < count and (line := next(self._lines, None)) is not None:
            self._again.append(line)
        return list(islice(self._again, count))

    def skip(self, count: int) -> None:
        """So many of the lines that come again do not."""
        for _ in range(count):
            self._again.popleft()


class CsvRows:
    """The rows of a table, the head first.

    Its separator is the comma, semicolon, tab or bar of the head, or what a line `sep=X` before it says,
    which is how spreadsheets are told.
    """

    def __init__(self, stream: BinaryIO, file: str) -> None:
        lines = lines_of_table(stream, file)
        filled = (line for line in lines if line.text.strip())
        first = next(filled, None)
        said = _SAID.fullmatch(first.text) if first is not None else None
        if said is not None:
            first = next(filled, None)
        if first is None:
            raise Unusable(f"`{file}` is empty", "its first line holds the names of the facts")
        if "\r" in _QUOTED.sub("", first.text.rstrip("\r\n")):
            raise Unusable(f"the lines of `{file}` end with a carriage return alone", f"save it as {EXCEL}")
        self._feed = _Feed(_chain(first, lines))
        self._separator = _separator(first.text) if said is None else _told(said[2], file)
        self._reader = self._new()

    def _new(self) -> Iterator[list[str]]:
        return csv.reader(self._feed, delimiter=self._separator, strict=True)

    def next(self) -> CsvRow | None:
        """The next row, None at the end."""
        while True:
            self._feed.done()
            try:
                cells = next(self._reader)
            except StopIteration:
                return None
            except csv.Error as error:
                number = self._feed.used[0].number
                self._feed.give_back()
                self._reader = self._new()
                return CsvRow(number, [], _reason(error))
            fault = next((line.fault for line in self._feed.used if line.fault), None)
            if cells or fault:
                return CsvRow(self._feed.used[0].number, cells, fault)

    def several(self, count: int) -> list[CsvRow]:
        """The next rows, as many as about so many lines hold; none at the end."""
        lines = self._feed.several(count)
        found = _undamaged(lines, self._separator)
        if found:
            self._feed.skip(len(lines))
            return found
        rows: list[CsvRow] = []
        while len(rows) < count and (row := self.next()) is not None:
            rows.append(row)
        return rows


def csv_tables(
    stream: BinaryIO,
    file: str,
    vocabulary: Vocabulary,
    entity: str,
    ignored: Iterable[str],
    size: int,
    mappings: Mappings = _NONE,
) -> Iterator[TextTable]:
    """The rows of a CSV file, about so many at a time.

    Spreadsheets leave rows of empty cells at the end, and columns without a name or a value at the right.
    The ones are passed over like empty lines, the others not read.
    """
    rows = CsvRows(stream, file)
    first = rows.next()
    assert first is not None
    if first.fault is not None:
        raise Unusable(f"`{file}`: the head cannot be read: {first.fault}")
    shape = mappings.shape(first.cells, vocabulary, entity, tuple(ignored), file)
    head = shape.head
    while part := rows.several(size):
        filled = [row for row in part if row.fault is not None or _says_something(row.cells)]
        if head.unnamed:
            _check_unnamed(filled, head, file)
        if filled:
            faulty = ((i, _csv_fault(row, head, file)) for i, row in enumerate(filled))
            faults = {i: raw for i, raw in faulty if raw is not None}
            lines, cells = [row.line for row in filled], [row.cells for row in filled]
            table = shape.table(TextTable(file, head, lines, cells, faults))
            if table.count:
                yield table


def _says_something(cells: Sequence[str]) -> bool:
    return bool(cells[0].strip() or "".join(cells).strip())


def _check_unnamed(rows: Iterable[CsvRow], head: Head, file: str) -> None:
    """A value under no name would be read by nobody; raises `Unusable`."""
    named = len(head.columns) - head.unnamed
    for row in rows:
        if len(row.cells) == len(head.columns) and "".join(row.cells[named:]).strip():
            column = 1 + next(i for i, cell in enumerate(row.cells) if i >= named and cell.strip())
            raise Unusable(
                f"`{file}`: column {column} has no name, and line {row.line} a value in it "
                f"[{UNKNOWN_COLUMN.id}]",
                "name it in the head, or leave it out with `--ignore ''`",
            )


def _csv_fault(row: CsvRow, head: Head, file: str) -> Raw | None:
    """A row that is no good, as its fault."""
    found, wanted = len(row.cells), len(head.columns)
    code, reason, help = BROKEN.id, row.fault, None
    if reason is not None:
        help = f"save the file as {EXCEL}" if "is not UTF-8" in reason else None
    elif found != wanted:
        code, reason = CELLS.id, f"the row has {found} cells, and the head {wanted}"
        help = "put a cell that contains a separator in quotes" if found > wanted else None
    else:
        return None
    return Raw(file, row.line, {}, True, faults=[Reject(file, row.line, None, None, code, reason, help)])


def _undamaged(lines: list[Line], separator: str) -> list[CsvRow]:
    """The rows of lines, if they are whole and nothing is wrong with any of them; else none."""
    if any(line.fault for line in lines):
        return []
    reader = csv.reader([line.text for line in lines], delimiter=separator, strict=True)
    rows: list[CsvRow] = []
    start = 0
    try:
        for cells in reader:
            if cells:
                rows.append(CsvRow(lines[start].number, cells, None))
            start = reader.line_num
    except csv.Error:
        return []
    return rows


def _chain(first: Line, rest: Iterator[Line]) -> Iterator[Line]:
    yield first
    yield from rest


def _separator(head: str) -> str:
    """The one that the head has most of, outside of quotes."""
    return max(_SEPARATORS, key=_QUOTED.sub("", head).count)


def _told(separator: str, file: str) -> str:
    if not separator or separator.isalnum() or separator in "\"' ":
        message = f"`{file}`: its line `sep={separator}` names no separator"
        raise Unusable(message, "write `sep=;`, or leave the line out")
    return separator


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end" in text:
        return "a quote that opens on this line is not closed"
    if "new-line character" in text:
        return "an unquoted cell contains a carriage return"
    if "field larger" in text:
        return "a cell is too long, or a quote that opens on this line is not closed"
    return "a closing quote is followed by text, not by the next cell"
