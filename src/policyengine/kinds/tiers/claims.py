"""What levels say: their ids, their facts, and what each claims of the measure."""

from __future__ import annotations

from collections.abc import Collection

from policyengine.diagnostics import Code, Label, did_you_mean, listed
from policyengine.feel.syntax.tree import Open
from policyengine.feel.types import types
from policyengine.kinds.tiers.intervals import of_test
from policyengine.kinds.tiers.lasting import check_state
from policyengine.kinds.tiers.level_parts import LevelPart, Tiers
from policyengine.kinds.tiers.measure import GOOD, Claim, Measure, check_claims, level_test, measure_of
from policyengine.policy.base import keys_of
from policyengine.policy.condition import UNKNOWN_FACT
from policyengine.policy.draft import Draft
from policyengine.policy.form import unknown_key
from policyengine.policy.form_advice import as_range, elsewhere, not_cut_off
from policyengine.policy.grant import check_grants
from policyengine.policy.policy_reader import DUPLICATE_ID
from policyengine.text.document import Pointer

GRID = """\
kind: tiers
id: example
title: Example
for: partner
thresholds: {active_accounts: {silver: 4.., gold: 8..}}
levels: [{id: silver, title: Silver}, {id: gold, title: Gold}]
"""
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
NO_THRESHOLD = Code(
    id="TIER008",
    title="a threshold that a grid leaves out, or that stands twice",
    why="A grid says for every level what it asks of a fact. What is left out might be forgotten; `unknown` "
    "says that the text is silent, `-` that the level does not ask for it.",
    bad=GRID.replace(", gold: 8..", ""),
    good=GRID,
)
CODES = (NO_MEASURE, NO_RANGE, NO_THRESHOLD)


def check(policy: Tiers, draft: Draft) -> None:
    """Ids, facts, items; gaps and overlaps over the measure."""
    _check_ids(policy, draft)
    names = draft.vocabulary.names(draft.entity)
    for i, level in enumerate(policy.levels):
        unknown: list[Pointer] = [("levels", i, fact) for fact in level.tests if fact not in names]
        for place in not_cut_off(draft.document, unknown):
            known = [*keys_of(LevelPart), *draft.vocabulary.row(draft.entity).fields]
            draft.report.add(unknown_key(draft.document, place, known, elsewhere(Tiers, place)))
        for fact in () if level.keep is None else level.keep.tests:
            if fact not in names:
                known = [*draft.vocabulary.row(draft.entity).fields]
                draft.report.add(unknown_key(draft.document, ("levels", i, "keep", fact), known))
        check_grants(draft, level.grants, "levels", i, "grants")
    if policy.otherwise is not None:
        check_grants(draft, policy.otherwise.grants, "otherwise", "grants")
    _check_thresholds(policy, draft, names)
    check_state(policy, draft)
    for i in [i for i, level in enumerate(policy.levels) if level.or_ is not None and policy.measure is None]:
        message = f"`{policy.levels[i].id}` has another way than the measure, and there is none"
        help = "add `measure: ...`, or write `requires` with `when: {any: [...]}`"
        draft.error(NO_MEASURE, draft.key_span("levels", i, "or"), message, help)
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
    untested = [i for i in range(len(policy.levels)) if policy.place_of(i, measure) is None]
    for i in untested:
        if _may_be_meant(policy, draft, i, measure):
            continue
        message = f"`{policy.levels[i].id}` does not say its `{measure}`"
        draft.error(NO_MEASURE, draft.key_span("levels", i), message, f"add `{measure}: ...`")
    measured = measure_of(draft, measure, places_of(policy, measure))
    found = [claim_of(policy, draft, i, measured) for i in range(len(policy.levels)) if i not in untested]
    claims = [claim for claim in found if claim is not None]
    if len(claims) == len(policy.levels):
        check_claims(draft, measured, claims, silent_below=policy.otherwise is None)


def _may_be_meant(policy: Tiers, draft: Draft, i: int, measure: str) -> bool:
    """Whether a mistake that is reported may be in the test of the measure: a name, or a hole in the grid."""
    level, row = policy.levels[i], policy.thresholds.get(measure)
    asked = {*policy.thresholds, *level.tests}
    return not asked <= draft.vocabulary.names(draft.entity).keys() or (
        row is not None and level.id not in row.tests
    )


def places_of(policy: Tiers, fact: str) -> list[Pointer]:
    """Where the levels test a fact."""
    places = (policy.place_of(i, fact) for i in range(len(policy.levels)))
    return [place for place in places if place is not None]


def claim_of(policy: Tiers, draft: Draft, i: int, measure: Measure) -> Claim | None:
    """What a level claims of the measure; None where it says nothing, or its test has a mistake."""
    place = policy.place_of(i, measure.fact)
    if place is None:
        return None
    test = level_test(draft, measure.fact, place)
    interval = of_test(test, measure.step)
    if interval is not None:
        return Claim(policy.levels[i].id, interval, place)
    if not isinstance(test, Open):
        message = f"`{measure.fact}` of `{policy.levels[i].id}` is not tested for one range of numbers"
        written = as_range(draft.document.at(place))
        draft.error(NO_RANGE, draft.span(*place), message, f"write a range, `{written or '10..15'}`")
    return None


def _check_thresholds(policy: Tiers, draft: Draft, names: Collection[str]) -> None:
    """Report rows of facts that there are not, and levels that a row leaves out or that say it themselves."""
    ids = [level.id for level in policy.levels]
    for fact, row in policy.thresholds.items():
        if fact not in names:
            help = did_you_mean(fact, names)
            at = draft.key_span("thresholds", fact)
            draft.error(UNKNOWN_FACT, at, f"`{fact}` is not a fact of `{draft.entity}`", help)
        for id in row.tests:
            if id not in ids:
                draft.report.add(unknown_key(draft.document, ("thresholds", fact, id), ids))
        left_out = [level for level in ids if level not in row.tests]
        if left_out:
            message = f"`{fact}` says nothing for {listed(left_out)}"
            help = f"add `{left_out[0]}: ...`, `unknown` if the text does not say, `-` if it is not asked for"
            draft.error(NO_THRESHOLD, draft.key_span("thresholds", fact), message, help)
        for i, level in enumerate(policy.levels):
            if fact in level.tests:
                label = Label(draft.key_span("thresholds", fact), "and here")
                message = f"`{fact}` of `{level.id}` is tested twice"
                draft.error(NO_THRESHOLD, draft.key_span("levels", i, fact), message, "keep one", [label])
