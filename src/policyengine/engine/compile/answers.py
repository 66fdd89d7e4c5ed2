"""What a finding turns on: the answers that decide which sentences it holds, all but the values in them.

Equal answers of two subjects mean equal findings, but for who is judged and for the amounts, counts and days
that are filled in (`plans`). Nothing here is asked of what lies in another instance; such rules have no
answers and are kept by their facts (`bundles`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from policyengine.engine.compile.kinds import CLASSES, kind_of
from policyengine.engine.compile.names import FACT, NODE, own_place
from policyengine.engine.compile.support import bases
from policyengine.engine.compile.traces import OPEN, outcome
from policyengine.engine.reasons import SEE_THROUGH, WORKED_OUT
from policyengine.feel import syntax
from policyengine.feel.syntax import Expression, names
from policyengine.feel.types import BOOLEAN, Enum, Type
from policyengine.policy.rule import Build, Choose, Explain, Reading, Rule, Rules, Shortfalls, Value
from policyengine.program.graph import Graph


class _Elsewhere(Exception):  # noqa: N818  # no error: such rules are kept in another way
    """The finding rests on more than plain values of one instance."""


@dataclass(frozen=True, slots=True)
class Answers:
    """Reads the answers off an instance; `fixed` are the names whose values follow from them."""

    read: Callable[[Any], tuple[object, ...] | None]
    conditions: tuple[Expression, ...]
    fixed: frozenset[str]

    def of(self, scope: Any) -> tuple[object, ...] | None:
        """What equal findings have in common; None where something is not plainly known."""
        key = self.read(scope)
        if key is None or not self.conditions:
            return key
        came_out = [outcome(scope.value(condition)) for condition in self.conditions]
        return None if OPEN in came_out else (*key, *came_out)


def answers(graph: Graph, rules: Iterable[Rule]) -> Answers | None:
    """The answers that the findings of rules of one entity turn on; None where they rest on more."""
    rules = tuple(rules)
    asked = _Asked(graph, rules[0].entity)
    try:
        for rule in rules:
            asked.rule(rule)
    except _Elsewhere:
        return None
    return Answers(_reader(asked), tuple(asked.conditions), frozenset(asked.fixed()))


@dataclass(slots=True)
class _Asked:
    """Collects what rules ask for, as `engine/reasons.py` asks for it, or a little more."""

    graph: Graph
    entity: str
    facts: dict[str, type] = field(default_factory=dict)
    nodes: dict[str, type] = field(default_factory=dict)
    known_facts: dict[str, type] = field(default_factory=dict)
    known_nodes: dict[str, type] = field(default_factory=dict)
    conditions: dict[Expression, None] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)

    def fixed(self) -> Iterator[str]:
        """The names whose values follow from the answers."""
        yield from ("today", *self.facts, *self.nodes)
        for name in self.shown:
            behind = bases(self.graph, self.entity, (name,))
            if behind is not None and all(not base.hops and base.name in self.facts for base in behind):
                yield name

    def rule(self, rule: Rule) -> None:
        """What the finding of a rule asks for."""
        self._decides(rule.status, str)
        if rule.exists is not None:
            self._decides(rule.exists, bool)
        for reading in (rule.because, *rule.fields.values(), *([rule.origins] if rule.origins else [])):
            self._reading(reading)

    def _reading(self, reading: Reading) -> None:
        match reading:
            case Value(node):
                self.shown.add(node)
            case Choose(by, cases, otherwise):
                self._decides(by, str)
                for each in (*cases.values(), otherwise):
                    self._reading(each)
            case Build(_, fields):
                for each in fields.values():
                    self._reading(each)
            case Explain(nodes):
                for name in nodes:
                    self._name(name)
            case Rules(rules) | Shortfalls(rules):
                for rule in rules:
                    self.rule(rule)

    def _decides(self, node: str, cls: type) -> None:
        if node not in self.graph.nodes.get(self.entity, {}):
            raise _Elsewhere
        self.nodes[node] = cls

    def _name(self, name: str) -> None:
        """A name is explained: a node of a policy by its expression, everything else by its value."""
        node = self.graph.nodes.get(self.entity, {}).get(name)
        if node is None or node.noun is not None:
            self._value(name)
        elif node.cases is not None:
            raise _Elsewhere
        else:
            self._expression(node.expression, name)

    def _expression(self, expression: Expression, node: str | None = None) -> None:
        match expression:
            case syntax.Name(name):
                self._name(name)
            case syntax.And(parts) | syntax.Or(parts) | syntax.ListLiteral(parts):
                self._all(parts)
            case syntax.Call(syntax.Name(name), (first, *_)) if name in SEE_THROUGH:
                self._expression(first)
            case syntax.If():
                self._all(syntax.children(expression))
            case syntax.Literal():
                pass
            case syntax.Open():
                raise _Elsewhere
            case _:
                self._all(syntax.Name(name, expression.span) for name in sorted(names(expression)))
                self._condition(expression, node)

    def _all(self, expressions: Iterable[Expression]) -> None:
        for each in expressions:
            self._expression(each)

    def _condition(self, expression: Expression, node: str | None) -> None:
        if node is not None:
            self._value(node)
        elif not isinstance(expression, WORKED_OUT):
            self.conditions[expression] = None

    def _value(self, name: str) -> None:
        """A value that a sentence shows: what has few values is an answer, the rest has to be known."""
        if name == "today":
            return
        place = own_place(self.graph, self.entity, name)
        if place is None or place.what not in (FACT, NODE):
            raise _Elsewhere
        is_fact = place.what == FACT
        kind = self._type(name, is_fact)
        cls = CLASSES.get(kind_of(kind).name)
        if cls is None:
            raise _Elsewhere
        few = kind == BOOLEAN or isinstance(kind, Enum)
        if is_fact:
            (self.facts if few else self.known_facts)[name] = cls
        elif few or name not in self.nodes:
            (self.nodes if few else self.known_nodes)[name] = cls

    def _type(self, name: str, is_fact: bool) -> Type | None:
        if is_fact:
            return self.graph.vocabulary.row(self.entity).fields[name]
        return self.graph.types.get((self.entity, name))


def _reader(asked: _Asked) -> Callable[[Any], tuple[object, ...] | None]:
    """What reads the answers off an instance; None where anything asked for is not plainly of its class.

    What only has to be known stands outside, so that the answers are one slice of what is read.
    """
    facts, nodes = {**asked.known_facts, **asked.facts}, {**asked.nodes, **asked.known_nodes}
    of_facts, of_nodes = _getter(facts), _getter(nodes)
    classes = (*facts.values(), *nodes.values())
    answers = slice(len(asked.known_facts), len(facts) + len(asked.nodes))

    def read(scope: Any) -> tuple[object, ...] | None:
        try:
            found = of_nodes(scope._memo)
            if facts:  # a computed instance has no record
                found = of_facts(scope.record.facts) + found
        except KeyError:
            return None
        return found[answers] if tuple(map(type, found)) == classes else None

    return read


def _getter(wanted: Mapping[str, type]) -> Callable[[Any], tuple[object, ...]]:
    """What looks names up in a mapping, all at once."""
    found = tuple(wanted)
    if len(found) > 1:
        return itemgetter(*found)
    return lambda values: tuple([values[name] for name in found])
