"""Raw records as documents, in which every value knows its file, its line and the fact that it is for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from policyengine.batch.raw import Raw, Reject
from policyengine.diagnostics import Diagnostic
from policyengine.policy.facts import Fact
from policyengine.policy.quantities import plain
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.record_codes import REQUIRED, UNKNOWN_FACT
from policyengine.source import Source, Span, composed
from policyengine.text.document import Document, Entry, JsonLiteral, Node, Scalar, Sequence
from policyengine.text.document import Mapping as MappingNode

_NULLS = frozenset({"~", "null", "Null", "NULL"})
_DEPTH = 20


class NoMeaningError(ValueError):
    """A value that no record may have, and the fact under which it stands."""

    def __init__(self, fact: str, reason: str) -> None:
        super().__init__(f"`{fact}` is {reason}")
        self.fact = fact


class Cell(Source):
    """A value as a text of its own, with the place that it was read from."""

    def __init__(self, file: str, text: str, line: int, fact: str | None) -> None:
        super().__init__(file, text)
        self.of_line = line
        self.fact = fact


def document_of(raw: Raw, vocabulary: Vocabulary) -> Document:
    """The document of a raw record; raises `ValueError` for values that have no meaning in a record."""
    return Document(Cell(raw.file, "", raw.line, None), _record(raw, vocabulary, vocabulary.root))


def reject_of(found: Diagnostic, raw: Raw, key: str | None) -> Reject:
    """A mistake as a row of the rejects."""
    file, line, fact = raw.file, raw.line, None
    source = found.span.source if found.span is not None else None
    if isinstance(source, Cell):
        file, line, fact = source.name, source.of_line, source.fact
    if fact is None and found.code is REQUIRED:
        fact = found.message.split("`")[1]
    help = found.help
    if found.code is UNKNOWN_FACT and fact in raw.values and help is not None and not help.endswith("?"):
        help = f"{help}; `--ignore {fact}` leaves it out"
    return Reject(file, line, key, fact, found.code.id, found.message, help)


def _record(raw: Raw, vocabulary: Vocabulary, entity: str) -> MappingNode:
    facts = vocabulary.entities[entity].facts
    entries: dict[str, Entry] = {}
    for name, value in raw.values.items():
        entries[name] = _entry(raw, name, _value(raw, value, name, facts.get(name), 0))
    below = {str(child.list): child_name for child_name, child in vocabulary.children(entity)}
    for name, rows in raw.lists.items():
        items = tuple(_record(row, vocabulary, below[name]) for row in rows)
        entries[name] = _entry(raw, name, Sequence(items, _span(raw, "", name)))
    return MappingNode(entries, _span(raw, "", None))


def _entry(raw: Raw, path: str, value: Node) -> Entry:
    name = path.rpartition(".")[2]
    return Entry(Scalar(name, _span(raw, name, path)), value)


def _span(raw: Raw, text: str, fact: str | None) -> Span:
    return Span(Cell(raw.file, text, raw.line, fact), 0, len(text))


def _value(raw: Raw, value: object, path: str, fact: Fact | None, depth: int) -> Node:
    if depth > _DEPTH:
        raise ValueError("it is nested too deeply")
    if isinstance(value, dict):
        entries = {
            str(key): _entry(raw, f"{path}.{key}", _value(raw, item, f"{path}.{key}", None, depth + 1))
            for key, item in value.items()
        }
        return MappingNode(entries, _span(raw, "", path))
    if isinstance(value, (list, tuple)):
        items = tuple(
            _value(raw, item, f"{path}[{i}]", fact, depth + 1) for i, item in enumerate(value, start=1)
        )
        return Sequence(items, _span(raw, "", path))
    if raw.textual:
        return _cell(raw, str(value), path, fact)
    try:
        text, literal = _literal(value)
    except ValueError as error:
        raise NoMeaningError(path, str(error)) from None
    return _scalar(raw, text, path, literal)


def _cell(raw: Raw, text: str, path: str, fact: Fact | None) -> Node:
    """A cell of a text table: only its fact says what it is, and no word stands for nothing."""
    if fact is not None and fact.is_list and "[" not in path:
        return _value(raw, split(text), path, fact, 0) if text.strip() else _scalar(raw, "", path, "null")
    if not text.strip():
        return _scalar(raw, "", path, "null")
    if fact is None:
        return _scalar(raw, text, path, "string")
    cell = fact.single.of_cell(text)
    plain = (fact.single.is_number or fact.single.storage == "boolean") and cell not in _NULLS
    return _scalar(raw, cell, path, None if plain else "string")


def _scalar(raw: Raw, text: str, path: str, literal: JsonLiteral | None) -> Scalar:
    return Scalar(composed(text), _span(raw, text, path), literal == "string", literal)


def split(text: str) -> list[str]:
    """The values of a cell that holds several: `a; b`."""
    return [part.strip() for part in text.split(";")]


_WORDS: Mapping[object, str] = {True: "true", False: "false"}


def _literal(value: object) -> tuple[str, JsonLiteral]:
    if value is None:
        return "", "null"
    if isinstance(value, bool):
        return _WORDS[value], "boolean"
    if isinstance(value, str):
        return value, "string"
    if isinstance(value, date):
        return value.isoformat()[:10] if type(value) is date else value.isoformat(), "string"
    if isinstance(value, int):
        return f"{Decimal(value):f}" if abs(value) < 10**60 else f"{Decimal(value):e}", "number"
    if isinstance(value, Decimal) and value.is_finite():
        return plain(value) if -60 < value.adjusted() < 60 else f"{value:e}", "number"
    raise ValueError(f"of the type `{type(value).__name__}`, which has no meaning in a record")
