"""What generated code calls: whatever is not done by an operator of Python.

Each gives exactly what the reference evaluator gives, by the same functions of `values` and `evaluate`. `g`
is the evaluation: it counts the steps, and tells whether what has no answer is null (plain FEEL) or unknown.
"""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, DecimalException
from typing import Any, Final

from policyengine.feel.codegen.list_runtime import (
    GIVEN_UP,
    LISTS,
    NO_ANSWER,
    OPEN,
    OPEN_OR_FAR,
    Exhausted,
    Test,
    bindings,
    each,
    filtered,
    item_at,
    items,
    joined,
    listed,
    matched,
    outcome,
    plain,
    quantified,
    spend,
    steps,
)
from policyengine.feel.evaluation.environment import Env, Shared, agreed, decide
from policyengine.feel.evaluation.invocation import apply, closure, is_called, run_built_in
from policyengine.feel.functions.conditions import is_defined
from policyengine.feel.syntax.tree import FunctionLiteral, InstanceOf, Name, RangeLiteral
from policyengine.feel.syntax.typenames import resolved
from policyengine.feel.types.properties import property_of
from policyengine.feel.types.relations import is_instance
from policyengine.feel.types.signatures import Function
from policyengine.feel.values import arithmetic as operators
from policyengine.feel.values import comparison as comparisons
from policyengine.feel.values.calendar import add_months
from policyengine.feel.values.comparison import matches
from policyengine.feel.values.values import Failed, Invocable, Months, Range, Unknown, unknown
from policyengine.source import Span

_TOO_LARGE: Final = "the result is not a number, or too large"


# Names and functions


def look(g: Shared, scope: Mapping[str, object], node: Name) -> object:
    """The value of a name of the context; of a built-in function that."""
    if node.name in scope:
        return scope[node.name]
    found = g.functions.get(node.name)
    if found is None:
        return g.fail(f"there is no `{node.name}`", node.span)
    return closure(found, Env(scope, None, g), node)


def function(g: Shared, found: object, node: Name) -> object:
    """What a name calls: a fact may have the name of a function."""
    if isinstance(found, Invocable) and not is_called(found, node):
        return found
    return g.functions.get(node.name) or Failed(f"there is no function `{node.name}`")


def call(
    g: Shared, called: object, arguments: Sequence[object], names: Sequence[str], place: Span, asked: str = ""
) -> object:
    """The result of a call; `asked` is the name that the argument is, if it is one."""
    if isinstance(called, Function):
        if called.name == "is defined" and len(arguments) == 1:
            return is_defined(arguments[0], asked)
        return invoke(g, called, arguments, names, place)
    if not isinstance(called, Invocable):
        return outcome(g, called if isinstance(called, Failed) else _NO_FUNCTION, place)
    try:
        return apply(called, arguments, names)
    except DecimalException:
        return g.fail(_TOO_LARGE, place)


_NO_FUNCTION: Final = Failed("what is called is not a function")


def invoke(
    g: Shared, known: Function, arguments: Sequence[object], names: Sequence[str], place: Span
) -> object:
    """The result of a built-in function."""
    if known.strict:
        classes = {each.__class__ for each in arguments}
        if Unknown in classes and len(classes & OPEN) == 1:
            return unknown(arguments)
    try:
        return run_built_in(g, known, arguments, names, place)
    except DecimalException:
        return g.fail(_TOO_LARGE, place)


def ran(g: Shared, place: Span, run: Callable[..., object], *arguments: object) -> object:
    """The result of a built-in function for arguments that fit the signature of `run`."""
    try:
        found = run(*arguments)
    except DecimalException:
        return g.fail(_TOO_LARGE, place)
    return g.fail(found.sentence, place) if found.__class__ is Failed else found


def date_of(year: Any, month: Any, day: Any) -> object:
    """The date of whole numbers; `NO_ANSWER` where the function itself has to say."""
    for number in (year, month, day):
        if number.__class__ is not int and not (number.__class__ is Decimal and number.same_quantum(_ONE)):
            return NO_ANSWER
    try:
        return datetime.date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        return NO_ANSWER


