"""Sentences for values that never came up: what the reference said of one number, with another put in.

A sentence about one number (`amount is 12.00 EUR`, `active accounts 12 is within 10..15`) is the same for all
numbers for which its condition comes out the same, but for the number and the distance to the threshold. So
the words are those of the reference. Any other sentence is kept for the values in it (`traces`).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Reason
from policyengine.engine.reference.sentences import Sentences, least
from policyengine.engine.rows.names import FACT, own_place
from policyengine.engine.rows.showing import Show, number_writer, shower
from policyengine.engine.rows.templates import constructor
from policyengine.engine.rows.traces import Said, say
from policyengine.engine.rows.values import keep
from policyengine.feel.syntax.tree import Between, Comparison, Expression, In, Literal, Name, RangeLiteral
from policyengine.feel.types.types import Number

_COMING_UP_AGAIN: Final = frozenset({"count", "rate"})
_new_reason: Callable[..., Reason] = constructor(
    Reason, ", ".join(Reason.__slots__), {name: name for name in Reason.__slots__}
)


@dataclass(slots=True, eq=False)
class Saying:
    """A sentence about an expression that comes out in one way; said once for each instance."""

    said: Said
    pattern: Pattern | None

    def __call__(self, scope: Any) -> Reason:
        """The sentence at an instance."""
        told = scope.told
        found: Reason | None = told.get(self)
        if found is None:
            pattern = self.pattern
            if pattern is not None:
                found = pattern.reason(scope)
            told[self] = found = found or say(scope, self.said)
        return found


@dataclass(frozen=True, slots=True)
class Pattern:
    """A sentence about the number `name`, with its parts before and after it.

    `limit` is the threshold that the number is below, where the reason tells the distance. `table` keeps the
    sentences about counts and rates, which come up again; amounts seldom do.
    """

    example: Reason
    name: str
    is_fact: bool
    before: str
    after: str
    limit: Decimal | None
    write: Callable[[Decimal], str]
    show: Show
    table: dict[object, Reason] | None

    def reason(self, scope: Any) -> Reason | None:
        """The sentence at an instance; None for what is no number."""
        value = (scope.record.facts if self.is_fact else scope._memo).get(self.name)
        if value.__class__ is not Decimal:
            return None
        table = self.table
        if table is None:
            return self._reason(value)
        written = str(value)
        found = table.get(written)
        if found is None:
            found = self._reason(value)
            keep(table, written, found)
        return found

    def _reason(self, value: Decimal) -> Reason:
        like, limit = self.example, self.limit
        text = f"{self.before}{self.write(value)}{self.after}"
        short = self.show(limit - value) if limit is not None and value < limit else None
        have = self.show(value)
        return _new_reason(text, like.outcome, like.at, like.fact, have, like.need, short, like.noun)


def pattern_of(scope: Any, said: Said) -> Pattern | None:
    """The pattern of a sentence that was said at an instance; None where it is not about one number."""
    name = _number_in(said.expression)
    place = None if name is None else own_place(scope.graph, scope.entity, name)
    if name is None or place is None or said.hops:
        return None
    speaker, value = Sentences(scope), scope[name]
    kind = speaker.kind(name)
    if not isinstance(kind, Number) or value.__class__ is not Decimal:
        return None
    example, write = say(scope, said), number_writer(kind, scope.graph.vocabulary)
    number = write(value)
    start = example.text.find(number, len(speaker.noun(name)))
    if start < 0:
        return None
    limit = _lower_limit(said.expression, kind) if scope.value(said.expression) is False else None
    pattern = Pattern(
        example, name, place.what == FACT, example.text[:start], example.text[start + len(number) :], limit,
        write, shower(kind, scope.graph.vocabulary), {} if kind.unit in _COMING_UP_AGAIN else None,
    )  # fmt: skip
    return pattern if pattern.reason(scope) == example else None


def _number_in(expression: Expression) -> str | None:
    """The name in a sentence of which everything else is written in the policy."""
    match expression:
        case Name(name):
            return name
        case Comparison(_, Name(name), Literal()):
            return name
        case Between(Name(name), Literal(), Literal()):
            return name
        case In(Name(name), (RangeLiteral(low, high),)) if _is_written(low) and _is_written(high):
            return name
    return None


def _is_written(end: Expression | None) -> bool:
    return end is None or isinstance(end, Literal)


def _lower_limit(expression: Expression, kind: Number) -> Decimal | None:
    """The number that a condition asks for at least."""
    match expression:
        case Comparison(">=" | ">" as op, _, Literal(Decimal() as limit)):
            found = least(limit, kind, above=op == ">")
        case Between(_, Literal(Decimal() as limit), _):
            found = least(limit, kind, above=False)
        case In(_, (RangeLiteral(Literal(Decimal() as limit)) as test,)):
            found = least(limit, kind, above=not test.low_closed)
        case _:
            return None
    return found if isinstance(found, Decimal) else None
