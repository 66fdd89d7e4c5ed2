"""An expression as a function of a context: generated code, with the reference evaluator behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import DecimalException, localcontext
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.feel.codegen.emit import Code, Unsupported, Writer
from policyengine.feel.codegen.expression_source import FORMS
from policyengine.feel.codegen.runtime import NAMES, Exhausted
from policyengine.feel.codegen.source_unit import Unit
from policyengine.feel.evaluation.environment import Shared
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import BUILTINS
from policyengine.feel.limits import NUMBERS
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.types.signatures import Library
from policyengine.feel.types.types import Type
from policyengine.feel.values.values import Invocable

_PASSES = 4
_GIVEN_UP = (Exhausted, DecimalException, OverflowError, RecursionError)


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
                except _GIVEN_UP:
                    pass
        return evaluate(self.expression, scope, functions=functions, types=types)


def generate(expression: Expression) -> Generated:
    """The code of an expression of plain FEEL."""
    try:
        writer, result = _written(expression)
        head = [f"{name} = {load}" for name, load in writer.head.items()]
        lines = [*head, f"spend(g, {writer.frame.steps})", *writer.frame.lines, f"return {result.text}"]
        name = writer.unit.function("feel", ["g", "s"], [f"    {line}" for line in lines])
        run = writer.unit.load(NAMES)[name]
    except (Unsupported, RecursionError, SyntaxError, MemoryError):
        return Generated(expression, "", None, frozenset())
    return Generated(expression, writer.unit.source, run, frozenset(writer.folded))


def _written(expression: Expression) -> tuple[Writer, Code]:
    """Written anew as long as there are parts that it has twice, which then are worked out once."""
    unit, repeated = Unit(), frozenset[str]()
    for _ in range(_PASSES):
        writer = Writer(unit, FORMS, repeated=repeated)
        result = writer.emit(expression, None)
        again = {key for key, count in writer.counts.items() if count > 1}
        if again <= repeated:
            break
        repeated |= again
    return writer, result
