"""Levels as expressions of the graph: which one is reached, what it asks for, and how findings read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Level, NextLevel, Room
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Binary, Expression, Name, Open
from policyengine.feel.types import types
from policyengine.kinds.tiers.claims import claim_of, places_of
from policyengine.kinds.tiers.intervals import of_test
from policyengine.kinds.tiers.lasting import Lasting, Step, lower_state
from policyengine.kinds.tiers.level_parts import LevelPart, Tiers, plain_test
from policyengine.kinds.tiers.level_value import define_value, may_be_none
from policyengine.kinds.tiers.measure import Measure, level_test, measure_of
from policyengine.policy.change_words import test_words
from policyengine.policy.draft import Draft
from policyengine.policy.grant import Granting, lower_grants
from policyengine.policy.requirement import LoweredRequirement, ask, lower_requirement
from policyengine.policy.rule import Build, Choose, Const, Explain, Reading, Rule, Rules, Shortfalls, Value
from policyengine.policy.waiving import Waivable, Waived, waive
from policyengine.text.document import Pointer


@dataclass(frozen=True, slots=True)
class _Rung:
    """A level in the graph."""

    part: LevelPart
    asked: tuple[LoweredRequirement, ...]
    given: Waived | None
    measured: Name
    reached: Name
    kept: Name
    low: Decimal | None
    lost_below: Decimal | None

    @property
    def step(self) -> Step:
        """The level as one that may be held."""
        return Step(self.part.id, self.reached, self.kept, self.low)


def lower(policy: Tiers, draft: Draft) -> None:
    """The level reached with its requirements, and a discount for every item that a level lowers."""
    shared = [lower_requirement(draft, r, "requires", i) for i, r in enumerate(policy.requires)]
    measure = None
    if policy.measure is not None and policy.measure in draft.vocabulary.names(draft.entity):
        measure = measure_of(draft, policy.measure, places_of(policy, policy.measure))
    rungs = [_rung(policy, draft, i, shared, measure) for i in range(len(policy.levels))]
    _read_all(policy, draft)
    shown = _lower_level(policy, draft, rungs)
    granting = _granting(policy, draft, rungs)
    because = Choose(shown, {r.part.id: Explain((r.reached.name,)) for r in rungs}, Explain(()))
    level = f"{policy.id}/level" if policy.state is None else f"{policy.id}/in-force"
    lower_grants(draft, granting[::-1], level, because)


def _read_all(policy: Tiers, draft: Draft) -> None:
    """Reads each fact that levels name, also one for which they only have `-` or `unknown`."""
    at, names = draft.key_span("levels"), draft.vocabulary.names(draft.entity)
    tests = [part.tests for level in policy.levels for part in (level, level.keep) if part is not None]
    for fact in dict.fromkeys((*policy.thresholds, *(fact for each in tests for fact in each))):
        if fact in names:
            draft.reads(fact, f"{policy.id}/asked/{fact}", at)


def _granting(policy: Tiers, draft: Draft, rungs: Sequence[_Rung]) -> list[Granting]:
    """What each level grants, and what holds where none is reached; only to whom the policy judges."""
    applies = None if policy.when is None else build.name(f"{policy.id}/applies", draft.span("when"))
    level = f"{policy.id}/level" if policy.state is None else f"{policy.id}/in-force"

    def holds(rung: _Rung) -> Name:
        if applies is None and policy.state is None:
            return rung.reached
        at = rung.reached.span
        in_force = build.equals(build.name(level, at), build.literal(rung.part.id, at), at)
        has = rung.reached if policy.state is None else in_force
        both = build.all_of([has] if applies is None else [applies, has], at)
        return draft.define(f"{policy.id}/{rung.part.id}/granted", both, at, title=rung.part.title)

    found = [
        Granting(rung.part.id, rung.part.title, holds(rung), rung.part.grants, ("levels", i, "grants"))
        for i, rung in enumerate(rungs)
    ]
    if policy.otherwise is None or not policy.otherwise.grants:
        return found
    at = draft.key_span("otherwise")
    no_level = build.equals(build.name(level, at), build.literal(policy.none, at), at)
    holding = draft.define(
        f"{policy.id}/otherwise/granted",
        build.all_of([no_level] if applies is None else [applies, no_level], at), at, title=policy.none_title,
    )  # fmt: skip
    place = ("otherwise", "grants")
    return [Granting(policy.none, policy.none_title, holding, policy.otherwise.grants, place), *found]


def _rung(
    policy: Tiers, draft: Draft, i: int, shared: Sequence[LoweredRequirement], measure: Measure | None
) -> _Rung:
    level = policy.levels[i]
    at = draft.key_span("levels", i)
    names = draft.vocabulary.names(draft.entity)
    places = [(fact, policy.place_of(i, fact)) for fact in policy.facts_of(i) if fact in names]
    tests = {
        fact: _ask_test(policy, draft, level.id, fact, place, measure)
        for fact, place in places if place is not None
    }  # fmt: skip
    measuring = [test for fact, test in tests.items() if measure is None or fact == measure.fact]
    own = [lower_requirement(draft, r, "levels", i, "requires", j) for j, r in enumerate(level.requires)]
    measured = draft.define(
        f"{policy.id}/{level.id}/measured", build.all_of([test.passes for test in measuring], at), at
    )
    asked = (*tests.values(), *shared, *own)
    reached = build.all_of([each.passes for each in asked], at)
    given = _given(policy, draft, i, reached)
    if given is not None:
        reached = build.any_of([reached, given.holds], at)
    claim = None if measure is None else claim_of(policy, draft, i, measure)
    reached_name = draft.define(
        f"{policy.id}/{level.id}/reached", reached, at, wanted=types.BOOLEAN, title=level.title
    )
    low = claim.interval.low if claim is not None else None
    kept = reached_name
    if level.keep is not None:
        if level.keep.requires is not None:
            place = ("levels", i, "keep", "requires")
            own = [lower_requirement(draft, r, *place, j) for j, r in enumerate(level.keep.requires)]
        kept = _kept(policy, draft, i, [each.passes for each in (*shared, *own)], given)
    return _Rung(
        level, asked, given, measured, reached_name, kept, low, _lost_below(draft, i, level, measure, low)
    )


def _given(policy: Tiers, draft: Draft, i: int, reached: Expression) -> Waived | None:
    """The waivers that give a level to those who do not reach it."""
    level, at = policy.levels[i], draft.key_span("levels", i)
    name, path = f"{policy.id}/{level.id}", f"{policy.id}/{level.id}"
    by_itself = reached
    if path in draft.vocabulary.waivers:
        by_itself = draft.define(f"{name}/by-itself", reached, at, wanted=types.BOOLEAN)
    because = Explain((f"{name}/by-itself",))
    return waive(draft, Waivable(path, level.title, name, by_itself, because), "levels", i)


def _lost_below(
    draft: Draft, i: int, level: LevelPart, measure: Measure | None, low: Decimal | None
) -> Decimal | None:
    """Where the measure loses a level that is held: where it begins, or a test for keeping it does."""
    own = None if measure is None or level.keep is None else level.keep.tests.get(measure.fact)
    if measure is None or own is None:
        return low
    test = None if own.is_ == "-" else level_test(draft, measure.fact, ("levels", i, "keep", measure.fact))
    kept = None if test is None else of_test(test, measure.step)
    return None if kept is None or kept.low is None or low is None else min(low, kept.low)


def _kept(policy: Tiers, draft: Draft, i: int, asked: Sequence[Name], given: Waived | None) -> Name:
    """Whether a level is kept: by tests of its own, else by those for reaching it."""
    level, at = policy.levels[i], draft.key_span("levels", i, "keep")
    own = level.keep.tests if level.keep is not None else {}
    places = {fact: policy.place_of(i, fact) for fact in policy.facts_of(i)}
    places |= {fact: None if test.is_ == "-" else ("levels", i, "keep", fact) for fact, test in own.items()}
    tests = [level_test(draft, fact, place) for fact, place in places.items() if place is not None]
    kept = build.all_of([*tests, *asked], at)
    return draft.define(
        f"{policy.id}/{level.id}/kept", kept if given is None else build.any_of([kept, given.holds], at), at,
        wanted=types.BOOLEAN, title=f"keeps {level.title}",
    )  # fmt: skip


def _ask_test(
    policy: Tiers, draft: Draft, level: str, fact: str, place: Pointer, measure: Measure | None
) -> LoweredRequirement:
    row = policy.thresholds.get(fact)
    noun = (
        row.title if row is not None and row.title is not None else draft.vocabulary.noun(draft.entity, fact)
    )
    test = level_test(draft, fact, place)
    written = draft.document.plain(place)
    words = test_words(draft.vocabulary, draft.entity, fact, plain_test(written))
    title = f"{noun}: not said" if isinstance(test, Open) else f"{noun} {words}"
    counted = test if measure is None or fact != measure.fact else measure.counted(test)
    path = f"{policy.id}/{level}/{fact}"
    return ask(draft, fact, title, counted, *place, test_of=fact, path=path)


def _lower_level(policy: Tiers, draft: Draft, rungs: Sequence[_Rung]) -> str:
    """The rule for the level; the name of the node that tells which level it speaks of."""
    at, name = draft.key_span("levels"), policy.id
    none = policy.none
    reached = [(rung.reached, build.literal(rung.part.id, at)) for rung in reversed(rungs)]
    otherwise = build.literal(none, at)
    figures = draft.define(f"{name}/level", build.choose(reached, otherwise, at), at, title="level")
    lasting = Lasting(figures, figures, None)
    if policy.state is not None:
        lasting = lower_state(policy, draft, policy.state, [rung.step for rung in rungs], figures)
    level = lasting.level
    status: Expression = build.literal("reached", at)
    if may_be_none(policy):
        status = build.choose([(build.equals(level, otherwise, at), build.literal("none", at))], status, at)
    else:
        status = build.call("once known", level, status, span=at)
    applies = draft.applies(name, "when") if policy.when is not None else None
    told = [(rung.reached, rung.part.title) for rung in reversed(rungs)] if policy.state is None else []
    define_value(draft, policy, level, applies, told)
    candidate, following, shown = _landmarks(policy, draft, rungs)
    following = following if policy.state is None else _above_in_force(policy, draft, level)
    held = () if policy.state is None else (level.name,)
    nothing_reached = Explain((rungs[0].measured.name, *held))

    def by(node: Name, read: Callable[[_Rung], Reading], nothing: Reading) -> Choose:
        return Choose(node.name, {rung.part.id: read(rung) for rung in rungs}, nothing)

    draft.rule(
        Rule(
            finding=Level,
            origin=draft.origin(policy.id, policy.title),
            origins=Choose(level.name, _origins(policy, draft, none), Const(None)),
            entity=draft.entity,
            status=draft.define(f"{name}/status", status, at).name,
            exists=applies.name if applies is not None else None,
            because=by(shown, lambda rung: Explain((rung.reached.name, *held)), nothing_reached),
            fields={
                "level": Value(level.name),
                "level_title": Choose(level.name, _titles(policy, none), Const(None)),
                "candidate": by(candidate, lambda rung: Const(rung.part.id), Const(None)),
                "candidate_title": by(candidate, lambda rung: Const(rung.part.title), Const(None)),
                "measure_title": Const(_measure_title(policy, draft)),
                "requirements": by(shown, lambda rung: Rules(_rules(rung)), Const(())),
                "next": by(following, _next, Const(None)),
                "room": _room(policy, draft, rungs, lasting.room),
                **_state_fields(policy, lasting, figures, rungs),
            },
        )
    )
    return shown.name


def _waiver(level: Name, rungs: Sequence[_Rung]) -> Reading:
    """The waiver that gives the level; nothing where no level has one."""
    given = {rung.part.id: rung.given.note for rung in rungs if rung.given is not None}
    return Choose(level.name, given, Const(None)) if given else Const(None)


def _above_in_force(policy: Tiers, draft: Draft, level: Name) -> Name:
    """The node whose text is the level above the one in force."""
    at, lowest = draft.key_span("state"), [policy.none] if may_be_none(policy) else []
    ids = [*lowest, *(each.id for each in policy.levels), ""]
    above = [
        (build.equals(level, build.literal(id, at), at), build.literal(ids[i + 1], at))
        for i, id in enumerate(ids[:-1])
    ]
    return draft.define(f"{policy.id}/above", build.choose(above, build.literal("", at), at), at)


def _state_fields(
    policy: Tiers, lasting: Lasting, figures: Name, rungs: Sequence[_Rung]
) -> dict[str, Reading]:
    """The waiver that gives the level; of one that lasts what today's figures reach, and until when."""
    waiver = _waiver(lasting.level, rungs)
    if policy.state is None:
        return {"waiver": waiver}
    return {
        "waiver": waiver,
        "by_figures": Value(figures.name),
        "by_figures_title": Choose(figures.name, _titles(policy, policy.none), Const(None)),
        "held_until": Const(None) if lasting.until is None else Value(lasting.until.name),
    }


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


