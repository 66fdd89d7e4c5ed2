"""Classifies the two sides of a comparison: a constant, a linear function of one fact, or something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import date, timedelta
from decimal import Decimal

from policyengine.dataclass import dataclass
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.calendar import add_months
from policyengine.feel.values.values import Months, Range, Unknown
from policyengine.policy.facts import Fact, recorded_name
from policyengine.program.graph import Graph

_DEPTH = 40


@dataclass(frozen=True, slots=True)
class EntityFact:
    """A fact of an entity."""

    entity: str
    name: str
    fact: Fact

    @property
    def key(self) -> tuple[str, str]:
        """The entity and the name."""
        return self.entity, self.name

    @property
    def finite(self) -> bool:
        """Whether all its values can be tried."""
        return self.fact.scalar in ("boolean", "enum") and not self.fact.is_list

    def takes(self, value: object) -> bool:
        """Whether a value is of its type."""
        ordered = self.fact.scalar not in ("boolean", "period")
        return ordered and isinstance(value, self.fact.single.classes)


@dataclass(frozen=True, slots=True)
class Constant:
    """An operand that does not depend on the record."""

    value: object


@dataclass(frozen=True, slots=True)
class Linear:
    """A linear function of one fact: `factor * fact + shift` for numbers, the fact shifted by `moved` for
    dates.
    """

    place: EntityFact
    factor: Decimal = Decimal(1)
    shift: Decimal = Decimal(0)
    moved: tuple[Months | timedelta, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether the thresholds can be solved exactly; a shift by months has no inverse."""
        return not any(isinstance(each, Months) for each in self.moved)

    def points(self, value: object) -> set[object]:
        """The values of the fact at which the operand equals `value`."""
        if isinstance(value, Range):
            return {point for end in (value.low, value.high) for point in self.points(end)}
        if isinstance(value, (list, tuple)):
            return {point for each in value for point in self.points(each)}
        if not self.place.takes(value):
            return set()
        if isinstance(value, Decimal):
            return {(value - self.shift) / self.factor}
        if isinstance(value, date):
            for length in reversed(self.moved):
                value = moved(value, length, -1)
                if value is None:
                    return set()
        return {value}


@dataclass(frozen=True, slots=True)
class Other:
    """Any other operand."""


Operand = Constant | Linear | Other


@dataclass(frozen=True, slots=True)
class NameScope:
    """The names that an expression sees: its entity, the rows that it iterates over (innermost last), named
    rows.
    """

    entity: str
    rows: tuple[str, ...] = ()
    bound: Mapping[str, str | None] = field(default_factory=dict)

    def over(self, entity: str | None, name: str | None = None) -> NameScope:
        """The scope within an iteration over the rows of an entity, by a name for the row if there is one."""
        if name is not None:
            return replace(self, bound={**self.bound, name: entity})
        return replace(self, rows=(*self.rows, entity)) if entity is not None else self


