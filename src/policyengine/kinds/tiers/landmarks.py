"""The levels that a finding speaks of: the one the measure would give, the next one, the one it explains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Name
from policyengine.kinds.tiers.level_parts import Tiers
from policyengine.kinds.tiers.level_room import Rung
from policyengine.policy.draft import Draft
from policyengine.source import Span


class Landmarks(NamedTuple):
    """Nodes whose texts are levels, and one that explains where there is no level to speak of.

    Shown is the level reached, or else the one that is next: the candidate, or the lowest above it. Where the
    level is not decided, it is one that is not decided. `any_reached` is false for the reasons that no level
    is reached, and not known for what keeps the open ones from being decided.
    """

    candidate: Name
    following: Name
    shown: Name
    any_reached: Name


_Case = tuple[Expression, Expression]


def landmarks(policy: Tiers, draft: Draft, rungs: Sequence[Rung], figures: Name) -> Landmarks:
    """Defines the landmarks; `figures` is the level that today's figures reach."""
    at, name = draft.key_span("levels"), policy.id
    measured = [_surely(r.measured, r.part.id) for r in reversed(rungs)] if policy.measure else []
    ahead = [*measured, *_above(policy, rungs, at)] if policy.measure else []
    nothing = build.literal("", at)
    first = nothing if policy.measure else build.literal(rungs[0].part.id, at)
    ids = [*(rung.part.id for rung in rungs), ""]
    reached = [_surely(rung.reached, rung.part.id) for rung in reversed(rungs)]
    beyond = [_surely(rung.reached, ids[i + 1]) for i, rung in reversed(list(enumerate(rungs)))]
    decided = build.choose([*reached, *ahead], first, at)
    undecided = build.choose(_undecided(policy, rungs, at), nothing, at)
    shown = build.choose([(_is_known(figures), decided)], undecided, at)
    false = build.literal(False, at)
    one_is = build.any_of([build.call("once known", rung.reached, false, span=at) for rung in rungs], at)
    return Landmarks(
        draft.define(f"{name}/candidate", build.choose(measured, nothing, at), at),
        draft.define(f"{name}/next", build.choose([*beyond, *ahead], first, at), at),
        draft.define(f"{name}/shown", shown, at),
        draft.define(f"{name}/any-reached", one_is, at),
    )


def _surely(condition: Name, level: str) -> _Case:
    at = condition.span
    return build.call("is true", condition, span=at), build.literal(level, at)


def _is_known(value: Name) -> Expression:
    at = value.span
    once = build.call("once known", value, build.literal(True, at), span=at)
    return build.call("is true", once, span=at)


def _undecided(policy: Tiers, rungs: Sequence[Rung], at: Span) -> list[_Case]:
    """Where the level is not decided: the highest open one that the measure gives; else the lowest open one.

    An open one is above all that are reached; of a policy with a measure that is not known there is none.
    """
    is_open = [build.negate(_is_known(rung.reached), at) for rung in rungs]
    if policy.measure is not None:
        found: list[_Case] = []
        for rung, own in reversed(list(zip(rungs, is_open, strict=True))):
            given, level = _surely(rung.measured, rung.part.id)
            found.append((build.all_of([given, own], at), level))
        return found
    above = [build.call("is true", rung.reached, span=at) for rung in rungs]
    return [
        (build.all_of([own, *(build.negate(each, at) for each in above[i + 1 :])], at),
         build.literal(rungs[i].part.id, at))
        for i, own in enumerate(is_open)
    ]  # fmt: skip


def _above(policy: Tiers, rungs: Sequence[Rung], at: Span) -> list[_Case]:
    """For a value in no level: the lowest level that starts above it."""
    measure = build.name(str(policy.measure), at)
    return [
        (
            build.call("is true", build.compare("<", measure, build.literal(r.low, at), at), span=at),
            build.literal(r.part.id, at),
        )
        for r in rungs
        if r.low is not None
    ]
