"""The other layout: one row a record, for a spreadsheet; what is found for whom, each under its own head.

What a finding comes to depends on few of its cells, and few of their combinations are there: each is worked
out once, and the findings know it by its number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from policyengine.batch.combined import combined
from policyengine.decision.findings import NOT_APPLICABLE, SECTIONS, UNDETERMINED, Figure
from policyengine.engine import layout
from policyengine.engine.arrow import arrow_schema, to_series
from policyengine.engine.columns.cells import paths_of
from policyengine.engine.layout import DIGITS, MISSING, NAMES, RANKS, Column, ColumnKind, Row
from policyengine.policy.rule import Choose, Const, Reading, Rule
from policyengine.program.graph import Graph

Named = Sequence[tuple[int, str | None]]
_TEXTS = ("entity", "section", "policy", "id", "on", "role", "status", "level", "party")
_Kind = tuple[int | None, int | None, bool, bool, str | None, int | None]
_Coded = tuple[pl.Series, list[object]]
_AT = {name: i for i, name in enumerate(NAMES)}
_ROW, _ENTITY, _SUBJECT, _SECTION, _POLICY, _ID, _STATUS = (
    _AT[name] for name in ("row", "entity", "subject", "section", "policy", "id", "status")
)  # fmt: skip
_LEVEL, _ON, _RATE, _ROLE, _PARTY, _NET, _VALUE = (
    _AT[name] for name in ("level", "on", "rate", "role", "party", "net", "value")
)
_WHOLE = Context(prec=100)
FIGURES = Figure.section
_OWN_CELLS = frozenset({"levels", "discounts", "duties", "gates", "obligations", "charges", FIGURES, MISSING})
"""The sections whose findings come to one cell by rules of their own."""
_BY_POLICY = frozenset({"levels", "gates"})


class Wide:
    """The columns of a program in this layout, and its rows out of those of the findings table."""

    def __init__(self, graph: Graph) -> None:
        self.root = graph.vocabulary.root
        self.owners = tuple(layout.owner_columns(graph.vocabulary).values())
        found = dict(sorted(self._columns(graph), key=lambda each: RANKS[each[1][0]]))
        kinds: dict[str, ColumnKind] = {name: kind for name, (_, kind) in found.items()}
        self.columns: tuple[Column, ...] = (
            Column("row", "count", "", always=True), Column("key", "text", ""),
            *(Column(name, kind, "") for name, kind in kinds.items()),
            Column(UNDETERMINED, "texts", ""), Column(MISSING, "texts", ""),
        )  # fmt: skip
        self._at = {name: i for i, name in enumerate(kinds, start=2)}

    def place(self, name: str) -> int:
        """Which of the columns has this name."""
        return self._at[name]

    def _columns(self, graph: Graph) -> Iterator[tuple[str, tuple[str, ColumnKind]]]:
        for rule in graph.rules:
            entity = graph.real(rule.entity)
            section = rule.finding.section
            exact = section == "charges" or (section == "discounts" and entity == self.root)
            for name in _names(rule, entity, self.root):
                yield name, (section, "exact" if exact else "text")
                for field, kind in fields_of(section).items():
                    yield f"{name}.{field}", (section, "text" if kind == "date" else kind)
        for (entity, name), node in graph.every_node():
            if node.exported and entity == self.root:
                yield f"{FIGURES}.{name}", (FIGURES, "text")

    def shape(self, findings: Any, records: Named) -> Any:
        """One row for each of the records, by number and key, out of their findings as an Arrow table.

        The findings of a record stand together. A sum that a table of findings has no room for makes its
        column one of wider decimals.
        """
        numbers = pl.Series("row", [number for number, _ in records], pl.Int64)
        schema = arrow_schema(self.columns)
        arrays: dict[int, Any] = {
            0: numbers.to_arrow(),
            1: pa.array([key for _, key in records], schema.field(1).type),
        }
        if findings.num_rows:
            found = _Findings(self, findings.unify_dictionaries().combine_chunks())
            lines = found.lines(numbers)
            arrays |= _cells(self, found, lines.drop_nulls("slot"), len(numbers))
            for slot, section in ((len(schema) - 2, UNDETERMINED), (len(schema) - 1, MISSING)):
                listed = lines.filter(pl.col("list") == section)
                arrays[slot] = _list(listed, found.heads, len(numbers), section)
        filled = [_cast(arrays.get(i), field, len(numbers)) for i, field in enumerate(schema)]
        return pa.Table.from_arrays(filled, names=schema.names)


def fields_of(section: str) -> Mapping[str, ColumnKind]:
    """The fields of findings that have columns of their own: all of a section that has no cell of its own."""
    return {} if section in _OWN_CELLS else layout.value_fields(SECTIONS[section])


def _cast(values: Any, field: Any, height: int) -> Any:
    if values is None:
        return pa.nulls(height, field.type)
    return values if pa.types.is_decimal256(values.type) else values.cast(field.type)


def head_of(row: Row) -> str:
    """What a missing fact, or what is not settled, is called in its list, without its subject."""
    return str(row[_ID]) if row[_SECTION] in (MISSING, FIGURES) else f"{row[_POLICY]}/{row[_ID]}"


def name_of(row: Row, root: str) -> str | None:
    """The column that a row of the findings has a cell in, if there is one."""
    if row[_SECTION] == MISSING or (row[_SECTION] == FIGURES and row[_ENTITY] != root):
        return None
    return f"{FIGURES}.{row[_ID]}" if row[_SECTION] == FIGURES else _name(row, root)


def cell_text(row: Row) -> str | None:
    """The text of a column of texts for a finding that is alone in it."""
    value = _cell(row)
    value = layout.number_text(value, 2) if isinstance(value, Decimal) else value
    return None if value is None else str(value)


def _cell(row: Row) -> object:
    """What a finding comes to in one cell."""
    section, status = row[_SECTION], row[_STATUS]
    if section == FIGURES:
        return row[_VALUE]
    if section == "charges":
        return row[_NET]
    if section == "discounts":
        return row[_RATE]
    if status == UNDETERMINED:
        return status
    if section == "levels":
        return row[_LEVEL] or status
    if section == "duties" and status != NOT_APPLICABLE:
        return row[_PARTY] or status
    return status


def _name(row: Row, root: str) -> str:
    before = "" if row[_ENTITY] == root else f"{row[_ENTITY]}."
    section = str(row[_SECTION])
    if section == "discounts":
        return f"{before}{section}.{row[_ON]}"
    if section in _BY_POLICY and "/" not in str(row[_ID]):  # an exit with a gate of its own has a column
        return f"{before}{section}.{row[_POLICY]}"
    role = row[_ROLE]
    after = f".{role}" if role not in (None, "responsible") else ""
    return f"{before}{section}.{row[_POLICY]}/{row[_ID]}{after}"


def _names(rule: Rule, entity: str, root: str) -> Iterator[str]:
    """The names of the columns that findings of a rule can stand under."""
    line: list[object] = [None] * len(NAMES)
    line[_ENTITY], line[_SECTION], line[_POLICY] = entity, rule.finding.section, rule.origin.policy
    ids = {rule.origin.id}
    if rule.origins is not None:
        nearer = (*rule.origins.cases.values(), rule.origins.otherwise)
        ids |= {each.value.id for each in nearer if isinstance(each, Const) and hasattr(each.value, "id")}
    for line[_ID] in sorted(ids):
        for line[_ON] in _values(rule.fields.get("on")):
            for line[_ROLE] in _values(rule.fields.get("role")):
                yield _name(tuple(line), root)


def _values(reading: Reading | None) -> list[object]:
    if isinstance(reading, Const):
        return [reading.value]
    if isinstance(reading, Choose):
        return [value for each in (*reading.cases.values(), reading.otherwise) for value in _values(each)]
    return [None]


# Out of the findings table


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
        exact = wide.columns[slot].kind != "text"
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
        self._slots: dict[tuple[str, int], list[int]] = {}
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
        plain = [self._plain(name) for name in ("row", "net", "rate")]
        rows = kinds[alike].hstack([self._codes.alias("code"), self._paths(), *plain])
        places = numbers.to_frame().with_row_index("at")
        rows = rows.join(places, on="row", how="inner", maintain_order="left")
        exact = pl.when(pl.col("charge")).then(pl.col("net")).otherwise(pl.col("rate"))
        word = pl.when("valued").then(pl.when(pl.col("code") > 0).then(pl.col("code") - 1)).otherwise("word")
        lines = rows.select(
            "at", "slot", "valued", "list", "head", "subject",
            word.cast(pl.Int32).alias("word"), exact.alias("exact"),
        )  # fmt: skip
        return pl.concat([lines, *self._fields(alike, places)])

    def _fields(self, alike: pl.Series, places: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """The lines of the fields that have columns of their own."""
        for (name, slot), kinds in self._slots.items():
            here = pl.DataFrame({"row": self._plain("row"), name: self._plain(name)})
            here = here.filter(alike.is_in(kinds)).drop_nulls(name).join(places, on="row", how="inner")
            values = here.get_column(name)
            numeric = self._wide.columns[slot].kind != "text"
            words = self.words.setdefault(slot, {})
            texts: list[str] = [] if numeric else values.cast(pl.String).to_list()
            codes: list[Any] = [words.setdefault(text, len(words)) for text in texts] or [None] * here.height
            yield here.select(
                "at", pl.lit(slot, pl.Int32).alias("slot"), pl.lit(False).alias("valued"),
                pl.lit(None, pl.String).alias("list"), pl.lit(None, pl.Int32).alias("head"),
                pl.lit(None, pl.String).alias("subject"), pl.Series("word", codes, pl.Int32),
                (values if numeric else pl.lit(None)).cast(pl.Decimal(38, DIGITS)).alias("exact"),
            )  # fmt: skip

    def _paths(self) -> pl.Series:
        """What names the subject of each finding within its record."""
        own = pl.DataFrame([self._plain("subject"), self._plain("position")])
        named = own.select(pl.coalesce("subject", pl.format("#{}", "position"))).to_series()
        return paths_of([*map(self._plain, self._wide.owners), named]).alias("subject")

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
        kinds = [self._kind(number, line) for number, line in enumerate(zip(*cells, strict=True))]
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

    def _kind(self, number: int, cells: Sequence[object]) -> _Kind:
        """What findings with these cells come to: see `lines`."""
        row = _row(dict(zip((*_TEXTS, "rate"), cells, strict=True)))
        section, status = row[NAMES.index("section")], row[NAMES.index("status")]
        at = MISSING if section == MISSING else None
        if status == UNDETERMINED:
            at = at or UNDETERMINED
        head = self.heads.setdefault(head_of(row), len(self.heads)) if at else None
        name = name_of(row, self._wide.root)
        if name is None:
            return None, None, False, False, at, head
        for field in fields_of(str(section)):
            place = self._wide.place(f"{name}.{field}")
            self._slots.setdefault((field, place), []).append(number)
        slot = self._wide.place(name)
        words = self.words.setdefault(slot, {})
        text = cell_text(row) if self._wide.columns[slot].kind == "text" else None
        word = None if text is None else words.setdefault(text, len(words))
        return slot, word, section == "charges", section == FIGURES, at, head


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
    if (largest + 1) * rows.height >= layout.LARGEST:
        return _large_sums(rows, height)
    total = pl.when(pl.col("exact").count() > 0).then(pl.col("exact").sum())
    rows = rows.group_by("at", maintain_order=True).agg(total)
    return rows.get_column("exact").gather(_spread(rows.get_column("at"), height)).to_arrow()


def _large_sums(rows: pl.DataFrame, height: int) -> Any:
    """The same where the sums may be beyond the decimals of the findings table."""
    found: list[Decimal | None] = [None] * height
    for at, number in rows.select("at", "exact").drop_nulls().iter_rows():
        found[at] = _WHOLE.add(found[at] or Decimal(0), number)
    return pa.array(found, pa.decimal256(76, DIGITS))


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
