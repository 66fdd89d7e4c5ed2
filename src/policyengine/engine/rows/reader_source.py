"""The source of a function that reads something off an instance: its lines, and the values that it asks for.

Readers of one shape (the same sorts of readings, conditions of the same forms) share their source, which is
a function that takes what differs and gives the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeAlias

from policyengine.decision.findings import NOT_APPLICABLE, UNDETERMINED
from policyengine.engine.finding_values import shower
from policyengine.engine.rows.node_source import ROW_NAMES, EntityNames, Sources, read_value
from policyengine.engine.rows.value_places import NODE, place_of
from policyengine.feel.codegen.source_unit import Unit
from policyengine.feel.codegen.writer import EXACT, Code
from policyengine.feel.syntax.tree import Expression, Name
from policyengine.feel.types.types import Number
from policyengine.program.graph import Graph

Read: TypeAlias = Callable[..., Any]

_NAMES = {
    **ROW_NAMES, "tuple_of": tuple.__new__, "tuple": tuple, "int": int, "id": id,
    "NOT_APPLICABLE": NOT_APPLICABLE,
    "UNDETERMINED": UNDETERMINED,
}  # fmt: skip


@lru_cache(maxsize=512)
def _shape(source: str) -> Callable[..., Read]:
    """The function that a source defines; sources are made of names and numbers of our own."""
    space: dict[str, Any] = {"__builtins__": {}, **_NAMES}
    exec(compile(source, "<readings>", "exec"), space)
    made: Callable[..., Read] = space["shape"]
    return made


class Deferred:
    """What is generated when it is first called: generated code calls `run`."""

    __slots__ = ("_write", "run")

    def __init__(self, write: Callable[[], Callable[..., Any]]) -> None:
        self._write = write
        self.run: Callable[..., Any] = self._first

    def _first(self, *values: Any) -> Any:
        self.run = self._write()
        return self.run(*values)


class ReaderSource:
    """A reader of instances of one entity while it is written. In its source `s` is the instance."""

    def __init__(self, program: Sources, entity: str) -> None:
        self.entity = entity
        self.graph: Graph = program.graph
        self._unit = Unit()
        self._sources = replace(program, unit=self._unit, left=[])
        self._names = EntityNames(self._sources, entity)
        self._lines: list[str] = []
        self._depth = 0

    def constant(self, value: object) -> str:
        """The name of a value."""
        name = self._unit.fresh("q")
        self._unit.constants[name] = value
        return name

    def fresh(self) -> str:
        """A variable that nothing else has."""
        return self._unit.fresh("x")

    def line(self, *lines: str) -> None:
        """Adds lines at the depth of the block that is being written."""
        self._lines += [f"{'    ' * self._depth}{line}" for line in lines]

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Lines under a head; where there are none, the head is left out."""
        self.line(head)
        self._depth += 1
        before = len(self._lines)
        yield
        self._depth -= 1
        if len(self._lines) == before:
            self._lines.pop()

    # Values

    def name(self, name: str) -> Code:
        """The value of a name that an instance of the entity sees: a variable, or a constant."""
        node = self.graph.node(self.entity, name)
        at = node[1].at if node is not None else next(iter(self.graph.nodes[self.entity].values())).at
        return self._held(self._names.name(Name(name, at)))

    def value(self, expression: Expression) -> Code:
        """The value of an expression: a variable, or a constant."""
        code, before = self._sources.write(self._names, expression)
        if code.simple and not before:
            return code
        variable = self.fresh()
        with self.block("try:"):
            self.line(*before, f"{variable} = {code.text}", *(["spend(g, 0)"] if before else []))
        with self.block("except GIVEN_UP:"):
            self.line(f"{variable} = again(s, {self.constant(expression)})")
        return code._replace(text=variable, simple=True)

    def _held(self, code: Code) -> Code:
        if code.simple:
            return code
        variable = self.fresh()
        self.line(f"{variable} = {code.text}")
        return code._replace(text=variable, simple=True)

    def shown(self, name: str) -> str:
        """The source of the value of a node as findings hold it."""
        place = place_of(self.graph, self.entity, name)
        kind = (
            self.graph.types.get((place.entity, name)) if place is not None and place.what == NODE else None
        )
        show = shower(kind, self.graph.vocabulary.number_of_digits())
        code = self.name(name)
        if code.constant:
            return self.constant(show(code.value))
        unit = kind.unit if isinstance(kind, Number) else ""
        if code.cls in ("S", "B", "DT", "D") and code.sure >= EXACT and unit not in ("money", "count"):
            return f"({code.text} if {code.text}.__class__ is {code.cls} else None)"
        return f"{self.constant(show)}({code.text})"

    # The whole

    def function(self, result: str, parameters: str = "s") -> Read:
        """The reader that gives a result."""
        loads = [
            f"{name} = {read_value(hops, self.constant(at))}"
            for name, (hops, at) in self._names.loads.items()
        ]
        body = [f"        {line}" for line in ["v = s.v", *loads, *self._lines, f"return {result}"]]
        constants = self._unit.constants
        lines = [
            f"def shape({', '.join(constants)}):",
            f"    def read({parameters}):",
            *body,
            "    return read",
        ]
        return _shape("\n".join(lines))(*constants.values())
