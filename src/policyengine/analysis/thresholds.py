"""Where a graph changes its mind: for each fact the values with which conditions compare it, and their
neighbours.

Read off the expressions of the graph, whatever kinds of policy they come from. Between two neighbouring
cut points no condition about the one fact changes. That is exact where a fact is only compared with values
that the policy itself gives; where facts are compared with each other, cut points are good guesses
(`Cuts.exact` tells).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date, timedelta
from decimal import Decimal

from policyengine.analysis.operands import (
    Constant,
    EntityFact,
    Linear,
    NameScope,
    Operands,
    evaluate_constant,
)
from policyengine.dataclass import dataclass
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Months, Range
from policyengine.program.graph import Graph, Key

FactKey = tuple[str, str]
"""An entity and a fact of it."""


@dataclass(slots=True)
class Cuts:
    """What the conditions of some nodes compare each fact with.

    `points` are, by fact, the written values; `free` are the facts that do more than being compared with
    such values; `mentioned` are all facts that are read. `lists` are the entities whose instances are read,
    `sizes` the numbers with which the length of a list is compared. `lengths` are the durations that dates
    are moved by, `days` further days, `numbers` those that are calculated with.
    """

    points: dict[FactKey, set[object]] = field(default_factory=dict)
    free: set[FactKey] = field(default_factory=set)
    mentioned: set[FactKey] = field(default_factory=set)
    lists: set[str] = field(default_factory=set)
    sizes: set[int] = field(default_factory=set)
    lengths: set[Months | timedelta] = field(default_factory=set)
    days: set[date] = field(default_factory=set)
    numbers: set[Decimal] = field(default_factory=set)

    def add(self, other: Cuts) -> None:
        """Take over what another graph compares."""
        for fact, points in other.points.items():
            self.points.setdefault(fact, set()).update(points)
        self.free |= other.free
        self.mentioned |= other.mentioned
        self.lists |= other.lists
        self.sizes |= other.sizes
        self.lengths |= other.lengths
        self.days |= other.days
        self.numbers |= other.numbers

    @property
    def exact(self) -> bool:
        """Whether nothing but the regions between cut points decides."""
        return not self.free and not self.lists


def cuts_of(graph: Graph, keys: Iterable[Key], today: date) -> Cuts:
    """The cut points of some nodes of a graph, those nodes alone."""
    reader = _Reader(graph, today)
    for entity, name in keys:
        reader.read(graph.nodes[entity][name].expression, entity)
        if entity in graph.repeats:
            reader.read_given(entity)
    return reader.found


class _Reader:
    """Walks expressions; `pending` holds what is still to be read, with the names that it sees."""

    def __init__(self, graph: Graph, today: date) -> None:
        self.graph = graph
        self.found = Cuts()
        self.operands = Operands(graph, today)

    def read(self, expression: Expression, entity: str) -> None:
        pending: list[tuple[Expression, NameScope]] = [(expression, NameScope(entity))]
        while pending:
            node, sight = pending.pop()
            pending.extend(self._visit(node, sight))

    def read_given(self, entity: str) -> None:
        """The days that computed instances begin and end on, where they do not depend on a record."""
        repeat = self.graph.repeats[entity]
        items = self.graph.nodes[repeat.within][repeat.items].expression
        given = evaluate_constant(items, self.operands.today)
        for context in given if isinstance(given, (list, tuple)) else ():
            for value in context.values() if isinstance(context, Mapping) else ():
                ends = (value.low, value.high) if isinstance(value, Range) else (value,)
                self.found.days |= {end for end in ends if isinstance(end, date)}

    def _visit(self, node: Expression, sight: NameScope) -> Iterator[tuple[Expression, NameScope]]:
        match node:
            case syntax.Comparison(op, left, right):
                yield from self._compare(op, left, right, sight)
            case syntax.Between(value, low, high):
                yield from self._compare(">=", value, low, sight)
                yield from self._compare("<=", value, high, sight)
            case syntax.In(value, tests):
                for test in tests:
                    yield from self._test(value, test, sight)
            case syntax.Call(syntax.Name("is defined"), (argument,)):
                fact = self.operands.of(argument, sight)
                if not isinstance(fact, Linear):
                    yield argument, sight
                else:
                    self._mention(fact.place)
            case _:
                self._plain(node, sight)
                yield from self.operands.below(node, sight)

    def _plain(self, node: Expression, sight: NameScope) -> None:
        """A fact that stands for itself; one with few values is told apart by all of them."""
        if isinstance(node, (syntax.Name, syntax.Path)):
            place = self.operands.place(node, sight)
            if isinstance(place, EntityFact):
                self._mention(place)
                if not place.finite:
                    self.found.free.add(place.key)
            elif place is not None:
                self.found.lists.add(place)
        elif isinstance(node, syntax.Literal) and isinstance(node.value, (Months, timedelta)):
            self.found.lengths.add(node.value)
        elif isinstance(node, syntax.Literal) and isinstance(node.value, Decimal):
            self.found.numbers.add(node.value)

    def _mention(self, place: EntityFact) -> None:
        self.found.mentioned.add(place.key)

    def _test(
        self, value: Expression, test: Expression, sight: NameScope
    ) -> Iterator[tuple[Expression, NameScope]]:
        match test:
            case syntax.RangeLiteral(low, high):
                for op, end in ((">=", low), ("<=", high)):
                    if end is not None:
                        yield from self._compare(op, value, end, sight)
            case syntax.Comparison(op, syntax.Name("?"), right):
                yield from self._compare(op, value, right, sight)
            case _:
                yield from self._compare("=", value, test, sight)

    def _compare(
        self, op: str, left: Expression, right: Expression, sight: NameScope
    ) -> Iterator[tuple[Expression, NameScope]]:
        one, other = self.operands.of(left, sight), self.operands.of(right, sight)
        if isinstance(one, Constant) and isinstance(other, Linear):
            one, other = other, one
        if isinstance(one, Linear) and isinstance(other, Constant):
            self._mention(one.place)
            points = one.points(other.value)
            self.found.points.setdefault(one.place.key, set()).update(points)
            if not one.exact or (not points and not one.place.finite):
                self.found.free.add(one.place.key)
            self._lengths(left, right)
            return
        self._guess(left, right, sight)
        yield left, sight
        yield right, sight

    def _lengths(self, *sides: Expression) -> None:
        for side in sides:
            for part in syntax.walk(side):
                if isinstance(part, syntax.Literal) and isinstance(part.value, (Months, timedelta)):
                    self.found.lengths.add(part.value)

    def _guess(self, left: Expression, right: Expression, sight: NameScope) -> None:
        """Facts that are compared in a way that cannot be solved: all written values may matter to all."""
        written = {
            part.value for side in (left, right) for part in syntax.walk(side)
            if isinstance(part, syntax.Literal) and isinstance(part.value, (Decimal, str, date))
            and not isinstance(part.value, bool)
        }  # fmt: skip
        self.found.sizes |= {
            int(each)
            for each in written
            if isinstance(each, Decimal) and 0 <= each <= 12 and each == int(each)
        }
        for place in self.operands.places(left, right, sight):
            self._mention(place)
            fitting = {value for value in written if place.takes(value)}
            self.found.points.setdefault(place.key, set()).update(fitting)
