"""The instances that generated code works on: those of the reference, made with less ado."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from policyengine.decision.findings import Subject
from policyengine.engine.reference.scope import Scope
from policyengine.engine.rows.memory import Memory
from policyengine.engine.rows.traces import Said, Trace, Watch
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Unknown
from policyengine.policy.vocabulary import Entity
from policyengine.program.graph import Graph
from policyengine.program.record import Record

T = TypeVar("T")


class Instance(Scope):
    """One instance of an entity; generated code reads its facts and leaves the values of its nodes here."""

    __slots__ = ("known", "memory", "told", "watch")

    def __init__(
        self, memory: Memory, watch: Watch, graph: Graph, entity: str, subject: Subject, *,
        above: Instance | None = None, record: Record | None = None,
        given: Mapping[str, object] | None = None, today: date | None = None,
    ) -> None:  # fmt: skip
        self.graph = graph
        self.entity = entity
        self.subject = subject
        self.above = above
        self.record = record
        self.given = {} if given is None else given
        self._declared = graph.vocabulary.entities.get(entity)
        self._memo = {} if today is None else {"today": today}
        self.memory = memory
        self.watch = watch
        self.known: dict[int, object] = {}
        self.told: dict[object, Any] = {}

    def __getitem__(self, name: str) -> object:
        memo = self._memo
        value = memo[name] if name in memo else super().__getitem__(name)
        trace = self.watch.trace
        if trace is not None:
            trace.ask(self, name, value)
        return value

    def noted(self, name: str, otherwise: object) -> object:
        """The value of a name if it has been worked out."""
        return self._memo.get(name, otherwise)

    def value(self, expression: Expression) -> object:
        """The value of an expression; one that was worked out for the same values is remembered."""
        watch = self.watch
        trace = watch.trace
        if trace is None:
            return self.memory.value(self, expression, super().value)
        watch.trace = None
        value = self.memory.value(self, expression, super().value)
        watch.trace = trace
        named = self.memory.name_of(self.entity, expression)
        trace.ask(self, expression if named is None else named, value)
        return value

    def remembered(
        self,
        work: Callable[[Any, Expression, object, bool], Any],
        expression: Expression,
        value: object,
        upright: bool,
    ) -> Any:
        """What is said of an expression; the same is said of the same values."""
        memory, watch = self.memory, self.watch
        trace, watch.trace = watch.trace, None
        said = memory.sentence(
            self, expression, value, upright, lambda: work(self, expression, value, upright)
        )
        watch.trace = trace
        if trace is not None:
            names = memory.names_of(self.entity, expression)
            trace.say(self, Said(0, work, expression, upright, names), said)
        return said

    def explained(self, work: Callable[[Any, str], Any], name: str) -> Any:
        """The reasons of a node; the same way leads to them wherever conditions come out the same."""
        found = self.told.get(name)
        if found is None:
            found = self.told[name] = self._explained(work, name)
        return found

    def _explained(self, work: Callable[[Any, str], Any], name: str) -> Any:
        way = self.memory.way(self.entity, name)
        found = way.follow(self)
        if found is None:
            watch = self.watch
            watch.trace = trace = Trace(self)
            try:
                found = work(self, name)
            finally:
                watch.trace = None
            way.learn(trace, found)
        return found

    def judged(self, work: Callable[[Any, Any], Any], rule: Any) -> Any:
        """The finding of a rule; that for the same facts is the same."""
        return self.memory.run_of(rule).read(self, work, [])[0]

    def owner(self, name: str) -> Scope | None:
        """The scope, this one or one above, that has a node of this name."""
        hops = self.memory.owner(self.entity, name)
        if hops is None:
            return None
        at: Any = self
        for _ in range(hops):
            at = at.above
        return at  # type: ignore[no-any-return]

    def _rows(self, name: str, entity: str, declared: Entity) -> object:
        if self.record is None or name not in self.record.lists:
            return super()._rows(name, entity, declared)
        return tuple(
            Instance(
                self.memory,
                self.watch,
                self.graph,
                entity,
                self.memory.subjects[entity](row, i),
                above=self,
                record=row,
            )
            for i, row in enumerate(self.record.lists[name], start=1)
        )


def below(above: Instance, entity: str) -> Sequence[Instance]:
    """The instances of an entity in one that it belongs to, computed ones too."""
    repeat = above.graph.repeats.get(entity)
    if repeat is not None:
        return tuple(_occasions(above, entity, repeat.items))
    rows = above[str(above.graph.vocabulary.entities[entity].list)]
    return rows if isinstance(rows, tuple) else ()


def _occasions(above: Instance, entity: str, items: str) -> Iterator[Instance]:
    contexts = above[items]
    if isinstance(contexts, Unknown):
        contexts = [dict.fromkeys(above.graph.repeats[entity].types, contexts)]
    for context in contexts if isinstance(contexts, (list, tuple)) else ():
        yield Instance(
            above.memory, above.watch, above.graph, entity, above.subject, above=above, given=context
        )
