"""The entry of a built-in function: how it is called, what it gives, and how arguments find its parameters.

A signature is written as text, `substring(string: text, start position: number, length?: number)`:
`?` marks what may be left out, `...` what may be repeated, `or null` what may be null, `|` alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.feel.types import types
from policyengine.feel.types.relations import MISMATCH, conform
from policyengine.feel.types.types import Type, describe
from policyengine.feel.values.values import Failed, Unknown, unknown


class Meter(Protocol):
    """Counts down the steps that an evaluation may still take."""

    steps: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function."""

    name: str
    type: Type
    optional: bool = False
    repeated: bool = False
    nullable: bool = False


Result: TypeAlias = Type | Callable[[Sequence[Type]], Type]


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function; `run` takes the arguments in the order of the parameters.

    One that is `metered` takes the meter of the evaluation first, for work that its arguments do not tell.
    One that is `total` never fails: its result is known where its arguments are, and none of them is null.
    """

    parameters: tuple[Parameter, ...]
    result: Result
    run: Callable[..., object]
    metered: bool = False
    total: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A function by its name.

    One that is `strict` is unknown as soon as an argument is, or an item of one. The others take what is
    unknown, as far as their parameters are of any type, and say what comes of it.
    """

    name: str
    signatures: tuple[Signature, ...]
    strict: bool = True

    @property
    def usage(self) -> str:
        """How it is called, in the words of FEEL."""
        return " or ".join(f"{self.name}({_usage(way)})" for way in self.signatures)

    def ways(self, names: Sequence[str]) -> Sequence[Signature]:
        """The signatures in the order of trial: first those with the parameters as the call names them.

        `before(point: ..., range: ...)` and `before(range: ..., point: ...)` are two signatures of one name.
        """
        if not names:
            return self.signatures
        as_named = [way for way in self.signatures if [each.name for each in way.parameters] == list(names)]
        return (*as_named, *(way for way in self.signatures if way not in as_named))


Library: TypeAlias = Mapping[str, Function]


def _usage(signature: Signature) -> str:
    def one(parameter: Parameter) -> str:
        dots = ", ..." if parameter.repeated else ""
        return f"[{parameter.name}]" if parameter.optional else parameter.name + dots

    return ", ".join(one(parameter) for parameter in signature.parameters)


_TYPES: dict[str, Type] = {
    "any": types.ANY,
    "number": types.NUMBER,
    "text": types.TEXT,
    "boolean": types.BOOLEAN,
    "date": types.DATE,
    "time": types.TIME,
    "date and time": types.DATE_TIME,
    "days duration": types.DAYS_DURATION,
    "months duration": types.MONTHS_DURATION,
    "duration": types.DURATION,
    "context": types.ANY_CONTEXT,
    "function": types.ANY_FUNCTION,
    "range": types.RangeOf(types.ANY),
    "list": types.ListOf(types.ANY),
}
_PARAMETER = re.compile(r"\s*([^:?]+?)(\?)?(\.\.\.)?: ([^,]+?)( or null)?\s*(?:,|$)")


def _type(text: str) -> Type:
    if text.startswith("list of "):
        return types.ListOf(_type(text.removeprefix("list of ")))
    options = tuple(_TYPES[option] for option in text.split("|"))
    return options[0] if len(options) == 1 else types.OneOf(options)


def signature(
    text: str,
    result: Result,
    run: Callable[..., object],
    *,
    metered: bool = False,
    total: bool = False,
) -> Signature:
    """A signature from its parameters as text."""
    return Signature(
        tuple(
            Parameter(name, _type(kind), bool(optional), bool(repeated), bool(nullable) or kind == "any")
            for name, optional, repeated, kind, nullable in _PARAMETER.findall(text)
        ),
        result,
        run,
        metered,
        total,
    )


def function(name: str, *signatures: Signature, strict: bool = True) -> Function:
    """A function of these signatures."""
    return Function(name, signatures, strict)


def table(*functions: Function) -> dict[str, Function]:
    """Functions by their names."""
    return {one.name: one for one in functions}


def arrange(signature: Signature, count: int, names: Sequence[str]) -> list[tuple[Parameter, int]] | None:
    """Which argument goes to which parameter; None where they do not fit in number or name.

    Positional arguments are numbered from 0; the named ones after them, in their order.
    """
    parameters = signature.parameters
    if names:
        by_name = {parameter.name: parameter for parameter in parameters}
        needed = {parameter.name for parameter in parameters if not parameter.optional}
        if len(set(names)) != len(names) or not needed <= set(names) <= set(by_name):
            return None
        order = sorted(range(len(names)), key=lambda at: parameters.index(by_name[names[at]]))
        return [(by_name[names[at]], at) for at in order]
    if parameters and parameters[-1].repeated:
        if count < len(parameters):
            return None
        return [(parameters[min(at, len(parameters) - 1)], at) for at in range(count)]
    least = sum(not parameter.optional for parameter in parameters)
    if not least <= count <= len(parameters):
        return None
    return [(parameters[at], at) for at in range(count)]


def bind(
    function: Function, arguments: Sequence[object], names: Sequence[str], meter: Meter
) -> Callable[[], object] | Failed:
    """The call of a function with values: the first signature that takes them."""
    failed: Failed | None = None
    for way in function.ways(names):
        arranged = arrange(way, len(arguments), names)
        if arranged is None:
            continue
        open_ones = [
            arguments[at]
            for parameter, at in arranged
            if isinstance(arguments[at], Unknown) and parameter.type != types.ANY
        ]
        if open_ones:  # only what is taken as any value may be unknown
            return partial(unknown, open_ones)
        values = [_taken(parameter, arguments[at]) for parameter, at in arranged]
        wrong = next((at for at, value in enumerate(values) if value is MISMATCH), None)
        if wrong is None:
            complete = _complete(way, [parameter for parameter, _ in arranged], values)
            return partial(way.run, *((meter,) if way.metered else ()), *complete)
        parameter, at = arranged[wrong]
        given = "is null" if arguments[at] is None else f"is not {describe(parameter.type)}"
        failed = failed or Failed(f"`{parameter.name}` of `{function.name}` {given}")
    return failed or Failed(f"`{function.name}` is called as {function.usage}")


def _taken(parameter: Parameter, value: object) -> object:
    if value is None:
        return None if parameter.nullable else MISMATCH
    return conform(value, parameter.type)


def _complete(way: Signature, given: Sequence[Parameter], values: Sequence[object]) -> Sequence[object]:
    """The values by position, with None for a parameter left out before the last one given."""
    if not any(parameter.optional for parameter in way.parameters):
        return values
    named = {parameter.name: value for parameter, value in zip(given, values, strict=True)}
    last = max(at for at, one in enumerate(way.parameters) if one.name in named)
    return [named.get(one.name) for one in way.parameters[: last + 1]]


# Results


def type_of_first(arguments: Sequence[Type]) -> Type:
    """The type of the first argument."""
    return arguments[0] if arguments else types.ANY


def item_of_first(arguments: Sequence[Type]) -> Type:
    """The type of the items of the first argument, or of that itself if it is no list."""
    first = type_of_first(arguments)
    return first.item if isinstance(first, types.ListOf) else first


def list_like_first(arguments: Sequence[Type]) -> Type:
    """A list like the first argument."""
    return types.ListOf(item_of_first(arguments))


def list_like_all(arguments: Sequence[Type]) -> Type:
    """A list like the arguments if they all have one type, else a list of anything."""
    kinds = {argument.item if isinstance(argument, types.ListOf) else argument for argument in arguments}
    return types.ListOf(kinds.pop() if len(kinds) == 1 else types.ANY)
