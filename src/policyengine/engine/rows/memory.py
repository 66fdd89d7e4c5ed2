"""What was worked out before for equal values: conditions, their sentences, the ways to reasons, findings.

A condition and its sentence rest on the values of the names in it. A table holds so many entries and then
starts anew; what rests on lists of instances is not kept at all. Nothing here changes an answer, only how
fast it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from functools import cached_property
from typing import Any, Final

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Subject
from policyengine.engine.rows.bundles import Bundler
from policyengine.engine.rows.names import NODE, place_of
from policyengine.engine.rows.runs import Run, Runs
from policyengine.engine.rows.support import comparable
from policyengine.engine.rows.templates import subject_maker
from policyengine.engine.rows.traces import Way
from policyengine.engine.rows.values import OPEN, keep, key_of
from policyengine.feel.syntax.tree import Expression, Literal, Name, names
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph

ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class _Known:
    """An expression at an entity: the names that it rests on, and what was worked out for their values."""

    expression: Expression
    names: tuple[str, ...]
    values: dict[object, object] = field(default_factory=dict)
    sentences: dict[object, object] = field(default_factory=dict)


class Memory:
    """The tables of one program; they change nothing but how fast an answer comes."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[tuple[str, int], _Known | None] = {}
        self._named = {(node.entity, id(node.expression)): node.name for _, node in graph.every_node()}
        self._runs = Runs(graph, Bundler(graph))
        self._run_of: dict[int, Run] = {}
        self._ways: dict[tuple[str, str], Way] = {}
        self._owners: dict[tuple[str, str], int | None] = {}

    @cached_property
    def subjects(self) -> Mapping[str, Callable[[Any, int], Subject]]:
        """What says who is judged, by entity."""
        vocabulary = self._graph.vocabulary
        return {
            name: subject_maker(name, entity.key, entity.label, root=name == vocabulary.root)
            for name, entity in vocabulary.entities.items()
        }

    def run_of(self, rule: Rule) -> Run:
        """What is known of the findings of one rule."""
        found = self._run_of.get(id(rule))
        if found is None:
            (found,) = self._runs.of((rule,))
            self._run_of[id(rule)] = found
        return found

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """All rules of the graph in their order, those that turn on few answers together."""
        return self._runs.of(self._graph.rules)

    def owner(self, entity: str, name: str) -> int | None:
        """How far above an instance the one lies that has a node of a name; None where it is no node."""
        place = (entity, name)
        if place not in self._owners:
            found = place_of(self._graph, entity, name)
            self._owners[place] = found.hops if found is not None and found.what == NODE else None
        return self._owners[place]

    def way(self, entity: str, name: str) -> Way:
        """How a node of an entity is explained, as far as it is known."""
        found = self._ways.get((entity, name))
        if found is None:
            found = self._ways[entity, name] = Way()
        return found

    def name_of(self, entity: str, expression: Expression) -> str | None:
        """The name that an expression is, or that of the node that it is the expression of."""
        if isinstance(expression, Name):
            return expression.name
        return self._named.get((entity, id(expression)))

    def value(self, scope: Any, expression: Expression, work: Callable[[Expression], object]) -> object:
        """The value of an expression at an instance; `work` works it out."""
        if isinstance(expression, Name):
            return scope[expression.name]
        named = self._named.get((scope.entity, id(expression)))
        if named is not None:
            # It is being worked out right now where it is not noted yet.
            found = scope.noted(named, ABSENT)
            return work(expression) if found is ABSENT else found
        if isinstance(expression, Literal):
            return expression.value
        known = self._of(scope.entity, expression)
        if known is None:
            return work(expression)
        key = key_of(scope, known.names)
        found = known.values.get(key, ABSENT)
        if found is ABSENT:
            found = work(expression)
            # What is not known is so for reasons of its own, which equal values do not tell.
            if not isinstance(found, Unknown):
                keep(known.values, key, found)
        return found

    def sentence(
        self, scope: Any, expression: Expression, value: object, upright: bool, work: Callable[[], object]
    ) -> Any:
        """What is said of an expression with a value at an instance."""
        known = self._of(scope.entity, expression)
        if known is None or isinstance(value, (list, tuple)):
            return work()
        outcome = value if isinstance(value, bool) else OPEN if isinstance(value, Unknown) else None
        key = (key_of(scope, known.names), outcome, upright)
        found = known.sentences.get(key, ABSENT)
        if found is ABSENT:
            found = work()
            keep(known.sentences, key, found)
        return found

    def names_of(self, entity: str, expression: Expression) -> tuple[str, ...] | None:
        """The names that an expression rests on, where their values compare cheaply."""
        known = self._of(entity, expression)
        return None if known is None else known.names

    def _of(self, entity: str, expression: Expression) -> _Known | None:
        place = (entity, id(expression))
        if place not in self._known:
            self._known[place] = self._plan(entity, expression)
        return self._known[place]

    def _plan(self, entity: str, expression: Expression) -> _Known | None:
        sight = self._graph.sights[entity]
        used = sorted(names(expression) - {"today"})
        places = [place_of(self._graph, entity, name) for name in used]
        if any(
            place is None or not comparable(sight.get(name)) for place, name in zip(places, used, strict=True)
        ):
            return None
        return _Known(expression, tuple(used))
