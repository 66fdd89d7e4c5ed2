"""Columns typed as columns: what is plainly good at once, what is odd record by record.

Arrow batches (Parquet, databases, Spark) and text tables take this way. It says yes only where the reader of
records would find no mistake, and gives the same values; everything else is left to that reader.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any, Protocol

import polars as pl
import pyarrow as pa
from pyarrow import compute as pc

from policyengine.batch.raw import Raw
from policyengine.dataclass import dataclass
from policyengine.engine.columns.arrow_records import ROW
from policyengine.policy.entity import Entity
from policyengine.policy.facts import Fact
from policyengine.policy.scalars import ANY_TEXT, Storage
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import composed
from policyengine.text.decode import invisible

_VISIBLE = bytes([9, *range(32, 127)])
_CENTS = pa.decimal128(38, 2)


@dataclass(frozen=True, slots=True)
class TypedChunk:
    """The good records of a chunk as a batch, with numbers and keys, and the places of the odd ones."""

    batch: Any
    odd: Sequence[int]
    named: Sequence[tuple[int, str | None]]

    @property
    def keys(self) -> list[str | None]:
        """The keys of the good ones."""
        return [key for _, key in self.named]


class Chunk(Protocol):
    """Records that stand together, columns already or soon."""

    @property
    def count(self) -> int:
        """How many records there are."""

    def place(self, at: int) -> tuple[str, int]:
        """The file and line of a record."""

    def given(self, entity: Entity) -> tuple[dict[str, Any], Any]:
        """Columns by name, and which records are odd already (None: none of them)."""

    def raws(self, places: Sequence[int]) -> Iterator[tuple[int, Raw]]:
        """The records at some places, raw."""


def plain_key(fact: Fact) -> bool:
    """Whether values, read as columns, are keys with the text that they are written with."""
    return fact.single.storage in ("whole", "date") or fact.single.plain == ANY_TEXT


class ColumnReader:
    """Types the batches of one program."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._key = vocabulary.entities[vocabulary.root].key

    def read(self, chunk: Chunk, before: int, twins: Container[str | None] = ()) -> TypedChunk:
        """The chunk, typed; its records are numbered from `before` on, and odd if their key is of `twins`."""
        given, strange = chunk.given(self._vocabulary.entities[self._vocabulary.root])
        whole = {name: _one_piece(column) for name, column in given.items()}
        columns, odd = self._entity(self._vocabulary.root, whole, chunk.count)
        odd = either(odd, strange)
        keys = _texts(columns.get(self._key), chunk.count) if self._key else [None] * chunk.count
        bad = set(_places(odd))
        if twins:
            bad.update(i for i, key in enumerate(keys) if key in twins)
        numbers = range(before + 1, before + chunk.count + 1)
        named = list(zip(numbers, keys, strict=True))
        arrays = [pa.array(numbers, pa.int64()), *columns.values()]
        batch = pa.RecordBatch.from_arrays(arrays, names=[ROW, *columns])
        if bad:
            good = [i for i in range(chunk.count) if i not in bad]
            batch = batch.take(pa.array(good, pa.int64()))
            named = [named[i] for i in good]
        return TypedChunk(batch, sorted(bad), named)

    def _entity(self, entity: str, given: Mapping[str, Any], count: int) -> tuple[dict[str, Any], Any]:
        """The columns of an entity, and which of its instances are odd (None: none of them)."""
        declared = self._vocabulary.entities[entity]
        lists = {str(child.list): (name, child) for name, child in self._vocabulary.children(entity)}
        odd: Any = None
        columns: dict[str, Any] = {}
        for name, values in given.items():
            if name in lists:
                columns[name], strange = self._list(*lists[name], values)
            elif name in declared.facts and declared.facts[name].is_given:
                columns[name], strange = _fact(values, declared.facts[name])
            else:
                strange = values.is_valid() if values.null_count < len(values) else None
            odd = either(odd, strange)
        for name, fact in declared.facts.items():
            if fact.required and fact.is_given:
                lacking = columns[name].is_null() if name in columns else pa.array([True] * count, pa.bool_())
                odd = either(odd, lacking)
        return columns, odd

    def _list(self, entity: str, declared: Entity, values: Any) -> tuple[Any, Any]:
        if pa.types.is_null(values.type):
            return values, None
        if not (pa.types.is_list(values.type) and pa.types.is_struct(values.type.value_type)):
            return pa.nulls(len(values)), values.is_valid()
        values = _compact(values)
        items = values.values
        if items.null_count:
            return pa.nulls(len(values)), values.is_valid()
        given = {items.type.field(i).name: items.field(i) for i in range(items.type.num_fields)}
        columns, odd = self._entity(entity, given, len(items))
        parents = pc.list_parent_indices(values)
        if declared.key is not None and declared.key in columns:
            odd = either(odd, _repeated(parents, columns[declared.key]))
        rows = pa.StructArray.from_arrays(list(columns.values()), names=list(columns)) if columns else items
        found = pa.ListArray.from_arrays(
            values.offsets, rows, mask=values.is_null() if values.null_count else None
        )
        if odd is None:
            return found, None
        hit = set(pc.unique(parents.filter(odd)).to_pylist())
        return found, pa.array([i in hit for i in range(len(values))])


