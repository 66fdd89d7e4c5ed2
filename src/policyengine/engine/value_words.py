"""What names are called in sentences, and how people write values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from policyengine.engine.finding_values import Show, shower
from policyengine.feel.limits import NUMBERS
from policyengine.feel.syntax.printing import print_value
from policyengine.feel.types.types import Context, ListOf, Number, Type
from policyengine.feel.values.values import Months, Range
from policyengine.program.graph import Graph

_HUNDRED = Decimal(100)
NUMBER_ORDER = {
    ">=": ("is at least", "is not at least"),
    ">": ("is more than", "is not more than"),
    "<=": ("is at most", "is not at most"),
    "<": ("is less than", "is not less than"),
}
DATE_ORDER = {
    ">=": ("is on or after", "is not on or after"),
    ">": ("is after", "is not after"),
    "<=": ("is on or before", "is not on or before"),
    "<": ("is before", "is not before"),
}


class Words:
    """What the names that an entity sees are called, and how their values are written."""

    def __init__(self, graph: Graph, entity: str) -> None:
        self.graph = graph
        self.entity = entity
        self.digits = graph.vocabulary.number_of_digits()
        self._sight = graph.sights[entity]
        self._real = graph.real(entity)

    def noun(self, name: str) -> str:
        """What a name is called."""
        found = self.graph.node(self.entity, name)
        if found is not None and found[1].noun is not None:
            return found[1].noun
        return self.graph.vocabulary.noun(self._real, name)

    def kind(self, name: str) -> Type | None:
        """The type of a name."""
        found = self.graph.node(self.entity, name)
        return self._sight.get(name) if found is None else self.graph.types.get((found[0], name))

    def fact(self, name: str) -> str | None:
        """The name, if a record or a formula gives it; nodes of policies have none of their own."""
        return name if self.graph.vocabulary.fact(self._real, name) is not None else None

    def is_ours(self, name: str) -> bool:
        """Whether a name means something to the reader: a fact, a node, or the list of a form."""
        known = self.fact(name) is not None or self.graph.node(self.entity, name) is not None
        return known or (name in self._sight and name != "today")

    def writer(self, kind: Type | None, *, unit: bool = True) -> Callable[[Any], str]:
        """What writes values of a type as people do."""
        if not isinstance(kind, Number):
            return shown
        digits, number = self.digits, kind
        money = kind.unit == "money"
        usual, tail = (
            Decimal(1).scaleb(-digits if money else 0),
            f" {kind.currency}" if money and unit and kind.currency else "",
        )
        is_rate = kind.unit == "rate"

        def write(value: object) -> str:
            if not isinstance(value, Decimal):
                return shown(value)
            if value.same_quantum(usual) and not is_rate:  # Python writes it as people do
                return f"{value}{tail}"
            return number_text(value, number, digits, unit)

        return write

    def plain(self, name: str) -> Show:
        """What shows the value of a name as a reason holds it."""
        kind = self.kind(name)
        if isinstance(kind.item if isinstance(kind, ListOf) else kind, Context):
            return lambda value: None  # several values at once are no measure of anything
        return shower(kind, self.digits)


def shown(value: object) -> str:
    """A value as people write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Months):
        return f"{value.months} months"
    if isinstance(value, Range) and value.low_closed and value.high_closed:
        return f"{shown(value.low)}..{shown(value.high)}"
    if isinstance(value, date):
        return value.isoformat()
    return print_value(value) or str(value)


def number_text(value: Decimal, kind: Number, digits: int, unit: bool = True) -> str:
    """A number as people write it; money with at least `digits` places, and its currency for `unit`."""
    if kind.unit == "rate":
        return f"{NUMBERS.multiply(value, _HUNDRED).normalize(NUMBERS):f} %"
    exponent = value.as_tuple().exponent
    if kind.unit == "money" and isinstance(exponent, int):
        text = f"{value:.{digits}f}" if exponent > -digits else f"{value:f}"
        return f"{text} {kind.currency}" if unit and kind.currency else text
    return f"{value:f}"


# Limits


def needed(op: str, words: Mapping[str, tuple[str, str]], limit: str) -> str:
    """What a comparison asks for, as a range where it is one."""
    ranges = {">=": f"{limit}..", "<=": f"..{limit}"}
    return ranges.get(op, f"{words[op][0].removeprefix('is ')} {limit}")


def least(limit: object, kind: Type | None, above: bool) -> object:
    """The number from which on a limit is kept: of what is counted, more than 10 is 11, at least 2.5 is 3."""
    if not isinstance(limit, Decimal) or not isinstance(kind, Number) or kind.unit != "count":
        return limit
    if above:
        return NUMBERS.add(limit.to_integral_value(ROUND_FLOOR), 1)
    return limit.to_integral_value(ROUND_CEILING)


def shortage(limit: object, have: object) -> object:
    """How much is missing from `have` to the limit; None where it is not a number or nothing is missing."""
    if isinstance(limit, Decimal) and isinstance(have, Decimal) and have < limit:
        return NUMBERS.subtract(limit, have)
    return None
