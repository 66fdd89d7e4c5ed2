"""What stands where in a document: the scalars, mappings and lists around a place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property

from policyengine.dataclass import dataclass
from policyengine.feel.syntax.tree import (
    And,
    Between,
    Call,
    Comparison,
    Expression,
    If,
    In,
    Or,
    Quantified,
    walk,
)
from policyengine.source import Source, Span
from policyengine.text.document import Document, Mapping, Node, Scalar, Sequence

HEAD = frozenset(
    ("id", "title", "note", "basis", "kind", "for", "section", "document", "url", "dated", "label")
)
"""Keys whose values are words for people or names: never read by an expression."""


_CONDITIONS = frozenset(
    ("when", "applies_when", "met_when", "leave_when", "where", "must", "exercised_when", "forfeited_when")
)
_PARTS = (And, Between, Call, Comparison, If, In, Or, Quantified)


def made_up(expression: Expression) -> frozenset[Span]:
    """The places at which several parts of an expression stand: conditions that nobody wrote there."""
    counts = Counter(part.span for part in walk(expression) if isinstance(part, _PARTS))
    return frozenset(span for span, count in counts.items() if count > 1)


class DocumentIndex:
    """The nodes of one document, found by where they stand."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def holds(self, span: Span) -> bool:
        """Whether a place lies in the document."""
        root = self.document.root.span
        return span.source is root.source and root.start <= span.start < max(root.end, root.start + 1)

    @cached_property
    def scalars(self) -> tuple[Scalar, ...]:
        """All values that are one text, in order."""
        return tuple(sorted(_scalars(self.document.root), key=lambda each: each.span.start))

    @cached_property
    def containers(self) -> tuple[Mapping | Sequence, ...]:
        """All mappings and lists, the outer ones first."""
        return tuple(_containers(self.document.root))

    def scalar(self, span: Span) -> Scalar | None:
        """The single value that a place lies in."""
        for scalar in self.scalars:
            if scalar.span.start <= span.start and span.end <= scalar.span.end:
                return scalar if self.holds(span) else None
        return None

    def listed(self, span: Span) -> Iterator[Scalar]:
        """The single values in the list of mappings of which one stands at a place."""
        if span not in self.entries:
            return
        for node in self.containers:
            if isinstance(node, Sequence) and any(item.span == span for item in node.items):
                yield from (each for item in node.items for each in _scalars(item))

    def condition(self, span: Span) -> bool:
        """Whether a place is that of an expression, or of a `fact: test` pair."""
        return self.scalar(span) is not None or any(span in pair for pair in self.tests)

    @cached_property
    def entries(self) -> frozenset[Span]:
        """The places of mappings that are items of lists."""
        lists = (node for node in self.containers if isinstance(node, Sequence))
        return frozenset(item.span for node in lists for item in node.items if isinstance(item, Mapping))

    @cached_property
    def tests(self) -> tuple[tuple[Span, Span], ...]:
        """What may be a `fact: test` pair, each with the test alone."""
        return tuple(_tests(self.containers))

    def around(self, span: Span) -> Mapping | None:
        """The innermost mapping that a place lies in."""
        found = None
        for node in self.containers:
            if isinstance(node, Mapping) and node.span.start <= span.start and span.end <= node.span.end:
                found = node
        return found

    def beside(self, span: Span) -> Iterator[Scalar]:
        """The single values in that mapping, without words for people; all below a key that is meant."""
        mapping = self.around(span)
        for name, entry in mapping.entries.items() if mapping is not None else ():
            if entry.key.span == span:
                yield from _scalars(entry.value)
            elif name not in HEAD and isinstance(entry.value, Scalar):
                yield entry.value


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    else:
        for name, entry in node.entries.items():
            if name not in HEAD or not isinstance(entry.value, Scalar):
                yield from _scalars(entry.value)


def _containers(node: Node) -> Iterator[Mapping | Sequence]:
    if isinstance(node, Scalar):
        return
    yield node
    below = [each.value for each in node.entries.values()] if isinstance(node, Mapping) else node.items
    for each in below:
        yield from _containers(each)


def _tests(containers: Iterable[Mapping | Sequence]) -> Iterator[tuple[Span, Span]]:
    """In a condition every name is that of a fact, also where it is that of a key elsewhere."""
    containers = list(containers)
    inside = {
        id(entry.value)
        for node in containers if isinstance(node, Mapping)
        for key, entry in node.entries.items() if key in _CONDITIONS
    }  # fmt: skip
    for node in containers:
        for name, entry in node.entries.items() if isinstance(node, Mapping) else ():
            items = entry.value.items if isinstance(entry.value, Sequence) else (entry.value,)
            if (name not in HEAD or id(node) in inside) and all(isinstance(item, Scalar) for item in items):
                yield entry.key.span.to(entry.value.span), entry.value.span


# Edits of a text: a stretch of it replaced, and nothing else touched.


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of a source and what is to stand there instead."""

    at: Span
    text: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """Edits that belong together, at one place, in words."""

    at: Span
    words: str
    edits: tuple[Edit, ...]


def change(at: Span, text: str, words: str | None = None) -> Replacement:
    """One edit, in words of what stood there and what stands there now."""
    said = words or f"`{_flat(at.text)}` becomes `{_flat(text)}`"
    return Replacement(at, said, (Edit(at, text),))


def applied(source: Source, edits: Iterable[Edit]) -> Source:
    """The source with the edits that are in it; without any it is the same object."""
    mine = sorted((each for each in edits if each.at.source is source), key=lambda each: each.at.start)
    if not mine:
        return source
    parts, at = [], 0
    for edit in mine:
        parts += [source.text[at : edit.at.start], edit.text]
        at = edit.at.end
    return Source(source.name, "".join([*parts, source.text[at:]]))


def _flat(text: str) -> str:
    return " ".join(text.split())
