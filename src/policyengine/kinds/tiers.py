"""Tiers: which level is reached, what it grants, what is missing for the next one.

Levels stand in ascending order. A level is reached when its own tests and all requirements hold, those
of every level (`requires`) and its own; the highest one reached counts. The tests of one fact, the
`measure`, are analysed: every value must belong to exactly one level, or lie below the first one, where
`otherwise` speaks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import ConfigDict, Field

from policyengine.diagnostics import Code, Label, Severity
from policyengine.feel import build, types
from policyengine.feel.syntax import Binary, Expression, Name
from policyengine.policy.base import Id, Many, Part, Policy, Rate, Sourced, Text
from policyengine.policy.condition import Test, fact_test
from policyengine.policy.draft import Draft
from policyengine.policy.findings import Discount, Level, NextLevel, Room
from policyengine.policy.form import unknown_key
from policyengine.policy.intervals import Interval, gaps, of_test, overlaps
from policyengine.policy.kind import Kind
from policyengine.policy.requirement import Asked, Requirement, ask, lower_requirement
from policyengine.policy.rule import Build, Choose, Const, Explain, Reading, Rule, Rules, Shortfalls, Value


class Grant(Sourced):
    """What a level grants: a discount on items."""

    discount: Rate = Field(description="`20%` or `0.2`")
    on: Many[Id] = Field(description="the items that it lowers")


class LevelPart(Sourced):
    """A level; further keys are `fact: test`, all of which must hold."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Test]

    id: Id
    title: Text
    requires: Many[Requirement] = Field((), description="of this level only")
    grants: Many[Grant] = ()

    @property
    def tests(self) -> tuple[str, ...]:
        """The facts that it tests."""
        return tuple(self.model_extra or {})


class Otherwise(Sourced):
    """What holds where no level is reached."""

    level: Text = Field(description="a word for it, such as `none`")


class Tiers(Policy):
    """Which level is reached, what it grants, what is missing for the next one."""

    kind: Literal["tiers"]
    measure: Text | None = Field(None, description="the fact whose levels must leave no gap and not overlap")
    requires: Many[Requirement] = Field((), description="of every level")
    levels: Many[LevelPart] = Field(description="from the lowest to the highest", min_length=1)
    otherwise: Otherwise | None = None


def _example(levels: str, rest: str = "otherwise: {level: none, basis: assumed, note: not said}\n") -> str:
    return (
        "kind: tiers\nid: example\ntitle: Example\nfor: partner\nmeasure: active_accounts\n"
        f"levels:\n{levels}{rest}"
    )


_GOOD = _example(
    "  - {id: silver, title: Silver, active_accounts: 10..15}\n"
    "  - {id: gold, title: Gold, active_accounts: 16..}\n"
)
GAP = Code(
    id="TIER001",
    title="a value of the measure that no level covers",
    why="A partner with that value would lose its level between two levels. Ranges include both ends.",
    bad=_GOOD.replace("10..15", "10..14"),
    good=_GOOD,
)
OVERLAP = Code(
    id="TIER002",
    title="a value of the measure that two levels claim",
    why="A partner with that value would belong to both. Ranges include both ends.",
    bad=_GOOD.replace("16..", "15.."),
    good=_GOOD,
)
ORDER = Code(
    id="TIER003",
    title="levels that do not ascend",
    why="The next level is the one that stands next, so levels stand from the lowest to the highest.",
    bad=_example(
        "  - {id: gold, title: Gold, active_accounts: 16..}\n"
        "  - {id: silver, title: Silver, active_accounts: 10..15}\n"
    ),
    good=_GOOD,
)
UNREACHABLE = Code(
    id="TIER004",
    title="a level that can never be reached",
    why="The fact can never have such a value, so the level is a promise that nobody can claim.",
    bad=_GOOD.replace("10..15", "-5..-1").replace("16..", "0.."),
    good=_GOOD,
)
SILENT_BELOW = Code(
    id="TIER005",
    title="nothing is said below the first level",
    why="There are values below the first level; what holds there must be written, not guessed.",
    bad=_GOOD.replace("otherwise: {level: none, basis: assumed, note: not said}\n", ""),
    good=_GOOD,
)
NO_MEASURE = Code(
    id="TIER006",
    title="a level that does not test the measure",
    why="Without a test of the measure the level would cover every value of it.",
    bad=_GOOD.replace("title: Gold, active_accounts: 16..", "title: Gold"),
    good=_GOOD,
)
NOT_BILLED = Code(
    id="TIER007",
    title="a discount on an item that no charge bills",
    why="A discount lowers the charges of an item. Without such a charge it never comes to anything.",
    bad=_GOOD.replace("16..}", "16.., grants: [{discount: 20%, on: [training]}]}"),
    good=_GOOD.replace("16..}", "16.., grants: [{discount: 20%, on: [subscription]}]}"),
    severity=Severity.WARNING,
)
CODES = (GAP, OVERLAP, ORDER, UNREACHABLE, SILENT_BELOW, NO_MEASURE, NOT_BILLED)


