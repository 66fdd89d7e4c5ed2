"""One row a record out of columns: the layout of `wide`, from the findings table as Arrow to one of Arrow.

What a finding comes to depends on few of its cells, and few of their combinations are there: each is worked
out once, by the words of `wide`, and the findings know it by its number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from policyengine.batch.combined import combined
from policyengine.batch.wide import Wide, cell_text, head_of, name_of
from policyengine.decision.findings import UNDETERMINED
from policyengine.engine.arrow import arrow_schema, arrow_table, to_series
from policyengine.engine.layout import LARGEST, MISSING, NAMES, VALUES, Row, TooLarge

Named = Sequence[tuple[int, str | None]]
_TEXTS = ("entity", "section", "policy", "id", "on", "role", "status", "level", "party")
_Kind = tuple[int | None, int | None, bool, bool, str | None, int | None]
_Coded = tuple[pl.Series, list[object]]


def shape_table(wide: Wide, findings: Any, records: Named) -> Any:
    """The rows of `wide.shape` as an Arrow table, for findings as one.

    It raises `TooLarge` where the table has no room for a sum. The findings of a record stand together.
    """
    numbers = pl.Series("row", [number for number, _ in records], pl.Int64)
    schema = arrow_schema(wide.columns)
    if not findings.num_rows:
        return arrow_table(wide.shape([], records), schema)
    arrays: dict[int, Any] = {
        0: numbers.to_arrow(),
        1: pa.array([key for _, key in records], schema.field(1).type),
    }
    found = _Findings(wide, findings.unify_dictionaries().combine_chunks())
    lines = found.lines(numbers)
    arrays |= _cells(wide, found, lines.drop_nulls("slot"), len(numbers))
    for slot, section in ((len(schema) - 2, UNDETERMINED), (len(schema) - 1, MISSING)):
        arrays[slot] = _list(lines.filter(pl.col("list") == section), found.heads, len(numbers), section)
    empty = (pa.nulls(len(numbers), field.type) for field in schema)
    filled = [arrays.get(i, nothing).cast(schema.field(i).type) for i, nothing in enumerate(empty)]
    return pa.Table.from_arrays(filled, schema=schema)


def _cells(wide: Wide, found: _Findings, lines: pl.DataFrame, height: int) -> dict[int, Any]:
    """The columns of findings and values that are there."""
    slots = lines.get_column("slot")
    places = slots.cast(pl.Int64) * height + lines.get_column("at").cast(pl.Int64)
    rows = pl.repeat(-1, len(wide.columns) * height, dtype=pl.Int32, eager=True)
    rows = rows.scatter(places, pl.int_range(lines.height, dtype=pl.Int32, eager=True))
    alone = int((rows >= 0).sum()) == lines.height
    twice = set() if alone else set(slots.filter(places.is_duplicated()).unique().to_list())
    arrays: dict[int, Any] = {}
    for slot in slots.unique().to_list():
        exact = wide.columns[slot].kind == "exact"
        if slot in twice:
            own = lines.filter(pl.col("slot") == slot)
            texts = None if exact else found.texts(slot, own.item(0, "valued"))
            arrays[slot] = _sums(own, height) if texts is None else _several(own, texts, height)
            continue
        there = rows.slice(slot * height, height)
        spread = there.set(there < 0, None)
        if exact:
            arrays[slot] = lines.get_column("exact").gather(spread).to_arrow()
            continue
        valued = bool(lines.item(int(there.max()), "valued"))  # type: ignore[arg-type]
        arrays[slot] = _words(lines.get_column("word").gather(spread), found.texts(slot, valued), valued)
    return arrays


class _Findings:
    """The findings by the number of what each comes to, and the words of the columns and lists."""

    def __init__(self, wide: Wide, table: Any) -> None:
        self._wide = wide
        self._table = table
        self.words: dict[int, dict[str, int]] = {}
        self.heads: dict[str, int] = {}
        codes, values = _coded(table.column("value"))
        self.values = pl.Series(values, dtype=pl.String)
        """The texts of values: as many as there are, so they stand for themselves."""
        self._codes = codes

    def texts(self, slot: int, valued: bool) -> pl.Series:
        """The texts that the numbers of a column stand for."""
        return self.values if valued else pl.Series(list(self.words[slot]), dtype=pl.String)

    def lines(self, numbers: pl.Series) -> pl.DataFrame:
        """The findings of the records with these numbers, in order.

        `at` is the place of the record, `slot` the column, `word` the number of its text there (`valued`: one
        of `values`), `exact` its number; `list` is what list it stands in, `head` the number of its name
        there, `subject` whose it is.
        """
        alike, kinds = self._alike()
        plain = [self._plain(name) for name in ("row", "subject", "net", "rate")]
        rows = kinds[alike].hstack([self._codes.alias("code"), *plain])
        places = numbers.to_frame().with_row_index("at")
        rows = rows.join(places, on="row", how="inner", maintain_order="left")
        exact = pl.when(pl.col("charge")).then(pl.col("net")).otherwise(pl.col("rate"))
        word = pl.when("valued").then(pl.when(pl.col("code") > 0).then(pl.col("code") - 1)).otherwise("word")
        return rows.select(
            "at", "slot", "valued", "list", "head", "subject",
            word.cast(pl.Int32).alias("word"), exact.alias("exact"),
        )  # fmt: skip

    def _plain(self, name: str) -> pl.Series:
        column = self._table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        return to_series(column, name)

    def _alike(self) -> tuple[pl.Series, pl.DataFrame]:
        """For every finding the number of what it comes to, and these."""
        coded = [_coded(self._table.column(name)) for name in _TEXTS]
        coded.append(_coded(pc.dictionary_encode(self._rates(*coded[:2]))))
        sizes = ((codes, len(words) + 1) for codes, words in coded)
        number, firsts = combined(sizes, self._table.num_rows)
        cells = [[[*words, None][i - 1] for i in codes.gather(firsts)] for codes, words in coded]
        kinds = [self._kind(line) for line in zip(*cells, strict=True)]
        schema = {
            "slot": pl.Int32, "word": pl.Int32, "charge": pl.Boolean, "valued": pl.Boolean,
            "list": pl.String, "head": pl.Int32,
        }  # fmt: skip
        return number, pl.DataFrame(kinds, schema=schema, orient="row")

    def _rates(self, entity: _Coded, section: _Coded) -> Any:
        """Rates where they are texts; elsewhere they are of no matter here."""
        here = (entity[0] != _place(self._wide.root, entity)) & (section[0] == _place("discounts", section))
        rates = self._table.column("rate")
        return pc.if_else(here.to_arrow(), rates, pa.scalar(None, rates.type))

    def _kind(self, cells: Sequence[object]) -> _Kind:
        """What findings with these cells come to: see `lines`."""
        row = _row(dict(zip((*_TEXTS, "rate"), cells, strict=True)))
        section, status = row[NAMES.index("section")], row[NAMES.index("status")]
        at = MISSING if section == MISSING else None
        if status == UNDETERMINED and section != VALUES:
            at = at or UNDETERMINED
        head = self.heads.setdefault(head_of(row), len(self.heads)) if at else None
        name = name_of(row, self._wide.root)
        if name is None:
            return None, None, False, False, at, head
        slot = self._wide.place(name)
        words = self.words.setdefault(slot, {})
        text = None if self._wide.columns[slot].kind == "exact" else cell_text(row)
        word = None if text is None else words.setdefault(text, len(words))
        return slot, word, section == "charges", section == VALUES, at, head


def _row(cells: Mapping[str, object]) -> Row:
    return tuple(cells.get(name) for name in NAMES)


def _coded(column: Any) -> _Coded:
    """The numbers of the words of a dictionary from 1, 0 for none; and the words."""
    chunk = column.chunk(0)
    return to_series(chunk.indices).cast(pl.Int64).fill_null(-1) + 1, chunk.dictionary.to_pylist()


def _place(word: str, coded: _Coded) -> int:
    """The number of a word among those of a column; -1 where it is not among them."""
    return coded[1].index(word) + 1 if word in coded[1] else -1


def _spread(places: pl.Series, height: int) -> pl.Series:
    """For every record which of the rows is its, if one is: `places` are their records, each once."""
    rows = pl.Series(range(len(places)), dtype=pl.UInt32)
    return pl.repeat(None, height, dtype=pl.UInt32, eager=True).scatter(places, rows)


def _sums(rows: pl.DataFrame, height: int) -> Any:
    """The sums of the numbers of each record, none where there is none."""
    found = rows.get_column("exact")
    ends = [int(abs(each)) for each in (found.min(), found.max()) if isinstance(each, Decimal)]
    largest = max(ends, default=0)
    if (largest + 1) * rows.height >= LARGEST:
        raise TooLarge("a sum is beyond what a table holds")
    total = pl.when(pl.col("exact").count() > 0).then(pl.col("exact").sum())
    rows = rows.group_by("at", maintain_order=True).agg(total)
    return rows.get_column("exact").gather(_spread(rows.get_column("at"), height)).to_arrow()


def _words(numbers: pl.Series, texts: pl.Series, valued: bool) -> Any:
    """The text of each record by its number; values are mostly all different."""
    if not valued:
        return pa.DictionaryArray.from_arrays(numbers.to_arrow(), texts.to_arrow().cast(pa.string()))
    return texts.gather(numbers).to_arrow().cast(pa.string()).dictionary_encode()


def _several(rows: pl.DataFrame, texts: pl.Series, height: int) -> Any:
    """The text of each record; where several are there, how often each is."""
    lone = rows.get_column("at").is_unique()
    told = pl.concat([_named(rows.filter(lone), texts), _counted(rows.filter(~lone), texts)])
    spread = told.get_column("text").gather(_spread(told.get_column("at"), height))
    return spread.to_arrow().cast(pa.string()).dictionary_encode()


def _named(rows: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    return rows.select("at", texts.gather(rows.get_column("word")).alias("text"))


def _counted(rows: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """Of each record how often each text is there, such as `blocked 1; open 2`."""
    counted = _named(rows, texts).drop_nulls("text").group_by("at", "text").len().sort("at", "text")
    each = pl.format("{} {}", "text", "len").str.join("; ")
    return counted.group_by("at", maintain_order=True).agg(each.alias("text"))


def _list(rows: pl.DataFrame, heads: Mapping[str, int], height: int, section: str) -> Any:
    """The names of some findings of each record in their order, none where there is none."""
    names = pl.Series("name", list(heads), pl.String).gather(rows.get_column("head"))
    whose = pl.when(pl.col("subject").is_null()).then("name").otherwise(pl.format("{}@{}", "name", "subject"))
    named = rows.with_columns(names).select("at", whose.alias("name"))
    if section == UNDETERMINED:
        named = named.unique(maintain_order=True)
    named = named.sort("at", maintain_order=True)
    lengths = named.group_by("at", maintain_order=True).len()
    counts = lengths.get_column("len").gather(_spread(lengths.get_column("at"), height)).fill_null(0)
    ends = pl.concat([pl.Series([0], dtype=pl.Int32), counts.cast(pl.Int32).cum_sum().alias("")])
    values = named.get_column("name").to_arrow().cast(pa.string())
    return pa.ListArray.from_arrays(
        ends.to_arrow(), values, mask=(counts == 0).to_arrow(), type=pa.list_(pa.string())
    )
