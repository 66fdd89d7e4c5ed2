"""Places as editors count them: lines from 0, and in a line units of UTF-16.

A source counts characters, and has accents as part of their letters; an editor's text has them as they were
typed.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from policyengine.source import Source, Span, composed


class Position(NamedTuple):
    """A place between two characters: the line from 0, and the units of UTF-16 before it in the line."""

    line: int
    character: int


class Lines:
    """The lines of a text as an editor has it, beside the source that was made of it."""

    def __init__(self, text: str, source: Source) -> None:
        self.source = source
        self._raw = text.split("\n")
        self._starts = [0]
        for line in source.text.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._end = len(source.text)

    def offset(self, at: Position) -> int:
        """The offset in the source of a place in the editor; beyond the text it is its end."""
        if at.line >= len(self._raw):
            return self._end
        line = self._raw[at.line]
        before = line[: _characters(line, at.character)]
        return min(self._starts[at.line] + len(composed(before)), self._end)

    def position(self, offset: int) -> Position:
        """The place in the editor of an offset in the source."""
        number = min(bisect_right(self._starts, offset), len(self._raw)) - 1
        line, column = self._raw[number], max(0, offset - self._starts[number])
        if line.isascii():
            return Position(number, min(column, len(line)))
        size = column
        while size < len(line) and len(composed(line[:size])) < column:
            size += 1
        # An accent that follows its letter belongs to it
        while size < len(line) and len(composed(line[: size + 1])) == column:
            size += 1
        return Position(number, _units(line[:size]))

    def range(self, span: Span) -> tuple[Position, Position]:
        """The places at which a span begins and ends."""
        return self.position(span.start), self.position(span.end)


def lines_of(source: Source) -> Lines:
    """The lines of a source that no editor has open."""
    return Lines(source.text, source)


def _characters(line: str, units: int) -> int:
    """How many characters of a line so many units of UTF-16 are."""
    if line.isascii():
        return min(units, len(line))
    for i, char in enumerate(line):
        if units <= 0:
            return i
        units -= 2 if ord(char) > 0xFFFF else 1
    return len(line)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
