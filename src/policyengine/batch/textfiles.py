"""CSV and NDJSON files as raw records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from policyengine.batch.csvfile import CsvRow, csv_rows
from policyengine.batch.head import Head, read_head
from policyengine.batch.lines import Unusable, lines_of
from policyengine.batch.raw import BROKEN, CELLS, Raw, Reject
from policyengine.batch.typed import syntax
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.record_codes import NOT_A_RECORD

Owned = tuple[tuple[str, ...], Raw]


def csv_records(
    stream: BinaryIO, file: str, vocabulary: Vocabulary, entity: str, ignored: Iterable[str]
) -> Iterator[Owned]:
    """The rows of a CSV file, each with the keys of what it belongs to (none for the record itself)."""
    rows = csv_rows(stream, file)
    first = next(rows)
    if first.fault is not None:
        raise Unusable(f"`{file}`: the head cannot be read: {first.fault}")
    head = read_head(first.cells, file, vocabulary, entity, ignored)
    names = head.columns
    for row in rows:
        raw = _raw(row, head, file)
        if raw is None:
            cells = row.cells
            values: dict[str, object] = {
                name: cell for name, cell in zip(names, cells, strict=True) if name is not None
            }
            raw = Raw(file, row.line, values, True)
        yield tuple(row.cells[i] for i in head.owners if i < len(row.cells)), raw


def _raw(row: CsvRow, head: Head, file: str) -> Raw | None:
    """A row that is no good: its fault."""
    if row.fault is not None:
        help = "save the file as UTF-8" if "is not UTF-8" in row.fault else None
        return _faulty(file, row.line, BROKEN.id, row.fault, help)
    found, wanted = len(row.cells), len(head.columns)
    if found != wanted:
        help = "a cell with a separator in it stands in quotes" if found > wanted else None
        return _faulty(file, row.line, CELLS.id, f"the row has {found} cells, and the head {wanted}", help)
    if not any(cell.strip() for cell in row.cells):
        return _faulty(file, row.line, CELLS.id, "the row has only empty cells", "remove it")
    return None


def _faulty(file: str, line: int, code: str, reason: str, help: str | None) -> Raw:
    return Raw(file, line, {}, True, faults=[Reject(file, line, None, None, code, reason, help)])


def ndjson_records(stream: BinaryIO, file: str, ignored: Iterable[str]) -> Iterator[Raw]:
    """The records of an NDJSON file: one JSON object a line; numbers stay exact."""
    skipped = frozenset(ignored)
    decode = _decoder().decode
    for line in lines_of(stream, file):
        text = line.text.strip(" \t\r\n")
        if not text:
            continue
        if line.fault is not None:
            yield _faulty(file, line.number, BROKEN.id, line.fault, None)
            continue
        try:
            data = decode(text)
        except (ValueError, RecursionError, ArithmeticError):
            data = _again(text)
            if data is None:
                yield _broken(file, line.number, text)
                continue
        if data.__class__ is dict:
            if skipped:
                data = {name: value for name, value in data.items() if name not in skipped}
            yield Raw(file, line.number, data)
        else:
            reason = "a record is a mapping of facts to values"
            yield _faulty(file, line.number, NOT_A_RECORD.id, reason, None)


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
