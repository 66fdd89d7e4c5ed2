"""Reads documents as records, with every mistake at its place, in the words of the program.

Most records are good, and are read as plain data. What is unusual is validated against the JSON Schema that
is generated from the facts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from functools import cached_property
from typing import Any

from policyengine.diagnostics import Diagnostic, Label
from policyengine.policy import quantities
from policyengine.policy.facts import Fact
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program import record_codes as codes
from policyengine.program.record import Record, data_reader
from policyengine.program.record_schema import record_schema, validator
from policyengine.text.document import Document, Entry, Node, Pointer, Scalar
from policyengine.text.document import Mapping as MappingNode
from policyengine.text.document import Sequence as SequenceNode


class RecordReader:
    """Reads documents as records of one program."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._of_data = data_reader(vocabulary)

    @cached_property
    def _validator(self) -> Any:
        return validator(record_schema(self.vocabulary))

    def read(self, document: Document, pointer: Pointer = ()) -> Record | tuple[Diagnostic, ...]:
        """Returns the record at a pointer, or all its mistakes, sorted by place."""
        node = document.at(pointer)
        if not isinstance(node, MappingNode):
            at = document.value_span(pointer)
            return (codes.NOT_A_RECORD.at(at, "a record is a mapping of facts to values"),)
        stranger = self._stranger(document, node, pointer)
        if stranger is not None:
            return (stranger,)
        instance = self._instance(node, self.vocabulary.root)
        record = self._of_data(instance)
        if record is not None:
            return _placed(record, document, pointer)
        lists = {str(entity.list) for entity in self.vocabulary.entities.values()}
        document = Document(document.source, _without_empty_items(document.root, lists))
        found = [
            diagnostic
            for error in self._validator.iter_errors(self._instance(node, self.vocabulary.root))
            for diagnostic in codes.of_schema_error(error, document, pointer, self.vocabulary)
        ]
        if not found:
            record = self._record(document, node, pointer, self.vocabulary.root, found)
            if not found:
                return record
        return tuple(sorted(dict.fromkeys(found), key=lambda diagnostic: diagnostic.sort_key))

    def _stranger(self, document: Document, node: MappingNode, pointer: Pointer) -> Diagnostic | None:
        """Reports a record of a different program: it shares no key but id and name with this one."""
        root = self.vocabulary.entities[self.vocabulary.root]
        known = set(self.vocabulary.row(self.vocabulary.root).fields)
        telling = set(node.entries) - {root.key, root.label}
        if not telling or telling & known or len(telling) < 2:
            return None
        words = ", ".join(f"`{key}`" for key in list(node.entries)[:4])
        return codes.OTHER_PROGRAM.at(
            document.key_span(pointer) if pointer else next(iter(node.entries.values())).key.span,
            f"this is not a record of `{self.vocabulary.declarations.id}`: it has {words}",
            help="its facts are " + ", ".join(f"`{key}`" for key in sorted(known)[:8]),
        )

    # The document as plain data

    def _instance(self, node: Node, entity: str) -> Any:
        if not isinstance(node, MappingNode):
            return _untyped(node)
        facts = self.vocabulary.entities[entity].facts
        lists = {str(child.list): name for name, child in self.vocabulary.children(entity)}
        found: dict[str, object] = {}
        for key, entry in node.entries.items():
            if isinstance(entry.value, Scalar) and _is_missing(entry.value):
                if key not in facts and key not in lists:
                    found[key] = None
            elif key in lists:
                found[key] = self._instances(entry.value, lists[key])
            else:
                found[key] = _typed(entry.value, facts.get(key))
        return found

    def _instances(self, node: Node, entity: str) -> object:
        if not isinstance(node, SequenceNode):
            return _untyped(node)
        return [self._instance(item, entity) for item in node.items]

    # The document as a record, once the schema admits it

    def _record(
        self, document: Document, node: Node, pointer: Pointer, entity: str, found: list[Diagnostic]
    ) -> Record:
        assert isinstance(node, MappingNode)
        declared = self.vocabulary.entities[entity]
        facts: dict[str, object] = {}
        lists: dict[str, tuple[Record, ...]] = {}
        for name, fact in declared.facts.items():
            entry = node.entries.get(name)
            if entry is not None and not (isinstance(entry.value, Scalar) and _is_missing(entry.value)):
                try:
                    facts[name] = value_of(entry.value, fact)
                except ValueError as error:
                    found.append(codes.wrong_value(entry.value.span, name, error))
        for child, below in self.vocabulary.children(entity):
            name = str(below.list)
            entry = node.entries.get(name)
            if entry is not None and isinstance(entry.value, SequenceNode):
                rows = tuple(
                    self._record(document, item, (*pointer, name, i), child, found)
                    for i, item in enumerate(entry.value.items)
                )
                found.extend(self._same_keys(document, rows, below.key))
                lists[name] = rows
        return Record(entity, facts, lists, document, pointer)

    def _same_keys(
        self, document: Document, rows: tuple[Record, ...], key: str | None
    ) -> Iterator[Diagnostic]:
        first: dict[object, Record] = {}
        for row in rows:
            value = row.facts.get(key) if key is not None else None
            if value is not None and value in first:
                label = Label(document.value_span((*first[value].pointer, str(key))), "first here")
                at = document.value_span((*row.pointer, str(key)))
                yield codes.SAME_KEY.at(at, f"`{value}` occurs twice in this list", labels=[label])
            elif value is not None:
                first[value] = row


