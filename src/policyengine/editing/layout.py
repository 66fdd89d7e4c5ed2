"""The layout of a YAML text: order of keys, indentation, spacing and quotes, as our own policies have them.

A part of a policy begins with what it is called (`HEAD`); then come its keys as the language has them.
Where a rule is taken from, and notes (`_BESIDE`), stay behind the key that they follow. A part in which a
comment stands above a key, or which has keys of its own such as tests, keeps the order of its author.
Comments stay with the lines that they are above or beside; blank lines, texts of several lines, and whether
something is written in brackets stay as they are. A layout that would change what the text says, or lose a
comment, is not made: the text is left alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from policyengine.editing.slots import slots_of
from policyengine.policy.base import keys_of
from policyengine.source import Source
from policyengine.text.document import Document, Entry, Mapping, Node, Pointer, Scalar, Sequence
from policyengine.text.yaml import read_yaml

HEAD = ("kind", "id", "name", "title")
"""The keys that a part which has an id or a name begins with, in their order."""
_BESIDE = frozenset({"source", "basis", "note"})
_WORDS = re.compile(r"[A-Za-z][A-Za-z()/-]*(?: [A-Za-z()/-]+)+")
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*")
_HEADER = re.compile(r"[|>][-+]?")


class _Unusual(Exception):  # noqa: N818  # no error of ours: the text is left alone
    """Something that the printer does not know: an anchor, a tag, a comment within brackets."""


def laid_out(text: str) -> str | None:
    """Returns a text in our layout; None for one with a mistake, or that cannot be laid out.

    Line ends stay as they are, and so does a byte order mark.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found = _laid_out(Source.exact("text", plain))
    if found is None:
        return None
    found = found.replace("\n", "\r\n") if "\r\n" in text else found
    return ("\ufeff" if text.startswith("\ufeff") else "") + found


def _laid_out(source: Source) -> str | None:
    read = read_yaml(source)
    if read.diagnostics or not read.documents:
        return None
    ordered = Source.exact(source.name, _in_order(source.text, read.documents))
    try:
        text = "".join(_Printer(ordered).text(read_yaml(ordered).documents))
    except _Unusual:
        return None
    found = read_yaml(Source.exact(source.name, text))
    same = not found.diagnostics and list(map(_said, found.documents)) == list(map(_said, read.documents))
    return text if same and _comments(text) == _comments(source.text) else None


# The order of keys


def _in_order(text: str, documents: tuple[Document, ...]) -> str:
    """A text in which every part of a policy that is written in lines has its keys in their order.

    Parts within parts come first; each moves whole lines within its own ones, so that the lines of those
    around it stay where they are.
    """
    lines = text.split("\n")
    found = [each for document in documents for each in _parts(document)]
    for _, part, keys in sorted(found, key=lambda each: -len(each[0])):
        if part.entries and text[part.span.start] != "{":
            _order(lines, list(part.entries.values()), keys)
    return "\n".join(lines)


def _parts(document: Document) -> Iterator[tuple[Pointer, Mapping, list[str]]]:
    """The parts of a policy, each with the keys that it may have; a mapping of names is none."""
    pointers = {slot.pointer[:-1]: slot.owner for slot in slots_of(document) if slot.role == "key"}
    for pointer, owner in pointers.items():
        node = document.at(pointer)
        if isinstance(node, Mapping):
            yield pointer, node, [] if owner is None else keys_of(owner)


def _ranks(keys: list[str], known: list[str], held: list[bool], *, as_written: bool) -> list[int]:
    """The place of each key among those of its part: the head first, what says more of a key behind it.

    Those of the head that are `held` stay where they are.
    """
    called = not set(HEAD[:-1]).isdisjoint(keys)
    found: list[int] = []
    for key, stays in zip(keys, held, strict=True):
        if called and key in HEAD and not stays:
            found.append(HEAD.index(key))
        elif as_written:
            found.append(len(HEAD))
        elif key in _BESIDE:
            found.append(max(found[-1] if found else 0, len(HEAD) if called else 0))
        else:
            found.append(len(HEAD) + 1 + known.index(key))
    return found