_ONE: Final = Decimal(1)


def made(g: Shared, literal: FunctionLiteral, run: Callable[[object, Env], object]) -> Invocable:
    """A function out of generated code."""
    return closure(literal, Env({}, None, g), literal, run)


# Operators


def arithmetic(g: Shared, op: str, left: object, right: object, place: Span) -> object:
    """`left op right`."""
    if left.__class__ is Unknown:
        return unknown((left, right)) if right.__class__ is Unknown else left
    if right.__class__ is Unknown:
        return right
    quick = _QUICK.get((op, left.__class__, right.__class__))
    if quick is not None:
        found = quick(left, right)
        if found is not None:
            return found
    return outcome(g, operators.arithmetic(op, left, right), place)


def _times(length: Months, factor: Decimal) -> Months | None:
    """So many times a number of months; None where that is no whole number, or very large."""
    whole = int(factor) if factor.same_quantum(_ONE) else _FEW
    return Months(length.months * whole) if -_FEW < whole < _FEW and -_FEW < length.months < _FEW else None


def _times_days(length: datetime.timedelta, factor: Decimal) -> datetime.timedelta | None:
    """So many times a duration; None where that is no whole number, or very large."""
    whole = int(factor) if factor.same_quantum(_ONE) else _FEW
    return length * whole if -_FEW < whole < _FEW and -_FEW < length.days < _FEW else None


_FEW: Final = 10_000
_QUICK: Final[Mapping[tuple[str, type, type], Callable[[Any, Any], object]]] = {
    ("+", datetime.date, datetime.timedelta): lambda date, length: date + length,
    ("+", datetime.date, Months): lambda date, length: add_months(date, length.months),
    ("-", datetime.date, Months): lambda date, length: add_months(date, -length.months),
    ("-", datetime.date, datetime.date): lambda date, other: date - other,
    ("*", Months, Decimal): _times,
    ("*", Decimal, Months): lambda factor, length: _times(length, factor),
    ("*", datetime.timedelta, Decimal): _times_days,
    ("*", Decimal, datetime.timedelta): lambda factor, length: _times_days(length, factor),
    ("/", Months, Months): lambda left, right: (
        operators.unsigned(Decimal(left.months) / right.months) if right.months else None
    ),
}
"""What is not arithmetic on numbers, where Python does as FEEL does; None is left to the reference."""


def negate(g: Shared, value: object, place: Span) -> object:
    """`-value`."""
    return value if isinstance(value, Unknown) else outcome(g, operators.negate(value), place)


def compare(g: Shared, op: str, left: object, right: object, place: Span) -> object:
    """`left op right`."""
    if left.__class__ is Unknown:
        return unknown((left, right)) if right.__class__ is Unknown else left
    if right.__class__ is Unknown:
        return right
    if left.__class__ is right.__class__ and left.__class__ in _ORDERED:
        return _COMPARISONS[op](left, right)
    g.charge((left, right))
    return outcome(g, comparisons.compare(op, left, right), place)


_ORDERED: Final = frozenset({Decimal, datetime.date, datetime.timedelta, Months})
"""The classes whose values Python compares as FEEL does."""
_EQUAL: Final = _ORDERED | {str, bool}
"""The classes whose values are the same for Python where they are for FEEL."""
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def between(g: Shared, value: object, low: object, high: object, place: Span) -> object:
    """`value between low and high`."""
    above, below = comparisons.compare(">=", value, low), comparisons.compare("<=", value, high)
    return outcome(g, comparisons.both(above, below), place)


