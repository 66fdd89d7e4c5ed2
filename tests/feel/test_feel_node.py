"""Nodes of the syntax tree are values: compared by what they say, never changed, copied whole."""

from __future__ import annotations

import copy
import pickle
from decimal import Decimal

import pytest

from policyengine.feel import parse
from policyengine.feel.syntax.tree import Binary, Literal, Name, Path
from policyengine.source import Source

HERE, THERE = (Source(name, "a + 1").span(0, 5) for name in ("here", "there"))


def test_the_place_does_not_count() -> None:
    assert Name("a", HERE) == Name("a", THERE)
    assert hash(Path(Name("a", HERE), "b", HERE)) == hash(Path(Name("a", THERE), "b", THERE))
    assert Name("a", HERE) != Name("b", HERE)
    assert Name("a", HERE) != Literal("a", HERE)
    assert Name("a", HERE) != "a"


def test_a_node_does_not_change() -> None:
    node = Name("a", HERE)
    with pytest.raises(AttributeError):
        node.name = "b"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del node.name
    with pytest.raises(AttributeError):
        node.other = 1  # type: ignore[attr-defined]


def test_a_node_has_all_its_fields() -> None:
    with pytest.raises(ValueError, match="shorter"):
        Name("a")  # type: ignore[call-arg]


def test_a_node_shows_what_it_says() -> None:
    node = Binary("+", Name("a", HERE), Literal(Decimal(1), HERE), HERE)
    assert repr(node) == "Binary(op='+', left=Name(name='a'), right=Literal(value=Decimal('1')))"
    match node:
        case Binary("+", Name(name), Literal(value)):
            assert (name, value) == ("a", Decimal(1))


def test_a_copy_is_the_same() -> None:
    tree = parse('some x in xs[a > 1] satisfies x.b in ("c", [1..2])').expression
    assert copy.deepcopy(tree) == tree
    assert pickle.loads(pickle.dumps(tree)) == tree
