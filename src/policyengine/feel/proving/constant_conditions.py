"""Conditions that no fact can change: always true or never, by logic and by the bounds of the facts.

What is said here is certain. Where a condition is too large to be sure, nothing is said.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, MutableMapping
from decimal import Decimal

from policyengine.diagnostics import Diagnostic
from policyengine.feel.expression_codes import ALWAYS_OR_NEVER, SELF
from policyengine.feel.partition import Between, Domain, OneOf, Rows
from policyengine.feel.proving.formula import Reader, is_condition
from policyengine.feel.proving.verdicts import ConstantPart, Verdicts
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.printing import print_number
from policyengine.feel.syntax.tree import Expression, Name, children
from policyengine.source import Span

Domains = MutableMapping[str, Domain | None]


def constant_conditions(expression: Expression, names: Domains) -> list[Diagnostic]:
    """A diagnostic for every condition in an expression that is always true or never.

    `names` says what is known about the values of names. The diagnostic names the smallest part that is
    constant, and not what is around it. A plain `true` or `false` is meant as it is written.
    """
    found: dict[Span, Diagnostic] = {}
    for node, within in _conditions(expression, names):
        found.update(
            (one.node.span, _diagnostic(one, within)) for one in Verdicts(Reader(within)).constant_parts(node)
        )
    return [one for at, one in found.items() if not any(_around(at, other) for other in found)]


def _around(span: Span, other: Span) -> bool:
    return (
        span != other and span.source is other.source and span.start <= other.start and other.end <= span.end
    )


def _conditions(node: Expression, names: Domains) -> Iterator[tuple[Expression, Domains]]:
    """The outermost conditions of an expression, those within the values that they test, and so on."""
    pending = [(node, names, False)]
    while pending:
        at, within, is_part = pending.pop()
        condition = is_condition(at)
        if condition and not is_part:
            yield at, within
        joins = condition and isinstance(at, (syntax.And, syntax.Or, syntax.Call))
        if at.holding:
            pending.extend((child, seen, joins and is_condition(child)) for child, seen in _below(at, within))


def _below(node: Expression, names: Domains) -> Iterator[tuple[Expression, Domains]]:
    """What is directly below, each with what is known there of the names in sight."""
    match node:
        case syntax.Filter(target, condition):
            rows = _rows(target, names)
            yield target, names
            yield condition, {} if rows is None else ChainMap(dict(rows.fields), _without(names, ("item",)))
        case syntax.For(iterators) | syntax.Quantified(_, iterators):
            bound = ["partial", *(iterator.name for iterator in iterators)]
            yield from ((child, _without(names, bound)) for child in children(node))
        case syntax.FunctionLiteral(parameters, body):
            yield body, _without(names, [formal.name for formal in parameters])
        case syntax.ContextLiteral(entries):
            yield from ((child, _without(names, [one.key for one in entries])) for child in children(node))
        case _:
            yield from ((child, names) for child in children(node))


def _without(names: Domains, bound: Iterable[str]) -> Domains:
    return ChainMap(dict.fromkeys(bound), names)


def _rows(target: Expression, names: Domains) -> Rows | None:
    while isinstance(target, syntax.Filter):
        target = target.target
    found = names.get(target.name) if isinstance(target, Name) else None
    return found if isinstance(found, Rows) else None


def _diagnostic(part: ConstantPart, names: Domains) -> Diagnostic:
    holds, word = ("always holds", "true") if part.truth else ("never holds", "false")
    message = f"this condition {holds}, {_reason(part.node, names)}"
    return ALWAYS_OR_NEVER.at(part.node.span, message, help=f"write `{word}` if this is meant")


def _reason(node: Expression, names: Domains) -> str:
    """Why: by logic alone, because a fact has whole values, or by the bounds of facts."""
    if _is_constant(node, {}):
        return "whatever the facts are"
    core = _core(node, names)
    reader = Reader(names)
    reader.read(core)
    what, _, line = variable = reader.variables[0]
    if len(reader.variables) > 1 or not isinstance(what, Name):
        return "by what is known of its facts"
    domain = reader.domain(variable)
    if isinstance(domain, Between) and _is_constant(core, {what.name: Between(step=domain.step)}):
        return f"as `{what.name}` is {'a day' if line == 'date' else 'a whole number'}"
    return f"as `{what.name}` {_bounds(domain)}"


def _core(node: Expression, names: Domains) -> Expression:
    """A condition without those of its parts that do not make it constant."""
    if not isinstance(node, (syntax.And, syntax.Or)):
        return node
    for operand in node.operands:
        rest = tuple(other for other in node.operands if other is not operand)
        fewer = type(node)(rest, node.span)
        if len(rest) > 1 and _is_constant(fewer, names):
            node = fewer
    return node


def _is_constant(node: Expression, names: Domains) -> bool:
    return any(one.node == node for one in Verdicts(Reader(names)).constant_parts(node))


def _bounds(domain: Domain | None) -> str:
    """What is known about a value, in words."""
    if isinstance(domain, OneOf):
        return "is one of " + ", ".join(f'"{value}"' for value in domain.values)
    low, high = (domain.low, domain.high) if isinstance(domain, Between) else (None, None)
    if low is not None and high is not None:
        return f"lies from {print_number(low)} to {print_number(high)}"
    return f"is never {'below' if high is None else 'above'} {print_number(low or high or Decimal(0))}"


# Filters


def self_comparisons(expression: Expression) -> Iterator[Diagnostic]:
    """A diagnostic for every comparison in a filter whose sides rest on one field of the item alone."""
    for node in syntax.walk(expression):
        if isinstance(node, syntax.Filter):
            for part in syntax.walk(node.condition):
                sides = _sides(part)
                fields = [_references(side) for side in sides]
                if fields and len(fields[0]) == 1 and all(each == fields[0] for each in fields[1:]):
                    (name,) = fields[0]
                    yield SELF.at(
                        part.span,
                        f"`{name}` is compared with itself: in a filter it is that of the item on both sides",
                        help=f"only `for x in ... return if x.{name} ... then ...` tells both apart",
                    )


def _sides(node: Expression) -> tuple[Expression, ...]:
    match node:
        case syntax.Comparison(_, left, right):
            return left, right
        case syntax.Between(value, low, high):
            return value, low, high
        case syntax.In(value, (syntax.RangeLiteral(low, high),)):
            return value, *(end for end in (low, high) if end is not None)
    return ()


def _references(node: Expression) -> frozenset[str]:
    """The names and paths in an expression; `item.x` is `x`."""
    match node:
        case Name(name):
            return frozenset({name})
        case syntax.Path(Name(variable), name):
            return frozenset({name if variable == "item" else f"{variable}.{name}"})
        case syntax.Call(Name(), arguments):
            return frozenset().union(*map(_references, arguments))
    return frozenset[str]().union(*map(_references, children(node)))
