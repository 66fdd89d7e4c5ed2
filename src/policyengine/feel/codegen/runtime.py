"""What generated code calls: whatever is not done by an operator of Python.

Each gives exactly what the reference evaluator gives, by the same functions of `values` and `evaluate`. `g`
is the evaluation: it counts the steps, and tells whether what has no answer is null (plain FEEL) or unknown.
"""

from __future__ import annotations

import datetime
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, DecimalException
from typing import Any, Final, TypeAlias

from policyengine.feel import limits
from policyengine.feel.evaluation.environment import Env, Shared, agreed, decide
from policyengine.feel.evaluation.invocation import apply, closure, run_built_in
from policyengine.feel.evaluation.iteration import filter_items, items_of, steps_between
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

Body: TypeAlias = Callable[..., object]
Domains: TypeAlias = Sequence[tuple[Callable[..., Any], Span]]
Test: TypeAlias = Callable[[object], object]
_TOO_LARGE: Final = "the result is not a number, or too large"


class Exhausted(Exception):  # noqa: N818  # no error: the reference evaluator takes over
    """More steps than the generated code allows itself."""


GIVEN_UP: Final = (Exhausted, DecimalException, OverflowError, RecursionError)
"""What generated code raises where a limit is reached; the reference evaluator then answers."""


def spend(g: Shared, steps: int) -> None:
    """Takes steps; there is no way on without them."""
    g.steps -= steps
    if g.steps < 0:
        raise Exhausted


def outcome(g: Shared, value: object, place: Span) -> object:
    """A result as it is, or what a failure shows as."""
    return g.fail(value.sentence, place) if value.__class__ is Failed else value


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
    if isinstance(found, Invocable):
        return found
    known = g.functions.get(node.name)
    return Failed(f"there is no function `{node.name}`") if known is None else _closed(g, known, node)


def _closed(g: Shared, known: Function, node: Name) -> Invocable:
    return closure(known, Env(_NOTHING, None, g), node)


_NOTHING: Mapping[str, object] = {}


def call(g: Shared, called: object, arguments: Sequence[object], names: Sequence[str], place: Span) -> object:
    """The result of a call."""
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


def plain(items: Any, cls: type | None = None) -> bool:
    """Whether it is a list of values of a class, or for none a list without anything unknown in it."""
    if items.__class__ not in LISTS:
        return False
    if cls is None:
        return OPEN.isdisjoint(map(type, items))
    return _ONLY[cls].issuperset(map(type, items))


LISTS: Final = frozenset({list, tuple})
OPEN: Final = frozenset({Unknown, list, tuple, Range})
"""The classes of values that are unknown, or that may hold what is."""


_ONLY: Final = {
    cls: frozenset({cls}) for cls in (Decimal, str, bool, datetime.date, datetime.timedelta, Months)
}


def joined(g: Shared, lists: Any) -> object:
    """The instances in lists of instances."""
    found: list[object] = []
    if lists.__class__ is Unknown:
        return lists
    g.charge((lists,))
    for rows in lists:
        if rows.__class__ is Unknown:
            return unknown(lists)
        found += rows
    if len(lists) + len(found) > limits.ITEMS:
        raise Exhausted
    return found


def date_of(year: Any, month: Any, day: Any) -> object:
    """The date of whole numbers; `NO_ANSWER` where the function itself has to say."""
    try:
        if year.same_quantum(_ONE) and month.same_quantum(_ONE) and day.same_quantum(_ONE):
            return datetime.date(int(year), int(month), int(day))
    except (AttributeError, ValueError, OverflowError):
        pass
    return NO_ANSWER


def matched(first: bool, rows: Any, values: Any, last: object) -> object:
    """What a table gives: the value of the first or the only row that matches, `last` where none does.

    `NO_ANSWER` where the function itself has to say: rows are unknown, or disagree.
    """
    found: object = NO_ANSWER
    for row, value in zip(rows, values, strict=True):
        if row is True:
            if found is not NO_ANSWER:
                return NO_ANSWER
            found = value
            if first:
                break
        elif row is not False:
            return NO_ANSWER
    found = last if found is NO_ANSWER else found
    return NO_ANSWER if found.__class__ in _PARTS else found


