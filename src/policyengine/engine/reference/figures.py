"""Figures of a record with the reasons that tell how they came about, worked out when they are asked for.

A figure is read off the graph as every finding is: by a rule of its own, with what it rests on. Its reasons
go through the expression that works it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from policyengine.decision.figure import KNOWN, Figure
from policyengine.decision.findings import NOT_APPLICABLE, Clause, Origin, Reason
from policyengine.decision.wording import rate as written_rate
from policyengine.decision.wording import subject_name
from policyengine.engine.reference.reasons import explain, explain_expression
from policyengine.engine.reference.row import read_rule
from policyengine.engine.reference.scope import Scope, Sight, instances, root_scope
from policyengine.engine.value_words import Words
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import (
    Binary,
    Call,
    Expression,
    If,
    ListLiteral,
    Literal,
    Name,
    Path,
    names,
)
from policyengine.feel.types import types
from policyengine.feel.types.types import ListOf, is_period
from policyengine.feel.values.values import Unknown
from policyengine.policy.base import Sourced
from policyengine.policy.facts import recorded_name
from policyengine.policy.rule import Const, Explain, Node, Reading, Rule, Value
from policyengine.program.assumptions import with_assumptions
from policyengine.program.graph import Graph
from policyengine.program.linked import Program
from policyengine.program.record import Record

MOST_PARTS = 20
"""Of so many parts of a sum each is told."""


def figures(program: Program, record: Record, word: str) -> tuple[Figure, ...]:
    """The figures of a record that a name means, each of its subject."""
    name, _, _ = word.partition("@")
    if program.graph is None:
        return ()
    owners = [entity for entity in program.graph.nodes if _is_figure(program.graph, entity, name)]
    if not owners:
        return ()
    graph = _with_rules(program, program.graph, name, owners)
    found = instances(root_scope(graph, record, program.as_of))
    return tuple(
        _told(figure, scope)
        for rule in graph.rules
        for scope in found.get(rule.entity, ())
        if isinstance(figure := read_rule(rule, scope), Figure)
    )


def _is_figure(graph: Graph, entity: str, name: str) -> bool:
    """Whether it is worked out under a name of its own; what a record gives is no figure."""
    node, fact = graph.nodes[entity].get(name), graph.vocabulary.fact(graph.real(entity), name)
    return node is not None and node.noun is not None and (fact is None or fact[1].formula is not None)


def _with_rules(program: Program, graph: Graph, name: str, owners: list[str]) -> Graph:
    """The graph whose rules give these figures, with what they rest on."""
    nodes, kinds = {entity: dict(own) for entity, own in graph.nodes.items()}, dict(graph.types)
    rules = []
    for entity in owners:
        node = nodes[entity][name]
        at, figure, title = node.at, Name(name, node.at), node.noun or name
        words = [build.literal(each, at) for each in (NOT_APPLICABLE, KNOWN)]
        status = build.choose([(build.call("is nothing", figure, span=at), words[0])], words[1], at)
        key = f"{name}/figure"
        nodes[entity][key] = Node(key, entity, status, at, types.TEXT)
        kinds[entity, key] = types.TEXT
        origin = _origin(program, graph, entity, name, Origin("", name, title, at))
        fields: dict[str, Reading] = {"fact": Const(name), "value": Value(name)}
        rules.append(Rule(Figure, origin, entity, key, Explain((name,)), fields=fields))
    found = replace(graph, nodes=nodes, types=kinds, rules=tuple(rules), transitions=(), _needs={})
    return with_assumptions(found)


def _origin(program: Program, graph: Graph, entity: str, name: str, origin: Origin) -> Origin:
    """Where a figure comes from: the fact, or the policy that it is the result of."""
    declarations, found = graph.vocabulary.declarations, graph.vocabulary.fact(entity, name)
    policies = [each.policy for each in program.units if each.document.source is origin.at.source]
    giving = [each for each in policies if name in (each.id.replace("-", "_"), getattr(each, "result", None))]
    part: Sourced | None = found[1] if found is not None else giving[0] if giving else None
    origin = replace(origin, policy=giving[0].id if giving and found is None else declarations.id)
    if part is None:
        return origin
    source = part.source
    document = None if source is None else declarations.sources.get(source.document)
    clause = None
    if source is not None and document is not None:
        clause = Clause(source.document, document.title, source.section, document.url)
    return replace(origin, clause=clause, basis=part.basis or "stated", note=part.note)


def _told(figure: Figure, scope: Scope) -> Figure:
    """A figure with its value in words, and how it came about."""
    name, value = figure.fact, scope[figure.fact]
    node = scope.graph.nodes[scope.entity][name]
    because = tuple(dict.fromkeys(_Parts(scope, node).reasons()))
    text = None if value is None or isinstance(value, Unknown) else _written(scope, name, value)
    return replace(figure, because=because, text=text)


def _written(scope: Scope, name: str, value: object) -> str:
    words = Words(scope.graph, scope.entity)
    return words.writer(words.kind(name))(value)


class _Parts:
    """Tells how the value of a node came about."""

    def __init__(self, scope: Scope, node: Node) -> None:
        self._scope = scope
        self._node = node
        self._sliced = False
        self._days = self._day_of_period()
        kind = scope.graph.types.get((scope.entity, node.name))
        self._write = Words(scope.graph, scope.entity).writer(kind.item if isinstance(kind, ListOf) else kind)

    def reasons(self) -> Iterator[Reason]:
        """The reasons, in the order of the expression."""
        if self._days is not None:
            yield from self._of(self._days)
            return
        told = [each for each in explain(self._scope, self._node.name) if each.at != self._node.at]
        own = list(self._of(self._node.expression))
        if self._node.cases is None or self._sliced:
            told = []
        yield from (*told, *own)

    def _of(self, expression: Expression) -> Iterator[Reason]:
        scope = self._scope
        match expression:
            case Call(Name("given or"), (Name(given) as said, otherwise)):
                if isinstance(scope.value(said), Unknown):
                    yield from self._of(otherwise)
                else:
                    yield self._reason(f"the record says `{recorded_name(given)}`", expression)
            case If(condition, then, otherwise):
                value = scope.value(condition)
                yield from explain_expression(scope, condition)
                if not isinstance(value, Unknown):
                    yield from self._of(then if value is True else otherwise)
            case Call(Name("sum"), (Path(items, field),)) if (rows := self._rows(items)) is not None:
                yield from self._children(rows, field, expression)
            case Call(Name("sum"), (ListLiteral(items),)):
                yield from self._slices(items)
            case Name(name) if self._is_part(name):
                yield from self._of(scope.graph.nodes[scope.entity][name].expression)
            case Binary(_, left, right):
                yield from self._of(left)
                yield from self._of(right)
            case Call(Name("no value of" | "row result")) | Literal():
                return
            case _:
                around = Sight(scope)
                for name in sorted(each for each in names(expression) if each in around):
                    asked = Name(name, expression.span)
                    if self._rows(asked) is None:
                        yield from explain_expression(scope, asked)

    def _day_of_period(self) -> Expression | None:
        """The day whose period the node is; None for other nodes."""
        kind = self._scope.graph.types.get((self._scope.entity, self._node.name))
        day = self._scope.graph.nodes[self._scope.entity].get(f"{self._node.name}/of")
        return day.expression if day is not None and kind is not None and is_period(kind) else None

    def _is_part(self, name: str) -> bool:
        node = self._scope.graph.nodes.get(self._scope.entity, {}).get(name)
        return node is not None and node.noun is None

    def _rows(self, items: Expression) -> list[Scope] | None:
        value = self._scope.value(items)
        if not isinstance(value, (list, tuple)):
            return None
        rows = [each for each in value if isinstance(each, Scope)]
        return rows if len(rows) == len(value) else None

    def _children(self, rows: list[Any], field: str, at: Expression) -> Iterator[Reason]:
        for row in rows[:MOST_PARTS]:
            value = row[field]
            known = "does not apply" if value is None else self._write(value)
            said = "not known" if isinstance(value, Unknown) else known
            yield self._reason(f"{subject_name(row.subject)}: {said}", at)
        if len(rows) > MOST_PARTS:
            yield self._reason(f"and {len(rows) - MOST_PARTS} more", at)
        if not rows:
            yield self._reason("there is nothing to add up", at)

    def _slices(self, items: tuple[Expression, ...]) -> Iterator[Reason]:
        """Each slice of a band at its rate; other items as they are."""
        for item in items:
            value = self._scope.value(item)
            if isinstance(value, Unknown) or not value:
                continue
            match item:
                case Binary("*", left, Literal(Decimal() as share)):
                    self._sliced = True
                    part = self._write(self._scope.value(left))
                    yield self._reason(f"{part} at {written_rate(share)}: {self._write(value)}", item)

    def _reason(self, text: str, expression: Expression) -> Reason:
        return Reason(text, "value", expression.span)
