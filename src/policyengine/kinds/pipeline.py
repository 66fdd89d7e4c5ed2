"""Pipeline: the stages that something passes, and the gates between them.

A gate is open when every requirement of the stage (`leave_when`) is met or not applicable. While
something stands in a stage that is `moved_by: system`, nobody moves it by hand. When it leaves a stage,
`on_leave` writes facts down as they are at that moment, so that later changes do not touch them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Gate, Origin
from policyengine.decision.wording import join
from policyengine.diagnostics import Code, did_you_mean
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Name, Open
from policyengine.feel.types import types
from policyengine.policy.base import Boolean, Feel, Id, Many, Part, Policy, Sourced, Text, field
from policyengine.policy.change_context import ChangeContext, called
from policyengine.policy.condition import Condition
from policyengine.policy.draft import Draft
from policyengine.policy.kind import Kind
from policyengine.policy.requirement import LoweredRequirement, Requirement, lower_requirement
from policyengine.policy.rule import Choose, Const, Explain, Reading, Rule, Rules, Transition, Value


class OnLeave(Part):
    """Facts that are written down when something leaves the stage."""

    when: Condition | None = field(default=None, description="only then; always if left out")
    set: dict[Text, Feel] = field(description="fact -> the value that it gets")


class Stage(Sourced):
    """A stage, and what it takes to leave it."""

    id: Id
    title: Text
    leave_when: Many[Requirement] = field(default=(), description="the gate: all must be met")
    on_leave: OnLeave | None = None
    moved_by: Literal["hand", "system"] = field(default="hand", description="who moves it out of this stage")
    next: Many[Id] | None = field(
        default=None, description="where it may go; left out: the next stage of the list"
    )
    final: Boolean = field(default=False, description="nothing comes after it; the last one is final anyway")


class Pipeline(Policy):
    """The stages that something passes, and the gates between them."""

    kind: Literal["pipeline"]
    stage: Text = field(description="the enum fact that holds the stage")
    when: Condition | None = field(
        default=None, description="which ones go through this pipeline; all if left out"
    )
    stages: Many[Stage] = field(min_length=1)

    def following(self, i: int) -> tuple[str, ...]:
        """The stages that one leads to."""
        stage = self.stages[i]
        if stage.final or (stage.next is None and i + 1 == len(self.stages)):
            return ()
        return stage.next if stage.next is not None else (self.stages[i + 1].id,)


_EXAMPLE = """\
kind: pipeline
id: example
title: Example
for: account
stage: status
stages:
  - {id: active, title: Active, leave_when: [{id: paid, title: All is paid, when: monthly_fee > 0}]}
  - {id: closed, title: Closed}
