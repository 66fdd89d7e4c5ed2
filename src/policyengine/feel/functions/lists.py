"""Lists: asking, adding, taking away, ordering (DMN 1.5, table 75). Positions count from 1."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cmp_to_key

from policyengine.feel import limits
from policyengine.feel.types.signatures import (
    function,
    item_of_first,
    list_like_all,
    list_like_first,
    signature,
    table,
    type_of_first,
)
from policyengine.feel.types.types import ANY, BOOLEAN, COUNT, ListOf
from policyengine.feel.values.comparison import equal, key
from policyengine.feel.values.values import Failed, Invocable, Unknown, unknown

Items = Sequence[object]

_OUTSIDE = Failed("the position lies outside the list")
_TOO_LONG = Failed(f"the list has more than {limits.ITEMS} items")


def _contains(items: Items, element: object) -> object:
    open_ones: list[Unknown] = []
    for one in items:
        found = equal(one, element)
        if found is True:
            return True
        if isinstance(found, Unknown):
            open_ones.append(found)
    return unknown(open_ones) or False


def index(position: Decimal, length: int) -> int | None:
    """The index from 0 of a position from 1, from the end if it is negative; None outside the list."""
    if not 1 <= abs(position) <= length:
        return None
    at = int(position)
    return at - 1 if at > 0 else length + at


def _index_of(items: Items, match: object) -> object:
    return [Decimal(at) for at, one in enumerate(items, 1) if equal(one, match) is True]


def _sublist(items: Items, start: Decimal, length: Decimal | None = None) -> object:
    first = index(start, len(items))
    if first is None:
        return _OUTSIDE
    if length is None:
        return list(items[first:])
    if length < 0 or first + length > len(items):
        return _OUTSIDE
    return list(items[first : first + int(length)])


def _spliced(items: Items, position: Decimal, width: int, *new: object) -> object:
    """The list with `new` in place of `width` items at a position."""
    at = index(position, len(items))
    return _OUTSIDE if at is None else [*items[:at], *new, *items[at + width :]]


def _insert_before(items: Items, position: Decimal, new: object) -> object:
    return _spliced(items, position, 0, new)


def _remove(items: Items, position: Decimal) -> object:
    return _spliced(items, position, 1)


def _replace_at(items: Items, position: Decimal, new: object) -> object:
    return _spliced(items, position, 1, new)


def _replace_where(items: Items, match: Invocable, new: object) -> object:
    if match.arity != 2:
        return Failed("the function that says what to replace takes two parameters")
    found: list[object] = []
    for one in items:
        replaced = match.invoke(one, new)
        if not isinstance(replaced, bool):
            return replaced if isinstance(replaced, Unknown) else Failed("the function gives no yes or no")
        found.append(new if replaced else one)
    return found


def _concatenate(*lists: Items) -> object:
    if sum(map(len, lists)) > limits.ITEMS:
        return _TOO_LONG
    return [one for items in lists for one in items]


def _distinct(*lists: Items) -> object:
    found: dict[object, object] = {}
    fuel = [limits.ITEMS]
    for items in lists:
        for one in items:
            named = key(one, fuel)
            if isinstance(named, Failed):
                return named
            found.setdefault(named, one)
    return list(found.values())


def _flatten(items: Items) -> object:
    found: list[object] = []
    pending = [iter(items)]
    steps = 0
    while pending:
        steps += 1
        if steps > 2 * limits.ITEMS:
            return _TOO_LONG
        one = next(pending[-1], _END)
        if one is _END:
            pending.pop()
        elif isinstance(one, (list, tuple)):
            pending.append(iter(one))
        else:
            found.append(one)
    return found


_END = object()


class _GivesUp(Exception):  # noqa: N818  # leaves `sorted` where the comparison has no answer
    pass


def _sort(items: Items, precedes: Invocable) -> object:
    if precedes.arity not in (2, None):
        return Failed("the function that orders a list takes two parameters")

    def way(left: object, right: object) -> int:
        for first, second, result in ((left, right, -1), (right, left, 1)):
            found = precedes.invoke(first, second)
            if isinstance(found, Unknown):
                raise _GivesUp(found)
            if found is True:
                return result
        return 0

    try:
        return sorted(items, key=cmp_to_key(way))
    except _GivesUp as gives_up:
        return gives_up.args[0]


_AT = "list: list, position: number"

FUNCTIONS = table(
    function(
        "list contains",
        signature("list: list, element: any", BOOLEAN, _contains, total=True),
        strict=False,
    ),
    function(
        "count",
        signature("list: list", COUNT, lambda items: Decimal(len(items)), total=True),
        strict=False,
    ),
    function(
        "last",
        signature("list: list", item_of_first, lambda items: items[-1] if items else None, total=True),
        strict=False,
    ),
    function("index of", signature("list: list, match: any", ListOf(COUNT), _index_of, total=True)),
    function(
        "sublist",
        signature("list: list, start position: number, length?: number", type_of_first, _sublist),
    ),
    function(
        "append",
        signature(
            "list: list, items...: any",
            list_like_all,
            lambda items, *more: [*items, *more],
            total=True,
        ),
        strict=False,
    ),
    function("concatenate", signature("lists...: list", list_like_all, _concatenate)),
    function("insert before", signature(f"{_AT}, newItem: any", list_like_first, _insert_before)),
    function("remove", signature(_AT, list_like_first, _remove)),
    function(
        "reverse",
        signature("list: list", list_like_first, lambda items: list(reversed(items)), total=True),
    ),
    function(
        "list replace",
        signature(f"{_AT}, newItem: any", list_like_first, _replace_at),
        signature("list: list, match: function, newItem: any", list_like_first, _replace_where),
    ),
    function("union", signature("lists...: list", list_like_all, _distinct)),
    function("distinct values", signature("list: list", list_like_first, _distinct)),
    function("flatten", signature("list: list", ListOf(ANY), _flatten)),
    function("sort", signature("list: list, precedes: function", list_like_first, _sort)),
)
