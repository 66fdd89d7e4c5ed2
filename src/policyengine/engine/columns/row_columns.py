"""Columns that are worked out row by row: a node, a cell or an occasion for which columns have no form.

The rest of the program stays in columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from policyengine.engine.columns import terms
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.row_reads import Entities, Reads
from policyengine.engine.columns.row_values import encoded, encoder
from policyengine.engine.columns.row_work import Work
from policyengine.engine.columns.terms import Flag, Frame, Term
from policyengine.engine.finding_values import as_shown
from policyengine.engine.layout import DIGITS, ColumnKind, TooLarge, table_value, value_text
from policyengine.feel.limits import NUMBERS
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.types.types import Number, RangeOf, Type
from policyengine.feel.values.values import FarDate, Range, Unknown
from policyengine.program.graph import Key

CAREFUL = "careful"
"""The frame with the numbers of records that only the row engine can answer."""


class RowColumns:
    """The columns that an expression of an entity gives row by row."""

    def __init__(self, world: Entities, entity: str, expression: Expression) -> None:
        self._world = world
        self.reads = Reads(world, entity, expression)
        self.frame = self.reads.sight.frame

    def value(self, key: Key, kind: Type | None) -> Term:
        """The value itself; raises `Unsupported` for one that has parts."""
        key = key[0], f"{key[1]}/value"  # a fact that something stands in for has the same name
        encode = encoder(kind, self._world.shape.get(key))
        return self.frame.keep(encode.term(self._added(lambda values: encoded(encode, values, key))))

    def test(self, holds: Callable[[object], bool]) -> Flag:
        """Whether something holds of the value, which may be `Unknown`."""
        return Flag(
            self._added(lambda values: pl.Series([holds(each) for each in values], dtype=pl.Boolean)), True
        )

    def words(self) -> pl.Expr:
        """The value if it is a text."""
        return self._added(
            lambda values: pl.Series(
                [each if isinstance(each, str) else None for each in values], dtype=pl.String
            )
        )

    def text(self, kind: Type | None, digits: int) -> pl.Expr:
        """The value as the text of its cell."""
        places = digits if isinstance(kind, Number) and kind.unit == "money" else 0

        def text(values: Sequence[object]) -> pl.Series:
            texts = [value_text(as_shown(each, kind, digits), places) for each in values]
            return pl.Series(texts, dtype=pl.String)

        return self._added(text)

    def cell(self, kind: ColumnKind) -> pl.Expr:
        """The value as a cell of the findings table: of an exact number whole units of `DIGITS` digits."""
        if kind in ("exact", "count"):
            return self._number(kind)
        wanted: Any = pl.Date if kind == "date" else pl.String

        def cells(values: Sequence[object]) -> pl.Series:
            return pl.Series(
                [None if isinstance(each, (Unknown, FarDate)) else each for each in values], dtype=wanted
            )

        return self._added(cells)

    def _number(self, kind: ColumnKind) -> pl.Expr:
        """Records with a number that no table holds are left to the row engine, which refuses them."""
        root = self.frame.from_(self._world.place(self._world.graph.vocabulary.root).frame, terms.SELF)
        assert isinstance(root, terms.Num)
        records = root.expr.meta.output_name()
        frame, reads, name = self.frame, self.reads, self.frame.steps.fresh("r")
        dtype, scale = (pl.Int128, DIGITS) if kind == "exact" else (pl.Int64, 0)

        def run(state: State) -> None:
            units: list[int | None] = []
            large: list[int] = []
            for place, value in enumerate(Work.of(state).values(reads)):
                try:
                    number = None if isinstance(value, Unknown) or value is None else table_value(value, kind)
                    units.append(None if number is None else int(Decimal(number).scaleb(scale, NUMBERS)))
                except TooLarge:
                    units.append(None)
                    large.append(state[frame.name].get_column(records)[place])
            if large:
                more = pl.DataFrame({"record": large}, state[CAREFUL].schema)
                state[CAREFUL] = pl.concat([state[CAREFUL], more])
            state[frame.name] = state[frame.name].hstack([pl.Series(name, units, dtype=dtype)])

        needs = reads.needs | {(frame.name, records)}
        return frame.added(name, frame.steps.add(run, needs, {(frame.name, name)}))

    def _added(self, make: Callable[[Sequence[object]], pl.Series]) -> pl.Expr:
        frame, reads, name = self.frame, self.reads, self.frame.steps.fresh("r")

        def run(state: State) -> None:
            made = make(Work.of(state).values(reads)).alias(name)
            state[frame.name] = state[frame.name].hstack([made])

        return frame.added(name, frame.steps.add(run, reads.needs, {(frame.name, name)}))

    # Computed entities

    def occasions(self, entity: str, types: Mapping[str, Type]) -> tuple[Frame, dict[str, Term]]:
        """A frame with a row for every context in a list, and what the contexts have by their names.

        Where the list is not known one row stands in, of which nothing is known.
        """
        above, reads = self.frame, self.reads
        frame = Frame(entity, above.steps, (("__up", above),))
        fields = [_Field(self._world, entity, name, kind) for name, kind in types.items()]

        def run(state: State) -> None:
            several = [_contexts(each, types) for each in Work.of(state).values(reads)]
            up = [place for place, contexts in enumerate(several) for _ in contexts]
            contexts = [each for one in several for each in one]
            made = [column for each in fields for column in each.columns(contexts)]
            rows = pl.DataFrame([pl.Series("__up", up, dtype=pl.UInt32), *made])
            state[entity] = rows.with_row_index("__self")

        made = {(entity, name) for each in fields for name in each.names}
        made |= {(entity, "__self"), (entity, "__up")}
        frame.base = above.steps.add(run, reads.needs, made)
        return frame, {each.name: each.term for each in fields}


def _contexts(items: object, types: Iterable[str]) -> Sequence[Any]:
    if isinstance(items, Unknown):
        return [dict.fromkeys(types, items)]
    return items if isinstance(items, (list, tuple)) else ()


class _Field:
    """A part of every context, as a column, or as one for each end of a range."""

    def __init__(self, world: Entities, entity: str, name: str, kind: Type) -> None:
        self.name = name
        ranged = isinstance(kind, RangeOf)
        self._ends = ("low", "high") if ranged else ("",)
        self._keys = [(entity, f"{name} {end}".strip()) for end in self._ends]
        item = kind.item if isinstance(kind, RangeOf) else kind
        self._encoders = [encoder(item, world.shape.get(key)) for key in self._keys]
        self.names = [f"o.{key[1]}" for key in self._keys]
        parts = [each.term(pl.col(n)) for each, n in zip(self._encoders, self.names, strict=True)]
        self.term: Term = terms.Span(parts[0], parts[-1]) if ranged else parts[0]

    def columns(self, contexts: Sequence[Any]) -> list[pl.Series]:
        """The cells of all contexts."""
        values = [each[self.name] for each in contexts]
        several = [
            [getattr(each, end) if end and isinstance(each, Range) else each for each in values]
            for end in self._ends
        ]
        return [
            encoded(encode, cells, key).alias(name)
            for encode, cells, key, name in zip(self._encoders, several, self._keys, self.names, strict=True)
        ]
