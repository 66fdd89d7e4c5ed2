"""The way to the reasons of a node, found by watching the reference once and followed from then on.

Which sentences explain a node depends only on how the conditions on the way came out: true, false, not
known, or some other value. The first time the reference explains a node, a trace notes every condition that
it asked for with the outcome, and the sentences that it took. For a record with the same outcomes the same
sentences are taken, each from the memory of sentences. Reasons that come about in another way are not
traced: the reference gives them every time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from typing import Any, Final, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Reason
from policyengine.engine.rows.values import keep, key_of
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Unknown

OPEN: Final = "open"
_OTHER: Final = "other"
_MOST: Final = 4096


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence on the way: at the instance so many up, about an expression, for values of its `names`.

    `table` keeps it for those values; without names that compare cheaply it is made every time.
    """

    hops: int
    work: Callable[[Any, Expression, object, bool], Reason]
    expression: Expression
    upright: bool
    names: tuple[str, ...] | None
    table: dict[object, Reason] = field(default_factory=dict, compare=False)


@dataclass(slots=True)
class Step:
    """A condition (a node by its name, or an expression) and where each of its outcomes leads."""

    hops: int
    asked: Expression | str
    ways: dict[object, Place] = field(default_factory=dict)


Place: TypeAlias = "Step | tuple[Said, ...]"


@dataclass(slots=True)
class Trace:
    """What the reference does while it explains a node of an instance."""

    start: Any
    asked: list[tuple[int, Expression | str, object]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)

    def hops(self, scope: Any) -> int:
        """How far above the start an instance lies."""
        at, hops = self.start, 0
        while at is not scope:
            at, hops = at.above, hops + 1
        return hops

    def ask(self, scope: Any, asked: Expression | str, value: object) -> None:
        """Notes a condition that was asked for."""
        self.asked.append((self.hops(scope), asked, outcome(value)))

    def say(self, scope: Any, said: Said, reason: Reason) -> None:
        """Notes a sentence that was taken."""
        self.said.append(replace(said, hops=self.hops(scope)))
        self.reasons.append(reason)


@dataclass(slots=True)
class Watch:
    """What the instances of one record share: the trace that goes on, if there is one."""

    trace: Trace | None = None


@dataclass(slots=True)
class Way:
    """All that is known of how one node is explained."""

    first: Place | None = None
    size: int = 0

    def follow(self, scope: Any) -> tuple[Reason, ...] | None:
        """The reasons at an instance; None where the way is not known."""
        found = self.said(scope)
        return None if found is None else distinct([say(scope, said) for said in found])

    def said(self, scope: Any) -> tuple[Said, ...] | None:
        """The sentences that are taken at an instance; None where the way is not known."""
        at: Any = self.first
        while at.__class__ is Step:
            asked = _above(scope, at.hops) if at.hops else scope
            name = at.asked
            if name.__class__ is str:
                value = asked._memo[name] if name in asked._memo else asked[name]
            else:
                value = asked.value(name)
            at = at.ways.get(value if value is True or value is False else outcome(value))
        found: tuple[Said, ...] | None = at
        return found

    def learn(self, trace: Trace, found: tuple[Reason, ...]) -> None:
        """Notes a way that was traced, if it tells everything about the reasons."""
        if distinct(trace.reasons) != found or self.size >= _MOST:
            return
        self.size += 1
        places: list[Place] = [*(Step(hops, asked) for hops, asked, _ in trace.asked), tuple(trace.said)]
        if self.first is None:
            self.first = places[0]
        at = self.first
        for (_, _, came_out), following in zip(trace.asked, places[1:], strict=True):
            assert isinstance(at, Step)
            at = at.ways.setdefault(came_out, following)


def outcome(value: object) -> object:
    """What the reference can tell of a value on the way."""
    if value is True or value is False:
        return value
    return OPEN if value.__class__ is Unknown else _OTHER


def _above(scope: Any, hops: int) -> Any:
    for _ in range(hops):
        scope = scope.above
    return scope


def say(scope: Any, said: Said) -> Reason:
    """A sentence at an instance: as it was said of equal values, or else as the reference says it."""
    at = _above(scope, said.hops) if said.hops else scope
    if said.names is None:
        return said.work(at, said.expression, at.value(said.expression), said.upright)
    key = key_of(at, said.names)
    reason = said.table.get(key)
    if reason is None:
        reason = said.work(at, said.expression, at.value(said.expression), said.upright)
        keep(said.table, key, reason)
    return reason


def distinct(reasons: list[Reason]) -> tuple[Reason, ...]:
    """The reasons without those that say the same again."""
    if len({reason.text for reason in reasons}) == len(reasons):
        return tuple(reasons)
    return tuple(dict.fromkeys(reasons))