class Operands:
    """Classifies expressions of a graph as facts, values or lists."""

    def __init__(self, graph: Graph, today: date) -> None:
        self.graph = graph
        self.today = today

    def of(self, node: Expression, sight: NameScope, depth: int = 0) -> Operand:
        """The operand that an expression is."""
        if depth > _DEPTH:
            return Other()
        match node:
            case syntax.Literal(value):
                return Constant(value)
            case syntax.Name("today") if "today" not in sight.bound:
                return Constant(self.today)
            case syntax.Name() | syntax.Path():
                return self._named(node, sight, depth)
            case syntax.Binary(op, left, right):
                return self._arithmetic(op, self.of(left, sight, depth + 1), self.of(right, sight, depth + 1))
            case syntax.Negate() | syntax.RangeLiteral() | syntax.ListLiteral() | syntax.Call():
                parts = syntax.children(node)[1:] if isinstance(node, syntax.Call) else syntax.children(node)
                if len(parts) > 50 or not all(
                    isinstance(self.of(each, sight, depth + 1), Constant) for each in parts
                ):
                    return Other()
                value = evaluate_constant(node, self.today)
                return Other() if isinstance(value, Unknown) else Constant(value)
            case _:
                return Other()

    def _named(self, node: Expression, sight: NameScope, depth: int) -> Operand:
        place = self.place(node, sight)
        if isinstance(place, EntityFact):
            return Linear(place) if not place.fact.is_list else Other()
        if place is None and isinstance(node, syntax.Name) and node.name not in sight.bound:
            found = self.graph.node(sight.entity, node.name)
            if found is not None:
                return self.of(found[1].expression, NameScope(found[0]), depth + 1)
        return Other()

    def _arithmetic(self, op: str, left: Operand, right: Operand) -> Operand:
        if isinstance(left, Constant) and isinstance(right, Constant):
            value = _calculate(op, left.value, right.value)
            return Other() if value is None else Constant(value)
        if isinstance(left, Constant) and isinstance(right, Linear) and op in "+*":
            left, right = right, left
        if not isinstance(left, Linear) or not isinstance(right, Constant):
            return Other()
        value = right.value
        if isinstance(value, (Months, timedelta)) and op in "+-" and left.place.fact.scalar == "date":
            length = value if op == "+" else _opposite(value)
            return replace(left, moved=(*left.moved, length))
        if not isinstance(value, Decimal) or not left.place.fact.single.is_number:
            return Other()
        if op in "+-":
            return replace(left, shift=left.shift + (value if op == "+" else -value))
        if op in ("*", "/") and value > 0:
            by = value if op == "*" else 1 / value
            return replace(left, factor=left.factor * by, shift=left.shift * by)
        return Other()

    # Names

    def place(self, node: Expression, sight: NameScope) -> EntityFact | str | None:
        """The fact or the entity of the list that a name refers to; None for any other expression."""
        if isinstance(node, syntax.Path):
            owner = self.rows(node.target, sight)
            return self._field(owner, node.name) if owner is not None else None
        if not isinstance(node, syntax.Name):
            return None
        if node.name in sight.bound:
            return None
        for row in reversed(sight.rows):
            found = self._field(row, node.name)
            if found is not None:
                return found
        for owner in self.graph.lineage(sight.entity):
            if owner in self.graph.repeats:
                if node.name in self.graph.repeats[owner].types:
                    return None
                continue
            if node.name in self.graph.nodes.get(owner, {}):
                return None
            found = self._field(owner, node.name)
            if found is not None:
                return found
        return None

    def _field(self, entity: str, name: str) -> EntityFact | str | None:
        facts, said = self.graph.vocabulary.entities[entity].facts, recorded_name(name)
        if said in facts:
            return EntityFact(entity, said, facts[said]) if facts[said].is_given else None
        return next(
            (child for child, below in self.graph.vocabulary.children(entity) if below.list == name), None
        )

    def rows(self, node: Expression, sight: NameScope) -> str | None:
        """The entity whose rows an expression returns, one or many; None where it returns none."""
        match node:
            case syntax.Name(name) if name in sight.bound:
                return sight.bound[name]
            case syntax.Name("item"):
                return sight.rows[-1] if sight.rows else None
            case syntax.Filter(target, _):
                return self.rows(target, sight)
            case syntax.Name() | syntax.Path():
                found = self.place(node, sight)
                return found if isinstance(found, str) else None
            case _:
                return None

    def below(self, node: Expression, sight: NameScope) -> Iterator[tuple[Expression, NameScope]]:
        """The direct parts of an expression, each with the names that it sees."""
        match node:
            case syntax.Filter(target, condition):
                yield target, sight
                yield condition, sight.over(self.rows(target, sight))
            case syntax.For(iterators, body) | syntax.Quantified(_, iterators, body):
                for iterator in iterators:
                    yield from ((each, sight) for each in syntax.children(iterator))
                    sight = sight.over(self.rows(iterator.domain, sight), iterator.name)
                yield body, sight
            case syntax.Path(target, _):
                yield target, sight
            case syntax.Call(syntax.Name(), _, _):
                yield from ((each, sight) for each in syntax.children(node)[1:])
            case _:
                yield from ((each, sight) for each in syntax.children(node))

    def places(self, left: Expression, right: Expression, sight: NameScope) -> Iterator[EntityFact]:
        """All facts that two expressions read, directly and through other nodes."""
        pending = [(left, sight, 0), (right, sight, 0)]
        seen: set[str] = set()
        while pending:
            node, at, depth = pending.pop()
            place = self.place(node, at)
            if isinstance(place, EntityFact):
                yield place
            elif place is None and isinstance(node, syntax.Name) and node.name not in (*at.bound, *seen):
                found = self.graph.node(at.entity, node.name)
                if found is not None and depth < _DEPTH:
                    seen.add(node.name)
                    pending.append((found[1].expression, NameScope(found[0]), depth + 1))
            pending.extend((*each, depth) for each in self.below(node, at))


def evaluate_constant(node: Expression, today: date) -> object:
    """The value of an expression that reads nothing but the evaluation date."""
    try:
        return evaluate(node, {"today": today}, mode="policy", functions=LIBRARY)
    except KeyError:
        return Unknown(frozenset())


def _calculate(op: str, left: object, right: object) -> object:
    if isinstance(left, date) and isinstance(right, (Months, timedelta)) and op in "+-":
        return moved(left, right, 1 if op == "+" else -1)
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        if op == "/" and not right:
            return None
        results = {"+": left + right, "-": left - right, "*": left * right, "/": left / (right or 1)}
        return results.get(op)
    return None


def _opposite(length: Months | timedelta) -> Months | timedelta:
    return Months(-length.months) if isinstance(length, Months) else -length


def moved(day: date, length: Months | timedelta, sign: int = 1) -> date | None:
    """A date shifted by a duration; None beyond the years that a record can hold."""
    try:
        found = add_months(day, sign * length.months) if isinstance(length, Months) else day + sign * length
    except OverflowError:
        return None
    return found if isinstance(found, date) else None
