"""The order of children: from their values to the place of each, and to the one before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cmp_to_key
from typing import NamedTuple

from policyengine.feel.values.comparison import order
from policyengine.feel.values.values import Failed, Failure, Unknown, unknown
from policyengine.policy.entity import Order

_NO_ORDER = "the values that tell the order cannot be compared"


class InOrder(NamedTuple):
    """Children as they stand in order: `sequence` are their places in the list.

    `numbers` and `before` tell, by the place in the list, the number of each and the place of the one before.
    """

    sequence: Sequence[int]
    numbers: Sequence[int]
    before: Sequence[int | None]


def in_order(declared: Order, values: Sequence[object], groups: Sequence[object]) -> InOrder | Unknown:
    """The order of children by their values, anew for each group; unknown where one of these is.

    What is nothing comes last, in the order of the list. One alone is the first, whatever is known of it.
    """
    count = len(values)
    open_one = unknown([*values, *groups])
    if open_one is not None and count > 1:
        return open_one
    sequence = [0] if count == 1 else _sorted(values, highest=declared.first == "highest")
    if sequence is None:
        return Unknown.of(Failure(_NO_ORDER))
    numbers, before = [0] * count, list[int | None]([None] * count)
    last: dict[object, int] = {}
    for place in sequence:
        group = groups[place] if groups and count > 1 else None
        if group in last:
            before[place] = last[group]
            numbers[place] = numbers[last[group]]
        numbers[place] += 1
        last[group] = place
    return InOrder(sequence, numbers, before)


def _sorted(values: Sequence[object], *, highest: bool) -> list[int] | None:
    """The places of values from the first to the last; None where two of them have no order."""
    there = [place for place, value in enumerate(values) if value is not None]
    nothing = [place for place, value in enumerate(values) if value is None]
    if {values[place].__class__ for place in there} in ({Decimal}, {date}):
        there.sort(key=values.__getitem__, reverse=highest)  # type: ignore[arg-type]
        return there + nothing
    wrong: list[Failed] = []

    def compared(one: int, other: int) -> int:
        found = order(values[one], values[other])
        if isinstance(found, Failed):
            wrong.append(found)
            return 0
        return found

    there.sort(key=cmp_to_key(compared), reverse=highest)
    return None if wrong else there + nothing


def number_of(place: int, found: InOrder | Unknown) -> object:
    """The `position` of a child."""
    return found if isinstance(found, Unknown) else Decimal(found.numbers[place])