def _order(lines: list[str], entries: list[Entry], known: list[str]) -> None:
    """Puts the keys of a part in their order, each with the blank lines and comments right above it.

    What stands before the first key, a dash or comments, stays there. Entries that share a line are left
    alone; a key below a comment does not move behind a dash.
    """
    column = entries[0].key.span.column - 1
    starts = [each.key.span.line - 1 for each in entries]
    ends = [_end(each) for each in entries]
    heads = [starts[0], *(_above(lines, start, end) for end, start in zip(ends, starts[1:], strict=False))]
    dash = lines[starts[0]][:column]
    keys = [each.key.text for each in entries]
    commented = any(
        line.strip() for each in zip(heads[1:], starts[1:], strict=True) for line in lines[slice(*each)]
    )
    held = [bool(dash.strip()) and head < start for head, start in zip(heads, starts, strict=True)]
    ranks = _ranks(keys, known, held, as_written=commented or not set(keys) <= set(known))
    first = ranks.index(min(ranks))
    if len(set(starts)) < len(starts) or ranks == sorted(ranks) or (first > 0 and held[first]):
        return
    lines[starts[0]] = " " * column + lines[starts[0]][column:]
    stretches = [lines[slice(*each)] for each in pairwise([*heads, ends[-1]])]
    wanted = sorted(range(len(entries)), key=ranks.__getitem__)
    lines[starts[0] : ends[-1]] = [line for i in wanted for line in stretches[i]]
    lines[starts[0]] = dash + lines[starts[0]][column:]


def _end(entry: Entry) -> int:
    """The line behind an entry, counted from 0."""
    value = entry.value.span
    at = value if value.end > value.start else entry.key.span
    return at.end_line - at.text.endswith("\n")


def _above(lines: list[str], start: int, end: int) -> int:
    """The first of the blank lines and comments right above a line, and behind another one."""
    while start > end and lines[start - 1].lstrip()[:1] in ("", "#"):
        start -= 1
    return start


def _said(document: Document) -> object:
    return _content(document.root)


def _content(node: Node) -> object:
    """What a node says; the order of the keys of a mapping does not count, as nothing reads it."""
    if isinstance(node, Mapping):
        return {name: _content(entry.value) for name, entry in node.entries.items()}
    if isinstance(node, Sequence):
        return [_content(each) for each in node.items]
    return (node.text, node.is_null, node.quoted and _WORDS.fullmatch(node.text) is None)


def _comments(text: str) -> Counter[str]:
    return Counter(found.group().rstrip() for found in _COMMENT.finditer(text))


