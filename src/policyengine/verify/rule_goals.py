"""Coverage goals of rules: each status and each shown value should occur in some test."""

from __future__ import annotations

from collections.abc import Iterator

from policyengine.engine.reference.scope import Scope
from policyengine.feel.syntax.tree import Call, Expression, If, Literal, Name, Open
from policyengine.feel.values.values import Unknown
from policyengine.policy.quantities import shorten
from policyengine.policy.rule import Build, Choose, Node, Reading, Rule, Rules, Shortfalls, Value
from policyengine.program.graph import Graph, Key
from policyengine.source import Span
from policyengine.verify.coverage_goals import Goal
from policyengine.verify.document_index import DocumentIndex

_WAITING = ("upcoming", "due", "overdue")
"""Statuses that only the day tells apart: one goal, since some may be out of reach."""


def parts_of(rule: Rule) -> Iterator[Rule]:
    """The rule and the rules of its nested findings."""
    yield rule
    for reading in rule.fields.values():
        yield from _rules(reading)


def _rules(reading: Reading) -> Iterator[Rule]:
    match reading:
        case Rules(rules) | Shortfalls(rules):
            for rule in rules:
                yield from parts_of(rule)
        case Choose(_, cases, otherwise):
            for each in (*cases.values(), otherwise):
                yield from _rules(each)
        case Build(_, fields):
            for each in fields.values():
                yield from _rules(each)


def ways(
    graph: Graph, rule: Rule, places: tuple[DocumentIndex, ...]
) -> Iterator[tuple[str, Expression, Goal]]:
    """The possible results of the status and values of a rule: the node, the result, and its goal."""
    for word, name in _shown(rule):
        key = _key(graph, rule.entity, name)
        leaves = list(_leaves(graph, key)) if key is not None else []
        if word != "status" and len(leaves) < 2:
            continue
        for leaf in leaves if word != "status" else (each for each in leaves if isinstance(each, Literal)):
            yield name, leaf, _goal(rule, word, leaf, places)


def _shown(rule: Rule) -> Iterator[tuple[str, str]]:
    yield "status", rule.status
    for word, reading in rule.fields.items():
        if isinstance(reading, Value):
            yield word, reading.node


def _goal(rule: Rule, word: str, leaf: Expression, places: tuple[DocumentIndex, ...]) -> Goal:
    said = not isinstance(leaf, Literal) or leaf.span.text == leaf.value or not isinstance(leaf.value, str)
    home = next((each for each in places if said and each.holds(leaf.span) and each.scalar(leaf.span)), None)
    value = shorten(leaf.span.text if home is not None or not isinstance(leaf, Literal) else str(leaf.value))
    at: Span = leaf.span if home is not None else rule.origin.at
    if word == "status" and value in _WAITING:
        return Goal(at, f"the status of `{rule.origin.id}` is never one of {', '.join(_WAITING)}")
    column = _column(leaf, home) if home is not None and isinstance(leaf, Literal) else ""
    return Goal(at, f"the {word.replace('_', ' ')} of `{rule.origin.id}` is never `{value}`{column}")


def _column(leaf: Literal, places: DocumentIndex) -> str:
    """The key that a text is written under, such as the column of a matrix."""
    mapping = places.around(leaf.span)
    for name, entry in (
        mapping.entries.items() if mapping is not None and leaf.span.text == leaf.value else ()
    ):
        if entry.value.span == leaf.span:
            return f" as `{name}` says"
    return ""


def _key(graph: Graph, entity: str, name: str) -> Key | None:
    found = graph.node(entity, name)
    return None if found is None else (found[0], name)


def _leaves(graph: Graph, key: Key) -> Iterator[Expression]:
    yield from _outcomes(graph, key[0], graph.nodes[key[0]][key[1]].expression)


def _outcomes(graph: Graph, entity: str, expression: Expression) -> Iterator[Expression]:
    match expression:
        case If(condition, then, otherwise):
            settled = _settled(graph, entity, condition)
            if settled is not False:
                yield from _outcomes(graph, entity, then)
            if settled is not True:
                yield from _outcomes(graph, entity, otherwise)
        case Call(Name("once known"), (_, result)):
            yield from _outcomes(graph, entity, result)
        case Name(name) if (key := _key(graph, entity, name)) is not None:
            yield from _leaves(graph, key)
        case Literal(None) | Open():
            return
        case _:
            yield expression


def _settled(graph: Graph, entity: str, condition: Expression) -> bool | None:
    """The constant value of a condition; None where it depends on the record."""
    match condition:
        case Literal(bool() as value):
            return value
        case Call(Name("is true"), (inner,)):
            return False if _is_open(graph, entity, inner) else _settled(graph, entity, inner)
        case Name(name):
            found = graph.node(entity, name)
            if found is not None:
                return False if _is_open(graph, entity, condition) else _settled(graph, *_body(found))
    return None


def _is_open(graph: Graph, entity: str, expression: Expression) -> bool:
    if isinstance(expression, Name):
        found = graph.node(entity, expression.name)
        return found is not None and _is_open(graph, *_body(found))
    return isinstance(expression, Open)


def _body(found: tuple[str, Node]) -> tuple[str, Expression]:
    return found[0], found[1].expression


def reached(scope: Scope, name: str) -> Expression | None:
    """The branch of a node that is taken for an instance; None where it is unknown."""
    owner = scope.owner(name)
    if owner is None:
        return None
    return _taken(owner, owner.graph.nodes[owner.entity][name].expression)


def _taken(scope: Scope, expression: Expression) -> Expression | None:
    match expression:
        case If(condition, then, otherwise):
            holds = scope.value(condition)
            if holds is True:
                return _taken(scope, then)
            return _taken(scope, otherwise) if holds is False else None
        case Call(Name("once known"), (_, result)):
            return None if isinstance(scope.value(expression), Unknown) else _taken(scope, result)
        case Name(name) if scope.owner(name) is not None:
            return reached(scope, name)
    return expression
