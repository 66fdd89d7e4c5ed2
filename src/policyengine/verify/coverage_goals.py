"""Coverage goals of expressions, read off the graph for every kind of policy.

A goal is a place in a policy, a sentence, and a property of evaluations: a condition holds, or fails; a value
is at an edge, or just beyond it; one alternative alone decides. Only written expressions have goals;
conditions that a kind adds have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from policyengine.dataclass import dataclass
from policyengine.feel.evaluation.evaluator import Value
from policyengine.feel.syntax.tree import (
    And,
    Between,
    Binary,
    Call,
    Comparison,
    Expression,
    Filter,
    For,
    If,
    In,
    Literal,
    Name,
    Negate,
    Or,
    Path,
    RangeLiteral,
)
from policyengine.feel.types.types import Number
from policyengine.policy.entity import POSITION
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
    """A situation that tests should cover: its place, and the sentence for leaving it out.

    `edge` tells that it is one value out of those that are treated alike; `column` and `value` are how a case
    says it, where the value is that of a fact of the record. `asks` is what is to have which value: several
    conditions of a rule may ask for the same.
    """

    at: Span
    words: str
    edge: bool = False
    column: str = ""
    value: str = ""
    asks: tuple[str, str, object] = ("", "", None)

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
        measure = self._measure(subject, limit)
        step = measure.step or Decimal(1)
        if isinstance(limit, Decimal) and step == _STEPS["rate"]:
            step = min(step, _digit(limit))
        edge = _moved(limit, side, step)
        if edge is None or not measure.has(edge):
            return
        where = {0: "", -1: f", just below {_shown(limit)}", 1: f", just above {_shown(limit)}"}[side]
        words = f"`{_text(subject)}` is never {_shown(edge)}{where}"
        asks = self.entity, _text(subject), edge
        goal = Goal(part.span, words, True, self._column(subject), _shown(edge), asks)
        yield goal, lambda value: value(subject) == edge

    def _column(self, subject: Expression) -> str:
        """The column of a fact that the record states about the entity: `points`, or `deals.amount`."""
        vocabulary, real = self.graph.vocabulary, self.graph.real(self.entity)
        if not isinstance(subject, Name):
            return ""
        own = vocabulary.fact(real, subject.name)
        if own is None or not own[1].is_given:
            return ""
        around = [vocabulary.entities[each].list for each in reversed(vocabulary.lineage(own[0]))]
        return ".".join((*(each for each in around if each is not None), subject.name))

    def _measure(self, subject: Expression, limit: object) -> _Measure:
        """The step and the bounds of the numbers that an expression gives, as far as the facts tell."""
        found = self._of(subject)
        if found.step is not None or not isinstance(limit, Decimal):
            return found
        return found._replace(step=_digit(limit))

    def _of(self, subject: Expression) -> _Measure:
        match subject:
            case Name(name) | Path(_, name):
                return self._fact(subject, name)
            case Call(Name("count" | "length"), _):
                return _Measure(Decimal(1), Decimal(0))
            case Call(Name("sum"), (argument, *_)):
                found = self._of(argument)
                return found._replace(high=None, low=found.low if found.low == 0 else None)
            case Call(Name("min" | "max"), (argument, *_)):
                return self._of(argument)
            case Call(Name("mean" | "median" | "abs" | "once known"), arguments) if arguments:
                return _Measure(self._of(arguments[-1]).step)
            case Filter(target) | For(_, target) | If(_, target, _):
                return self._of(target)
            case Binary("+" | "-" | "*" | "/", left, right):
                return _Measure(self._of(left).step or self._of(right).step)
        return _Measure()

    def _fact(self, subject: Expression, name: str) -> _Measure:
        """What is known of a fact, of the entity itself or of one in a list."""
        vocabulary, real = self.graph.vocabulary, self.graph.real(self.entity)
        own = vocabulary.fact(real, name) if isinstance(subject, Name) else None
        if own is None and name == POSITION and vocabulary.in_order(real) is not None:
            return _Measure(Decimal(1), Decimal(1))
        facts = [each.facts[name] for each in vocabulary.entities.values() if name in each.facts]
        fact = own[1] if own is not None else facts[0] if len({each.type for each in facts}) == 1 else None
        kind = self.graph.names(self.entity).get(name) if isinstance(subject, Name) else None
        if fact is not None and not isinstance(kind, Number):
            kind = vocabulary.fact_type(name, fact)
        step = _STEPS.get(kind.unit) if isinstance(kind, Number) else None
        if isinstance(kind, Number) and kind.unit == "money":
            step = Decimal(1).scaleb(-vocabulary.number_of_digits())
        if fact is None or not fact.is_given or fact.single.storage not in ("whole", "exact"):
            return _Measure(step)
        return _Measure(step or (Decimal(1) if fact.single.storage == "whole" else None), *fact.limits)


class _Measure(NamedTuple):
    """The least difference between two numbers, and their bounds; None where it is not known."""

    step: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None

    def has(self, edge: object) -> bool:
        """Whether a value may be that low, or that high."""
        if not isinstance(edge, Decimal):
            return True
        return (self.low is None or edge >= self.low) and (self.high is None or edge <= self.high)


_STEPS = {"count": Decimal(1), "rate": Decimal("0.01")}


def _digit(limit: Decimal) -> Decimal:
    """The unit of the last digit after the point; 1 without one."""
    exponent = limit.normalize().as_tuple().exponent
    return Decimal(1).scaleb(min(exponent, 0)) if isinstance(exponent, int) else Decimal(1)


def case_goals(graph: Graph, node: Node) -> Iterator[tuple[Goal, str]]:
    """For a value that has cases, as a table has rows: that each of them counts; and the node that tells."""
    for case in node.cases.cases if node.cases is not None else ():
        found = graph.node(node.entity, case.node)
        if found is not None:
            at = found[1].at
            yield Goal(at, f"{case.heading}: `{shorten(at.text)}` never counts"), case.node


def _moved(limit: object, side: int, step: Decimal) -> object:
    if isinstance(limit, Decimal):
        moved = limit + side * step if side else limit
        return moved.to_integral_value() if moved == moved.to_integral_value() else moved
    if not isinstance(limit, date) or limit in (date.min, date.max):  # the first and the last are no edges
        return None
    return limit + timedelta(days=side)


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
