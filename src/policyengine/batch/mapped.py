"""An export read by a mapping: its columns become facts, and its values are written as ours are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from policyengine.batch.lines import Unusable
from policyengine.batch.raw import Head, Raw, Reject, read_head, trailing
from policyengine.batch.text_columns import TextTable
from policyengine.dataclass import dataclass
from policyengine.diagnostics import did_you_mean, listed
from policyengine.engine.layout import value_text
from policyengine.feel import compile as compile_feel
from policyengine.feel.syntax.tree import names as names_of
from policyengine.policy.entity import Entity
from policyengine.policy.export_formats import (
    Convert,
    date_reader,
    list_reader,
    number_reader,
    or_nothing,
    words_reader,
)
from policyengine.policy.mapping import REST, MappedColumn
from policyengine.policy.mapping import Mapping as ExportMapping
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.mappings import UNREAD, fact_of
from policyengine.text import literal_guesses

_MOST = 20


def fits(mapping: ExportMapping, names: Iterable[str]) -> bool:
    """Whether a head has all the columns that a mapping names."""
    return not missing(mapping, names)


def missing(mapping: ExportMapping, names: Iterable[str]) -> list[str]:
    """The columns of a mapping that a head has not."""
    there = set(names)
    return [name for name in (*mapping.columns, *mapping.joins.values()) if name not in there]


@dataclass(frozen=True, slots=True)
class Mappings:
    """The mappings that an export may be read by; `asked` for, one of them has to fit.

    `beside` are those of the program, for tables that none of those asked for is about.
    """

    known: Sequence[ExportMapping] = ()
    asked: bool = False
    beside: Sequence[ExportMapping] = ()

    def shape(
        self, names: Sequence[str], vocabulary: Vocabulary, entity: str, ignored: Sequence[str], label: str
    ) -> Shape:
        """How the rows below a head are read."""
        words = [name.strip() for name in names]
        own = list(self._of(entity))
        is_asked = self.asked and any(each in self.known for each in own)
        mapping = _choose(own, words, label, asked=is_asked)
        if mapping is None:
            return Shape(_plain(own, words, label, vocabulary, entity, ignored), None)
        mapper = Mapper(mapping, words, vocabulary, label, ignored)
        return Shape(Head(tuple(words), (), trailing(words)), mapper)

    def names(self, entity: str) -> Iterator[str]:
        """The heads that mappings of an entity name."""
        for each in self._of(entity):
            yield from (*each.columns, *each.joins.values())

    def _of(self, entity: str) -> list[ExportMapping]:
        """Those of an entity."""
        own = [each for each in self.known if each.for_ == entity]
        return own or [each for each in self.beside if each.for_ == entity]


def _choose(
    own: Sequence[ExportMapping], names: Sequence[str], label: str, *, asked: bool
) -> ExportMapping | None:
    """The mapping by which a head is read; None where it is read as it is. Raises `Unusable`."""
    found = [each for each in own if fits(each, names)]
    if len(found) > 1:
        known = listed([each.id for each in found])
        raise Unusable(f"`{label}` can be read by several mappings: {known}", "choose one: `--map ID`")
    if found or not (asked and own):
        return found[0] if found else None
    raise _lacking(_nearest(own, names), names, label)


def _nearest(own: Sequence[ExportMapping], names: Sequence[str]) -> ExportMapping:
    """The mapping of which the smallest share of columns is missing."""
    return min(own, key=lambda each: len(missing(each, names)) / max(1, len(each.columns)))


def _lacking(mapping: ExportMapping, names: Sequence[str], label: str) -> Unusable:
    lacking = missing(mapping, names)
    near = did_you_mean(lacking[0], names)
    return Unusable(
        f"`{label}` has no column {listed(lacking, _MOST)}, which the mapping `{mapping.id}` names",
        near or "correct the heads in the mapping, or choose a different one",
    )


def _plain(
    own: Sequence[ExportMapping], names: Sequence[str], label: str, vocabulary: Vocabulary, entity: str,
    ignored: Sequence[str],
) -> Head:  # fmt: skip
    """The head as it is read without a mapping; where it cannot be, a mapping that nearly fits is named."""
    try:
        return read_head(names, label, vocabulary, entity, ignored, may_trail=True)
    except Unusable:
        near = _nearest(own, names) if own else None
        if near is not None and 2 * len(missing(near, names)) < len(near.columns):
            raise _lacking(near, names, label) from None
        raise


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from: the places of columns, and what makes its text of their cells."""

    fact: str
    column: str | None
    places: tuple[int, ...]
    convert: Callable[..., str]


