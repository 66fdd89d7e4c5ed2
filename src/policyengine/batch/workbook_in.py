"""Workbooks in (.xlsx, .xlsm, .ods): a sheet as rows of texts, as a CSV file would hold them.

The head is looked for below titles and empty rows. A cell is written by its type: a day as ISO 8601, a truth
value as `true` or `false`, a number with the 15 digits that a workbook keeps; of a formula it is the value
that was saved. Rows and columns that are hidden are read like the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from policyengine.batch.books import SAVE_IT, SheetRows, column_name, read_sheet
from policyengine.batch.lines import Unusable
from policyengine.batch.mapped import Mappings
from policyengine.batch.raw import NO_VALUE, Head, Raw, Reject, known_columns
from policyengine.batch.text_columns import TextTable
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.mappings import fact_of
from policyengine.source import composed

_NONE = Mappings()
_SOUGHT = 60
"""Among so many rows the head is looked for."""


def sheet_tables(
    path: Path, vocabulary: Vocabulary, entity: str, ignored: Iterable[str], size: int,
    letters: dict[str, Mapping[str, str]], mappings: Mappings = _NONE,
) -> Iterator[TextTable]:  # fmt: skip
    """The rows of a sheet, so many at a time; `letters` learns which column each fact stands in."""
    sheet = read_sheet(path)
    known = (*known_columns(vocabulary, entity, ignored), *mappings.names(entity))
    at, names = find_head(sheet, known)
    kept = named_columns(sheet, at, names)
    shape = mappings.shape([names[i] for i in kept], vocabulary, entity, tuple(ignored), sheet.label)
    head = shape.head
    places = {name: i for i, name in enumerate(head.columns) if name is not None}
    if shape.mapper is not None:
        places = shape.mapper.columns()
    key = places.get(str(vocabulary.entities[entity].key))
    letters[sheet.label] = {name: column_name(sheet.left + kept[i]) for name, i in places.items()}
    facts = {i: fact_of(vocabulary, entity, name) for name, i in places.items()}
    numbers = {i for i, fact in facts.items() if fact is not None and fact.single.is_number}
    writers = [cell_writer(i in numbers) for i in range(len(kept))]
    faults = _Faults(sheet, kept, shape.reads(), {i: name for name, i in places.items()}, key)
    for table in text_tables(sheet, at, head, kept, writers, size, faults):
        made = shape.table(table)
        if made.count:
            yield made


def named_columns(sheet: SheetRows, at: int, names: Sequence[str]) -> list[int]:
    """The places of the columns that have a name; raises `Unusable` for one without that has a value."""
    for i in (i for i, name in enumerate(names) if not name):
        below = (j for j, row in enumerate(sheet.rows[at + 1 :], at + 1) if row[i] != "")
        found = next(below, None)
        if found is not None:
            message = f"`{sheet.label}`: a column without a name has a value in {sheet.cell(found, i)}"
            raise Unusable(message, "give it a name, or empty it")
    return [i for i, name in enumerate(names) if name]


def text_tables(
    sheet: SheetRows, at: int, head: Head, kept: Sequence[int], writers: Sequence[Callable[[Any], str]],
    size: int, faulty: _Faults,
) -> Iterator[TextTable]:  # fmt: skip
    """The rows below the head at a place as tables of texts; rows without a value are passed over."""
    pairs = list(zip(kept, writers, strict=True))
    for start in range(at + 1, len(sheet.rows), size):
        lines: list[int] = []
        rows: list[list[str]] = []
        faults: dict[int, Raw] = {}
        for i, row in enumerate(sheet.rows[start : start + size], start):
            cells = [write(row[column]) for column, write in pairs]
            fault = faulty.of(i, cells) if i in faulty.rows else None
            if fault is not None:
                faults[len(rows)] = fault
            if any(cells) or fault is not None:
                lines.append(sheet.first + i + 1)
                rows.append(cells)
        if rows:
            yield TextTable(sheet.label, head, lines, rows, faults)


class _Faults:
    """The rows of a sheet with a formula that has no value, in a column that is read."""

    def __init__(
        self, sheet: SheetRows, kept: Sequence[int], reads: Iterable[int], facts: Mapping[int, str],
        key: int | None,
    ) -> None:  # fmt: skip
        self._sheet, self._facts, self._key = sheet, facts, key
        self._columns = {kept[i]: i for i in reads}
        self.rows = {row for row, column in sheet.broken if column in self._columns}

    def of(self, row: int, cells: Sequence[str]) -> Raw:
        """The row as a record that cannot be used."""
        label, line = self._sheet.label, self._sheet.first + row + 1
        key = {} if self._key is None else {self._facts[self._key]: cells[self._key]}
        found = Raw(label, line, dict[str, object](key), True)
        for (i, column), error in sorted(self._sheet.broken.items()):
            if i == row and column in self._columns:
                reason = f"the formula gives `{error}`" if error else "a formula without a saved value"
                help = "correct the formula, and save the workbook" if error else SAVE_IT
                fact = self._facts.get(self._columns[column])
                found.faults.append(Reject(label, line, None, fact, NO_VALUE.id, reason, help))
        return found


def find_head(sheet: SheetRows, known: Iterable[str]) -> tuple[int, list[str]]:
    """The row of the head, and its names: that with most names that are known, below titles and notes."""
    wanted = set(known)
    best, most = None, 0
    for i, row in enumerate(sheet.rows[:_SOUGHT]):
        found = sum(isinstance(cell, str) and composed(cell.strip()) in wanted for cell in row)
        if found > most:
            best, most = i, found
    if best is None:
        filled = [i for i, row in enumerate(sheet.rows[:_SOUGHT]) if sum(cell != "" for cell in row) > 1]
        if not filled:
            raise Unusable(f"`{sheet.label}` has no head", "its first row holds the names of the facts")
        best = filled[0]
    return best, [composed(_text(cell, False).strip()) for cell in sheet.rows[best]]


def cell_writer(is_number: bool) -> Callable[[Any], str]:
    """What writes the cells of a column as texts."""

    def write(value: Any) -> str:
        return composed(value) if value.__class__ is str else _text(value, is_number)

    return write


def _text(value: Any, is_number: bool) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    text = f"{value:.15g}"
    if "e" in text:
        text = f"{Decimal(text):f}"
    # A number cannot be taken for one with a separator of thousands, as a text of three decimals can.
    return f"{text}0" if is_number and text[-4:-3] == "." else text


def sheet_texts(path: Path) -> tuple[list[str], list[list[str]]]:
    """The heads of a sheet, and the texts of each column below them."""
    sheet = read_sheet(path)
    at, names = find_head(sheet, ())
    kept = named_columns(sheet, at, names)
    write = cell_writer(False)
    below = sheet.rows[at + 1 :]
    return [names[i] for i in kept], [[write(row[i]) for row in below] for i in kept]
