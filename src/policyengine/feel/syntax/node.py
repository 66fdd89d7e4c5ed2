"""The base class of the nodes of the syntax tree: immutable, compared by their contents without the place.

They are dataclasses in all but name. Making some thirty of those generates and compiles two hundred methods
whenever the program starts, which takes longer than all else that it loads of FEEL.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Any, ClassVar, NoReturn, dataclass_transform

from policyengine.source import Span

_NO_NODES = frozenset({"str", "bool", "object", "Type", "Type | None", "Span"})
"""The annotations of fields that hold no nodes."""


class _Slotted(type):
    """Turns the annotations of a class into slots, in their order."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> _Slotted:
        fields = space.get("__annotations__", {}) if bases else {}
        names = tuple(fields)
        made = super().__new__(cls, name, bases, {**space, "__slots__": names, "__match_args__": names})
        made._setters = tuple(made.__dict__[each].__set__ for each in names)  # type: ignore[attr-defined]
        made.holding = tuple(  # type: ignore[attr-defined]
            each for each in names if fields[each] not in _NO_NODES
        )
        made._said = attrgetter(*names[:-1]) if bases else None  # type: ignore[attr-defined]
        return made


@dataclass_transform(frozen_default=True)
class Node(metaclass=_Slotted):
    """A node; the fields of a subclass are its annotations, the last of them the place.

    `holding` are the names of those that hold nodes.
    """

    __match_args__: tuple[str, ...]
    holding: ClassVar[tuple[str, ...]]
    span: Span
    _setters: Any
    _said: Any

    def __init__(self, *values: Any) -> None:
        for store, value in zip(self._setters, values, strict=True):
            store(self, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a node does not change: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a node does not change: {name}")

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return bool(self._said(self) == self._said(other))

    def __hash__(self) -> int:
        return hash((self.__class__, self._said(self)))

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__[:-1])
        return f"{self.__class__.__name__}({said})"

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        return self.__class__, tuple(getattr(self, name) for name in self.__match_args__)
