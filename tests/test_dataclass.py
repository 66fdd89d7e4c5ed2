"""Our `dataclass` does what the one of the standard library does."""

from __future__ import annotations

import ast
import copy
import dataclasses
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field, fields, replace
from pathlib import Path
from typing import Any

import pytest

from policyengine.dataclass import dataclass

SOURCES = Path(__file__).parents[1] / "src" / "policyengine"


@dataclass(frozen=True, slots=True)
class Point:
    """With a default, one that is made, and one that is not compared."""

    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list, hash=False)
    remark: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Point):
    """Inherits, with a field that has to be named."""

    name: str


@dataclass(slots=True)
class Counter:
    """Changes."""

    count: int = 0


@dataclass(frozen=True)
class Own:
    """Keeps what its body defines."""

    x: int

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own)

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "own"


def _standard(cls: type, **options: bool) -> type[Any]:
    """The same class, made by the standard library."""
    space = {name: value for name, value in vars(cls).items() if name in ("__module__", "__qualname__")}
    parts = [(each.name, each.type, copy.copy(each)) for each in fields(cls)]
    return dataclasses.make_dataclass(cls.__name__, parts, frozen=True, namespace=space, **options)


CALLS: list[Callable[[Any], object]] = [
    lambda made: made(1),
    lambda made: made(1, 3),
    lambda made: made(x=1, y=5, tags=["a"]),
    lambda made: made(1, 2, ["b"], "aside"),
    lambda made: made(1) == made(1, remark="other"),
    lambda made: made(1) == made(2),
    lambda made: made(1) == made(1, tags=["a"]),
    lambda made: made(1) == "something else",
    lambda made: made(1).tags is made(1).tags,
    lambda made: hash(made(1)) == hash(made(1, tags=["a"], remark="z")),
    lambda made: hash(made(1)) == hash(made(2)),
    lambda made: replace(made(1), y=9),
    lambda made: copy.deepcopy(made(1, tags=["a"])),
    lambda made: made.__match_args__,
    lambda made: [(each.name, each.default) for each in fields(made)],
]


@pytest.mark.parametrize("call", CALLS)
def test_behaves_as_the_standard_one(call: Callable[[Any], object]) -> None:
    assert repr(call(Point)) == repr(call(_standard(Point)))


@pytest.mark.parametrize("arguments", [(), (1, 2, [], "", 5)])
def test_wrong_arguments_are_refused_in_the_same_words(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError) as standard:
        _standard(Point)(*arguments)
    with pytest.raises(TypeError, match=re.escape(str(standard.value))):
        Point(*arguments)


def test_a_frozen_one_does_not_change() -> None:
    point = Point(1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del point.x
    with pytest.raises((AttributeError, TypeError)):
        object.__setattr__(point, "unheard_of", 1)


def test_what_changes_has_no_hash() -> None:
    counter = Counter()
    counter.count += 1
    assert counter == Counter(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(counter)


def test_a_subclass_has_the_fields_of_both() -> None:
    named = Named(1, name="a")
    assert (named.x, named.y, named.name) == (1, 2, "a")
    assert named != Point(1)
    with pytest.raises(TypeError, match="positional"):
        Named(1, 2, [], "", "a")  # type: ignore[misc]


def test_what_the_body_defines_stays() -> None:
    assert (Own(1) == Own(2), hash(Own(1)), repr(Own(1))) == (True, 7, "own")


@pytest.mark.parametrize("value", [Point(1, tags=["a"]), Named(2, name="n"), Counter(3), Own(4)])
def test_copies_and_pickles(value: object) -> None:
    for again in (copy.copy(value), pickle.loads(pickle.dumps(value))):
        assert repr(again) == repr(value)
        assert again == value


def test_no_code_is_made_before_it_is_needed() -> None:
    script = """if True:
        import builtins, dataclasses
        from policyengine.dataclass import dataclass
        made = []
        run = builtins.exec
        builtins.exec = lambda *given: (made.append(given[0]), run(*given))
        @dataclass(frozen=True, slots=True)
        class A:
            "a"
            x: int
        before = len(made)
        A(1), A(2)
        print(before, len(made), A(1) == A(1), A(1))
    """
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "0 1 True A(x=1)\n"


def test_all_of_our_classes_use_it() -> None:
    """The standard one would cost its time again, and refuses to inherit from ours."""
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "dataclasses" and path.stem != "dataclass":
                assert "dataclass" not in {each.name for each in node.names}, path


@dataclass(slots=True, eq=False)
class Itself:
    """The same only as itself."""

    x: int


def test_without_equality_only_the_same_object_is_equal():
    one = Itself(1)
    assert one != Itself(1)
    assert {one: "found"}[one] == "found"


@dataclass
class Bare:
    """Made without options."""

    x: int = 1


def test_the_options_may_be_left_out():
    assert Bare() == Bare(1)


@dataclass(frozen=True)
class Prepared:
    """Has something to do once it is made."""

    x: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "double", 2 * self.x)


def test_what_is_to_be_done_after_making_is_done():
    assert vars(Prepared(2))["double"] == 4