@dataclass(frozen=True, slots=True)
class Shape:
    """The head of a table, and what makes its rows ours; None where they are."""

    head: Head
    mapper: Mapper | None

    def reads(self) -> set[int]:
        """The columns that are read."""
        if self.mapper is not None:
            return self.mapper.reads()
        return {*self.head.owners, *(i for i, name in enumerate(self.head.columns) if name is not None)}

    def table(self, table: TextTable) -> TextTable:
        """The rows as ours."""
        return table if self.mapper is None else self.mapper.table(table)


class Mapper:
    """Reads the rows of an export by a mapping, for one head."""

    def __init__(
        self, mapping: ExportMapping, names: Sequence[str], vocabulary: Vocabulary, label: str,
        ignored: Iterable[str],
    ) -> None:  # fmt: skip
        self._mapping = mapping
        self._vocabulary = vocabulary
        self._names = list(names)
        self._label = label
        self._check(ignored)
        self.owners = [self._names.index(mapping.joins[each]) for each in self._above()]
        self._sources = list(self._all())
        own = [each for each in self._sources if "." not in each.fact]
        self._own = own
        self._nested = [each for each in self._sources if "." in each.fact]
        facts = (each.fact for each in own)
        self.head = Head((*(None for _ in self.owners), *facts), tuple(range(len(self.owners))))

    def columns(self) -> dict[str, int]:
        """Which column of the export each fact comes from."""
        return {each.fact: each.places[0] for each in self._sources if each.places}

    def reads(self) -> set[int]:
        """The columns of the export that are read."""
        return {*self.owners, *(place for each in self._sources for place in each.places)}

    def _above(self) -> list[str]:
        return [*reversed(self._vocabulary.lineage(self._mapping.for_)[1:])]

    def _check(self, ignored: Iterable[str]) -> None:
        mapping, skipped = self._mapping, {*ignored, *self._mapping.ignored}
        asked = set[str]().union(*map(_reads, mapping.expressions.values()))
        known = {*mapping.columns, *mapping.joins.values(), *skipped}
        strange = [
            name for name in self._names
            if name not in known and literal_guesses.identifier(name, "_") not in asked and name
        ]  # fmt: skip
        if strange and REST not in mapping.ignored:
            told = listed(strange, _MOST)
            raise Unusable(
                f"`{self._label}`: the mapping `{mapping.id}` says nothing about the columns {told}",
                "add them to its `columns` or to `ignored`; `ignored: rest` leaves out all the others",
            )
        twice = next((name for name in mapping.columns if self._names.count(name) > 1), None)
        if twice is not None:
            raise Unusable(f"`{self._label}`: the column `{twice}` is there twice", "remove one of them")

    def _all(self) -> Iterator[Source]:
        mapping = self._mapping
        for name, column in mapping.columns.items():
            yield Source(column.fact, name, (self._names.index(name),), self._converter(column))
        for fact, value in mapping.constants.items():
            yield Source(fact, None, (), partial(_constant, value))
        words = [literal_guesses.identifier(name, "_") or "" for name in self._names]
        for fact, expression in mapping.expressions.items():
            reads = [word for word in _reads(expression) if word in words]
            places = tuple(map(words.index, reads))
            yield Source(
                fact, None, places, partial(_worked_out, expression, compile_feel(expression), reads)
            )

    def _converter(self, column: MappedColumn) -> Convert:
        fact = fact_of(self._vocabulary, self._mapping.for_, column.fact)
        assert fact is not None
        formats, one = self._mapping.formats, None
        dates, numbers = (formats.dates, formats.numbers) if formats is not None else (None, None)
        if fact.scalar == "date" and (column.format or dates):
            one = date_reader(column.format or str(dates))
        elif fact.single.is_number and (column.format or numbers or column.unit):
            one = number_reader(column.format or numbers, column.unit)
        found = words_reader(column.values, one) if column.values else one or _as_it_is
        if fact.is_list and column.separator is not None:
            found = list_reader(column.separator, found)
        empty = (*self._mapping.empty, *column.empty)
        return found if found is _as_it_is and not empty else or_nothing(found, empty)

    # Rows

    def table(self, table: TextTable) -> TextTable:
        """The rows of the export as ours."""
        table = self._records(table)
        faults = dict(table.faults)
        export = _Export(table)
        columns: list[Sequence[str]] = [export.column(i) for i in self.owners]
        made = {each.fact: self._column(each, export, faults) for each in self._sources}
        columns += [made[each.fact] for each in self._own]
        rows = _Rows(columns, table.count)
        nested = {each.fact: made[each.fact] for each in self._nested}
        return MappedTable(table.file, self.head, table.lines, rows, faults, columns, nested)

    def _records(self, table: TextTable) -> TextTable:
        """The rows without those that are no records."""
        skipped = self._mapping.skipped
        if not skipped:
            return table
        kept = [i for i, row in enumerate(table.rows) if not _first(row).startswith(skipped)]
        faults = {at: table.faults[i] for at, i in enumerate(kept) if i in table.faults}
        lines, rows = [table.lines[i] for i in kept], [table.rows[i] for i in kept]
        return TextTable(table.file, table.head, lines, rows, faults)

    def _column(self, source: Source, export: _Export, faults: dict[int, Raw]) -> Sequence[str]:
        if len(source.places) == 1 and source.column is not None and not export.table.faults:
            convert, cells = source.convert, export.column(source.places[0])
            if convert is _as_it_is:
                return cells
            try:
                known = {cell: convert(cell) for cell in set(cells)}
                return [known[cell] for cell in cells]
            except ValueError:
                pass  # row by row, to tell which
        return [self._cell(source, export.table, at, faults) for at in range(export.table.count)]

    def _cell(self, source: Source, table: TextTable, at: int, faults: dict[int, Raw]) -> str:
        row = table.rows[at]
        if at in table.faults:
            return ""
        try:
            return source.convert(*(row[place] for place in source.places))
        except ValueError as error:
            raw = faults.setdefault(at, Raw(table.file, table.lines[at], self._keys(row), True))
            name = source.column or source.fact
            found = Reject(table.file, table.lines[at], None, source.fact, UNREAD.id, f"`{name}`: {error}")
            raw.faults.append(found)
            return ""

    def _keys(self, row: Sequence[str]) -> dict[str, object]:
        """The key of a row that cannot be used, as far as it can be told."""
        key = self._vocabulary.entities[self._mapping.for_].key
        source = next((each for each in self._own if each.fact == key and each.places), None)
        return {} if source is None or key is None else {key: row[source.places[0]]}


