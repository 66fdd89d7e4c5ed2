"""The rows of section `missing` out of columns, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pyarrow as pa

from policyengine.engine.arrow import TYPES, findings_schema
from policyengine.engine.columns.arrow_records import ROW
from policyengine.engine.columns.cells import keys_of, names_of, owner_names, paths_of
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.lowering import Lowering
from policyengine.engine.layout import MISSING, owner_columns


def _roots(lowering: Lowering, state: State, frame: str) -> pl.Series:
    return state[frame].get_column("__self" if frame == lowering.graph.vocabulary.root else "__root")


def rows_of(lowering: Lowering, state: State, skipped: pl.Series) -> tuple[Any, pl.Series]:
    """A row for every missing fact that somebody needs, and for every row the place of its record."""
    columns = lowering.missing_facts.columns
    entities, facts = sorted({entity for entity, _ in columns}), sorted({fact for _, fact in columns})
    parts = [
        found.with_columns(
            pl.lit(entities.index(entity), pl.UInt32).alias("e"),
            pl.lit(facts.index(fact), pl.UInt32).alias("f"),
        )
        for entity in entities
        for fact, found in _lacked(lowering, state, entity)
    ]
    if not parts:
        return findings_schema(lowering.graph.vocabulary).empty_table(), pl.Series([], dtype=pl.UInt32)
    whole = pl.concat(parts, how="diagonal")
    whole = whole.filter(~skipped.gather(whole.get_column("root"))).sort("root", "e", "path", "f")
    cells = {
        "entity": _coded(whole.get_column("e"), entities),
        "id": _coded(whole.get_column("f"), facts),
        **_of_record(lowering, state, whole),
    }
    for name in owner_columns(lowering.graph.vocabulary).values():
        if name in whole.columns:
            cells[name] = _texts(whole.get_column(name))
    schema = findings_schema(lowering.graph.vocabulary)
    arrays = [
        cells[field.name].cast(field.type) if field.name in cells else pa.nulls(whole.height, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema), whole.get_column("root")


def _lacked(lowering: Lowering, state: State, entity: str) -> Iterator[tuple[str, pl.DataFrame]]:
    """The facts of an entity: where they are missing, and the bits of those that need them."""
    bits = _bits(lowering)
    who = _who(lowering, state, entity)
    roots = _roots(lowering, state, entity).alias("root")
    for (owner, fact), columns in lowering.missing_facts.columns.items():
        if owner != entity:
            continue
        needs = [
            (pl.col(columns[i]) if i in columns else pl.lit(0, pl.UInt64)).alias(name)
            for i, name in enumerate(bits)
        ]
        found = state[entity].select(roots, *who, *needs)
        found = found.filter(pl.any_horizontal(pl.col(name) != 0 for name in bits))
        same = [name for name in found.columns if name not in bits]  # a record may say of no one who it is
        yield fact, found.group_by(same, maintain_order=True).agg(pl.col(name).bitwise_or() for name in bits)


def _bits(lowering: Lowering) -> list[str]:
    return [f"b{i}" for i in range(len(lowering.missing_facts.chunks))]


def _who(lowering: Lowering, state: State, entity: str) -> list[pl.Series]:
    """What tells rows apart: their path, their own name, and those of what they stand in by their columns."""
    if entity == lowering.graph.vocabulary.root:
        nobody = pl.repeat("", state[entity].height, dtype=pl.String, eager=True)
        return [nobody.alias("path"), nobody.alias("who")]
    own, above = names_of(lowering, state, entity), owner_names(lowering, state, entity)
    columns = owner_columns(lowering.graph.vocabulary)
    path = paths_of([*above.values(), own])
    return [
        path.alias("path"),
        own.alias("who"),
        *(each.alias(columns[name]) for name, each in above.items()),
    ]


def _of_record(lowering: Lowering, state: State, whole: pl.DataFrame) -> dict[str, Any]:
    root, at = lowering.graph.vocabulary.root, whole.get_column("root")
    return {
        "row": state[root].get_column(ROW).gather(at).to_arrow(),
        "key": _texts(keys_of(lowering, state, root).gather(at)),
        "subject": _texts(whole.select(pl.when(pl.col("who") != "").then(pl.col("who"))).to_series()),
        "section": _coded(pl.repeat(0, whole.height, dtype=pl.UInt32, eager=True), [MISSING]),
        "needed_by": _needed_by(whole.select(_bits(lowering)), lowering.missing_facts.chunks),
    }


def _texts(series: pl.Series) -> Any:
    return series.to_arrow().cast(pa.string()).dictionary_encode()


def _coded(numbers: pl.Series, words: list[str]) -> Any:
    return pa.DictionaryArray.from_arrays(numbers.cast(pl.Int32).to_arrow(), pa.array(words, pa.string()))


def _needed_by(bits: pl.DataFrame, chunks: list[list[str]]) -> Any:
    """The names behind the bits: put together once for bits that are alike."""
    alike = bits.unique(maintain_order=True)
    several = [
        [name for names, word in zip(chunks, row, strict=True) for name in _named(names, word)]
        for row in alike.iter_rows()
    ]
    numbered = alike.with_row_index("u")
    places = bits.join(numbered, on=bits.columns, how="left", maintain_order="left").get_column("u")
    return pa.array(several, TYPES["texts"]).take(places.to_arrow())


def _named(names: list[str], word: int) -> Iterator[str]:
    return (name for at, name in enumerate(names) if word >> at & 1)
