"""Raw records become records: by the same rules, and with the same mistakes, as every other record.

Plain values are typed directly. Everything else goes to the reader of documents, which decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from policyengine.batch.places import NoMeaningError, document_of, reject_of, split
from policyengine.batch.raw import Raw, Reject, key_text
from policyengine.diagnostics import Diagnostic
from policyengine.policy.facts import Fact
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.record import Record, data_reader
from policyengine.program.record_codes import NOT_A_RECORD
from policyengine.program.record_reader import RecordReader
from policyengine.source import Source
from policyengine.text.json import read_json


class TypedReader:
    """Types the raw records of one program."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._reader = RecordReader(vocabulary)
        self._of_data = data_reader(vocabulary)
        self._cells = {name: _cells(entity.facts) for name, entity in vocabulary.entities.items()}
        self._below = {
            name: {str(child.list): below for below, child in vocabulary.children(name)}
            for name in vocabulary.entities
        }
        self._key = vocabulary.entities[vocabulary.root].key

    def key_of(self, raw: Raw) -> str | None:
        """The key of a record as text, None where it has none."""
        value = raw.values.get(self._key) if self._key is not None else None
        return key_text(value)

    def read(self, raw: Raw) -> Record | list[Reject]:
        """The record, or all that is wrong with it."""
        if raw.faults:
            key = self.key_of(raw)
            return [replace(each, key=each.key or key) for each in raw.faults]
        if raw.ready is not None:
            return raw.ready
        try:
            record = self._of_data(self._data(raw, self._vocabulary.root))
        except ValueError:
            record = None
        return record if record is not None else self._slowly(raw)

    def _data(self, raw: Raw, entity: str) -> dict[str, object]:
        data = raw.values
        if raw.textual:
            cells = self._cells[entity]
            data = {name: cells[name](text) for name, text in data.items() if text}  # type: ignore[arg-type]
        if raw.lists:
            data = dict(data)
            for name, rows in raw.lists.items():
                below = self._below[entity][name]
                data[name] = [self._data(row, below) for row in rows]
        return data

    def _slowly(self, raw: Raw) -> Record | list[Reject]:
        key = self.key_of(raw)
        try:
            found = self._reader.read(document_of(raw, self._vocabulary))
        except NoMeaningError as error:
            return [Reject(raw.file, raw.line, key, error.fact, NOT_A_RECORD.id, str(error))]
        except ValueError as error:
            found = (NOT_A_RECORD.at(None, f"this is not a record: {error}"),)
        if isinstance(found, Record):
            return found
        return sorted((reject_of(each, raw, key) for each in found), key=partial(_place, raw.file))


def _place(own: str, found: Reject) -> tuple[object, ...]:
    """The record's own mistakes come before those of the tables beside it, each by line."""
    return (found.file != own, found.file, found.line, found.fact or "", found.code, found.reason)


def syntax(raw: Raw, text: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a text that is no JSON value, or has a key twice."""
    return read_json(Source(raw.file, text)).diagnostics


def _cells(facts: Mapping[str, Fact]) -> dict[str, Callable[[str], object]]:
    """What reads the cells of an entity, by fact; raises `ValueError` for unusual ones."""
    return {name: _cell(fact) for name, fact in facts.items()}


def _cell(fact: Fact) -> Callable[[str], object]:
    """Numbers and truth values are read here; a text of a record is read as one."""
    single = fact.single
    if single.is_number or single.storage == "boolean":
        read: Callable[[str], Any] = lambda text: single.read(single.of_cell(text))  # noqa: E731
    else:
        read = single.of_cell

    def one(text: str) -> object:
        return read(text) if text.strip() else None

    def several(text: str) -> object:
        return [read(part) for part in split(text)] if text.strip() else None

    return several if fact.is_list else one
