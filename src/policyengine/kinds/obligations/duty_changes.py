"""Changes of duties and rights in words."""

from __future__ import annotations

from typing import Any

from policyengine.decision.wording import every, join
from policyengine.policy.change_context import ChangeContext, called, flat, quoted


def describe(context: ChangeContext) -> str | None:
    """Duties that come and go, whose they are, when they are due, how often they recur."""
    if context.keys[:1] == ("rights",) or context.keys[-1:] == ("holds_until",):
        return _days(context)
    if context.keys == ("obligations",):
        return _list(context)
    match context.keys:
        case ("obligations", "*"):
            party = context.own.get("party")
            whose = f" of {context.party(party)}" if isinstance(party, str) else ""
            due = f", due on {quoted(context.own['due_on'])}" if "due_on" in context.own else ""
            often = f", {every(str(context.own['every']))}" if "every" in context.own else ""
            return context.comes_or_goes(
                f"new duty{whose}: {context.name}{often}{due}", f"no longer a duty{whose}: {context.name}"
            )
        case ("obligations", "*", "parts") if context.sort != "order":
            topics = flat(context.new or context.old)
            return context.comes_or_goes(
                f"{called(context.name)} now includes: {topics}",
                f"{called(context.name)} no longer includes: {topics}",
            )
        case ("obligations", "*", "parts", "*"):
            return context.comes_or_goes(
                f"{called(context.names[0])} now includes: {context.name}",
                f"{called(context.names[0])} no longer includes: {context.name}",
            )
        case ("obligations", "*", "party", "values", column):
            whom = context.value(context.part.by, column) if hasattr(context.part, "by") else column
            return context.was(called(context.name), f"falls for {whom} to", context.party)
        case ("obligations", "*", "party"):
            return context.was(called(context.name), "falls to", lambda party: _bearers(context, party))
        case ("obligations", "*", ("due_on" | "done_on") as key):
            return context.was(called(context.name), f"is {key.removesuffix('_on')} on")
        case ("obligations", "*", "every"):
            return context.was(called(context.name), "recurs", lambda text: every(str(text)))
        case ("obligations", "*", "starting"):
            return context.was(called(context.name), "counts its periods from")
        case ("obligations", "*", "decided_by"):
            return context.was(called(context.name), "is decided by", context.party)
    return None


def _bearers(context: ChangeContext, party: Any) -> str:
    if not isinstance(party, dict):
        return context.party(party)
    fact = str(party.get("by"))
    values = (party.get("values") or {}).items()
    return join(f"{context.party(bearer)} for {context.value(fact, value)}" for value, bearer in values)


def _days(context: ChangeContext) -> str | None:
    """Rights that come and go, and the days of rights and of duties that last."""
    if context.keys == ("rights",):
        return _list(context)
    if context.keys == ("rights", "*", "party"):
        return context.was(called(context.name), "belongs to", context.party)
    verbs = {"holds_until": "must be kept until", "opens_on": "opens on", "closes_on": "closes on"}
    if context.keys == ("rights", "*"):
        return context.comes_or_goes(f"new right: {context.name}", f"no longer a right: {context.name}")
    key = context.keys[-1]
    return context.was(called(context.name), verbs[key]) if key in verbs else None


def _list(context: ChangeContext) -> str | None:
    """All duties, or all rights, that come or go together."""
    noun = {"obligations": "duties", "rights": "rights"}.get(context.keys[0])
    if noun is None or context.sort == "order":
        return None
    listed = flat(context.new or context.old)
    return context.comes_or_goes(f"new {noun}: {listed}", f"no longer {noun}: {listed}")
