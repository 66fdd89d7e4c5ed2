"""The values that a decision of a program can have at each place: ids, levels, stages, parties, facts.

Most come from the rules: a rule that names one of two parties can say these two only. A place that takes
values from the record is open, and not listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policyengine.decision.findings import Figure, Origin
from policyengine.feel.syntax.tree import Call, Expression, If, Literal, Name
from policyengine.feel.types.types import Enum
from policyengine.policy.rule import Build, Choose, Const, Reading, Rule, Rules, Shortfalls, Value
from policyengine.program.graph import Graph
from policyengine.verify.expectation_shape import VALUES

Place = tuple[str, ...]
"""The keys that lead to a place of a decision, without the positions in lists."""

Words = Mapping[Place, frozenset[str]]

DERIVED: Place = (VALUES, "")
"""The place of the names of figures, for any subject."""

STAGES: Place = ("advance", "to")
"""The place of the stages that something may move to."""

WRITTEN: Place = ("move", "written")
"""The place of the names of facts that a move writes down."""

_OPEN = "*"
_KEYS = {"block": "section", "block_title": "section_title"}


def words_of(graph: Graph) -> Words:
    """The possible values by place; places that are not listed are open."""
    found: dict[Place, set[str]] = {}
    for rule in graph.rules:
        for place, word in _rule(graph, rule, (rule.finding.section,)):
            found.setdefault(place, set()).add(word)
    for place, word in _facts(graph):
        found.setdefault(place, set()).add(word)
    for transition in graph.transitions:
        found.setdefault(STAGES, set()).update(transition.to)
        found.setdefault(WRITTEN, set()).update((transition.fact, *transition.sets))
        blocked = found.setdefault(("move", "blocked", "id"), set())
        blocked.update(rule.origin.id for rule in transition.rules)
    for renewal in graph.renewals:
        found.setdefault(WRITTEN, set()).update(renewal.sets)
    return {place: frozenset(words) for place, words in found.items() if _OPEN not in words}


def _facts(graph: Graph) -> Iterator[tuple[Place, str]]:
    for name in graph.vocabulary.entities:
        yield ("subject", "entity"), name
        yield ("missing", "entity"), name
        for fact in graph.vocabulary.row(name).fields:
            yield ("missing", "fact"), fact
            yield ("unknown", "fact"), fact
            yield ("because", "fact"), fact
    for _, node in graph.every_node():
        if node.exported:
            yield DERIVED, node.name
            yield (Figure.section, "id"), node.name
        yield ("because", "fact"), node.name


def _rule(graph: Graph, rule: Rule, place: Place) -> Iterator[tuple[Place, str]]:
    yield (*place, "policy"), rule.origin.policy
    for origin in _origins(rule):
        yield (*place, "id"), origin.id
    yield (*place, "subject", "entity"), graph.real(rule.entity)
    for name, reading in rule.fields.items():
        yield from _reading(graph, rule.entity, reading, (*place, _KEYS.get(name, name)))


def _origins(rule: Rule) -> Iterator[Origin]:
    """The origins of the findings of a rule: the rule itself, or a part of it."""
    yield rule.origin
    nearer = (*rule.origins.cases.values(), rule.origins.otherwise) if rule.origins is not None else ()
    for reading in nearer:
        if isinstance(reading, Const) and isinstance(reading.value, Origin):
            yield reading.value


def _reading(graph: Graph, entity: str, reading: Reading, place: Place) -> Iterator[tuple[Place, str]]:
    match reading:
        case Const(value):
            yield from ((place, word) for word in _constant(value))
        case Value(node):
            yield from ((place, word) for word in _node(graph, entity, node))
        case Choose(_, cases, otherwise):
            for each in (*cases.values(), otherwise):
                yield from _reading(graph, entity, each, place)
        case Build(_, fields):
            for name, each in fields.items():
                yield from _reading(graph, entity, each, (*place, name))
        case Rules(rules):
            for rule in rules:
                yield from _rule(graph, rule, place)
        case Shortfalls(rules):
            yield from (((*place, "id"), rule.origin.id) for rule in rules)
        case _:
            yield place, _OPEN


def _constant(value: object) -> Iterator[str]:
    if isinstance(value, str):
        # An empty text stands for nothing, which is written as such.
        yield from (value,) if value else ()
    elif isinstance(value, tuple):
        yield from (each if isinstance(each, str) else _OPEN for each in value)
    elif value is not None:
        yield _OPEN


def _node(graph: Graph, entity: str, name: str) -> Iterator[str]:
    found = graph.node(entity, name)
    if found is not None:
        yield from _results(graph, found[0], found[1].expression)
        return
    kind = graph.names(entity).get(name)
    yield from kind.values if isinstance(kind, Enum) else (_OPEN,)


def _results(graph: Graph, entity: str, expression: Expression) -> Iterator[str]:
    """The texts that an expression can return."""
    match expression:
        case Literal(value):
            yield from _constant(value)
        case If(_, then, otherwise):
            yield from _results(graph, entity, then)
            yield from _results(graph, entity, otherwise)
        case Name(name):
            yield from _node(graph, entity, name)
        case Call(Name("once known"), (_, result)):
            yield from _results(graph, entity, result)
        case _:
            yield _OPEN
