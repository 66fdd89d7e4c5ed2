"""Totals of some of the children before one in an order: `earlier[received > this.received - @"P1M"]`.

Linking (`program.children_in_order`) lowers windows to these functions, which authors do not write. Children
are given by the one before (`previous`), or as a list. A comparison with what gives the place holds up to a
child, or from a child on: that place is looked for by halving. Values of a child are read by their names.

The lowest of a stretch is found by links: each child knows the nearest one before that is as low or lower.
A link leads a step or a leap back, so that a stretch of n children takes steps in proportion to log n.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from policyengine.feel.functions.conditions import is_nothing
from policyengine.feel.types.signatures import function, signature, table
from policyengine.feel.types.types import ANY, COUNT, ListOf, Type
from policyengine.feel.values.comparison import compare
from policyengine.feel.values.values import Failed, unknown

_NO_PLACE = "not every child has a value that tells its place"
_NOT_COMPARED = "the values that tell the place cannot be compared with this one"


class _Before(NamedTuple):
    """The children before one: the first `number` of `group`."""

    group: Sequence[Mapping[str, Any]]
    number: int


def _before(children: Any) -> _Before:
    """The children before one, which are given by the last of them or as a list."""
    if children is None:
        return _Before((), 0)
    if isinstance(children, (list, tuple)):
        return _Before(children, len(children))
    return _Before(children.group, int(children["position"]))


def _place(children: object, by: object, op: object, bound: object) -> object:
    """How many children stand before the first one of which `by` compared with a bound holds.

    From that child on it holds for all. `op` is one of `< <= > >=`, with `not ` before it where the
    comparison holds up to a child, and the first one behind that is meant.
    """
    if (open_one := unknown((children, by, op, bound))) is not None:
        return open_one
    group, count = _before(children)
    if by is None or op is None or bound is None:
        return None
    if count and group[count - 1][str(by)] is None:  # what is nothing comes last, and compares with nothing
        return Failed(_NO_PLACE)
    sign = str(op).removeprefix("not ")

    def inside(child: Mapping[str, object]) -> bool:
        holds = compare(sign, child[str(by)], bound)
        if not isinstance(holds, bool):
            raise _OrderError
        return holds is (sign == op)

    try:
        return Decimal(bisect_left(group, True, hi=count, key=inside))
    except _OrderError:
        return Failed(_NOT_COMPARED)


class _OrderError(Exception):
    """A comparison has no answer, which ends the search."""


def _value_at(children: object, place: object, name: object, otherwise: object) -> object:
    """The value of a name at a child by how many stand before it; behind the last one `otherwise`."""
    if (open_one := unknown((children, place, name))) is not None:
        return open_one
    if not isinstance(place, Decimal) or name is None:
        return None
    group, count = _before(children)
    return group[int(place)][str(name)] if place < count else otherwise


def _links(children: object, name: object, value: object, of: object, best: object, before: object) -> object:
    """The links of a child with such a value of `of`: a step back, a leap back, and how many steps there are.

    A step leads to the nearest child before that is as good: how many stand before it, -1 for none. `name`
    are the links of those before, of which `before` are the last.
    """
    if (open_one := unknown((children, name, value, of, best))) is not None:
        return open_one
    if name is None or of is None or best is None:
        return None
    group, count = _before(children)
    found = _Chain(group, str(name), str(of))
    at = count - 1
    while at >= 0:
        there, links = group[at][str(of)], group[at][str(name)]
        if (open_one := unknown((there, links))) is not None:
            return open_one
        as_good = is_nothing(value) or compare(_AS_GOOD[str(best)], there, value) is True
        if as_good and not is_nothing(there):
            break
        at = int(links[0])
    return found.links_over(at)


_AS_GOOD = {"min": "<=", "max": ">="}


class _Chain:
    """Children with their links, `of` being what they are compared by."""

    def __init__(self, group: Sequence[Mapping[str, Any]], name: str, of: str) -> None:
        self._group = group
        self._name = name
        self._of = of

    def _links(self, at: int) -> Sequence[Decimal]:
        return self._group[at][self._name] if at >= 0 else _NOWHERE

    def links_over(self, step: int) -> Sequence[Decimal]:
        """The links of a child that steps to a place: a leap is two leaps of one length, else the step."""
        _, leap, depth = self._links(step)
        _, next_leap, middle = self._links(int(leap))
        far = self._links(int(next_leap))[2]
        leaps = step >= 0 and depth - middle == middle - far
        return (Decimal(step), next_leap if leaps else Decimal(step), depth + 1)

    def best(self, first: int, count: int) -> object:
        """The best value from a place on among the first `count` children; nothing where none has a value."""
        at = count - 1
        if at >= first and is_nothing(self._group[at][self._of]):
            at = int(self._links(at)[0])
        if at < first:
            return None
        while True:
            step, leap, _ = self._links(at)
            if step < first:
                return self._group[at][self._of]
            at = int(leap if leap >= first else step)


_NOWHERE = (Decimal(-1), Decimal(-1), Decimal(0))


def _best(
    children: object, first: object, until: object, name: object, of: object, before: object, like: object
) -> object:
    """The best value of `of` from a place up to another one; the child before has `before` and `like`."""
    if (open_one := unknown((children, first, until, name, of))) is not None:
        return open_one
    if not isinstance(first, Decimal) or not isinstance(until, Decimal) or name is None or of is None:
        return None
    group, count = _before(children)
    last = min(int(until), count)
    if last <= 0:
        return None
    there = unknown([group[last - 1][str(of)], group[last - 1][str(name)]])
    return _Chain(group, str(name), str(of)).best(int(first), last) if there is None else there


def _type_of_last(arguments: Sequence[Type]) -> Type:
    return arguments[-1] if arguments else ANY


FUNCTIONS = table(
    function(
        "place among",
        signature("children: any, by: text, op: text, bound: any", COUNT, _place),
        strict=False,
    ),
    function(
        "value at place",
        signature("children: any, place: number, name: text, otherwise: any", _type_of_last, _value_at),
        strict=False,
    ),
    function(
        "links back",
        signature(
            "children: any, name: text, value: any, of: text, best: text, before: any", ListOf(COUNT), _links
        ),
        strict=False,
    ),
    function(
        "best among",
        signature(
            "children: any, first: number, until: number, name: text, of: text, before: any, like: any",
            _type_of_last,
            _best,
        ),
        strict=False,
    ),
)
