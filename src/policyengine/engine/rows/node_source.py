"""The nodes of an entity as generated functions: each node a local variable, in the order of dependency.

Any value may be unknown, and its code gives what is unknown as it gives values. Where generated code comes to
a limit (a number out of bounds, more steps than there are), the nodes of that function are worked out by the
evaluator, which says what that means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.engine.rows.instance import Row, again, children, earlier
from policyengine.engine.rows.value_places import (
    BEFORE,
    FACT,
    GIVEN,
    LIST,
    NODE,
    Layout,
    Place,
    Segment,
    own_place,
    place_of,
)
from policyengine.feel import limits
from policyengine.feel.codegen.call_source import class_of
from policyengine.feel.codegen.expression_source import FORMS
from policyengine.feel.codegen.runtime import NAMES
from policyengine.feel.codegen.source_unit import Unit
from policyengine.feel.codegen.writer import (
    EXACT,
    HINT,
    NOT_CONSTANT,
    Code,
    Unsupported,
    Writer,
    without_temporaries,
)
from policyengine.feel.evaluation.environment import Shared
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax.tree import Expression, Name, mapped
from policyengine.feel.types.signatures import Function
from policyengine.feel.types.types import Type
from policyengine.feel.values.values import Invocable
from policyengine.policy.entity import EARLIER, PREVIOUS
from policyengine.policy.facts import recorded_name
from policyengine.program.graph import Graph, Key

ROW_NAMES: Mapping[str, object] = {
    **NAMES,
    "g": Shared(True, LIBRARY, {}),
    "children": children,
    "earlier": earlier,
    "ROW": Row,
    "again": again,
    "NOTHING": {},
}
"""The names that the generated functions of rows see; one evaluation, whose steps each node gets anew."""


@dataclass(slots=True)
class Sources:
    """The generated source of one graph on a day; `codes` is what is known of the nodes written so far.

    `left` are expressions that are nested too deeply for source, which the evaluator works out.
    """

    graph: Graph
    today: date
    layouts: Mapping[str, Layout]
    unit: Unit = field(default_factory=Unit)
    codes: dict[Key, Code] = field(default_factory=dict)
    left: list[Expression] = field(default_factory=list)

    @property
    def constants(self) -> Mapping[str, object]:
        """The names that are known beforehand: `today`, unless the records of the graph say it."""
        vocabulary = self.graph.vocabulary
        return {} if "today" in vocabulary.entities[vocabulary.root].facts else {"today": self.today}

    def load(self, entity: str) -> str:
        """The function that reads the facts and lists of an instance."""
        layout, unit = self.layouts[entity], self.unit
        values = []
        for name in layout.facts:
            key = unit.constant(recorded_name(name))
            values.append(f"f[{key}] if {key} in f else s.missing({key})")
        for name, child in layout.lists.items():
            below = unit.variable("k", "layout", child)
            unit.constants[below] = self.layouts[child]
            values.append(f"children(s, {unit.constant(name)}, {below})")
        values += ["None"] * len(layout.given)
        return unit.function("load", ["s"], ["    f = s.record.facts", f"    s.v = [{', '.join(values)}]"])

    def nodes(self, segment: Segment) -> str:
        """The function that works out nodes of an instance and adds them to its values."""
        names = EntityNames(self, segment.entity)
        lines: list[str] = []
        written: dict[str, Code] = {}
        for name in segment.names:
            code = self._node(names, segment.entity, name, lines, written)
            code = typed(code, self.graph.types.get((segment.entity, name)))
            names.own[name] = self.codes[segment.entity, name] = code
        results = ", ".join(names.own[name].text for name in segment.names)
        expressions = self.unit.fresh("k")
        self.unit.constants[expressions] = tuple(
            self.graph.nodes[segment.entity][name].expression for name in segment.names
        )
        body = [
            *names.head,
            "try:",
            *(f"    {line}" for line in lines),
            f"    v += ({results},)",
            "except GIVEN_UP:",
            f"    for k in {expressions}:",
            "        v.append(again(s, k))",
        ]
        return self.unit.function("nodes", ["s"], [f"    {line}" for line in body])

    def _node(
        self, names: EntityNames, entity: str, name: str, lines: list[str], written: dict[str, Code]
    ) -> Code:
        """The code of a node, a variable or a constant; what works it out is added to the lines."""
        code, before = self.write(names, self.graph.nodes[entity][name].expression)
        if code.simple:
            lines += before
            return code
        key = without_temporaries(code.text)
        if not before and key in written:
            return written[key]
        variable = self.unit.fresh("n")
        lines += [*before, f"{variable} = {code.text}"]
        if before and before[0].startswith("g.steps"):
            lines.append("spend(g, 0)")
        found = code._replace(text=variable, simple=True, depth=1)
        written.setdefault(key, found)
        return found

    def write(self, names: EntityNames, expression: Expression) -> tuple[Code, list[str]]:
        """The code of an expression, and the lines before it."""
        writer = Writer(self.unit, FORMS, names)
        try:
            code = writer.write(self._spelled_out(names.entity, expression))
        except (Unsupported, RecursionError):
            self.left.append(expression)
            return Code(f"again(s, {writer.node(expression)})"), []
        steps = limits.STEPS - writer.frame.steps
        metered = [f"g.steps = {steps}"] if writer.loops or steps < 0 else []
        return code, [*metered, *writer.frame.lines]

    def _spelled_out(self, entity: str, expression: Expression) -> Expression:
        """An expression with what its inline nodes work out."""
        if not self.graph.inline:
            return expression
        if isinstance(expression, Name):
            named = self.graph.node(entity, expression.name)
            if named is None or not named[1].inline:
                return expression
            return self._spelled_out(entity, named[1].expression)
        found: Expression = mapped(expression, lambda part: self._spelled_out(entity, part))
        return found

    def value(self, entity: str, expression: Expression) -> str:
        """The function that gives the value of an expression at an instance whose nodes are worked out."""
        names = EntityNames(self, entity)
        code, before = self.write(names, expression)
        lines = [*before, f"x = {code.text}", *(["spend(g, 0)"] if before else []), "return x"]
        body = [
            *names.head, "try:", *(f"    {line}" for line in lines),
            "except GIVEN_UP:", f"    return again(s, {Writer(self.unit, FORMS, names).node(expression)})",
        ]  # fmt: skip
        return self.unit.function("value", ["s"], [f"    {line}" for line in body])

    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """The functions of all that was written, by name."""
        return self.unit.load(ROW_NAMES)


def typed(code: Code, kind: Type | None) -> Code:
    """The code of a value, with what its type tells of its class."""
    return code._replace(cls=code.cls or class_of(kind))


def read_value(hops: int, at: str) -> str:
    """The source of a value of an instance so many levels up, at a position."""
    return f"s{'.above' * hops}.v[{at}]" if hops else f"v[{at}]"


@dataclass(slots=True)
class EntityNames:
    """What the names of an expression at an entity are: variables of a function over an instance `s`.

    `own` are nodes that the function itself works out. Everything else is read by one of `loads`: from so
    many instances up, at a position.
    """

    sources: Sources
    entity: str
    own: dict[str, Code] = field(default_factory=dict)
    loads: dict[str, tuple[int, int]] = field(default_factory=dict)
    policy: bool = True

    @property
    def constants(self) -> Mapping[str, object]:
        """The names that are known beforehand."""
        return self.sources.constants

    @property
    def _writer(self) -> Writer:
        return Writer(self.sources.unit, FORMS, self)

    @property
    def head(self) -> list[str]:
        """The lines that read the values."""
        return [
            "v = s.v",
            *(f"{name} = {read_value(hops, str(at))}" for name, (hops, at) in self.loads.items()),
        ]

    def name(self, name: Name) -> Code:
        """The code of a name."""
        if name.name in self.own:
            return self.own[name.name]
        place = place_of(self.sources.graph, self.entity, name.name)
        unit = self.sources.unit
        if place is None:
            if name.name == "today":
                return self._writer.constant(self.sources.today)
            return Code(f"look(g, NOTHING, {self._writer.node(name)})")
        if place.what == BEFORE:
            return self._before(place)
        if place.name == EARLIER and place.what == GIVEN:
            return Code(f"earlier(s{'.above' * place.hops})", "", EXACT, rows=place.entity)
        if not place.hops and place.name in self.own:  # a name that says that it is its own
            return self.own[place.name]
        known = self._code(place)
        if known.constant:
            return self._writer.constant(known.value)
        at = self.sources.layouts[place.entity].index.get(place.name)
        if at is None:  # no expression of a node mentions it
            return Code(f"s[{unit.constant(name.name)}]")
        variable = unit.variable("v", self.entity, name.name)
        self.loads[variable] = (place.hops, at)
        return known._replace(text=variable, simple=True, depth=1)

    def _before(self, place: Place) -> Code:
        """The value of the child before; nothing for the first one."""
        layout = self.sources.layouts[place.entity]
        variable = self.sources.unit.variable("v", self.entity, f"{PREVIOUS} {place.hops}")
        self.loads[variable] = (place.hops, layout.index[PREVIOUS])
        text = f"({variable}.v[{layout.index[place.name]}] if {variable}.__class__ is ROW else {variable})"
        return Code(text, class_of(place.type), HINT, depth=2)

    def field(self, entity: str, variable: str, name: str) -> Code | None:
        """The code of a field of an instance that stands in a variable."""
        place = own_place(self.sources.graph, entity, name)
        if place is None:
            return None
        if place.what == GIVEN and name == EARLIER:
            return Code(f"earlier({variable})", "", EXACT, depth=2, rows=entity)
        known = self._code(place)
        if known.constant:
            return self._writer.constant(known.value)
        if place.what == NODE and (entity, name) not in self.sources.codes:
            return known._replace(text=f"{variable}[{self.sources.unit.constant(name)}]", depth=2)
        at = self.sources.layouts[entity].index[name]
        return known._replace(text=f"{variable}.v[{at}]", simple=False, depth=2)

    def _code(self, place: Place) -> Code:
        if place.what == LIST:
            return Code("", "", EXACT, rows=place.rows, given=place.name)
        if place.what == NODE:
            return self.sources.codes.get((place.entity, place.name)) or typed(Code(""), place.type)
        code = typed(Code(""), place.type)
        if place.what != FACT:
            return code
        return code._replace(sure=EXACT if code.cls != "L" else HINT, given=recorded_name(place.name))

    def function(self, name: str) -> Function | None:
        """The built-in function of a name."""
        place = place_of(self.sources.graph, self.entity, name)
        return LIBRARY.get(name) if place is None or place.what in (FACT, LIST) else None

    def worked_out(self, node: Expression, functions: frozenset[str]) -> object:
        """The value of an expression without names."""
        value = evaluate(node, self.constants, mode="policy", functions=LIBRARY)
        return NOT_CONSTANT if isinstance(value, Invocable) else value
