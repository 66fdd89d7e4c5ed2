"""A copy of a document: passages (headings, paragraphs, items, rows), sentences, and one run of words.

Statements are found as runs of words, wherever passages and sentences end. These matter only for what is new,
and for a first ledger: there a sentence is one statement, a long one as many as its clauses.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from policyengine.copies.words import Word, normal, without_marker, words_of
from policyengine.dataclass import dataclass

_LONG = 20
"""A sentence of more words is divided at commas between clauses."""
_CLAUSE = 4
"""What stands between two commas is a clause from so many words on; shorter parts are items of a list."""
_END = re.compile(
    r"[.!?][\"')\]]*(?=\s+[\"'(\[]*(?:[^\W\d_a-z]|\d))|;(?=\s)"
    r"|(?=\s+\d{1,2}(?:\.\d{1,2})+\.\s[^\W\d_a-z])"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|etc|nos?|vs|cf|ca|approx|arts?|sec|fig|pp?|para?|inc|ltd|mrs?|ms|dr|st|co)\.$",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"[^\s\w]*")
_HEADING_WORDS = 8
_TICK, _CROSS = "\u2713", "\u2717"
_MARKS = {_TICK: _TICK, _CROSS: _CROSS, "x": _TICK, "tick": _TICK, "check": _TICK, "cross": _CROSS}


@dataclass(frozen=True, slots=True)
class Passage:
    """A heading, paragraph, item or row: its text in normal form, the heading above, and where it stands.

    `row` counts passages under their heading from 1; `place` is a line or a page of the copy.
    """

    text: str
    section: str | None
    row: int
    place: str
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence or clause: its words from `start` up to `end`, and the number of its sentence."""

    start: int
    end: int
    sentence: int


class Copy:
    """A copy of a document."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self.passages = tuple(passages)
        self.words: list[str] = []
        self.pieces: list[Piece] = []
        self._starts: list[int] = []
        self._spans: list[tuple[int, int]] = []
        self._sentences = 0
        for passage in self.passages:
            self._starts.append(len(self.words))
            for sentence in sentences(passage.text):
                self._add(list(words_of(passage.text, *sentence)), passage.text)

    def _add(self, words: list[Word], text: str) -> None:
        if not words:
            return
        first = len(self.words)
        self.words += [each.text for each in words]
        self._spans += [(each.start, each.end) for each in words]
        for start, end in _clauses(words, text):
            self.pieces.append(Piece(first + start, first + end, self._sentences))
        self._sentences += 1

    def passage_at(self, word: int) -> Passage:
        """The passage in which a word stands."""
        return self.passages[bisect_right(self._starts, word) - 1]

    def text(self, start: int, end: int) -> str:
        """What is written from one word up to another, passage by passage."""
        parts = []
        while start < end:
            index = bisect_right(self._starts, start) - 1
            stop = min(end, self._starts[index + 1] if index + 1 < len(self._starts) else end)
            text, last = self.passages[index].text, self._spans[stop - 1][1]
            parts.append(text[self._spans[start][0] : last + len(_CLOSING.match(text, last)[0])])  # type: ignore[index]
            start = stop
        return " / ".join(parts)

    @cached_property
    def piece_of(self) -> list[int]:
        """The piece in which each word stands."""
        return [i for i, piece in enumerate(self.pieces) for _ in range(piece.end - piece.start)]


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of a normal text, without bullets and numbers before them."""
    start = without_marker(text)
    for found in _END.finditer(text, start):
        said = text[start : found.end()]
        if _ABBREVIATION.search(said) or without_marker(said + " x") >= len(said):
            continue
        yield start, found.end()
        start = found.end()
        start += without_marker(text[start:])
    if start < len(text):
        yield start, len(text)


def _clauses(words: list[Word], text: str) -> Iterator[tuple[int, int]]:
    """The clauses of a sentence, as ranges of its words; a short sentence is one."""
    if len(words) <= _LONG:
        yield 0, len(words)
        return
    commas = [i for i in range(1, len(words)) if "," in text[words[i - 1].end : words[i].start]]
    edges = [0, *commas, len(words)]
    start = 0
    for before, at, after in zip(edges, edges[1:-1], edges[2:], strict=False):
        if at - before >= _CLAUSE and after - at >= _CLAUSE:
            yield start, at
            start = at
    yield start, len(words)


class PassageWriter:
    """Collects passages in the order of a document, under the headings as they come."""

    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self._section: str | None = None
        self._row = 0

    def heading(self, text: str, place: str) -> None:
        """A heading: what follows stands under it."""
        text = normal(text)
        if text:
            self._section, self._row = text[without_marker(text) :][:120], 0
            self.passages.append(Passage(text, self._section, 0, place, True))

    def passage(self, text: str, place: str) -> None:
        """A paragraph, an item or a row."""
        text = normal(text)
        if text:
            self._row += 1
            self.passages.append(Passage(text, self._section, self._row, place))

    def row(self, cells: Sequence[str], place: str) -> None:
        """A row of a table: a mark alone in a cell, and what follows an empty cell, name their column."""
        said = []
        for i, cell in enumerate(cells, 1):
            mark = _MARKS.get(cell.casefold())
            if mark is not None and len(cells) > 1:
                said.append(f"{mark}@{i}")
            elif cell:
                said.append(cell if i == 1 or cells[i - 2] else f"@{i} {cell}")
        self.passage(" | ".join(said), place)


def looks_like_a_heading(line: str) -> bool:
    """Whether a line that stands alone is short and no sentence."""
    said = line.strip().strip("*_# ")
    sentence = said[-1:] in tuple(".,;:!?)") or re.search(r":\s|\s[-\u2013\u2014]\s", said)
    return bool(said) and not sentence and len(list(words_of(said))) <= _HEADING_WORDS


def in_capitals(line: str) -> bool:
    """Whether a line is a heading by its capital letters, also where no empty line is around it."""
    return line.isupper() and len(line.strip()) > 3 and looks_like_a_heading(line)
