"""Calls: does the function exist, and do the arguments fit its parameters."""

from __future__ import annotations

from collections.abc import Sequence

from policyengine.diagnostics import did_you_mean
from policyengine.feel.checker.typescope import TypeScope
from policyengine.feel.expression_codes import ARGUMENTS, LITERAL, UNKNOWN_FUNCTION
from policyengine.feel.syntax.tree import Call, Expression, Literal, Name
from policyengine.feel.types import types
from policyengine.feel.types.relations import accepts, is_open
from policyengine.feel.types.signatures import Function, Parameter, Signature, arrange
from policyengine.feel.types.types import ANY, DATE, NULL, FunctionType, Type, describe
from policyengine.feel.values.values import Failed


def check_call(node: Call, scope: TypeScope) -> Type:
    """The type of a call."""
    arguments = [*node.positional, *(entry.value for entry in node.named)]
    given = [scope.infer(argument) for argument in arguments]
    names = [entry.key for entry in node.named]
    if isinstance(node.function, Name):
        name = node.function.name
        kind = scope.find(name)
        if not isinstance(kind, FunctionType) and name in scope.functions:
            return _library(node, scope.functions[name], arguments, given, names, scope)
        if kind is None:
            return _unknown(node.function, scope)
    else:
        kind = scope.infer(node.function)
    if isinstance(kind, FunctionType):
        if len(kind.parameters) != len(arguments):
            message = f"the function takes {len(kind.parameters)} arguments, and {len(arguments)} are given"
            scope.add(ARGUMENTS, node, message)
        return kind.result
    if not is_open(kind) and describe(kind) != "a function":
        advice = f"write `{node.function.span.text}`" if not arguments else None
        return scope.add(UNKNOWN_FUNCTION, node, f"this is {describe(kind)} and no function", advice)
    return ANY


_IF, _AND, _OR = "write `if ... then ... else ...`", "write `... and ...`", "write `... or ...`"
_COUNT = "write `count(list[condition])`"
_SUM = "write `sum(list[condition].fact)`"
# Functions of spreadsheets that FEEL writes in another form.
_SPREADSHEET = {
    "if": _IF,
    "wenn": _IF,
    "and": _AND,
    "und": _AND,
    "or": _OR,
    "oder": _OR,
    "countif": _COUNT,
    "zählenwenn": _COUNT,
    "sumif": _SUM,
    "summewenn": _SUM,
}


def _unknown(node: Name, scope: TypeScope) -> Type:
    if node.name == "now" and scope.find("today") == DATE:
        return scope.add(
            UNKNOWN_FUNCTION, node, "no clock is read here", "write `today`, the day in question"
        )
    callable_names = [name for known in scope.known() for name in known.functions]
    advice = _SPREADSHEET.get(node.name.lower()) or did_you_mean(
        node.name, [*scope.functions, *callable_names]
    )
    return scope.add(UNKNOWN_FUNCTION, node, f"there is no function `{node.name}`", advice)


def _library(
    node: Call,
    function: Function,
    arguments: Sequence[Expression],
    given: Sequence[Type],
    names: Sequence[str],
    scope: TypeScope,
) -> Type:
    mismatch: tuple[Parameter, int] | None = None
    for signature in function.signatures:
        arranged = arrange(signature, len(arguments), names)
        if arranged is None:
            continue
        wrong = next((one for one in arranged if not _fits(one[0], given[one[1]])), None)
        if wrong is None:
            _constant(signature, arguments, scope)
            result = signature.result
            return result([given[at] for _, at in arranged]) if callable(result) else result
        mismatch = mismatch or wrong
    usage = f"it is called as `{function.usage}`"
    if mismatch is None:
        return scope.add(ARGUMENTS, node, _miscounted(function, len(arguments), names), usage)
    parameter, at = mismatch
    wanted = describe(parameter.type)
    message = f"`{parameter.name}` of `{function.name}` is {wanted}, and this is {describe(given[at])}"
    return scope.add(ARGUMENTS, arguments[at], message, usage)


def _constant(way: Signature, arguments: Sequence[Expression], scope: TypeScope) -> None:
    """Adds a conversion of a written text that can only fail, as `date("2026-02-30")`."""
    first = arguments[0] if len(arguments) == 1 else None
    form = None if callable(way.result) else _FORMS.get(way.result)
    if form is None or not isinstance(first, Literal) or not isinstance(first.value, str):
        return
    if isinstance(way.run(first.value), Failed):
        what = describe(way.result)  # type: ignore[arg-type]  # a result with a form is a type
        scope.add(LITERAL, first, f"`{first.value[:60]}` is not {what}", f"write {what} as {form}")


_FORMS: dict[Type, str] = {
    types.DATE: "`2026-01-31`",
    types.TIME: "`10:30:00`",
    types.DATE_TIME: "`2026-01-31T10:30:00`",
    types.DURATION: "`P90D` or `P1Y6M`",
}


def _fits(parameter: Parameter, given: Type) -> bool:
    return parameter.nullable if given == NULL else accepts(parameter.type, given)


def _miscounted(function: Function, count: int, names: Sequence[str]) -> str:
    known = {one.name for signature in function.signatures for one in signature.parameters}
    strange = next((name for name in names if name not in known), None)
    if strange is not None:
        return f"`{function.name}` has no argument `{strange}`"
    given = "1 argument" if count == 1 else f"{count} arguments"
    return f"`{function.name}` is not called with {given}"
