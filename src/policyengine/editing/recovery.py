"""Texts that are broken half-way: what of them still has a meaning.

A line that YAML cannot read is blanked, character by character, so that everything else keeps its place. For
completion a word is put where the cursor stands, in the ways in which a text may go on there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from policyengine.source import Source
from policyengine.text.document import Document, Mapping, Node, Scalar
from policyengine.text.yaml import Yaml, read_yaml

_MOST = 8
MARK = "zz9mark"
"""A word that no author writes."""
_OPENING = {"{": "}", "[": "]"}


def recovered(source: Source) -> Source:
    """The source without the lines that cannot be read; itself where there is none."""
    found = source
    for _ in range(_MOST):
        read = read_yaml(found)
        at = _broken(found, read)
        if at is None:
            return found
        text = _blanked(found.text, at)
        if text == found.text:
            return found
        found = Source(source.name, text)
    return found


def _broken(source: Source, read: Yaml) -> int | None:
    """Where the reader stopped: the last mistake, if it left something out."""
    stopped = [each for each in read.diagnostics if each.code.id in ("YAML001", "YAML002", "YAML005")]
    last = stopped[-1] if stopped else None
    return None if last is None or last.span is None else last.span.start


def _blanked(text: str, at: int) -> str:
    """The text with spaces in place of the line around an offset."""
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return text[:start] + " " * (end - start) + text[end:]


class Marked(NamedTuple):
    """A document with the mark in it: the scalar that holds it, whether it is a key, what was typed there.

    `start` is the offset of the typed word in the text as it is, `typed` the word up to the cursor.
    """

    document: Document
    scalar: Scalar
    is_key: bool
    start: int
    typed: str


def marked(source: Source, offset: int) -> Iterator[Marked]:
    """The document around a cursor in the ways in which the text may go on there, the likeliest first."""
    text = source.text
    low, high = _document_around(text, offset)
    start = _word_start(text, offset)
    line_start = text.rfind("\n", 0, offset) + 1
    line_end = text.find("\n", offset)
    line_end = len(text) if line_end < 0 else line_end
    before, after = text[line_start:start], text[_word_end(text, offset) : line_end]
    for line in _ways(before, after.rstrip("\r")):
        changed = text[low:line_start] + line + text[line_end:high]
        found = _find(source.name, changed, start, text[start:offset])
        if found is not None:
            yield found


def _find(name: str, text: str, start: int, typed: str) -> Marked | None:
    read = read_yaml(recovered(Source(name, text)))
    for document in read.documents:
        found = _scalar(document.root)
        if found is not None:
            return Marked(document, found[0], found[1], start, typed)
    return None


def _scalar(node: Node) -> tuple[Scalar, bool] | None:
    """The single text that holds the mark, and whether it is a key."""
    if isinstance(node, Scalar):
        return (node, False) if MARK in node.text else None
    for each in node.entries.values() if isinstance(node, Mapping) else ():
        if MARK in each.key.text:
            return each.key, True
    below = [each.value for each in node.entries.values()] if isinstance(node, Mapping) else node.items
    return next((found for each in below if (found := _scalar(each)) is not None), None)


def _ways(before: str, after: str) -> Iterator[str]:
    """The line with the mark in place of the word at the cursor, in the ways in which it may be meant."""
    open_quote, brackets = _open(before)
    if after.strip() and not after.lstrip().startswith("#"):
        yield before + MARK + after
        yield before + MARK + ": x" + after
        after = ""
    closing = open_quote + brackets
    starts = before.strip(" -") == "" or (not open_quote and before.rstrip()[-1:] in ("{", ","))
    if starts and (brackets.startswith("}") or not brackets):
        yield f"{before}{MARK}: x{closing}"
    yield f"{before}{MARK}{closing}"
    if before.strip(" -") and not brackets and not open_quote and ": " not in f"{before} ":
        yield f"{before}{MARK}: x"


def _open(before: str) -> tuple[str, str]:
    """The quote that is open at the end of a line, and what closes its open brackets."""
    quote, closing = "", ""
    for i, char in enumerate(before):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and before[:i].rstrip()[-1:] in (":", "[", "{", ",", "-", ""):
            quote = char
        elif char in _OPENING:
            closing = _OPENING[char] + closing
        elif closing and char == closing[0]:
            closing = closing[1:]
    return quote, closing


def _document_around(text: str, offset: int) -> tuple[int, int]:
    """The stretch of the document of a file that an offset lies in."""
    low = text.rfind("\n---", 0, offset)
    high = text.find("\n---", offset)
    return (0 if low < 0 else text.find("\n", low + 1) + 1 or len(text)), (
        len(text) if high < 0 else high + 1
    )


def _is_word(char: str) -> bool:
    return char.isalnum() or char in "_-"


def _word_start(text: str, offset: int) -> int:
    while offset > 0 and _is_word(text[offset - 1]) and not text[:offset].endswith(("\n-", " -")):
        offset -= 1
    return offset


def _word_end(text: str, offset: int) -> int:
    while offset < len(text) and _is_word(text[offset]):
        offset += 1
    return offset
