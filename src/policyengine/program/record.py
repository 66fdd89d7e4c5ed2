"""Records: what a partner's data says, typed by the facts of a program.

A record is validated against the JSON Schema that is generated from the facts; every mistake is reported
at its line, in the words of the program. A fact that is left out, empty or null is missing: not false,
not zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from decimal import Decimal
from functools import cached_property
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic, Label
from policyengine.policy import quantities
from policyengine.policy.vocabulary import Fact, Vocabulary
from policyengine.program import record_codes as codes
from policyengine.program.acceptance import Accepts, acceptor
from policyengine.program.record_schema import record_schema, validator
from policyengine.text.document import Document, Node, Pointer, Scalar, Sequence
from policyengine.text.document import Mapping as MappingNode


@dataclass(frozen=True, slots=True)
class Record:
    """One instance of an entity: its facts, and the instances of the entities within it by their list.

    A fact or list that is not there is missing. `document` and `pointer` tell where it was read.
    """

    entity: str
    facts: Mapping[str, object]
    lists: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    document: Document | None = None
    pointer: Pointer = ()


class RecordReader:
    """Reads documents as records of one program."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    @cached_property
    def _schema(self) -> dict[str, Any]:
        return record_schema(self.vocabulary)

    @cached_property
    def _accepts(self) -> Accepts:
        return acceptor(self._schema)

    @cached_property
    def _validator(self) -> Any:
        return validator(self._schema)

    def read(self, document: Document, pointer: Pointer = ()) -> Record | tuple[Diagnostic, ...]:
        """The record at a pointer, or all its mistakes, sorted by place."""
        node = document.at(pointer)
        if not isinstance(node, MappingNode):
            at = document.value_span(pointer)
            return (codes.NOT_A_RECORD.at(at, "a record is a mapping of facts to values"),)
        stranger = self._stranger(document, node, pointer)
        if stranger is not None:
            return (stranger,)
        instance = self._instance(node, self.vocabulary.root)
        # Most records are good, and to see that takes no library.
        errors = () if self._accepts(instance) else self._validator.iter_errors(instance)
        found = [
            diagnostic
            for error in errors
            for diagnostic in codes.of_schema_error(error, document, pointer, self.vocabulary)
        ]
        if not found:
            record = self._record(document, node, pointer, self.vocabulary.root, found)
            if not found:
                return record
        return tuple(sorted(dict.fromkeys(found), key=lambda diagnostic: diagnostic.sort_key))

    def _stranger(self, document: Document, node: MappingNode, pointer: Pointer) -> Diagnostic | None:
        """A record that shares no key but id and name with the program is of another one."""
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

    # The document as the data that the schema describes

    def _instance(self, node: Node, entity: str) -> object:
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
        if not isinstance(node, Sequence):
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
                    found.append(codes.WRONG_VALUE.at(entry.value.span, f"`{name}`: {error}"))
        for child, below in self.vocabulary.children(entity):
            name = str(below.list)
            entry = node.entries.get(name)
            if entry is not None and isinstance(entry.value, Sequence):
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
                yield codes.SAME_KEY.at(at, f"`{value}` stands twice in this list", labels=[label])
            elif value is not None:
                first[value] = row


def _is_missing(node: Scalar) -> bool:
    return node.is_null or not node.text.strip()


def _typed(node: Node, fact: Fact | None) -> object:
    """A value as data: numbers where a number is meant, texts elsewhere."""
    if isinstance(node, Sequence):
        return [_typed(item, fact) for item in node.items]
    if not isinstance(node, Scalar) or fact is None:
        return _untyped(node)
    written_as_text = node.quoted or node.literal == "string"
    if node.literal in ("boolean", "number") or not written_as_text:
        if fact.scalar == "boolean" and node.text in ("true", "false"):
            return node.text == "true"
        if fact.scalar in ("integer", "count", "number", "money", "rate"):
            try:
                read = quantities.integer if fact.scalar in ("integer", "count") else quantities.number
                return read(node.text)
            except ValueError:
                return node.text
    return _untyped(node) if node.literal in ("boolean", "number") else node.text


def _untyped(node: Node) -> object:
    if isinstance(node, Sequence):
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
    """The value of a fact, typed; raises `ValueError` with a sentence for what no schema can say."""
    if isinstance(node, Sequence):
        return tuple(value_of(item, fact) for item in node.items)
    if not isinstance(node, Scalar):
        raise ValueError("a single value is wanted")
    return in_bounds(parse(node.text, fact), node.text, fact)


def in_bounds(value: object, text: str, fact: Fact) -> object:
    """The value, written as `text`; raises `ValueError` with a sentence where the fact allows none such."""
    low, high = fact.limits
    if isinstance(value, Decimal):
        if low is not None and value < low:
            raise ValueError(f"`{text}` is below {low}")
        if high is not None and value > high:
            raise ValueError(f"`{text}` is above {high}")
    return value


def parse(text: str, fact: Fact) -> object:
    """The text of a single value, typed by the fact; raises `ValueError` with a sentence."""
    if fact.scalar in ("text", "enum"):
        return text
    readers: Mapping[str, Any] = {
        "boolean": quantities.boolean,
        "integer": quantities.integer,
        "count": quantities.count,
        "number": quantities.number,
        "money": quantities.number,
        "rate": quantities.rate,
        "date": quantities.day,
        "period": quantities.period,
    }
    return readers[fact.scalar](text)
