"""YAML and JSON files as raw records that are typed already: these are read whole, with all their places."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Literal

from policyengine.batch.lines import Line, Unusable, lines_of
from policyengine.batch.raw import BROKEN, Raw, Reject
from policyengine.batch.typed import syntax
from policyengine.diagnostics import Diagnostic
from policyengine.policy.quantities import exactly
from policyengine.program.record import Record
from policyengine.program.record_codes import NOT_A_RECORD
from policyengine.program.record_reader import RecordReader
from policyengine.source import Span
from policyengine.text.decode import decode
from policyengine.text.document import Document, Mapping, Pointer, Sequence
from policyengine.text.json import read_json
from policyengine.text.yaml import read_yaml


def document_records(path: Path, kind: Literal["yaml", "json"], reader: RecordReader) -> Iterator[Raw]:
    """Every record of a file: one mapping, a list of them, or several documents."""
    source = decode(str(path), path.read_bytes())
    if isinstance(source, Diagnostic):
        raise Unusable(f"`{path}`: {source.message}", source.help)
    read: Any = (read_yaml if kind == "yaml" else read_json)(source)
    outside = set(read.diagnostics)
    for document in read.documents:
        for pointer in _places(document):
            place = document.value_span(pointer)
            broken = [each for each in read.diagnostics if each.span and _within(each.span, place)]
            outside.difference_update(broken)
            yield _raw(reader, document, pointer, broken)
    for found in sorted(outside, key=lambda each: each.sort_key):
        line = found.span.line if found.span else 1
        yield Raw(str(path), line, {}, faults=[_reject(found, line, None, None)])


def _raw(reader: RecordReader, document: Document, pointer: Pointer, broken: list[Diagnostic]) -> Raw:
    found = tuple(broken) or reader.read(document, pointer)
    file, line = document.source.name, document.value_span(pointer).line
    if isinstance(found, Record):
        return Raw(file, line, dict(found.facts), ready=found)
    key = document.plain((*pointer, str(reader.vocabulary.entities[reader.vocabulary.root].key)))
    name = key if isinstance(key, str) else None
    return Raw(file, line, {}, faults=[_reject(each, line, name, _fact(document, each)) for each in found])


def _reject(found: Diagnostic, line: int, key: str | None, fact: str | None) -> Reject:
    place = found.span.line if found.span else line
    file = found.span.source.name if found.span else ""
    return Reject(file, place, key, fact, found.code.id, found.message, found.help)


def _fact(document: Document, found: Diagnostic) -> str | None:
    """The path of the innermost value that a mistake is about."""
    if found.span is None:
        return None
    path, node = "", document.root
    while True:
        if isinstance(node, Mapping):
            inside = next(
                (
                    (f"{path}.{name}" if path else name, entry.value)
                    for name, entry in node.entries.items()
                    if _within(found.span, entry.key.span) or _within(found.span, entry.value.span)
                ),
                None,
            )
        elif isinstance(node, Sequence):
            inside = next(
                (
                    (f"{path}[{i}]", item)
                    for i, item in enumerate(node.items, 1)
                    if _within(found.span, item.span)
                ),
                None,
            )
        else:
            inside = None
        if inside is None:
            return path or None
        path, node = inside


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start < max(outer.end, outer.start + 1)


def _places(document: Document) -> list[Pointer]:
    if isinstance(document.root, Sequence):
        return [(i,) for i in range(len(document.root.items))]
    return [()]


# NDJSON files as raw records.

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
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
    if _SURROGATE.search(text) is not None and syntax(Raw(file, line.number, {}), text):
        return _broken(file, line.number, text)
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
    return json.JSONDecoder(parse_float=exactly, parse_constant=_no_number, object_pairs_hook=_once, **hooks)


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
