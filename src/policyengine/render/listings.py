"""Lists about a partner base as tables: for a terminal, in Markdown, and as CSV for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from policyengine.decision.wording import day, money, number, rate
from policyengine.render.markdown_summary import escaped
from policyengine.render.style import Paint, clean, pad, width, wrap
from policyengine.reports.lists import CURRENCY, Cell, Cells, ListColumn, Listing

_GAP = 2
_NARROWEST = 12
_RIGHT = ("count", "money", "rate", "exact")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_SPARED = ("at", CURRENCY)
"""The columns that people on a terminal and in Markdown are spared: the place of the rule, and the currency,
which stands beside the amount."""
_ALIKE = "policy"
"""The column that tells nothing where it is the same in all rows."""


def listing_text(listing: Listing, columns: int, paint: Paint, most: int | None, more: str) -> str:
    """The list for a terminal, at most so many rows; `more` is the command that shows the others."""
    head = listing.head
    title = f"{head.title} ({number(len(listing.rows) + listing.more)})"
    if not listing.rows:
        return "\n".join([paint(head.title, "strong"), f"  {head.nothing}", *_note(listing)])
    shown = listing.rows[:most]
    lines = [paint(title, "strong"), *table_lines(_for_people(head.columns, shown), columns - _GAP, paint)]
    left = len(listing.rows) - len(shown) + listing.more
    if left:
        lines.append(f"  and {number(left)} more: {more}")
    lines += _note(listing)
    return "\n".join(lines)


def listing_markdown(listing: Listing, most: int | None, more: str) -> str:
    """The list as a heading and a table of Markdown."""
    head = listing.head
    if not listing.rows:
        return "\n\n".join([f"#### {escaped(head.title)}", escaped(head.nothing), *_said(listing)])
    shown = listing.rows[:most]
    found = _for_people(head.columns, shown)
    marks = ["---:" if kind in _RIGHT else "---" for _, kind, _ in found]
    rows = [[escaped(title) for title, _, _ in found], marks]
    rows += [[escaped(cell) for cell in row] for row in zip(*(cells for _, _, cells in found), strict=True)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    left = len(listing.rows) - len(shown) + listing.more
    rest = f"\n\nand {number(left)} more: `{more}`" if left else ""
    title = f"#### {escaped(head.title)} ({number(len(listing.rows) + listing.more)})"
    return "\n\n".join([title, f"{table}{rest}", *_said(listing)])


def _note(listing: Listing) -> list[str]:
    return [f"  {clean(listing.note)}"] if listing.note else []


def _said(listing: Listing) -> list[str]:
    return [escaped(listing.note)] if listing.note else []


def listing_csv(listing: Listing) -> str:
    """The list as CSV: numbers in full, dates ISO 8601, no text that a spreadsheet takes for a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.name for column in listing.head.columns])
    plain = _Plain().__getitem__
    writer.writerows(map(plain, row) for row in listing.rows)
    return stream.getvalue()


class _Plain(dict[Cell, str]):
    """Cells as texts; texts and days, of which a list has few different ones, are written once."""

    def __missing__(self, cell: Cell) -> str:
        if isinstance(cell, Decimal):
            return f"{cell:f}"  # not kept: 1.0 and 1.00 are the same key
        if isinstance(cell, int):
            return str(cell)
        text = "" if cell is None else cell.isoformat() if isinstance(cell, date) else clean(cell)
        self[cell] = f"'{text}" if text.startswith(_FORMULAS) and isinstance(cell, str) else text
        return self[cell]


TextColumn = tuple[str, str, Sequence[str]]
"""The title of a column, its kind, and its cells as texts."""


def _for_people(columns: Sequence[ListColumn], rows: Sequence[Cells]) -> list[TextColumn]:
    """The columns that say something, amounts with their currencies."""
    names = [column.name for column in columns]
    currencies = [row[names.index(CURRENCY)] for row in rows] if CURRENCY in names else [None] * len(rows)
    found: list[TextColumn] = []
    for i, column in enumerate(columns):
        said = {row[i] for row in rows} - {None}
        if column.name in _SPARED or not said or (column.name == _ALIKE and len(said) == 1):
            continue
        cells = [
            _shown(row[i], column.kind, currency) for row, currency in zip(rows, currencies, strict=True)
        ]
        found.append((column.title, column.kind, cells))
    return found


def _shown(cell: Cell, kind: str, currency: Cell) -> str:
    if isinstance(cell, Decimal):
        if kind == "money":
            return money(cell, str(currency) if currency else None)
        return rate(cell) if kind == "rate" else number(cell)
    if isinstance(cell, date):
        return day(cell)
    return "" if cell is None else clean(str(cell))


def table_lines(columns: Sequence[TextColumn], room: int, paint: Paint) -> Iterator[str]:
    """A table as lines of at most so many columns: long cells are wrapped, numbers stand at the right."""
    widths = _widths(columns, room)
    heads = [wrap(title, size) for (title, _, _), size in zip(columns, widths, strict=True)]
    kinds = [kind for _, kind, _ in columns]
    yield from (f"  {paint(line, 'faint')}" for line in _row(heads, widths, kinds))
    for row in zip(*(cells for _, _, cells in columns), strict=True):
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


def _widths(columns: Sequence[TextColumn], room: int) -> list[int]:
    """How wide each column is: the widest are wrapped until all have room."""
    low = [max(map(width, " ".join((title, *cells)).split()), default=1) for title, _, cells in columns]
    widths = [max(least, *map(width, cells)) for least, (_, _, cells) in zip(low, columns, strict=True)]
    while sum(widths) + _GAP * (len(widths) - 1) > room:
        text = [
            i
            for i, (_, kind, _) in enumerate(columns)
            if kind == "text" and widths[i] > max(low[i], _NARROWEST)
        ]
        if not text:
            break
        widest = max(text, key=lambda i: widths[i])
        widths[widest] -= 1
    return widths