# Check


def check(policy: Tiers, draft: Draft) -> None:
    """Ids, facts, items; gaps and overlaps over the measure."""
    draft.unique((level.id, ("levels", i)) for i, level in enumerate(policy.levels))
    names = draft.vocabulary.names(draft.entity)
    for i, level in enumerate(policy.levels):
        for fact in level.tests:
            if fact not in names:
                known = [*LevelPart.model_fields, *draft.vocabulary.row(draft.entity).fields]
                draft.report.add(unknown_key(draft.document, ("levels", i, fact), known))
        for j, grant in enumerate(level.grants):
            for k, item in enumerate(grant.on):
                draft.item(item, "levels", i, "grants", j, "on", k)
    if policy.measure is not None:
        what = f"fact of `{draft.entity}`"
        if draft.known(policy.measure, names, what, "measure"):
            _check_measure(policy, draft, policy.measure)


def _check_measure(policy: Tiers, draft: Draft, measure: str) -> None:
    untested = [i for i, level in enumerate(policy.levels) if measure not in level.tests]
    for i in untested:
        draft.error(NO_MEASURE, draft.key_span("levels", i), f"`{policy.levels[i].id}` does not say its `{measure}`",
                    f"add `{measure}: ...`")  # fmt: skip
    step = _step(draft, measure)
    places: list[tuple[str | int, ...]] = [("levels", i, measure) for i in range(len(policy.levels))]
    found = [of_test(fact_test(draft, place, draft.entity), step) for place in places] if not untested else []
    if not found or any(interval is None for interval in found):
        return
    intervals = [interval for interval in found if interval is not None]
    clashes = list(overlaps(intervals))
    noun = draft.vocabulary.noun(draft.entity, measure)
    for i, j, value in clashes:
        _report_overlap(policy, draft, intervals, (i, j), f"{value} {noun}", places)
    descending = [i for i in range(1, len(intervals)) if _low(intervals[i]) < _low(intervals[i - 1])]
    for i in descending:
        draft.error(ORDER, draft.key_span("levels", i),
                    f"`{policy.levels[i].id}` starts below `{policy.levels[i - 1].id}`, which stands before it",
                    "list the levels from the lowest to the highest")  # fmt: skip
    if not clashes and not descending:
        for i, value in gaps(intervals, step):
            _report_gap(policy, draft, intervals, i, f"{value} {noun}", places, step)
    _check_ends(policy, draft, intervals, measure, step)


