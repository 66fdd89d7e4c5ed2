"""What was worked out before for equal values: values of conditions, and their sentences in reasons.

Both rest on nothing but the values of the names in an expression. A table holds so many entries and then
starts anew; names whose values do not compare cheaply (lists of instances) are not kept at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from policyengine.engine.compile.names import place_of
from policyengine.feel.syntax import Expression, Name, names
from policyengine.feel.types import ANY, Context, ListOf, RangeOf, Type
from policyengine.feel.values import Unknown
from policyengine.program.graph import Graph

MOST = 2048
_LONGEST_TEXT = 200
_OPEN: Final = object()
_ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class _Known:
    """An expression at an entity: the names that it rests on, and what was worked out for their values."""

    expression: Expression
    names: tuple[str, ...]
    values: dict[object, object] = field(default_factory=dict)
    sentences: dict[object, object] = field(default_factory=dict)


class Memory:
    """The tables of one program; they change nothing but how fast an answer comes."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[tuple[str, int], _Known | None] = {}

    def value(self, scope: Any, expression: Expression, work: Callable[[Expression], object]) -> object:
        """The value of an expression at an instance; `work` works it out."""
        if isinstance(expression, Name):
            name = expression.name
            return scope[name] if place_of(self._graph, scope.entity, name) is not None else work(expression)
        known = self._of(scope.entity, expression)
        if known is None:
            return work(expression)
        key = _key(scope, known.names)
        found = known.values.get(key, _ABSENT)
        if found is _ABSENT:
            found = work(expression)
            # What is not known is so for reasons of its own, which equal values do not tell.
            if not isinstance(found, Unknown):
                _keep(known.values, key, found)
        return found

    def sentence(
        self, scope: Any, expression: Expression, value: object, upright: bool, work: Callable[[], object]
    ) -> Any:
        """What is said of an expression with a value at an instance."""
        known = self._of(scope.entity, expression)
        if known is None or isinstance(value, (list, tuple)):
            return work()
        outcome = value if isinstance(value, bool) else _OPEN if isinstance(value, Unknown) else None
        key = (_key(scope, known.names), outcome, upright)
        found = known.sentences.get(key, _ABSENT)
        if found is _ABSENT:
            found = work()
            _keep(known.sentences, key, found)
        return found

    def _of(self, entity: str, expression: Expression) -> _Known | None:
        place = (entity, id(expression))
        if place not in self._known:
            self._known[place] = self._plan(entity, expression)
        return self._known[place]

    def _plan(self, entity: str, expression: Expression) -> _Known | None:
        sight = self._graph.sights[entity]
        used = sorted(names(expression) - {"today"})
        places = [place_of(self._graph, entity, name) for name in used]
        if any(place is None or not _comparable(sight.get(name)) for place, name in zip(places, used, strict=True)):
            return None
        return _Known(expression, tuple(used))


def _comparable(kind: Type | None) -> bool:
    if isinstance(kind, (ListOf, RangeOf)):
        return _comparable(kind.item)
    return kind is not None and kind != ANY and not isinstance(kind, Context)


def _key(scope: Any, used: tuple[str, ...]) -> object:
    return tuple([_part(scope[name]) for name in used])


def _part(value: object) -> object:
    # 1.0 and 1.00 are equal but are written differently.
    if value.__class__ is Decimal:
        return str(value)
    if value.__class__ is Unknown:
        return _OPEN
    if value.__class__ is list:
        return tuple(map(_part, value))  # type: ignore[call-overload]  # a list
    if value.__class__ is str and len(value) > _LONGEST_TEXT:  # type: ignore[arg-type]
        return object()
    return value


def _keep(table: dict[object, object], key: object, value: object) -> None:
    if len(table) >= MOST:
        table.clear()
    table[key] = value
