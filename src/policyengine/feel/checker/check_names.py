"""Names and properties that nothing has, and what was probably meant."""

from __future__ import annotations

from policyengine.diagnostics import did_you_mean
from policyengine.feel.checker.typescope import TypeScope
from policyengine.feel.expression_codes import UNKNOWN_NAME, UNKNOWN_PROPERTY
from policyengine.feel.syntax.tree import Name, Path
from policyengine.feel.types.properties import property_types
from policyengine.feel.types.relations import is_open
from policyengine.feel.types.types import ANY, Context, FunctionType, ListOf, Type, describe
from policyengine.text import literal_guesses


def unknown_name(node: Name, scope: TypeScope) -> Type:
    """The type of a name that is not in sight: a function's, or a mistake."""
    if node.name in scope.functions:
        function = scope.functions[node.name]
        if any(signature.parameters == () for signature in function.signatures):
            advice = f"write `{node.name}()`"
            return scope.add(UNKNOWN_NAME, node, f"`{node.name}` is a function and is called", advice)
        first = function.signatures[0]
        result = ANY if callable(first.result) else first.result
        return FunctionType(tuple(parameter.type for parameter in first.parameters), result)
    if node.name == "?":
        return scope.add(UNKNOWN_NAME, node, "`?` is the value under test, and nothing is tested here")
    return scope.add(UNKNOWN_NAME, node, f"`{node.name}` is not known here", _suggestion(node.name, scope))


def _suggestion(name: str, scope: TypeScope) -> str | None:
    if name[0] in "€¥" and len(name) > 1:
        return "write the number alone: a fact knows its currency"
    if (truth := literal_guesses.boolean(name)) is not None and len(name) > 1:
        return f"write `{truth}`"
    if literal_guesses.period(name) == name:
        return f'write `@"{name}"`'
    visible = dict(scope.visible())
    near = did_you_mean(name, (known for known in visible if "/" not in known and known != "?"))
    if near is not None:
        return near
    for owner, kind in visible.items():
        item = kind.item if isinstance(kind, ListOf) else kind
        if isinstance(item, Context) and name in item.fields:
            return f"it is a fact of `{owner}`: write `{owner}.{name}`"
    return None


def property_type(node: Path, target: Type, scope: TypeScope) -> Type:
    """The type of `target.name`; of a list, a list of what its items have."""
    if isinstance(target, ListOf):
        item = property_type(node, target.item, scope)
        return ANY if is_open(item) else ListOf(item)
    if is_open(target):
        return ANY
    if isinstance(target, Context):
        fields = target.fields
        if not fields and not target.name:
            return ANY
    else:
        fields = property_types(target)
    if node.name in fields:
        return fields[node.name]
    advice = did_you_mean(node.name, fields)
    if advice is None and fields and len(fields) <= 8:
        advice = "it has " + ", ".join(f"`{name}`" for name in fields)
    return scope.add(UNKNOWN_PROPERTY, node, f"{describe(target)} has no `{node.name}`", advice)
