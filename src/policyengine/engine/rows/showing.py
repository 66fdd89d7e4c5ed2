"""Values as findings hold them, with the same outcome as `as_shown` and less ado."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from policyengine.engine.finding_values import as_shown
from policyengine.engine.reference.sentences import number_text
from policyengine.feel.types.types import Number, Type
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.graph import Graph

Show = Callable[[Any], object]
# Amounts of other sizes are rare, and there are rules for them.
_LARGE = 30
_ONE = Decimal(1)


def shower(kind: Type | None, vocabulary: Vocabulary) -> Show:
    """What shows the values of a type."""
    digits = vocabulary.number_of_digits()

    def shows(value: Any) -> object:
        return as_shown(value, kind, digits)

    if isinstance(kind, Number) and kind.unit == "money":
        return _amounts(digits, shows)
    if isinstance(kind, Number) and kind.unit == "count":
        return _counts(shows)
    plain = frozenset({str, bool, Decimal})
    return lambda value: value if value.__class__ in plain else as_shown(value, kind, digits)


def _amounts(digits: int, otherwise: Show) -> Show:
    """Amounts have the digits of the minor unit, and those beyond that are not zero."""
    quantum = Decimal(1).scaleb(-digits)

    def shows(value: Any) -> object:
        if value.__class__ is not Decimal or not value:
            return otherwise(value)
        if value.same_quantum(quantum):
            return value
        if not -_LARGE < value.adjusted() < _LARGE:
            return otherwise(value)
        near = value.quantize(quantum)
        return near if near == value else value.normalize()

    return shows


def _counts(otherwise: Show) -> Show:
    """Counts are whole numbers, most of them written as such."""

    def shows(value: Any) -> object:
        plain = value.__class__ is Decimal and value.same_quantum(_ONE)
        return int(value) if plain else otherwise(value)

    return shows


def shower_of(graph: Graph, entity: str, node: str) -> Show:
    """What shows the values of a node that is seen from an entity."""
    found = graph.node(entity, node)
    kind = graph.types.get((found[0], node)) if found is not None else None
    return shower(kind, graph.vocabulary)


def number_writer(kind: Number, vocabulary: Vocabulary) -> Callable[[Decimal], str]:
    """What writes numbers of a type in a sentence, like `number_text`."""
    digits = vocabulary.number_of_digits()
    # With these places, Python writes a number as we do.
    places = {"money": digits, "count": 0}.get(kind.unit or "")
    if places is None:
        return lambda value: number_text(value, kind, digits)
    quantum = Decimal(1).scaleb(-places)
    unit = f" {kind.currency}" if kind.currency else ""

    def writes(value: Decimal) -> str:
        return f"{value}{unit}" if value.same_quantum(quantum) else number_text(value, kind, digits)

    return writes
