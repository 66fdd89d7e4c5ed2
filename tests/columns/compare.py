"""Columns beside the row engine: drawn expressions over many records, and whole programs."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from tests.columns.batches import batch_of, by_rows, difference
from tests.columns.drawn import drawn
from tests.differential.compare import TODAY, VOCABULARY, graph_of, record_of
from tests.differential.expressions import VALUES, Written
from tests.differential.programs import DAYS, FOLDERS, generated

from policyengine.api import load
from policyengine.engine.columns import plan, terms
from policyengine.engine.columns.entity_frames import Loader, Shape
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.row_values import Misfit, released
from policyengine.engine.columns.scopes import World
from policyengine.engine.columns.terms import Term
from policyengine.engine.rows.engine import compile_graph
from policyengine.feel.values.values import FarDate, Unknown
from policyengine.program.graph import Graph
from policyengine.program.record import Record

OTHER = (
    terms.Quotient,
    terms.Listed,
    terms.Rows,
    terms.Picked,
    terms.Values,
    terms.Times,
    terms.Span,
    terms.Opaque,
)
_ENDS = (date(2024, 2, 29), date(2023, 1, 31), date(2025, 12, 31), date(2026, 8, 31))
FACTS = frozenset(name for entity in VOCABULARY.entities.values() for name in entity.facts) | {"rows"}
_ALMOST = (
    "0", "1", "2", "10", "0.5", "-3", "5", "1.0", "1E+3", "0.005", "2.50", "0.0049", "99999999.99", "0.01",
    "-0.005",
)  # fmt: skip


def records(source: random.Random, count: int) -> list[Record]:
    """Records for drawn expressions: few values, so that many are equal, and holes."""
    return [_record(source) for _ in range(count)]


def _record(source: random.Random) -> Record:
    holes = source.choice((0, 0, 0.1, 0.5))
    draw: dict[str, Any] = {
        **{name: lambda: _number(source) for name in ("n1", "n2", "m1", "r1")},
        "c1": lambda: Decimal(source.randrange(10)),
        **{name: lambda: source.random() < 0.5 for name in ("b1", "b2", "b3")},
        **{name: lambda: source.choice(("", "a", "b", "hello", "é")) for name in ("t1", "t2")},
        **{name: lambda: source.choice(VALUES) for name in ("e1", "e2")},
        **{name: lambda: _day(source) for name in ("d1", "d2")},
        "words": lambda: tuple(source.choice("ab") for _ in range(source.randrange(4))),
    }  # fmt: skip
    own = {name: value() for name, value in draw.items() if source.random() >= holes}
    row: dict[str, Any] = {
        "n": draw["n1"], "c": lambda: Decimal(source.randrange(6)), "f": draw["b1"], "e": draw["e1"],
        "d": draw["d1"],
    }  # fmt: skip
    rows = [
        {name: value() for name, value in row.items() if source.random() >= holes}
        for _ in range(source.randrange(4))
    ]
    return record_of(own, None if source.random() < holes else rows)


def _number(source: random.Random) -> Decimal:
    match source.randrange(3):
        case 0:
            return Decimal(source.choice(_ALMOST))
        case 1:
            return Decimal(source.randrange(-5, 21))
        case _:
            return Decimal(source.randrange(-100_000, 100_000)).scaleb(-2)


def _day(source: random.Random) -> date:
    match source.randrange(4):
        case 0:
            return TODAY + timedelta(source.randrange(-2, 3))
        case 1:
            return source.choice(_ENDS)
        case 2:
            return source.choice((date(1, 1, 1), date(9999, 12, 31), date(1900, 2, 28)))
        case _:
            return date(1999, 1, 1) + timedelta(source.randrange(15_000))


def differences(expressions: Sequence[Written], several: Sequence[Record]) -> Iterator[tuple[int, int, str]]:
    """For every expression how many records were compared, whether it has a form, and what differs."""
    graph = graph_of(expressions)
    compiled = compile_graph(graph, TODAY)
    instances = [compiled.instances(record)["thing"][0] for record in several]
    loaded, shape, careful = Loader(VOCABULARY, FACTS).load(batch_of(VOCABULARY, several))
    state, found, by_rows = _worked_out(graph, loaded, shape, [f"x{i}" for i in range(len(expressions))])
    skipped = careful.to_list()
    for i, written in enumerate(expressions):
        name = f"x{i}"
        if name not in found:
            yield 0, 0, ""
            continue
        values = _values(found[name], state["thing"])
        compared = [(value, each[name], record) for value, each, record, odd
                    in zip(values, instances, several, skipped, strict=True) if not odd]  # fmt: skip
        wrong = [f"{written.text}: {value!r}, not {expected!r} for {record.facts} {record.lists}"
                 for value, expected, record in compared if not same(value, expected)]  # fmt: skip
        yield len(compared), name not in by_rows, wrong[0] if wrong else ""


def _worked_out(
    graph: Graph, loaded: State, shape: Shape, names: list[str]
) -> tuple[State, dict[str, Term], set[str]]:
    """The columns of the names that have single values, their terms, and those worked out by rows."""
    wider = dict(shape)
    while True:
        state = State(loaded)
        world = World(graph, TODAY, frozenset(wider.items()), {}, whole=True)
        world.work_out()
        singles = {name: world.single(("thing", name)) for name in names}
        found = {name: term for name, term in singles.items() if term and not isinstance(term, OTHER)}
        wanted = {("thing", column) for term in found.values() for column in columns_of(term)}
        try:
            for run in world.steps.finish(wanted):
                run(state)
            return state, found, {name for _, name in world.by_rows}
        except Misfit as misfit:
            wider[misfit.key] = misfit.shape


def columns_of(term: Term) -> tuple[str, ...]:
    """The columns that a term is in."""
    expr = getattr(term, "expr", None)
    return tuple(expr.meta.root_names()) if expr is not None else ()


def same(found: object, expected: object) -> bool:
    """Whether a value of a column is that of the row engine; null is not known, or a day far away."""
    if isinstance(expected, (Unknown, FarDate)) or expected is None:
        return found is None
    return type(found) is type(expected) and found == expected


def _values(term: Term, rows: pl.DataFrame) -> list[Any]:
    match term:
        case terms.Const(value):
            return [None if isinstance(value, Unknown) else value] * rows.height
        case terms.Num(expr, scale):
            return [None if each is None else Decimal(each).scaleb(-scale) for each in _list(expr, rows)]
        case terms.Code(expr, domain):
            return [None if each is None else domain[each] for each in _list(expr, rows)]
        case terms.Day(expr):
            inside = (expr >= pl.lit(date.min)) & (expr <= pl.lit(date.max))
            return _list(pl.when(inside).then(expr), rows)
        case terms.Seconds(expr):
            return [None if each is None else timedelta(seconds=each) for each in _list(expr, rows)]
        case terms.Flag(expr) | terms.Text(expr):
            return _list(expr, rows)
        case terms.Held(expr):
            return [None if each is None else released(each) for each in _list(expr, rows)]
    raise TypeError(type(term))


def _list(expr: pl.Expr, rows: pl.DataFrame) -> list[Any]:
    return rows.select(expr.alias("x")).to_series().to_list()


def compare_programs(count: int, seed: int = 3) -> Iterator[tuple[int, str]]:
    """Our programs over generated records: how many records were compared, and what differs."""
    for folder in (*FOLDERS, *_programmes()):
        for day in DAYS:
            program = load(folder, as_of=day).linked
            if program.graph is None:  # not in force any more
                continue
            columns = plan(program)
            source = random.Random(f"{folder.name} {day} {seed}")
            several = [generated(program.graph.vocabulary, source, number=i) for i in range(count)]
            found = columns.run(batch_of(program.graph.vocabulary, several))
            wrong = difference(found, by_rows(program, several))
            yield count, f"{folder.name}: {wrong}" if wrong else ""


def _programmes() -> list[Path]:
    """The programmes of other vendors in the folder `PROGRAMMES`, if there is one."""
    folder = os.environ.get("PROGRAMMES")
    return sorted(each.parent for each in Path(folder).glob("*/program.yaml")) if folder else []


def compare_drawn(seed: int, count: int) -> tuple[int, int, str]:
    """A program by chance over generated records: how many were compared, its rules, what differs."""
    source = random.Random(seed)
    program = drawn(source, source.choice(_TODAYS))
    assert program.graph is not None
    several = [generated(program.graph.vocabulary, source, number=i) for i in range(count)]
    columns = plan(program)
    answer = columns.answer(batch_of(program.graph.vocabulary, several))
    wrong = difference(answer.table, by_rows(program, several))
    compared = count - answer.by_rows
    return compared, len(program.graph.rules), f"program {seed}: {wrong}" if wrong else ""


_TODAYS = (date(2026, 11, 21), date(2027, 2, 28), date(2028, 2, 29), date(2026, 1, 31))
