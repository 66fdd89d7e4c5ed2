"""Tables for terminals: a heading, short cells, a wrapped text, and a place at the right edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policyengine.dataclass import dataclass
from policyengine.render.style import Paint, clean, pad, width, wrap

HEADING = 13
"""The columns of the headings at the left."""

_GAP = 2
_WIDEST_CELL = 30
_COMFORTABLE, _NARROWEST = 40, 20
_ROOMY, _ALIGNED = 100, 24  # on a page this wide the cells of all tables take at least so much


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: its cells align with those of the other rows, its text takes the remaining width.

    A row without cells starts at the left; `below` marks a continuation of the row above.
    """

    cells: tuple[str, ...] = ()
    text: str = ""
    place: str = ""
    style: str = ""
    below: bool = False


def table(
    heading: str, rows: Sequence[TableRow], columns: int, paint: Paint, indent: int = HEADING
) -> list[str]:
    """The rows under one heading as lines of at most `columns`."""
    widths = _widths(rows)
    if widths and columns >= _ROOMY:
        widths[-1] += max(0, _ALIGNED - sum(widths) - _GAP * (len(widths) - 1))
    lines: list[str] = []
    for row in rows:
        first = "" if lines else heading
        lines.extend(_row(first, row, widths, columns, paint, indent))
    return lines


def _widths(rows: Iterable[TableRow]) -> list[int]:
    """The width of each column; a wider cell takes a line of its own."""
    widths: list[int] = []
    for row in rows:
        for index, cell in enumerate(row.cells):
            if index == len(widths):
                widths.append(0)
            if width(clean(cell)) <= _WIDEST_CELL:
                widths[index] = max(widths[index], width(clean(cell)))
    return widths


def _row(
    heading: str, row: TableRow, widths: Sequence[int], columns: int, paint: Paint, indent: int
) -> Iterator[str]:
    """The lines of one row; a text with enough room stays clear of the places."""
    cells = [pad(clean(cell), room) for cell, room in zip(row.cells, widths, strict=False)]
    lead = (" " * _GAP).join([*cells, ""]) if cells else " " * _GAP * row.below
    start = indent + width(lead)
    place = clean(row.place)
    clear = columns - start - width(place) - _GAP
    texts = wrap(row.text, clear if clear >= _COMFORTABLE else columns - start)
    is_wide = len(texts) > 1 and any(width(clean(cell)) > _WIDEST_CELL for cell in row.cells)
    if row.text and (is_wide or columns - start < _NARROWEST):
        yield from _stacked(heading, row, cells, columns, paint, indent)
        return
    front = _heading(heading, indent, paint) + paint(lead, row.style)
    used = start
    for index, text in enumerate(texts):
        used = start + width(text)
        line = f"{front if index == 0 else ' ' * start}{text}"
        if index == len(texts) - 1 and place and used + _GAP + width(place) <= columns:
            yield f"{line}{' ' * (columns - used - width(place))}{paint(place, 'faint')}"
            return
        yield line.rstrip()
    if place:
        yield f"{' ' * max(0, columns - width(place))}{paint(place, 'faint')}"


def _stacked(
    heading: str, row: TableRow, cells: Sequence[str], columns: int, paint: Paint, indent: int
) -> Iterator[str]:
    """The lines of a row whose cells leave no room for the text, which goes below."""
    first, *others = wrap(" ".join(cells), columns - indent)
    yield f"{_heading(heading, indent, paint)}{paint(first, row.style)}".rstrip()
    yield from (f"{' ' * indent}{paint(line, row.style)}" for line in others)
    yield from _row("", TableRow(text=row.text, place=row.place), (), columns, paint, indent + _GAP)


def _heading(heading: str, indent: int, paint: Paint) -> str:
    gap = max(indent - width(clean(heading)), 1 if heading else 0)
    return paint(clean(heading), "strong") + " " * gap