def _report_overlap(
    policy: Tiers, draft: Draft, intervals: Sequence[Interval], pair: tuple[int, int], value: str,
    places: Sequence[tuple[str | int, ...]],
) -> None:  # fmt: skip
    i, j = pair
    help = None
    if intervals[i].high is not None and _low(intervals[j]) > _low(intervals[i]):
        help = f"start {policy.levels[j].id} at {intervals[i].high + 1}"  # type: ignore[operator]
    draft.error(OVERLAP, draft.span(*places[j]), f"`{policy.levels[i].id}` and `{policy.levels[j].id}` both claim {value}",
                help, [Label(draft.span(*places[i]), "first claimed here")])  # fmt: skip


def _report_gap(
    policy: Tiers, draft: Draft, intervals: Sequence[Interval], i: int, value: str,
    places: Sequence[tuple[str | int, ...]], step: Decimal | None,
) -> None:  # fmt: skip
    below, above = policy.levels[i], policy.levels[i + 1]
    low, high = intervals[i + 1].low, intervals[i].high
    help = f"let {below.id} end where {above.id} starts"
    if step is not None and low is not None and high is not None:
        help = f"end {below.id} at {low - step}, or start {above.id} at {high + step}"
    label = Label(draft.span(*places[i + 1]), f"{above.id} starts here")
    draft.error(GAP, draft.span(*places[i]), f"no level covers {value}", help, [label])


def _check_ends(
    policy: Tiers, draft: Draft, intervals: Sequence[Interval], measure: str, step: Decimal | None
) -> None:
    least, most = _limits(draft, measure)
    noun = draft.vocabulary.noun(draft.entity, measure)
    for i, interval in enumerate(intervals):
        under = least is not None and interval.high is not None and interval.high < least
        over = most is not None and interval.low is not None and interval.low > most
        if under or over:
            edge = f"never below {least}" if under else f"never above {most}"
            draft.error(UNREACHABLE, draft.span("levels", i, measure),
                        f"`{policy.levels[i].id}` can never be reached: {noun} is {edge}")  # fmt: skip
    first = min(_low(interval) for interval in intervals)
    if policy.otherwise is None and first > (least if least is not None else Decimal("-Infinity")):
        draft.error(SILENT_BELOW, draft.key_span("levels"), f"nothing is said below {first} {noun}",
                    "add `otherwise: {level: none}`")  # fmt: skip
    last = max(range(len(intervals)), key=lambda i: _low(intervals[i]))
    top = intervals[last].high
    if top is not None and (most is None or top < most):
        value = top + step if step is not None else f"more than {top}"
        draft.error(GAP, draft.span("levels", last, measure), f"no level covers {value} {noun}",
                    f"leave the end open: `{intervals[last].low}..`")  # fmt: skip


def _low(interval: Interval) -> Decimal:
    return Decimal("-Infinity") if interval.low is None else interval.low


def _step(draft: Draft, measure: str) -> Decimal | None:
    kind = draft.vocabulary.names(draft.entity)[measure]
    if isinstance(kind, types.Number) and kind.unit == "count":
        return Decimal(1)
    if isinstance(kind, types.Number) and kind.unit == "money":
        return Decimal(1).scaleb(-draft.vocabulary.number_of_digits())
    return None


def _limits(draft: Draft, measure: str) -> tuple[Decimal | None, Decimal | None]:
    found = draft.vocabulary.fact(draft.entity, measure)
    return found[1].limits if found is not None else (None, None)


# Lower


@dataclass(frozen=True, slots=True)
class _Rung:
    """A level in the graph."""

    part: LevelPart
    asked: tuple[Asked, ...]
    measured: Name
    reached: Name
    low: Decimal | None


def lower(policy: Tiers, draft: Draft) -> None:
    """The level reached with its requirements, and a discount for every item that a level lowers."""
    shared = [lower_requirement(draft, r, "requires", i) for i, r in enumerate(policy.requires)]
    rungs = [_rung(policy, draft, i, shared) for i in range(len(policy.levels))]
    shown = _lower_level(policy, draft, rungs)
    items = {item for level in policy.levels for grant in level.grants for item in grant.on}
    for item in sorted(items):
        _lower_discount(policy, draft, rungs, item, shown)


