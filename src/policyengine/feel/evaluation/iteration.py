"""Going through lists and ranges: the bindings of `for`, `some`, `every`, and filters."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from policyengine.feel import limits
from policyengine.feel.evaluation.environment import Env, Shared
from policyengine.feel.syntax.tree import Expression, Filter, Literal, Negate
from policyengine.feel.syntax.tree import Iterator as IteratorNode
from policyengine.feel.values.calendar import from_ordinal, ordinal
from policyengine.feel.values.values import Failed, FarDate, Range, Unknown, unknown
from policyengine.source import Span

Run: TypeAlias = Callable[[Expression, Env], object]


def bindings(iterators: Sequence[IteratorNode], env: Env, run: Run) -> Iterator[object]:
    """The surroundings of every combination of items, the last iterator fastest.

    Where a domain has no items to go through, what comes instead of an `Env` is the answer.
    """
    if not iterators:
        yield env
        return
    first, rest = iterators[0], iterators[1:]
    items = _domain(first, env, run)
    if isinstance(items, (Unknown, Failed)):
        yield env.shared.outcome(items, first.span)
        return
    for item in items:
        yield from bindings(rest, env.inside({first.name: item}), run)


def _domain(iterator: IteratorNode, env: Env, run: Run) -> Iterable[object] | Unknown | Failed:
    domain = run(iterator.domain, env)
    if iterator.domain_end is not None:
        upwards = env.shared.policy and not is_written(iterator)
        return steps_between(domain, run(iterator.domain_end, env), upwards)
    return items_of(domain)


def is_written(iterator: IteratorNode) -> bool:
    """Whether both ends of a range are numbers or dates as they are written, so that backwards is meant."""
    ends = (iterator.domain, iterator.domain_end)
    return all(isinstance(each.operand if isinstance(each, Negate) else each, Literal) for each in ends)


def steps_between(start: object, end: object, upwards: bool = False) -> Iterable[object] | Unknown | Failed:
    """What `start..end` goes through; `upwards`: nothing where the end lies before the start."""
    return unknown((start, end)) or _steps(start, end, upwards)


def items_of(domain: object) -> Iterable[object] | Unknown | Failed:
    """What can be gone through of a value: the items of a list, a range, or the value alone."""
    if isinstance(domain, Range):
        return unknown((domain.low, domain.high)) or _items(domain)
    if domain is None:
        return Failed("there is no list to go through: it is null")
    return domain if isinstance(domain, (list, tuple, Unknown)) else [domain]


def _items(range_: Range) -> Iterable[object] | Failed:
    """What lies in a range of whole numbers or dates, upwards."""
    low, high = _point(range_.low), _point(range_.high)
    if low is None or high is None or type(range_.low) is not type(range_.high):
        return Failed("only ranges of whole numbers or of dates can be gone through")
    if low > high:
        return Failed("the range ends before it starts")
    low, high = low + (not range_.low_closed), high - (not range_.high_closed)
    return _counted(low, high, range_.low)


def _steps(start: object, end: object, upwards: bool) -> Iterable[object] | Failed:
    """From a start to an end, both included, upwards or downwards."""
    low, high = _point(start), _point(end)
    if low is None or high is None or isinstance(start, Decimal) is not isinstance(end, Decimal):
        return Failed("only whole numbers and dates can be counted from one to the other")
    if upwards and low > high:
        return []
    return _counted(low, high, start)


def _point(value: object) -> int | None:
    if isinstance(value, Decimal):
        return int(value) if abs(value) < limits.YEAR**2 and value == int(value) else None
    return ordinal(value) if isinstance(value, (datetime.date, FarDate)) else None


def _counted(low: int, high: int, like: object) -> Iterable[object] | Failed:
    if abs(high - low) >= limits.ITEMS:
        return Failed(f"the range has more than {limits.ITEMS} items")
    counted = range(low, high + 1) if low <= high else range(low, high - 1, -1)
    if isinstance(like, Decimal):
        return map(Decimal, counted)
    return [date for date in map(from_ordinal, counted) if date is not None]


def filtered(target: object, node: Filter, env: Env, run: Run) -> object:
    """`target[condition]`: the item at an index, or the items for which the condition holds."""
    return filter_items(
        target, lambda item: run(node.condition, item_scope(item, env)), env.shared, node.span
    )


def filter_items(
    target: object, condition: Callable[[object], object], shared: Shared, place: Span
) -> object:
    """The items for which the condition holds; where it gives a number, the item at that position."""
    if target is None:
        return shared.fail("there is no list to filter: it is null", place)
    items: Sequence[object] = target if isinstance(target, (list, tuple)) else [target]
    found: list[object] = []
    open_ones: list[object] = []
    for item in items:
        result = condition(item)
        if isinstance(result, Decimal):
            return shared.outcome(_at(items, result), place)
        if result is True:
            found.append(item)
        elif isinstance(result, Unknown):
            open_ones.append(result)
        elif result is not False:
            open_ones.append(shared.fail("the condition is neither true nor false", place))
        if shared.steps < 0:
            return shared.exhausted(place)
    if not items and isinstance(condition(None), Decimal):
        return shared.fail("the list is empty", place)
    return unknown(open_ones) or found


def item_scope(item: object, env: Env) -> Env:
    """The surroundings in which a filter looks at an item."""
    around = env.inside({"item": item})
    return around.inside(item) if isinstance(item, Mapping) else around


def _at(items: Sequence[object], position: Decimal) -> object:
    if not 1 <= abs(position) <= len(items) or position != int(position):
        return Failed("the position lies outside the list")
    at = int(position)
    return items[at - 1 if at > 0 else at]
