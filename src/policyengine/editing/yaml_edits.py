"""Edits of a YAML text that keep its form: a key set, added or taken away, a value replaced.

An edit replaces stretches of the text and touches nothing else, so comments and blank lines stay.
"""

from __future__ import annotations

from collections.abc import Iterator

from policyengine.source import Source, Span
from policyengine.text.document import Document, Mapping, Node, Scalar, Sequence
from policyengine.verify.document_index import Edit


def around(document: Document, span: Span) -> list[Mapping]:
    """The mappings that a place lies in, the innermost first; where it is a key, the one behind it before."""
    found: list[Mapping] = []
    node: Node | None = document.root
    while node is not None and not isinstance(node, Scalar):
        if isinstance(node, Mapping):
            found.insert(0, node)
            below = [
                entry.value
                for entry in node.entries.values()
                if _within(span, entry.key.span.to(entry.value.span))
            ]
        else:
            below = [each for each in node.items if _within(span, each.span)]
        node = below[0] if below else None
    return found


def scalar_at(document: Document, span: Span) -> tuple[Scalar, bool] | None:
    """The single text that a place lies in, and whether it is a key."""
    for mapping in around(document, span):
        for entry in mapping.entries.values():
            if _within(span, entry.key.span):
                return entry.key, True
            for each in _scalars(entry.value):
                if _within(span, each.span):
                    return each, False
    return None


def set_key(mapping: Mapping, key: str, value: str) -> Edit | None:
    """Puts a value beside a key, which is added at the end where it is not there."""
    entry = mapping.entries.get(key)
    if entry is not None:
        return Edit(entry.value.span, value) if isinstance(entry.value, Scalar) else None
    source = mapping.span.source
    if not mapping.entries:
        return None
    if is_flow(mapping):
        at = list(mapping.entries.values())[-1].value.span.end
        return Edit(source.span(at, at), f", {key}: {value}")
    return Edit(_after(source, mapping.span.end), f"\n{' ' * _column(mapping)}{key}: {value}")


def add_item(items: Sequence, value: str) -> Edit | None:
    """Adds an item to the end of a list."""
    if not items.items:
        return None
    last, source = items.items[-1].span, items.span.source
    if is_flow(items):
        return Edit(source.span(last.end, last.end), f", {value}")
    column = items.span.column - 1
    return Edit(_after(source, items.span.end), f"\n{' ' * column}- {value}")


def remove_key(mapping: Mapping, key: str) -> Edit | None:
    """Takes a key and its value away; of a key that stands alone there is none."""
    names = list(mapping.entries)
    if key not in names or len(names) == 1:
        return None
    entry, i, source = mapping.entries[key], names.index(key), mapping.span.source
    start, end = entry.key.span.start, entry.value.span.end
    if i + 1 < len(names):
        return Edit(source.span(start, mapping.entries[names[i + 1]].key.span.start), "")
    before = mapping.entries[names[i - 1]].value.span.end
    return Edit(source.span(before, max(end, entry.key.span.end)), "") if end > before else None


def is_flow(node: Node) -> bool:
    """Whether a mapping or a list is written in brackets."""
    return node.span.source.text[node.span.start : node.span.start + 1] in ("{", "[")


def _column(mapping: Mapping) -> int:
    return next(iter(mapping.entries.values())).key.span.column - 1


def _after(source: Source, end: int) -> Span:
    """The end of the line on which something ends."""
    at = source.line_end(source.position(end)[0])
    at -= source.text[:at].endswith("\r")
    return source.span(at, at)


def _within(inner: Span, outer: Span) -> bool:
    return (
        inner.source is outer.source
        and outer.start <= inner.start
        and inner.end <= max(outer.end, outer.start + 1)
    )


def _scalars(node: Node) -> Iterator[Scalar]:
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for each in node.items:
            yield from _scalars(each)