def _rung(policy: Tiers, draft: Draft, i: int, shared: Sequence[Asked]) -> _Rung:
    level = policy.levels[i]
    at = draft.key_span("levels", i)
    names = draft.vocabulary.names(draft.entity)
    tests = [_ask_test(draft, level, fact, i) for fact in level.tests if fact in names]
    own = [lower_requirement(draft, r, "levels", i, "requires", j) for j, r in enumerate(level.requires)]
    measured = draft.define(
        f"{policy.id}/{level.id}/measured", build.all_of([test.passes for test in tests], at), at
    )
    asked = (*tests, *shared, *own)
    reached = build.all_of([each.passes for each in asked], at)
    interval = None
    if policy.measure in level.tests:
        interval = of_test(fact_test(draft, ("levels", i, policy.measure), draft.entity), _step(draft, policy.measure))
    return _Rung(
        level, asked, measured, draft.define(f"{policy.id}/{level.id}", reached, at, wanted=types.BOOLEAN),
        interval.low if interval is not None else None,
    )  # fmt: skip


def _ask_test(draft: Draft, level: LevelPart, fact: str, i: int) -> Asked:
    place = ("levels", i, fact)
    noun = draft.vocabulary.noun(draft.entity, fact)
    title = f"{noun} {' '.join(draft.span(*place).text.split())}"
    return ask(draft, fact, title, fact_test(draft, place, draft.entity), *place)


def _lower_level(policy: Tiers, draft: Draft, rungs: Sequence[_Rung]) -> str:
    """The rule for the level; the name of the node that tells which level it speaks of."""
    at, name = draft.key_span("levels"), policy.id
    none = policy.otherwise.level if policy.otherwise is not None else "none"
    top_down = list(reversed(rungs))

    def text(word: str) -> Expression:
        return build.literal(word, at)

    def surely(condition: Name) -> Expression:
        return build.call("is true", condition, span=at)

    level = draft.define(
        f"{name}/level", build.choose([(r.reached, text(r.part.id)) for r in top_down], text(none), at), at
    )
    status = build.choose([(build.equals(level, text(none), at), text("none"))], text("reached"), at)
    measured = [(surely(r.measured), text(r.part.id)) for r in top_down] if policy.measure else []
    candidate = draft.define(f"{name}/candidate", build.choose(measured, text(""), at), at)
    above = [*measured, *_above(policy, rungs, at)] if policy.measure else []
    fallback = text("") if policy.measure else text(rungs[0].part.id)
    following = [*(rung.part.id for rung in rungs[1:]), ""]
    nexts = [(surely(r.reached), text(n)) for r, n in zip(top_down, reversed(following), strict=True)]
    next_one = draft.define(f"{name}/next", build.choose([*nexts, *above], fallback, at), at)
    now = [(surely(r.reached), text(r.part.id)) for r in top_down]
    shown = draft.define(f"{name}/shown", build.choose([*now, *above], fallback, at), at)
    titles = {rung.part.id: Const(rung.part.title) for rung in rungs}
    draft.rule(
        Rule(
            finding=Level,
            origin=_overall(policy, draft),
            origins=Choose(level.name, _origins(policy, draft, none), Const(None)),
            entity=draft.entity,
            status=draft.define(f"{name}/status", status, at).name,
            because=Choose(shown.name, {r.part.id: Explain((r.reached.name,)) for r in rungs}, Explain(())),
            fields={
                "level": Value(level.name),
                "level_title": Choose(level.name, titles, Const(None)),
                "candidate": Choose(candidate.name, {r.part.id: Const(r.part.id) for r in rungs}, Const(None)),
                "candidate_title": Choose(candidate.name, titles, Const(None)),
                "requirements": Choose(
                    shown.name, {r.part.id: Rules(_rules(r)) for r in rungs}, Const(())
                ),
                "next": Choose(next_one.name, {r.part.id: _next(r) for r in rungs}, Const(None)),
                "room": Choose(level.name, _rooms(policy, draft, rungs), Const(None)),
            },
        )
    )  # fmt: skip
    return shown.name


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


