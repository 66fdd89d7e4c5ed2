"""Which of many changes stand alone, and which parts of a program each of them touches: few trials for many.

To try every change by itself takes as many programs as there are changes. Halves are tried instead, chosen
so that for any two changes there is a half with the one and without the other: so a change that compiles
only with another one is noticed, and a part that differs in just the halves with one change is touched by
no other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from math import comb
from typing import Any, TypeVar

from policyengine.change.apply import with_changes
from policyengine.change.changes import Change
from policyengine.dataclass import dataclass
from policyengine.program.graph import Graph
from policyengine.program.linked import Program

FEW = 8
"""So many changes are tried one by one."""
_KEPT = 64


class Trials:
    """The old program with some of the changes, as it is in force on a day; `always` are made in any case."""

    def __init__(self, old: Program, always: Sequence[Change], day: date) -> None:
        self.old = old
        self.always = always
        self.day = day
        self._made: dict[tuple[int, ...], Program] = {}

    def on(self, day: date) -> Trials:
        """The same on another day."""
        return self if day == self.day else Trials(self.old, self.always, day)

    def made(self, changes: Sequence[Change]) -> Program:
        """The program with these changes."""
        key = tuple(map(id, changes))
        if key not in self._made:
            if len(self._made) > _KEPT:
                self._made.clear()
            self._made[key] = with_changes(self.old, (*self.always, *changes), self.day)
        return self._made[key]

    def linked(self, changes: Sequence[Change]) -> Graph | None:
        """The graph of the program with these changes; None where it does not compile."""
        return self.made(changes).graph

    def evaluated(self, changes: Sequence[Change]) -> Graph | None:
        """The graph by which engines work the program with these changes out."""
        return self.made(changes).evaluated

    def compile_alone(self, changes: Sequence[Change]) -> list[Change]:
        """Those that compile without the others."""
        if len(changes) <= FEW:
            return [change for change in changes if self.made([change]).ok]
        if all(self.made([changes[i] for i in half]).ok for half in _halves(len(changes))):
            return list(changes)
        middle = len(changes) // 2
        return [*self.compile_alone(changes[:middle]), *self.compile_alone(changes[middle:])]


def _halves(count: int) -> list[list[int]]:
    """As few halves of so many numbers as part any two of them in both ways.

    Every number is in a different set of halves, and all these sets are of one size, so that none holds
    another (Sperner's theorem: of k halves there are most such sets of the size k / 2).
    """
    k = next(k for k in itertools.count(2) if comb(k, k // 2) >= count)
    sets = list(itertools.islice(itertools.combinations(range(k), k // 2), count))
    return [[i for i, own in enumerate(sets) if half in own] for half in range(k)]


@dataclass(frozen=True, slots=True)
class Effects:
    """The graph with all of some changes; the parts that one of them alone touches, by its number.

    `shared` are the numbers of those that may touch a part together with others.
    """

    graph: Graph
    touched: Mapping[Any, int]
    shared: frozenset[int]


Parts = Callable[[Graph], Mapping[Any, Hashable]]
"""What each part of a graph says, by what the part is called; the same for what comes to the same."""


C = TypeVar("C")
GraphWith = Callable[[Sequence[C]], Graph | None]
"""The graph of a program with some changes, or groups of them; None where it does not compile."""


def effects(made: GraphWith[C], changes: Sequence[C], before: Graph, parts: Parts) -> Effects | None:
    """What each of several changes touches; None where they are few, or do not compile together.

    `made` gives graphs of the same kind as `before`.
    """
    whole = made(changes) if len(changes) > FEW else None
    halves = _halves(len(changes)) if whole is not None else []
    graphs = [made([changes[i] for i in half]) for half in halves]
    if whole is None or None in graphs:
        return None
    old, new, *tried = (parts(graph) for graph in (before, whole, *graphs) if graph is not None)
    numbers = {_bits(i in half for half in halves): i for i in range(len(changes))}
    touched: dict[Any, int] = {}
    shared: set[int] = set()
    for name in {*old, *new}:
        there = [said.get(name) for said in tried]
        where = _bits(said != old.get(name) for said in there)
        number = numbers.get(where)
        if number is not None and {said for said in there if said != old.get(name)} == {new.get(name)}:
            touched[name] = number
        elif where or old.get(name) != new.get(name):
            shared.update(i for bits, i in numbers.items() if bits & where == bits or not where)
    return Effects(whole, touched, frozenset(shared))


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << i for i, flag in enumerate(flags) if flag)
