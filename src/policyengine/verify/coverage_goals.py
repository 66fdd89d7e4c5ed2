"""Coverage goals of expressions, read off the graph for every kind of policy.

A goal is a place in a policy, a sentence, and a property of evaluations: a condition holds, or fails; a value
is at an edge, or just beyond it; one alternative alone decides. Only written expressions have goals;
conditions that a kind adds have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from policyengine.dataclass import dataclass
from policyengine.feel.evaluation.evaluator import Value
from policyengine.feel.syntax.tree import (
    And,
    Between,
    Comparison,
    Expression,
    If,
    In,
    Literal,
    Name,
    Negate,
    Or,
    RangeLiteral,
)
from policyengine.feel.types.types import Number
from policyengine.policy.quantities import shorten
from policyengine.policy.rule import Node
from policyengine.program.graph import Graph
from policyengine.source import Span
from policyengine.verify.document_index import DocumentIndex

_LONGEST = 80
_BEYOND = {"<": 0, "<=": 1, ">": 0, ">=": -1}
"""Where the first value lies that a comparison tells from its edge: above it, below it."""
_SHORT = {"<": -1, "<=": 0, ">": 1, ">=": 0}


@dataclass(frozen=True, slots=True)
class Goal:
    """A situation that tests should cover: its place, and the sentence for leaving it out."""

    at: Span
    words: str

    @property
    def key(self) -> tuple[str, int, int, str]:
        """The identity of the goal across days."""
        return self.at.source.name, self.at.start, self.at.end, self.words


Met = Callable[[Value], bool]
"""Whether a goal is met where values are as they are."""


@dataclass(frozen=True, slots=True)
class GoalFinder:
    """Finds the goals in the expressions of one entity."""

    graph: Graph
    places: tuple[DocumentIndex, ...]
    entity: str

    def conditions(self, part: Expression) -> Iterator[tuple[Goal, Met]]:
        """A condition, both ways."""
        if self.written(part):
            text = _text(part)
            yield Goal(part.span, f"`{text}` never holds"), lambda value: value(part) is True
            yield Goal(part.span, f"`{text}` never fails"), lambda value: value(part) is False

    def goals(self, part: Expression) -> Iterator[tuple[Goal, Met]]:
        """The goals of one part of an expression."""
        match part:
            case Or(operands):
                for operand in operands:
                    yield from self.conditions(operand)
                    yield from self._alone(operand, operands)
            case And(operands):
                for operand in operands:
                    yield from self.conditions(operand)
            case If(condition):
                yield from self.conditions(condition)
            case Comparison(op, left, right) if op in _BEYOND:
                yield from self._edge(part, op, left, right)
            case In(value, tests):
                for test in tests:
                    if isinstance(test, RangeLiteral):
                        yield from self._range(part, value, test)
            case Between(value, low, high):
                yield from self._range(part, value, RangeLiteral(low, high, True, True, part.span))

    def written(self, part: Expression) -> bool:
        """Whether a part stands in the text of a policy as it is."""
        if isinstance(part, Literal) or (isinstance(part, Name) and part.span.text != part.name):
            return False
        return any(each.holds(part.span) and each.condition(part.span) for each in self.places)

    def _limits(self, part: Expression) -> bool:
        """Whether a part tells limits that are written, as a condition or as an entry of a list."""
        return self.written(part) or any(part.span in each.entries for each in self.places)

    def _alone(self, operand: Expression, operands: tuple[Expression, ...]) -> Iterator[tuple[Goal, Met]]:
        others = [other for other in operands if other is not operand]
        if self.written(operand):
            yield (
                Goal(operand.span, f"`{_text(operand)}` never decides alone"),
                lambda value: value(operand) is True and not any(value(each) is True for each in others),
            )

    def _edge(
        self, part: Expression, op: str, left: Expression, right: Expression
    ) -> Iterator[tuple[Goal, Met]]:
        swapped = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
        if _constant(left) is not None and _constant(right) is None:
            left, right, op = right, left, swapped[op]
        limit = _constant(right)
        if limit is not None and self._limits(part):
            for side in (_BEYOND[op], _SHORT[op]):
                yield from self._at(part, left, limit, side)

    def _range(self, part: Expression, value: Expression, test: RangeLiteral) -> Iterator[tuple[Goal, Met]]:
        if not self._limits(part):
            return
        for end, op in (
            (test.low, ">=" if test.low_closed else ">"),
            (test.high, "<=" if test.high_closed else "<"),
        ):
            limit = _constant(end)
            for side in (_BEYOND[op], _SHORT[op]) if limit is not None else ():
                yield from self._at(part, value, limit, side)

    def _at(
        self, part: Expression, subject: Expression, limit: object, side: int
    ) -> Iterator[tuple[Goal, Met]]:
        """A value at an edge (`side` 0), or just below (-1) or above it (1)."""
        step = self._step(subject, part.span)
        edge = _moved(limit, side, step)
        if edge is None or (side < 0 and self._below_all(subject, edge)):
            return
        where = {0: "", -1: f", just below {_shown(limit)}", 1: f", just above {_shown(limit)}"}[side]
        words = f"`{_text(subject)}` is never {_shown(edge)}{where}"
        yield Goal(part.span, words), lambda value: value(subject) == edge

    def _step(self, subject: Expression, at: Span) -> Decimal:
        kind = self.graph.names(self.entity).get(subject.name) if isinstance(subject, Name) else None
        if isinstance(kind, Number) and kind.unit == "money":
            return Decimal(1).scaleb(-self.graph.vocabulary.number_of_digits())
        if isinstance(kind, Number) and kind.unit == "rate":
            return Decimal("0.01")
        return Decimal(1)

    def _below_all(self, subject: Expression, edge: object) -> bool:
        """Whether no record may say a value that low."""
        found = None
        if isinstance(subject, Name):
            found = self.graph.vocabulary.fact(self.graph.real(self.entity), subject.name)
        if found is None or not isinstance(edge, Decimal):
            return False
        low = found[1].limits[0]
        return low is not None and edge < low


def case_goals(graph: Graph, node: Node) -> Iterator[tuple[Goal, str]]:
    """For a value that has cases, as a table has rows: that each of them counts; and the node that tells."""
    for case in node.cases.cases if node.cases is not None else ():
        found = graph.node(node.entity, case.node)
        if found is not None:
            at = found[1].at
            yield Goal(at, f"{case.heading}: `{shorten(at.text)}` never counts"), case.node


def _moved(limit: object, side: int, step: Decimal) -> object:
    if isinstance(limit, Decimal):
        return limit + side * step if side else limit
    return limit + timedelta(days=side) if isinstance(limit, date) else None


def _constant(node: Expression | None) -> object:
    match node:
        case Literal(Decimal() | date() as value):
            return value
        case Negate(Literal(Decimal() as value)):
            return -value
    return None


def _text(part: Expression) -> str:
    return shorten(part.span.text, _LONGEST)


def _shown(value: object) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
