"""The syntax tree of FEEL: immutable nodes, each with the place in the source that it was written at.

Nodes compare by what they say, not by where they stand.
"""

from __future__ import annotations

from collections.abc import Iterator as Iterates
from dataclasses import dataclass, field
from typing import TypeAlias

from policyengine.feel.types import Type
from policyengine.source import Span


class Node:
    """What all nodes share: they are recognised by it."""

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()
    span: Span


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A value as written: number, text, boolean, null, or an `@"..."` date, time or duration."""

    value: object
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name to look up; `?` is the value under test in unary tests."""

    name: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`target.name`: an entry of a context, a property of a value, or that of every item of a list."""

    target: Expression
    name: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """`-operand`."""

    operand: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Arithmetic; `op` is one of `+ - * / **`."""

    op: str
    left: Expression
    right: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`op` is one of `= != < <= > >=`."""

    op: str
    left: Expression
    right: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And(Node):
    """All operands hold."""

    operands: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or(Node):
    """At least one operand holds."""

    operands: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`value between low and high`, both ends included."""

    value: Expression
    low: Expression
    high: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class In(Node):
    """`value in tests`: one of the tests holds; a test is a value, a range, or a condition about `?`."""

    value: Expression
    tests: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RangeLiteral(Node):
    """`[low..high]` with open or closed ends; `< 10` has no low end, `> 10` no high end."""

    low: Expression | None
    high: Expression | None
    low_closed: bool
    high_closed: bool
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """A cell of tests about `?`: one of them holds, or none if `negated`; no tests (`-`) always hold."""

    tests: tuple[Expression, ...]
    negated: bool
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if condition then then else otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Iterator(Node):
    """`name in domain`, or `name in domain..domain_end`; part of `for`, `some` and `every`."""

    name: str
    domain: Expression
    domain_end: Expression | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for iterators return body`; in the body `partial` is the list of results so far."""

    iterators: tuple[Iterator, ...]
    body: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`every iterators satisfies condition`, or `some ...`."""

    every: bool
    iterators: tuple[Iterator, ...]
    condition: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`target[condition]`: an index from 1 (from the end if negative), or a condition about `item`."""

    target: Expression
    condition: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    """`[a, b]`."""

    items: tuple[Expression, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """`key: value`, part of a context or a named argument of a call."""

    key: str
    value: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ContextLiteral(Node):
    """`{key: value, ...}`; an entry sees those before it."""

    entries: tuple[Entry, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Formal(Node):
    """A parameter of a function literal; without a type it takes anything."""

    name: str
    type: Type | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FunctionLiteral(Node):
    """`function(a, b) body`."""

    parameters: tuple[Formal, ...]
    body: Expression
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(arguments)`; the arguments are either all positional or all named."""

    function: Expression
    positional: tuple[Expression, ...]
    named: tuple[Entry, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """`value instance of type`."""

    value: Expression
    type: Type
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Open(Node):
    """An answer that a policy leaves open, and why; never written in FEEL, always unknown."""

    reason: str
    span: Span = field(compare=False, repr=False)


Expression: TypeAlias = (
    Literal
    | Name
    | Path
    | Negate
    | Binary
    | Comparison
    | And
    | Or
    | Between
    | In
    | RangeLiteral
    | UnaryTests
    | If
    | For
    | Quantified
    | Filter
    | ListLiteral
    | ContextLiteral
    | FunctionLiteral
    | Call
    | InstanceOf
    | Open
)


def _parts(node: Node) -> Iterates[Node]:
    for attribute in node.__match_args__:
        value = getattr(node, attribute)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (item for item in value if isinstance(item, Node))


def children(node: Node) -> tuple[Expression, ...]:
    """The expressions directly below a node, in the order they are written."""
    found: list[Expression] = []
    for part in _parts(node):
        if isinstance(part, (Iterator, Entry, Formal)):
            found.extend(children(part))
        else:
            found.append(part)  # type: ignore[arg-type]  # every other node is an expression
    return tuple(found)


def walk(node: Expression) -> Iterates[Expression]:
    """The node and everything below it, outside in; of any depth."""
    pending: list[Expression] = [node]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(children(node)))


def names(node: Expression) -> frozenset[str]:
    """The names that an expression may take from its surroundings, without those of called functions.

    Without types, a name in a filter may be a field of the items or a name of the surroundings: it is
    counted here. The checker knows which (`Checked.names`).
    """
    found: set[str] = set()
    pending: list[tuple[Node, frozenset[str]]] = [(node, frozenset())]
    while pending:
        at, bound = pending.pop()
        if isinstance(at, Name):
            if at.name not in bound:
                found.add(at.name)
        else:
            pending.extend(_scoped(at, bound))
    return frozenset(found)


def _scoped(node: Node, bound: frozenset[str]) -> Iterates[tuple[Node, frozenset[str]]]:
    match node:
        case For(iterators, body) | Quantified(_, iterators, body):
            for iterator in iterators:
                yield from ((domain, bound) for domain in children(iterator))
                bound = bound | {iterator.name}
            yield body, bound | {"partial"} if isinstance(node, For) else bound
        case FunctionLiteral(parameters, body):
            yield body, bound | {parameter.name for parameter in parameters}
        case ContextLiteral(entries):
            for entry in entries:
                yield entry.value, bound
                bound = bound | {entry.key}
        case Filter(target, condition):
            yield target, bound
            yield condition, bound | {"item"}
        case In(value, tests):
            yield value, bound
            yield from ((test, bound | {"?"}) for test in tests)
        case Call(Name()):
            yield from ((argument, bound) for argument in children(node)[1:])
        case _:
            yield from ((child, bound) for child in children(node))
