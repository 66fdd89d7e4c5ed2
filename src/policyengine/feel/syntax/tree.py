"""The syntax tree of FEEL: immutable nodes, each with the place in the source that it was written at.

Nodes compare by what they say, not by where they stand. They are dataclasses in all but name: making some
thirty of those generates and compiles two hundred methods whenever the program starts, which takes longer
than all else that it loads of FEEL.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator as Iterates
from operator import attrgetter, is_
from typing import Any, ClassVar, NoReturn, TypeAlias, dataclass_transform

from policyengine.feel.types.types import Type
from policyengine.source import Span

_NO_NODES = frozenset({"str", "bool", "object", "Type", "Type | None", "Span"})
"""The annotations of fields that hold no nodes."""


class _Slotted(type):
    """Turns the annotations of a class into slots, in their order."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> _Slotted:
        fields = space.get("__annotations__", {}) if bases else {}
        names = tuple(fields)
        made = super().__new__(cls, name, bases, {**space, "__slots__": names, "__match_args__": names})
        made._setters = tuple(made.__dict__[each].__set__ for each in names)  # type: ignore[attr-defined]
        made.holding = tuple(  # type: ignore[attr-defined]
            each for each in names if fields[each] not in _NO_NODES
        )
        made._said = space.get("_said") or (attrgetter(*names[:-1]) if bases else None)  # type: ignore[attr-defined]
        return made


@dataclass_transform(frozen_default=True)
class Node(metaclass=_Slotted):
    """A node; the fields of a subclass are its annotations, the last of them the place.

    `holding` are the names of those that hold nodes.
    """

    __match_args__: tuple[str, ...]
    holding: ClassVar[tuple[str, ...]]
    span: Span
    _setters: Any
    _said: Any

    def __init__(self, *values: Any) -> None:
        for store, value in zip(self._setters, values, strict=True):
            store(self, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a node does not change: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a node does not change: {name}")

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return bool(self._said(self) == self._said(other))

    def __hash__(self) -> int:
        return hash((self.__class__, self._said(self)))

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__[:-1])
        return f"{self.__class__.__name__}({said})"

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return self.__class__, tuple(getattr(self, name) for name in self.__match_args__)


# The nodes


class Literal(Node):
    """A value as written: number, text, boolean, null, or an `@"..."` date, time or duration."""

    value: object
    span: Span
    _said = staticmethod(lambda node: (node.value, node.value.__class__ is bool))  # `true` is no 1


class Name(Node):
    """A name to look up; `?` is the value under test in unary tests."""

    name: str
    span: Span


class Path(Node):
    """`target.name`: an entry of a context, a property of a value, or that of every item of a list."""

    target: Expression
    name: str
    span: Span


class Negate(Node):
    """`-operand`."""

    operand: Expression
    span: Span


class Binary(Node):
    """Arithmetic; `op` is one of `+ - * / **`."""

    op: str
    left: Expression
    right: Expression
    span: Span


class Comparison(Node):
    """`op` is one of `= != < <= > >=`."""

    op: str
    left: Expression
    right: Expression
    span: Span


class And(Node):
    """All operands hold."""

    operands: tuple[Expression, ...]
    span: Span


class Or(Node):
    """At least one operand holds."""

    operands: tuple[Expression, ...]
    span: Span


class Between(Node):
    """`value between low and high`, both ends included."""

    value: Expression
    low: Expression
    high: Expression
    span: Span


class In(Node):
    """`value in tests`: one of the tests holds; a test is a value, a range, or a condition about `?`."""

    value: Expression
    tests: tuple[Expression, ...]
    span: Span


class RangeLiteral(Node):
    """`[low..high]` with open or closed ends; `< 10` has no low end, `> 10` no high end."""

    low: Expression | None
    high: Expression | None
    low_closed: bool
    high_closed: bool
    span: Span


class UnaryTests(Node):
    """A cell of tests about `?`: one of them holds, or none if `negated`; no tests (`-`) always hold."""

    tests: tuple[Expression, ...]
    negated: bool
    span: Span


class If(Node):
    """`if condition then then else otherwise`."""

    condition: Expression
    then: Expression
    otherwise: Expression
    span: Span


class Iterator(Node):
    """`name in domain`, or `name in domain..domain_end`; part of `for`, `some` and `every`."""

    name: str
    domain: Expression
    domain_end: Expression | None
    span: Span


class For(Node):
    """`for iterators return body`; in the body `partial` is the list of results so far."""

    iterators: tuple[Iterator, ...]
    body: Expression
    span: Span


class Quantified(Node):
    """`every iterators satisfies condition`, or `some ...`."""

    every: bool
    iterators: tuple[Iterator, ...]
    condition: Expression
    span: Span


class Filter(Node):
    """`target[condition]`: an index from 1 (from the end if negative), or a condition about `item`."""

    target: Expression
    condition: Expression
    span: Span


class ListLiteral(Node):
    """`[a, b]`."""

    items: tuple[Expression, ...]
    span: Span


class Entry(Node):
    """`key: value`, part of a context or a named argument of a call."""

    key: str
    value: Expression
    span: Span


class ContextLiteral(Node):
    """`{key: value, ...}`; an entry sees those before it."""

    entries: tuple[Entry, ...]
    span: Span


class Formal(Node):
    """A parameter of a function literal; without a type it takes anything."""

    name: str
    type: Type | None
    span: Span


class FunctionLiteral(Node):
    """`function(a, b) body`."""

    parameters: tuple[Formal, ...]
    body: Expression
    span: Span


class Call(Node):
    """`function(arguments)`; the arguments are either all positional or all named."""

    function: Expression
    positional: tuple[Expression, ...]
    named: tuple[Entry, ...]
    span: Span


class InstanceOf(Node):
    """`value instance of type`."""

    value: Expression
    type: Type
    span: Span


class Open(Node):
    """An answer that a policy leaves open, and why; never written in FEEL, always unknown."""

    reason: str
    span: Span


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


def children(node: Node) -> tuple[Expression, ...]:
    """The expressions directly below a node, in the order they are written."""
    if not node.holding:
        return ()
    found: list[Expression] = []
    for field in node.holding:
        value = getattr(node, field)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, (Iterator, Entry, Formal)):
                found.extend(children(part))
            elif isinstance(part, Node):
                found.append(part)  # type: ignore[arg-type]  # every other node is an expression
    return tuple(found)


def walk(node: Expression) -> Iterates[Expression]:
    """The node and everything below it, outside in; of any depth."""
    pending: list[Expression] = [node]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(children(node)))


def mapped(node: Any, change: Callable[[Any], Any]) -> Any:
    """The node with each of its parts changed; itself if none is."""
    before = [getattr(node, field) for field in node.__match_args__]
    after = list(before)
    for i, (field, value) in enumerate(zip(node.__match_args__, before, strict=True)):
        if field in node.holding and isinstance(value, tuple):
            found = tuple(change(each) if isinstance(each, Node) else each for each in value)
            after[i] = value if all(map(is_, found, value)) else found
        elif field in node.holding and isinstance(value, Node):
            after[i] = change(value)
    return node if all(map(is_, after, before)) else type(node)(*after)


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


def bound_by(node: Any) -> frozenset[str]:
    """The names that a form gives a meaning within it: variables of a loop, parameters, entries."""
    match node:
        case For(iterators) | Quantified(_, iterators):
            return frozenset(each.name for each in iterators)
        case FunctionLiteral(parameters):
            return frozenset(each.name for each in parameters)
        case ContextLiteral(entries):
            return frozenset(each.key for each in entries)
    return frozenset()
