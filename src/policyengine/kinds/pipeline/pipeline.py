"""Pipeline: the stages that something passes, and the gates between them.

A gate is open when every requirement of the stage (`leave_when`) is met or not applicable. A stage that
`next` names with a `leave_when` of its own has a gate of its own. Through a gate that is `moved_by: system`
nobody moves it by hand: once it is passed, the system does. When it leaves a stage, `on_leave` writes facts
down as they are at that moment, so that later changes do not touch them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Gate, Origin
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Name, Open
from policyengine.feel.types import types
from policyengine.kinds.pipeline.checks import CODES, check
from policyengine.kinds.pipeline.stage_changes import describe
from policyengine.kinds.pipeline.stages import Pipeline, Stage
from policyengine.policy.draft import Draft
from policyengine.policy.kind import Kind
from policyengine.policy.requirement import LoweredRequirement, Requirement, lower_requirement
from policyengine.policy.rule import Choose, Const, Explain, Reading, Rule, Rules, Transition, Value
from policyengine.policy.waiving import Waivable, waive
from policyengine.source import Span


@dataclass(frozen=True, slots=True)
class _Gate:
    """A gate in the graph: where it leads, what it asks for, whether it is passed, and then by whom."""

    origin: Origin
    to: tuple[str, ...]
    asked: tuple[LoweredRequirement, ...]
    passes: Name
    moved_by: str
    waiver: Reading
    applies: Name | None = None


@dataclass(frozen=True, slots=True)
class _End:
    """The end of a stage by time: its last day, whether it is over, the stage that it leads to then."""

    day: Name
    over: Name
    then: str


@dataclass(frozen=True, slots=True)
class _Step:
    """A stage in the graph: its gate, which judges the plain exits, and those of its other exits.

    Where no exit is plain, the gate is open if one of the others is.
    """

    stage: Stage
    gate: _Gate
    own: tuple[_Gate, ...]
    has_plain: bool
    ends: _End | None = None


def lower(policy: Pipeline, draft: Draft) -> None:
    """The gates for whatever is in the pipeline, and a transition for every gate."""
    at = draft.span("stage")
    stage = draft.define(f"{policy.id}/stage", build.name(policy.stage, at), at)
    applies = None
    if policy.when is not None:
        applies = draft.applies(policy.id, "when")
    steps = [_step(policy, draft, i) for i in range(len(policy.stages))]
    titles = {each.id: each.title for each in policy.stages}
    status = _status(draft, stage, steps)
    draft.rule(_rule(policy, draft, stage, steps, status, applies))
    for i, step in enumerate(steps):
        leaving = _leaving(policy, draft, i, step)
        plain = [to for to in step.gate.to if step.ends is None or to != step.ends.then]
        if plain and step.has_plain:
            draft.transition(leaving(replace(step.gate, to=tuple(plain)), status, applies))
        for gate in step.own:
            own, there = _own_status(draft, gate, step.ends), _there(draft, gate, applies)
            draft.rule(_own_rule(draft, stage, step, gate, own, there, titles))
            draft.transition(leaving(gate, own, there))
        if step.ends is not None and all(step.ends.then not in gate.to for gate in step.own):
            draft.transition(_out_of_time(leaving(step.gate, status, applies), draft, step, step.ends))


def _step(policy: Pipeline, draft: Draft, i: int) -> _Step:
    stage, exits = policy.stages[i], policy.exits(i)
    own = tuple(_own_gate(policy, draft, i, j) for j in policy.own_gates(i))
    named = {each.to[0] for each in own}
    plain = tuple(each.to for each in exits if each.to not in named)
    asked = _asked(draft, stage.leave_when, "stages", i, "leave_when")
    at = draft.key_span("stages", i)
    passes = build.all_of([each.passes for each in asked], at)
    moved_by: str = stage.moved_by
    if own and not plain:
        passes = build.any_of([each.passes for each in own], at)
        moved_by = "system" if all(each.moved_by == "system" for each in own) else "hand"
    origin = draft.origin(stage.id, stage.title, "stages", i)
    to = plain or tuple(each.to for each in exits)
    gate = _gate(draft, origin, to, asked, passes, moved_by, f"gate out of {stage.title}", "stages", i)
    return _Step(stage, gate, own, bool(plain), _end(policy, draft, i))


def _end(policy: Pipeline, draft: Draft, i: int) -> _End | None:
    """When the stage ends by time; None if it does not."""
    stage, place = policy.stages[i], ("stages", i, "until")
    if stage.until is None:
        return None
    name, at = f"{policy.id}/{stage.id}", draft.span(*place, "day")
    day = draft.define(
        f"{name}/until", draft.feel(*place, "day"), at, wanted=types.DATE, noun=f"last day of {stage.title}"
    )
    over = build.compare("<", day, build.name("today", at), at)
    found = draft.define(f"{name}/over", over, at, wanted=types.BOOLEAN, title=f"{stage.title} is over")
    word = build.choose([(found, build.literal("over", at))], build.literal("", at), at)
    draft.define(f"{name}/over/word", word, at)
    return _End(day, found, stage.until.then)


def _out_of_time(through: Transition, draft: Draft, step: _Step, ends: _End) -> Transition:
    """The move that is left when the time of a stage is over; before that the gate of the stage counts."""
    at, plain = ends.over.span, ends.then in step.gate.to
    before = _passed_or_blocked(step.gate, at) if plain else build.literal("blocked", at)
    status = build.choose([(ends.over, build.literal("open", at))], before, at)
    gate = draft.define(f"{draft.policy.id}/{step.stage.id}/{ends.then}/in-time", status, at)
    return replace(
        through, to=(ends.then,), gate=gate.name, rules=through.rules if plain else (), exit=ends.then
    )


def _gate(
    draft: Draft, origin: Origin, to: tuple[str, ...], asked: tuple[LoweredRequirement, ...],
    passes: Expression, moved_by: str, title: str, *place: str | int,
) -> _Gate:  # fmt: skip
    """A gate, which a waiver may open."""
    at, name = draft.key_span(*place), f"{draft.policy.id}/{origin.id}"
    waived = None
    if asked:
        by_itself = passes
        if name in draft.vocabulary.waivers:
            by_itself = draft.define(f"{name}/by-itself", passes, at, wanted=types.BOOLEAN)
        thing = Waivable(name, origin.title, name, by_itself, Explain((f"{name}/by-itself",)))
        waived = waive(draft, thing, *place)
    if waived is not None:
        passes = build.any_of([passes, waived.holds], at)
    passed = draft.define(f"{name}/passes", passes, at, wanted=types.BOOLEAN, title=title)
    return _Gate(origin, to, asked, passed, moved_by, Const(None) if waived is None else waived.note)


def _own_gate(policy: Pipeline, draft: Draft, i: int, j: int) -> _Gate:
    """The gate of one exit; its finding is called by both stages."""
    stage, exit = policy.stages[i], policy.exits(i)[j]
    place = ("stages", i, "next", j)
    asked = _asked(draft, exit.leave_when or (), *place, "leave_when")
    title = next((each.title for each in policy.stages if each.id == exit.to), exit.to)
    title = f"{stage.title} to {title}"
    passes = build.all_of([each.passes for each in asked], draft.key_span(*place))
    origin = draft.origin(f"{stage.id}/{exit.to}", title, *place)
    moved_by = exit.moved_by or stage.moved_by
    gate = _gate(draft, origin, (exit.to,), asked, passes, moved_by, f"gate from {title}", *place)
    if exit.applies_when is None:
        return gate
    return replace(gate, applies=draft.applies(f"{policy.id}/{origin.id}", *place, "applies_when"))


def _asked(
    draft: Draft, requirements: Sequence[Requirement], *place: str | int
) -> tuple[LoweredRequirement, ...]:
    return tuple(lower_requirement(draft, each, *place, j) for j, each in enumerate(requirements))


def _status(draft: Draft, stage: Name, steps: Sequence[_Step]) -> Name:
    at = stage.span

    def one(step: _Step) -> Expression:
        found = _passed_or_blocked(step.gate, at) if step.gate.to else build.literal("final", at)
        return _unless_over(found, step.ends, build.literal("expired", at))

    cases = [(build.equals(stage, build.literal(step.stage.id, at), at), one(step)) for step in steps]
    nowhere = Open(f"`{draft.policy.id}` has no such stage", at)
    status = build.call("once known", stage, build.choose(cases, nowhere, at), span=at)
    return draft.define(f"{draft.policy.id}/status", status, at)


def _passed(gate: _Gate, at: Span) -> Expression:
    return build.literal("system" if gate.moved_by == "system" else "open", at)


def _passed_or_blocked(gate: _Gate, at: Span) -> Expression:
    return build.choose([(gate.passes, _passed(gate, at))], build.literal("blocked", at), at)


def _unless_over(found: Expression, ends: _End | None, otherwise: Expression) -> Expression:
    return found if ends is None else build.choose([(ends.over, otherwise)], found, found.span)


def _own_status(draft: Draft, gate: _Gate, ends: _End | None) -> Name:
    at = gate.passes.span
    found = _passed_or_blocked(gate, at) if gate.asked else _passed(gate, at)
    leads = ends is not None and ends.then in gate.to
    found = _unless_over(found, ends, build.literal("open" if leads else "expired", at))
    return draft.define(f"{draft.policy.id}/{gate.origin.id}/status", found, at)


def _there(draft: Draft, gate: _Gate, applies: Name | None) -> Name | None:
    """Under which condition there is an exit: that of the pipeline, and its own."""
    if gate.applies is None or applies is None:
        return gate.applies or applies
    name, at = f"{draft.policy.id}/{gate.origin.id}/there", gate.applies.span
    both = build.all_of([applies, gate.applies], at)
    return draft.define(name, both, at, wanted=types.BOOLEAN, title="applies")


def _rule(
    policy: Pipeline, draft: Draft, stage: Name, steps: Sequence[_Step], status: Name, applies: Name | None
) -> Rule:
    titles = {step.stage.id: step.stage.title for step in steps}

    def by_stage(read: Callable[[_Step], Reading], otherwise: Reading) -> Choose:
        return Choose(stage.name, {step.stage.id: read(step) for step in steps}, otherwise)

    told = {step.stage.id: _fields(step, step.gate, titles) for step in steps}

    def field_of(name: str, otherwise: object = None) -> Choose:
        return by_stage(lambda step: told[step.stage.id][name], Const(otherwise))

    return Rule(
        finding=Gate,
        origin=draft.origin(policy.id, policy.title),
        origins=by_stage(lambda step: Const(step.gate.origin), Const(None)),
        entity=draft.entity,
        status=status.name,
        because=by_stage(lambda step: _because(step, step.gate), Explain((stage.name,))),
        exists=applies.name if applies is not None else None,
        fields={
            "stage": Value(stage.name),
            "stage_title": field_of("stage_title"),
            "next_stage": field_of("next_stage"),
            "next_stage_title": field_of("next_stage_title"),
            "next_stages": field_of("next_stages", ()),
            "requirements": field_of("requirements", ()),
            "waiver": _waiver(stage, steps),
            "until": by_stage(_until, Const(None)),
        },
    )


def _because(step: _Step, gate: _Gate) -> Reading:
    """The reasons of a gate; of a stage that is over, its last day."""
    passes = Explain((gate.passes.name,))
    if step.ends is None:
        return passes
    return _when_over(step.ends, Explain((step.ends.over.name,)), passes)


def _when_over(ends: _End, over: Reading, otherwise: Reading) -> Reading:
    return Choose(f"{ends.over.name}/word", {"over": over}, otherwise)


def _until(step: _Step) -> Reading:
    return Const(None) if step.ends is None else Value(step.ends.day.name)


def _waiver(stage: Name, steps: Sequence[_Step]) -> Reading:
    """The waiver that opens the gate of the stage, or has lapsed; nothing where no gate has one."""
    given = {
        step.stage.id: step.gate.waiver for step in steps if not isinstance(step.gate.waiver, Const)
    }  # fmt: skip
    return Choose(stage.name, given, Const(None)) if given else Const(None)


def _own_rule(
    draft: Draft, stage: Name, step: _Step, gate: _Gate, status: Name, applies: Name | None,
    titles: Mapping[str, str],
) -> Rule:  # fmt: skip
    """The finding of an exit with a gate of its own, about what stands in the stage."""
    at, left, ends = gate.passes.span, step.stage, step.ends
    stands: Expression = build.call("is true", build.equals(stage, build.literal(left.id, at), at), span=at)
    if ends is not None:  # what the stage leads to then is told once, by its own gate
        stands = build.all_of([stands, build.negate(build.call("is true", ends.over, span=at), at)], at)
    there = draft.define(
        f"{draft.policy.id}/{gate.origin.id}/stands",
        stands if applies is None else build.all_of([stands, applies], at),
        at, wanted=types.BOOLEAN, title="applies",
    )  # fmt: skip
    return Rule(
        finding=Gate,
        origin=gate.origin,
        entity=draft.entity,
        status=status.name,
        because=_because(step, gate),
        exists=there.name,
        fields={"stage": Const(left.id), **_fields(step, gate, titles), "until": _until(step)},
    )


def _fields(step: _Step, gate: _Gate, titles: Mapping[str, str]) -> dict[str, Reading]:
    """What the finding of a gate says besides its status."""
    found = _leads_to(step.stage, gate, titles)
    if step.ends is None:
        return found
    over = _leads_to(step.stage, replace(gate, to=(step.ends.then,), asked=()), titles)
    return {name: _when_over(step.ends, over[name], reading) for name, reading in found.items()}


def _leads_to(stage: Stage, gate: _Gate, titles: Mapping[str, str]) -> dict[str, Reading]:
    return {
        "stage_title": Const(stage.title),
        "next_stage": Const(gate.to[0] if len(gate.to) == 1 else None),
        "next_stage_title": Const(" or ".join(titles.get(each, each) for each in gate.to) or None),
        "next_stages": Const(gate.to),
        "requirements": Rules(tuple(each.rule for each in gate.asked)),
        "waiver": gate.waiver,
    }


def _leaving(
    policy: Pipeline, draft: Draft, i: int, step: _Step
) -> Callable[[_Gate, Name, Name | None], Transition]:
    """What makes the transition through a gate of a stage: all of them write down the same facts."""
    name = f"{policy.id}/{step.stage.id}/on_leave"
    snapshot = None
    sets: dict[str, str] = {}
    if step.stage.on_leave is not None and step.gate.to:
        place = ("stages", i, "on_leave")
        if step.stage.on_leave.when is not None:
            snapshot = draft.define(
                name, draft.condition(*place, "when"), draft.span(*place, "when"), wanted=types.BOOLEAN
            ).name
        own = draft.vocabulary.row(draft.entity).fields
        for fact in step.stage.on_leave.set:
            expression = draft.feel(*place, "set", fact)
            at = draft.span(*place, "set", fact)
            sets[fact] = draft.define(f"{name}/{fact}", expression, at, wanted=own.get(fact)).name

    def through(gate: _Gate, status: Name, applies: Name | None) -> Transition:
        return Transition(
            policy.id,
            draft.entity,
            policy.stage,
            step.stage.id,
            gate.to,
            status.name,
            applies.name if applies is not None else None,
            tuple(a.rule for a in gate.asked),
            snapshot,
            sets,
            draft.key_span("stages", i),
            gate.to[0] if gate in step.own else None,
        )

    return through


KIND = Kind(
    "pipeline",
    "the stages that something passes, and the gates between them",
    Pipeline,
    ("gates",),
    check,
    lower,
    CODES,
    describe=describe,
)