class _Printer:
    """Writes the documents of a source; `_at` is how far its text has been used."""

    def __init__(self, source: Source) -> None:
        self._text = source.text
        self._at = 0

    def text(self, documents: tuple[Document, ...]) -> Iterator[str]:
        """The whole text."""
        for i, document in enumerate(documents):
            start = document.root.span.start
            before = self._text[self._at : start]
            if i and "\n---" not in f"\n{before}":
                raise _Unusual
            yield from self._between(before, 0)
            self._at = start
            if isinstance(document.root, Scalar):
                raise _Unusual
            yield from self._block(document.root, 0)
        yield from self._between(self._text[self._at :], 0, last=True)

    def _between(self, gap: str, indent: int, *, last: bool = False) -> Iterator[str]:
        """The rest of a line, then comments and blank lines, at most one after the other."""
        first, *lines = (gap.rstrip() + "\n" if last else gap).split("\n")
        rest = first.strip()
        if rest and not rest.startswith(("#", "---")):
            raise _Unusual
        if self._at:
            blanks = first[: len(first) - len(first.lstrip())] or " "
            yield f"{blanks}{rest}\n" if rest else "\n"
        elif rest:
            yield f"{rest}\n"
        blank = False
        for line in [each.strip() for each in lines[:-1]]:
            if line and not line.startswith(("#", "---")):
                raise _Unusual
            if line or not blank:
                yield f"{' ' * indent}{line}\n" if line.startswith("#") else f"{line}\n"
            blank = not line

    # Blocks

    def _block(self, node: Mapping | Sequence, indent: int) -> Iterator[str]:
        if node.span.source.text[node.span.start] in "{[":
            yield self._flow_line(node)
        elif isinstance(node, Mapping):
            yield from self._mapping(node, indent)
        else:
            yield from self._sequence(node, indent)

    def _mapping(self, node: Mapping, indent: int) -> Iterator[str]:
        entries = list(node.entries.values())
        if any(each.key.span.start < self._at for each in entries):  # an alias
            raise _Unusual
        for i, entry in enumerate(entries):
            if i:
                yield from self._between(self._text[self._at : entry.key.span.start], indent)
                yield " " * indent
            self._at = entry.key.span.end
            yield f"{_scalar(entry.key)}:"
            yield from self._value(entry, indent)

    def _value(self, entry: Entry, indent: int) -> Iterator[str]:
        value = entry.value
        gap = self._text[self._at : value.span.start]
        if not gap.startswith(":") and gap.strip() != ":":
            raise _Unusual
        if isinstance(value, Scalar):
            if value.span.end > value.span.start:
                if gap.lstrip(" :").strip():
                    raise _Unusual
                yield " " + self._single(value, indent)
                self._at = value.span.end
            else:
                self._at += gap.index(":") + 1 if ":" in gap else 1
            return
        self._at += gap.index(":") + 1
        if self._text[value.span.start] in "{[":
            blank = self._text[self._at : value.span.start]
            if blank.strip():
                raise _Unusual
            yield f"\n{' ' * (indent + 2)}" if "\n" in blank else " "
            yield self._flow_line(value)
            return
        inner = indent + 2
        yield from self._between(self._text[self._at : value.span.start], inner)
        self._at = value.span.start
        yield " " * inner
        yield from self._block(value, inner)

    def _sequence(self, node: Sequence, indent: int) -> Iterator[str]:
        for i, item in enumerate(node.items):
            gap = self._text[self._at : item.span.start]
            head, dash, between = gap.rpartition("-")
            if not dash or between.strip() or "\n" in between:
                raise _Unusual
            if i:
                yield from self._between(head, indent)
                yield " " * indent
            yield "- "
            self._at = item.span.start
            if isinstance(item, Scalar):
                yield self._single(item, indent)
                self._at = item.span.end
            else:
                yield from self._block(item, indent + 2)

    # Single values, and what stands in brackets

    def _single(self, value: Scalar, indent: int) -> str:
        """A scalar; a text of several lines keeps them, moved with its key."""
        raw = value.span.text
        if "\n" not in raw:
            return _scalar(value)
        header, *lines = raw.split("\n")
        if raw[0] in "|>" and _HEADER.fullmatch(header.strip()) is None:
            raise _Unusual
        least = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
        moved = [f"{' ' * (indent + 2)}{line[least:].rstrip()}" if line.strip() else "" for line in lines]
        return "\n".join([header.rstrip(), *moved])

    def _flow_line(self, node: Mapping | Sequence) -> str:
        """What stands in brackets; of several lines, as it is."""
        self._at = node.span.end
        return node.span.text if "\n" in node.span.text else _flow(node)


def _flow(node: Node) -> str:
    if isinstance(node, Scalar):
        return _scalar(node, flow=True)
    if isinstance(node, Sequence):
        return f"[{', '.join(map(_flow, node.items))}]"
    pairs = (f"{_scalar(each.key)}: {_flow(each.value)}" for each in node.entries.values())
    return f"{{{', '.join(pairs)}}}"


def _scalar(value: Scalar, *, flow: bool = False) -> str:
    """A single value: with double quotes where it needs some, without where it is plain words."""
    raw = value.span.text
    if not value.quoted:
        return raw
    if _WORDS.fullmatch(value.text):
        return value.text
    plain = '"' not in value.text and "\\" not in value.text and value.text.isprintable()
    return f'"{value.text}"' if raw.startswith("'") and plain else raw