def opened(g: Shared, cases: Iterable[tuple[object, Span, object]], last: object) -> object:
    """A chain of `if` with conditions that are neither true nor false."""
    open_ones: list[object] = []
    branches: list[object] = []
    for condition, place, branch in cases:
        if condition is True:
            last = branch
            break
        if condition is not False:
            if not isinstance(condition, Unknown):
                condition = g.fail("the condition is neither true nor false", place)
            open_ones.append(condition)
            branches.append(branch)
    branches.append(last)
    if last.__class__ in _EQUAL and len({each.__class__ for each in branches}) == 1:
        return last if branches.count(last) == len(branches) else unknown(open_ones)
    return agreed(branches, open_ones)


def tested(g: Shared, value: object, tests: Iterable[Test], place: Span) -> object:
    """Whether one of several tests holds of a value."""
    return decide((test(value) for test in tests), True, g, place)


def test(g: Shared, value: object, found: object, mentions: bool, is_range: bool) -> object:
    """Whether a value passes what a test came to."""
    plain_value = isinstance(value, (bool, Unknown))
    if isinstance(found, bool) and (not plain_value or mentions):
        return found
    if (found is None and (is_range or mentions)) or (isinstance(found, Unknown) and mentions):
        return found
    g.charge((found,))
    return matches(value, found)


def ranged(g: Shared, low: object, high: object, node: RangeLiteral) -> object:
    """A range of these ends."""
    if (node.low is not None and low is None) or (node.high is not None and high is None):
        return g.fail("an end of the range is null", node.span)
    if node.low is not None and node.high is not None and unknown((low, high)) is None:
        way = comparisons.order(low, high)
        if isinstance(way, Failed) and node.low is not node.high:
            return outcome(g, way, node.span)
    return Range(low, high, node.low_closed, node.high_closed)


def instance(g: Shared, value: object, node: InstanceOf) -> object:
    """`value instance of type`."""
    if isinstance(value, Unknown):
        return value
    wanted = resolved(node.type, g.types)
    if wanted is None:
        return g.fail("there is no such type", node.span)
    return value is not None and is_instance(value, wanted)


# Parts of values


def part(g: Shared, target: object, name: str, place: Span) -> object:
    """`target.name`."""
    cls = target.__class__
    if cls is Unknown:
        return target
    if cls in _SINGLE:
        return outcome(g, property_of(target, name), place)
    if isinstance(target, Mapping):
        return target[name] if name in target else g.fail(f"there is no `{name}`", place)
    if isinstance(target, (list, tuple)):
        g.charge((target,))
        return [part(g, item, name, place) for item in target]
    return outcome(g, property_of(target, name), place)


def field(item: object, name: str, outer: object) -> object:
    """A name within a filter: a field of the item, or what the name is around it."""
    if item.__class__ in _SINGLE:
        return outer
    return item[name] if isinstance(item, Mapping) and name in item else outer


_SINGLE: Final = frozenset({Decimal, str, bool, datetime.date, datetime.timedelta, Months, Range})


NAMES: Final[dict[str, object]] = {
    "D": Decimal,
    "S": str,
    "B": bool,
    "DT": datetime.date,
    "TD": datetime.timedelta,
    "MO": Months,
    "R": Range,
    "SINGLE": _SINGLE,
    "Exhausted": Exhausted,
    "L": list,
    "U": Unknown,
    "M": NO_ANSWER,
    "ZERO": Decimal(0),
    "sum": sum,
    "min": min,
    "max": max,
    "LISTS": LISTS,
    "OPEN": OPEN,
    "OPEN_OR_FAR": OPEN_OR_FAR,
    "len": len,
    "dict": dict,
    "settle": decide,
    "GIVEN_UP": GIVEN_UP,
    "months_on": add_months,
    **{
        each.__name__: each
        for each in (
            spend, outcome, look, function, call, invoke, ran, plain, made, arithmetic, negate, compare,
            between, opened, tested, test, ranged, instance, part, field, listed, items, steps, bindings,
            quantified, filtered, unknown, item_at, joined, date_of, matched,
        )
    },
    "each": each,
}  # fmt: skip
"""The names that generated code sees beside its own constants and functions."""
