"""One table an entity, one row for each of it: the findings as numbers, which a second table spells out.

What is one of a few things stands in a list for each section (`levels`, `duties`, and `duties.2` where one
column is not enough), by its number in the table of what was found so far. Rows that are alike point at one
list: the columns are Arrow dictionaries, which `dictionary_decode` writes out. Amounts and dates of rules and
derived facts, are columns of their own; amounts are decimals of their own scale, of 64 bits where all fit. It
says the same as the findings table in a hundredth of the room.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pyarrow as pa

from policyengine.dataclass import dataclass
from policyengine.engine.arrow import TYPES
from policyengine.engine.columns import terms
from policyengine.engine.columns.fixes import KINDS, Fixes
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.lowering import Lowering, Output
from policyengine.engine.columns.schema import ROW
from policyengine.engine.columns.shows import amounts, within_calendar
from policyengine.engine.columns.terms import Term
from policyengine.engine.layout import VALUES


@dataclass(frozen=True, slots=True)
class Brief:
    """The tables by entity, and the table that spells out the numbers of findings."""

    entities: Mapping[str, Any]
    findings: Any


def brief(lowering: Lowering, state: State) -> Brief:
    """The tables of a batch; the numbers stay the same from batch to batch."""
    found: dict[str, list[tuple[int, Output]]] = {}
    for place, output in enumerate(lowering.outputs):
        found.setdefault(output.frame.name, []).append((place, output))
    tables = {name: _table(lowering, state, outputs) for name, outputs in found.items()}
    return Brief(tables, spelled(lowering.fixes))


def _table(lowering: Lowering, state: State, outputs: list[tuple[int, Output]]) -> Any:
    output = outputs[0][1]
    rows = state[output.frame.name]
    roots = state[lowering.graph.vocabulary.root].get_column(ROW)
    if output.frame.name != lowering.graph.vocabulary.root:
        roots = roots.gather(rows.get_column(output.root))
    columns: dict[str, Any] = {"row": roots.to_arrow(), "position": rows.get_column("__self").to_arrow()}
    for place, each in outputs:
        if each.block.rules and each.block.section != VALUES:
            keys = rows.get_column(each.block.key) if each.block.key else None
            name = _free(each.block.section, columns)
            numbers = lowering.fixes.numbers(place, each.block, keys, rows.height)
            shared = lowering.fixes.shared(place)
            columns[name] = pa.DictionaryArray.from_arrays(numbers.to_arrow(), shared, safe=False)
    for _, each in outputs:
        columns |= {name: _column(term, rows) for name, term in each.terms.items()}
    return pa.table(columns)


def _free(name: str, columns: Mapping[str, Any]) -> str:
    """The name, or the name and a number where it is taken."""
    number = 2
    found = name
    while found in columns:
        found, number = f"{name}.{number}", number + 1
    return found


def _column(term: Term, rows: pl.DataFrame) -> Any:
    match term:
        case terms.Num(expr):
            return amounts(term, _series(rows, expr))
        case terms.Day(expr):
            return _series(rows, within_calendar(expr)).to_arrow()
        case terms.Code(expr, domain):
            values = [None if each is None else str(each) for each in domain]
            return pa.DictionaryArray.from_arrays(
                _series(rows, expr).to_arrow(), pa.array(values, pa.string())
            )
        case terms.Const(value):
            return pa.array([None if not term.sure else value] * rows.height)
        case terms.Flag(expr) | terms.Text(expr):
            return _series(rows, expr).to_arrow()
    raise TypeError(f"no column for a {type(term).__name__}")  # lowering refuses it before


def _series(rows: pl.DataFrame, expr: pl.Expr) -> pl.Series:
    if expr.meta.is_column():
        return rows.get_column(expr.meta.output_name())
    return rows.select(expr.alias("x")).to_series()


def spelled(fixes: Fixes) -> Any:
    """What the numbers of findings stand for."""
    names = [name for name in KINDS if fixes.all and fixes.cells(name) is not None]
    number = pa.array(range(len(fixes.all)), pa.uint32())
    arrays = {name: fixes.cells(name).cast(TYPES[KINDS[name]]) for name in names}
    return pa.table({"finding": number, **arrays})
