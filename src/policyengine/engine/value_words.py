"""What names are called in sentences, and how people write values."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext

from policyengine.decision.wording import quantity
from policyengine.decision.wording import rate as written_rate
from policyengine.decision.writers import Write, writer
from policyengine.engine.finding_values import Show, shower
from policyengine.feel.limits import NUMBERS
from policyengine.feel.types.types import Context, ListOf, Number, Type
from policyengine.policy.rule import Node, ReasonCase, Slice
from policyengine.program.graph import Graph


def slice_words(graph: Graph, node: Node, part: Slice) -> Callable[[Callable[[str], object]], str]:
    """What tells of a slice of the value of a node, by the values of names: `10 × 12.00 EUR = 120.00 EUR`.

    Of an amount it is a share: `1,000.00 EUR at 5 %: 50.00 EUR`.
    """
    words = Words(graph, node.entity)
    units, whole = words.kind(part.units), graph.types.get((node.entity, node.name))
    write_units, write = words.writer(units), words.writer(whole)
    of_each = _is_money(whole) and not _is_money(units)

    def known(value: Decimal | str | None, read: Callable[[str], object]) -> Decimal | None:
        found = read(value) if isinstance(value, str) else value
        return found if isinstance(found, Decimal) else None

    def said(read: Callable[[str], object]) -> str:
        count, rate, amount = (known(each, read) for each in (part.units, part.rate, part.amount))
        texts = [write(amount)] if amount else []
        if count and rate is not None:
            with localcontext(NUMBERS):
                total = write(count * rate)
            each = f"{quantity(count)} × {write(rate)} = {total}"
            texts.insert(0, each if of_each else f"{write_units(count)} at {written_rate(rate)}: {total}")
        return " and ".join(texts)

    return said


def _is_money(kind: Type | None) -> bool:
    return isinstance(kind, Number) and kind.unit == "money"


def case_text(case: ReasonCase, conditions: str, part: str) -> str:
    """A case in a sentence: its heading, the conditions that make it hold, and its part of the value."""
    heading = ": ".join(each for each in (case.heading, conditions) if each)
    return f"{heading}, so {part}" if part else heading


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

    def writer(self, kind: Type | None) -> Write:
        """What writes values of a type as people do."""
        return writer(kind)

    def plain(self, name: str) -> Show:
        """What shows the value of a name as a reason holds it."""
        kind = self.kind(name)
        if isinstance(kind.item if isinstance(kind, ListOf) else kind, Context):
            return lambda value: None  # several values at once are no measure of anything
        return shower(kind, self.digits)
