"""An expression as a function of a context: generated code, with the reference evaluator behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from decimal import DecimalException, localcontext
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.feel.codegen.emit import NOT_CONSTANT, Code, Unsupported, Writer
from policyengine.feel.codegen.expression_source import FORMS
from policyengine.feel.codegen.runtime import GIVEN_UP, NAMES
from policyengine.feel.codegen.source_unit import Unit
from policyengine.feel.evaluation.environment import Env, Shared
from policyengine.feel.evaluation.evaluator import evaluate, run
from policyengine.feel.functions import BUILTINS, LIBRARY
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
    """A context with the names of an expression: `head` has the lines that look them up.

    In plain FEEL a name may be that of a function of its own; `folded` are those that were called beforehand.
    """

    unit: Unit
    policy: bool = False
    head: dict[str, str] = field(default_factory=dict)
    folded: set[str] = field(default_factory=set)
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
        return LIBRARY.get(name) if self.policy else None

    def worked_out(self, node: Expression, functions: frozenset[str]) -> object:
        library = LIBRARY if self.policy else BUILTINS
        if functions & _CLOCK or not functions <= library.keys():
            return NOT_CONSTANT
        shared = Shared(self.policy, library, {})
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


def policy_function(expression: Expression) -> Callable[[Mapping[str, object]], object]:
    """The value of an expression of a policy among names, as generated code: the value, or `Unknown`.

    It is that of `evaluate` in policies, with the functions that these may call.
    """
    try:
        writer = Writer(unit := Unit(), FORMS, context := _Context(unit, policy=True))
        loaded = _loaded(writer, context, writer.write(expression))
    except _NO_SOURCE:
        return lambda names: evaluate(expression, names, mode="policy", functions=LIBRARY)

    def value(names: Mapping[str, object]) -> object:
        shared = Shared(True, LIBRARY, {})
        with localcontext(NUMBERS):
            try:
                found = loaded(shared, names)
                if shared.steps >= 0:
                    return found
            except GIVEN_UP:
                pass
        return evaluate(expression, names, mode="policy", functions=LIBRARY)

    return value


_NO_SOURCE = (Unsupported, RecursionError, SyntaxError, MemoryError)


def _loaded(writer: Writer, context: _Context, result: Code) -> Callable[..., Any]:
    """The function of an expression that was written."""
    head = [f"{name} = {load}" for name, load in context.head.items()]
    lines = [*head, f"spend(g, {writer.frame.steps})", *writer.frame.lines, f"return {result.text}"]
    name = writer.unit.function("feel", ["g", "s"], [f"    {line}" for line in lines])
    return writer.unit.load(NAMES)[name]


def generate(expression: Expression) -> Generated:
    """The code of an expression of plain FEEL."""
    try:
        writer, context, result = _written(expression)
        loaded = _loaded(writer, context, result)
    except _NO_SOURCE:
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
