"""What gives the values that findings and explanations ask for at an instance.

Names are read by their position. What is asked of an expression that is no node is a generated function;
those that are asked for together are generated together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeAlias

from policyengine.engine.rows.instance import Row
from policyengine.engine.rows.node_source import Sources
from policyengine.engine.rows.places import Layout, place_of
from policyengine.feel.syntax.tree import Expression, Literal, Name
from policyengine.program.graph import Graph, Key

Get: TypeAlias = Callable[[Row], object]


class _Part:
    """The generated function of an expression, once it is there."""

    __slots__ = ("expression", "run")

    def __init__(self, expression: Expression) -> None:
        self.expression = expression  # which keeps its `id` from being given to another
        self.run: Get = _not_there


def _not_there(row: Row) -> object:  # pragma: no cover - every part is generated before it is asked
    raise RuntimeError("the source of an expression has not been generated")


class Values:
    """The values of one program; see `generate`."""

    def __init__(
        self, graph: Graph, today: date, layouts: Mapping[str, Layout], codes: Mapping[Key, Any]
    ) -> None:
        self.graph = graph
        self.today = today
        self.layouts = layouts
        self._codes = codes
        self._parts: dict[tuple[str, int], _Part] = {}
        self._pending: list[tuple[str, _Part]] = []
        self._nodes = {(entity, id(node.expression)): name for (entity, name), node in graph.every_node()}

    def position(self, entity: str, name: str) -> tuple[int, int] | None:
        """How many instances up the value of a name is kept, and where; None if it is not kept."""
        place = place_of(self.graph, entity, name)
        at = None if place is None else self.layouts[place.entity].index.get(place.name)
        return None if place is None or at is None else (place.hops, at)

    def of_name(self, entity: str, name: str) -> Get:
        """What gives the value of a name that an instance of the entity sees."""
        where = self.position(entity, name)
        if where is None:
            return lambda row: row[name]
        hops, at = where
        if hops == 0:
            return lambda row: row.v[at]
        if hops == 1:
            return lambda row: row.above.v[at]  # type: ignore[union-attr]  # it lies in another instance
        return lambda row: _above(row, hops).v[at]

    def of(self, entity: str, expression: Expression) -> Get:
        """What gives the value of an expression at an instance of the entity."""
        if isinstance(expression, Literal):
            value = expression.value
            return lambda row: value
        if isinstance(expression, Name):
            place = place_of(self.graph, entity, expression.name)
            if place is not None or expression.name == "today":
                return self.of_name(entity, expression.name)
        named = self._nodes.get((entity, id(expression)))
        if named is not None:
            return self.of_name(entity, named)
        part = self._parts.get((entity, id(expression)))
        if part is None:
            part = self._parts[entity, id(expression)] = _Part(expression)
            self._pending.append((entity, part))
        return lambda row: part.run(row) if part.run is not _not_there else self._generated(part)(row)

    def _generated(self, part: _Part) -> Get:
        self.generate()
        return part.run

    def generate(self) -> None:
        """Generates the functions of all expressions that were asked for since."""
        sources = Sources(self.graph, self.today, self.layouts, codes=dict(self._codes))
        names = [(part, sources.value(entity, part.expression)) for entity, part in self._pending]
        self._pending.clear()
        functions = sources.functions() if names else {}
        for part, name in names:
            part.run = functions[name]


def _above(row: Any, hops: int) -> Row:
    for _ in range(hops):
        row = row.above
    return row  # type: ignore[no-any-return]
