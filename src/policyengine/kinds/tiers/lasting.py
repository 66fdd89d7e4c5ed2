"""Levels that last: the level in force, from the one that is held and the one that today's figures lead to.

For every level that may be held there is one expression of where the figures lead: a higher level that is
reached takes its place; one that is kept stays; else it falls, by one level or to what is still kept or
reached. The level in force is that, where it may rise or fall today.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, did_you_mean
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Binary, Expression, Name, Open
from policyengine.feel.types import types
from policyengine.kinds.tiers.level_parts import State, Tiers
from policyengine.kinds.tiers.level_value import level_type, may_be_none
from policyengine.policy.draft import Draft
from policyengine.policy.rule import Renewal
from policyengine.source import Span

_GOOD = """\
kind: tiers
id: example
title: Example
for: partner
measure: active_accounts
levels: [{id: positive, title: Positive, active_accounts: 10..}]
otherwise: {level: negative}
state: {held: competence_rating, since: renewal_on}
"""
WRONG_FACT = Code(
    id="STATE001",
    title="a fact that cannot hold the state of a level",
    why="The level that is held is one of the levels, or what holds where none is reached; days are dates, a "
    "counter is a number. A record gives them, since renewing writes them.",
    bad=_GOOD.replace("held: competence_rating", "held: region"),
    good=_GOOD,
)
INCOMPLETE = Code(
    id="STATE002",
    title="a state that does not say all that it needs",
    why="Grace is counted from a day that a fact holds, the thresholds of the measure use a counter up, and "
    "only levels that last are kept.",
    bad=_GOOD.replace("since: renewal_on", "grace: P3M"),
    good=_GOOD.replace("since: renewal_on", "grace: P3M, short_since: renewal_on"),
)
CODES = (WRONG_FACT, INCOMPLETE)


@dataclass(frozen=True, slots=True)
class Step:
    """A level: its id, the conditions that it is reached and kept, where its measure begins."""

    id: str
    reached: Name
    kept: Name
    low: Decimal | None


@dataclass(frozen=True, slots=True)
class Lasting:
    """The level in force, that of today's figures, that of the record, and until when it is held.

    None: nothing says until when.
    """

    level: Name
    by_figures: Name
    on_record: Name
    until: Name | None


# Check


def check_state(policy: Tiers, draft: Draft) -> None:
    """Reports facts that cannot hold the state, and keys without those that they need."""
    state = policy.state
    if state is None:
        for i, level in enumerate(policy.levels):
            if level.keep is not None:
                message = f"`{level.id}` is kept, but no level lasts"
                at = draft.key_span("levels", i, "keep")
                draft.error(INCOMPLETE, at, message, "add `state: {held: ...}`, or remove `keep`")
        return
    kinds: dict[str, types.Type] = {
        "held": level_type(policy), "since": types.DATE, "short_since": types.DATE
    }  # fmt: skip
    for key, wanted in kinds.items():
        if getattr(state, key) is not None:
            # Where nothing is said below the first level, everybody is to reach that.
            unneeded = (policy.none,) if policy.otherwise is None else ()
            _check_fact(draft, getattr(state, key), wanted, "state", key, unneeded=unneeded)
    if state.counter is not None:
        _check_fact(draft, state.counter.fact, types.NUMBER, "state", "counter", "fact")
        if state.counter.uses_up and policy.measure is None:
            at = draft.key_span("state", "counter", "uses_up")
            draft.error(INCOMPLETE, at, "no `measure` says what a level takes off", "add `measure: ...`")
    if state.grace is not None and state.short_since is None:
        message = "nothing holds the day from which the grace is counted"
        draft.error(INCOMPLETE, draft.key_span("state", "grace"), message, "add `short_since: ...`")


def _check_fact(
    draft: Draft, name: str, wanted: types.Type, *place: str, unneeded: Sequence[str] = ()
) -> None:
    facts, at = draft.vocabulary.entities[draft.entity].facts, draft.span(*place)
    if name not in facts or not facts[name].is_given:
        given = [each for each, declared in facts.items() if declared.is_given]
        help = did_you_mean(name, given) or "declare it, so that a record can hold it"
        draft.error(WRONG_FACT, at, f"`{name}` is not a fact that records give of `{draft.entity}`", help)
        return
    kind = draft.vocabulary.fact_type(name, facts[name])
    if isinstance(wanted, types.Enum):
        known = kind.values if isinstance(kind, types.Enum) else ()
        lacking = [value for value in wanted.values if value not in known and value not in unneeded]
        if lacking:
            help = f"make it `{{type: enum, values: [{', '.join(wanted.values)}]}}`"
            draft.error(WRONG_FACT, at, f"`{name}` cannot be `{lacking[0]}`", help)
    elif kind != wanted and not (wanted == types.NUMBER and isinstance(kind, types.Number)):
        draft.error(WRONG_FACT, at, f"`{name}` is {types.describe(kind)}, not {types.describe(wanted)}")


# Lower


def lower_state(policy: Tiers, draft: Draft, state: State, steps: Sequence[Step]) -> Lasting:
    """The nodes of the level in force, and what renewing writes."""
    return _Lowering(policy, draft, state, steps).all()


class _Lowering:
    """Lowers the state of one policy."""

    def __init__(self, policy: Tiers, draft: Draft, state: State, steps: Sequence[Step]) -> None:
        self.policy, self.draft, self.state = policy, draft, state
        lowest = policy.none
        if not may_be_none(policy):  # everybody has at least the lowest level
            lowest, steps = steps[0].id, steps[1:]
        self.steps = steps
        self.at: Span = draft.key_span("state")
        self.ids = [lowest, *(step.id for step in steps)]
        self.held = build.name(state.held, self.at)
        self.kind = level_type(policy)
        held = draft.vocabulary.names(draft.entity)[state.held]
        self.holdable = held.values if isinstance(held, types.Enum) else ()

    def all(self) -> Lasting:
        """Everything."""
        policy, draft, at = self.policy, self.draft, self.at
        review = self._review()
        may_fall = self._may_fall(review)
        floor = self._floor()
        ways = [self._way(i, floor) for i in range(len(self.ids))]
        found = [self._of_held(i, way, review, may_fall) for i, way in enumerate(ways)]
        other = Open("the level that is held is none of the levels", at)
        level = self._define("in-force", build.choose(self._by_held(found), other, at), self.kind)
        by_figures = build.choose(self._by_held(ways), other, at)
        short = self._define("short", build.choose(self._by_held(self._short()), other, at), types.BOOLEAN)
        self._renewal(level, short)
        return Lasting(
            level, draft.define(f"{policy.id}/by-figures", by_figures, at, wanted=self.kind),
            draft.define(f"{policy.id}/on-record", self.held, at), self._until(level, short),
        )  # fmt: skip

    def _define(self, name: str, expression: Expression, kind: types.Type, title: str | None = None) -> Name:
        return self.draft.define(f"{self.policy.id}/{name}", expression, self.at, wanted=kind, title=title)

    def _literal(self, i: int) -> Expression:
        return build.literal(self.ids[i], self.at)

    def _by_held(self, values: Sequence[Expression]) -> list[tuple[Expression, Expression]]:
        return [
            (build.equals(self.held, self._literal(i), self.at), value)
            for i, value in enumerate(values)
            if self.ids[i] in self.holdable
        ]

    def _review(self) -> Expression:
        if self.state.falls.when is None:
            return build.literal(True, self.at)
        return self._define("review", self.draft.condition("state", "falls", "when"), types.BOOLEAN, "review")

    def _may_fall(self, review: Expression) -> Expression:
        if self.state.grace is None:
            return review
        ends = build.compare("<=", self._grace_ends(), build.name("today", self.at), self.at)
        over = build.call("is true", ends, span=self.at)
        return build.all_of(
            [review, self._define("grace-over", over, types.BOOLEAN, "grace is over")], self.at
        )

    def _grace_ends(self) -> Expression:
        since = build.name(str(self.state.short_since), self.at)
        return Binary("+", since, build.literal(self.state.grace, self.at), self.at)

    def _floor(self) -> Expression | int:
        """Its place among the levels, or an expression that gives it."""
        if self.state.floor is None or self.state.floor in self.ids:
            return 0 if self.state.floor is None else self.ids.index(self.state.floor)
        return self._define("floor", self.draft.feel("state", "floor"), self.kind, "floor")

    def _way(self, i: int, floor: Expression | int) -> Name:
        """Where today's figures lead, if level i is held."""
        cases: list[tuple[Expression, Expression]] = [
            (step.reached, self._literal(j + 1)) for j, step in reversed(self._higher(i))
        ]
        if i > 0:
            cases.append((self._stays(i), self._literal(i)))
        falls = self._fallen(i, floor) if i > 0 else self._literal(0)
        return self._define(f"figures/{self.ids[i]}", build.choose(cases, falls, self.at), types.TEXT)

    def _higher(self, i: int) -> list[tuple[int, Step]]:
        return [(j, step) for j, step in enumerate(self.steps) if j + 1 > i]

    def _of_held(self, i: int, way: Name, review: Expression, may_fall: Expression) -> Name:
        """The level in force where level i is held: that of the figures, if it may change today."""
        at, state, at_once = self.at, self.state, self.state.rises == "at once"
        if (i == 0 and at_once) or (state.grace is None and state.falls.when is None):
            return way  # nothing keeps the level from changing
        may_rise = build.any_of([step.reached for _, step in self._higher(i)], at)
        may_rise = may_rise if at_once else build.all_of([review, may_rise], at)
        changes = may_rise if i == 0 else build.any_of([may_rise, may_fall], at)
        value = build.choose([(changes, way)], self._literal(i), at)
        return self._define(f"held/{self.ids[i]}", value, types.TEXT)

    def _stays(self, i: int) -> Expression:
        step = self.steps[i - 1]
        return step.reached if step.reached == step.kept else build.any_of([step.reached, step.kept], self.at)

    def _fallen(self, i: int, floor: Expression | int) -> Expression:
        """Where level i falls to."""
        if isinstance(floor, int):
            return self._fallen_to(i, floor)
        cases = [
            (build.equals(floor, self._literal(f), self.at), self._fallen_to(i, f))
            for f in range(1, len(self.ids))
        ]
        return build.choose(cases, self._fallen_to(i, 0), self.at)

    def _fallen_to(self, i: int, floor: int) -> Expression:
        floor = min(floor, i)
        if self.state.falls.by == "one level":
            return self._literal(max(i - 1, floor))
        kept = [(self._stays(j), self._literal(j)) for j in range(i - 1, floor, -1)]
        return build.choose(kept, self._literal(floor), self.at)

    def _short(self) -> list[Expression]:
        """For each level that may be held, whether the figures neither keep it nor reach a higher one."""
        found: list[Expression] = [build.literal(False, self.at)]
        for i in range(1, len(self.ids)):
            above = [self._stays(i), *(step.reached for step in self.steps[i:])]
            found.append(build.negate(build.any_of(above, self.at), self.at))
        return found

    def _until(self, level: Name, short: Name) -> Name | None:
        """Until when the level is held; nothing where none is."""
        state, at = self.state, self.at
        if state.grace is None and state.keeps_until is None:
            return None
        like = build.name("today", at)
        nothing = build.call("no value of", like, span=at)
        until = nothing if state.keeps_until is None else self.draft.feel("state", "keeps_until")
        cases: list[tuple[Expression, Expression]] = [(build.equals(level, self._literal(0), at), nothing)]
        if state.grace is not None:
            cases.append((build.call("is true", short, span=at), self._grace_ends()))
        found = self._define("until/any", build.choose(cases, until, at), types.DATE, "held until")
        over = build.call("is true", build.compare("<", found, like, at), span=at)
        return self._define("until", build.choose([(over, nothing)], found, at), types.DATE)

    def _renewal(self, level: Name, short: Name) -> None:
        """What renewing writes: the level, since when it is held, since when it is short, the counter."""
        state, at = self.state, self.at
        today = build.name("today", at)
        changed = self._define(
            "changed", build.negate(build.equals(level, self.held, at), at), types.BOOLEAN, "changed"
        )
        sets = {state.held: level.name}
        if state.since is not None:
            since = build.choose([(changed, today)], build.name(state.since, at), at)
            sets[state.since] = self._define("since", since, types.DATE).name
        if state.short_since is not None:
            before = build.name(state.short_since, at)
            said = build.call("is true", build.call("is defined", before, span=at), span=at)
            still = build.all_of([short, build.negate(changed, at)], at)
            day = build.choose([(said, before)], today, at)
            nothing = build.call("no value of", today, span=at)
            sets[state.short_since] = self._define(
                "short-since", build.choose([(still, day)], nothing, at), types.DATE
            ).name
        if state.counter is not None:
            sets[state.counter.fact] = self._counter(level, state.counter.fact).name
        applies = None if self.policy.when is None else f"{self.policy.id}/applies"
        self.draft.renewal(
            Renewal(self.policy.id, self.policy.title, self.draft.entity, level.name, applies, sets, at)
        )

    def _counter(self, level: Name, fact: str) -> Name:
        counter, at = self.state.counter, self.at
        assert counter is not None
        total: Expression = build.name(fact, at)
        if counter.add is not None:
            total = build.add([total, self.draft.feel("state", "counter", "add")], at)
        if counter.uses_up:
            used = [
                (self._rises_to(level, j + 1), build.literal(step.low, at))
                for j, step in enumerate(self.steps) if step.low is not None
            ]  # fmt: skip
            total = Binary("-", total, build.choose(used, build.literal(0, at), at), at)
        return self._define("counter", total, self.draft.vocabulary.names(self.draft.entity)[fact])

    def _rises_to(self, level: Name, i: int) -> Expression:
        at = self.at
        before = build.one_of(self.held, [self._literal(j) for j in range(i, len(self.ids))], at)
        return build.all_of([build.equals(level, self._literal(i), at), build.negate(before, at)], at)
