"""Waivers: exceptions that somebody approved, from one day to another.

A waiver is of something that a policy asks for: a requirement, a level, a gate, an obligation. That policy
reads it (`policy.waiving`); what stands here is what a waiver says, and for whom it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from policyengine.decision.findings import WaiverNote
from policyengine.diagnostics import Code, Report
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.types import types
from policyengine.policy import waiving
from policyengine.policy.base import (
    Condition,
    Date,
    Id,
    Many,
    NameOf,
    PartyName,
    Policy,
    Sourced,
    Text,
    field,
)
from policyengine.policy.change_context import ChangeContext, called, quoted
from policyengine.policy.change_words import condition, given
from policyengine.policy.draft import Draft
from policyengine.policy.kind import Kind
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.vocabulary import Vocabulary, Waiving


class WaiverPart(Sourced):
    """An exception that somebody approved."""

    id: Id
    of: Annotated[Text, NameOf("waivable")] = field(
        description="what is waived, by ids: `policy/requirement`, `policy/level`, `policy/stage`"
    )
    when: Condition | None = field(default=None, description="for whom it is; left out: for everybody")
    why: Text = field(description="why it was given")
    approved_by: PartyName = field(description="the party that approved it")
    ticket: Text | None = field(default=None, description="where the approval is kept")
    from_: Date | None = field(default=None, alias="from", description="its first day; left out: always")
    until_including: Date | None = field(default=None, description="its last day; left out: no end")

    def days(self) -> Iterator[date]:
        """The days on which it begins, and after which it is over."""
        if self.from_ is not None:
            yield self.from_
        if self.until_including is not None and self.until_including < date.max:
            yield self.until_including + timedelta(days=1)


class Waivers(Policy):
    """Exceptions that somebody approved, from one day to another."""

    kind: Literal["waivers"]
    waivers: Many[WaiverPart]

    def turning_days(self) -> Iterator[date]:
        """The days on which waivers begin, and after which they are over."""
        for each in self.waivers:
            yield from each.days()


NOTHING = Code(
    id="WAIVER001",
    title="a waiver of something that no policy asks for",
    why="A waiver names what it waives by the ids of the policy and of its parts: `levels/team` is the "
    "requirement `team` of every level, `levels/gold/team` one of the level `gold`, `levels/gold` the level, "
    "`deals/offer` the gate of a stage, `duties/review` an obligation. A misspelt one never waives anything.",
    bad=waiving.GOOD.replace("duties/review", "duties/reviews"),
    good=waiving.GOOD,
)
BACKWARDS = Code(
    id="WAIVER003",
    title="a waiver that ends before it begins",
    why="It would never hold.",
    bad=waiving.GOOD.replace("why:", "from: 2026-11-01, until_including: 2026-10-31, why:"),
    good=waiving.GOOD.replace("why:", "from: 2026-11-01, until_including: 2027-01-31, why:"),
)
CODES = (NOTHING, *waiving.CODES, BACKWARDS)


def check(policy: Waivers, draft: Draft) -> None:
    """Ids, parties, days."""
    draft.unique((each.id, ("waivers", i)) for i, each in enumerate(policy.waivers))
    for i, each in enumerate(policy.waivers):
        draft.party(each.approved_by, "waivers", i, "approved_by")
        if each.from_ is not None and each.until_including is not None and each.until_including < each.from_:
            at = draft.span("waivers", i, "until_including")
            draft.error(BACKWARDS, at, f"`{each.id}` ends before it begins on {each.from_}")


def lower(policy: Waivers, draft: Draft) -> None:
    """For whom each waiver is; what it comes to is worked out where the thing that it waives is asked for."""
    for i, each in enumerate(policy.waivers):
        place = ("waivers", i)
        draft.origin(each.id, each.of, *place)
        at = draft.span(*place, "of")
        missing = NOTHING.at(at, f"`{each.of}` is nothing that a policy asks for")
        draft.needs("waivable", each.of, missing, any_day=True)
        whom: Expression = build.literal(True, at)
        if each.when is not None:
            whom = draft.condition(*place, "when")
        draft.define(f"{policy.id}/{each.id}/for", whom, draft.key_span(*place), wanted=types.BOOLEAN)


def waives(unit: PolicyDocument, vocabulary: Vocabulary) -> Sequence[Waiving]:
    """The waivers of a policy, as what they are of reads them."""
    policy = unit.policy
    assert isinstance(policy, Waivers)
    draft = Draft(unit, vocabulary, Report(), {})
    return [
        Waiving(
            each.of, policy.for_,
            WaiverNote(
                policy.id, each.id, each.why, each.approved_by,
                ticket=each.ticket, until_including=each.until_including,
            ),
            each.from_, draft.origin(each.id, each.of, "waivers", i),
        )
        for i, each in enumerate(policy.waivers)
    ]  # fmt: skip


# Words


def describe(context: ChangeContext) -> str | None:
    """Waivers that come and go, how long they last, for whom they are; nobody is named."""
    match context.keys:
        case ("waivers", "*"):
            own = context.own
            told = [
                f"for {_whom(context, own.get('when'))}",
                *([f"from {_day(own['from'])}"] if "from" in own else []),
                *([f"until {_day(own['until_including'])}"] if "until_including" in own else []),
                f"approved by {context.party(own.get('approved_by'))}",
                *([str(own["ticket"])] if "ticket" in own else []),
            ]
            said = f"{quoted(own.get('of'))}, {', '.join(told)}"
            return context.comes_or_goes(
                f"a waiver is added of {said}", f"there is no waiver any more of {said}"
            )
        case ("waivers", "*", "until_including"):
            return _waiver(context, "lasts until", _day) if context.new else _endless(context)
        case ("waivers", "*", "from"):
            return _waiver(context, "begins on", _day)
        case ("waivers", "*", "of"):
            return _waiver(context, "is of", quoted)
        case ("waivers", "*", "when", *rest):
            plain = not rest and not any(
                _names_somebody(context, each) for each in (context.old, context.new)
            )
            if not plain:
                return f"{_subject(context)} is now for others"
            was, now = (_whom(context, each) for each in (context.old, context.new))
            return f"{_subject(context)} is now for {now} (was for {was})"
        case ("waivers", "*", "approved_by"):
            return _waiver(context, "is approved by", context.party)
        case ("waivers", "*", "ticket" | "why" as key):
            return _waiver(context, {"ticket": "has the ticket", "why": "is given since"}[key], called)
    return None


def _subject(context: ChangeContext) -> str:
    return f"the waiver {quoted(context.part.id)} of {quoted(context.part.of)}"


def _waiver(context: ChangeContext, verb: str, say: Callable[[Any], str]) -> str:
    return context.was(_subject(context), verb, say)


def _endless(context: ChangeContext) -> str:
    return f"{_subject(context)} no longer ends (was: until {_day(context.old)})"


def _day(text: object) -> str:
    return given(types.DATE, text)


def _whom(context: ChangeContext, when: object) -> str:
    """For whom a waiver is; those whom it names are not told."""
    entity = context.vocabulary.entities.get(context.entity)
    noun = context.entity if entity is None else entity.title
    if when is None:
        return f"every {noun}"
    if _names_somebody(context, when):
        return f"a certain {noun}"
    return f"each {noun} where {condition(context, when)}"


def _names_somebody(context: ChangeContext, when: object) -> bool:
    """Whether a condition asks for what tells one from others: the key, or what people call it."""
    entity = context.vocabulary.entities.get(context.entity)
    told = () if entity is None else (entity.key, entity.label)
    return any(name is not None and re.search(rf"\b{name}\b", str(when)) for name in told)


KIND = Kind(
    "waivers",
    "exceptions that somebody approved, from one day to another",
    Waivers,
    ("waivers",),
    check,
    lower,
    CODES,
    describe=describe,
    waives=waives,
)
