"""Named texts and spans in them: the places of all messages.

Offsets count code points from 0; lines and columns count from 1, as editors show them.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property

from policyengine.dataclass import dataclass


def composed(text: str) -> str:
    """Returns a text with every accent as part of its letter (NFC), so that one word is one text."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


class Source:
    """A text with the name that people know it by, usually the path of a file; accents are composed.

    Sources are compared by identity; spans compare by source and offsets.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = composed(text)

    @classmethod
    def exact(cls, name: str, text: str) -> Source:
        """Returns a source whose accents stay as they are written."""
        found = cls(name, "")
        found.text = text
        return found

    def __repr__(self) -> str:
        return f"Source({self.name!r})"

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset, both from 1."""
        row = bisect_right(self._starts, offset) - 1
        return row + 1, offset - self._starts[row] + 1

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its line end; "" past the end."""
        if not 1 <= number <= len(self._starts):
            return ""
        return self.text[self._starts[number - 1] : self.line_end(number)].rstrip("\r")

    def line_end(self, number: int) -> int:
        """The offset at which line `number` ends, before its line end."""
        return self._starts[number] - 1 if number < len(self._starts) else len(self.text)

    def span(self, start: int, end: int) -> Span:
        """The span from offset `start` up to, not including, `end`."""
        return Span(self, start, end)


class Stretches:
    """Stretches of sources, asked whether another one meets any of them."""

    def __init__(self, spans: Iterable[Span | None]) -> None:
        self._ends: dict[int, list[tuple[int, int]]] = {}
        for span in sorted(filter(None, spans), key=lambda each: each.start):
            ends = self._ends.setdefault(id(span.source), [])
            # Of each start the furthest end of all that begin up to there
            ends.append((span.start, max(span.end, ends[-1][1] if ends else 0)))

    def meet(self, span: Span | None) -> bool:
        """Whether some of a stretch lies within one of them."""
        ends = self._ends.get(id(span.source), []) if span is not None else []
        at = bisect_left(ends, (span.end, 0)) if span is not None else 0
        return at > 0 and span is not None and ends[at - 1][1] > span.start


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a source; it can return its text."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The text of the span."""
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """The line it starts on, from 1."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """The column it starts at, from 1."""
        return self.source.position(self.start)[1]

    @property
    def end_line(self) -> int:
        """The line it ends on, from 1."""
        return self.source.position(self.end)[0]

    @property
    def end_column(self) -> int:
        """The column after its last character, from 1."""
        return self.source.position(self.end)[1]

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of `other`, in the same source."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def __str__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"
