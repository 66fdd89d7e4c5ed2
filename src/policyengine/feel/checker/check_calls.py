"""Calls: does the function exist, and do the arguments fit its parameters."""

from __future__ import annotations

from collections.abc import Sequence

from policyengine.diagnostics import did_you_mean, listed
from policyengine.feel.checker import foreign_calls
from policyengine.feel.checker.typescope import TypeScope, property_type
from policyengine.feel.expression_codes import ARGUMENTS, LITERAL, UNKNOWN_FUNCTION, WRONG_TYPE
from policyengine.feel.functions import BUILTINS
from policyengine.feel.functions.ranges import FUNCTIONS as RANGES
from policyengine.feel.syntax.tree import Call, Comparison, Expression, FunctionLiteral, Literal, Name, Path
from policyengine.feel.types import types
from policyengine.feel.types.relations import accepts, is_open
from policyengine.feel.types.signatures import Function, Parameter, Signature, arrange
from policyengine.feel.types.types import ANY, DATE, NULL, Enum, FunctionType, ListOf, RangeOf, Type, describe
from policyengine.feel.values.values import Failed
from policyengine.text import literal_guesses


def check_call(node: Call, scope: TypeScope) -> Type:
    """The type of a call."""
    arguments = [*node.positional, *(entry.value for entry in node.named)]
    given = _types(node, arguments, scope)
    names = [entry.key for entry in node.named]
    if isinstance(node.function, Name):
        name = node.function.name
        kind = scope.find(name)
        if not isinstance(kind, FunctionType) and name in scope.functions:
            return _library(node, scope.functions[name], arguments, given, names, scope)
        if kind is None:
            return _unknown(node, node.function, arguments, given, scope)
    elif isinstance(node.function, Path):
        kind = property_type(node.function, scope.infer(node.function.target), scope, node)
    else:
        kind = scope.infer(node.function)
    if isinstance(kind, FunctionType):
        if len(kind.parameters) != len(arguments):
            message = f"the function takes {len(kind.parameters)} arguments, and {len(arguments)} are given"
            scope.add(ARGUMENTS, node, message)
        return kind.result
    if not is_open(kind) and describe(kind) != "a function":
        advice = f"write `{node.function.span.text}`" if not arguments else None
        return scope.add(UNKNOWN_FUNCTION, node, f"this is {describe(kind)}, not a function", advice)
    return ANY


def _types(node: Call, arguments: Sequence[Expression], scope: TypeScope) -> list[Type]:
    """The types of the arguments; a condition on the items of a list before it may name their facts."""
    given: list[Type] = []
    for argument in arguments:
        if isinstance(argument, FunctionLiteral) and given and isinstance(given[0], ListOf):
            given.append(scope.function(argument, given[0].item))
            continue
        listed = bool(given) and isinstance(given[0], ListOf) and isinstance(argument, Comparison)
        given.append((scope.anything() if listed else scope).infer(argument))
    return given


def _unknown(
    node: Call, name: Name, arguments: Sequence[Expression], given: Sequence[Type], scope: TypeScope
) -> Type:
    message = f"there is no function `{name.name}`"
    if name.name == "now" and scope.find("today") == DATE:
        return scope.add(
            UNKNOWN_FUNCTION, node, "no clock is read here", "write `today`, the day in question"
        )
    instead = foreign_calls.function_call(node, name.name, arguments, given)
    if instead is not None and (instead != "today" or scope.find("today") == DATE):
        return scope.add(UNKNOWN_FUNCTION, node, message, f"write `{instead}`")
    callable_names = [each for known in scope.known() for each in known.functions]
    written = [each for each in scope.functions if each in BUILTINS]
    advice = did_you_mean(name.name, [*written, *callable_names])
    return scope.add(UNKNOWN_FUNCTION, name, message, advice)


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
            if function.name in RANGES:
                _no_choices(node, function.name, given, scope)
            elif function.name in ("max", "min"):
                _extreme(node, arguments, given, scope)
            result = signature.result
            return result([given[at] for _, at in arranged]) if callable(result) else result
        mismatch = mismatch or wrong
    instead = foreign_calls.argument_of(function.name, arguments, given)
    usage = f"write `{instead}`" if instead else f"it is called as `{function.usage}`"
    if mismatch is None:
        message, advice = _miscounted(node, function, len(arguments), names)
        return scope.add(ARGUMENTS, node, message, advice if instead is None and advice else usage)
    parameter, at = mismatch
    wanted = describe(parameter.type)
    message = f"`{parameter.name}` of `{function.name}` is {wanted}, and this is {describe(given[at])}"
    return scope.add(ARGUMENTS, node if instead else arguments[at], message, usage)


