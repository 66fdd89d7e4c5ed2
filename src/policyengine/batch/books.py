"""Workbooks, opened with care: which sheets they have, and the cells of one.

`FILE:SHEET` names a sheet; else it is the first one that is not hidden. A cell that is merged with those
below gives its value to all of them. A file that is locked, broken, or would fill the memory is refused
before the library holds it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policyengine.batch.lines import Unusable
from policyengine.dataclass import dataclass
from policyengine.diagnostics import did_you_mean, listed
from policyengine.files import file_of, split_sheet

if TYPE_CHECKING:
    import zipfile

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_OLE = b"\xd0\xcf\x11\xe0"
_LARGEST = 1024 * 1024 * 1024
_MOST_CELLS = 40_000_000
_CHUNK = 1024 * 1024
_FAR_CELL = re.compile(rb"""\br=["']([A-Z]{2,3}|[A-Z](?=\d{6}))(\d+)""")
"""The places of cells that may lie far away: not those of the first 26 columns and 99,999 rows."""
_ERROR = re.compile(rb"""<c r="([A-Z]+)(\d+)"[^>]*\bt="e"[^>]*>(?:<f[^<]*(?:</f>|/>))?<v>([^<]*)""")
_UNSAVED = re.compile(
    rb"""<c r="([A-Z]+)(\d+)"(?![^>]*\bt="str")[^>]*>\s*<f(?:[^<>]*/>|[^<]*</f>)"""
    rb"""\s*(?:<v\s*/>|<v></v>)?\s*</c>"""
)
"""A formula without a saved value. A text that is saved may be empty."""
_ODS_UNSAVED = re.compile(rb"<table:table-cell(?=[^>]*table:formula=)(?![^>]*office:value-type=)")
_ERRORS = frozenset(
    f"#{each}" for each in ("DIV/0!", "N/A", "NAME?", "NULL!", "NUM!", "REF!", "VALUE!", "SPILL!", "CALC!")
)
_TAIL = 8192
_REPEATED = re.compile(rb"""number-(?:columns|rows)-(?:repeated|spanned)=["'](\d+)""")
_MOST_REPEATED = 1_048_576 * 2
SAVE_IT = "open it in Excel or LibreOffice, and save it: then the values of its formulas are in it"
_UNPACKED = "the file is damaged, or was made to exhaust a machine; save it once more"


@dataclass(frozen=True, slots=True)
class SheetRows:
    """The cells of a sheet from its first used row: `first` and `left` are where they begin, from 0.

    `broken` are formulas that have no value, by their places among `rows`: the error, or nothing saved.
    """

    file: str
    name: str
    first: int
    left: int
    rows: Sequence[Sequence[Any]]
    broken: Mapping[tuple[int, int], str]

    @property
    def label(self) -> str:
        """How the sheet is called in messages."""
        return f"{self.file}:{self.name}"

    def cell(self, row: int, column: int) -> str:
        """What a cell is called, `F12`, by its place among those that are used."""
        return f"{column_name(self.left + column)}{self.first + row + 1}"


def column_name(at: int) -> str:
    """`A` for 0, `AA` for 26."""
    name = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def column_number(name: str) -> int:
    """0 for `A`, 26 for `AA`."""
    found = 0
    for letter in name:
        found = found * 26 + ord(letter) - ord("A") + 1
    return found - 1


# A workbook, opened with care


def sheet_names(path: Path) -> list[str]:
    """The sheets with cells that are not hidden, in order; raises `Unusable` for what is no workbook."""
    with _opened(file_of(path)) as book:
        return _visible(book)


def _visible(book: Any) -> list[str]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    return [
        each.name
        for each in book.sheets_metadata
        if each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
    ]


Errors = dict[str, dict[tuple[int, int], str]]
"""By the part of a file that holds a sheet its formulas without a value, by row and column from 0.

The text is the error that a formula gives, and empty where no value was saved.
"""


