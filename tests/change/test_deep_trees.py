"""Trees of any depth: what they say, and names changed in them."""

from __future__ import annotations

import sys

from policyengine.change.joint_graph import renamed
from policyengine.change.slices import flat
from policyengine.feel.syntax.tree import Expression, If, Literal, Name
from policyengine.source import Source


def _chain(length: int, last: object) -> Expression:
    """`if a then 1 else if a then 1 ... else last`."""
    at = Source("x", "x").span(0, 1)
    found: Expression = Literal(last, at)
    for _ in range(length):
        found = If(Name("a", at), Literal(1, at), found, at)
    return found


_DEEP = 2 * sys.getrecursionlimit()


def test_deep_trees_say_the_same_where_they_are_equal() -> None:
    assert flat(_chain(_DEEP, 1)) == flat(_chain(_DEEP, 1))
    assert flat(_chain(_DEEP, 1)) != flat(_chain(_DEEP, True))
    assert flat(_chain(_DEEP, 1)) != flat(_chain(_DEEP - 1, 1))


def test_a_name_changes_in_a_deep_tree() -> None:
    said = flat(renamed(_chain(_DEEP, 1), {"a": "b"}))
    assert said.count((str, "b")) == _DEEP
    assert (str, "a") not in said
