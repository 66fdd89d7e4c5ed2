"""Cells of text tables typed as whole columns, where each is written in the plainest way.

What is written otherwise is odd, which is no verdict: the reader of records has the word on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyarrow import compute as pc

from policyengine.batch.places import split
from policyengine.batch.raw import Head, Raw
from policyengine.batch.typed_columns import days, either, filled, matching, plain_text, seen
from policyengine.dataclass import dataclass
from policyengine.policy.entity import Entity
from policyengine.policy.facts import Fact
from policyengine.policy.scalars import ANY_TEXT

_MIDNIGHT = "^([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]00:00(:00([.]0+)?)?$"
Typed = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class TextTable:
    """Rows of a table of texts, one after the other, and the lines on which they stand.

    `faults` are rows that cannot be used, by their places.
    """

    file: str
    head: Head
    lines: Sequence[int]
    rows: Sequence[Sequence[str]]
    faults: Mapping[int, Raw]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    def place(self, at: int) -> tuple[str, int]:
        """The file and line of a row."""
        return self.file, self.lines[at]

    def raws(self, places: Iterable[int]) -> Iterator[tuple[int, Raw]]:
        """The rows at some places as raw records."""
        for at in places:
            raw = self.faults.get(at)
            if raw is None:
                pairs = zip(self.head.columns, self.rows[at], strict=True)
                values: dict[str, object] = {name: cell for name, cell in pairs if name is not None}
                raw = Raw(self.file, self.lines[at], values, True)
            yield at, raw

    def owners(self) -> list[tuple[str, ...]]:
        """For every row the keys of what it belongs to; fewer where the row ends before."""
        wanted = self.head.owners
        return [tuple(row[i] for i in wanted if i < len(row)) for row in self.rows]

    def cells(self) -> Iterator[tuple[str, Any]]:
        """The names of the columns and their cells, nulls where the row cannot be used."""
        nothing = (None,) * len(self.head.columns)
        rows = [nothing if at in self.faults else row for at, row in enumerate(self.rows)]
        named = zip(self.head.columns, zip(*rows, strict=True), strict=True)
        return ((name, pa.array(column, pa.string())) for name, column in named if name is not None)

    def given(self, entity: Entity) -> tuple[dict[str, Any], Any]:
        """The columns by the types of the facts, and which records have an odd cell or a fault."""
        odd = pa.array([at in self.faults for at in range(self.count)]) if self.faults else None
        columns: dict[str, Any] = {}
        for name, cells in self.cells():
            columns[name], strange = typed_texts(filled(cells), entity.facts[name], name == entity.key)
            odd = either(odd, strange)
        return columns, odd


def typed_texts(texts: Any, fact: Fact, is_key: bool = False) -> Typed:
    """A column of cells (null: empty), typed; and which of them are odd (None: none).

    Records are told apart by their keys as they are written, so one that is written otherwise is odd.
    """
    if fact.is_list:
        return _lists(texts.to_pylist(), fact)
    if fact.scalar == "date" and not is_key:
        texts = _days_of_midnights(texts)
    single = fact.single
    if single.plain is None:
        return pa.nulls(len(texts)), texts.is_valid()
    if single.plain == ANY_TEXT:
        return seen(texts) if fact.values is None else (texts, None)
    return _READERS[single.storage](texts, f"^(?:{single.plain})$")


def _lists(cells: list[Any], fact: Fact) -> Typed:
    if fact.single.plain != ANY_TEXT:
        return pa.nulls(len(cells)), pa.array([cell is not None for cell in cells])
    parts = [None if cell is None else split(cell) for cell in cells]
    odd = [each is not None and not all(part and plain_text(part) for part in each) for each in parts]
    good = [None if strange else each for each, strange in zip(parts, odd, strict=True)]
    return pa.array(good, pa.list_(pa.string())), pa.array(odd)


def _boolean(texts: Any, pattern: str) -> Typed:
    found, odd = matching(texts, pattern)
    return pc.equal(pc.ascii_lower(found), "true"), odd


def _whole(texts: Any, pattern: str) -> Typed:
    found, odd = matching(texts, pattern)
    return found.cast(pa.int64()), odd


def _exact(texts: Any, pattern: str) -> Typed:
    """Decimals at the scale of the one with most digits after the point; a hundredth of those in per cent."""
    found, odd = matching(texts, pattern)
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


_READERS: Mapping[str, Callable[[Any, str], Typed]] = {
    "boolean": _boolean, "whole": _whole, "exact": _exact, "date": days,
}  # fmt: skip
