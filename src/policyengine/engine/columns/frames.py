"""Frames of rows, and the steps that fill them: written once for a program, run for every batch.

Every distinct expression becomes one column. Steps run in order; the expressions of one frame that need no
other frame in between are worked out together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, TypeAlias

import polars as pl

from policyengine.dataclass import dataclass
from policyengine.engine.columns import terms
from policyengine.engine.columns.terms import Const, Flag, Single, Term, Unsupported


class State(dict[str, pl.DataFrame]):
    """The frames of a batch by their names; `work` is what was worked out by rows so far."""

    def __init__(self, *frames: dict[str, pl.DataFrame]) -> None:
        super().__init__(*frames)
        self.work: dict[bool, Any] = {}


Run: TypeAlias = Callable[[State], None]
Column = tuple[str, str]
"""A frame and a column of it."""


@dataclass(slots=True)
class Step:
    """Something that adds columns or a frame: what it needs and what it makes."""

    run: Run | None
    needs: set[Column] = field(default_factory=set)
    makes: set[Column] = field(default_factory=set)
    frame: str = ""
    levels: list[dict[str, pl.Expr]] = field(default_factory=list)
    keeps: bool = False


@dataclass(eq=False)
class Frame:
    """One row for every instance of an entity, or for every turn of a loop.

    `links` are the frames that its rows point into, by the column that holds the number of the row there.
    """

    name: str
    steps: Steps
    links: tuple[tuple[str, Frame], ...] = ()
    base: int = 0
    _made: dict[str, str] = field(default_factory=dict)
    _at: dict[str, tuple[int, int]] = field(default_factory=dict)

    def column(self, expr: pl.Expr, tag: str = "") -> pl.Expr:
        """The expression as a column."""
        if expr.meta.is_column():
            return expr
        key = f"{expr}|{tag}"
        if key not in self._made:
            name = f"c{len(self._made)}"
            self._made[key] = name
            self._at[name] = self.steps.compute(self, name, expr)
        return pl.col(self._made[key])

    def place(self, name: str) -> tuple[int, int]:
        """The step and the level at which a column is there."""
        return self._at.get(name, (self.base, 0))

    def added(self, name: str, step: int) -> pl.Expr:
        """A column that a step of its own adds."""
        self._at[name] = (step, 0)
        return pl.col(name)

    def keep(self, term: Term) -> Term:
        """A term whose expressions are columns."""

        def kept(part: Single) -> pl.Expr:
            if isinstance(part, (terms.Opaque, terms.Values)):
                return part.expr  # a fact, which is a column
            tag = f"{part.scale} {part.bound}" if isinstance(part, terms.Num) else ""
            return self.column(part.expr, tag)

        return mapped(term, kept)

    def from_(self, other: Frame, term: Term) -> Term:
        """A term of a frame that this one points into, as a term of this one."""
        if other is self or isinstance(term, Const):
            return term
        for link, target in self.links:
            if target is other or target.reaches(other):
                return self.through(link, target, target.from_(other, term))
        raise Unsupported("a value of rows that these do not belong to")

    def reaches(self, other: Frame) -> bool:
        """Whether rows of this frame point, directly or not, into another."""
        return any(target is other or target.reaches(other) for _, target in self.links)

    def through(self, link: str, source: Frame, term: Term) -> Term:
        """A term of a frame that a column of this one points into."""
        if isinstance(term, Const):
            return term
        kept = source.keep(term)

        def move(part: Single) -> pl.Expr:
            return self.steps.gather(self, link, source, part.expr.meta.output_name())

        return mapped(kept, move)


def mapped(term: Term, of: Callable[[Single], pl.Expr]) -> Term:
    """A term with other expressions for those of its parts."""

    def part(each: Any) -> Any:
        return None if each is None else mapped(each, of)

    match term:
        case terms.Const():
            return term
        case terms.Quotient(over, under):
            return terms.Quotient(part(over), part(under))
        case terms.Listed(items):
            return terms.Listed(tuple(part(each) for each in items))
        case terms.Picked(items):
            return terms.Picked(tuple((part(holds), part(each)) for holds, each in items))
        case terms.Span(low, high, low_closed, high_closed):
            return terms.Span(part(low), part(high), low_closed, high_closed)
        case terms.Entries(parts):
            return terms.Entries({name: part(each) for name, each in parts.items()})
        case terms.Times(found, slots):
            return terms.Times(part(found), tuple((part(there), _parts(each, part)) for there, each in slots))
        case terms.Rows():
            return replace(term, here=part(term.here), known=part(term.known))
        case terms.Distinct(rows):
            return terms.Distinct(part(rows))
        case terms.Joined(rows, more):
            return terms.Joined(part(rows), tuple(part(each) for each in more))
        case _:
            return replace(term, expr=of(term)) if isinstance(term, terms.SINGLE) else term


def _parts(fields: Mapping[str, Term], part: Callable[[Any], Any]) -> dict[str, Term]:
    return {name: part(each) for name, each in fields.items()}


class Steps:
    """The steps of a plan, as they are written."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._gathered: dict[tuple[str, str, str], pl.Expr] = {}
        self._names = 0

    def fresh(self, stem: str) -> str:
        """A name that nothing else has."""
        self._names += 1
        return f"{stem}{self._names}"

    def add(self, run: Run, needs: Iterable[Column], makes: Iterable[Column], *, keeps: bool = False) -> int:
        """Adds a step; its number."""
        self.steps.append(Step(run, set(needs), set(makes), keeps=keeps))
        return len(self.steps) - 1

    def compute(self, frame: Frame, name: str, expr: pl.Expr) -> tuple[int, int]:
        """Works out an expression in the first step that can; that step and the level in it."""
        roots = expr.meta.root_names()
        places = [frame.place(root) for root in roots]
        first = max((at for at, _ in places), default=frame.base)
        at = next(
            (
                i
                for i in range(first, len(self.steps))
                if self.steps[i].run is None and self.steps[i].frame == frame.name
            ),
            None,
        )
        if at is None:
            self.steps.append(Step(None, frame=frame.name))
            at = len(self.steps) - 1
        step = self.steps[at]
        level = 1 + max((level for where, level in places if where == at), default=-1)
        while len(step.levels) <= level:
            step.levels.append({})
        step.levels[level][name] = expr
        step.makes.add((frame.name, name))
        return at, level

    def gather(self, frame: Frame, link: str, source: Frame, name: str) -> pl.Expr:
        """A column of another frame, for the rows that this one points at."""
        key = (frame.name, link, name)
        if key in self._gathered:
            return self._gathered[key]
        new = f"{link}.{name}"

        def run(state: State) -> None:
            rows = state[frame.name]
            taken = state[source.name].get_column(name).gather(rows.get_column(link))
            state[frame.name] = rows.hstack([taken.alias(new)])

        step = self.add(run, {(source.name, name), (frame.name, link)}, {(frame.name, new)})
        self._gathered[key] = frame.added(new, step)
        return self._gathered[key]

    def finish(self, wanted: Iterable[Column], made: set[Column] | None = None) -> tuple[Run, ...]:
        """The steps that are needed for some columns, ready to run.

        Those of `made` are there already; what the steps make is added to them.
        """
        there: frozenset[Column] = frozenset(made or ())
        live = set(wanted) - there
        runs: list[Run] = []
        for step in reversed(self.steps):
            if step.run is None:
                run = _computing(step, live, there)
                if run is not None:
                    runs.append(run)
            elif step.keeps or step.makes & live:
                live |= step.needs - there
                live |= step.makes
                runs.append(step.run)
        if made is not None:
            made |= live
        return tuple(reversed(runs))


