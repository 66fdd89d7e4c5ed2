"""An expression as a function of a context: generated code, with the reference evaluator behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from decimal import DecimalException, localcontext
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.feel.codegen.expression_source import FORMS
from policyengine.feel.codegen.list_runtime import GIVEN_UP
from policyengine.feel.codegen.runtime import NAMES
from policyengine.feel.codegen.source_unit import Unit
from policyengine.feel.codegen.writer import NOT_CONSTANT, Code, Unsupported, Writer
from policyengine.feel.evaluation.environment import Env, Shared
from policyengine.feel.evaluation.evaluator import evaluate, run
from policyengine.feel.functions import BUILTINS
from policyengine.feel.limits import NUMBERS
from policyengine.feel.syntax.tree import Expression, Name
from policyengine.feel.types.signatures import Function, Library
from policyengine.feel.types.types import Type
from policyengine.feel.values.values import Invocable

_PASSES = 4
# The steps that may be spent on what is worked out beforehand.
_BEFOREHAND = 2_000
_CLOCK = frozenset({"now", "today"})


@dataclass(frozen=True, slots=True)
class Generated:
    """The code of an expression; `run` is None where there is none, and the evaluator answers.

    `folded` are the built-in functions that were called beforehand.
    """

    expression: Expression
    source: str
    run: Callable[..., Any] | None
    folded: frozenset[str]

    def value(
        self, scope: Mapping[str, object], *, functions: Library = BUILTINS, types: Mapping[str, Type] = {}
    ) -> object:  # fmt: skip
        """The value among the names of `scope`: that of `evaluate`, in plain FEEL."""
        if self.run is not None and not any(isinstance(scope.get(name), Invocable) for name in self.folded):
            shared = Shared(False, functions, types)
            with localcontext(NUMBERS):
                try:
                    value = self.run(shared, scope)
                    if shared.steps >= 0:
                        return value
                except GIVEN_UP:
                    pass
        return evaluate(self.expression, scope, functions=functions, types=types)


@dataclass(slots=True)
class _Context:
    """The context of plain FEEL: `head` has the lines that look its names up."""

    unit: Unit
    head: dict[str, str] = field(default_factory=dict)
    folded: set[str] = field(default_factory=set)
    policy: bool = False
    constants: Mapping[str, object] = field(default_factory=dict)

    def name(self, name: Name) -> Code:
        variable = self.unit.variable("v", "v", name.name)
        code = self.unit.variable("k", "k", name.name)
        self.unit.constants[code] = name
        self.head[variable] = f"look(g, s, {code})"
        return Code(variable, simple=True)

    def field(self, entity: str, variable: str, name: str) -> Code | None:
        return None

    def function(self, name: str) -> Function | None:
        return None  # the context may bring one of its own

    def worked_out(self, node: Expression, functions: frozenset[str]) -> object:
        if functions & _CLOCK or not functions <= BUILTINS.keys():
            return NOT_CONSTANT
        shared = Shared(False, BUILTINS, {})
        shared.steps = _BEFOREHAND
        with localcontext(NUMBERS):
            try:
                value = run(node, Env({}, None, shared))
            except (DecimalException, RecursionError):
                return NOT_CONSTANT
        if shared.steps < 0 or isinstance(value, Invocable):
            return NOT_CONSTANT
        self.folded |= functions
        return value


def generate(expression: Expression) -> Generated:
    """The code of an expression of plain FEEL."""
    try:
        writer, context, result = _written(expression)
        head = [f"{name} = {load}" for name, load in context.head.items()]
        lines = [*head, f"spend(g, {writer.frame.steps})", *writer.frame.lines, f"return {result.text}"]
        name = writer.unit.function("feel", ["g", "s"], [f"    {line}" for line in lines])
        loaded = writer.unit.load(NAMES)[name]
    except (Unsupported, RecursionError, SyntaxError, MemoryError):
        return Generated(expression, "", None, frozenset())
    return Generated(expression, writer.unit.source, loaded, frozenset(context.folded))


def _written(expression: Expression) -> tuple[Writer, _Context, Code]:
    """Written anew as long as there are parts that it has twice, which then are worked out once."""
    unit, repeated = Unit(), frozenset[str]()
    for _ in range(_PASSES):
        context = _Context(unit)
        writer = Writer(unit, FORMS, context, repeated=repeated)
        result = writer.write(expression)
        again = {key for key, count in writer.counts.items() if count > 1}
        if again <= repeated:
            break
        repeated |= again
    return writer, context, result
