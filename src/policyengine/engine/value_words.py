"""What names are called in sentences, and how people write values."""

from __future__ import annotations

from policyengine.decision.writers import Write, writer
from policyengine.engine.finding_values import Show, shower
from policyengine.feel.types.types import Context, ListOf, Type
from policyengine.program.graph import Graph


class Words:
    """What the names that an entity sees are called, and how their values are written."""

    def __init__(self, graph: Graph, entity: str) -> None:
        self.graph = graph
        self.entity = entity
        self.digits = graph.vocabulary.number_of_digits()
        self._sight = graph.sights[entity]
        self._real = graph.real(entity)

    def noun(self, name: str) -> str:
        """What a name is called."""
        found = self.graph.node(self.entity, name)
        if found is not None and found[1].noun is not None:
            return found[1].noun
        return self.graph.vocabulary.noun(self._real, name)

    def kind(self, name: str) -> Type | None:
        """The type of a name."""
        found = self.graph.node(self.entity, name)
        return self._sight.get(name) if found is None else self.graph.types.get((found[0], name))

    def fact(self, name: str) -> str | None:
        """The name, if a record or a formula gives it; nodes of policies have none of their own."""
        return name if self.graph.vocabulary.fact(self._real, name) is not None else None

    def is_ours(self, name: str) -> bool:
        """Whether a name means something to the reader: a fact, a node, or the list of a form."""
        known = self.fact(name) is not None or self.graph.node(self.entity, name) is not None
        return known or (name in self._sight and name != "today")

    def writer(self, kind: Type | None) -> Write:
        """What writes values of a type as people do."""
        return writer(kind)

    def plain(self, name: str) -> Show:
        """What shows the value of a name as a reason holds it."""
        kind = self.kind(name)
        if isinstance(kind.item if isinstance(kind, ListOf) else kind, Context):
            return lambda value: None  # several values at once are no measure of anything
        return shower(kind, self.digits)
