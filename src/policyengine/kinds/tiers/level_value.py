"""The level as a value of the entity: an ordered choice of what holds where none is reached, and the levels.

It has the name that `result` gives it, else the id of the policy with `_` for `-`; a fact of that name keeps
the name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyengine.feel.partition import OneOf
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Name
from policyengine.feel.types.types import Enum
from policyengine.kinds.tiers.level_parts import Tiers
from policyengine.policy.draft import Draft
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.rule import Cases, ReasonCase
from policyengine.policy.vocabulary import DerivedFact, Vocabulary


def level_type(policy: Tiers) -> Enum:
    """Returns the levels as choices that ascend; below them the word of `otherwise`, if it can hold."""
    values = {level.id: level.title for level in policy.levels}
    if may_be_none(policy):
        values = {policy.none: policy.none_title, **values}
    return Enum(policy.result_name, tuple(values), tuple(values.values()), ordered=True)


def may_be_none(policy: Tiers) -> bool:
    """Whether somebody may reach no level: one that asks for nothing is reached by everybody."""
    asks = policy.facts_of(0) or policy.levels[0].requires or policy.requires
    return policy.otherwise is not None or bool(asks)


def noun_of(policy: Tiers) -> str:
    """Returns what the level is called in a sentence."""
    return f"level ({policy.title})"


def exports(unit: PolicyDocument, vocabulary: Vocabulary) -> Mapping[str, DerivedFact]:
    """The level, by its name."""
    policy = unit.policy
    if not isinstance(policy, Tiers):
        return {}
    named = policy.result is not None
    at = unit.document.value_span(("result",) if named else ("id",))
    kind = level_type(policy)
    # Whom a policy does not judge has no level.
    found = DerivedFact(
        kind, noun_of(policy), at, OneOf(kind.values), gives_way=not named, may_be_nothing=True
    )
    return {policy.result_name: found}


def define_value(
    draft: Draft, policy: Tiers, level: Expression, applies: Name | None, reached: Sequence[tuple[Name, str]]
) -> None:
    """Defines the level under its name; whom the policy does not judge has none."""
    name, at = policy.result_name, draft.key_span("levels")
    if draft.vocabulary.results.get(draft.entity, {}).get(name) is None:
        return  # a fact has the name
    if applies is not None:
        level = build.choose([(applies, level)], build.call("no value of", level, span=at), at)
    cases = tuple(ReasonCase(condition.name, title) for condition, title in reached)
    draft.define(
        name, level, at, wanted=level_type(policy), noun=noun_of(policy),
        cases=Cases(cases, f"no level of {policy.title} is reached") if cases else None,
    )  # fmt: skip
