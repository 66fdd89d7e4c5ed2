"""What findings turn on: the answers that decide which sentences they hold, all but the values in them.

Equal answers of two subjects mean equal findings, but for who is judged and for the amounts, counts and days
that are filled in (`plans`). Nothing here is asked of what lies in another instance; such findings have no
answers and are kept by the facts that they rest on (`bundles`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field
from math import prod
from operator import itemgetter
from typing import Any, Final, NamedTuple

from policyengine.dataclass import dataclass
from policyengine.engine.reference.reasons import SEE_THROUGH, WORKED_OUT
from policyengine.engine.rows.kinds import CLASSES, kind_of
from policyengine.engine.rows.names import FACT, NODE, own_place
from policyengine.engine.rows.traces import OPEN, outcome
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression, names
from policyengine.feel.types.types import BOOLEAN, Enum, Type
from policyengine.policy.rule import Build, Choose, Explain, Node, Reading, Rule, Rules, Shortfalls, Value
from policyengine.program.graph import Graph

_FOUND_OUT: Final = 2  # a condition holds or fails


class _Elsewhere(Exception):  # noqa: N818  # no error: such findings are kept in another way
    """The finding rests on more than plain values of one instance."""


class Few(NamedTuple):
    """The class of an answer, and how many different ones there are at most."""

    cls: type
    most: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What findings turn on: `facts` and `nodes` with few values, and conditions that are no nodes.

    The values of `fixed` names follow from these. `known` facts and nodes are told, and have to be known.
    """

    facts: Mapping[str, Few]
    nodes: Mapping[str, Few]
    conditions: tuple[Expression, ...]
    known_facts: Mapping[str, type]
    known_nodes: Mapping[str, type]
    fixed: frozenset[str]

    def __or__(self, other: Asked) -> Asked:
        """What both turn on together."""
        return Asked(
            {**self.facts, **other.facts},
            {**self.nodes, **other.nodes},
            tuple(dict.fromkeys((*self.conditions, *other.conditions))),
            {**self.known_facts, **other.known_facts},
            {**self.known_nodes, **other.known_nodes},
            self.fixed | other.fixed,
        )

    @property
    def count(self) -> int:
        """How many combinations of answers there may be."""
        few = (*self.facts.values(), *self.nodes.values())
        return prod([each.most for each in few], start=_FOUND_OUT ** len(self.conditions))


def asked(graph: Graph, rule: Rule) -> Asked | None:
    """What the finding of a rule turns on; None where it rests on more."""
    found = _Asking(graph, rule.entity)
    try:
        found.rule(rule)
    except _Elsewhere:
        return None
    followed = found.drop_what_follows()
    fixed = frozenset({"today", *followed, *found.facts, *found.nodes})
    return Asked(
        found.facts, found.nodes, tuple(found.conditions), found.known_facts, found.known_nodes, fixed
    )


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


def answers(asked: Asked) -> Answers:
    """The answers that findings turn on."""
    return Answers(_reader(asked), asked.conditions, asked.fixed)


@dataclass(slots=True)
class _Asking:
    """Collects what a rule asks for, as `engine/reference/reasons.py` asks for it, or a little more."""

    graph: Graph
    entity: str
    facts: dict[str, Few] = field(default_factory=dict)
    nodes: dict[str, Few] = field(default_factory=dict)
    known_facts: dict[str, type] = field(default_factory=dict)
    known_nodes: dict[str, type] = field(default_factory=dict)
    conditions: dict[Expression, None] = field(default_factory=dict)
    shown: dict[str, None] = field(default_factory=dict)
    explained: set[str] = field(default_factory=set)

    @property
    def _own(self) -> Mapping[str, Node]:
        return self.graph.nodes.get(self.entity, {})

    def drop_what_follows(self) -> list[str]:
        """Drops answers that follow from the others; gives the names of all that does."""
        followed = []
        for name in (*self.nodes, *self.shown):
            if self._follows(name, {*self.facts, *self.nodes} - {name}):
                self.nodes.pop(name, None)
                followed.append(name)
        return followed

    def _follows(self, name: str, others: Set[str]) -> bool:
        """Whether the value of a name is told by those of others."""
        known = {"today", *others}
        return all(each in known or each in self._own for each in self._behind(name, known))

    def _behind(self, name: str, known: Set[str] = frozenset()) -> Iterator[str]:
        """A name and all that its value rests on, as far as it is not known."""
        pending, seen = [name], set()
        while pending:
            each = pending.pop()
            if each not in seen:
                seen.add(each)
                yield each
                if each in self._own and each not in known:
                    pending.extend(names(self._own[each].expression))

    def rule(self, rule: Rule) -> None:
        """What the finding of a rule asks for."""
        self._decides(rule.status, str, len(rule.finding.statuses))
        if rule.exists is not None:
            self._decides(rule.exists, bool)
        for reading in (rule.because, *rule.fields.values(), *([rule.origins] if rule.origins else [])):
            self._reading(reading)

    def _reading(self, reading: Reading) -> None:
        match reading:
            case Value(node):
                self.shown[node] = None
            case Choose(by, cases, otherwise):
                self._decides(by, str, len(cases) + 1)
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

    def _decides(self, node: str, cls: type, count: int = _FOUND_OUT) -> None:
        if node not in self._own or self._is_left_open(node):
            raise _Elsewhere
        self.nodes[node] = Few(cls, count)

    def _is_left_open(self, name: str) -> bool:
        """Whether the policy may leave open what a node comes to."""
        nodes = (self._own[each] for each in self._behind(name) if each in self._own)
        return any(isinstance(part, syntax.Open) for node in nodes for part in syntax.walk(node.expression))

    def _name(self, name: str) -> None:
        """A name is explained: a node of a policy by its expression, everything else by its value."""
        node = self._own.get(name)
        if node is None or node.noun is not None:
            self._value(name)
        elif node.cases is not None:
            raise _Elsewhere
        elif name not in self.explained:
            self.explained.add(name)
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
        if kind == BOOLEAN or isinstance(kind, Enum):
            few = Few(cls, len(kind.values) if isinstance(kind, Enum) else _FOUND_OUT)
            (self.facts if is_fact else self.nodes)[name] = few
        else:
            (self.known_facts if is_fact else self.known_nodes)[name] = cls

    def _type(self, name: str, is_fact: bool) -> Type | None:
        if is_fact:
            return self.graph.vocabulary.row(self.entity).fields[name]
        return self.graph.types.get((self.entity, name))


def _reader(asked: Asked) -> Callable[[Any], tuple[object, ...] | None]:
    """What reads the answers off an instance; None where anything asked for is not plainly of its class.

    What only has to be known stands outside, so that the answers are one slice of what is read.
    """
    facts, nodes = [*asked.known_facts, *asked.facts], [*asked.nodes, *asked.known_nodes]
    few = [each.cls for each in (*asked.facts.values(), *asked.nodes.values())]
    classes = (*asked.known_facts.values(), *few, *asked.known_nodes.values())
    of_facts, of_nodes = _getter(facts), _getter(nodes)
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


def _getter(wanted: Sequence[str]) -> Callable[[Any], tuple[object, ...]]:
    """What looks names up in a mapping, all at once."""
    if len(wanted) > 1:
        return itemgetter(*wanted)
    return lambda values: tuple([values[name] for name in wanted])
