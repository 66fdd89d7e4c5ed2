"""A parsed text: mappings, sequences and scalars, each with its place.

Every scalar keeps the text that the author wrote; the schema of the policy gives it a type later.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.source import Source, Span
from policyengine.text.align import char_spans

JsonLiteral = Literal["string", "number", "boolean", "null"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as text.

    `span` covers the source, quotes and block header included. `quoted` is true for every style but plain.
    `literal` is the type of a JSON value, None in YAML.
    """

    text: str
    span: Span
    quoted: bool = False
    literal: JsonLiteral | None = None

    def part(self, start: int, end: int) -> Span:
        """The place of `text[start:end]`, through escapes, folded lines and the indentation of blocks.

        Offsets beyond the text are moved to its end, so `part(len(text), len(text))` is the end of the
        expression.
        """
        size = len(self.text)
        start = max(0, min(start, size))
        end = max(start, min(end, size))
        quote = self._quote()
        if self.span.end - self.span.start - 2 * quote == size:  # each character stands for itself
            first = self.span.start + quote
            return Span(self.span.source, first + start, first + end)
        spans = char_spans(self.span.text, self.text, quoted=self.quoted)
        if start < end:
            first, last = spans[start][0], spans[end - 1][1]
        else:
            first = last = spans[start][0] if start < size else spans[-1][0]
        return Span(self.span.source, self.span.start + first, self.span.start + last)

    def _quote(self) -> int:
        """The width of the opening quotes."""
        return int(self.quoted and self.span.source.text.startswith(("'", '"'), self.span.start))

    @property
    def is_null(self) -> bool:
        """Whether the value is empty, or `null` or `~` without quotes."""
        if self.literal is not None:
            return self.literal == "null"
        return not self.quoted and self.text in {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping and its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order written; `entries` must not be changed."""

    entries: dict[str, Entry]
    span: Span


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of values."""

    items: tuple[Node, ...]
    span: Span


Node: TypeAlias = Scalar | Mapping | Sequence
Pointer: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a source.

    A pointer is the path of keys and list positions to a value. Where `root` has the texts of one language,
    `written` has those of all, as the author wrote them.
    """

    source: Source
    root: Node
    written: Node | None = None

    def at(self, pointer: Pointer) -> Node | None:
        """The value at the pointer, or None."""
        path = list(self._path(pointer))
        return path[-1] if len(path) > len(pointer) else None

    def value_span(self, pointer: Pointer) -> Span:
        """The place of a value; for a missing value, the key of the nearest parent that exists."""
        node = self.at(pointer)
        return self.key_span(pointer) if node is None else node.span

    def key_span(self, pointer: Pointer) -> Span:
        """The place of a value's key; for an item of a list its `id`, its first key or its start.

        For a missing value it is the key of the nearest parent that exists.
        """
        path = list(self._path(pointer))
        if len(path) == 1:
            return _first_line(self.root.span)
        parent, step, node = path[-2], pointer[len(path) - 2], path[-1]
        if isinstance(parent, Mapping):
            return parent.entries[str(step)].key.span
        return _name_of_item(node)

    def plain(self, pointer: Pointer = ()) -> object:
        """The value as nested dicts, lists and texts; None for null and for a missing value."""
        node = self.at(pointer)
        return None if node is None else _plain(node)

    def _path(self, pointer: Pointer) -> Iterator[Node]:
        """The root and every value on the path, as far as it exists."""
        node: Node | None = self.root
        yield self.root
        for step in pointer:
            node = None if node is None else _child(node, step)
            if node is None:
                return
            yield node


def _child(node: Node, step: str | int) -> Node | None:
    if isinstance(node, Mapping) and isinstance(step, str):
        entry = node.entries.get(step)
        return None if entry is None else entry.value
    if isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
        return node.items[step]
    return None


def _name_of_item(node: Node) -> Span:
    if not isinstance(node, Mapping) or not node.entries:
        return _first_line(node.span)
    entry = node.entries.get("id")
    if entry is not None and isinstance(entry.value, Scalar) and entry.value.text:
        return entry.value.span
    return next(iter(node.entries.values())).key.span


def _first_line(span: Span) -> Span:
    end = span.source.text.find("\n", span.start, span.end)
    return span if end < 0 else Span(span.source, span.start, end)


def _plain(node: Node) -> object:
    if isinstance(node, Mapping):
        return {name: _plain(entry.value) for name, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return None if node.is_null else node.text
