"""YAML and JSON files as raw records that are typed already: these are read whole, with all their places."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from policyengine.batch.lines import Unusable
from policyengine.batch.raw import Raw, Reject
from policyengine.diagnostics import Diagnostic
from policyengine.program.record import Record
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