"""
UNKNOWN_STAGE = Code(
    id="PIPE001",
    title="a stage that the pipeline or the fact does not have",
    why="A stage is found by the value of one fact, and moves lead from stage to stage.",
    bad=_EXAMPLE.replace("title: Active,", "title: Active, next: [closd],").replace(
        "title: Closed", "title: Closed, final: true"
    ),
    good=_EXAMPLE,
)
UNREACHABLE = Code(
    id="PIPE002",
    title="a stage that no way leads to",
    why="Nothing would ever come there.",
    bad=_EXAMPLE.replace(
        "leave_when: [{id: paid, title: All is paid, when: monthly_fee > 0}]", "final: true"
    ),
    good=_EXAMPLE,
)
NOT_A_STAGE_FACT = Code(
    id="PIPE003",
    title="the fact that holds the stage is not an enum",
    why="Only an enum says which stages there are, so that a misspelt stage in a record is found.",
    bad=_EXAMPLE.replace("stage: status", "stage: monthly_fee"),
    good=_EXAMPLE,
)
UNKNOWN_FACT = Code(
    id="PIPE004",
    title="a snapshot of a fact that a record cannot hold",
    why="What is written down on leaving a stage goes into the record, as a fact that it gives.",
    bad=_EXAMPLE.replace("title: Active,", "title: Active, on_leave: {set: {left_on: today}},"),
    good=_EXAMPLE.replace("title: Active,", "title: Active, on_leave: {set: {closed_on: today}},"),
)
DEAD_GATE = Code(
    id="PIPE005",
    title="a gate that nobody passes",
    why="The final stage is not left, and the system does not ask: requirements there are never looked at.",
    bad=_EXAMPLE.replace("title: Active,", "title: Active, moved_by: system,"),
    good=_EXAMPLE,
)
CODES = (UNKNOWN_STAGE, UNREACHABLE, NOT_A_STAGE_FACT, UNKNOWN_FACT, DEAD_GATE)


# Check


def check(policy: Pipeline, draft: Draft) -> None:
    """Stages against the fact and against each other; snapshots against the facts."""
    draft.unique((stage.id, ("stages", i)) for i, stage in enumerate(policy.stages))
    for i, stage in enumerate(policy.stages):
        draft.unique((asked.id, ("stages", i, "leave_when", j)) for j, asked in enumerate(stage.leave_when))
    names = draft.vocabulary.names(draft.entity)
    if draft.known(policy.stage, names, f"fact of `{draft.entity}`", "stage"):
        _check_stage_fact(policy, draft, names[policy.stage])
    ids = [stage.id for stage in policy.stages]
    for i, stage in enumerate(policy.stages):
        for j, target in enumerate(stage.next or ()):
            if target not in ids:
                message = f"`{target}` is not a stage of `{policy.id}`"
                at = draft.span("stages", i, "next", j)
                draft.error(UNKNOWN_STAGE, at, message, did_you_mean(target, ids))
        if stage.leave_when and (stage.moved_by == "system" or not policy.following(i)):
            who = "the system moves it on" if policy.following(i) else "it is final"
            message = f"nobody asks for the requirements of `{stage.id}`: {who}"
            draft.error(DEAD_GATE, draft.key_span("stages", i, "leave_when"), message)
        for fact in stage.on_leave.set if stage.on_leave is not None else ():
            _check_snapshot(draft, fact, i)
    _check_reachable(policy, draft)


def _check_stage_fact(policy: Pipeline, draft: Draft, kind: types.Type) -> None:
    if not isinstance(kind, types.Enum):
        draft.error(
            NOT_A_STAGE_FACT,
            draft.span("stage"),
            f"`{policy.stage}` is {types.describe(kind)}",
            "the fact that holds the stage needs the type `enum`",
        )
        return
    for i, stage in enumerate(policy.stages):
        if stage.id not in kind.values:
            message = f"`{stage.id}` is not a value of `{policy.stage}`"
            help = did_you_mean(stage.id, kind.values) or f"add it to the values of `{policy.stage}`"
            draft.error(UNKNOWN_STAGE, draft.span("stages", i, "id"), message, help)


def _check_snapshot(draft: Draft, fact: str, i: int) -> None:
    own = draft.vocabulary.entities[draft.entity].facts
    at = draft.key_span("stages", i, "on_leave", "set", fact)
    if fact not in own:
        draft.error(UNKNOWN_FACT, at, f"`{fact}` is not a fact of `{draft.entity}`", did_you_mean(fact, own))
    elif not own[fact].is_given:
        draft.error(UNKNOWN_FACT, at, f"`{fact}` is derived by a formula, so it cannot be written down")


def _check_reachable(policy: Pipeline, draft: Draft) -> None:
    leads = {stage.id: policy.following(i) for i, stage in enumerate(policy.stages)}
    known = all(target in leads for targets in leads.values() for target in targets)
    if not known or len(leads) < len(policy.stages):
        return  # that is reported, and what was meant cannot be told
    reached: set[str] = set()
    pending = [policy.stages[0].id]
    while pending:
        at = pending.pop()
        if at not in reached:
            reached.add(at)
            pending.extend(leads[at])
    for i, stage in enumerate(policy.stages):
        if stage.id not in reached:
            draft.error(
                UNREACHABLE,
                draft.key_span("stages", i),
                f"no way leads from `{policy.stages[0].id}` to `{stage.id}`",
                f"add `{stage.id}` to the `next` of the stage before it",
            )


# Lower


@dataclass(frozen=True, slots=True)
class _Step:
    """A stage in the graph."""

    stage: Stage
    origin: Origin
    following: tuple[str, ...]
    asked: tuple[LoweredRequirement, ...]
    passes: Name


def lower(policy: Pipeline, draft: Draft) -> None:
    """A gate for whatever is in the pipeline, and a transition for every stage that can be left."""
    at = draft.span("stage")
    stage = draft.define(f"{policy.id}/stage", build.name(policy.stage, at), at)
    applies = None
    if policy.when is not None:
        applies = draft.applies(policy.id, "when")
    steps = [_step(policy, draft, i) for i in range(len(policy.stages))]
    status = _status(draft, stage, steps)
    draft.rule(_gate(policy, draft, stage, steps, status, applies))
    for i, step in enumerate(steps):
        if step.following:
            draft.transition(_transition(policy, draft, i, step, status, applies))


def _step(policy: Pipeline, draft: Draft, i: int) -> _Step:
    stage = policy.stages[i]
    asked = [
        lower_requirement(draft, r, "stages", i, "leave_when", j) for j, r in enumerate(stage.leave_when)
    ]
    at = draft.key_span("stages", i)
    passes = build.all_of([each.passes for each in asked], at)
    name = f"{policy.id}/{stage.id}/passes"
    title = f"gate out of {stage.title}"
    gate = draft.define(name, passes, at, wanted=types.BOOLEAN, title=title)
    origin = draft.origin(stage.id, stage.title, "stages", i)
    return _Step(stage, origin, policy.following(i), tuple(asked), gate)


def _status(draft: Draft, stage: Name, steps: Sequence[_Step]) -> Name:
    at = stage.span

    def one(step: _Step) -> Expression:
        if not step.following or step.stage.moved_by == "system":
            return build.literal("system" if step.following else "final", at)
        return build.choose([(step.passes, build.literal("open", at))], build.literal("blocked", at), at)

    cases = [(build.equals(stage, build.literal(step.stage.id, at), at), one(step)) for step in steps]
    nowhere = Open(f"`{draft.policy.id}` has no such stage", at)
    status = build.call("once known", stage, build.choose(cases, nowhere, at), span=at)
    return draft.define(f"{draft.policy.id}/status", status, at)


def _gate(
    policy: Pipeline, draft: Draft, stage: Name, steps: Sequence[_Step], status: Name, applies: Name | None
) -> Rule:
    titles = {step.stage.id: step.stage.title for step in steps}

    def by_stage(read: Callable[[_Step], Reading], otherwise: Reading) -> Choose:
        return Choose(stage.name, {step.stage.id: read(step) for step in steps}, otherwise)

    def only(step: _Step) -> str | None:
        return step.following[0] if len(step.following) == 1 else None

    def onwards(step: _Step) -> str | None:
        return " or ".join(titles.get(each, each) for each in step.following) or None

    return Rule(
        finding=Gate,
        origin=draft.origin(policy.id, policy.title),
        origins=by_stage(lambda step: Const(step.origin), Const(None)),
        entity=draft.entity,
        status=status.name,
        because=by_stage(lambda step: Explain((step.passes.name,)), Explain((stage.name,))),
        exists=applies.name if applies is not None else None,
        fields={
            "stage": Value(stage.name),
            "stage_title": by_stage(lambda step: Const(step.stage.title), Const(None)),
            "next_stage": by_stage(lambda step: Const(only(step)), Const(None)),
            "next_stage_title": by_stage(lambda step: Const(onwards(step)), Const(None)),
            "next_stages": by_stage(lambda step: Const(step.following), Const(())),
            "requirements": by_stage(lambda step: Rules(tuple(a.rule for a in step.asked)), Const(())),
        },
    )


def _transition(
    policy: Pipeline, draft: Draft, i: int, step: _Step, status: Name, applies: Name | None
) -> Transition:
    name = f"{policy.id}/{step.stage.id}/on_leave"
    snapshot = None
    sets: dict[str, str] = {}
    if step.stage.on_leave is not None:
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
    return Transition(
        policy.id,
        draft.entity,
        policy.stage,
        step.stage.id,
        step.following,
        status.name,
        applies.name if applies is not None else None,
        tuple(a.rule for a in step.asked),
        snapshot,
        sets,
        draft.key_span("stages", i),
    )


# Words


def describe(context: ChangeContext) -> str | None:
    """Stages and what it takes to leave them."""
    match context.keys:
        case ("stages", "*"):
            return context.comes_or_goes(
                f"new stage: {context.name}", f"there is no stage {context.name} any more"
            )
        case ("stages", "*", "leave_when", "*"):
            stage = called(context.names[0])
            return context.comes_or_goes(
                f"now asked for before leaving {stage}: {context.name}",
                f"no longer asked for before leaving {stage}: {context.name}",
            )
        case ("stages", "*", "moved_by"):
            return context.was(
                called(context.name),
                "is moved on",
                lambda who: "by hand" if who == "hand" else f"by the {who}",
            )
        case ("stages", "*", "next"):
            titles = {stage.id: stage.title for stage in context.policy.stages}
            return context.was(
                called(context.name),
                "leads to",
                lambda ids: join((titles.get(each, each) for each in ids), "or"),
            )
        case ("stages", "*", "on_leave", "when", *_):
            return context.was(f"leaving {called(context.name)}", "writes facts down when")
        case ("stages", "*", "on_leave", "set", fact):
            return context.was(f"leaving {called(context.name)}", f"writes down {context.noun(fact)} as")
    return None


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
