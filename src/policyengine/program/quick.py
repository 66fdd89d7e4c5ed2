"""Many records out of JSON, fast: the places are worked out only for those in which something is odd.

What comes out is what the reader of documents gives, without places.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from policyengine.program.record import Record
from policyengine.source import Source

Direct = Callable[[Mapping[str, object]], Record | None]


def quick_lines(source: Source, direct: Direct) -> Iterator[Record | tuple[int, int]]:
    """The record of each line of NDJSON, or where the line stands if it has to be looked at."""
    text = source.text
    start = 1 if text.startswith("\ufeff") else 0
    while start < len(text):
        newline = text.find("\n", start)
        end = len(text) if newline < 0 else newline
        line = text[start:end]
        if line.strip(" \t\r"):
            found = _record(line, direct)
            yield (start, end) if found is None else found
        start = end + 1


def quick_list(source: Source, direct: Direct) -> tuple[Record, ...] | None:
    """The records of one JSON value, a record or a list of them; None where it has to be looked at."""
    data = _data(source.text.removeprefix("\ufeff"))
    rows = data if isinstance(data, list) else [data]
    found = [direct(row) if row.__class__ is dict else None for row in rows]
    records = tuple(record for record in found if record is not None)
    return records if len(records) == len(rows) else None


def _record(text: str, direct: Direct) -> Record | None:
    data = _data(text)
    return direct(data) if data.__class__ is dict else None


def _data(text: str) -> Any:
    """The JSON value of a text, None where anything about it is odd."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, ArithmeticError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
