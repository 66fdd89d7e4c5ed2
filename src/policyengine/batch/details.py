"""What people want beside the ids of a table: labels and titles, and of levels the next one and the room.

Titles stand in the program and labels in the records. What a level lacks, and its room, are told by the row
engine for all records, whichever engine made the table; so both engines say the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pyarrow as pa

from policyengine.batch.engines import Answered, Engine
from policyengine.batch.raw import Numbered
from policyengine.batch.sinks import Named, Shape
from policyengine.decision.findings import NOT_APPLICABLE, Charge, Figure, Level, Origin
from policyengine.decision.reason_words import shortfall
from policyengine.decision.wording import gap, quantity
from policyengine.engine.arrow import TYPES, to_series
from policyengine.engine.columns.arrow_records import ROW, record_of
from policyengine.engine.finding_rows import owner_cells
from policyengine.engine.layout import MISSING, NAMES, Column, finding_row, owner_columns, table_number
from policyengine.engine.rows.engine import compile_graph
from policyengine.feel.limits import NUMBERS
from policyengine.policy.rule import Choose, Const
from policyengine.program.linked import Program
from policyengine.program.record import Record

LABEL = Column("label", "text", "the label of the record")
TITLE = Column("title", "text", "the title of the part of the policy, of a value, of a missing fact")
LEVELS = (
    Column("level_title", "text", "of levels: the title"),
    Column("next_level", "text", "of levels: the title of the next one"),
    Column("missing_for_next", "text", "of levels: what is missing for the next one"),
    Column("missing_to_keep", "text", "of levels that last: what is missing to keep it"),
    Column("room", "text", "of levels: how far the measure may fall"),
    Column("lost_below", "text", "of levels: below what measure it is lost"),
    Column("missing_count", "count", "of levels: how many things are missing for the next one"),
    Column("missing_number", "exact", "of levels: how much is missing, where that is one number"),
    Column("room_number", "exact", "of levels: the room as a number"),
    Column("lost_below_number", "exact", "of levels: below what measure it is lost, as a number"),
)
NET_DISCOUNT = Column("net_discount", "exact", "of charges: what discounts take off, amount less net")
_LEVELS, _CHARGES = Level.section, Charge.section
Cells = tuple[Any, ...]
_NONE: Cells = (None,) * len(LEVELS)


class Details:
    """An engine that adds these columns to the answers of another one."""

    def __init__(self, program: Program, engine: Engine) -> None:
        assert program.graph is not None
        self._program = program
        self._engine = engine
        self._vocabulary = program.graph.vocabulary
        self._label = self._vocabulary.entities[self._vocabulary.root].label
        self._titles = dict(_titles(program))
        self._owners = tuple(owner_columns(self._vocabulary).values())
        self._above = owner_cells(self._vocabulary)
        self.size = engine.size
        judging = program.judging
        assert judging is not None
        rules = tuple(rule for rule in judging.rules if rule.finding is Level)
        graph = replace(judging, rules=rules, types=dict(judging.types), _needs={})
        self._levels = compile_graph(graph, program.as_of) if rules else None

    @property
    def plan(self) -> Any:
        """The plan of the engine, if it has one."""
        return getattr(self._engine, "plan", None)

    def takes_columns(self, count: int) -> bool:
        """Whether so many records are better answered as columns."""
        return self._engine.takes_columns(count)

    def answer(self, good: Sequence[Numbered], batch: Any = None) -> Answered:
        """The findings about some records, with what people want beside them."""
        found = self._engine.answer(good, batch)
        records = {each.number: each.record for each in good}
        if batch is not None:
            for row in batch.to_pylist():
                records[row[ROW]] = record_of(self._vocabulary, row)
        return replace(found, rows=self._added(found.rows, records))

    def _added(self, table: Any, records: Mapping[int, Record]) -> Any:
        rows = table.column("row").to_pylist()
        labels = [_text(records[row].facts.get(self._label)) if self._label else None for row in rows]
        names = (table.column(each).to_pylist() for each in ("section", "entity", "policy", "id"))
        titles = [self._title(*each) for each in zip(*names, strict=True)]
        levels = self._cells(table, rows, records)
        by_column = zip(*levels, strict=True) if levels else ([] for _ in LEVELS)
        amounts, nets = (table.column(name).to_pylist() for name in ("amount", "net"))
        added = (labels, titles, *by_column, list(map(_taken_off, amounts, nets)))
        for column, cells in zip((LABEL, TITLE, *LEVELS, NET_DISCOUNT), added, strict=True):
            table = table.append_column(column.name, _array(cells, column))
        return table

    def _title(self, section: str, entity: str, policy: str | None, id: str) -> str | None:
        """The title of a finding; that of a figure or a fact is known by its name alone."""
        found = self._titles.get((section, entity, policy, id))
        return found if found is not None else self._titles.get((section, entity, None, id))

    def _cells(self, table: Any, rows: Sequence[int], records: Mapping[int, Record]) -> list[Cells]:
        """For each row of the table what is told of its level."""
        if self._levels is None or not rows:
            return [(None,) * len(LEVELS) for _ in rows]
        sections = table.column("section").to_pylist()
        wanted = ("policy", "entity", "subject", "position", *self._owners)
        keys = zip(*(table.column(name).to_pylist() for name in wanted), strict=True)
        told: dict[int, dict[tuple[Any, ...], Cells]] = {}
        found: list[Cells] = []
        for row, section, key in zip(rows, sections, keys, strict=True):
            if section == _LEVELS and row not in told:
                told[row] = dict(self._told(records[row]))
            found.append(told[row].get(key, _NONE) if section == _LEVELS else _NONE)
        return found

    def _told(self, record: Record) -> Iterator[tuple[tuple[Any, ...], Cells]]:
        assert self._levels is not None
        for level in self._levels.decide(self._program, record).of("levels"):
            cells = dict(zip(NAMES, finding_row(0, None, level), strict=True))
            own = tuple(cells[name] for name in ("policy", "entity", "subject", "position"))
            yield (*own, *self._above(level.subject.owners)), _level(level)


def _level(level: Level) -> Cells:
    room, following, keeping = level.room, level.next, level.to_keep
    return (
        level.level_title,
        following.title if following is not None else None,
        "; ".join(map(shortfall, following.missing)) or None if following is not None else None,
        "; ".join(map(shortfall, keeping.missing)) or None if keeping is not None else None,
        gap(room.room, room.unit) if room is not None else None,
        quantity(room.lost_below, room.unit) if room is not None else None,
        len(following.missing) or None if following is not None else None,
        _number(following.missing[0].short_by)
        if following is not None and len(following.missing) == 1
        else None,
        *((_number(room.room), _number(room.lost_below)) if room is not None else (None, None)),
    )


def _number(value: object) -> Decimal | None:
    """A number as the table holds it; None for anything else."""
    is_number = isinstance(value, (Decimal, int)) and not isinstance(value, bool)
    return table_number(Decimal(str(value))) if is_number else None


def _taken_off(amount: Decimal | None, net: Decimal | None) -> Decimal | None:
    return None if amount is None or net is None else NUMBERS.subtract(amount, net)


def _array(cells: Sequence[object], column: Column) -> Any:
    """The cells of a column; texts, which stand there over and over, once each."""
    kind = TYPES[column.kind]
    return (
        pa.array(cells, pa.string()).dictionary_encode() if column.kind == "text" else pa.array(cells, kind)
    )


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _titles(program: Program) -> Iterator[tuple[tuple[str, str, str | None, str], str]]:
    """The titles of all findings, values and facts, by section, entity, policy and id."""
    graph = program.graph
    assert graph is not None
    for rule in graph.rules:
        entity, section = graph.real(rule.entity), rule.finding.section
        origins = [rule.origin]
        if isinstance(rule.origins, Choose):
            cases = (*rule.origins.cases.values(), rule.origins.otherwise)
            values = (each.value for each in cases if isinstance(each, Const))
            origins += [each for each in values if isinstance(each, Origin)]
        for origin in origins:
            yield (section, entity, origin.policy, origin.id), origin.title
    for (entity, name), node in graph.every_node():
        if node.exported and node.noun:
            yield (Figure.section, entity, None, name), node.noun
    for entity, declared in graph.vocabulary.entities.items():
        lists = (str(child.list) for _, child in graph.vocabulary.children(entity))
        for name in (*declared.facts, *lists):
            yield (MISSING, entity, None, name), graph.vocabulary.noun(entity, name)


# Tables with these columns


def detailed_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns of the findings table with these beside the ids."""
    return tuple(each for column in columns for each in (column, *_AFTER.get(column.name, ())))


