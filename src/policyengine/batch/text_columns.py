"""Cells of text tables typed as whole columns, where each is written in the plainest way.

What is written otherwise is odd, which is no verdict: the reader of records has the word on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import polars as pl
import pyarrow as pa
from pyarrow import compute as pc

from policyengine.batch.csvfile import CsvRow
from policyengine.batch.head import Head
from policyengine.batch.places import split
from policyengine.batch.raw import Raw
from policyengine.batch.textfiles import csv_fault, csv_record
from policyengine.batch.typed_columns import either, filled
from policyengine.dataclass import dataclass
from policyengine.policy.vocabulary import Entity, Fact

_WHOLE = "^(0|-?[1-9][0-9]{0,14})$"
_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,10})?$"
_RATE = r"^-?[0-9]{1,15}(\.[0-9]{1,10})? ?%?$"
_TRUTH = "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"
_MIDNIGHT = "^([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]00:00(:00([.]0+)?)?$"
_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
Typed = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class TextChunk:
    """Rows of one text table, one after the other."""

    rows: Sequence[Raw]

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.rows)

    def place(self, at: int) -> tuple[str, int]:
        """The file and line of a record."""
        return self.rows[at].file, self.rows[at].line

    def raws(self, places: Sequence[int]) -> Iterator[tuple[int, Raw]]:
        """The records at some places."""
        return ((at, self.rows[at]) for at in places)

    def given(self, entity: Entity) -> tuple[dict[str, Any], Any]:
        """Its columns by the types of the facts, and which records have an odd cell or a fault."""
        odd: Any = pa.array([bool(row.faults) for row in self.rows])
        columns: dict[str, Any] = {}
        names = next((row.values for row in self.rows if row.values), {})
        for name in names:
            cells = [row.values.get(name) for row in self.rows]
            filled = [cell if cell and str(cell).strip() else None for cell in cells]
            texts = pa.array(filled, pa.string())
            columns[name], strange = typed_texts(texts, entity.facts[name], name == entity.key)
            odd = odd if strange is None else pc.or_(odd, strange)
        return columns, odd if pc.any(odd).as_py() else None


@dataclass(frozen=True, slots=True)
class CsvChunk:
    """Rows of one CSV file, one after the other."""

    file: str
    head: Head
    rows: Sequence[CsvRow]

    @property
    def count(self) -> int:
        """How many records there are."""
        return len(self.rows)

    def place(self, at: int) -> tuple[str, int]:
        """The file and line of a record."""
        return self.file, self.rows[at].line

    def raws(self, places: Sequence[int]) -> Iterator[tuple[int, Raw]]:
        """The records at some places."""
        return ((at, csv_record(self.rows[at], self.head, self.file)) for at in places)

    def faults(self) -> dict[int, Raw]:
        """The rows that are no good, by their places."""
        faulty = ((at, csv_fault(row, self.head, self.file)) for at, row in enumerate(self.rows))
        return {at: raw for at, raw in faulty if raw is not None}

    def cells(self, faults: Mapping[int, Raw]) -> dict[str, Any]:
        """The cells by the names of their columns, nulls where the row is no good."""
        nothing = (None,) * len(self.head.columns)
        rows = [nothing if at in faults else row.cells for at, row in enumerate(self.rows)]
        named = zip(self.head.columns, zip(*rows, strict=True), strict=True)
        return {name: pa.array(column, pa.string()) for name, column in named if name is not None}

    def given(self, entity: Entity) -> tuple[dict[str, Any], Any]:
        """Its columns by the types of the facts, and which records have an odd cell or a fault."""
        faults = self.faults()
        odd = pa.array([at in faults for at in range(self.count)]) if faults else None
        columns: dict[str, Any] = {}
        for name, cells in self.cells(faults).items():
            columns[name], strange = typed_texts(filled(cells), entity.facts[name], name == entity.key)
            odd = either(odd, strange)
        return columns, odd


def text_chunk(rows: Sequence[Raw]) -> TextChunk | None:
    """Rows of a text table as a chunk; None for other records."""
    plain = all(row.textual and not row.lists and row.ready is None for row in rows)
    return TextChunk(rows) if plain else None


def typed_texts(texts: Any, fact: Fact, is_key: bool = False) -> Typed:
    """A column of cells (null: empty), typed; and which of them are odd (None: none).

    Records are told apart by their keys as they are written, so one that is written otherwise is odd.
    """
    if fact.is_list:
        return _lists(texts.to_pylist(), fact)
    if fact.scalar == "date" and not is_key:
        texts = _days_of_midnights(texts)
    read = _READERS.get(fact.scalar)
    return (pa.nulls(len(texts)), texts.is_valid()) if read is None else read(texts)


def _lists(cells: list[Any], fact: Fact) -> Typed:
    if fact.scalar not in ("text", "enum"):
        return pa.nulls(len(cells)), pa.array([cell is not None for cell in cells])
    parts = [None if cell is None else split(cell) for cell in cells]
    odd = [each is not None and not all(each) for each in parts]
    good = [None if strange else each for each, strange in zip(parts, odd, strict=True)]
    return pa.array(good, pa.list_(pa.string())), pa.array(odd)


def _plain(texts: Any, pattern: str) -> Typed:
    """The cells that match, the others as nulls; and which do not."""
    good = pc.fill_null(pc.match_substring_regex(texts, pattern), True)
    return pc.if_else(good, texts, None), pc.invert(good)


def _same(texts: Any) -> Typed:
    return texts, None


def _boolean(texts: Any) -> Typed:
    found, odd = _plain(texts, _TRUTH)
    return pc.equal(pc.ascii_lower(found), "true"), odd


def _whole(texts: Any) -> Typed:
    found, odd = _plain(texts, _WHOLE)
    return found.cast(pa.int64()), odd


def _exact(texts: Any, pattern: str) -> Typed:
    """Decimals at the scale of the one with most digits after the point; a hundredth of those in per cent."""
    found, odd = _plain(texts, pattern)
    percent = pc.fill_null(pc.ends_with(found, "%"), False)
    digits = pc.utf8_rtrim(found, " %")
    point = pc.find_substring(digits, ".")
    after = pc.if_else(pc.greater(point, -1), pc.subtract(pc.subtract(pc.utf8_length(digits), point), 1), 0)
    scale = pc.max(after).as_py() or 0
    if not pc.any(percent).as_py():
        return digits.cast(pa.decimal128(38, scale)), odd
    values = digits.cast(pa.decimal128(27, scale))
    hundredth = pa.scalar(Decimal("0.01"), pa.decimal128(3, 2))
    wide = pa.decimal128(38, scale + 2)
    return pc.if_else(percent, pc.multiply(values, hundredth).cast(wide), values.cast(wide)), odd


def _days_of_midnights(texts: Any) -> Any:
    """Points in time that are midnight as their days; a reader of records sees them as such too."""
    if not pc.any(pc.greater(pc.binary_length(texts), 10)).as_py():
        return texts
    return pc.replace_substring_regex(texts, _MIDNIGHT, r"\1")


def days(texts: Any) -> Typed:
    """Texts as dates, each text that is there once; and which of them are not written as one."""
    coded = texts.dictionary_encode()
    found, odd = _plain(coded.dictionary, _DAY)
    read = pl.Series(found.to_pylist(), dtype=pl.String).str.to_date("%Y-%m-%d", strict=False)
    column = read.to_arrow().cast(pa.date32())
    odd = pc.or_(odd, pc.and_(column.is_null(), found.is_valid()))
    return column.take(coded.indices), pc.fill_null(odd.take(coded.indices), False)


_READERS: Mapping[str, Callable[[Any], Typed]] = {
    "text": _same, "enum": _same, "boolean": _boolean, "count": _whole, "integer": _whole, "date": days,
    "number": partial(_exact, pattern=_NUMBER), "money": partial(_exact, pattern=_NUMBER),
    "rate": partial(_exact, pattern=_RATE),
}  # fmt: skip