_ONE: Final = Decimal(1)
NO_ANSWER: Final = object()
_PARTS: Final = frozenset({list, tuple, dict, Range})
"""The classes of values that may not be the same as themselves: they may hold what is unknown."""


def made(g: Shared, literal: FunctionLiteral, run: Callable[[object, Env], object]) -> Invocable:
    """A function out of generated code."""
    return closure(literal, Env(_NOTHING, None, g), literal, run)


# Operators


def arithmetic(g: Shared, op: str, left: object, right: object, place: Span) -> object:
    """`left op right`."""
    quick = _QUICK.get((op, left.__class__, right.__class__))
    if quick is not None:
        found = quick(left, right)
        if found is not None:
            return found
    if left.__class__ is Unknown:
        return unknown((left, right)) if right.__class__ is Unknown else left
    if right.__class__ is Unknown:
        return right
    return outcome(g, operators.arithmetic(op, left, right), place)


def _times(length: Months, factor: Decimal) -> Months | None:
    """So many times a number of months; None where that is no whole number, or very large."""
    whole = int(factor) if abs(factor) < _FEW else _FEW
    return Months(length.months * whole) if whole == factor and abs(length.months) < _FEW else None


_FEW: Final = 10_000
_QUICK: Final[Mapping[tuple[str, type, type], Callable[[Any, Any], object]]] = {
    ("+", datetime.date, datetime.timedelta): lambda date, length: date + length,
    ("+", datetime.date, Months): lambda date, length: add_months(date, length.months),
    ("-", datetime.date, Months): lambda date, length: add_months(date, -length.months),
    ("-", datetime.date, datetime.date): lambda date, other: date - other,
    ("*", Months, Decimal): _times,
    ("*", Decimal, Months): lambda factor, length: _times(length, factor),
    ("/", Months, Months): lambda left, right: Decimal(left.months) / right.months if right.months else None,
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


def listed(g: Shared, items: Any) -> bool:
    """Whether a list of instances is known; going through it takes steps."""
    if items.__class__ is Unknown:
        return False
    g.charge((items,))
    return True


# Loops


def items(domain: object) -> object:
    """What is gone through of a value, as a list, unless it is unknown or cannot be gone through."""
    found = items_of(domain)
    return list(found) if found.__class__ is map else found


def steps(start: object, end: object) -> object:
    """What `start..end` goes through, in the same way."""
    found = steps_between(start, end)
    return list(found) if found.__class__ is map else found


def bindings(g: Shared, domains: Domains, given: tuple[Any, ...]) -> Iterator[Any]:
    """Every combination of items, as a tuple; what is no tuple is the answer instead."""
    if len(given) == len(domains):
        yield given
        return
    domain, place = domains[len(given)]
    items = domain(*given)
    if isinstance(items, (Unknown, Failed)):
        yield outcome(g, items, place)
        return
    for item in items:
        yield from bindings(g, domains, (*given, item))


def each(g: Shared, domains: Domains, body: Body, partial: bool) -> object:
    """`for`."""
    results: list[object] = []
    for given in bindings(g, domains, ()):
        if given.__class__ is not tuple:
            return given
        if partial:
            g.charge((results,))
            results.append(body(*given, list(results)))
        else:
            results.append(body(*given))
    return results


def quantified(g: Shared, domains: Domains, body: Body, decisive: bool, place: Span) -> object:
    """`some`, which true decides, and `every`, which false does."""
    found = bindings(g, domains, ())
    results = (body(*given) if given.__class__ is tuple else given for given in found)
    return decide(results, decisive, g, place)


def filtered(g: Shared, target: object, condition: Test, place: Span) -> object:
    """`target[condition]`."""
    if target.__class__ in LISTS and target:
        found = []
        open_ones = []
        for item in target:
            result = condition(item)
            if result is True:
                found.append(item)
            elif result.__class__ is Unknown:
                open_ones.append(result)
            elif result is not False:
                break
        else:
            return unknown(open_ones) or found
    return target if isinstance(target, Unknown) else filter_items(target, condition, g, place)


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
            quantified, filtered, unknown, joined, date_of, matched,
        )
    },
    "each": each,
}  # fmt: skip
"""The names that generated code sees beside its own constants and functions."""
