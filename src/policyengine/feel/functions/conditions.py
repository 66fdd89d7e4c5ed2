"""`not`, and beyond the standard what policies ask of conditions and values that may be unknown.

`FUNCTIONS` may stand in any expression. Policies are lowered to `LOWERED` too, which authors do not write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from policyengine.feel.syntax.tree import Expression, Name, Path
from policyengine.feel.types.signatures import function, signature, table, type_of_first
from policyengine.feel.types.types import ANY, BOOLEAN, ListOf, Type
from policyengine.feel.values.comparison import compare
from policyengine.feel.values.values import Failed, Missing, Unknown, is_never, unknown, unknown_within

AS_GIVEN = "/given"
"""The end of the name of what a record itself says under a fact for which something may stand in."""


def _not(condition: bool | Unknown | None) -> object:
    return (not condition) if isinstance(condition, bool) else condition


def is_defined(value: object, asked: str = "") -> object:
    """Whether there is a value: not where it is null, a day that has not come, has no answer, or is a fact
    that the record leaves out.

    `asked` is the name that is asked about. What rests on other facts is not known as long as one of those
    is missing.
    """
    if not isinstance(value, Unknown):
        return value is not None and not is_never(value)
    others = [each for each in value.causes if isinstance(each, Missing) and each.fact != asked]
    return value if others else False


def is_nothing(value: object) -> bool:
    """Whether it is known that there is no value."""
    return value is None or is_never(value)


def asked_name(argument: Expression) -> str:
    """The name that `is defined` asks about; "" for what is worked out."""
    return argument.name.removesuffix(AS_GIVEN) if isinstance(argument, (Name, Path)) else ""


def _at_least(wanted: Decimal, conditions: Sequence[object]) -> object:
    """Whether at least so many conditions hold; unknown where that depends on unknown ones."""
    open_ones = [each for each in conditions if isinstance(each, Unknown)]
    holding = sum(each is True for each in conditions)
    if holding >= wanted:
        return True
    return False if holding + len(open_ones) < wanted else unknown(open_ones)


def _agreed(rows: Sequence[object], values: Sequence[object], otherwise: Sequence[object]) -> object:
    """The value that all candidates share; else unknown, for the causes of the open rows and values."""
    candidates = [*values, *otherwise]
    first = candidates[0]
    if all(not isinstance(each, Unknown) for each in candidates) and all(
        compare("=", each, first) is True for each in candidates
    ):
        return first
    return unknown([*rows, *values]) or unknown(otherwise) or Failed("the rows that match disagree")


def _row_result(
    hit: str, title: str, rows: Sequence[object], values: Sequence[object], *default: object
) -> object:
    """What a table gives: the value of the row that matches, as far as what is known decides.

    `first` takes the first row that matches, `unique` the only one, `any` one of several that agree.
    """
    matching = [i for i, row in enumerate(rows) if row is True]
    open_ones = [i for i, row in enumerate(rows) if isinstance(row, Unknown)]
    if hit == "first" and matching:
        open_ones, matching = [i for i in open_ones if i < matching[0]], matching[:1]
    if hit == "unique" and (len(matching) > 1 or (matching and open_ones)):
        return unknown([rows[i] for i in open_ones]) if open_ones else _clash(title, matching)
    found = sorted([*open_ones, *matching])
    otherwise = () if matching else default
    if not found and not otherwise:
        return Failed(f"no row of {title} matches")
    agreed = _agreed([rows[i] for i in open_ones], [values[i] for i in found], otherwise)
    if isinstance(agreed, Failed) and not open_ones:
        return _clash(title, matching)
    return agreed


def _clash(title: str, matching: Sequence[int]) -> Failed:
    *others, last = [str(i + 1) for i in matching]
    return Failed(f"rows {', '.join(others)} and {last} of {title} match, and no rule says which one counts")


def _row_type(arguments: Sequence[Type]) -> Type:
    values = arguments[3] if len(arguments) > 3 else ANY
    return values.item if isinstance(values, ListOf) else ANY


def _once_known(values: object, then: object) -> object:
    """`then` if all values are known; else unknown, for the causes of the values alone."""
    open_one = unknown_within([values])
    return then if open_one is None else open_one


def first_known(values: Iterable[object]) -> object:
    """The first value that is known; else the first one, with what keeps that from being known."""
    found: Unknown | None = None
    for value in values:
        if not isinstance(value, Unknown):
            return value
        found = found or value
    return found


def given_or(given: object, otherwise: object) -> object:
    """What a record says, or else what stands in for it; either would settle it."""
    return otherwise if not isinstance(otherwise, Unknown) else unknown([given, otherwise])


def _given_or(given: object, otherwise: object) -> object:
    return given_or(given, otherwise) if isinstance(given, Unknown) else given


def _type_of_second(arguments: Sequence[Type]) -> Type:
    return arguments[1] if len(arguments) > 1 else ANY


FUNCTIONS = table(
    function("not", signature("negand: boolean or null", BOOLEAN, _not, total=True)),
    function(
        "is defined",
        signature("value: any", BOOLEAN, is_defined),
        strict=False,
    ),
    function(
        "is true",
        signature("value: any", BOOLEAN, lambda value: value is True, total=True),
        strict=False,
    ),
)
LOWERED = table(
    function("at least", signature("number: number, conditions: list", BOOLEAN, _at_least), strict=False),
    function(
        "first known",
        signature("values...: any", type_of_first, lambda *values: first_known(values)),
        strict=False,
    ),
    function(
        "is known",
        signature("value: any", BOOLEAN, lambda value: not isinstance(value, Unknown), total=True),
        strict=False,
    ),
    function("is nothing", signature("value: any", BOOLEAN, is_nothing, total=True)),
    function("no value of", signature("like: any", type_of_first, lambda like: None), strict=False),
    function("given or", signature("given: any, otherwise: any", type_of_first, _given_or), strict=False),
    function("once known", signature("values: any, then: any", _type_of_second, _once_known), strict=False),
    function(
        "told as",
        signature(
            "condition: boolean or null, words: text", BOOLEAN, lambda condition, words: condition, total=True
        ),
    ),
    function(
        "row result",
        signature("hit: text, title: text, rows: list, values: list, default?: any", _row_type, _row_result),
        strict=False,
    ),
)
