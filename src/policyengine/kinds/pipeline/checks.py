"""What is wrong with stages: against the fact that holds the stage, against each other, and their exits."""

from __future__ import annotations

from policyengine.diagnostics import Code, did_you_mean
from policyengine.feel.types import types
from policyengine.kinds.pipeline.stages import Pipeline
from policyengine.policy.draft import Draft
from policyengine.policy.policy_reader import DUPLICATE_ID

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
    why="The final stage is not left: requirements there are never looked at.",
    bad=_EXAMPLE.replace("title: Active,", "title: Active, final: true,").replace(
        "\n  - {id: closed, title: Closed}", ""
    ),
    good=_EXAMPLE,
)
NO_END = Code(
    id="PIPE006",
    title="a stage that ends by time and leads nowhere else",
    why="What ends by time moves on to another stage; a final stage is not left.",
    bad=_EXAMPLE.replace("title: Active,", "title: Active, until: {day: closed_on, then: active},"),
    good=_EXAMPLE.replace("title: Active,", "title: Active, until: {day: closed_on, then: closed},"),
)
CODES = (UNKNOWN_STAGE, UNREACHABLE, NOT_A_STAGE_FACT, UNKNOWN_FACT, DEAD_GATE, NO_END)


def check(policy: Pipeline, draft: Draft) -> None:
    """Stages against the fact and against each other; snapshots against the facts."""
    draft.unique((stage.id, ("stages", i)) for i, stage in enumerate(policy.stages))
    for i, stage in enumerate(policy.stages):
        draft.unique((asked.id, ("stages", i, "leave_when", j)) for j, asked in enumerate(stage.leave_when))
    names = draft.vocabulary.names(draft.entity)
    if draft.known(policy.stage, names, f"fact of `{draft.entity}`", "stage"):
        _check_stage_fact(policy, draft, names[policy.stage])
    for i, stage in enumerate(policy.stages):
        _check_exits(policy, draft, i)
        nobody = _nobody_asks(policy, i)
        if stage.leave_when and nobody is not None:
            message = f"nobody asks for the requirements of `{stage.id}`: {nobody}"
            draft.error(DEAD_GATE, draft.key_span("stages", i, "leave_when"), message)
        for fact in stage.on_leave.set if stage.on_leave is not None else ():
            _check_snapshot(draft, fact, i)
    _check_reachable(policy, draft)


def _check_exits(policy: Pipeline, draft: Draft, i: int) -> None:
    """Every exit leads to a stage, and none stands twice; a gate of its own is asked for."""
    stage, ids = policy.stages[i], [each.id for each in policy.stages]
    named: set[str] = set()
    if stage.until is not None:
        at, then = draft.span("stages", i, "until", "then"), stage.until.then
        if then not in ids:
            message = f"`{then}` is not a stage of `{policy.id}`"
            draft.error(UNKNOWN_STAGE, at, message, did_you_mean(then, ids))
        elif then == stage.id or not policy.exits(i):
            why = "leads to itself" if then == stage.id else "is final"
            draft.error(
                NO_END, at, f"`{stage.id}` ends by time, and {why}", "remove `until`, or name another"
            )
    for j, exit in enumerate(stage.next or ()):
        at = draft.span("stages", i, "next", j, "to")
        if exit.to not in ids:
            message = f"`{exit.to}` is not a stage of `{policy.id}`"
            draft.error(UNKNOWN_STAGE, at, message, did_you_mean(exit.to, ids))
        if exit.to in named:
            draft.error(DUPLICATE_ID, at, f"`{exit.to}` stands twice in `next`", "leave one of them out")
        named.add(exit.to)
        place = ("stages", i, "next", j, "leave_when")
        draft.unique((asked.id, (*place, k)) for k, asked in enumerate(exit.leave_when or ()))
        if exit.leave_when and j not in policy.own_gates(i):
            message = (
                f"nobody asks for the requirements of the exit to `{exit.to}`: {_nobody_asks(policy, i)}"
            )
            draft.error(DEAD_GATE, draft.key_span(*place), message)


def _nobody_asks(policy: Pipeline, i: int) -> str | None:
    """Why the gate of a stage is never looked at; None if it is."""
    exits = policy.exits(i)
    if not exits:
        return "it is final"
    every = len(policy.own_gates(i)) == len(exits)
    return "every exit in `next` is a mapping, which asks for its own `leave_when`" if every else None


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
    leads = {
        stage.id: [*(each.to for each in policy.exits(i)), *([stage.until.then] if stage.until else [])]
        for i, stage in enumerate(policy.stages)
    }
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