def _one_piece(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _compact(values: Any) -> Any:
    """The list without an offset, and without items that are in none of its rows."""
    whole = not values.offset and not values.null_count and len(values) > 0
    if not (whole and values.offsets[0].as_py() == 0 and values.offsets[-1].as_py() == len(values.values)):
        return pc.take(values, pa.array(range(len(values)), pa.int64()))
    return values


def either(one: Any, other: Any) -> Any:
    """What one or the other says is odd; None says that nothing is."""
    if one is None or other is None:
        return other if one is None else one
    return pc.or_(one, other)


def _places(odd: Any) -> list[int]:
    return [] if odd is None else pc.indices_nonzero(odd).to_pylist()


def _repeated(parents: Any, keys: Any) -> Any:
    """Which of the keys in a list another one of the list has too; the later ones."""
    seen: set[tuple[int, object]] = set()
    found: list[bool] = []
    for pair in zip(parents.to_pylist(), keys.to_pylist(), strict=True):
        found.append(pair[1] is not None and pair in seen)
        seen.add(pair)
    return pa.array(found) if any(found) else None


def _texts(column: Any, count: int) -> list[str | None]:
    if column is None:
        return [None] * count
    if pa.types.is_string(column.type):
        return pl.Series(column).to_list()
    return [None if key is None else str(key) for key in column.to_pylist()]


# A column of a fact: its values, and which of them are odd


def _fact(values: Any, fact: Fact) -> tuple[Any, Any]:
    kind = values.type
    if pa.types.is_null(kind):
        return values, None
    if pa.types.is_dictionary(kind):
        values = values.dictionary_decode()
        kind = values.type
    if fact.is_list:
        return _several(values, fact)
    if fact.single.plain is not None:
        found = _READERS[fact.single.storage](values, kind, fact)
        if found is not None:
            return found
    return pa.nulls(len(values)), values.is_valid()


def _several(values: Any, fact: Fact) -> tuple[Any, Any]:
    if fact.single.plain == ANY_TEXT and pa.types.is_list(values.type):
        values = _compact(values)
        items = values.values
        if _is_text(items.type) and not items.null_count:
            found, odd = _fact(items, replace(fact, type=fact.scalar))
            if odd is None and not found.null_count:
                return values, None
    return pa.nulls(len(values), pa.list_(pa.string())), values.is_valid()


def _is_text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def filled(values: Any) -> Any:
    """Texts with those that say nothing as nulls."""
    blank = pc.equal(pc.utf8_trim_whitespace(values), "")
    return pc.if_else(blank, None, values) if pc.any(blank).as_py() else values


def _text(values: Any, kind: Any, fact: Fact) -> tuple[Any, Any] | None:
    if not _is_text(kind):
        return None
    values = values if pa.types.is_string(kind) else values.cast(pa.string())
    if fact.values is None:
        return seen(filled(values))
    known = pa.array([str(each) for each in fact.values], pa.string())
    if not pc.any(_unknown(values, known)).as_py():
        return values, None
    values = filled(values)
    odd = _unknown(values, known)
    if not pc.any(odd).as_py():
        return values, None
    return pc.if_else(odd, None, values), odd


def seen(values: Any) -> tuple[Any, Any]:
    """Texts, and which have characters that nobody sees, or accents apart from their letters."""
    if _simple(values):
        return values, None
    odd = pa.array([each is not None and not plain_text(each) for each in values.to_pylist()], pa.bool_())
    return (values, None) if not pc.any(odd).as_py() else (pc.if_else(odd, None, values), odd)


def _simple(values: Any) -> bool:
    """Whether all texts are of ASCII that can be seen."""
    _, offsets, data = values.buffers()
    if data is None or not len(values):
        return True
    ends = memoryview(offsets).cast("i")
    found = bytes(memoryview(data)[ends[values.offset] : ends[values.offset + len(values)]])
    return found.isascii() and not found.translate(None, _VISIBLE)


def plain_text(text: str) -> bool:
    """Whether a text is read as it stands: accents are composed, and nothing in it is invisible."""
    return composed(text) == text and invisible(text) is None


def _unknown(values: Any, known: Any) -> Any:
    return pc.and_(values.is_valid(), pc.invert(pc.is_in(values, value_set=known)))


def _boolean(values: Any, kind: Any, fact: Fact) -> tuple[Any, Any] | None:
    return (values, None) if pa.types.is_boolean(kind) else None


def _whole(values: Any, kind: Any, fact: Fact) -> tuple[Any, Any] | None:
    if not pa.types.is_integer(kind) or kind == pa.uint64():
        return None
    return _bounded(values.cast(pa.int64()), fact)


def _exact(values: Any, kind: Any, fact: Fact) -> tuple[Any, Any] | None:
    if pa.types.is_integer(kind) and kind != pa.uint64():
        values = values.cast(pa.decimal128(19, 0)).cast(pa.decimal128(38, 0))
    elif not pa.types.is_decimal128(kind):
        return None
    with suppress(pa.ArrowInvalid):  # most amounts need no more, and are counted in smaller numbers then
        values = values.cast(_CENTS) if values.type.scale > _CENTS.scale else values
    return _bounded(values, fact)


def _bounded(values: Any, fact: Fact) -> tuple[Any, Any]:
    odd: Any = None
    for limit, beyond in zip(fact.limits, (pc.less, pc.greater), strict=True):
        if limit is not None:
            strange = beyond(values, _scalar(limit, values.type))
            odd = either(odd, pc.fill_null(strange, False))
    if odd is None or not pc.any(odd).as_py():
        return values, None
    return pc.if_else(odd, None, values), odd


def _scalar(limit: Decimal, kind: Any) -> Any:
    return pa.scalar(int(limit), pa.int64()) if pa.types.is_integer(kind) else pa.scalar(limit)


def _date(values: Any, kind: Any, fact: Fact) -> tuple[Any, Any] | None:
    strange: Any = None
    if _is_text(kind):
        values, strange = days(values, f"^(?:{fact.single.plain})$")
    elif not pa.types.is_date32(kind):
        return None
    first, last = pa.scalar(-719162, pa.int32()), pa.scalar(2932896, pa.int32())  # the years 1 to 9999
    numbers = values.cast(pa.int32())
    odd = either(strange, pc.fill_null(pc.or_(pc.less(numbers, first), pc.greater(numbers, last)), False))
    return (values, None) if not pc.any(odd).as_py() else (pc.if_else(odd, None, values), odd)


def days(texts: Any, pattern: str) -> tuple[Any, Any]:
    """Texts as dates, each text that is there once; and which of them are not written as one."""
    coded = texts.dictionary_encode()
    found, odd = matching(coded.dictionary, pattern)
    read = pl.Series(found.to_pylist(), dtype=pl.String).str.to_date("%Y-%m-%d", strict=False)
    column = read.to_arrow().cast(pa.date32())
    odd = pc.or_(odd, pc.and_(column.is_null(), found.is_valid()))
    return column.take(coded.indices), pc.fill_null(odd.take(coded.indices), False)


def matching(texts: Any, pattern: str) -> tuple[Any, Any]:
    """The cells that match, the others as nulls; and which do not."""
    good = pc.fill_null(pc.match_substring_regex(texts, pattern), True)
    return pc.if_else(good, texts, None), pc.invert(good)


_READERS: Mapping[Storage, Callable[[Any, Any, Fact], tuple[Any, Any] | None]] = {
    "text": _text, "boolean": _boolean, "whole": _whole, "exact": _exact, "date": _date,
}  # fmt: skip
