"""What a pipeline says: its stages, the ways out of them, and what is written down on leaving."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from policyengine.policy.base import (
    Boolean,
    Feel,
    Id,
    Many,
    NameOf,
    Part,
    Policy,
    Sourced,
    Text,
    ValueOf,
    Written,
    field,
)
from policyengine.policy.condition import Condition
from policyengine.policy.requirement import Requirement


class OnLeave(Part):
    """Facts that are written down when something leaves the stage."""

    when: Condition | None = field(default=None, description="only then; always if left out")
    set: dict[Annotated[Text, NameOf("fact")], Feel] = field(description="fact -> the value that it gets")


class Exit(Sourced):
    """A way out of a stage; `leave_when` is None where it asks for the gate of the stage."""

    to: Annotated[Id, NameOf("stage")] = field(description="the stage that it leads to")
    moved_by: Literal["hand", "system"] | None = field(
        default=None, description="who moves it there; left out: as the stage says"
    )
    applies_when: Condition | None = field(
        default=None, description="there is no such way out otherwise; always if left out"
    )
    leave_when: Many[Requirement] | None = field(
        default=None, description="its own gate, instead of that of the stage; left out: nothing is asked for"
    )


def _exit(value: Any) -> Any:
    """The keys of an exit; a mapping that has no `leave_when` asks for nothing."""
    return {"leave_when": [], **value} if isinstance(value, dict) else {"to": value}


def _exit_schema(mapping: dict[str, Any]) -> dict[str, Any]:
    plain = {"type": "string", "description": "a stage, through the gate of this stage"}
    return {"if": {"type": "string"}, "then": plain, "else": mapping}


class Until(Part):
    """The last day of a stage, and the stage that it leads to then, whatever was asked for."""

    day: Feel = field(description="the last day on which `next` counts")
    then: Annotated[Id, NameOf("stage")] = field(description="the stage that it leads to after that day")


class Stage(Sourced):
    """A stage, and what it takes to leave it."""

    id: Annotated[Id, ValueOf("stage")]
    title: Text
    moved_by: Literal["hand", "system"] = field(
        default="hand", description="who moves it out of this stage, once its gate is passed"
    )
    leave_when: Many[Requirement] = field(default=(), description="the gate: all must be met")
    on_leave: OnLeave | None = None
    next: Many[Annotated[Exit, Written(_exit, _exit_schema)]] | None = field(
        default=None, description="where it may go; left out: the next stage of the list"
    )
    until: Until | None = field(default=None, description="the stage ends by time")
    final: Boolean = field(default=False, description="nothing comes after it; the last one is final anyway")


class Pipeline(Policy):
    """The stages that something passes, and the gates between them."""

    kind: Literal["pipeline"]
    when: Condition | None = field(
        default=None, description="which ones go through this pipeline; all if left out"
    )
    stage: Annotated[Text, NameOf("fact")] = field(description="the enum fact that holds the stage")
    stages: Many[Stage] = field(min_length=1)

    def exits(self, i: int) -> tuple[Exit, ...]:
        """The ways out of a stage."""
        stage = self.stages[i]
        if stage.final or (stage.next is None and i + 1 == len(self.stages)):
            return ()
        return stage.next if stage.next is not None else (Exit(to=self.stages[i + 1].id),)

    def own_gates(self, i: int) -> tuple[int, ...]:
        """Which of the exits of a stage have gates of their own.

        One that asks for nothing has none where the system moves on whatever is in the stage.
        """
        stage = self.stages[i]
        always = stage.moved_by == "system" and not stage.leave_when
        return tuple(
            j
            for j, each in enumerate(self.exits(i))
            if each.leave_when or each.applies_when or each.moved_by or (each.leave_when == () and not always)
        )
