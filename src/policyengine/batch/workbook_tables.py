"""The tables of a run as a workbook: findings with a sheet for each section, records and rejects on one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

from pyarrow import compute as pc

from policyengine.batch.workbook_out import Sheet, SheetColumn, SheetKind, Sheets
from policyengine.decision.findings import SECTIONS, Figure
from policyengine.decision.wording import words
from policyengine.engine.layout import MISSING, VALUE_COLUMNS, Column, value_fields

_SECTION = "section"
_OWN = {Figure.section: ("unit", "value"), MISSING: ("needed_by",)}
_MONEY = ("amount", "net", "net_discount")
_ROWS = 4_096
_OF_LEVELS = (
    "level_title", "next_level", "missing_for_next", "missing_to_keep", "room", "lost_below",
    "missing_count", "missing_number", "room_number", "lost_below_number",
)  # fmt: skip


class WorkbookWriter:
    """Writes tables as sheets of a workbook, which is on the stream when it is finished."""

    def __init__(self, stream: BinaryIO, columns: Sequence[Column]) -> None:
        self._book = Sheets(stream)
        self._columns = columns
        self._by_section = any(column.name == _SECTION for column in columns)
        self._sheets: dict[str, tuple[Sheet, list[str]]] = {}
        if not self._by_section:
            self._sheet("rejects" if columns and columns[0].name == "file" else "records")

    def write(self, table: Any) -> None:
        """Some rows."""
        if not self._by_section:
            for name in self._sheets:
                self._add(name, table)
            return
        found = table.column(_SECTION)
        for name in pc.unique(found).to_pylist():
            self._sheet(name)
            self._add(name, table.filter(pc.equal(found, name)))

    def _add(self, name: str, table: Any) -> None:
        sheet, names = self._sheets[name]
        for start in range(0, table.num_rows, _ROWS):
            part = table.slice(start, _ROWS)
            sheet.rows(zip(*(part.column(each).to_pylist() for each in names), strict=True))

    def _sheet(self, name: str) -> None:
        if name in self._sheets:
            return
        columns = [column for column in self._columns if not self._by_section or _is_of(column, name)]
        heads = [SheetColumn(_title(column), _kind(column)) for column in columns]
        self._sheets[name] = self._book.sheet(name, heads), [column.name for column in columns]

    def finish(self) -> None:
        """Writes all of it."""
        self._book.finish((*SECTIONS, MISSING))

    def drop(self) -> None:
        """Nothing more comes."""
        self._book.drop()


def _is_of(column: Column, section: str) -> bool:
    """Whether the rows of a section have anything in a column."""
    if column.name == _SECTION:
        return False
    own = _OWN[section] if section in _OWN else tuple(value_fields(SECTIONS[section]))
    if column.name in _OF_LEVELS:
        return section == "levels"
    if column.name == "net_discount":
        return section == "charges"
    special = {each.name for each in VALUE_COLUMNS} | {name for names in _OWN.values() for name in names}
    return column.name not in special or column.name in own


def _title(column: Column) -> str:
    """The name in words; that of a finding as it is asked for."""
    return column.name if "." in column.name else words(column.name)


def _kind(column: Column) -> SheetKind:
    """How the cells of a column are written; the number of a record is no quantity."""
    if column.kind == "count":
        return "text" if column.name == "row" else "count"
    if column.kind != "exact":
        return column.kind
    last = column.name.rpartition(".")[2]
    if last.endswith("rate") or column.name.startswith("discounts."):
        return "rate"
    return "money" if last in _MONEY or ".charges." in f".{column.name}" else "exact"
