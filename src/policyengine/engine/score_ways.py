"""What would bring the points that a score is short of: `2 more certified people, or 4 more new customers`.

A score tells how to get more of it (`policy.rule.Term`): so many points for each unit, within limits.
Each way that suffices alone is told, the fewest units first; where none does, several together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING, Decimal
from itertools import islice

from policyengine.decision.findings import Reason
from policyengine.decision.wording import counted, join
from policyengine.engine.limit_sentences import Template
from policyengine.engine.value_words import Words
from policyengine.feel.syntax.tree import Name, Path
from policyengine.feel.types.types import Context
from policyengine.policy.rule import Term, TermLimit

MOST_WAYS = 4
"""So many ways are told."""


def with_ways(words: Words, of: Name | Path, template: Template) -> Template:
    """The template of a condition about a value, or that of a child, whose reasons tell the ways to more."""
    terms = _terms(words, of)
    if not terms:
        return template
    limits = [limit for term in terms for limit in term.within]
    own = [each for limit in limits for each in (limit.gate, limit.raw) if isinstance(of, Name)]
    read = list(dict.fromkeys([*(limit.sum for limit in limits), *filter(None, own)]))
    size = len(template.slots)

    def say(value: object, *slots: object) -> Reason:
        reason = template.say(value, *slots[:size])
        if reason.lack is None or reason.short_by is None:
            return reason
        values = dict(zip(read, slots[size:], strict=True))
        ways = ways_to(Decimal(str(reason.short_by)), terms, values)
        return reason._replace(lack=f"{reason.lack}: {ways}") if ways else reason

    slots = (Name(each, of.span) if isinstance(of, Name) else Path(of.target, each, of.span) for each in read)
    return Template((*template.slots, *slots), say)


def _terms(words: Words, of: Name | Path) -> tuple[Term, ...]:
    entity, name = words.entity, of.name
    if isinstance(of, Path):
        kind = words.kind(of.target.name) if isinstance(of.target, Name) else None
        if not isinstance(kind, Context) or kind.name not in words.graph.vocabulary.entities:
            return ()
        entity = kind.name
    found = words.graph.node(entity, name)
    return () if found is None else found[1].terms


def ways_to(short: Decimal, terms: Sequence[Term], values: Mapping[str, object]) -> str:
    """The ways to so many more points, in words; an empty text where the units do not suffice.

    `values` are those of the sums and gates that the limits name.
    """
    gained: dict[str, Decimal] = {}
    rooms = [(_room(term, values, gained), term) for term in terms]
    alone = [(_units(short, term), term) for room, term in rooms if room is None or short <= room]
    if alone:
        alone.sort(key=lambda way: way[0])
        return join([_words(units, term) for units, term in islice(alone, MOST_WAYS)], "or")
    steps: list[str] = []
    for term in sorted(terms, key=lambda each: -each.each):
        room = _room(term, values, gained)
        gain = short if room is None else min(short, room)
        if gain <= 0:
            continue
        steps.append(_words(_units(gain, term), term))
        short -= gain
        if short <= 0:
            return join(steps)
        gained.update({limit.sum: gained.get(limit.sum, Decimal(0)) + gain for limit in term.within})
    return ""


def _units(short: Decimal, term: Term) -> Decimal:
    return (short / term.each).to_integral_value(ROUND_CEILING)


def _words(units: Decimal, term: Term) -> str:
    return counted(f"{units:,f} more", term.noun)


def _room(term: Term, values: Mapping[str, object], gained: Mapping[str, Decimal]) -> Decimal | None:
    """How many points of the total a term may still add to those `gained`; None where nothing limits it."""
    rooms: list[Decimal] = []
    weight = Decimal(1)
    for limit in reversed(term.within):
        weight *= limit.weight
        found = values[limit.sum]
        # Of a child only the points are known: without any its gate may be closed.
        is_open = limit.gate is None or values.get(limit.gate, found != 0) is True
        if not isinstance(found, Decimal) or not is_open or _is_short(limit, found, values):
            return Decimal(0)
        if limit.most is not None:
            rooms.append((limit.most - found) * weight - gained.get(limit.sum, 0))
    return min(rooms, default=None)


def _is_short(limit: TermLimit, found: Decimal, values: Mapping[str, object]) -> bool:
    """Whether more of a sum may still leave it at its least."""
    if limit.least is None:
        return False
    raw = None if limit.raw is None else values.get(limit.raw)
    return raw < limit.least if isinstance(raw, Decimal) else found <= limit.least
