"""CSV in: rows with their lines; a damaged row does not take others with it."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from policyengine.batch.lines import Line, Unusable, lines_of

_SEPARATORS = ",;\t"


class CsvRow(NamedTuple):
    """The cells of a row, the line on which it starts, and what is wrong with it."""

    line: int
    cells: list[str]
    fault: str | None


class _Feed:
    """Lines on their way to the parser; those of the row at hand can be given back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()
        self.used: list[Line] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.used.append(line)
        return line.text

    def give_back(self) -> None:
        """All lines but the first come again: what is damaged is that one."""
        self._again.extendleft(reversed(self.used[1:]))
        self.used.clear()


def csv_rows(stream: BinaryIO, file: str) -> Iterator[CsvRow]:
    """The rows of a table, the head first; its separator is the comma, semicolon or tab of the head."""
    lines = lines_of(stream, file)
    first = next((line for line in lines if line.text.strip()), None)
    if first is None:
        raise Unusable(f"`{file}` is empty", "its first line holds the names of the facts")
    feed = _Feed(_chain(first, lines))
    separator = _separator(first.text)
    reader = csv.reader(feed, delimiter=separator, strict=True)
    while True:
        feed.used.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield CsvRow(feed.used[0].number, [], _reason(error))
            feed.give_back()
            reader = csv.reader(feed, delimiter=separator, strict=True)
            continue
        fault = next((line.fault for line in feed.used if line.fault), None)
        if cells or fault:
            yield CsvRow(feed.used[0].number, cells, fault)


def _chain(first: Line, rest: Iterator[Line]) -> Iterator[Line]:
    yield first
    yield from rest


def _separator(head: str) -> str:
    return max(_SEPARATORS, key=head.count)


def _reason(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end" in text:
        return "a quote that opens on this line is not closed"
    if "field larger" in text:
        return "a cell is too long, or a quote that opens on this line is not closed"
    return "after a closing quote stands something else than the next cell"
