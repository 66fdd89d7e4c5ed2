"""Tiers: which level is reached, what it grants, what is missing for the next one.

Levels stand in ascending order. A level is reached when its own tests and all requirements hold, those
of every level (`requires`) and its own; the highest one reached counts. The tests of one fact, the
`measure`, are analysed: every value must belong to exactly one level, or lie below the first one, where
`otherwise` speaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Level, NextLevel, Room
from policyengine.diagnostics import Code
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Binary, Expression, Name, Open
from policyengine.feel.types import types
from policyengine.kinds.tiers import measure
from policyengine.kinds.tiers.intervals import of_test
from policyengine.kinds.tiers.measure import GOOD, Claim, Measure, check_claims, measure_of
from policyengine.policy.base import Id, Many, Policy, Sourced, Text, field, keys_of
from policyengine.policy.change_context import ChangeContext
from policyengine.policy.change_words import asked, moved_range, test_words, tested
from policyengine.policy.condition import Condition, TestedPart, fact_test
from policyengine.policy.draft import Draft
from policyengine.policy.form import unknown_key
from policyengine.policy.form_advice import as_range, elsewhere
from policyengine.policy.grant import Grant, Granting, check_grants, describe_grant, granted, lower_discounts
from policyengine.policy.kind import Kind
from policyengine.policy.policy_reader import DUPLICATE_ID
from policyengine.policy.requirement import LoweredRequirement, Requirement, ask, lower_requirement
from policyengine.policy.rule import Build, Choose, Const, Explain, Reading, Rule, Rules, Shortfalls, Value


class LevelPart(TestedPart):
    """A level; further keys are `fact: test`, all of which must hold."""

    id: Id
    title: Text
    requires: Many[Requirement] = field(default=(), description="of this level only")
    grants: Many[Grant] = ()


class Otherwise(Sourced):
    """What holds where no level is reached."""

    level: Text = field(description="a word for it, such as `none`")
    title: Text | None = field(default=None, description="what people read; left out: the word")


class Tiers(Policy):
    """Which level is reached, what it grants, what is missing for the next one."""

    kind: Literal["tiers"]
    when: Condition | None = field(default=None, description="whom it judges at all; all if left out")
    measure: Text | None = field(
        default=None, description="the fact whose levels must leave no gap and not overlap"
    )
    requires: Many[Requirement] = field(default=(), description="of every level")
    levels: Many[LevelPart] = field(description="from the lowest to the highest", min_length=1)
    otherwise: Otherwise | None = None


NO_MEASURE = Code(
    id="TIER006",
    title="a level that does not test the measure",
    why="Without a test of the measure the level would cover every value of it.",
    bad=GOOD.replace("title: Gold, active_accounts: 16..", "title: Gold"),
    good=GOOD,
)
NO_RANGE = Code(
    id="TIER007",
    title="a test of the measure that is not one range of numbers",
    why="Gaps and overlaps are found only where every level claims one range of a number.",
    bad=GOOD.replace("10..15", "[10, 12]"),
    good=GOOD,
)
CODES = (NO_MEASURE, NO_RANGE, *measure.CODES)


# Check


def check(policy: Tiers, draft: Draft) -> None:
    """Ids, facts, items; gaps and overlaps over the measure."""
    _check_ids(policy, draft)
    names = draft.vocabulary.names(draft.entity)
    for i, level in enumerate(policy.levels):
        for fact in level.tests:
            if fact not in names:
                known = [*keys_of(LevelPart), *draft.vocabulary.row(draft.entity).fields]
                place = ("levels", i, fact)
                draft.report.add(unknown_key(draft.document, place, known, elsewhere(Tiers, place)))
        check_grants(draft, level.grants, "levels", i, "grants")
    if policy.measure is not None:
        what = f"fact of `{draft.entity}`"
        if draft.known(policy.measure, names, what, "measure"):
            _check_measure(policy, draft, policy.measure, names[policy.measure])


def _check_ids(policy: Tiers, draft: Draft) -> None:
    draft.unique((level.id, ("levels", i)) for i, level in enumerate(policy.levels))
    shared = [(asked.id, ("requires", i)) for i, asked in enumerate(policy.requires)]
    draft.unique(shared)
    for i, level in enumerate(policy.levels):
        own = ((asked.id, ("levels", i, "requires", j)) for j, asked in enumerate(level.requires))
        draft.unique([*dict(shared).items(), *own])
    if policy.otherwise is not None and policy.otherwise.level in {level.id for level in policy.levels}:
        message = f"`{policy.otherwise.level}` is the id of a level, so it cannot say that none is reached"
        help = "use a different word, such as `none`"
        draft.error(DUPLICATE_ID, draft.span("otherwise", "level"), message, help)


def _check_measure(policy: Tiers, draft: Draft, measure: str, kind: types.Type) -> None:
    if not isinstance(kind, types.Number):
        message = f"`{measure}` is {types.describe(kind)}, which levels cannot measure"
        draft.error(NO_RANGE, draft.span("measure"), message, "name a number, or leave `measure` out")
        return
    untested = [i for i, level in enumerate(policy.levels) if measure not in level.tests]
    for i in untested:
        message = f"`{policy.levels[i].id}` does not say its `{measure}`"
        draft.error(NO_MEASURE, draft.key_span("levels", i), message, f"add `{measure}: ...`")
    measured = measure_of(draft, measure, policy.levels)
    found = [_claim(policy, draft, i, measured) for i in range(len(policy.levels)) if i not in untested]
    claims = [claim for claim in found if claim is not None]
    if len(claims) == len(policy.levels):
        check_claims(draft, measured, claims, silent_below=policy.otherwise is None)


def _claim(policy: Tiers, draft: Draft, i: int, measure: Measure) -> Claim | None:
    """What a level claims of the measure; None if its test has a mistake, which is reported."""
    place = ("levels", i, measure.fact)
    test = fact_test(draft, place, draft.entity)
    interval = of_test(test, measure.step)
    if interval is not None:
        return Claim(policy.levels[i].id, interval, place)
    if not isinstance(test, Open):
        message = f"`{measure.fact}` of `{policy.levels[i].id}` is not tested for one range of numbers"
        written = as_range(draft.document.at(place))
        draft.error(NO_RANGE, draft.span(*place), message, f"write a range, `{written or '10..15'}`")
    return None


# Lower


@dataclass(frozen=True, slots=True)
class _Rung:
    """A level in the graph."""

    part: LevelPart
    asked: tuple[LoweredRequirement, ...]
    measured: Name
    reached: Name
    low: Decimal | None


def lower(policy: Tiers, draft: Draft) -> None:
    """The level reached with its requirements, and a discount for every item that a level lowers."""
    shared = [lower_requirement(draft, r, "requires", i) for i, r in enumerate(policy.requires)]
    measure = None
    if policy.measure is not None and policy.measure in draft.vocabulary.names(draft.entity):
        measure = measure_of(draft, policy.measure, policy.levels)
    rungs = [_rung(policy, draft, i, shared, measure) for i in range(len(policy.levels))]
    shown = _lower_level(policy, draft, rungs)
    granting = [
        Granting(rung.part.id, rung.reached, rung.part.grants, ("levels", i, "grants"))
        for i, rung in enumerate(rungs)
    ]
    because = Choose(shown, {r.part.id: Explain((r.reached.name,)) for r in rungs}, Explain(()))
    lower_discounts(draft, granting[::-1], f"{policy.id}/level", because)


def _rung(
    policy: Tiers, draft: Draft, i: int, shared: Sequence[LoweredRequirement], measure: Measure | None
) -> _Rung:
    level = policy.levels[i]
    at = draft.key_span("levels", i)
    names = draft.vocabulary.names(draft.entity)
    tests = [_ask_test(draft, fact, i, measure) for fact in level.tests if fact in names]
    own = [lower_requirement(draft, r, "levels", i, "requires", j) for j, r in enumerate(level.requires)]
    measured = draft.define(
        f"{policy.id}/{level.id}/measured", build.all_of([test.passes for test in tests], at), at
    )
    asked = (*tests, *shared, *own)
    reached = build.all_of([each.passes for each in asked], at)
    claim = None
    if measure is not None and measure.fact in level.tests:
        claim = _claim(policy, draft, i, measure)
    reached_name = draft.define(
        f"{policy.id}/{level.id}/reached", reached, at, wanted=types.BOOLEAN, title=level.title
    )
    low = claim.interval.low if claim is not None else None
    return _Rung(level, asked, measured, reached_name, low)


def _ask_test(draft: Draft, fact: str, i: int, measure: Measure | None) -> LoweredRequirement:
    place = ("levels", i, fact)
    noun = draft.vocabulary.noun(draft.entity, fact)
    title = f"{noun} {test_words(draft.vocabulary, draft.entity, fact, draft.document.plain(place))}"
    test = fact_test(draft, place, draft.entity)
    counted = test if measure is None or fact != measure.fact else measure.counted(test)
    return ask(draft, fact, title, counted, *place, test_of=fact)


def _lower_level(policy: Tiers, draft: Draft, rungs: Sequence[_Rung]) -> str:
    """The rule for the level; the name of the node that tells which level it speaks of."""
    at, name = draft.key_span("levels"), policy.id
    none = policy.otherwise.level if policy.otherwise is not None else "none"
    reached = [(rung.reached, build.literal(rung.part.id, at)) for rung in reversed(rungs)]
    otherwise = build.literal(none, at)
    level = draft.define(f"{name}/level", build.choose(reached, otherwise, at), at, title="level")
    is_none = (build.equals(level, otherwise, at), build.literal("none", at))
    status = build.choose([is_none], build.literal("reached", at), at)
    candidate, following, shown = _landmarks(policy, draft, rungs)

    def by(node: Name, read: Callable[[_Rung], Reading], nothing: Reading) -> Choose:
        return Choose(node.name, {rung.part.id: read(rung) for rung in rungs}, nothing)

    draft.rule(
        Rule(
            finding=Level,
            origin=draft.origin(policy.id, policy.title),
            origins=Choose(level.name, _origins(policy, draft, none), Const(None)),
            entity=draft.entity,
            status=draft.define(f"{name}/status", status, at).name,
            exists=draft.applies(name, "when").name if policy.when is not None else None,
            because=by(shown, lambda rung: Explain((rung.reached.name,)), Explain((rungs[0].measured.name,))),
            fields={
                "level": Value(level.name),
                "level_title": Choose(level.name, _titles(policy, none), Const(None)),
                "candidate": by(candidate, lambda rung: Const(rung.part.id), Const(None)),
                "candidate_title": by(candidate, lambda rung: Const(rung.part.title), Const(None)),
                "measure_title": Const(_measure_title(policy, draft)),
                "requirements": by(shown, lambda rung: Rules(_rules(rung)), Const(())),
                "next": by(following, _next, Const(None)),
                "room": Choose(level.name, _rooms(policy, draft, rungs), Const(None)),
            },
        )
    )
    return shown.name


def _measure_title(policy: Tiers, draft: Draft) -> str | None:
    return None if policy.measure is None else draft.vocabulary.noun(draft.entity, policy.measure)


def _titles(policy: Tiers, none: str) -> dict[str, Reading]:
    """The titles of the levels, and of what holds where none is reached."""
    below = None if policy.otherwise is None else policy.otherwise.title or none
    return {none: Const(below), **{level.id: Const(level.title) for level in policy.levels}}


def _landmarks(policy: Tiers, draft: Draft, rungs: Sequence[_Rung]) -> tuple[Name, Name, Name]:
    """Nodes whose texts are levels: the one the measure alone would give, the next one, the one spoken of.

    Spoken of is the level reached, or else the one that is next: the candidate, or the lowest above it.
    """
    at, name = draft.key_span("levels"), policy.id

    def surely(condition: Name, level: str) -> tuple[Expression, Expression]:
        return build.call("is true", condition, span=at), build.literal(level, at)

    measured = [surely(r.measured, r.part.id) for r in reversed(rungs)] if policy.measure else []
    ahead = [*measured, *_above(policy, rungs, at)] if policy.measure else []
    first = build.literal("" if policy.measure else rungs[0].part.id, at)
    ids = [*(rung.part.id for rung in rungs), ""]
    reached = [surely(rung.reached, rung.part.id) for rung in reversed(rungs)]
    beyond = [surely(rung.reached, ids[i + 1]) for i, rung in reversed(list(enumerate(rungs)))]
    nothing = build.literal("", at)
    return (
        draft.define(f"{name}/candidate", build.choose(measured, nothing, at), at),
        draft.define(f"{name}/next", build.choose([*beyond, *ahead], first, at), at),
        draft.define(f"{name}/shown", build.choose([*reached, *ahead], first, at), at),
    )


def _above(policy: Tiers, rungs: Sequence[_Rung], at: Any) -> list[tuple[Expression, Expression]]:
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


def _rules(rung: _Rung) -> tuple[Rule, ...]:
    return tuple(asked.rule for asked in rung.asked)


def _next(rung: _Rung) -> Reading:
    return Build(
        NextLevel,
        {
            "level": Const(rung.part.id),
            "title": Const(rung.part.title),
            "missing": Shortfalls(_rules(rung)),
        },
    )


def _origins(policy: Tiers, draft: Draft, none: str) -> dict[str, Reading]:
    found: dict[str, Reading] = {
        level.id: Const(draft.origin(policy.id, policy.title, "levels", i))
        for i, level in enumerate(policy.levels)
    }
    if policy.otherwise is not None:
        found[none] = Const(draft.origin(policy.id, policy.title, "otherwise"))
    return found


def _rooms(policy: Tiers, draft: Draft, rungs: Sequence[_Rung]) -> dict[str, Reading]:
    rooms: dict[str, Reading] = {}
    for i, rung in enumerate(rungs):
        if policy.measure is None or rung.low is None or (i == 0 and rung.low <= 0):
            continue  # the lowest level that begins at nothing cannot be lost
        at = draft.span("levels", i, policy.measure)
        measure = build.name(policy.measure, at)
        name = f"{policy.id}/{rung.part.id}"
        kind = draft.vocabulary.names(draft.entity)[policy.measure]
        low = draft.define(f"{name}/low", build.literal(rung.low, at), at, wanted=kind)
        left = draft.define(f"{name}/room", Binary("-", measure, low, at), at, wanted=kind)
        have = draft.define(f"{name}/have", measure, at)
        rooms[rung.part.id] = Build(
            Room,
            {
                "fact": Const(policy.measure),
                "noun": Const(draft.vocabulary.noun(draft.entity, policy.measure)),
                "have": Value(have.name),
                "lost_below": Value(low.name),
                "room": Value(left.name),
                "unit": Const(kind.symbol if isinstance(kind, types.Number) else ""),
            },
        )
    return rooms


# Words


def describe(context: ChangeContext) -> str | None:
    """Where levels start and end, what they grant, what they ask for."""
    match context.keys:
        case ("levels", "*", fact) if context.is_fact(fact):
            return _moved_level(context, fact)
        case ("levels", "*"):
            return context.comes_or_goes(
                f"new level {context.name}{_grants(context)}",
                f"there is no level {context.name} any more{_grants(context)}",
            )
        case ("levels", "*", "grants", *_):
            return describe_grant(context)
        case ("requires", "*"):
            return context.comes_or_goes(
                f"now asked for, of every level: {context.name}",
                f"no longer asked for, of any level: {context.name}",
            )
        case ("otherwise", "level"):
            return context.was("where no level is reached, it", "says")
    return None


def _moved_level(context: ChangeContext, fact: str) -> str:
    if isinstance(context.old, str) and isinstance(context.new, str):
        found = moved_range(context, fact)
        if found is not None:
            return found
    if context.new is None:
        return f"{context.name} no longer asks that {asked(context, fact, context.old)}"
    was = "was not asked for" if context.old is None else f"was {tested(context, fact, context.old)}"
    return f"{context.name} now asks that {asked(context, fact, context.new)} ({was})"


def _grants(context: ChangeContext) -> str:
    tests = [
        asked(context, key, test)
        for key, test in context.own.items()
        if key not in keys_of(LevelPart) and context.is_fact(key)
    ]
    said = ", ".join([*tests, *(granted(context, each) for each in context.own.get("grants") or ())])
    return f": {said}" if said else ""


KIND = Kind(
    "tiers",
    "which level is reached, what it grants, what is missing for the next one",
    Tiers,
    ("levels", "discounts"),
    check,
    lower,
    CODES,
    describe=describe,
)
