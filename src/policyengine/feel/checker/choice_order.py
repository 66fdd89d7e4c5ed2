"""Comparisons of choices that ascend and of periods, spelled out.

`tier >= "gold"` is one of the choices from gold on, `half < now` compares the first days of two periods. The
checker notes which parts of an expression compare such values. Engines need no order of them then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import (
    Between,
    Call,
    Comparison,
    Expression,
    In,
    ListLiteral,
    Literal,
    Name,
    Node,
    Path,
    RangeLiteral,
    UnaryTests,
)
from policyengine.feel.types.types import Context, Enum
from policyengine.source import Span

Orders = Mapping[int, Enum | Context]
"""The parts that compare choices of a type, or periods, by their identity."""

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def spell_out(expression: Expression, orders: Orders) -> Expression:
    """Returns the expression in which each of these parts names the choices that it stands for."""
    return _again(expression, orders) if orders else expression  # type: ignore[return-value]


def between(kind: Enum, low: object, high: object, at: Span) -> tuple[Literal, ...]:
    """Returns the choices from `low` to `high`, both included; an end that is None does not bound them."""
    start = 0 if low is None else kind.values.index(str(low))
    end = len(kind.values) if high is None else kind.values.index(str(high)) + 1
    return tuple(build.literal(value, at) for value in kind.values[start:end])


def one_of(value: Expression, choices: Sequence[Literal], at: Span) -> Expression:
    """Returns the condition that a value is one of the choices; false for none of them."""
    if not choices:
        return build.literal(False, at)
    return build.equals(value, choices[0], at) if len(choices) == 1 else In(value, tuple(choices), at)


def _again(node: Node, orders: Orders) -> Node:
    kind = orders.get(id(node))
    found = _rebuilt(node, orders)
    if isinstance(kind, Context) and isinstance(found, Comparison):
        first, second = (Path(each, "start", each.span) for each in (found.left, found.right))
        return Comparison(found.op, first, second, found.span)
    if not isinstance(kind, Enum):
        return found
    match found:
        case Comparison(op, left, right, at):
            return _compared(op, left, right, kind, at)
        case Between(value, Literal(low), Literal(high), at):
            return one_of(value, between(kind, low, high, at), at)
        case Between(value, low, high, at):
            return _within(value, RangeLiteral(low, high, True, True, at), kind)
        case Call(_, items, named, at):
            highest = found.function.name == "max"  # type: ignore[union-attr]  # noted by this name
            values = items or [entry.value for entry in named]
            return _extreme(values, kind, at, highest=highest)
    return found


def _rebuilt(node: Node, orders: Orders) -> Node:
    """The node with its parts spelled out; itself if nothing changes."""
    values = [getattr(node, name) for name in node.__match_args__]
    changed = [
        tuple(_parts(each, orders, spread=isinstance(node, (In, UnaryTests))))
        if isinstance(each, tuple)
        else _again(each, orders) if isinstance(each, Node) else each
        for each in values
    ]  # fmt: skip
    return node if all(map(_same, values, changed)) else node.__class__(*changed)


def _same(one: object, other: object) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return all(each is changed for each, changed in zip(one, other, strict=True))
    return one is other


def _parts(parts: Sequence[object], orders: Orders, *, spread: bool) -> list[object]:
    """Parts of a node; a range of choices among tests becomes these choices, or a test of its ends."""
    found: list[object] = []
    for part in parts:
        kind = orders.get(id(part))
        if spread and isinstance(kind, Enum) and isinstance(part, RangeLiteral):
            found.extend(_of_range(part, kind, orders))
        elif spread and isinstance(part, ListLiteral) and any(id(each) in orders for each in part.items):
            found.extend(_parts(part.items, orders, spread=True))
        else:
            found.append(_again(part, orders) if isinstance(part, Node) else part)
    return found


def _of_range(test: RangeLiteral, kind: Enum, orders: Orders) -> Sequence[Expression]:
    if not all(end is None or isinstance(end, Literal) for end in (test.low, test.high)):
        ends = _rebuilt(test, orders)
        assert isinstance(ends, RangeLiteral)
        return (_within(Name("?", test.span), ends, kind),)
    low, high = (None if end is None else end.value for end in (test.low, test.high))  # type: ignore[union-attr]
    chosen = [
        each for each in between(kind, low, high, test.span)
        if (test.low_closed or each.value != low) and (test.high_closed or each.value != high)
    ]  # fmt: skip
    return chosen or (ListLiteral((), test.span),)


def _within(value: Expression, ends: RangeLiteral, kind: Enum) -> Expression:
    """The condition that a value lies in a range whose ends are not both written out."""
    at = ends.span
    low = (">=" if ends.low_closed else ">", ends.low)
    high = ("<=" if ends.high_closed else "<", ends.high)
    sides = [_compared(op, value, end, kind, at) for op, end in (low, high) if end is not None]
    return build.all_of(sides, at)


def _compared(op: str, left: Expression, right: Expression, kind: Enum, at: Span) -> Expression:
    if isinstance(left, Literal):
        op, left, right = _TURNED[op], right, left
    if isinstance(right, Literal):
        return one_of(left, _choices(op, right.value, kind, at), at)
    pairs = [
        build.all_of([build.equals(right, each, at), one_of(left, choices, at)], at)
        for each in between(kind, None, None, at)
        if (choices := _choices(op, each.value, kind, at))
    ]
    return build.any_of(pairs, at)


def _choices(op: str, limit: object, kind: Enum, at: Span) -> tuple[Literal, ...]:
    if op in (">", ">="):
        found = between(kind, limit, None, at)
        return found if op == ">=" else found[1:]
    found = between(kind, None, limit, at)
    return found if op == "<=" else found[:-1]


def _extreme(items: Sequence[Expression], kind: Enum, at: Span, *, highest: bool) -> Expression:
    """The highest (lowest) choice in a list, or among several values; nothing for no values."""
    whole = items[0] if len(items) == 1 else ListLiteral(tuple(items), at)
    values = reversed(kind.values) if highest else kind.values
    named = [build.literal(value, at) for value in values]
    cases = [(build.call("list contains", whole, value, span=at), value) for value in named]
    return build.choose(cases, build.literal(None, at), at)