def _room(policy: Tiers, draft: Draft, rungs: Sequence[_Rung], level: Name) -> Reading:
    return Choose(_roomy(policy, draft, rungs, level), _rooms(policy, draft, rungs), Const(None))


def _roomy(policy: Tiers, draft: Draft, rungs: Sequence[_Rung], room: Name) -> str:
    """The node whose text is the level that the measure keeps; none where only a waiver does."""
    at, measure = draft.key_span("levels"), policy.measure
    paths = [f"{policy.id}/{rung.part.id}{more}" for rung in rungs for more in ("", f"/{measure}")]
    if measure is None or not any(path in draft.vocabulary.waivers for path in paths):
        return room.name
    short = [
        build.all_of(
            [
                build.equals(room, build.literal(rung.part.id, at), at),
                build.compare("<", build.name(measure, at), build.literal(rung.lost_below, at), at),
            ],
            at,
        )
        for rung in rungs if rung.lost_below is not None
    ]  # fmt: skip
    nothing = build.literal("", at)
    kept = build.choose([(build.call("is true", each, span=at), nothing) for each in short], room, at)
    return draft.define(f"{policy.id}/room-of", kept, at).name


def _rooms(policy: Tiers, draft: Draft, rungs: Sequence[_Rung]) -> dict[str, Reading]:
    rooms: dict[str, Reading] = {}
    for i, rung in enumerate(rungs):
        if policy.measure is None or rung.lost_below is None or (i == 0 and rung.lost_below <= 0):
            continue  # the lowest level that begins at nothing cannot be lost
        at = draft.span(*(policy.place_of(i, policy.measure) or ("levels", i)))
        measure = build.name(policy.measure, at)
        name = f"{policy.id}/{rung.part.id}"
        kind = draft.vocabulary.names(draft.entity)[policy.measure]
        low = draft.define(f"{name}/low", build.literal(rung.lost_below, at), at, wanted=kind)
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