class _Export:
    """The columns of an export, turned once."""

    def __init__(self, table: TextTable) -> None:
        self.table = table
        self._columns = None if table.faults else list(zip(*table.rows, strict=True))

    def column(self, at: int) -> Sequence[str]:
        """The cells of a column; none where a row ends before."""
        if self._columns is not None:
            return self._columns[at] if self._columns else ()
        return [row[at] if at < len(row) else "" for row in self.table.rows]


class _Rows(Sequence[Sequence[str]]):
    """Rows that are columns; a row is made when it is asked for."""

    def __init__(self, columns: Sequence[Sequence[str]], count: int) -> None:
        self._columns = columns
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: Any) -> Any:
        return tuple([column[at] for column in self._columns])


@dataclass(frozen=True, slots=True)
class MappedTable(TextTable):
    """Rows as columns; `nested` has those of a list with one item, which the rows give as well."""

    columns: Sequence[Sequence[str]]
    nested: Mapping[str, Sequence[str]]

    def cells(self) -> Iterator[tuple[str, Any]]:
        """The names of the columns and their cells, nulls where the row cannot be used."""
        faults = self.faults
        for name, column in zip(self.head.columns, self.columns, strict=True):
            if name is not None:
                cells = (
                    [None if at in faults else cell for at, cell in enumerate(column)] if faults else column
                )
                yield name, pa.array(cells, pa.string())

    def raws(self, places: Iterable[int]) -> Iterator[tuple[int, Raw]]:
        """The rows at some places as raw records, each with its lists."""
        for at, raw in TextTable.raws(self, places):
            for name, cells in self.nested.items():
                word, _, fact = name.partition(".")
                rows = raw.lists.setdefault(word, [])
                if cells[at] and not rows:
                    rows.append(Raw(raw.file, raw.line, {}, True))
                if cells[at]:
                    rows[0].values[fact] = cells[at]
            yield at, raw

    def given(self, entity: Entity) -> tuple[dict[str, Any], Any]:
        """The columns by the types of the facts; with lists, every record is read by itself."""
        columns, odd = TextTable.given(self, entity)
        return columns, pa.array([True] * self.count) if self.nested else odd


def _first(row: Sequence[str]) -> str:
    """The first cell that says something."""
    if row and row[0] and not row[0].isspace():
        return row[0].strip()
    return next((cell.strip() for cell in row if cell.strip()), "")


def _as_it_is(text: str) -> str:
    return text


def _constant(value: str) -> str:
    return value


def _reads(expression: str) -> list[str]:
    """The names that an expression reads."""
    tree = compile_feel(expression).parsed.expression
    return sorted(names_of(tree)) if tree is not None else []


def _worked_out(text: str, compiled: Any, reads: Sequence[str], *cells: str) -> str:
    """The text of what an expression gives; nothing where all that it reads is empty."""
    if reads and not any(cell.strip() for cell in cells):
        return ""
    context = {name: cell if cell.strip() else None for name, cell in zip(reads, cells, strict=True)}
    found = compiled(context)
    if found is None and reads:
        told = ", ".join(f"{name} `{cell[:40]}`" for name, cell in zip(reads, cells, strict=True))
        raise ValueError(f"`{text[:60]}` gives nothing for {told}")
    return value_text(found) or ""
