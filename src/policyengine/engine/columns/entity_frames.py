"""A batch of records to frames: one a declared entity, numbers as whole units, choices as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pyarrow as pa
from pyarrow import compute

from policyengine.dataclass import dataclass
from policyengine.engine.arrow import to_series
from policyengine.engine.columns import terms
from policyengine.engine.columns.arrow_records import ROW
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.terms import Term, Unsupported
from policyengine.policy.facts import Fact, as_given
from policyengine.policy.vocabulary import Vocabulary

_SCALES = (0, 2, 4, 6, 8)
_SHORT = 18
CLASSES = (3, 6, 9, 12, 15, 18, 24, 30, 37)


@dataclass(frozen=True, slots=True)
class FactShape:
    """What a batch has under a fact: whether one is missing; of numbers the scale and how many digits."""

    missing: bool
    scale: int = 0
    digits: int = 0


HELD = FactShape(True, -1)
"""The shape of values of a node, worked out by rows, that fit in no column of their type."""
Shape = frozenset[tuple[tuple[str, str], FactShape]]


class Loader:
    """Reads the facts that a program uses out of batches of one schema; all facts if `used` is None."""

    def __init__(self, vocabulary: Vocabulary, used: frozenset[str] | None) -> None:
        self._vocabulary = vocabulary
        self._used = used
        self.frames = tuple(sorted(vocabulary.entities, key=lambda each: len(vocabulary.lineage(each))))

    def load(self, batch: Any) -> tuple[State, Shape, pl.Series]:
        """The frames, what is in them, and which records columns cannot hold exactly."""
        found: dict[tuple[str, str], FactShape] = {}
        state = State()
        careful = pl.repeat(False, batch.num_rows, dtype=pl.Boolean, eager=True)
        root = self._vocabulary.root
        table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
        columns: dict[str, Any] = {name: _single(table.column(name)) for name in table.column_names}
        extra = {ROW: to_series(columns[ROW], ROW)}
        careful = self._entity(root, columns, table.num_rows, extra, None, state, found, careful)
        return state, frozenset(found.items()), careful

    def _entity(
        self, entity: str, columns: Mapping[str, Any], count: int, extra: Mapping[str, pl.Series],
        roots: pl.Series | None, state: State, found: dict[tuple[str, str], FactShape], careful: pl.Series,
    ) -> pl.Series:  # fmt: skip
        declared = self._vocabulary.entities[entity]
        series = [pl.int_range(count, dtype=pl.UInt32, eager=True).alias("__self")]
        series += [values.alias(name) for name, values in extra.items()]
        for name, fact in declared.facts.items():
            kept = (
                self._used is None
                or not self._used.isdisjoint((name, as_given(name)))
                or name in (declared.key, declared.label)
            )
            if not fact.is_given or not kept:
                continue
            given = columns.get(name)
            given = given if given is not None else pa.nulls(count, pa.null())
            values, shape, odd = _fact(given, fact, f"f.{name}")
            found[entity, name] = shape
            series.append(values)
            if odd is not None:
                careful = _mark(careful, odd, roots)
        for child, below in self._vocabulary.children(entity):
            name = str(below.list)
            given = columns.get(name)
            if given is None or pa.types.is_null(given.type):
                given = pa.nulls(count, pa.list_(pa.struct([])))
            known = to_series(given.is_valid(), f"l.{name}")
            if below.default is not None:
                known = pl.repeat(True, count, dtype=pl.Boolean, eager=True).alias(f"l.{name}")
            found[entity, name] = FactShape(not bool(known.all()))
            series.append(known)
            up = to_series(compute.list_parent_indices(given), "__up").cast(pl.UInt32)
            starts = to_series(given.offsets, "o").cast(pl.Int64)
            start = starts.slice(0, count).gather(up)
            at = pl.int_range(len(up), dtype=pl.Int64, eager=True) + starts[0] - start + 1
            items = given.flatten()
            fields = {items.type.field(i).name: items.field(i) for i in range(items.type.num_fields)}
            if items.null_count:
                fields = dict(zip(fields, items.flatten(), strict=True))
            above = up if roots is None else roots.gather(up)
            more = {"__up": up, "__at": at.cast(pl.Int32), "__root": above}
            careful = self._entity(child, fields, len(up), more, above, state, found, careful)
        state[entity] = pl.DataFrame(series)
        return careful


def _single(column: Any) -> Any:
    if column.num_chunks == 1:
        return column.chunk(0)  # combining copies even one
    found = column.combine_chunks()
    return found.chunk(0) if isinstance(found, pa.ChunkedArray) and found.num_chunks else found


def _mark(careful: pl.Series, odd: pl.Series, roots: pl.Series | None) -> pl.Series:
    if roots is None:
        return careful | odd
    hit = roots.filter(odd).unique()
    return careful.scatter(hit, True)


_STORED = {"text": pl.String, "boolean": pl.Boolean, "whole": pl.Int64, "date": pl.Date}


def _fact(array: Any, fact: Fact, name: str) -> tuple[pl.Series, FactShape, pl.Series | None]:
    """A column, what is in it, and which rows do not fit in."""
    if fact.scalar == "enum" and not fact.is_list:
        choices = _choices(array, fact, name)
        return choices, FactShape(choices.null_count() > 0), None
    if fact.single.storage == "exact" and not fact.is_list:
        return _exact(array, name)
    values = to_series(array, name)
    if fact.is_list:
        return values, FactShape(values.null_count() > 0), None
    values = values.cast(_STORED[fact.single.storage])
    if fact.single.is_whole:
        digits, odd = _digits(values)
        return values, FactShape(values.null_count() > 0, 0, digits), odd
    return values, FactShape(values.null_count() > 0), None


def _choices(array: Any, fact: Fact, name: str) -> pl.Series:
    """Values of an enum by their numbers; the reader has refused all others."""
    texts = array if pa.types.is_string(array.type) else array.cast(pa.string())
    found = compute.index_in(texts, value_set=pa.array([str(each) for each in fact.values or ()]))
    if found.null_count > texts.null_count:
        raise ValueError(f"`{name[2:]}` has a value that it is not declared to have")
    return to_series(found, name).cast(pl.UInt16)


def _digits(values: pl.Series) -> tuple[int, pl.Series | None]:
    """How many digits there are at most; values far longer than the rest are left to the row engine."""
    low, high = values.min(), values.max()
    most = max(abs(int(low or 0)), abs(int(high or 0)))  # type: ignore[arg-type]
    digits = next((each for each in CLASSES if most < 10**each), CLASSES[-1])
    if digits <= _SHORT and most < 10**digits:
        return digits, None
    wide = values.alias("u").to_frame().select(pl.col("u").cast(pl.Int128)).to_series()
    odd = _beyond(wide, 10**_SHORT)
    if _are_few(int(odd.sum()), len(values)):
        return _SHORT, odd
    return digits, None if most < 10**digits else _beyond(wide, 10**digits)


def _beyond(units: pl.Series, limit: int) -> pl.Series:
    bound = terms.lit(limit, pl.Int128)
    found = units.alias("u").to_frame().select((pl.col("u") >= bound) | (pl.col("u") <= -bound))
    return found.to_series().fill_null(False)


def _exact(array: Any, name: str) -> tuple[pl.Series, FactShape, pl.Series | None]:
    """Decimals as whole units of the coarsest scale that keeps all but a few of them."""
    array = array if pa.types.is_decimal(array.type) else array.cast(pa.decimal128(38, 0))
    scale = array.type.scale
    units = _low_halves(array)
    units = _narrow(to_series(array, name).to_physical()) if units is None else units.alias(name)
    missing = units.null_count() > 0
    odd: pl.Series | None = None
    for wanted in _SCALES if scale > 2 else ():
        if wanted >= scale:
            break
        unit = terms.lit(10 ** (scale - wanted), units.dtype)
        split = (
            units.alias("u").to_frame().select((pl.col("u") % unit != 0).alias("off"), pl.col("u") // unit)
        )
        off = split.get_column("off").fill_null(False)
        count = off.sum()
        if count == 0 or (wanted >= 2 and _are_few(int(count), len(units))):
            units, scale = split.get_column("u"), wanted
            odd = off if count else None
            break
    digits, long = _digits(units)
    if long is not None:
        odd = long if odd is None else odd | long
        units = units.to_frame().select(pl.when(~long).then(pl.col(units.name))).to_series()
        missing = True
    if digits <= 18:
        units = units.cast(pl.Int64)
    return units.alias(name), FactShape(missing, scale, digits), odd


def _are_few(count: int, whole: int) -> bool:
    """Whether so many may be left to the row engine: one, or one in a hundred."""
    return count <= 1 or count * 100 <= whole


def _low_halves(array: Any) -> pl.Series | None:
    """Units of 128 bits in 64, as they lie in memory; None unless all are there, small and not below 0."""
    if array.type.bit_width != 128 or array.null_count or not len(array):
        return None
    words = pa.Array.from_buffers(pa.int64(), 2 * len(array), [None, array.buffers()[1]], 0, 2 * array.offset)
    halves = to_series(words, "u")
    low, high = halves.gather_every(2), halves.gather_every(2, 1)
    return low if not high.bitwise_or() and bool((low >= 0).all()) else None


def _narrow(units: pl.Series) -> pl.Series:
    """Whole units in 64 bits where all of them fit."""
    low, high = units.min(), units.max()
    most = max(abs(int(low or 0)), abs(int(high or 0)))  # type: ignore[arg-type]
    return units.cast(pl.Int64) if most < 2**63 else units


_ITEMS = {"boolean": "flag", "date": "date", "text": "text", "enum": "text", "period": "period"}


def fact_term(name: str, fact: Fact, shape: FactShape) -> Term:
    """The term of a fact of a frame."""
    column, sure = pl.col(f"f.{name}"), not shape.missing
    if fact.is_list:
        item: Any = _ITEMS.get(fact.scalar)
        return terms.Values(column, item or "number", 0, sure)
    match fact.scalar:
        case "boolean":
            return terms.Flag(column, sure)
        case "enum":
            return terms.Code(column, tuple(fact.values or ()), sure)
        case "text":
            return terms.Text(column, sure)
        case "date":
            return terms.Day(column, sure)
        case "period":
            return terms.Opaque(column, sure)
        case _ if fact.single.is_number:
            return terms.Num(column, shape.scale, 10**shape.digits, sure)
    raise Unsupported(f"a fact of type {fact.type}")
