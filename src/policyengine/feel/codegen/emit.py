"""The writer of generated Python: names in sight, functions in functions, and what is worked out once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal, DecimalException, localcontext
from typing import Any, NamedTuple, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.feel.codegen.source_unit import Unit
from policyengine.feel.evaluation.environment import Env, Shared
from policyengine.feel.evaluation.evaluator import run
from policyengine.feel.functions import BUILTINS
from policyengine.feel.limits import NUMBERS
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Invocable

# How deep functions lie in one another: Python reads no more than a hundred levels.
NESTED = 20
# How deep brackets lie in one another in one line.
_DEEP = 12
# The steps that may be spent on what is worked out beforehand.
_BEFOREHAND = 2_000
# No node takes more steps of the reference than this, apart from the size of its values.
_STEPS_A_NODE = 8
_CLOCK = frozenset({"now", "today"})
_FUNCTION = re.compile(r"\bp\d+\b")
_TEMPORARY = re.compile(r"\bt\d+\b")


class Unsupported(Exception):  # noqa: N818  # no error: the reference evaluator does it
    """There is no code for an expression."""


class Code(NamedTuple):
    """An expression as source: whether it is a number or a variable for certain, how deep its brackets go."""

    text: str
    number: bool = False
    simple: bool = False
    depth: int = 1


class Local(NamedTuple):
    """Names that are variables, within others."""

    names: Mapping[str, str]
    outer: Names


class Item(NamedTuple):
    """The fields of the item that a filter looks at, within other names."""

    variable: str
    outer: Names


class Entries(NamedTuple):
    """The entries of a context that is being made, within other names."""

    variable: str
    keys: frozenset[str]
    outer: Names


Names: TypeAlias = Local | Item | Entries | None
"""Names in sight, from the inside out; None where only those of the context are."""
Form: TypeAlias = "Callable[[Writer, Any, Names], Code]"


@dataclass(slots=True)
class Frame:
    """A function that is being written: its lines, and the steps that each call of it takes."""

    level: int = 0
    lines: list[str] = field(default_factory=list)
    steps: int = 0


@dataclass(slots=True)
class Writer:
    """Writes one expression. `lazy` counts how many forms around may leave a part out."""

    unit: Unit
    forms: Mapping[type, Form]
    frame: Frame = field(default_factory=Frame)
    head: dict[str, str] = field(default_factory=dict)
    folded: set[str] = field(default_factory=set)
    lazy: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()
    taken: dict[str, Code] = field(default_factory=dict)

    def emit(self, node: Expression, names: Names) -> Code:
        """The source of an expression."""
        found = self._beforehand(node, names)
        if found is None:
            self.frame.steps += _STEPS_A_NODE
            form = self.forms.get(type(node))
            if form is None:
                raise Unsupported
            found = self._once(self.shallow(form(self, node, names)))
        return found

    def maybe(self, node: Expression, names: Names) -> Code:
        """The source of an expression that may be left out."""
        self.lazy += 1
        found = self.emit(node, names)
        self.lazy -= 1
        return found

    def constant(self, value: object) -> Code:
        """A value that is known beforehand."""
        if value is None:
            return Code("None", simple=True)
        return Code(self.unit.constant(value), type(value) is Decimal, simple=True)

    def fresh(self) -> str:
        """A variable that is assigned and read within one expression."""
        return self.unit.fresh("t")

    # Names

    def find(self, name: syntax.Name, names: Names) -> str:
        """The source of the value of a name."""
        match names:
            case Local(variables, outer):
                return variables[name.name] if name.name in variables else self.find(name, outer)
            case Item(variable, outer):
                around = variable if name.name == "item" else self.find(name, outer)
                return f"field({variable}, {self.unit.constant(name.name)}, {around})"
            case Entries(variable, keys, outer):
                around = self.find(name, outer)
                key = self.unit.constant(name.name)
                return f"field({variable}, {key}, {around})" if name.name in keys else around
            case _:
                variable = self.unit.variable("v", "v", name.name)
                self.head[variable] = f"look(g, s, {self._node(name)})"
                return variable

    def callee(self, name: syntax.Name, names: Names) -> str:
        """The source of what a name calls."""
        found = self.find(name, names)
        if names is not None and found != self.unit.variable("v", "v", name.name):
            return f"function(g, {found}, {self._node(name)})"
        variable = self.unit.variable("f", "f", name.name)
        self.head[variable] = f"function(g, {found}, {self._node(name)})"
        return variable

    def _node(self, name: syntax.Name) -> str:
        code = self.unit.variable("k", "k", name.name)
        self.unit.constants[code] = name
        return code

    # Functions in functions

    def function(self, parameters: Sequence[str], names: Names, write: Callable[[Names], Code | str]) -> str:
        """A function that is nested in the one being written; `write` gives what it returns."""
        outer, lazy = self.frame, self.lazy
        if outer.level >= NESTED:
            raise Unsupported
        self.frame, self.lazy = Frame(outer.level + 1), lazy + 1
        result = write(names)
        inner, self.frame, self.lazy = self.frame, outer, lazy
        name = self.unit.fresh("p")
        text = result if isinstance(result, str) else result.text
        body = [f"spend(g, {inner.steps})", *inner.lines, f"return {text}"]
        outer.lines += [f"def {name}({', '.join(parameters)}):", *(f"    {line}" for line in body)]
        return name

    def shallow(self, code: Code) -> Code:
        """The same with few brackets: a part becomes a function of its own."""
        if code.depth <= _DEEP:
            return code
        name = self.unit.fresh("p")
        self.frame.lines += [f"def {name}():", f"    return {code.text}"]
        return Code(f"{name}()", code.number)

    # Known beforehand, and common parts

    def _beforehand(self, node: Expression, names: Names) -> Code | None:
        if isinstance(node, syntax.Literal):
            return self.constant(node.value)
        called = _fixed(node)
        if called is None or (called and names is not None):
            return None
        shared = Shared(False, BUILTINS, {})
        shared.steps = _BEFOREHAND
        with localcontext(NUMBERS):
            try:
                value = run(node, Env({}, None, shared))
            except (DecimalException, RecursionError):
                return None
        if shared.steps < 0 or isinstance(value, Invocable):
            return None
        self.frame.steps += _BEFOREHAND - shared.steps
        self.folded |= called
        return self.constant(value)

    def _once(self, code: Code) -> Code:
        """The variable of a part that stands here again; a part that is always asked for gets one."""
        if code.simple or _FUNCTION.search(code.text):
            return code
        numbers: dict[str, str] = {}
        key = _TEMPORARY.sub(lambda found: numbers.setdefault(found[0], f"t{len(numbers)}"), code.text)
        if key in self.taken:
            return self.taken[key]
        if key in self.repeated and not self.lazy and self.frame.level == 0:
            variable = f"w{len(self.taken)}"
            self.frame.lines.append(f"{variable} = {code.text}")
            self.taken[key] = Code(variable, code.number, simple=True)
            return self.taken[key]
        self.counts[key] = self.counts.get(key, 0) + 1
        return code


def _fixed(node: Expression) -> frozenset[str] | None:
    """The functions that an expression without names calls; None where it is not known beforehand."""
    called: set[str] = set()
    if syntax.names(node):
        return None
    for each in syntax.walk(node):
        match each:
            case syntax.FunctionLiteral() | syntax.InstanceOf() | syntax.UnaryTests() | syntax.Open():
                return None
            case syntax.Call(syntax.Name(name)):
                called.add(name)
            case syntax.Call():
                return None
    return None if called & _CLOCK or not called <= BUILTINS.keys() else frozenset(called)
