"""What generated code calls for lists, loops and tables; and how it gives up.

As in `runtime`, each gives exactly what the reference evaluator gives.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal, DecimalException
from typing import Any, Final, TypeAlias

from policyengine.feel import limits
from policyengine.feel.evaluation.environment import Shared, decide
from policyengine.feel.evaluation.iteration import filter_items, items_of, steps_between
from policyengine.feel.values.values import Failed, FarDate, Months, Range, Unknown, unknown
from policyengine.source import Span

Body: TypeAlias = Callable[..., object]
Domains: TypeAlias = Sequence[tuple[Callable[..., Any], Span]]
Test: TypeAlias = Callable[[object], object]


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


# Lists


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
OPEN_OR_FAR: Final = frozenset({Unknown, FarDate})
"""The classes of values that may be no value: those that are unknown, and days that may never come."""
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


def listed(g: Shared, items: Any) -> bool:
    """Whether a list of instances is known; going through it takes steps."""
    if items.__class__ is Unknown:
        return False
    g.steps -= 5 + len(items) // 4
    return True


# Tables

NO_ANSWER: Final = object()
"""What generated code takes for no answer: a slower way has to say."""
_PARTS: Final = frozenset({list, tuple, dict, Range})
"""The classes of values that may not be the same as themselves: they may hold what is unknown."""


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


# Loops


def items(domain: object) -> object:
    """What is gone through of a value, as a list, unless it is unknown or cannot be gone through."""
    found = items_of(domain)
    return list(found) if found.__class__ is map else found


def steps(start: object, end: object, upwards: bool = False) -> object:
    """What `start..end` goes through, in the same way."""
    found = steps_between(start, end, upwards)
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


def item_at(g: Shared, target: Any, position: Decimal, place: Span) -> object:
    """`target[position]`."""
    if target.__class__ in LISTS and 1 <= position <= len(target) and position == int(position):
        return target[int(position) - 1]
    return target if target.__class__ is Unknown else filter_items(target, lambda item: position, g, place)


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
