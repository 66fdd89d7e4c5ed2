"""The thresholds of a graph: for each fact the values at which a condition changes its result.

They are read off the expressions of the graph, for every kind of policy alike. Between two neighbouring
thresholds no condition on that fact changes. This is exact where facts are compared with values of the
policies alone; where facts are compared with each other, thresholds are good guesses (`Cuts.exact`).
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
from policyengine.analysis.value_numbering import closure
from policyengine.dataclass import dataclass
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Months, Range
from policyengine.program.graph import Graph, Key

_SMALL_SIZE, _SIZE = 12, 400
"""The largest number that is tried as the length of a list: of any number, and of one that a count has."""
_PARTS = ("day", "month", "year", "weekday")
FactKey = tuple[str, str]
"""An entity and a fact of it."""


@dataclass(slots=True)
class Cuts:
    """The thresholds of some nodes.

    `points` holds the compared values by fact; `free` the facts that are used in other ways than such
    comparisons; `mentioned` all facts that are read. `lists` holds the entities whose instances are read,
    `sizes` the numbers that list lengths are compared with. `lengths` holds the durations that dates are
    shifted by, `days` further dates, `numbers` those used in calculations.
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
        """Merges the thresholds of a different graph."""
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
        """Whether the regions between thresholds alone decide every condition."""
        return not self.free and not self.lists


def cuts_of(graph: Graph, keys: Iterable[Key], today: date) -> Cuts:
    """The thresholds of the given nodes of a graph, without those of their dependencies."""
    known: dict[Key, Cuts] = graph.analysed.setdefault((cuts_of, today), {})
    found = Cuts()
    for key in keys:
        if key not in known:
            known[key] = _cuts_of(graph, key, today)
        found.add(known[key])
    return found


def _cuts_of(graph: Graph, key: Key, today: date) -> Cuts:
    reader, (entity, name) = _Reader(graph, today), key
    reader.read(graph.nodes[entity][name].expression, entity)
    if entity in graph.repeats:
        reader.read_given(entity)
    return reader.found


def cuts_of_expression(graph: Graph, expression: Expression, entity: str, today: date) -> Cuts:
    """The thresholds of an expression at an entity, with those of all nodes that it names."""
    reader = _Reader(graph, today)
    reader.read(expression, entity)
    names = {each.name for each in syntax.walk(expression) if isinstance(each, syntax.Name)}
    nodes = [(found[0], name) for name in names if (found := graph.node(entity, name)) is not None]
    reader.found.add(cuts_of(graph, closure(graph, nodes), today))
    return reader.found


class _Reader:
    """Collects thresholds from expressions; `pending` holds the parts still to be read, with their names."""

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
        """Adds the days on which computed instances begin and end, where no record decides them."""
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
        """Adds a fact that is used as a value; one with few values is divided by all of them."""
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
        """Adds all written values to all facts of a comparison that cannot be solved."""
        written = {
            part.value for side in (left, right) for part in syntax.walk(side)
            if isinstance(part, syntax.Literal) and isinstance(part.value, (Decimal, str, date))
            and not isinstance(part.value, bool)
        }  # fmt: skip
        most = _SIZE if self._counts(left, sight) or self._counts(right, sight) else _SMALL_SIZE
        self.found.sizes |= {
            int(each)
            for each in written
            if isinstance(each, Decimal) and 0 <= each <= most and each == int(each)
        }
        self._parts_of_dates(left, right, written, sight)
        for place in self.operands.places(left, right, sight):
            self._mention(place)
            fitting = {value for value in written if place.takes(value)}
            self.found.points.setdefault(place.key, set()).update(fitting)

    def _counts(self, node: Expression, sight: NameScope) -> bool:
        """Whether an expression is the length of a list, by itself or by the name of a node."""
        if isinstance(node, syntax.Name) and node.name not in sight.bound:
            found = self.graph.node(sight.entity, node.name)
            node = found[1].expression if found is not None else node
        function = node.function if isinstance(node, syntax.Call) else None
        return isinstance(function, syntax.Name) and function.name == "count"

    def _parts_of_dates(
        self, left: Expression, right: Expression, written: Iterable[object], sight: NameScope
    ) -> None:
        """Adds the days on which a compared part of a date has a written value, and those around it."""
        numbers = [int(each) for each in written if isinstance(each, Decimal) and each == int(each)]
        for side in (left, right):
            for part in syntax.walk(side):
                if isinstance(part, syntax.Path) and part.name in _PARTS:
                    fact = self.operands.of(part.target, sight)
                    if isinstance(fact, Linear) and fact.place.fact.scalar == "date":
                        days = {day for each in numbers for day in self._days_with(part.name, each)}
                        self.found.points.setdefault(fact.place.key, set()).update(days)

    def _days_with(self, part: str, value: int) -> Iterator[date]:
        today = self.operands.today
        for each in (value - 1, value, value + 1):
            if part == "day" and 1 <= each <= 31:
                yield date(today.year, 1, each)
            elif part == "month" and 1 <= each <= 12:
                yield date(today.year, each, 1)
            elif part == "year" and date.min.year <= each <= date.max.year:
                yield date(each, 1, 1)
            elif part == "weekday":
                yield today + timedelta(days=each - today.isoweekday())
