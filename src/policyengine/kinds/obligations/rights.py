"""Rights: what a party may do, from one day to another, and whether it did.

A right is `exercised` or `forfeited` once that is known to hold. Otherwise it is `upcoming` before its first
day, `open` up to its last one, and `lapsed` after that. One whose first day never comes, or comes only after
its last one, does not apply.
"""

from __future__ import annotations

from datetime import date

from policyengine.decision.findings import NOT_APPLICABLE, Right
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Name
from policyengine.feel.types import types
from policyengine.policy.base import Feel, Id, PartyName, Sourced, Text, field
from policyengine.policy.condition import Condition
from policyengine.policy.draft import Draft
from policyengine.policy.rule import Choose, Const, Explain, Reading, Rule, Value


class RightPart(Sourced):
    """Something that a party may do."""

    id: Id
    title: Text
    party: PartyName | None = field(
        default=None, description="whose right it is; left out: that of the partner"
    )
    when: Condition | None = field(default=None, description="not applicable otherwise")
    opens_on: Feel | None = field(default=None, description="its first day; left out: always")
    closes_on: Feel | None = field(default=None, description="its last day; left out: no end")
    exercised_when: Condition = field(description="how it is shown that the party made use of it")
    forfeited_when: Condition | None = field(default=None, description="when it is lost for good")


def check_right(draft: Draft, part: RightPart, i: int) -> None:
    """The party of a right exists."""
    draft.party(part.party or "partner", "rights", i, "id" if part.party is None else "party")


class _Lowering:
    """A right on its way into the graph."""

    def __init__(self, draft: Draft, part: RightPart, i: int) -> None:
        self.draft, self.part, self.place = draft, part, ("rights", i)
        self.name, self.at = f"{draft.policy.id}/{part.id}", draft.key_span("rights", i)
        self.applies = draft.applies(self.name, *self.place, "when") if part.when is not None else None
        self.exercised = self._condition("exercised_when", "exercised")
        self.forfeited = self._condition("forfeited_when", "forfeited") if part.forfeited_when else None
        self.opens = self._day("opens_on", "first day") if part.opens_on else None
        self.closes = self._day("closes_on", "last day") if part.closes_on else None
        self.comes = self._comes()

    def _condition(self, key: str, title: str) -> Name:
        place = (*self.place, key)
        return self.draft.define(
            f"{self.name}/{title}", self.draft.condition(*place), self.draft.span(*place),
            wanted=types.BOOLEAN, title=title,
        )  # fmt: skip

    def _day(self, key: str, noun: str) -> Name:
        place = (*self.place, key)
        return self.draft.define(
            f"{self.name}/{key}", self.draft.feel(*place), self.draft.span(*place), wanted=types.DATE,
            noun=f"{noun} of {self.part.title}",
        )  # fmt: skip

    def _comes(self) -> Name | None:
        """Whether there is a day on which it is open; None where there is one for sure."""
        if self.opens is None:
            return None
        at = self.opens.span
        beyond: list[Expression] = []
        if self.draft.may_never_come(self.draft.feel(*self.place, "opens_on")):
            beyond.append(build.compare(">", self.opens, build.literal(date.max, at), at))
        if self.closes is not None:
            beyond.append(build.compare(">", self.opens, self.closes, at))
        if not beyond:
            return None
        comes = build.negate(build.call("is true", build.any_of(beyond, at), span=at), at)
        return self.draft.define(f"{self.name}/comes", comes, at, wanted=types.BOOLEAN, title="opens one day")

    def status(self) -> Expression:
        """The status; as long as the first day lies ahead it does not matter what is not known."""
        at, today = self.at, build.name("today", self.at)
        ended = [
            (each, word)
            for each, word in ((self.exercised, "exercised"), (self.forfeited, "forfeited"))
            if each
        ]
        cases: list[tuple[Expression, str]] = []
        if self.applies is not None:
            cases.append((build.negate(self.applies, at), NOT_APPLICABLE))
        cases += [(build.call("is true", each, span=at), word) for each, word in ended]
        if self.comes is not None:
            cases.append((build.negate(self.comes, at), NOT_APPLICABLE))
        if self.opens is not None:
            cases.append((build.compare(">", self.opens, today, at), "upcoming"))
        cases += ended
        if self.closes is not None:
            cases.append((build.compare("<", self.closes, today, at), "lapsed"))
        found = [(condition, build.literal(word, at)) for condition, word in cases]
        return build.choose(found, build.literal("open", at), at)

    def because(self, status: str) -> Reading:
        """What decides each status."""
        days = [each.name for each in (self.opens, self.closes) if each is not None]
        told: dict[str, Reading] = {"exercised": Explain((self.exercised.name,))}
        if self.forfeited is not None:
            told["forfeited"] = Explain((self.forfeited.name,))
        asked = [each for each in (self.applies, self.comes) if each is not None]
        if len(asked) > 1:
            whole = build.all_of(asked, self.at)
            asked = [self.draft.define(f"{self.name}/given", whole, self.at, wanted=types.BOOLEAN)]
        if asked:
            told[NOT_APPLICABLE] = Explain((asked[0].name,))
        return Choose(status, told, Explain((self.exercised.name, *days)))


def lower_right(draft: Draft, part: RightPart, i: int) -> None:
    """A right as a finding of whom the policy judges."""
    low = _Lowering(draft, part, i)
    status = draft.define(f"{low.name}/status", low.status(), low.at)
    draft.rule(
        Rule(
            finding=Right,
            origin=draft.origin(part.id, part.title, *low.place),
            entity=draft.entity,
            status=status.name,
            because=low.because(status.name),
            fields={
                "party": Const(part.party or "partner"),
                "opens_on": Const(None) if low.opens is None else Value(low.opens.name),
                "closes_on": Const(None) if low.closes is None else Value(low.closes.name),
            },
        )
    )