_AFTER = {"key": (LABEL,), "id": (TITLE,), "level": LEVELS, "net": (NET_DISCOUNT,)}


def in_order(table: Any, records: Named) -> Any:
    """The findings with their details in the places of `detailed_columns`."""
    own = [column for column in table.column_names if column not in _ADDED]
    return table.select([each.name for each in detailed_columns([Column(name, "text", "") for name in own])])


_ADDED = frozenset(column.name for column in (LABEL, TITLE, *LEVELS, NET_DISCOUNT))


def detailed_records(columns: Sequence[Column], shape: Shape, root: str) -> tuple[tuple[Column, ...], Shape]:
    """The columns and the shape of one row a record, with the label and what is told of its levels."""
    policies = [name.removeprefix("levels.") for name in (each.name for each in columns)
                if name.startswith("levels.") and "/" not in name and "." not in name[7:]]  # fmt: skip
    more = {
        policy: [Column(f"levels.{policy}.{each.name}", each.kind, each.about) for each in LEVELS]
        for policy in policies
    }
    found: list[Column] = []
    for column in columns:
        found += [column, *((LABEL,) if column.name == "key" else ())]
        found += more.get(column.name.removeprefix("levels."), ())
        if f".{column.name}".count(".charges.") and column.kind == "exact":
            found.append(Column(f"{column.name}.{NET_DISCOUNT.name}", "exact", NET_DISCOUNT.about))

    def shaped(table: Any, records: Named) -> Any:
        made = shape(table.select([name for name in table.column_names if name not in _ADDED]), records)
        numbers = [number for number, _ in records]
        cells = {LABEL.name: _picked(table, LABEL, numbers)}
        for name, sums in _discounts(table, root).items():
            cells[f"{name}.{NET_DISCOUNT.name}"] = _array([sums.get(each) for each in numbers], NET_DISCOUNT)
        for policy, levels in more.items():
            own = _rows_of(table, policy, root)
            cells |= {
                column.name: _picked(own, each, numbers) for column, each in zip(levels, LEVELS, strict=True)
            }
        nothing = {each.name for each in found} - {*cells, *made.column_names}
        cells |= {name: _array([None] * len(numbers), NET_DISCOUNT) for name in nothing}
        arrays = [cells[each.name] if each.name in cells else made.column(each.name) for each in found]
        return pa.Table.from_arrays(arrays, names=[each.name for each in found])

    return tuple(found), shaped


