"""Changes of levels in sentences: where they start and end, what they grant, what they ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from policyengine.decision.wording import join
from policyengine.kinds.tiers.level_parts import LevelPart, plain_test
from policyengine.policy.base import keys_of
from policyengine.policy.change_context import ChangeContext, called
from policyengine.policy.change_words import asked, moved_range, tested
from policyengine.policy.grant import describe_grant, granted


def describe(context: ChangeContext) -> str | None:
    """Where levels start and end, what they grant, what they ask for."""
    if context.keys[:1] == ("state",):
        return _state(context, context.keys[1:])
    match context.keys:
        case ("levels", "*", fact) | ("levels", "*", fact, "is") if context.is_fact(fact):
            return _moved_level(context, fact)
        case (*_, "intended"):
            return _meant(context)
        case ("levels", "*", "keep", *rest):
            return _kept(context, rest)
        case ("levels", "*", "or"):
            return context.comes_or_goes(
                f"{context.names[0]} has another way than its measure now",
                f"{context.names[0]} has no other way than its measure any more",
            )
        case ("levels", "*"):
            return context.comes_or_goes(
                f"new level {context.name}{_grants(context)}",
                f"there is no level {context.name} any more{_grants(context)}",
            )
        case ("result",):
            return context.was("the level", "is called in formulas")
        case ("thresholds", *rest):
            return _thresholds(context, rest)
        case ("requires", "*"):
            return context.comes_or_goes(
                f"now asked for, of every level: {context.name}",
                f"no longer asked for, of any level: {context.name}",
            )
        case ("levels", "*", "grants", *_) | ("otherwise", "grants", *_):
            return describe_grant(context)
        case ("otherwise", "level"):
            return context.was("where no level is reached, it", "says")
    return None


def _thresholds(context: ChangeContext, rest: Sequence[str]) -> str | None:
    match rest:
        case []:
            return context.comes_or_goes("levels now have thresholds", "levels no longer have thresholds")
        case [fact]:
            noun = context.noun(fact)
            return context.comes_or_goes(f"levels now test {noun}", f"levels no longer test {noun}")
        case [fact, level] | [fact, level, "is"] if context.is_fact(fact):
            title = next((each.title for each in context.policy.levels if each.id == level), None)
            return None if title is None else _moved_level(replace(context, names=(title,)), fact)
    return None


_STATE = {
    ("falls", "when"): ("a level", "may fall when"),
    ("falls", "by"): ("a level", "falls"),
    ("rises",): ("a level", "rises"),
    ("grace",): ("a level", "is held after the figures fall short for"),
    ("floor",): ("nobody", "falls below"),
    ("keeps_until",): ("a level", "is surely held until"),
    ("counter", "add"): ("renewing a level", "adds to the counter"),
    ("counter", "uses_up"): ("a level that is reached", "uses the counter up:"),
}
"""What a key of the state decides: the subject of the sentence, and its verb."""


_FACTS = {
    ("held",): ("the level that is held", "stands in"),
    ("since",): ("the day since when it is held", "stands in"),
    ("short_since",): ("the day since when the figures fall short", "stands in"),
    ("counter", "fact"): ("the counter", "stands in"),
}
_PARTS = {
    (): (
        "levels now last: the one that is held counts until it falls",
        "levels no longer last: that of today's figures counts",
    ),
    ("falls",): (
        "it is now said when a level may fall, and how far",
        "a level may fall at any time now, to the level reached",
    ),
    ("counter",): ("a counter now counts towards the levels", "no counter counts any more"),
}  # fmt: skip


def _state(context: ChangeContext, rest: tuple[str, ...]) -> str | None:
    if rest in _FACTS:
        return context.was(*_FACTS[rest], lambda fact: called(context.noun(str(fact))))
    if rest in _STATE:
        return context.was(*_STATE[rest])
    return context.comes_or_goes(*_PARTS[rest]) if rest in _PARTS else None


def _meant(context: ChangeContext) -> str:
    still = "now" if context.new == "true" else "no longer"
    return f"it is {still} meant that {context.name} may bring less"


def _kept(context: ChangeContext, rest: Sequence[str]) -> str | None:
    """What a level asks for to be kept; parts of a requirement have the general words."""
    if list(rest) == ["requires", "*"]:
        return context.comes_or_goes(
            f"now asked for, to keep {context.names[0]}: {context.name}",
            f"no longer asked for, to keep {context.names[0]}: {context.name}",
        )
    if list(rest) == ["requires"]:
        return context.comes_or_goes(
            f"keeping {context.name} now has requirements of its own",
            f"keeping {context.name} has no requirements of its own any more",
        )
    if rest and not context.is_fact(rest[0]):
        return None
    old, new = (each if isinstance(each, dict) else {} for each in (context.old, context.new))
    if rest:
        old, new = ({} if each is None else {rest[0]: each} for each in (context.old, context.new))
    was, now = (_all_asked(context, each) for each in (old, new))
    if not now:
        return f"{context.name} is kept as it is reached, and no longer where {was}"
    return f"{context.name} is now kept where {now} ({f'was: {was}' if was else 'was not said'})"


def _all_asked(context: ChangeContext, tests: Mapping[str, Any]) -> str:
    return join(
        f"{context.noun(fact)} may be anything" if plain_test(test) == "-"
        else asked(context, fact, plain_test(test))
        for fact, test in tests.items() if context.is_fact(fact)
    )  # fmt: skip


def _moved_level(context: ChangeContext, fact: str) -> str:
    context = replace(context, old=plain_test(context.old), new=plain_test(context.new))
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
        asked(context, key, plain_test(test))
        for key, test in context.own.items()
        if key not in keys_of(LevelPart) and context.is_fact(key)
    ]
    said = ", ".join([*tests, *(granted(context, each) for each in context.own.get("grants") or ())])
    return f": {said}" if said else ""
