"""CSV and NDJSON files as raw records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO

from policyengine.batch.csvfile import CsvRow, CsvRows
from policyengine.batch.head import Head, read_head
from policyengine.batch.lines import EXCEL, Line, Unusable, lines_of
from policyengine.batch.raw import BROKEN, CELLS, UNKNOWN_COLUMN, Raw, Reject
from policyengine.batch.typed import syntax
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.record_codes import NOT_A_RECORD

Owned = tuple[tuple[str, ...], Raw]
BLANKS = " \t\r\n"
"""What stands around a JSON value."""


_ROWS = 1_000


def csv_records(
    stream: BinaryIO, file: str, vocabulary: Vocabulary, entity: str, ignored: Iterable[str]
) -> Iterator[Owned]:
    """The rows of a CSV file, each with the keys of what it belongs to (none for the record itself)."""
    for head, rows in csv_parts(stream, file, vocabulary, entity, ignored, _ROWS):
        for row in rows:
            yield tuple(row.cells[i] for i in head.owners if i < len(row.cells)), csv_record(row, head, file)


def csv_parts(
    stream: BinaryIO, file: str, vocabulary: Vocabulary, entity: str, ignored: Iterable[str], size: int
) -> Iterator[tuple[Head, list[CsvRow]]]:
    """The head of a CSV file with its rows, about so many at a time.

    Spreadsheets leave rows of empty cells at the end, and columns without a name or a value at the right.
    The ones are passed over like empty lines, the others not read.
    """
    rows = CsvRows(stream, file)
    first = rows.next()
    assert first is not None
    if first.fault is not None:
        raise Unusable(f"`{file}`: the head cannot be read: {first.fault}")
    head = read_head(first.cells, file, vocabulary, entity, ignored, may_trail=True)
    while part := rows.several(size):
        filled = [row for row in part if row.fault is not None or _says_something(row.cells)]
        if head.unnamed:
            _check_unnamed(filled, head, file)
        if filled:
            yield head, filled


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


def csv_record(row: CsvRow, head: Head, file: str) -> Raw:
    """A row of a CSV file as a record."""
    raw = csv_fault(row, head, file)
    if raw is None:
        pairs = zip(head.columns, row.cells, strict=True)
        raw = Raw(file, row.line, {name: cell for name, cell in pairs if name is not None}, True)
    return raw


def csv_fault(row: CsvRow, head: Head, file: str) -> Raw | None:
    """A row that is no good, as its fault."""
    if row.fault is not None:
        help = f"save the file as {EXCEL}" if "is not UTF-8" in row.fault else None
        return _faulty(file, row.line, BROKEN.id, row.fault, help)
    found, wanted = len(row.cells), len(head.columns)
    if found != wanted:
        help = "put a cell that contains a separator in quotes" if found > wanted else None
        return _faulty(file, row.line, CELLS.id, f"the row has {found} cells, and the head {wanted}", help)
    return None


def _faulty(file: str, line: int, code: str, reason: str, help: str | None) -> Raw:
    return Raw(file, line, {}, True, faults=[Reject(file, line, None, None, code, reason, help)])


def ndjson_records(stream: BinaryIO, file: str, ignored: Iterable[str]) -> Iterator[Raw]:
    """The records of an NDJSON file: one JSON object a line; numbers stay exact."""
    skipped = frozenset(ignored)
    for line in lines_of(stream, file):
        raw = ndjson_record(line, file, skipped)
        if raw is not None:
            yield raw


def ndjson_record(line: Line, file: str, skipped: frozenset[str]) -> Raw | None:
    """The record of a line, without the keys that are skipped; None for a line with nothing in it."""
    text = line.text.strip(BLANKS)
    if line.fault is not None:
        return _faulty(file, line.number, BROKEN.id, line.fault, None)
    if not text:
        return None
    try:
        data = _decode(text)
    except (ValueError, RecursionError, ArithmeticError):
        data = _again(text)
        if data is None:
            return _broken(file, line.number, text)
    if data.__class__ is not dict:
        reason = "a record is a mapping of facts to values"
        return _faulty(file, line.number, NOT_A_RECORD.id, reason, None)
    if skipped:
        data = {name: value for name, value in data.items() if name not in skipped}
    return Raw(file, line.number, data)


def _decoder(**hooks: Any) -> json.JSONDecoder:
    return json.JSONDecoder(parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_once, **hooks)


def _again(text: str) -> Any:
    """The value with whole numbers of any length; None where that was not what was wrong."""
    try:
        return _decoder(parse_int=Decimal).decode(text)
    except (ValueError, RecursionError, ArithmeticError):
        return None


def _broken(file: str, number: int, text: str) -> Raw:
    """A line that is no JSON value, or holds a number beyond all bounds."""
    raw = Raw(file, number, {})
    raw.faults = [
        Reject(file, number, None, None, each.code.id, each.message, each.help) for each in syntax(raw, text)
    ] or [Reject(file, number, None, None, BROKEN.id, "there is a number in it that is too long")]
    return raw


def _no_number(word: str) -> object:
    raise ValueError(word)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


_decode = _decoder().decode
