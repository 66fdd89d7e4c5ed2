"""A graph lowered for batches of one shape: the steps to run, and where the findings are read off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from functools import cached_property

import polars as pl

from policyengine.dataclass import dataclass
from policyengine.engine.columns import cell_values, terms
from policyengine.engine.columns.emitter import ExpressionNames
from policyengine.engine.columns.entity_frames import Shape
from policyengine.engine.columns.finding_columns import RuleReader
from policyengine.engine.columns.frames import Column, State
from policyengine.engine.columns.interned import KINDS, Block, Interned, Lowered, blocks
from policyengine.engine.columns.missing_demand import MissingFacts
from policyengine.engine.columns.scopes import World
from policyengine.engine.columns.terms import Const, Flag, Frame, Num, Term, Unsupported
from policyengine.engine.columns.unify import either
from policyengine.engine.figures import exported
from policyengine.engine.finding_values import as_shown
from policyengine.engine.layout import RANKS, value_text
from policyengine.feel.types.types import Number, Type
from policyengine.program.graph import Graph


@dataclass(slots=True)
class Output:
    """Rows of the table that come of one frame: a block of rules, or of figures.

    `root` and `subject` are the columns with the row of the record and of who is judged; `cells` those of
    single rules, by the number of the rule and the name of the cell.
    """

    frame: Frame
    entity: str
    block: Block
    root: str
    subject: str
    cells: dict[tuple[int, str], str] = field(default_factory=dict)


class Lowering:
    """A graph for batches of one shape."""

    def __init__(
        self, graph: Graph, today: date, shape: Shape, names: ExpressionNames, whole: bool = False
    ) -> None:
        self.graph = graph
        self.world = World(graph, today, shape, names, whole)
        self.outputs: list[Output] = []
        self.interned = Interned()
        vocabulary = graph.vocabulary
        ordered = sorted(vocabulary.entities, key=lambda each: len(vocabulary.lineage(each)))
        self.order = {name: i for i, name in enumerate(ordered)}
        self._reader = RuleReader(self.world)
        self._open: dict[str, str] = {}
        self._root_of: dict[str, str] = {}
        self._figures_so_far = 0
        self._wanted: set[Column] = set()
        self._made: set[Column] = set()
        self._by_rows: dict[str, str] = {}
        self.world.work_out()
        self._lower()
        self._runs = self.world.steps.finish(self._wanted, self._made)

    @property
    def by_rows(self) -> Mapping[str, str]:
        """The nodes and the cells that are worked out row by row, each with the reason."""
        nodes = {f"{entity}: {name}": why for (entity, name), why in self.world.by_rows.items()}
        return nodes | self._reader.by_rows | self._by_rows

    def run(self, state: State) -> None:
        """Works all columns out."""
        for run in self._runs:
            run(state)

    @cached_property
    def missing_facts(self) -> MissingFacts:
        """Which facts are missing and who needs them, lowered when something is first not known."""
        return MissingFacts(self.world, self._made)

    def opened(self, state: State, count: int) -> pl.Series:
        """Which records have something that is not known."""
        found = pl.repeat(False, count, dtype=pl.Boolean, eager=True)
        for name, column in self._open.items():
            rows = state[name]
            hit = rows.get_column(column)
            if name == self.graph.vocabulary.root:
                found = found | hit
            else:
                root = self._root_of[name]
                found = found.scatter(rows.get_column(root).filter(hit).unique(), True)
        return found

    # Lowering

    def _lower(self) -> None:
        by_entity: dict[str, list[Lowered]] = {}
        opened: dict[str, list[Flag | Const]] = {}
        frames: dict[str, Frame] = {}
        for number, rule in enumerate(self.graph.rules):
            by_entity.setdefault(rule.entity, []).append(self._reader.lowered(number, rule))
            frame = self.world.place(rule.entity).frame
            opened.setdefault(frame.name, []).append(self._reader.opened(rule))
            frames[frame.name] = frame
        for entity, rules in by_entity.items():
            self._blocks(entity, rules)
        for entity in self.order:
            self._figures(entity, opened, frames)
        self._left_out(opened, frames)
        for name, parts in opened.items():
            found = either(parts)
            if isinstance(found, Flag):
                self._open[name] = frames[name].column(found.expr.fill_null(True)).meta.output_name()
                self._want(frames[name], self._open[name])
                self._root_of[name] = self._root(frames[name])

    def _blocks(self, entity: str, rules: list[Lowered]) -> None:
        frame = self.world.place(entity).frame
        rules.sort(key=lambda each: (RANKS[each.rule.finding.section], each.number))
        for block in blocks(frame, rules):
            output = self._output(entity, frame, block)
            for rule in block.rules:
                for name, expr in rule.cells.items():
                    output.cells[rule.number, name] = self._column(frame, expr, f"cell {KINDS[name]}")

    def _figures(self, entity: str, opened: dict[str, list[Flag | Const]], frames: dict[str, Frame]) -> None:
        """The figures of an entity, one row each."""
        names = exported(self.graph, entity)
        if not names:
            return
        frame = self.world.place(entity).frame
        rules: list[Lowered] = []
        for number, name in enumerate(names, start=len(self.graph.rules) + self._figures_so_far):
            open_one = self.world.undecided(entity, name)
            text = self._text(frame, entity, name)
            rules.append(self._reader.figure(number, self.graph.nodes[entity][name], open_one, text))
            if open_one != Const(False):
                frames[frame.name] = frame
                opened.setdefault(frame.name, []).append(open_one)
        self._figures_so_far += len(names)
        self._blocks(entity, rules)

    def _text(self, frame: Frame, entity: str, name: str) -> pl.Expr:
        kind = self.graph.types.get((entity, name))
        digits = self.graph.vocabulary.number_of_digits()
        try:
            return self._written(frame, self.world.node((entity, name)), kind, digits)
        except Unsupported as trouble:
            self._by_rows.setdefault(f"{entity}: {name}", str(trouble))
            return self.world.named(entity, name).text(kind, digits)

    def _written(self, frame: Frame, term: Term, kind: Type | None, digits: int) -> pl.Expr:
        money = isinstance(kind, Number) and kind.unit == "money"
        dates = cell_values.dates_written(term)
        if dates is not None:
            return dates
        few = cell_values.few(term)
        if few is None:
            return cell_values.written(term, digits if money else 0, frame=frame)
        number, values = few
        texts = [value_text(as_shown(each, kind, digits), digits if money else 0) for each in values]
        return frame.column(pl.lit(pl.Series(texts, dtype=pl.String)).gather(number), f"text of {kind}")

    def _left_out(self, opened: dict[str, list[Flag | Const]], frames: dict[str, Frame]) -> None:
        """Lists that a record leaves out although rules judge what would stand in them."""
        vocabulary = self.graph.vocabulary
        judged = {
            owner for rule in self.graph.rules for owner in vocabulary.lineage(self.graph.real(rule.entity))
        }
        for name, entity in vocabulary.entities.items():
            if entity.within is None or name not in judged:
                continue
            rows = self.world.rows(entity.within, name, str(entity.list))
            if isinstance(rows.known, Flag):
                frames[rows.of.name] = rows.of
                opened.setdefault(rows.of.name, []).append(Flag(~rows.known.expr, True))

    # Columns that the table needs

    def _output(self, entity: str, frame: Frame, block: Block) -> Output:
        real = self.graph.real(entity)
        subject = self._link(frame, self.world.place(real).frame)
        found = Output(frame, real, block, self._root(frame), subject)
        if block.key:
            self._want(frame, block.key)
        self.outputs.append(found)
        return found

    def _root(self, frame: Frame) -> str:
        return self._link(frame, self.world.place(self.graph.vocabulary.root).frame)

    def _link(self, frame: Frame, above: Frame) -> str:
        found = frame.from_(above, terms.SELF)
        assert isinstance(found, Num)
        name = found.expr.meta.output_name()
        self._want(frame, name)
        return name

    def _column(self, frame: Frame, expr: pl.Expr, tag: str) -> str:
        name = frame.column(expr, tag).meta.output_name()
        self._want(frame, name)
        return name

    def _want(self, frame: Frame, name: str) -> None:
        self._wanted.add((frame.name, name))
