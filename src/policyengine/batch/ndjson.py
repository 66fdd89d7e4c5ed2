"""NDJSON files as raw records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, BinaryIO

from policyengine.batch.lines import Line, lines_of
from policyengine.batch.raw import BROKEN, Raw, Reject
from policyengine.batch.typed import syntax
from policyengine.program.record_codes import NOT_A_RECORD

BLANKS = " \t\r\n"
"""What stands around a JSON value."""


def ndjson_records(stream: BinaryIO, file: str, ignored: Iterable[str]) -> Iterator[Raw]:
    """The records of an NDJSON file: one JSON object a line; numbers stay exact."""
    skipped = frozenset(ignored)
    found = (ndjson_record(line, file, skipped) for line in lines_of(stream, file))
    return (raw for raw in found if raw is not None)


def ndjson_record(line: Line, file: str, skipped: frozenset[str]) -> Raw | None:
    """The record of a line, without the keys that are skipped; None for a line with nothing in it."""
    text = line.text.strip(BLANKS)
    if line.fault is not None:
        return _faulty(file, line.number, BROKEN.id, line.fault)
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
        return _faulty(file, line.number, NOT_A_RECORD.id, reason)
    if skipped:
        data = {name: value for name, value in data.items() if name not in skipped}
    return Raw(file, line.number, data)


def _faulty(file: str, line: int, code: str, reason: str) -> Raw:
    return Raw(file, line, {}, True, faults=[Reject(file, line, None, None, code, reason)])


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
