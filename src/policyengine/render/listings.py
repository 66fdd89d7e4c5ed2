"""Lists about a partner base as tables: for a terminal, in Markdown, and as CSV for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from json import dumps
from types import MappingProxyType
from typing import NamedTuple

from policyengine.decision.wording import number
from policyengine.papers.language import Language
from policyengine.render.markdown_summary import escaped
from policyengine.render.style import Paint, clean, pad, width, wrap
from policyengine.reports.lists import CURRENCY, Cell, Cells, ListColumn, Listing, Table

_GAP = 2
_AT_ONCE = 50
"""So many rows of CSV are written at once."""
_MOST_KEPT = 50_000
"""So many texts of cells are kept, for most come again."""
_NARROWEST = 12
_RIGHT = ("count", "money", "rate", "exact")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_SPARED = ("at", CURRENCY)
"""The columns that people on a terminal and in Markdown are spared: the place of the rule, and the currency,
which stands beside the amount."""
_ALIKE = "policy"
"""The column that tells nothing where it is the same in all rows."""


def listing_text(
    listing: Listing, columns: int, paint: Paint, most: int | None, more: str, say: Language
) -> Iterator[str]:
    """The lines of a list for a terminal, at most so many rows; `more` is the command that shows the rest."""
    head, count = listing.head, len(listing.rows)
    if not count:
        yield from (paint(head.title, "strong"), f"  {head.nothing}", *_note(listing))
        return
    yield paint(f"{head.title} ({number(count + listing.more)})", "strong")
    people = _People(head.columns, listing.rows, most, say)
    yield from _lines(people.columns, people.rows(), columns - _GAP, paint)
    left = count - people.count + listing.more
    if left:
        yield f"  and {number(left)} more: {more}"
    yield from _note(listing)


def listing_markdown(listing: Listing, most: int | None, more: str, say: Language) -> Iterator[str]:
    """The lines of a list as a heading and a table of Markdown."""
    head, count = listing.head, len(listing.rows)
    if not count:
        yield "\n\n".join([f"#### {escaped(head.title)}", escaped(head.nothing), *_said(listing)])
        return
    people = _People(head.columns, listing.rows, most, say)
    yield f"#### {escaped(head.title)} ({number(count + listing.more)})\n"
    yield f"| {' | '.join(escaped(each.title) for each in people.columns)} |"
    yield f"| {' | '.join('---:' if each.kind in _RIGHT else '---' for each in people.columns)} |"
    yield from (f"| {' | '.join(map(escaped, row))} |" for row in people.rows())
    left = count - people.count + listing.more
    if left:
        yield f"\nand {number(left)} more: `{more}`"
    yield from (f"\n{each}" for each in _said(listing))


def _note(listing: Listing) -> list[str]:
    return [f"  {clean(listing.note)}"] if listing.note else []


def _said(listing: Listing) -> list[str]:
    return [escaped(listing.note)] if listing.note else []


def listing_csv(listing: Listing) -> Iterator[str]:
    """The lines of a list as CSV: numbers in full, dates ISO 8601, no text that a spreadsheet takes for a
    formula.
    """
    line, rows = csv_line(), iter(listing.rows)
    yield line([column.name for column in listing.head.columns])
    while some := [row if isinstance(row, str) else line(row) for row in islice(rows, _AT_ONCE)]:
        yield "\n".join(some)


def csv_line() -> Callable[[Sequence[Cell]], str]:
    """What makes a line of CSV of the cells of a row."""
    plain = _Plain().__getitem__
    return lambda cells: ",".join(map(plain, cells))


def listings_json(listings: Sequence[Listing]) -> Iterator[str]:
    """The lines of an object that has the rows of each list, as objects with a name for each cell.

    Numbers are exact texts, counts numbers, days ISO 8601, and what is not there is null.
    """
    yield "{"
    for i, listing in enumerate(listings, start=1):
        names, before = [column.name for column in listing.head.columns], ""
        yield f"  {dumps(listing.head.id)}: ["
        for row in listing.rows:
            yield from (f"    {before},",) if before else ()
            before = dumps(dict(zip(names, map(_json, row), strict=True)), ensure_ascii=False)
        yield from (f"    {before}",) if before else ()
        yield "  ]," if i < len(listings) else "  ]"
    yield "}"


def _json(cell: Cell) -> str | int | None:
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return cell.isoformat() if isinstance(cell, date) else clean(cell) if isinstance(cell, str) else cell


class _Plain(dict[Cell, str]):
    """Cells as texts in CSV; texts and days, of which a list has few different ones, are written once."""

    def __missing__(self, cell: Cell) -> str:
        if isinstance(cell, Decimal):
            return f"{cell:f}"  # not kept: 1.0 and 1.00 are the same key
        if isinstance(cell, int):
            return str(cell)
        if len(self) > _MOST_KEPT:
            self.clear()
        text = "" if cell is None else cell.isoformat() if isinstance(cell, date) else clean(cell)
        self[cell] = _quoted(f"'{text}" if text.startswith(_FORMULAS) and isinstance(cell, str) else text)
        return self[cell]


def _quoted(text: str) -> str:
    """A text as a field of CSV."""
    return text if _QUOTED_FOR.isdisjoint(text) else f'"{text.replace(_QUOTE, 2 * _QUOTE)}"'


_QUOTE = '"'
_QUOTED_FOR = frozenset({_QUOTE, ",", "\n", "\r"})
"""Characters for which a field of CSV is quoted."""


class _Column(NamedTuple):
    """A column for people: its title, its kind, and how wide its longest word and its longest cell are."""

    title: str
    kind: str
    low: int
    wide: int


class _People:
    """The first rows of a list as texts, without columns that say nothing; amounts with their currencies."""

    def __init__(self, columns: Sequence[ListColumn], rows: Table, most: int | None, say: Language) -> None:
        names = [column.name for column in columns]
        self.count = len(rows) if most is None else min(most, len(rows))
        self._rows, self._all, self._say = rows, columns, say
        self._currency = names.index(CURRENCY) if CURRENCY in names else None
        sizes = [(1, 1)] * len(columns)
        said: list[set[Cell]] = [set() for _ in columns]
        for row in islice(rows, self.count):
            texts = self._texts(row)
            for i, text in enumerate(texts):
                if text:
                    sizes[i] = _wider(sizes[i], text)
            for some, cell in zip(said, row, strict=True):
                if cell is not None and len(some) < 2:
                    some.add(cell)
        self._kept = [
            i for i, name in enumerate(names)
            if name not in _SPARED and len(said[i]) > (1 if name == _ALIKE else 0)
        ]  # fmt: skip
        self.columns = [
            _Column(columns[i].title, columns[i].kind, *_wider(sizes[i], columns[i].title, head=True))
            for i in self._kept
        ]

    def rows(self) -> Iterator[list[str]]:
        """The rows."""
        for row in islice(self._rows, self.count):
            texts = self._texts(row)
            yield [texts[i] for i in self._kept]

    def _texts(self, row: Cells) -> list[str]:
        currency = None if self._currency is None else row[self._currency]
        return [
            _shown(cell, column.kind, currency, self._say)
            for cell, column in zip(row, self._all, strict=True)
        ]


def _wider(size: tuple[int, int], text: str, *, head: bool = False) -> tuple[int, int]:
    """How wide the longest word and the longest text are with one text more; a title is wrapped first."""
    low = max(size[0], *map(width, text.split())) if text.strip() else size[0]
    return low, max(size[1], low if head else width(text))


def _shown(cell: Cell, kind: str, currency: Cell, say: Language) -> str:
    if isinstance(cell, Decimal):
        if kind == "money":
            return say.money(cell, str(currency) if currency else None)
        return say.rate(cell) if kind == "rate" else say.number(cell)
    if isinstance(cell, date):
        return say.short_day(cell)
    return "" if cell is None else clean(str(cell))


TextColumn = tuple[str, str, Sequence[str]]
"""The title of a column, its kind, and its cells as texts."""


def table_lines(
    columns: Sequence[TextColumn], room: int, paint: Paint, bands: Mapping[int, str] = MappingProxyType({})
) -> Iterator[str]:
    """A table as lines of at most so many columns: long cells are wrapped, numbers stand at the right.

    `bands` are titles that stand above rows, by the numbers of these.
    """
    found = []
    for title, kind, cells in columns:
        size = (1, 1)
        for cell in cells:
            size = _wider(size, cell)
        found.append(_Column(title, kind, *_wider(size, title, head=True)))
    yield from _lines(found, zip(*(cells for _, _, cells in columns), strict=True), room, paint, bands)


def _lines(
    columns: Sequence[_Column], rows: Iterable[Sequence[str]], room: int, paint: Paint,
    bands: Mapping[int, str] = MappingProxyType({}),
) -> Iterator[str]:  # fmt: skip
    widths = _widths(columns, room)
    heads = [wrap(each.title, size) for each, size in zip(columns, widths, strict=True)]
    kinds = [each.kind for each in columns]
    yield from (f"  {paint(line, 'faint')}" for line in _row(heads, widths, kinds))
    for i, row in enumerate(rows):
        if i in bands:
            yield from (f"  {paint(line, 'strong')}" for line in wrap(bands[i], room))
        wrapped = [wrap(cell, size) for cell, size in zip(row, widths, strict=True)]
        yield from (f"  {line}" for line in _row(wrapped, widths, kinds))


def _row(cells: Sequence[Sequence[str]], widths: Sequence[int], kinds: Sequence[str]) -> Iterator[str]:
    """The lines of a row, whose cells have several."""
    for i in range(max(map(len, cells))):
        parts = [
            text.rjust(size) if kind in _RIGHT else pad(text, size)
            for text, size, kind in zip(
                [cell[i] if i < len(cell) else "" for cell in cells], widths, kinds, strict=True
            )
        ]
        yield (" " * _GAP).join(parts).rstrip()


def _widths(columns: Sequence[_Column], room: int) -> list[int]:
    """How wide each column is: the widest are wrapped until all have room."""
    widths = [each.wide for each in columns]
    while sum(widths) + _GAP * (len(widths) - 1) > room:
        text = [
            i
            for i, each in enumerate(columns)
            if each.kind == "text" and widths[i] > max(each.low, _NARROWEST)
        ]
        if not text:
            break
        widest = max(text, key=lambda i: widths[i])
        widths[widest] -= 1
    return widths