def _extreme(node: Call, arguments: Sequence[Expression], given: Sequence[Type], scope: TypeScope) -> None:
    """Notes the highest or lowest of choices that ascend."""
    kinds = [kind.item if isinstance(kind, ListOf) else kind for kind in given]
    choices = next((kind for kind in kinds if isinstance(kind, Enum)), None)
    if choices is None:
        return
    for argument, kind in zip(arguments, kinds, strict=True):
        if not scope.ordered_choice(node, choices, argument):
            scope.ordered(argument, choices, kind)
    scope.orders[id(node)] = choices


def _no_choices(node: Call, name: str, given: Sequence[Type], scope: TypeScope) -> None:
    """Adds a function of points and ranges that is asked about choices, which are texts to it."""
    items = [kind.item if isinstance(kind, RangeOf) else kind for kind in given]
    if any(isinstance(item, Enum) for item in items):
        message = f"`{name}` knows no order of choices"
        scope.add(WRONG_TYPE, node, message, "compare them with `<`, `in` or `between`")


def _constant(way: Signature, arguments: Sequence[Expression], scope: TypeScope) -> None:
    """Adds a conversion of a written text that can only fail, as `date("2026-02-30")`."""
    first = arguments[0] if len(arguments) == 1 else None
    form = None if callable(way.result) else _FORMS.get(way.result)
    if form is None or not isinstance(first, Literal) or not isinstance(first.value, str):
        return
    if isinstance(way.run(first.value), Failed):
        what = describe(way.result)  # type: ignore[arg-type]  # a result with a form is a type
        guess = literal_guesses.moment(first.value, lambda text: not isinstance(way.run(text), Failed))
        advice = f'write `"{guess}"`' if guess else f"write {what} as {form}"
        scope.add(LITERAL, first, f"`{first.value[:60]}` is not {what}", advice)


_FORMS: dict[Type, str] = {
    types.DATE: "`2026-01-31`",
    types.TIME: "`10:30:00`",
    types.DATE_TIME: "`2026-01-31T10:30:00`",
    types.DURATION: "`P90D` or `P1Y6M`",
}


def _fits(parameter: Parameter, given: Type) -> bool:
    return parameter.nullable if given == NULL else accepts(parameter.type, given)


def _miscounted(node: Call, function: Function, count: int, names: Sequence[str]) -> tuple[str, str | None]:
    """The message for a wrong number of arguments, or wrong names, and the help where it is certain."""
    known = {one.name for signature in function.signatures for one in signature.parameters}
    strange = next((name for name in names if name not in known), None)
    only = function.signatures[0].parameters if len(function.signatures) == 1 else ()
    left_out = [each.name for each in only if not each.optional and each.name not in names]
    if strange is not None:
        message = f"`{function.name}` has no argument `{strange}`"
        entry = next(each for each in node.named if each.key == strange)
        return message, f"write `{left_out[0]}: {entry.value.span.text}`" if len(left_out) == 1 else None
    if not names:
        left_out = left_out[count:]
    if left_out and (names or count):
        more = "".join(f", {f'{each}: ' if names else ''}..." for each in left_out)
        help = f"write `{node.span.text.rstrip().removesuffix(')')}{more})`"
        return f"{listed(left_out)} of `{function.name}` is left out", help if names else None
    given = "1 argument" if count == 1 else f"{count} arguments"
    return f"`{function.name}` is not called with {given}", None
