"""The steps that fill frames of rows: written once for a program, run for every batch.

Every distinct expression becomes one column. Steps run in order; the expressions of one frame that need no
other frame in between are worked out together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from typing import Any, Protocol, TypeAlias

import polars as pl

from policyengine.dataclass import dataclass


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


class Rowed(Protocol):
    """A frame, as far as steps know it; `terms.Frame` is one."""

    name: str
    base: int

    def place(self, name: str) -> tuple[int, int]:
        """The step and the level at which a column is there."""

    def added(self, name: str, step: int) -> pl.Expr:
        """A column that a step of its own adds."""


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

    def compute(self, frame: Rowed, name: str, expr: pl.Expr) -> tuple[int, int]:
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

    def gather(self, frame: Rowed, link: str, source: Rowed, name: str) -> pl.Expr:
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