def _rows_of(table: Any, policy: str, root: str) -> Any:
    plain = [
        to_series(table.column(name).cast(pa.string()), name) for name in ("section", "policy", "entity")
    ]
    frame = pl.DataFrame(plain)
    wanted = frame.select(
        (pl.col("section") == _LEVELS) & (pl.col("policy") == policy) & (pl.col("entity") == root)
    )
    return table.filter(wanted.to_series().fill_null(False).to_arrow())


def _picked(table: Any, column: Column, numbers: Sequence[int]) -> Any:
    """The cell of each record in a column."""
    rows = table.column("row").to_pylist()
    known = dict(zip(rows, table.column(column.name).to_pylist(), strict=True))
    return _array([known.get(number) for number in numbers], column)


def _discounts(table: Any, root: str) -> dict[str, dict[int, Decimal | None]]:
    """What discounts take off, by the column of a charge and the record; None where one is not decided."""
    found: dict[str, dict[int, Decimal | None]] = {}
    names = ("section", "row", "entity", "policy", "id", "status", NET_DISCOUNT.name)
    columns = (table.column(name).to_pylist() for name in names)
    for section, row, entity, policy, part, status, off in zip(*columns, strict=True):
        if section != _CHARGES or status == NOT_APPLICABLE:
            continue
        own = found.setdefault(f"{'' if entity == root else f'{entity}.'}charges.{policy}/{part}", {})
        before = own.get(row, Decimal(0))
        own[row] = None if before is None or off is None else NUMBERS.add(before, off)
    return found
