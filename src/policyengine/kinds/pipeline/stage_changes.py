"""Changes of stages, of what leaving them takes, and of the ways out, in words."""

from __future__ import annotations

from typing import Any

from policyengine.decision.wording import join
from policyengine.policy.change_context import ChangeContext, called, flat


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
        case ("stages", "*", "until", *rest):
            return _end(context, rest)
        case ("stages", "*", "moved_by"):
            return context.was(called(context.name), "is moved on", _by)
        case ("stages", "*", "next", *rest):
            return _ways_out(context, rest)
        case ("stages", "*", "on_leave", "when", *_):
            return context.was(f"leaving {called(context.name)}", "writes facts down when")
        case ("stages", "*", "on_leave", "set", fact):
            return context.was(f"leaving {called(context.name)}", f"writes down {context.noun(fact)} as")
    return None


def _ways_out(context: ChangeContext, rest: list[str]) -> str | None:
    """Where a stage leads to, and what a way out asks for."""
    match rest:
        case []:
            return context.was(
                called(context.name),
                "leads to",
                lambda exits: join((_title(context, each) for each in exits), "or"),
            )
        case ["*"]:
            return _exit(context)
        case ["*", "leave_when", "*"]:
            way = f"before {called(context.names[0])} is left for {_left_for(context)}"
            return context.comes_or_goes(
                f"now asked for {way}: {context.name}", f"no longer asked for {way}: {context.name}"
            )
    way = f"from {called(context.names[0])} to {_title(context, context.own)}"
    match rest:
        case ["*", "applies_when", *_]:
            return context.was(f"the way {way}", "is there when")
        case ["*", "moved_by"]:
            return context.was(f"who goes {way}", "is moved", _by)
        case ["*", "leave_when"]:
            return context.was(f"the way {way}", "asks for", flat)
    return None


def _by(who: Any) -> str:
    return "by hand" if who == "hand" else f"by the {who}"


def _end(context: ChangeContext, rest: list[str]) -> str:
    """When a stage ends by time, and where it leads to then."""
    stage = called(context.names[0])
    if rest == ["day"]:
        return context.was(stage, "ends after")
    if rest == ["then"]:
        return context.was(stage, "leads by time to", lambda to: called(_title(context, to)))
    return context.comes_or_goes(f"{stage} now ends by time", f"{stage} no longer ends by time")


def _exit(context: ChangeContext) -> str:
    """A way out that comes, goes, or has another gate."""

    def said(exit: Any) -> str:
        asked = flat(exit.get("leave_when") or None) if isinstance(exit, dict) else "the gate of the stage"
        return f"{_title(context, exit)} (asks for {asked})"

    stage = called(context.names[0])
    if context.sort == "changed":
        return context.was(stage, "leads to", said)
    return context.comes_or_goes(
        f"{stage} now also leads to {said(context.new)}", f"{stage} no longer leads to {said(context.old)}"
    )


def _title(context: ChangeContext, exit: Any) -> str:
    """The title of the stage that a way out leads to."""
    to = exit.get("to") if isinstance(exit, dict) else exit
    return next((stage.title for stage in context.policy.stages if stage.id == to), str(to))


def _left_for(context: ChangeContext) -> str:
    """The title of the stage that asks for a requirement of its own."""
    stages = [stage for stage in context.policy.stages if stage.title == context.names[0]]
    asking = {
        asked.id: exit.to for stage in stages for exit in stage.next or () for asked in exit.leave_when or ()
    }
    return _title(context, asking.get(context.own.get("id"), ""))
