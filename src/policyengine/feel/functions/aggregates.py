"""One value out of many: sums, extremes, averages, all and any (DMN 1.5, table 75).

Each takes a list, or its items one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from policyengine.feel.limits import NUMBERS
from policyengine.feel.types.signatures import (
    Function,
    Result,
    function,
    item_of_first,
    list_like_first,
    signature,
    table,
)
from policyengine.feel.types.types import BOOLEAN, NUMBER, Number, Type
from policyengine.feel.values.arithmetic import unsigned
from policyengine.feel.values.comparison import order
from policyengine.feel.values.values import Failed, unknown

Numbers = Sequence[Decimal | None]

_ORDERED_BY_PYTHON = frozenset({Decimal, str, date})
_EMPTY = Failed("an empty list has no such value")


def _both_ways(
    name: str, result: Result, run: Callable[..., object], of: str = "number", *, strict: bool = True
) -> Function:
    """A function that is called with a list or with its items."""
    kind = "list" if of == "any" else f"list of {of}"
    return function(
        name,
        signature(f"list: {kind}", result, run),
        signature(f"n...: {of}", result, lambda *items: run(items)),
        strict=strict,
    )


def _of_numbers(run: Callable[[list[Decimal]], object]) -> Callable[[Numbers], object]:
    def checked(numbers: Numbers) -> object:
        known = [number for number in numbers if number is not None]
        if len(known) < len(numbers):
            return Failed("one of the numbers is null")
        return run(known) if known else _EMPTY

    return checked


def total(numbers: Sequence[Decimal]) -> Decimal:
    """The sum, rounded to the digits that numbers have."""
    found = Decimal(0)
    for number in numbers:
        found = NUMBERS.add(found, number)
    return found


def _product(numbers: Sequence[Decimal]) -> Decimal:
    found = Decimal(1)
    for number in numbers:
        found = unsigned(NUMBERS.multiply(found, number))
    return found


def _mean(numbers: Sequence[Decimal]) -> Decimal:
    return NUMBERS.divide(total(numbers), Decimal(len(numbers)))


def _median(numbers: Sequence[Decimal]) -> Decimal:
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else _mean(ordered[middle - 1 : middle + 1])


def _stddev(numbers: Sequence[Decimal]) -> object:
    if len(numbers) < 2:
        return Failed("a standard deviation needs two numbers or more")
    mean = _mean(numbers)
    squares = [NUMBERS.power(NUMBERS.subtract(number, mean), Decimal(2)) for number in numbers]
    return NUMBERS.sqrt(NUMBERS.divide(total(squares), Decimal(len(numbers) - 1)))


def _mode(numbers: Numbers) -> object:
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return Failed("one of the numbers is null")
    counted = Counter(known)
    most = max(counted.values(), default=0)
    return sorted(number for number, times in counted.items() if times == most)


def _extreme(sign: int) -> Callable[[Sequence[object]], object]:
    def run(items: Sequence[object]) -> object:
        if not items:
            return _EMPTY
        if len(classes := {each.__class__ for each in items}) == 1 and classes <= _ORDERED_BY_PYTHON:
            return (max if sign > 0 else min)(items)  # type: ignore[type-var]  # each has an order
        best = items[0]
        for one in items:
            way = order(one, best)
            if isinstance(way, Failed):
                return way
            if way * sign > 0:
                best = one
        return best

    return run


def _all(items: Sequence[object]) -> object:
    return _decided(items, False)


def _any(items: Sequence[object]) -> object:
    return _decided(items, True)


def _decided(items: Sequence[object], decisive: bool) -> object:
    """`decisive` if an item has that value; unknown if an item is unknown; else the opposite."""
    if any(one is decisive for one in items):
        return decisive
    open_one = unknown(items)
    if open_one is not None:
        return open_one
    if any(not isinstance(one, bool) for one in items):
        return Failed("one of the values is neither true nor false")
    return not decisive


def _average(arguments: Sequence[Type]) -> Type:
    """The type of the items; the mean of counts is a plain number."""
    found = item_of_first(arguments)
    return NUMBER if isinstance(found, Number) and found.unit == "count" else found


FUNCTIONS = table(
    _both_ways("min", item_of_first, _extreme(-1), "any"),
    _both_ways("max", item_of_first, _extreme(1), "any"),
    _both_ways("sum", item_of_first, _of_numbers(total)),
    _both_ways("mean", _average, _of_numbers(_mean)),
    _both_ways("median", _average, _of_numbers(_median)),
    _both_ways("stddev", _average, _of_numbers(_stddev)),
    _both_ways("product", NUMBER, _of_numbers(_product)),
    _both_ways("mode", list_like_first, _mode),
    _both_ways("all", BOOLEAN, _all, "any", strict=False),
    _both_ways("any", BOOLEAN, _any, "any", strict=False),
)


def _of_something(run: Callable[..., object]) -> Callable[[Sequence[object]], object]:
    """In a policy what is nothing is left out."""

    def some(items: Sequence[object]) -> object:
        return run(_something(items))

    return some


def _something(items: Sequence[object]) -> Sequence[object]:
    return items if all(each is not None for each in items) else [each for each in items if each is not None]


def _total_of_something(numbers: Sequence[Decimal]) -> object:
    return _of_numbers(total)(numbers) if numbers else Decimal(0)


IN_POLICIES = table(
    _both_ways("sum", item_of_first, _of_something(_total_of_something)),
    _both_ways("min", item_of_first, _of_something(_extreme(-1)), "any"),
    _both_ways("max", item_of_first, _of_something(_extreme(1)), "any"),
    _both_ways("mean", _average, _of_something(_of_numbers(_mean))),
    _both_ways("median", _average, _of_something(_of_numbers(_median))),
)
"""What policies mean by these: items that are nothing are left out, and the sum of nothing is 0."""
