"""The instances that generated code works on: those of the reference, made with less ado."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from policyengine.engine.compile.memory import Memory
from policyengine.engine.scope import Scope, _subject
from policyengine.feel.syntax import Expression
from policyengine.feel.values import Unknown
from policyengine.policy.findings import Subject
from policyengine.policy.vocabulary import Entity
from policyengine.program.graph import Graph

T = TypeVar("T")


class Instance(Scope):
    """One instance of an entity; generated code reads its facts and leaves the values of its nodes here."""

    __slots__ = ("memory",)

    def __init__(self, memory: Memory, graph: Graph, entity: str, subject: Subject, **more: Any) -> None:
        super().__init__(graph, entity, subject, **more)
        self.memory = memory

    def value(self, expression: Expression) -> object:
        """The value of an expression; one that was worked out for the same values is remembered."""
        return self.memory.value(self, expression, super().value)

    def remembered(
        self, work: Callable[[Any, Expression, object, bool], T], expression: Expression, value: object, upright: bool
    ) -> T:
        """What is said of an expression; the same is said of the same values."""
        said: T = self.memory.sentence(
            self, expression, value, upright, lambda: work(self, expression, value, upright)
        )
        return said

    def _rows(self, name: str, entity: str, declared: Entity) -> object:
        if self.record is None or name not in self.record.lists:
            return super()._rows(name, entity, declared)
        return tuple(
            Instance(self.memory, self.graph, entity, _subject(entity, declared, row, i), above=self, record=row)
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
        yield Instance(above.memory, above.graph, entity, above.subject, above=above, given=context)
