"""Conditions as formulas: tests of variables joined by and, or, not."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal as OneWord
from typing import NamedTuple, TypeAlias

from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.partition import Between, Choices, Domain, Line, OneOf, measure
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Comparison, Expression, Literal, Name, RangeLiteral, walk

# What `?` stands for, and what it stands for within that.
Subject: TypeAlias = "tuple[Expression, Subject] | None"
# A value that is tested: an expression, its `?`, and on which line it lies or what else it is.
Variable: TypeAlias = tuple[Expression, Subject, str]

_TRUTH = OneOf((True, False))
_FLIPPED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Formula(NamedTuple):
    """`test` is a leaf about the variable of a number, `op` and `value`; `if` has three parts."""

    form: OneWord["true", "false", "test", "and", "or", "not", "if"]
    node: Expression
    parts: tuple[Formula, ...] = ()
    variable: int = -1
    op: str = "="
    value: object = True


class Reader:
    """Reads conditions as formulas; the same tested value has the same number in all of them."""

    def __init__(self, domains: Mapping[str, Domain | None]) -> None:
        self.domains = domains
        self.numbers: dict[Variable, int] = {}
        self.variables: list[Variable] = []
        self.mentioned: list[list[object]] = []

    def domain(self, variable: Variable) -> Domain | None:
        """What is known about the values of a variable."""
        node, subject, what = variable
        if what == "truth":
            return _TRUTH
        known = self.domains.get(node.name) if isinstance(node, Name) and subject is None else None
        return known if isinstance(known, OneOf if what == "text" else Between) else None

    def regions(self, number: int) -> Line | Choices:
        """The values of a variable, cut where any of the conditions tests it."""
        variable = self.variables[number]
        domain = self.domain(variable)
        if variable[2] in ("truth", "text"):
            return Choices.of(self.mentioned[number], domain if isinstance(domain, OneOf) else None)
        points = [value for value in self.mentioned[number] if isinstance(value, Decimal)]
        return Line.cut(points, domain if isinstance(domain, Between) else Between())

    def read(self, node: Expression, subject: Subject = None) -> Formula:
        """The condition as a formula; what cannot be looked into is a value of its own."""
        match node:
            case Literal(bool() as value):
                return Formula("true" if value else "false", node)
            case syntax.And(operands) | syntax.Or(operands):
                parts = tuple(self.read(operand, subject) for operand in operands)
                return Formula("and" if isinstance(node, syntax.And) else "or", node, parts)
            case syntax.Call(Name("not"), (operand,), ()):
                return Formula("not", node, (self.read(operand, subject),))
            case syntax.If(condition, then, otherwise):
                parts = tuple(self.read(part, subject) for part in (condition, then, otherwise))
                return Formula("if", node, parts)
            case syntax.Between(value, low, high):
                return self._range(node, value, RangeLiteral(low, high, True, True, node.span), subject)
            case syntax.In(value, tests):
                return Formula("or", node, tuple(self._test(node, value, test, subject) for test in tests))
            case Comparison(op, left, right):
                return self._compared(node, op, left, right, subject)
            case _:
                return self._leaf(node, node, subject, "truth", "=", True)

    def _leaf(
        self, node: Expression, about: Expression, subject: Subject, what: str, op: str, value: object
    ) -> Formula:
        while subject is not None and isinstance(about, Name) and about.name == "?":
            about, subject = subject
        variable = (about, subject if _asks(about) else None, what)
        domain = self.domain(variable)
        if isinstance(domain, OneOf) and value not in domain.values:
            variable, op, value = (node, subject, "truth"), "=", True
        number = self.numbers.setdefault(variable, len(self.numbers))
        if number == len(self.variables):
            self.variables.append(variable)
            self.mentioned.append([])
        self.mentioned[number].append(value)
        return Formula("test", node, (), number, op, value)

    def _compared(
        self, node: Expression, op: str, left: Expression, right: Expression, subject: Subject
    ) -> Formula:
        first, second = constant(left), constant(right)
        if first is not None and second is None:
            left, right, second, op = right, left, first, _FLIPPED[op]
        elif first is not None:
            return self._leaf(node, node, subject, "truth", "=", True)
        value = second.value if second is not None else None
        line = measure(value)
        if line is not None:
            return self._leaf(node, left, subject, line[0], op, line[1])
        if isinstance(value, bool) and op in {"=", "!="}:
            inner = self.read(left, subject)
            return inner if value is (op == "=") else Formula("not", node, (inner,))
        if isinstance(value, str) and op in {"=", "!="}:
            return self._leaf(node, left, subject, "text", op, value)
        if repr(right) < repr(left):
            left, right, op = right, left, _FLIPPED[op]
        # Smaller, the same or larger: a line on which the two sides lie around 0.
        sides = syntax.ListLiteral((left, right), node.span)
        return self._leaf(node, sides, subject, "sides", op, Decimal(0))

    def _range(self, node: Expression, value: Expression, test: RangeLiteral, subject: Subject) -> Formula:
        low, high = ">=" if test.low_closed else ">", "<=" if test.high_closed else "<"
        ends = ((low, test.low), (high, test.high))
        parts = [self._compared(node, op, value, end, subject) for op, end in ends if end is not None]
        return Formula("and", node, tuple(parts)) if parts else Formula("true", node)

    def _test(self, node: Expression, value: Expression, test: Expression, subject: Subject) -> Formula:
        """One test of `value in (tests)`."""
        if isinstance(test, RangeLiteral):
            return self._range(test, value, test, subject)
        known = constant(test)
        if known is not None and not isinstance(known.value, bool):
            return self._compared(test, "=", value, known, subject)
        if is_condition(test) and _asks(test):
            return self.read(test, (value, subject))
        whole = syntax.In(value, (test,), test.span)
        own = self._leaf(test, whole, subject, "truth", "=", True)
        if isinstance(test, syntax.ListLiteral):
            items = [self._test(item, value, item, subject) for item in test.items]
            return Formula("or", test, (*items, own))
        return own


def is_condition(node: Expression) -> bool:
    """Whether an expression is one of those that are true or false, and can be looked into."""
    if isinstance(node, syntax.Call):
        return isinstance(node.function, Name) and node.function.name == "not" and len(node.positional) == 1
    return isinstance(node, (syntax.And, syntax.Or, Comparison, syntax.Between, syntax.In))


def _asks(node: Expression) -> bool:
    return any(isinstance(at, Name) and at.name == "?" for at in walk(node))


def constant(node: Expression) -> Literal | None:
    """The value of an expression that is a number, date or text whatever the facts are."""
    if isinstance(node, Literal):
        return None if node.value is None else node
    if not isinstance(node, (syntax.Negate, syntax.Binary)):
        return None
    if any(not isinstance(at, (Literal, syntax.Negate, syntax.Binary)) for at in walk(node)):
        return None
    value = evaluate(node, {})
    return None if value is None else Literal(value, node.span)
