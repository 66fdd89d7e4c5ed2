"""Findings as plain states that can be compared: a level, a rate, a party, a status.

A *move* is a change from one state to a different one. Moves have names for reports and conditions: a subject
loses a discount, is newly blocked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from policyengine.decision.findings import (
    NOT_APPLICABLE,
    SECTIONS,
    UNDETERMINED,
    Charge,
    Discount,
    Duty,
    Figure,
    Gate,
    Level,
    Obligation,
)
from policyengine.decision.wording import spell, words
from policyengine.engine.rows.outcomes import Outcome

ABSENT = "none"
"""There is no such finding, or it does not apply."""
NOBODY = "nobody"
"""A duty for which no party is known."""
DUE, PARTY, PERIODS = "due_on", "party", "periods"
"""Aspects of an obligation besides its status: the last day, whose it is, in which periods it recurs."""
VALUE = "value"
OTHER = "other"
OTHERS = tuple(
    name
    for name, cls in SECTIONS.items()
    if cls not in (Level, Discount, Duty, Gate, Obligation, Charge, Figure)
)
"""The lists of a decision that are compared without knowing more of them: their statuses and values."""
State = str | Decimal


class What(NamedTuple):
    """The compared part of a policy; `aspect` tells its states apart (role, period, due date)."""

    section: str
    policy: str
    id: str
    aspect: str = ""


class Move(NamedTuple):
    """A change of one state: levels and parties by id, rates as decimals, `none`, `undetermined`.

    For due dates, periods and derived facts only the fact of a change is kept.
    """

    what: What
    before: State
    after: State


def states(outcome: Outcome) -> Iterable[tuple[What, State]]:
    """The states of a finding; none for charges, whose amounts are compared."""
    section, values = outcome.section, outcome.values
    if section == Charge.section:
        return ()
    if section == Obligation.section:
        told = values.get("period", ""), values.get(DUE, ABSENT), values.get(PARTY, ABSENT)
        return _of_obligation(outcome.policy, outcome.id, outcome.status, *told)
    read = _READ.get(section, _status)
    state = UNDETERMINED if outcome.status == UNDETERMINED and section != Duty.section else read(outcome)
    aspect = str(values.get("role", "")) if section == Duty.section else ""
    found = [(What(section, outcome.policy, outcome.id, aspect), state)]
    if section in OTHERS and outcome.status != NOT_APPLICABLE and values:
        text = _BETWEEN.join(f"{words(name)} {spell(each)}" for name, each in sorted(values.items()))
        found.append((What(section, outcome.policy, outcome.id, VALUE), text))
    return found


def changed_values(before: State, after: State) -> tuple[str, str]:
    """The values of a finding that differ between two states of its aspect `VALUE`, in words."""
    one, other = (str(each).split(_BETWEEN) for each in (before, after))
    own, new = ([each for each in mine if each not in rest] for mine, rest in ((one, other), (other, one)))
    return ", ".join(own), ", ".join(new)


_BETWEEN = "\n"
"""Stands between the values of a finding; no value has a line break of its own."""


@lru_cache(1 << 14)
def _of_obligation(
    policy: str, id: str, status: str, period: object, due: object, party: object
) -> tuple[tuple[What, State], ...]:
    """The states of an obligation, which are the same for many records."""
    section, is_there = Obligation.section, status != NOT_APPLICABLE
    whose = (
        (What(section, policy, id, f"{period}/{name}"), str(value or UNDETERMINED))
        for name, value in ((DUE, due), (PARTY, party)) if is_there and value != ABSENT
    )  # fmt: skip
    return ((What(section, policy, id, str(period)), status if is_there else ABSENT), *whose)


def owner(what: What) -> What | None:
    """The finding that an aspect such as a due date belongs to; None where it is the finding itself."""
    more = further(what)
    if more is not None:
        return what._replace(aspect=what.aspect.removesuffix(f"/{more}"))
    return what._replace(aspect="") if what.section in OTHERS and what.aspect == VALUE else None


def further(what: What) -> str | None:
    """Which further aspect of an obligation it is (`DUE`, `PARTY`); None for its status."""
    if what.section != Obligation.section:
        return None
    return next((each for each in (DUE, PARTY) if what.aspect.endswith(f"/{each}")), None)


def _level(outcome: Outcome) -> State:
    return str(outcome.values.get("level")) if outcome.status == "reached" else ABSENT


def _rate(outcome: Outcome) -> State:
    rate = outcome.values.get("rate")
    return rate if isinstance(rate, Decimal) else UNDETERMINED


def _party(outcome: Outcome) -> State:
    if outcome.status == NOT_APPLICABLE:
        return ABSENT
    party = outcome.values.get("party")
    return NOBODY if party is None else str(party) if outcome.status == "applies" else UNDETERMINED


def _status(outcome: Outcome) -> State:
    return ABSENT if outcome.status == NOT_APPLICABLE else outcome.status


_READ: Mapping[str, Callable[[Outcome], State]] = {
    Level.section: _level,
    Discount.section: _rate,
    Duty.section: _party,
}


def move(what: What, before: State, after: State) -> Move:
    """The move to count for a change of state: periods are merged, days are left out."""
    aspect = what.aspect
    if what.section == Obligation.section:
        aspect = further(what) or (PERIODS if aspect == PERIODS else "")
    if aspect in (DUE, VALUE, PERIODS):
        before, after = ABSENT, OTHER
    return Move(What(what.section, what.policy, what.id, aspect), before, after)


# How moves are called

STILL_OPEN = "still_undetermined"
NAMES: Mapping[str, str] = {
    "level_changes": "change level",
    "levels_up": "reach a higher level",
    "levels_down": "fall to a lower level, or to none",
    "discounts_gained": "gain a discount on something",
    "discounts_raised": "get a higher discount on something",
    "discounts_lowered": "get a lower discount on something",
    "discounts_lost": "lose the discount on something",
    "duties_gained": "have a duty that nobody had, or that did not apply",
    "duties_lost": "have a duty that nobody has any more, or that no longer applies",
    "duties_moved": "see a duty pass to another party",
    "duties_unowned": "have a duty for which nobody is named as responsible any more",
    "obligations_gained": "have one more obligation",
    "obligations_lost": "have one obligation less",
    "obligations_moved": "see an obligation pass to another party",
    "obligations_changed": "have an obligation whose status, due date or periods change",
    "newly_overdue": "have an obligation that is overdue and was not",
    "newly_blocked": "are blocked at a gate where they were not",
    "newly_open": "are no longer blocked at a gate",
    "newly_undetermined": "have something that can no longer be decided",
    "newly_decided": "have something that can be decided now",
    STILL_OPEN: "have something among what changes that neither version can decide",
    "charges_moved": "have a charge that falls due on a different day",
    "figures_changed": "have a figure that changes",
    "figures_raised": "have an amount among their figures that rises",
    "figures_lowered": "have an amount among their figures that falls",
    **{f"{section}_changed": f"have something among their {words(section)} that changes"
       for section in OTHERS},
}  # fmt: skip
"""Every name of a move, and what those do who have one."""


def names(found: Move, ranks: Mapping[str, int]) -> Iterator[str]:
    """The names of a move; `ranks` gives the order of the levels of its policy."""
    what, before, after = found
    open_ones = (UNDETERMINED, NOBODY)
    if before in open_ones or after in open_ones:
        yield "newly_undetermined" if after in open_ones else "newly_decided"
    elif what.section != Charge.section:
        yield from _BY_SECTION.get(what.section, _others)(found, ranks)
    if what.section == Level.section:
        yield "level_changes"
    if what.aspect == "responsible" and after == NOBODY:
        yield "duties_unowned"
    if what.section == Obligation.section and after == "overdue":
        yield "newly_overdue"


def _levels(found: Move, ranks: Mapping[str, int]) -> Iterator[str]:
    before, after = (-1 if each == ABSENT else ranks.get(str(each)) for each in (found.before, found.after))
    if before is not None and after is not None and before != after:
        yield "levels_up" if after > before else "levels_down"


def _discounts(found: Move, ranks: Mapping[str, int]) -> Iterator[str]:
    before, after = (Decimal(0) if each == ABSENT else each for each in (found.before, found.after))
    if not isinstance(before, Decimal) or not isinstance(after, Decimal) or before == after:
        return
    if after > before:
        yield "discounts_raised" if before else "discounts_gained"
    else:
        yield "discounts_lowered" if after else "discounts_lost"


def _gained_or_lost(noun: str, otherwise: str) -> Callable[[Move, Mapping[str, int]], Iterator[str]]:
    def named(found: Move, ranks: Mapping[str, int]) -> Iterator[str]:
        if found.what.aspect == PARTY:
            yield f"{noun}_moved"
        elif found.what.aspect in (DUE, PERIODS):
            yield otherwise
        elif found.before == ABSENT:
            yield f"{noun}_gained"
        else:
            yield f"{noun}_lost" if found.after == ABSENT else otherwise

    return named


def _gates(found: Move, ranks: Mapping[str, int]) -> Iterator[str]:
    closed = ("blocked", "expired")
    if found.after in closed:
        yield from ("newly_blocked",) if found.before not in closed else ()
    elif found.before in closed:
        yield "newly_open"


def _others(found: Move, ranks: Mapping[str, int]) -> Iterator[str]:
    yield f"{found.what.section}_changed"


_BY_SECTION: Mapping[str, Callable[[Move, Mapping[str, int]], Iterator[str]]] = {
    Level.section: _levels,
    Discount.section: _discounts,
    Duty.section: _gained_or_lost("duties", "duties_moved"),
    Obligation.section: _gained_or_lost("obligations", "obligations_changed"),
    Gate.section: _gates,
}
