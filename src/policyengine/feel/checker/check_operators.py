"""Arithmetic, comparisons and tests between types."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from policyengine.feel.checker.foreign_calls import of_items
from policyengine.feel.checker.typescope import TypeScope
from policyengine.feel.expression_codes import (
    CONSTANT,
    EXPECTED,
    MIXED_UNITS,
    NEVER_EQUAL,
    NULL,
    UNKNOWN_CHOICE,
    UNKNOWN_NAME,
    WRONG_TYPE,
)
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Binary, Comparison, Expression, Literal, Name, Negate, RangeLiteral
from policyengine.feel.types.relations import DURATIONS, arithmetic, is_open, may_equal, numbers
from policyengine.feel.types.types import (
    ANY,
    BOOLEAN,
    DATE,
    DATE_TIME,
    TEXT,
    Context,
    Enum,
    ListOf,
    Number,
    RangeOf,
    Type,
    describe,
    is_period,
)
from policyengine.feel.types.types import NULL as NULL_TYPE
from policyengine.feel.values.temporal import parse_at
from policyengine.feel.values.values import Months
from policyengine.text import literal_guesses

_NOTHING = frozenset({"none", "nil", "null", "undefined", "nan", "missing"})
_SPANS = (Months, timedelta)
_WORDS = {"+": "added", "-": "subtracted", "*": "multiplied", "/": "divided", "**": "raised to a power"}


def check_negated(node: Negate, operand: Type, scope: TypeScope) -> Type:
    """The type of `-operand`."""
    if is_open(operand) or isinstance(operand, Number) or operand in DURATIONS:
        return operand
    return scope.add(WRONG_TYPE, node, f"{describe(operand)} has no negative")


def check_arithmetic(node: Binary, left: Type, right: Type, scope: TypeScope) -> Type:
    """The type of `left op right`."""
    if isinstance(left, Number) and isinstance(right, Number):
        found = numbers(node.op, left, right)
        if found is not None:
            return found
        message = f"{describe(left)} and {describe(right)} cannot be {_WORDS[node.op]}"
        return scope.add(MIXED_UNITS, node, message, _unit_advice(node.op, left, right))
    result = arithmetic(node.op, left, right)
    if result is not None:
        return result
    message = f"{describe(left)} and {describe(right)} cannot be {_WORDS[node.op]}"
    return scope.add(WRONG_TYPE, node, message, _advice(node, left, right))


def _unit_advice(op: str, left: Number, right: Number) -> str | None:
    if {left.unit, right.unit} == {"money", "rate"} and op in {"+", "-"}:
        return f"multiply the amount by `(1 {op} ...)` with the rate"
    return None


def _advice(node: Binary, left: Type, right: Type) -> str | None:
    if {left, right} & {DATE, DATE_TIME} and any(isinstance(side, Number) for side in (left, right)):
        days = node.right.span.text if isinstance(node.right, Literal) else ""
        many = days if days.isdigit() else "90"
        return f'write days as `@"P{many}D"`, months as `@"P3M"`'
    if {left, right} & {DATE, DATE_TIME} and isinstance(node.right, Literal):
        period = literal_guesses.moment(
            str(node.right.value), lambda text: isinstance(parse_at(text), _SPANS)
        )
        if period is not None:
            return f'write `{node.left.span.text} {node.op} @"{period}"`'
    if node.op == "+" and TEXT in (left, right):
        texts = [
            side.span.text if kind == TEXT else f"string({side.span.text})"
            for side, kind in ((node.left, left), (node.right, right))
        ]
        return f"write `{' + '.join(texts)}`"
    return None


def check_compared(node: Comparison, scope: TypeScope) -> None:
    """Adds what is wrong with a comparison."""
    if isinstance(node.right, Name) and scope.find(node.right.name) is None:
        left = scope.infer(node.left)
        right = _unknown_side(node.right, left, scope)
    else:
        right = scope.infer(node.right)
        unknown = isinstance(node.left, Name) and scope.find(node.left.name) is None
        left = _unknown_side(node.left, right, scope) if unknown else scope.infer(node.left)
    if NULL_TYPE in (left, right):
        _null(node, left, scope)
    elif (items := _of_items(node, left, right, scope)) is not None:
        scope.add(WRONG_TYPE, node, f"{describe(items[0])} is compared with {describe(items[1])}", items[2])
    elif node.left == node.right or (isinstance(node.left, Literal) and isinstance(node.right, Literal)):
        if is_open(left, right) and node.left != node.right:
            return
        sides = "the same" if node.left == node.right else "written out"
        scope.add(CONSTANT, node, f"both sides are {sides}, so no fact can change the answer")
    elif isinstance(left, Context) and is_period(left) and is_period(right):
        scope.orders[id(node)] = left
    elif node.op in {"=", "!="}:
        _equality(node, node.left, left, node.right, right, scope)
    elif scope.ordered_choice(node, left, node.right) or scope.ordered_choice(node, right, node.left):
        return
    elif not _chained(node, left, right, scope):
        advice = _suggestion(left, right, node.right) or _suggestion(right, left, node.left)
        if scope.ordered(node, left, right, advice):
            scope.note_order(node, left, right)


def _of_items(node: Comparison, left: Type, right: Type, scope: TypeScope) -> tuple[Type, Type, str] | None:
    """A list that is compared with one value: their types, and how to ask for its items; else None."""
    listed, other = (node.left, node.right) if isinstance(left, ListOf) else (node.right, node.left)
    kind, single = (left, right) if isinstance(left, ListOf) else (right, left)
    if not isinstance(kind, ListOf) or isinstance(single, ListOf) or is_open(single, kind.item):
        return None
    if isinstance(listed, syntax.ListLiteral) and len(listed.items) == 1:
        return kind, single, f"write `{listed.items[0].span.text}` without the brackets"
    asked = None
    if listed is node.left:
        asked = of_items(listed, kind, scope, f" {node.op} {other.span.text}")
    if asked is None and isinstance(listed, Name) and node.op in {"=", "!="}:
        asked = f"list contains({listed.span.text}, {other.span.text})"
        asked = asked if node.op == "=" else f"not({asked})"
    advice = "ask for the items, as in `some x in ... satisfies x = ...`"
    return kind, single, f"write `{asked}`" if asked is not None else advice


def _unknown_side(node: Expression, other: Type, scope: TypeScope) -> Type:
    """The type of a name that is not known: it may be a choice of the other side without its quotes."""
    if isinstance(node, Name) and node.name.lower() in _NOTHING:
        return NULL_TYPE
    if isinstance(node, Name) and isinstance(other, Enum) and node.name in other.values:
        message = f"`{node.name}` is a text and has no quotation marks"
        return scope.add(UNKNOWN_NAME, node, message, f'write `"{node.name}"`')
    return scope.infer(node)


def _null(node: Comparison, left: Type, scope: TypeScope) -> None:
    value = node.right if left == NULL_TYPE else node.left
    if value == node.left == node.right:
        scope.add(CONSTANT, node, "both sides are the same, so no fact can change the answer")
        return
    text = value.span.text
    asked = f"is defined({text})" if node.op != "=" else f"not(is defined({text}))"
    scope.add(
        NULL, node, "a missing fact is unknown, and comparing it with null says nothing", f"write `{asked}`"
    )


def _chained(node: Comparison, left: Type, right: Type, scope: TypeScope) -> bool:
    """Whether it is `a < b < c`; adds that."""
    if left != BOOLEAN or not isinstance(node.left, Comparison) or right == BOOLEAN:
        return False
    middle = node.left.right.span.text
    advice = f"write `{node.left.span.text} and {middle} {node.op} {node.right.span.text}`"
    scope.add(WRONG_TYPE, node, "a comparison has two sides only", advice)
    return True


def _equality(
    at: Expression, left_node: Expression, left: Type, right_node: Expression, right: Type, scope: TypeScope
) -> None:
    for kind, other in ((left, right_node), (right, left_node)):
        if isinstance(kind, Enum) and isinstance(other, Literal) and isinstance(other.value, str):
            scope.choice(UNKNOWN_CHOICE, other, kind)
            return
    if may_equal(left, right):
        return
    if isinstance(left, Number) and isinstance(right, Number):
        scope.add(MIXED_UNITS, at, f"{describe(left)} and {describe(right)} cannot be compared")
        return
    message = f"{describe(left)} is never equal to {describe(right)}"
    scope.add(
        NEVER_EQUAL, at, message, _suggestion(left, right, right_node) or _suggestion(right, left, left_node)
    )


def _suggestion(kind: Type, given: Type, other: Expression) -> str | None:
    """What was probably meant by comparing a value of type `kind` with `other`, which is of type `given`."""
    if is_period(given) and kind == DATE:
        return f"write `{other.span.text}.start`"
    if isinstance(given, Number) and kind == BOOLEAN and other.span.text in {"0", "1"}:
        return f"write `{'true' if other.span.text == '1' else 'false'}`"
    if isinstance(given, Number):
        if kind in DURATIONS:
            many = other.span.text if other.span.text.isdigit() else "90"
            return f'write days as `@"P{many}D"`, months as `@"P3M"`'
        day = literal_guesses.date(other.span.text)
        if day is not None and kind in {DATE, DATE_TIME}:
            return f'write `@"{day}"`'
        return "compare its `.year`, `.month` or `.day`" if kind in {DATE, DATE_TIME} else None
    return _without_quotes(kind, other)


def _without_quotes(kind: Type, other: Expression) -> str | None:
    if not isinstance(other, Literal) or not isinstance(other.value, str):
        return None
    text = other.value
    if isinstance(kind, Number) and text.replace(".", "", 1).isdigit():
        return f"write `{text}` without quotation marks"
    if kind == BOOLEAN and (truth := literal_guesses.boolean(text)) is not None:
        return f"write `{truth}`" + (" without quotation marks" if truth == text else "")
    return f'write `@"{text}"`' if kind in {DATE, DATE_TIME, *DURATIONS} else None


def check_tests(value: Type, tests: Sequence[Expression], scope: TypeScope) -> None:
    """Adds what is wrong with the tests of an `in`, for a value of a type."""
    within = scope.inside({"?": value})
    for test in tests:
        _test(value, test, within)


def _test(value: Type, test: Expression, scope: TypeScope) -> None:
    if isinstance(test, RangeLiteral):
        ends = [end for end in (test.low, test.high) if end is not None]
        types = [scope.infer(end) for end in ends]
        for end, found in zip(ends, types, strict=True):
            if scope.ordered_choice(test, value, end):
                continue
            if not scope.ordered(end, value, found):
                return
            scope.note_order(test, value, found)
        return
    if isinstance(test, syntax.ListLiteral):
        for item in test.items:
            _test(value, item, scope)
        return
    found = scope.infer(test)
    if found == BOOLEAN and (value != BOOLEAN or "?" in syntax.names(test)):
        if "?" not in syntax.names(test) and not is_open(value):
            message = f"this is true or false whatever the value is, which is {describe(value)}"
            scope.add(EXPECTED, test, message, "use `?` for the value")
        return
    if isinstance(found, RangeOf):
        scope.ordered(test, value, found.item)
    elif isinstance(found, ListOf) and not isinstance(value, ListOf):
        inner = found.item.item if isinstance(found.item, RangeOf) else found.item
        _equality(test, Name("?", test.span), value, test, inner, scope)
    elif found != ANY:
        _equality(test, Name("?", test.span), value, test, found, scope)
