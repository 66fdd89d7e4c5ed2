"""Duties: what must be done by when, once or again and again, and how it is shown to be done.

(In access control "obligation" means something else: an instruction that comes with a decision.)

An obligation is met when `met_when` is known to hold. Otherwise it is upcoming as long as its due date
lies ahead, due on the day, overdue after it. One that says when it was done (`done_on`) is met if that is
no later than its due date, and `met_late` if it is later, so what was done is not overdue. A recurring one
is judged for its current and its previous period, each with a due date of its own. Where a party decides
and no fact shows it, it is `manual`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from policyengine.decision import findings
from policyengine.diagnostics import Code
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import ContextLiteral, Expression, ListLiteral, Name, Open, Path
from policyengine.feel.types import types
from policyengine.kinds.obligations.duty_changes import describe
from policyengine.kinds.obligations.rights import RightPart, check_right, lower_right
from policyengine.policy import quantities
from policyengine.policy.base import Feel, Id, Many, Part, PartyName, Policy, Sourced, Text, field
from policyengine.policy.bearer import UNKNOWN, Party, bearer_expression, check_bearer
from policyengine.policy.condition import Condition
from policyengine.policy.draft import Draft
from policyengine.policy.entity import Rhythm
from policyengine.policy.kind import Kind
from policyengine.policy.quantities import CALENDAR
from policyengine.policy.recurrence import Sight, counted, of_calendar
from policyengine.policy.rule import Choose, Const, Explain, Reading, Repeat, Rule, Value
from policyengine.policy.waiving import Waivable, Waived, or_waived, waive
from policyengine.source import Span


class TopicPart(Part):
    """A titled topic that a report lists."""

    id: Id
    title: Text


class ObligationPart(Sourced):
    """Something that must be done."""

    id: Id
    title: Text
    party: Party | None = field(default=None, description="who must do it; left out: the partner")
    audience: Text | None = field(default=None, description="whom of the party it concerns")
    when: Condition | None = field(default=None, description="not applicable otherwise")
    due_on: Feel | None = field(
        default=None, description="the last day for it; left out: the end of the period, or now"
    )
    every: Rhythm | None = field(default=None, description="how often it recurs")
    starting: Feel | None = field(default=None, description="the day from which the periods of `every` count")
    met_when: Condition | None = field(default=None, description="how it is shown to be done")
    done_on: Feel | None = field(
        default=None,
        description="the day on which it was done, instead of `met_when`; after `due_on` it is late",
    )
    decided_by: PartyName | None = field(
        default=None, description="the party that decides, where no fact shows it"
    )
    holds_until: Feel | None = field(
        default=None,
        description="the last day on which `met_when` must hold, every day from `due_on` on",
    )
    parts: Many[TopicPart] = ()


class Obligations(Policy):
    """What must be done by when, once or again and again, and what may be done."""

    kind: Literal["obligations"]
    obligations: Many[ObligationPart] = ()
    rights: Many[RightPart] = field(default=(), description="what a party may do, and until when")

    def __post_init__(self) -> None:
        if not self.obligations and not self.rights:
            raise ValueError("there are neither `obligations` nor `rights`; add one of them")


_EXAMPLE = """\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: review, title: Review, every: calendar quarter, met_when: attends_quarterly_reviews}
"""
NO_START = Code(
    id="OBLIG001",
    title="a recurring obligation whose periods have no start, or a start without periods",
    why="Calendar quarters begin by themselves; a year or a month begins on some day, which must be said.",
    bad=_EXAMPLE.replace("calendar quarter", "P1Y"),
    good=_EXAMPLE.replace("calendar quarter", "P1Y, starting: renewal_on"),
)
NOT_SHOWN = Code(
    id="OBLIG002",
    title="an obligation of which nobody can tell whether it is met",
    why="Either facts show it (`met_when`, `done_on`), or a party decides (`decided_by`).",
    bad=_EXAMPLE.replace(", met_when: attends_quarterly_reviews", ""),
    good=_EXAMPLE.replace("met_when: attends_quarterly_reviews", "decided_by: vendor"),
)
SHOWN_TWICE = Code(
    id="OBLIG003",
    title="an obligation that says in two ways whether it is met",
    why="The day on which it was done (`done_on`) tells whether it is met, and whether it was late; a "
    "condition beside it could say the opposite.",
    bad=_EXAMPLE.replace("met_when: attends", "done_on: renewal_on, met_when: attends"),
    good=_EXAMPLE.replace("met_when: attends_quarterly_reviews", "done_on: renewal_on"),
)
NOT_LASTING = Code(
    id="OBLIG004",
    title="a duty that lasts and is done on a day",
    why="What must hold until a day is judged on every day until then; it does not recur.",
    bad=_EXAMPLE.replace("every: calendar quarter", "holds_until: renewal_on, every: calendar quarter"),
    good=_EXAMPLE.replace("every: calendar quarter", "holds_until: renewal_on"),
)
CODES = (NO_START, NOT_SHOWN, SHOWN_TWICE, NOT_LASTING)


def check(policy: Obligations, draft: Draft) -> None:
    """Ids, parties, and that each says when it recurs and how it is met."""
    duties = [(each.id, ("obligations", i)) for i, each in enumerate(policy.obligations)]
    draft.unique([*duties, *((each.id, ("rights", i)) for i, each in enumerate(policy.rights))])
    for i, right in enumerate(policy.rights):
        check_right(draft, right, i)
    for i, each in enumerate(policy.obligations):
        draft.unique((topic.id, ("obligations", i, "parts", j)) for j, topic in enumerate(each.parts))
    for i, each in enumerate(policy.obligations):
        place = ("obligations", i)
        if each.party is not None:
            check_bearer(draft, each.party, *place, "party")
        else:
            draft.party("partner", *place, "id")
        if each.decided_by is not None:
            draft.party(each.decided_by, *place, "decided_by")
        if each.met_when is None and each.done_on is None and each.decided_by is None:
            draft.error(
                NOT_SHOWN,
                draft.key_span(*place),
                f"nothing tells when `{each.id}` is met",
                "add `met_when: ...`, `done_on: ...` or `decided_by: ...`",
            )
        if each.met_when is not None and each.done_on is not None:
            draft.error(
                SHOWN_TWICE,
                draft.key_span(*place, "met_when"),
                f"`{each.id}` has `done_on` and `met_when`",
                "leave one of them out",
            )
        if (each.every is not None and each.every not in CALENDAR) != (each.starting is not None):
            _no_start(draft, each, i)
        for key in ("every", "done_on") if each.holds_until is not None else ():
            if getattr(each, key) is not None:
                message = f"`{each.id}` must hold until a day, and has `{key}`"
                draft.error(NOT_LASTING, draft.key_span(*place, key), message, "leave one of them out")


def _no_start(draft: Draft, part: ObligationPart, i: int) -> None:
    key, message = "every", f"`{part.id}` has no day from which its periods count"
    if part.starting is not None:
        key, message = "starting", f"`{part.id}` has a start, but no period such as P1Y"
    help = "write `every: P1Y` together with `starting: ...`"
    draft.error(NO_START, draft.key_span("obligations", i, key), message, help)


def lower(policy: Obligations, draft: Draft) -> None:
    """Each obligation once per period, the one-time ones once."""
    for i, each in enumerate(policy.obligations):
        _lower_obligation(policy, draft, each, i)
    for i, right in enumerate(policy.rights):
        lower_right(draft, right, i)


_PERIOD_TYPES: dict[str, types.Type] = {
    "period": types.RangeOf(types.DATE),
    "period_number": types.COUNT,
    "period_name": types.TEXT,
}


def _lower_obligation(policy: Obligations, draft: Draft, part: ObligationPart, i: int) -> None:
    name, place = f"{policy.id}/{part.id}", ("obligations", i)
    at = draft.key_span(*place)
    occasion = f"{name}/occasion"
    occasions = draft.define(f"{name}/occasions", _occasions(draft, part, i), at)
    recurs = part.every is not None
    draft.repeat(Repeat(occasion, policy.for_, occasions.name, _PERIOD_TYPES if recurs else {}))
    due = _due(draft, part, i, occasion)
    shown, in_time = _shown(draft, part, i, occasion, due)
    in_force = _in_force(draft, part, i, occasion)
    applies = draft.applies(name, *place, "when", entity=occasion) if part.when is not None else None
    asked = [each for each in (in_force, applies) if each is not None]
    all_asked = build.all_of(asked, at) if asked else None
    period = Value("period_name") if recurs else Const(None)
    ends = _end(draft, part, i, occasion)
    why, day = Explain((shown.name,)), due if ends is None else None
    thing = Waivable(name, part.title, name, shown, why, all_asked, day, period, occasion)
    waived = waive(draft, thing, *place)
    status = _judged(part, (shown, in_time), (due, ends), asked, waived, at)
    told = None if part.met_when is None and part.done_on is None else in_time or shown
    reasons = [node.name for node in (applies, told, due) if node is not None]
    because: Reading = Explain(tuple(reasons))
    if asked:
        not_asked = Explain(tuple(each.name for each in asked))
        because = Choose(f"{name}/status", {"not_applicable": not_asked}, because)
    draft.rule(
        Rule(
            finding=findings.Obligation,
            origin=draft.origin(part.id, part.title, *place),
            entity=occasion,
            status=draft.define(f"{name}/status", status, at, entity=occasion).name,
            because=because,
            fields={
                "party": _party(draft, part, i, occasion),
                "due_on": Value("due_on") if due is not None else Const(None),
                "period": period,
                "period_start": _edge(draft, name, "start", occasion, at) if recurs else Const(None),
                "period_end": _edge(draft, name, "end", occasion, at) if recurs else Const(None),
                "audience": Const(part.audience),
                "decided_by": Const(part.decided_by),
                "holds_until": Const(None) if ends is None else Value(ends.name),
                "waiver": Const(None) if waived is None else waived.note,
                "parts": Const(
                    tuple(findings.ObligationTopic(topic.id, topic.title) for topic in part.parts)
                ),
            },
        )
    )


def _shown(
    draft: Draft, part: ObligationPart, i: int, occasion: str, due: Name | None
) -> tuple[Name, Name | None]:
    """Whether it is done; and whether that was in time, where it says when it was done."""
    name, place = f"{draft.policy.id}/{part.id}", ("obligations", i)
    at = draft.key_span(*place)

    def define(key: str, holds: Expression, title: str) -> Name:
        return draft.define(f"{name}/{key}", holds, at, entity=occasion, wanted=types.BOOLEAN, title=title)

    if part.done_on is None:
        met: Expression = Open(f"{part.decided_by} decides", at)
        return define(
            "met", met if part.met_when is None else draft.condition(*place, "met_when"), "met"
        ), None
    written, there = draft.feel(*place, "done_on"), draft.span(*place, "done_on")
    noun = (
        draft.vocabulary.noun(draft.entity, written.name) if isinstance(written, Name) else "day it was done"
    )
    done = draft.define(f"{name}/done-on", written, there, entity=occasion, wanted=types.DATE, noun=noun)
    so_far = build.compare("<=", done, build.name("today", at), at)
    shown = define("done", build.all_of([build.call("is defined", done, span=at), so_far], at), "done")
    if due is None:
        return shown, None
    return shown, define("met", build.compare("<=", done, due, at), "done in time")


def _in_force(draft: Draft, part: ObligationPart, i: int, occasion: str) -> Name | None:
    """Whether the policy was there in the period: what nobody asked for yet is not overdue."""
    if part.every is None or draft.since is None:
        return None
    name, at = f"{draft.policy.id}/{part.id}", draft.key_span("obligations", i)
    end = Path(build.name("period", at), "end", at)
    last = draft.define(
        f"{name}/last-day", end, at, entity=occasion, wanted=types.DATE, noun="last day of the period"
    )
    within = build.compare(">=", last, build.literal(draft.since, at), at)
    return draft.define(
        f"{name}/in-force", within, at, entity=occasion, wanted=types.BOOLEAN, title="in force"
    )


def _party(draft: Draft, part: ObligationPart, i: int, occasion: str) -> Reading:
    if part.party is None or part.party.only not in (None, UNKNOWN):
        return Const("partner" if part.party is None else part.party.only)
    place = ("obligations", i, "party")
    bearer = bearer_expression(draft, part.party, *place)
    name = f"{draft.policy.id}/{part.id}/party"
    return Value(draft.define(name, bearer, draft.span(*place), entity=occasion, title="party").name)


def _occasions(draft: Draft, part: ObligationPart, i: int) -> Expression:
    """A list of contexts, one for each time that the obligation is judged."""
    at = draft.key_span("obligations", i)
    today = build.name("today", at)
    if part.every is None:
        return ListLiteral((ContextLiteral((), at),), at)
    if part.every in CALENDAR:
        return of_calendar("calendar periods", part.every, today, draft.vocabulary, at)
    if part.starting is None:
        return Open("its periods have no start", at)
    parts = counted(
        draft.feel("obligations", i, "starting"), Sight(draft.vocabulary, draft.entity, draft.functions)
    )
    steps = (parts.offset, build.literal(parts.shift, at), build.literal(quantities.period(part.every), at))
    return build.call("periods since", parts.anchor, *steps, today, span=at)


def _due(draft: Draft, part: ObligationPart, i: int, occasion: str) -> Name | None:
    at = draft.key_span("obligations", i)
    if part.due_on is not None:
        due = draft.feel("obligations", i, "due_on")
        place = draft.span("obligations", i, "due_on")
        return draft.define("due_on", due, place, entity=occasion, wanted=types.DATE, noun="due date")
    if part.every is not None:
        end = Path(build.name("period", at), "end", at)
        return draft.define("due_on", end, at, entity=occasion, wanted=types.DATE, noun="due date")
    return None


def _end(draft: Draft, part: ObligationPart, i: int, occasion: str) -> Name | None:
    """The last day of a duty that lasts."""
    if part.holds_until is None:
        return None
    place = ("obligations", i, "holds_until")
    return draft.define(
        f"{draft.policy.id}/{part.id}/holds-until", draft.feel(*place), draft.span(*place), entity=occasion,
        wanted=types.DATE, noun="last day of the duty",
    )  # fmt: skip


def _edge(draft: Draft, name: str, edge: str, occasion: str, at: Span) -> Reading:
    value = Path(build.name("period", at), edge, at)
    return Value(draft.define(f"{name}/{edge}", value, at, entity=occasion).name)


def _status(
    part: ObligationPart,
    shown: Expression,
    in_time: Expression | None,
    due: Expression | None,
    asked: Sequence[Name],
    waived: Waived | None,
    at: Span,
) -> Expression:
    def text(word: str) -> Expression:
        return build.literal(word, at)

    today = build.name("today", at)
    cases: list[tuple[Expression, Expression]] = [
        (build.negate(each, at), text("not_applicable")) for each in asked
    ]
    met = text("met") if in_time is None else build.choose([(in_time, text("met"))], text("met_late"), at)
    cases.append((build.call("is true", shown, span=at), met))
    if waived is not None:
        cases = or_waived(cases, waived, at)
    if part.decided_by is not None and part.met_when is None and part.done_on is None:
        return build.choose(cases, text("manual"), at)
    if part.decided_by is not None:  # who has said no has decided: it is still to do
        said_no = build.call("is true", build.negate(shown, at), span=at)
        cases.append((build.negate(said_no, at), text("manual")))
    if due is None:
        return build.choose([*cases, (shown, met)], text("due"), at)
    # As long as the day lies ahead it does not matter whether it is known to be done.
    cases.append((build.compare(">", due, today, at), text("upcoming")))
    cases.append((shown, met))
    cases.append((build.equals(due, today, at), text("due")))
    return build.choose(cases, text("overdue"), at)


def _judged(
    part: ObligationPart, found: tuple[Expression, Expression | None],
    days: tuple[Expression | None, Expression | None], asked: Sequence[Name], waived: Waived | None, at: Span,
) -> Expression:  # fmt: skip
    """The status; of a duty that lasts from its first day, if it says one, to its last."""
    (shown, in_time), (begins, ends) = found, days
    if ends is None:
        return _status(part, shown, in_time, begins, asked, waived, at)
    today = build.name("today", at)
    cases: list[tuple[Expression, str]] = [(build.negate(each, at), "not_applicable") for each in asked]
    cases.append((build.compare("<", ends, today, at), "ended"))
    if begins is not None:
        cases.append((build.compare(">", begins, today, at), "upcoming"))
    cases.append((build.call("is true", shown, span=at), "kept"))
    told: list[tuple[Expression, Expression]] = [(each, build.literal(word, at)) for each, word in cases]
    if waived is not None:
        told = or_waived(told, waived, at)
    if part.decided_by is not None:
        no = build.call("is true", build.negate(shown, at), span=at)
        told.append((no, build.literal("broken", at)))
        return build.choose(told, build.literal("manual", at), at)
    told.append((shown, build.literal("kept", at)))
    return build.choose(told, build.literal("broken", at), at)


KIND = Kind(
    "obligations",
    "what must be done by when, and how it is shown to be done",
    Obligations,
    ("obligations", "rights"),
    check,
    lower,
    CODES,
    describe=describe,
)
