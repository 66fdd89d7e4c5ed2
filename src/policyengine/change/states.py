"""Findings as plain states that can be compared: a level, a rate, a party, a status.

A *move* is a change from one state to a different one. Moves have names for reports and conditions: a subject
loses a discount, is newly blocked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from policyengine.decision.findings import (
    NOT_APPLICABLE,
    SECTIONS,
    UNDETERMINED,
    Charge,
    Discount,
    Duty,
    Gate,
    Level,
    Obligation,
)
from policyengine.decision.wording import words
from policyengine.engine.rows.outcomes import Outcome

ABSENT = "none"
"""There is no such finding, or it does not apply."""
DUE = "due_on"
VALUE = "value"
OTHER = "other"
OTHERS = tuple(
    name for name, cls in SECTIONS.items() if cls not in (Level, Discount, Duty, Gate, Obligation, Charge)
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

    For due dates and derived facts only the fact of a change is kept.
    """

    what: What
    before: State
    after: State


def states(outcome: Outcome) -> Iterator[tuple[What, State]]:
    """The states of a finding; none for charges, whose amounts are compared."""
    section = outcome.section
    if section == Charge.section:
        return
    read = _READ.get(section, _status)
    state = UNDETERMINED if outcome.status == UNDETERMINED else read(outcome)
    aspect = str(outcome.values.get(_ASPECT.get(section, ""), ""))
    yield What(section, outcome.policy, outcome.id, aspect), state
    if section == Obligation.section and outcome.status != NOT_APPLICABLE and "due_on" in outcome.values:
        due = outcome.values["due_on"]
        yield What(section, outcome.policy, outcome.id, f"{aspect}/{DUE}"), str(due or UNDETERMINED)
    if section in OTHERS and outcome.status != NOT_APPLICABLE and outcome.values:
        told = ((name, UNDETERMINED if each is None else str(each)) for name, each in outcome.values.items())
        yield What(section, outcome.policy, outcome.id, VALUE), str(sorted(told))


def owner(what: What) -> What | None:
    """The finding that an aspect such as a due date belongs to; None where it is the finding itself."""
    if what.section == Obligation.section and what.aspect.endswith(f"/{DUE}"):
        return what._replace(aspect=what.aspect.removesuffix(f"/{DUE}"))
    return what._replace(aspect="") if what.section in OTHERS and what.aspect == VALUE else None


def _level(outcome: Outcome) -> State:
    return str(outcome.values.get("level")) if outcome.status == "reached" else ABSENT


def _rate(outcome: Outcome) -> State:
    rate = outcome.values.get("rate")
    return rate if isinstance(rate, Decimal) else UNDETERMINED


def _party(outcome: Outcome) -> State:
    return str(outcome.values.get("party") or UNDETERMINED) if outcome.status == "applies" else ABSENT


def _status(outcome: Outcome) -> State:
    return ABSENT if outcome.status == NOT_APPLICABLE else outcome.status


_READ: Mapping[str, Callable[[Outcome], State]] = {
    Level.section: _level,
    Discount.section: _rate,
    Duty.section: _party,
}
_ASPECT = {Duty.section: "role", Obligation.section: "period"}


def move(what: What, before: State, after: State) -> Move:
    """The move to count for a change of state: periods are merged, days are left out."""
    aspect = what.aspect
    if what.section == Obligation.section:
        aspect = DUE if aspect.endswith(f"/{DUE}") else ""
    if aspect in (DUE, VALUE):
        before, after = ABSENT, OTHER
    return Move(What(what.section, what.policy, what.id, aspect), before, after)


# How moves are called

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
    "obligations_gained": "have one more obligation",
    "obligations_lost": "have one obligation less",
    "obligations_changed": "have an obligation whose status or due date changes",
    "newly_blocked": "are blocked at a gate where they were not",
    "newly_open": "are no longer blocked at a gate",
    "newly_undetermined": "have something that can no longer be decided",
    "newly_decided": "have something that can be decided now",
    "values_changed": "have a derived fact that changes",
    **{f"{section}_changed": f"have something among their {words(section)} that changes"
       for section in OTHERS},
}  # fmt: skip
"""Every name of a move, and what those do who have one."""


def names(found: Move, ranks: Mapping[str, int]) -> Iterator[str]:
    """The names of a move; `ranks` gives the order of the levels of its policy."""
    what, before, after = found
    if UNDETERMINED in (before, after):
        yield "newly_undetermined" if after == UNDETERMINED else "newly_decided"
    if what.section == Level.section:
        yield "level_changes"
    if UNDETERMINED not in (before, after):
        yield from _BY_SECTION.get(what.section, _others)(found, ranks)


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
        if found.what.aspect == DUE:
            yield otherwise
        elif found.before == ABSENT:
            yield f"{noun}_gained"
        else:
            yield f"{noun}_lost" if found.after == ABSENT else otherwise

    return named


def _gates(found: Move, ranks: Mapping[str, int]) -> Iterator[str]:
    if found.after == "blocked":
        yield "newly_blocked"
    elif found.before == "blocked":
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
