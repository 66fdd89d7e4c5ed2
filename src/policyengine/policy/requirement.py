"""Requirements: what levels and gates ask for, and how their statuses are derived.

Status: `not_applicable` where `applies_when` does not hold, else `met`, `unmet` or undetermined; where a
party decides (`decided_by`), `met` once `when` is known to hold, `refused` once it is known not to, until
then `manual`; `waived` where it is not met and a waiver holds. A requirement lets pass when it is met, waived
or not applicable. While a person's word is not there
(`when` is not known, or there is none) it is not decided whether it lets pass; where it is refused, it does
not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policyengine.dataclass import dataclass
from policyengine.decision import findings
from policyengine.decision.findings import MANUAL, REFUSED
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Name, Open
from policyengine.feel.types import types
from policyengine.policy.base import Id, PartyName, Sourced, Text, field
from policyengine.policy.condition import Condition
from policyengine.policy.rule import Choose, Const, Explain, Reading, Rule
from policyengine.policy.waiving import Waivable, or_waived, waive

if TYPE_CHECKING:
    from policyengine.policy.draft import Draft


class Requirement(Sourced):
    """One thing that is asked for."""

    id: Id
    title: Text
    applies_when: Condition | None = field(default=None, description="not applicable otherwise")
    when: Condition | None = field(default=None, description="when it is met")
    decided_by: PartyName | None = field(
        default=None,
        description="the party that decides; `when` tells its word, and until then it is `manual`",
    )


@dataclass(frozen=True, slots=True)
class LoweredRequirement:
    """A requirement in the graph: its rule, and the name of the condition that it lets pass."""

    rule: Rule
    passes: Name


def lower_requirement(draft: Draft, requirement: Requirement, *pointer: str | int) -> LoweredRequirement:
    """Lowers the requirement at a pointer; its nodes are named after its place and its id."""
    at = draft.span(*pointer)
    if requirement.decided_by is not None:
        draft.party(requirement.decided_by, *pointer, "decided_by")
    parties = draft.vocabulary.declarations.parties
    decider = parties.get(requirement.decided_by or "", requirement.decided_by)
    holds: Expression = Open(f"{decider} decides", at)
    if requirement.when is not None:
        holds = draft.condition(*pointer, "when")
    elif requirement.decided_by is None:
        holds = Open("the policy does not say when it is met", at)
    applies = draft.condition(*pointer, "applies_when") if requirement.applies_when is not None else None
    return ask(
        draft, requirement.id, requirement.title, holds, *pointer,
        applies=applies, decided_by=requirement.decided_by,
    )  # fmt: skip


def ask(
    draft: Draft, id: str, title: str, holds: Expression, *pointer: str | int,
    applies: Expression | None = None, decided_by: str | None = None, test_of: str | None = None,
    path: str | None = None,
) -> LoweredRequirement:  # fmt: skip
    """Lowers a requirement whose conditions are expressions already; `pointer` leads to its place.

    Waivers know it by its `path`, the ids of the parts that it stands in if it is left out.
    """
    name = "/".join([draft.policy.id, *(str(step) for step in pointer), id])
    at = draft.span(*pointer)
    passes: Expression = draft.define(f"{name}/holds", holds, at, wanted=types.BOOLEAN, title=title)
    met = passes if decided_by is None else build.call("is true", passes, span=at)
    cases: list[tuple[Expression, Expression]] = [(met, build.literal("met", at))]
    because: Reading = Explain((f"{name}/holds",))
    own, asked = passes, None
    if applies is not None:
        asked = draft.define(
            f"{name}/applies", applies, at, wanted=types.BOOLEAN, title=f"asked for: {title}"
        )
        not_asked = build.negate(asked, at)
        cases.insert(0, (not_asked, build.literal("not_applicable", at)))
        passes = build.any_of([not_asked, passes], at)
        because = Choose(f"{name}/status", {"not_applicable": Explain((f"{name}/applies",))}, because)
    waived = waive(
        draft,
        Waivable(path or draft.path(*pointer), title, name, own, Explain((f"{name}/holds",)), asked),
        *pointer,
    )
    if waived is not None:
        cases = or_waived(cases, waived, at)
        passes = build.any_of([passes, waived.holds], at)
    if decided_by is not None and not isinstance(holds, Open):
        no = build.call("is true", build.negate(build.name(f"{name}/holds", at), at), span=at)
        cases.append((no, build.literal(REFUSED, at)))
    otherwise = build.literal(MANUAL if decided_by is not None else "unmet", at)
    status = draft.define(f"{name}/status", build.choose(cases, otherwise, at), at)
    rule = Rule(
        finding=findings.Requirement,
        origin=draft.origin(id, title, *pointer),
        entity=draft.entity,
        status=status.name,
        because=because,
        fields={
            "decided_by": Const(decided_by),
            "test_of": Const(test_of),
            "waiver": Const(None) if waived is None else waived.note,
        },
    )
    return LoweredRequirement(rule, draft.define(f"{name}/passes", passes, at, wanted=types.BOOLEAN))
