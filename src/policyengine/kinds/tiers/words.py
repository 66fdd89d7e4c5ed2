"""Changes of levels in sentences: where they start and end, what they grant, what they ask for."""

from __future__ import annotations

from policyengine.kinds.tiers.levels import LevelPart
from policyengine.policy.base import keys_of
from policyengine.policy.change_context import ChangeContext
from policyengine.policy.change_words import asked, moved_range, tested
from policyengine.policy.grant import describe_grant, granted


def describe(context: ChangeContext) -> str | None:
    """Where levels start and end, what they grant, what they ask for."""
    match context.keys:
        case ("levels", "*", fact) if context.is_fact(fact):
            return _moved_level(context, fact)
        case ("levels", "*"):
            return context.comes_or_goes(
                f"new level {context.name}{_grants(context)}",
                f"there is no level {context.name} any more{_grants(context)}",
            )
        case ("levels", "*", "grants", *_):
            return describe_grant(context)
        case ("requires", "*"):
            return context.comes_or_goes(
                f"now asked for, of every level: {context.name}",
                f"no longer asked for, of any level: {context.name}",
            )
        case ("otherwise", "level"):
            return context.was("where no level is reached, it", "says")
    return None


def _moved_level(context: ChangeContext, fact: str) -> str:
    if isinstance(context.old, str) and isinstance(context.new, str):
        found = moved_range(context, fact)
        if found is not None:
            return found
    if context.new is None:
        return f"{context.name} no longer asks that {asked(context, fact, context.old)}"
    was = "was not asked for" if context.old is None else f"was {tested(context, fact, context.old)}"
    return f"{context.name} now asks that {asked(context, fact, context.new)} ({was})"


def _grants(context: ChangeContext) -> str:
    tests = [
        asked(context, key, test)
        for key, test in context.own.items()
        if key not in keys_of(LevelPart) and context.is_fact(key)
    ]
    said = ", ".join([*tests, *(granted(context, each) for each in context.own.get("grants") or ())])
    return f": {said}" if said else ""