def _opened(file: Path) -> Any:
    return _opened_with_errors(file)[0]


def _opened_with_errors(file: Path) -> tuple[Any, Errors]:
    """The workbook, and the errors of formulas, of which the library says nothing."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    errors = _check(file)
    try:
        return CalamineWorkbook.from_path(file), errors
    except PasswordError:
        raise _locked(file) from None
    except (CalamineError, ValueError) as error:
        raise Unusable(f"`{file}` is not a workbook that can be read: {_short(error)}", _UNPACKED) from None


def _locked(file: Path) -> Unusable:
    return Unusable(
        f"`{file}` is locked by a password, or is a workbook of an old kind",
        "save it as .xlsx, without a password",
    )


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _check(file: Path) -> Errors:
    """Looks through the file before the library holds it in memory; raises `Unusable`."""
    import zipfile
    import zlib
    from xml.etree.ElementTree import ParseError

    broken = (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ParseError,
        KeyError,
    )
    with file.open("rb") as stream:
        start = stream.read(4)
        if start == _OLE:
            raise _locked(file)
        if not start.startswith(b"PK"):
            if not start:
                raise Unusable(f"`{file}` is empty", "export it once more")
            raise Unusable(
                f"`{file}` is not a workbook, whatever its ending says",
                "is it a CSV file? `--format csv` reads it",
            )
        try:
            with zipfile.ZipFile(stream) as parts:
                return _named(parts, dict(_check_parts(file, parts)))
        except (*broken, ParseError, KeyError) as error:
            raise Unusable(f"`{file}` is a broken workbook: {_short(error)}", _UNPACKED) from None


def _named(parts: zipfile.ZipFile, errors: Errors) -> Errors:
    """The errors by the name of their sheet instead of the part of the file."""
    if not errors:
        return {}
    from xml.etree.ElementTree import fromstring

    book, links = (fromstring(parts.read(name)) for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels"))
    targets = {each.get("Id"): each.get("Target", "").removeprefix("/xl/") for each in links}
    found = {}
    for sheet in book.iter(f"{_MAIN}sheet"):
        part = f"xl/{targets.get(sheet.get(f'{_LINK}id'), '')}"
        if part in errors:
            found[sheet.get("name", "")] = errors[part]
    return found


def _check_parts(file: Path, parts: zipfile.ZipFile) -> Iterator[tuple[str, dict[tuple[int, int], str]]]:
    # What the file says of itself is looked at first; how much it really is shows while it is read.
    size, said = 0, sum(part.file_size for part in parts.infolist() if _is_read(part.filename))
    if said > _LARGEST:
        raise _too_large(file)
    for part in parts.infolist():
        if part.flag_bits & 1:
            raise _locked(file)
        if not _is_read(part.filename):
            continue
        extent = _Extent()
        with parts.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > _LARGEST:
                    raise _too_large(file)
                extent.look(chunk)
        if extent.cells > _MOST_CELLS or extent.repeated > _MOST_REPEATED:
            far = f"{column_name(extent.column)}{extent.row}" if extent.row else "millions of columns or rows"
            raise Unusable(
                f"a sheet of `{file}` is too large to be read: its cells go as far as {far}",
                "delete the empty rows and columns beyond the data",
            )
        if extent.unsaved:
            raise Unusable(f"`{file}` has formulas without a saved value", SAVE_IT)
        if extent.errors:
            yield part.filename, extent.errors


def _is_read(part: str) -> bool:
    return part.endswith((".xml", ".bin"))


def _too_large(file: Path) -> Unusable:
    return Unusable(f"`{file}` unpacks to more than {_LARGEST // 1024**2:,} MB", _UNPACKED)


class _Extent:
    """How far the cells of a sheet reach, as far as its XML tells; the library holds all in between."""

    def __init__(self) -> None:
        self._end = b""
        self.row, self.column = 0, 0
        self.repeated = 0
        self.unsaved = False  # a formula whose cell is not known
        self.errors: dict[tuple[int, int], str] = {}

    def look(self, chunk: bytes) -> None:
        """One part more."""
        text = self._end + chunk
        self._end = text[-_TAIL:]
        for letters, digits in set(_FAR_CELL.findall(text)):
            self.column = max(self.column, column_number(letters.decode()))
            self.row = max(self.row, int(digits[:8]))
        self.unsaved = self.unsaved or _ODS_UNSAVED.search(text) is not None
        self.repeated = max([self.repeated, *(int(each[:8]) for each in _REPEATED.findall(text))])

        if b"<f" in text:
            for letters, digits in _UNSAVED.findall(text):
                self.errors[int(digits[:8]) - 1, column_number(letters.decode())] = ""
        if b't="e"' in text:
            for letters, digits, value in _ERROR.findall(text):
                place = int(digits[:8]) - 1, column_number(letters.decode())
                self.errors[place] = value.decode(errors="replace")

    @property
    def cells(self) -> int:
        """So many cells a sheet of this extent has."""
        return max(self.column + 1, 26) * self.row


def read_sheet(path: Path) -> SheetRows:
    """The cells of a sheet; raises `Unusable`."""
    from python_calamine import CalamineError

    file, wanted = split_sheet(path)
    book, errors = _opened_with_errors(file)
    with book:
        name = _chosen(file, book, wanted)
        try:
            sheet = book.get_sheet_by_name(name)
            rows = sheet.to_python(skip_empty_area=True)
            merged = sheet.merged_cell_ranges or ()
        except (CalamineError, ValueError) as error:
            raise Unusable(
                f"the sheet `{name}` of `{file}` cannot be read: {_short(error)}", _UNPACKED
            ) from None
        first, left = sheet.start or (0, 0)
    broken = {}
    for (row, column), text in errors.get(name, {}).items():
        at = row - first, column - left
        while rows and len(rows) <= at[0]:  # rows that hold nothing else
            rows.append([""] * len(rows[0]))
        if 0 <= at[0] < len(rows) and 0 <= at[1] < len(rows[0]):
            rows[at[0]][at[1]] = text
            broken[at] = text
    if file.suffix.lower() == ".ods":  # errors are texts there
        broken = {
            (i, j): cell
            for i, row in enumerate(rows) for j, cell in enumerate(row) if cell in _ERRORS
        }  # fmt: skip
    _spread(rows, merged, first, left)
    return SheetRows(str(file), name, first, left, rows, broken)


def first_sheet(path: Path, others: Collection[str]) -> Path:
    """`FILE:SHEET` for the first sheet that is not hidden and has none of the other names, in lower case."""
    file, sheet = split_sheet(path)
    names = [] if sheet else sheet_names(file)
    found = next((name for name in names if name.lower() not in others), None)
    return path if found is None else Path(f"{file}:{found}")


def _chosen(file: Path, book: Any, wanted: str | None) -> str:
    visible = _visible(book)
    if wanted is None:
        if not visible:
            raise Unusable(f"`{file}` has no sheet with cells", "choose a different workbook")
        return str(visible[0])
    every: list[str] = list(book.sheet_names)
    found = next((each for each in every if each == wanted), None)
    found = found or next((each for each in every if each.lower() == wanted.lower()), None)
    if found is None:
        help = did_you_mean(wanted, every) or f"its sheets are {listed(every)}"
        raise Unusable(f"`{file}` has no sheet `{wanted}`", help)
    return found


def _spread(rows: Sequence[Any], merged: Iterable[Any], first: int, left: int) -> None:
    """Gives the value of merged cells to all of them, down the rows; across, it would be a wrong value."""
    for (top, start), (bottom, end) in merged:
        if start != end or not 0 <= top - first < len(rows):
            continue
        value = rows[top - first][start - left]
        for row in rows[top - first + 1 : bottom - first + 1]:
            row[start - left] = value
