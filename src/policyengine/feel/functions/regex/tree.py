"""Patterns as trees."""

from __future__ import annotations

from typing import TypeAlias

from policyengine.dataclass import dataclass
from policyengine.feel.functions.regex.chars import CharClass


@dataclass(frozen=True, slots=True)
class Char:
    """One character of a class; a single character is a class of one."""

    chars: CharClass


@dataclass(frozen=True, slots=True)
class Anchor:
    """`^` or `$`."""

    sign: str


@dataclass(frozen=True, slots=True)
class BackReference:
    """What a group matched, again."""

    group: int


@dataclass(frozen=True, slots=True)
class Group:
    """A part in brackets; `number` is None if it is not captured."""

    number: int | None
    inner: Tree


@dataclass(frozen=True, slots=True)
class Sequence:
    """One part after the other."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts, the first that fits."""

    options: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part so many times; without limit if `most` is None; as few as possible if `lazy`."""

    inner: Tree
    least: int
    most: int | None
    lazy: bool


Tree: TypeAlias = Char | Anchor | BackReference | Group | Sequence | Choice | Repeat
