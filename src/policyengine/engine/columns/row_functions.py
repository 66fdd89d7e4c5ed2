"""The row function of an expression: generated Python over the names that it reads, unknown ones included.

The names are looked up in a mapping (`row_work.Around`), the fields of a row of a list in that row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.feel.codegen.call_source import class_of
from policyengine.feel.codegen.expression_source import FORMS
from policyengine.feel.codegen.list_runtime import GIVEN_UP
from policyengine.feel.codegen.runtime import NAMES
from policyengine.feel.codegen.source_unit import Unit
from policyengine.feel.codegen.writer import EXACT, HINT, NOT_CONSTANT, Code, Unsupported, Writer
from policyengine.feel.evaluation.environment import Shared
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax.tree import Expression, Name
from policyengine.feel.types.signatures import Function
from policyengine.feel.values.values import Invocable
from policyengine.policy.entity import EARLIER, IN_ORDER
from policyengine.policy.facts import recorded_name
from policyengine.program.graph import Graph

RowFunction = Callable[[Mapping[str, object]], object]
_CERTAIN = frozenset({"D", "S", "B"})


def row_function(graph: Graph, entity: str, today: date, expression: Expression) -> RowFunction:
    """The function that gives the value of an expression of an entity among names; `NUMBERS` must be set."""
    unit = Unit()
    names = _Names(graph, entity, today, unit)
    writer = Writer(unit, FORMS, names)

    def evaluated(scope: Mapping[str, object]) -> object:
        return evaluate(expression, scope, mode="policy", functions=LIBRARY)

    try:
        code = writer.write(expression)
        head = [f"{variable} = s[{key}]" for variable, key in names.loads.items()]
        lines = [*head, f"spend(g, {writer.frame.steps})", *writer.frame.lines, f"return {code.text}"]
        function = unit.function("value", ["g", "s"], [f"    {line}" for line in lines])
        run = unit.load({**NAMES, "NOTHING": {}, "of_row": _of_row})[function]
    except (Unsupported, RecursionError, SyntaxError, MemoryError):
        return evaluated

    def value(scope: Mapping[str, object]) -> object:
        shared = Shared(True, LIBRARY, {})
        try:
            found = run(shared, scope)
        except GIVEN_UP:
            return evaluated(scope)
        return found if shared.steps >= 0 else evaluated(scope)

    return value


def _of_row(row: Any, name: str) -> object:
    """A field of a row; a filter of an empty list is tried without one."""
    return None if row is None else row[name]


@dataclass(slots=True)
class _Names:
    """What the names of an expression at an entity are; `loads` are the variables and the names they read."""

    graph: Graph
    entity: str
    today: date
    unit: Unit
    loads: dict[str, str] = field(default_factory=dict)
    policy: bool = True

    @property
    def constants(self) -> Mapping[str, object]:
        return {"today": self.today} if self._owner("today") is None else {}

    def name(self, name: Name) -> Code:
        if name.name in self.graph.qualified.get(self.entity, ()):
            variable = self.unit.variable("v", name.name)
            self.loads[variable] = self.unit.constant(name.name)
            return Code(variable, class_of(self.graph.qualified[self.entity][name.name]), simple=True)
        owner, writer = self._owner(name.name), Writer(self.unit, FORMS, self)
        if owner is None:
            today = name.name == "today"
            return writer.constant(self.today) if today else Code(f"look(g, NOTHING, {writer.node(name)})")
        variable = self.unit.variable("v", name.name)
        self.loads[variable] = self.unit.constant(name.name)
        return self._code(owner, name.name)._replace(text=variable, simple=True)

    def field(self, entity: str, variable: str, name: str) -> Code | None:
        if not self._has(entity, name):
            return None
        return self._code(entity, name)._replace(
            text=f"of_row({variable}, {self.unit.constant(name)})", depth=2
        )

    def function(self, name: str) -> Function | None:
        owner = self._owner(name)
        facts = owner is not None and owner not in self.graph.repeats and name not in self.graph.nodes[owner]
        return LIBRARY.get(name) if owner is None or facts else None

    def worked_out(self, node: Expression, functions: frozenset[str]) -> object:
        value = evaluate(node, self.constants, mode="policy", functions=LIBRARY)
        return NOT_CONSTANT if isinstance(value, Invocable) else value

    def _owner(self, name: str) -> str | None:
        return next((each for each in self.graph.lineage(self.entity) if self._has(each, name)), None)

    def _has(self, entity: str, name: str) -> bool:
        if name in self.graph.nodes.get(entity, {}):
            return True
        repeat, vocabulary = self.graph.repeats.get(entity), self.graph.vocabulary
        if repeat is not None:
            return name in repeat.types
        return name in vocabulary.row(entity).fields or name in vocabulary.given(entity)

    def _code(self, entity: str, name: str) -> Code:
        """The code of a name as far as its class is known."""
        if (entity, name) in self.graph.types:
            return Code("", class_of(self.graph.types[entity, name]))
        if entity in self.graph.repeats:
            return Code("", class_of(self.graph.repeats[entity].types[name]))
        for child, below in self.graph.vocabulary.children(entity):
            if below.list == name:
                return Code("", "", EXACT, rows=child)
        kind = self.graph.vocabulary.row(entity).fields[recorded_name(name)]
        if name in IN_ORDER and self.graph.vocabulary.entities[entity].order is not None:
            return Code(
                "", class_of(kind), EXACT if name == EARLIER else HINT, rows=entity if name == EARLIER else ""
            )
        cls = class_of(kind)
        return Code("", cls, EXACT if cls in _CERTAIN else HINT)
