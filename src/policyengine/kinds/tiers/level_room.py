"""How a level stands by today's figures: the tests that it rests on, the room of its measure, what it lacks.

A level that lasts is reached or kept, both, or neither; then its finding says what is missing to keep it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from policyengine.dataclass import dataclass
from policyengine.decision.findings import NextLevel, Room
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Binary, Expression, Name
from policyengine.feel.types import types
from policyengine.kinds.tiers.lasting import Step
from policyengine.kinds.tiers.level_parts import LevelPart, Tiers
from policyengine.policy.draft import Draft
from policyengine.policy.requirement import LoweredRequirement
from policyengine.policy.rule import Build, Choose, Const, Reading, Rule, Shortfalls, Value
from policyengine.policy.waiving import Waived

BOTH, REACHED, KEPT, SHORT = "both", "reached", "kept", "short"


@dataclass(frozen=True, slots=True)
class Rung:
    """A level in the graph: what it asks for to be reached and to be kept, and where its measure begins.

    `beside` is another way than the measure. `lost_below` is where the measure loses the level of those who
    keep it.
    """

    part: LevelPart
    asked: tuple[LoweredRequirement, ...]
    to_keep: tuple[LoweredRequirement, ...]
    given: Waived | None
    beside: Name | None
    measured: Name
    reached: Name
    kept: Name
    low: Decimal | None
    lost_below: Decimal | None

    @property
    def step(self) -> Step:
        """The level as one that may be held."""
        return Step(self.part.id, self.reached, self.kept, self.low)

    @property
    def stands(self) -> tuple[str, ...]:
        """The ways in which it may stand while it is in force, the best first."""
        return (REACHED, SHORT) if self.kept == self.reached else (BOTH, REACHED, KEPT, SHORT)


def define_stand(policy: Tiers, draft: Draft, rungs: Sequence[Rung], level: Name, shown: Name) -> Name:
    """Defines how the level in force stands, as `gold/kept`; where none is, the level that is spoken of."""
    at = draft.key_span("levels")
    cases: list[tuple[Expression, Expression]] = []
    for rung in reversed(rungs):
        conditions = {BOTH: [rung.reached, rung.kept], REACHED: [rung.reached], KEPT: [rung.kept], SHORT: []}
        for stand in rung.stands:
            in_force = build.equals(level, build.literal(rung.part.id, at), at)
            holds = build.all_of([in_force, *conditions[stand]], at)
            word = build.literal(f"{rung.part.id}/{stand}", at)
            cases.append((build.call("is true", holds, span=at), word))
    return draft.define(f"{policy.id}/stand", build.choose(cases, shown, at), at)


def by_stand(
    policy: Tiers, rungs: Sequence[Rung], read: Callable[[tuple[Rule, ...], Name], Reading]
) -> dict[str, Reading]:
    """What is read of each level as it may stand: of the rules for reaching or for keeping it."""
    found: dict[str, Reading] = {}
    for rung in rungs:
        reached = read(tuple(each.rule for each in rung.asked), rung.reached)
        kept = read(tuple(each.rule for each in rung.to_keep), rung.kept)
        found[rung.part.id] = reached
        for stand in rung.stands if policy.state is not None else ():
            found[f"{rung.part.id}/{stand}"] = reached if stand in (BOTH, REACHED) else kept
    return found


def gap_of(part: LevelPart, rules: tuple[Rule, ...]) -> Reading:
    """What is missing for a level."""
    fields: dict[str, Reading] = {
        "level": Const(part.id),
        "title": Const(part.title),
        "missing": Shortfalls(rules),
    }
    return Build(NextLevel, fields)


def missing_to_keep(policy: Tiers, rungs: Sequence[Rung], stand: Name) -> Reading:
    """What is missing to keep the level in force, where today's figures neither reach nor keep it."""
    if policy.state is None:
        return Const(None)
    cases = {
        f"{rung.part.id}/{SHORT}": gap_of(rung.part, tuple(each.rule for each in rung.to_keep))
        for rung in rungs
    }
    return Choose(stand.name, cases, Const(None))


def room_of(policy: Tiers, draft: Draft, rungs: Sequence[Rung], level: Name) -> Reading:
    """How far the measure may fall, by the level or by how it stands."""
    lows = [each for each in _lows(policy, rungs) if each[2] is not None]
    rooms = {word: _room(policy, draft, rung, word, low) for word, rung, low in lows if low is not None}
    return Choose(_kept_by_measure(policy, draft, lows, level), rooms, Const(None))


def _lows(policy: Tiers, rungs: Sequence[Rung]) -> Iterator[tuple[str, Rung, Decimal | None]]:
    """Where the measure loses each level, as it stands."""
    for i, rung in enumerate(rungs):
        stands = [""] if policy.state is None else [f"/{each}" for each in rung.stands if each != SHORT]
        for stand in stands:
            low = rung.low if stand == f"/{REACHED}" else rung.lost_below
            if policy.measure is None or low is None or (i == 0 and low <= 0):
                continue  # the lowest level that begins at nothing cannot be lost
            yield f"{rung.part.id}{stand}", rung, low


def _kept_by_measure(
    policy: Tiers, draft: Draft, lows: Sequence[tuple[str, Rung, Decimal | None]], level: Name
) -> str:
    """The node whose text is the level that the measure keeps; none where a waiver or another way does."""
    at, measure = draft.key_span("levels"), policy.measure
    ids = dict.fromkeys(rung.part.id for _, rung, _ in lows)
    paths = [f"{policy.id}/{id}{more}" for id in ids for more in ("", f"/{measure}", f"/keep/{measure}")]
    ways = [(word, rung.beside) for word, rung, _ in lows if rung.beside is not None]
    may_be_waived = any(path in draft.vocabulary.waivers for path in paths)
    if measure is None or not (ways or may_be_waived):
        return level.name
    short = [
        build.all_of([build.equals(level, build.literal(word, at), at), way], at) for word, way in ways
    ] + [
        build.all_of(
            [
                build.equals(level, build.literal(word, at), at),
                build.compare("<", build.name(measure, at), build.literal(low, at), at),
            ],
            at,
        )
        for word, _, low in lows if may_be_waived
    ]  # fmt: skip
    nothing = build.literal("", at)
    kept = build.choose([(build.call("is true", each, span=at), nothing) for each in short], level, at)
    return draft.define(f"{policy.id}/room-of", kept, at).name


def _room(policy: Tiers, draft: Draft, rung: Rung, word: str, low: Decimal) -> Reading:
    measure = str(policy.measure)
    i = policy.levels.index(rung.part)
    at = draft.span(*(policy.place_of(i, measure) or ("levels", i)))
    value, name = build.name(measure, at), f"{policy.id}/{word}"
    kind = draft.vocabulary.names(draft.entity)[measure]
    least = draft.define(f"{name}/low", build.literal(low, at), at, wanted=kind)
    left = draft.define(f"{name}/room", Binary("-", value, least, at), at, wanted=kind)
    have = draft.define(f"{name}/have", value, at)
    return Build(
        Room,
        {
            "fact": Const(policy.measure),
            "noun": Const(draft.vocabulary.noun(draft.entity, measure)),
            "have": Value(have.name),
            "lost_below": Value(least.name),
            "room": Value(left.name),
            "unit": Const(kind.symbol if isinstance(kind, types.Number) else ""),
        },
    )
