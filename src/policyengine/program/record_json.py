"""Reads JSON as records by way of plain data, and plain data as a document that has places.

Only records with something unusual need places.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

from policyengine.diagnostics import Diagnostic
from policyengine.policy import quantities
from policyengine.program.record import DataReader, Record
from policyengine.program.record_codes import NOT_A_RECORD
from policyengine.source import Source
from policyengine.text.document import Document
from policyengine.text.json import read_json

_DEPTH = 20


def records_of_lines(source: Source, read: DataReader) -> Iterator[Record | tuple[int, int]]:
    """Yields the record of each line of NDJSON, or the place of a line that is unusual."""
    text = source.text
    start = 1 if text.startswith("\ufeff") else 0
    while start < len(text):
        newline = text.find("\n", start)
        end = len(text) if newline < 0 else newline
        line = text[start:end]
        if line.strip(" \t\r"):
            found = _record(_data(line), read)
            yield (start, end) if found is None else found
        start = end + 1


def records_of_json(source: Source, read: DataReader) -> tuple[Record, ...] | None:
    """Returns the records of one JSON value, a record or a list; None if something in it is unusual."""
    data = _data(source.text.removeprefix("\ufeff"))
    rows = data if isinstance(data, list) else [data]
    found = [_record(row, read) for row in rows]
    records = tuple(record for record in found if record is not None)
    return records if len(records) == len(rows) else None


def _record(data: Any, read: DataReader) -> Record | None:
    return read(data) if data.__class__ is dict else None


def _data(text: str) -> Any:
    """Returns the JSON value of a text; None if something in it is unusual."""
    try:
        return json.loads(
            text, parse_float=quantities.exactly, parse_constant=_refuse, object_pairs_hook=_once
        )
    except (ValueError, ArithmeticError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key occurs twice")
    return found


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


# Plain data as a document


def document_of(data: Mapping[str, object]) -> Document | Diagnostic:
    """Returns the data as a document, whose places lie in its JSON text.

    Numbers may be `int` or `Decimal`; a `float` counts as the shortest decimal that it prints as.
    """
    try:
        text = _json(data, 0)
    except (TypeError, ValueError) as error:
        return NOT_A_RECORD.at(None, f"this is not a record: {error}")
    read = read_json(Source("<record>", text))
    return read.documents[0] if read.documents and not read.diagnostics else read.diagnostics[0]


def _json(value: object, depth: int) -> str:
    if depth > _DEPTH:
        raise ValueError("it is nested too deeply")
    if value is None or isinstance(value, (bool, str)):
        return json.dumps(value)
    if isinstance(value, (int, float, Decimal)):
        return _digits(value)
    if isinstance(value, date):
        return json.dumps(value.isoformat())
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(str(key))}: {_json(item, depth + 1)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_json(item, depth + 1) for item in value) + "]"
    raise TypeError(f"a value of type `{type(value).__name__}` has no meaning in a record")


def _digits(value: int | float | Decimal) -> str:
    exact = Decimal(str(value))
    if not exact.is_finite():
        raise ValueError(f"`{value}` is not a number")
    return quantities.plain(exact) if -60 < exact.adjusted() < 60 else f"{exact:e}"