def _computing(step: Step, live: set[Column], there: frozenset[Column]) -> Run | None:
    """One step of expressions without those that nothing needs."""
    frame = step.frame
    levels: list[list[pl.Expr]] = []
    for level in reversed(step.levels):
        kept = [expr.alias(name) for name, expr in level.items() if (frame, name) in live]
        for expr in kept:
            live.update({(frame, root) for root in expr.meta.root_names()} - there)
        if kept:
            levels.append(kept)
    levels.reverse()
    if not levels:
        return None

    def run(state: State) -> None:
        rows = state[frame].lazy()
        for level in levels:
            rows = rows.with_columns(level)
        state[frame] = rows.collect()

    return run


def both(parts: Sequence[Flag | Const]) -> Flag | Const:
    """All of the conditions (Kleene)."""
    if any(isinstance(each, Const) and each.value is False for each in parts):
        return Const(False)
    exprs = [terms.flag(each) for each in parts if not (isinstance(each, Const) and each.value is True)]
    if not exprs:
        return Const(True)
    whole = exprs[0].expr
    for each in exprs[1:]:
        whole = whole & each.expr
    return Flag(whole, all(each.sure for each in exprs))


def either(parts: Sequence[Flag | Const]) -> Flag | Const:
    """One of the conditions (Kleene)."""
    if any(isinstance(each, Const) and each.value is True for each in parts):
        return Const(True)
    exprs = [terms.flag(each) for each in parts if not (isinstance(each, Const) and each.value is False)]
    if not exprs:
        return Const(False)
    whole = exprs[0].expr
    for each in exprs[1:]:
        whole = whole | each.expr
    return Flag(whole, all(each.sure for each in exprs))
