"""Levels as expressions of the graph: which one is reached, what it asks for, and how findings read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from policyengine.decision.findings import Level
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Name, Open
from policyengine.feel.types import types
from policyengine.kinds.tiers.claims import claim_of, places_of
from policyengine.kinds.tiers.intervals import of_test
from policyengine.kinds.tiers.landmarks import landmarks
from policyengine.kinds.tiers.lasting import Lasting, lower_state
from policyengine.kinds.tiers.level_parts import LevelPart, Tiers, plain_test
from policyengine.kinds.tiers.level_room import (
    Rung,
    by_stand,
    define_stand,
    gap_of,
    missing_to_keep,
    room_of,
)
from policyengine.kinds.tiers.level_value import define_value, may_be_none
from policyengine.kinds.tiers.measure import Measure, level_test, measure_of
from policyengine.policy.change_words import test_words
from policyengine.policy.draft import Draft
from policyengine.policy.grant import Granting, lower_grants
from policyengine.policy.requirement import LoweredRequirement, ask, lower_requirement
from policyengine.policy.rule import Choose, Const, Explain, Reading, Rule, Rules, Value
from policyengine.policy.waiving import Waivable, Waived, waive
from policyengine.text.document import Pointer


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
    because = Choose(shown, by_stand(policy, rungs, lambda _, node: Explain((node.name,))), Explain(()))
    level = f"{policy.id}/level" if policy.state is None else f"{policy.id}/in-force"
    lower_grants(draft, granting[::-1], level, because)


def _read_all(policy: Tiers, draft: Draft) -> None:
    """Reads each fact that levels name, also one for which they only have `-` or `unknown`."""
    at, names = draft.key_span("levels"), draft.vocabulary.names(draft.entity)
    tests = [part.tests for level in policy.levels for part in (level, level.keep) if part is not None]
    for fact in dict.fromkeys((*policy.thresholds, *(fact for each in tests for fact in each))):
        if fact in names:
            draft.reads(fact, f"{policy.id}/asked/{fact}", at)


def _granting(policy: Tiers, draft: Draft, rungs: Sequence[Rung]) -> list[Granting]:
    """What each level grants, and what holds where none is reached; only to whom the policy judges."""
    applies = None if policy.when is None else build.name(f"{policy.id}/applies", draft.span("when"))
    level = f"{policy.id}/level" if policy.state is None else f"{policy.id}/in-force"

    def holds(rung: Rung) -> Name:
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
) -> Rung:
    level = policy.levels[i]
    at = draft.key_span("levels", i)
    names = draft.vocabulary.names(draft.entity)
    places = [(fact, policy.place_of(i, fact)) for fact in policy.facts_of(i) if fact in names]
    beside = None
    if level.or_ is not None and measure is not None:
        other = draft.condition("levels", i, "or")
        beside = draft.define(
            f"{policy.id}/{level.id}/beside", other, draft.span("levels", i, "or"), wanted=types.BOOLEAN
        )
    tests = {
        fact: _ask_test(
            policy, draft, level.id, fact, place, measure,
            beside if measure is not None and fact == measure.fact else None,
        )
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
    kept, to_keep = reached_name, asked
    if level.keep is not None:
        if level.keep.requires is not None:
            place = ("levels", i, "keep", "requires")
            own = [lower_requirement(draft, r, *place, j) for j, r in enumerate(level.keep.requires)]
        to_keep = (*_keep_tests(policy, draft, i, tests, measure), *shared, *own)
        kept = _kept(policy, draft, i, to_keep, given)
    return Rung(
        level, asked, to_keep, given, beside, measured, reached_name, kept, low,
        _lost_below(draft, i, level, measure, low),
    )  # fmt: skip


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


def _keep_tests(
    policy: Tiers, draft: Draft, i: int, own: Mapping[str, LoweredRequirement], measure: Measure | None
) -> list[LoweredRequirement]:
    """The tests for keeping a level: those of `keep`, and those for reaching it of all other facts."""
    level = policy.levels[i]
    assert level.keep is not None
    names = draft.vocabulary.names(draft.entity)
    others = [test for fact, test in own.items() if fact not in level.keep.tests]
    return others + [
        _ask_test(policy, draft, f"{level.id}/keep", fact, ("levels", i, "keep", fact), measure)
        for fact, test in level.keep.tests.items() if test.is_ != "-" and fact in names
    ]  # fmt: skip


def _kept(
    policy: Tiers, draft: Draft, i: int, asked: Sequence[LoweredRequirement], given: Waived | None
) -> Name:
    """Whether a level is kept: by tests of its own, else by those for reaching it."""
    level, at = policy.levels[i], draft.key_span("levels", i, "keep")
    kept = build.all_of([each.passes for each in asked], at)
    return draft.define(
        f"{policy.id}/{level.id}/kept", kept if given is None else build.any_of([kept, given.holds], at), at,
        wanted=types.BOOLEAN, title=f"keeps {level.title}",
    )  # fmt: skip


def _ask_test(
    policy: Tiers,
    draft: Draft,
    level: str,
    fact: str,
    place: Pointer,
    measure: Measure | None,
    beside: Name | None = None,
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
    if beside is not None:
        counted = build.any_of([counted, beside], test.span)
    path = f"{policy.id}/{level}/{fact}"
    return ask(draft, fact, title, counted, *place, test_of=fact, path=path)


def _lower_level(policy: Tiers, draft: Draft, rungs: Sequence[Rung]) -> str:
    """The rule for the level; the name of the node that tells which level it speaks of."""
    at, name, none = draft.key_span("levels"), policy.id, policy.none
    reached = [(rung.reached, build.literal(rung.part.id, at)) for rung in reversed(rungs)]
    otherwise = build.literal(none, at)
    figures = draft.define(f"{name}/level", build.choose(reached, otherwise, at), at, title="level")
    lasting, level = None, figures
    if policy.state is not None:
        lasting = lower_state(policy, draft, policy.state, [rung.step for rung in rungs])
        level = lasting.level
    applies = draft.applies(name, "when") if policy.when is not None else None
    told = [(rung.reached, rung.part.title) for rung in reversed(rungs)] if policy.state is None else []
    define_value(draft, policy, level, applies, told)
    candidate, following, shown, any_reached = landmarks(policy, draft, rungs, figures)
    held: tuple[str, ...] = ()
    if policy.state is not None:
        following, held = _above_in_force(policy, draft, level), (level.name,)
        shown = define_stand(policy, draft, rungs, level, shown)
    because = by_stand(policy, rungs, lambda _, node: Explain((node.name, *held)))
    asked = by_stand(policy, rungs, lambda rules, _: Rules(rules))

    def by(node: Name, read: Callable[[Rung], Reading], nothing: Reading) -> Choose:
        return Choose(node.name, {rung.part.id: read(rung) for rung in rungs}, nothing)

    draft.rule(
        Rule(
            finding=Level,
            origin=draft.origin(policy.id, policy.title),
            origins=Choose(level.name, _origins(policy, draft, none), Const(None)),
            entity=draft.entity,
            status=draft.define(f"{name}/status", _status(policy, level, otherwise), at).name,
            exists=applies.name if applies is not None else None,
            because=Choose(shown.name, because, Explain((any_reached.name, *held))),
            fields={
                "level": Value(level.name),
                "level_title": Choose(level.name, _titles(policy, none), Const(None)),
                "candidate": by(candidate, lambda rung: Const(rung.part.id), Const(None)),
                "candidate_title": by(candidate, lambda rung: Const(rung.part.title), Const(None)),
                "measure_title": Const(_measure_title(policy, draft)),
                "requirements": Choose(shown.name, asked, Const(())),
                "next": by(following, _gap, Const(None)),
                "to_keep": missing_to_keep(policy, rungs, shown),
                "room": room_of(policy, draft, rungs, level if policy.state is None else shown),
                "waiver": _waiver(level, rungs),
                **({} if lasting is None else _state_fields(policy, lasting)),
            },
        )
    )
    return shown.name


def _status(policy: Tiers, level: Name, none: Expression) -> Expression:
    """Whether a level is reached."""
    at = none.span
    reached = build.literal("reached", at)
    if may_be_none(policy):
        return build.choose([(build.equals(level, none, at), build.literal("none", at))], reached, at)
    return build.call("once known", level, reached, span=at)


def _waiver(level: Name, rungs: Sequence[Rung]) -> Reading:
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


def _state_fields(policy: Tiers, lasting: Lasting) -> dict[str, Reading]:
    """Of a level that lasts what today's figures lead to, what the record says, and until when it is held."""
    titles = _titles(policy, policy.none)
    return {
        "by_figures": Value(lasting.by_figures.name),
        "by_figures_title": Choose(lasting.by_figures.name, titles, Const(None)),
        "on_record": Value(lasting.on_record.name),
        "on_record_title": Choose(lasting.on_record.name, titles, Const(None)),
        "held_until": Const(None) if lasting.until is None else Value(lasting.until.name),
    }


def _measure_title(policy: Tiers, draft: Draft) -> str | None:
    return None if policy.measure is None else draft.vocabulary.noun(draft.entity, policy.measure)


def _titles(policy: Tiers, none: str) -> dict[str, Reading]:
    """The titles of the levels, and of what holds where none is reached."""
    below = None if policy.otherwise is None else policy.otherwise.title or none
    return {none: Const(below), **{level.id: Const(level.title) for level in policy.levels}}


def _gap(rung: Rung) -> Reading:
    return gap_of(rung.part, tuple(each.rule for each in rung.asked))


def _origins(policy: Tiers, draft: Draft, none: str) -> dict[str, Reading]:
    found: dict[str, Reading] = {
        level.id: Const(draft.origin(policy.id, policy.title, "levels", i))
        for i, level in enumerate(policy.levels)
    }
    if policy.otherwise is not None:
        found[none] = Const(draft.origin(policy.id, policy.title, "otherwise"))
    return found