def _without_empty_items(node: Node, lists: Collection[str]) -> Node:
    """The same without the single values in lists that are missing; an empty child stays, as a mistake."""
    if isinstance(node, MappingNode):
        entries = {}
        for key, each in node.entries.items():
            value = each.value
            if isinstance(value, SequenceNode) and key not in lists:
                value = SequenceNode(tuple(item for item in value.items if not _is_empty(item)), value.span)
            entries[key] = Entry(each.key, _without_empty_items(value, lists))
        return MappingNode(entries, node.span)
    if isinstance(node, SequenceNode):
        return SequenceNode(tuple(_without_empty_items(each, lists) for each in node.items), node.span)
    return node


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and _is_missing(node)


def _is_missing(node: Scalar) -> bool:
    return node.is_null or not node.text.strip()


def _typed(node: Node, fact: Fact | None) -> object:
    """Returns a value as data: a number where the fact is one, else a text."""
    if isinstance(node, SequenceNode):
        return [_typed(item, fact) for item in node.items if not _is_empty(item)]
    if not isinstance(node, Scalar) or fact is None:
        return _untyped(node)
    written_as_text = node.quoted or node.literal == "string"
    if node.literal in ("boolean", "number") or not written_as_text:
        if fact.single.storage == "boolean" and node.text in ("true", "false"):
            return node.text == "true"
        if fact.single.is_number:
            try:
                return quantities.integer(node.text) if fact.single.is_whole else _number(node.text)
            except ValueError:
                return node.text
    return _untyped(node) if node.literal in ("boolean", "number") else node.text


def _number(text: str) -> Decimal:
    value = quantities.number(text)
    return quantities.Pointed(value) if quantities.is_pointed(text.strip()) else value


def _untyped(node: Node) -> object:
    if isinstance(node, SequenceNode):
        return [_untyped(item) for item in node.items]
    if isinstance(node, MappingNode):
        return {key: _untyped(entry.value) for key, entry in node.entries.items()}
    if node.literal == "boolean":
        return node.text == "true"
    if node.literal == "number":
        try:
            return quantities.number(node.text)
        except ValueError:
            return node.text
    return node.text


def value_of(node: Node, fact: Fact) -> object:
    """Returns the typed value of a fact; raises `ValueError` with a sentence for what no schema can say."""
    if isinstance(node, SequenceNode):
        return tuple(value_of(item, fact) for item in node.items)
    if not isinstance(node, Scalar):
        raise ValueError("a single value is wanted")
    return fact.read(node.text)


def _placed(record: Record, document: Document, pointer: Pointer) -> Record:
    """Returns the record and all within it with the places where they were read."""
    lists = {
        name: tuple(_placed(row, document, (*pointer, name, i)) for i, row in enumerate(rows))
        for name, rows in record.lists.items()
    }
    return Record(record.entity, record.facts, lists, document, pointer)