def _overall(policy: Tiers, draft: Draft) -> Any:
    return draft.origin(policy.id, policy.title)


def _origins(policy: Tiers, draft: Draft, none: str) -> dict[object, Reading]:
    found: dict[object, Reading] = {
        level.id: Const(draft.origin(policy.id, policy.title, "levels", i))
        for i, level in enumerate(policy.levels)
    }
    if policy.otherwise is not None:
        found[none] = Const(draft.origin(policy.id, policy.title, "otherwise"))
    return found


def _rooms(policy: Tiers, draft: Draft, rungs: Sequence[_Rung]) -> dict[object, Reading]:
    rooms: dict[object, Reading] = {}
    for i, rung in enumerate(rungs):
        if policy.measure is None or rung.low is None:
            continue
        at = draft.span("levels", i, policy.measure)
        measure = build.name(policy.measure, at)
        name = f"{policy.id}/{rung.part.id}"
        low = draft.define(f"{name}/low", build.literal(rung.low, at), at)
        left = draft.define(f"{name}/room", Binary("-", measure, low, at), at)
        have = draft.define(f"{name}/have", measure, at)
        rooms[rung.part.id] = Build(
            Room,
            {
                "fact": Const(policy.measure),
                "noun": Const(draft.vocabulary.noun(draft.entity, policy.measure)),
                "have": Value(have.name),
                "lost_below": Value(low.name),
                "room": Value(left.name),
            },
        )
    return rooms


def _lower_discount(
    policy: Tiers, draft: Draft, rungs: Sequence[_Rung], item: str, shown: str
) -> None:
    at = draft.key_span("levels")
    granted: dict[str, tuple[Decimal, tuple[str | int, ...]]] = {}
    for i, level in enumerate(policy.levels):
        for j, grant in enumerate(level.grants):
            for k, each in enumerate(grant.on):
                if each == item:
                    granted[level.id] = (grant.discount, ("levels", i, "grants", j))
                    draft.needs("billed item", item, NOT_BILLED.at(
                        draft.span("levels", i, "grants", j, "on", k), f"no charge bills `{item}`",
                        help=f"add `item: {item}` to the charge that it lowers"))  # fmt: skip
    rates = [
        (rung.reached, build.literal(granted.get(rung.part.id, (Decimal(0), ()))[0], at))
        for rung in reversed(rungs)
    ]
    name = f"discount/{item}"
    title = draft.vocabulary.declarations.items.get(item, item)
    rate = draft.define(name, build.choose(rates, build.literal(Decimal(0), at), at), at,
                        wanted=types.RATE, noun=f"discount on {title}")  # fmt: skip
    some = draft.define(f"{name}/granted", build.compare(">", rate, build.literal(Decimal(0), at), at), at)
    status = build.call("once known", rate, build.literal("applies", at), span=at)
    draft.rule(
        Rule(
            finding=Discount,
            origin=draft.origin(item, title, "levels"),
            origins=Choose(
                f"{policy.id}/level",
                {level: Const(draft.origin(item, title, *place)) for level, (_, place) in granted.items()},
                Const(None),
            ),
            entity=draft.entity,
            status=draft.define(f"{name}/status", status, at).name,
            because=Choose(shown, {r.part.id: Explain((r.reached.name,)) for r in rungs}, Explain(())),
            exists=some.name,
            fields={
                "on": Const(item),
                "on_title": Const(title),
                "rate": Value(rate.name),
                "level": Value(f"{policy.id}/level"),
            },
        )
    )


KIND = Kind(
    "tiers", "which level is reached, what it grants, what is missing for the next one", Tiers,
    ("levels", "discounts"), check, lower, CODES,
)  # fmt: skip
