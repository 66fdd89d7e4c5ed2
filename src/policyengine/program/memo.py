"""What a load works out once, kept for the next load of nearly the same documents.

An editor loads a program at every key. A document whose text is the same keeps its model, its part of the
graph and the types of its expressions, so that such a load costs what the changed document costs. Without an
editor a memo serves one load, whose days share what they have in common.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, NamedTuple, TypeVar, cast

from policyengine.diagnostics import Diagnostic, Report

T = TypeVar("T")
_Key = tuple[Hashable, tuple[int, ...]]


class _Kept(NamedTuple):
    """A value, what it was made of (so that no identity is used again), and the mistakes found on the way."""

    value: Any
    parts: tuple[object, ...]
    mistakes: tuple[Diagnostic, ...]


class Memo:
    """Values by the identity of what they were made of.

    What a round does not ask for is forgotten at the end of the next one. What the last round that came to
    its end asked for is kept until another one does, so it holds three loads at most.
    """

    def __init__(self) -> None:
        self._whole: dict[_Key, _Kept] = {}
        self._before: dict[_Key, _Kept] = {}
        self._now: dict[_Key, _Kept] = {}

    def begin(self) -> None:
        """Begins a round: the next load."""
        self._before, self._now = self._now, {}

    def end(self) -> None:
        """Says that the round came to its end: it asked for all that the next one may need."""
        self._whole = self._now

    def _found(self, key: _Key) -> _Kept | None:
        return self._now.get(key) or self._before.get(key) or self._whole.get(key)

    def of(self, what: Hashable, parts: tuple[object, ...], report: Report, make: Callable[[Report], T]) -> T:
        """The value of its parts; `make` works it out where neither this round nor the last one did.

        The mistakes that `make` reports go to the report once in each round.
        """
        key = what, tuple(map(id, parts))
        found = self._now.get(key)
        if found is None:
            found = self._found(key)
            if found is None:
                own = Report()
                value = make(own)
                found = _Kept(value, parts, tuple(own))
            self._now[key] = found
            if found.mistakes:
                report.extend(found.mistakes)
        return cast(T, found.value)

    def kept(self, what: Hashable, *parts: object) -> Any:
        """What was kept under its parts, in this round or the last one; None if nothing was."""
        key = what, tuple(map(id, parts))
        found = self._found(key)
        if found is None:
            return None
        self._now[key] = found
        return found.value

    def keep(self, value: object, what: Hashable, *parts: object) -> None:
        """Keeps a value that holds only under conditions that its reader tests."""
        self._now[what, tuple(map(id, parts))] = _Kept(value, parts, ())
