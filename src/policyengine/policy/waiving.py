"""Waivers of what a policy asks for, as that policy reads them.

A waiver holds for whom its condition says, from its first day to its last one. For what has a day of its own,
as a duty that is due, that day counts, and else the day that is asked about. What is waived and not met lets
pass; a waiver whose last day is over is named where it would be needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from policyengine.dataclass import dataclass
from policyengine.decision.findings import WAIVED, Waiver
from policyengine.decision.wording import waiver_words
from policyengine.diagnostics import Code
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Name
from policyengine.feel.types import types
from policyengine.policy.draft import Draft
from policyengine.policy.rule import Choose, Const, Reading, Rule
from policyengine.policy.vocabulary import Waiving
from policyengine.source import Span

GOOD = """\
kind: obligations
id: duties
title: Duties
for: partner
obligations: [{id: review, title: Review, met_when: attends_quarterly_reviews}]
---
kind: waivers
id: example
title: Example
for: partner
waivers:
  - {id: a, of: duties/review, when: {region: EU}, why: no reviewers yet, approved_by: vendor}
"""
OUT_OF_SIGHT = Code(
    id="WAIVER002",
    title="a waiver for somebody whom what it waives does not belong to",
    why="A waiver is for the one that is judged, or for one that it belongs to: a waiver for partners may be "
    "of what is asked of their customers, and not the other way round.",
    bad=GOOD.replace("title: Example\nfor: partner", "title: Example\nfor: account").replace(
        ", when: {region: EU}", ""
    ),
    good=GOOD,
)
CODES = (OUT_OF_SIGHT,)


class Waived(NamedTuple):
    """What the waivers of a thing come to: the condition that one lets pass, and which one bears on it."""

    holds: Expression
    note: Reading


@dataclass(frozen=True, slots=True)
class Waivable:
    """Something that may be waived: its path of ids, its title, and the name of its nodes.

    `met` tells whether it holds by itself, `asked` whether it is asked for. `due` is the day of its own, if
    it has one; before it nothing is lacking.
    """

    path: str
    title: str
    name: str
    met: Expression
    because: Reading
    asked: Expression | None = None
    due: Expression | None = None
    period: Reading = Const(None)
    entity: str | None = None


def waive(draft: Draft, thing: Waivable, *pointer: str | int) -> Waived | None:
    """Returns what the waivers of a thing come to, and reports each of them; None if there are none."""
    at = draft.key_span(*pointer)
    draft.defines("waivable", thing.path, at)
    found = [each for each in draft.vocabulary.waivers.get(thing.path, ()) if _in_sight(draft, each)]
    if not found:
        return None
    steps = [_Step(draft, thing, each) for each in found]
    told: list[Expression] = []
    cases: list[tuple[Expression, Expression]] = []
    notes: dict[str, Reading] = {}
    for step in steps:
        told.append(build.call("told as", step.holds, build.literal(_words(draft, step.each), at), span=at))
    for lapsed in (False, True):
        for step in steps:
            condition = step.late if lapsed else step.helps
            if condition is not None:
                word = f"{step.each.note.reference}{'/lapsed' if lapsed else ''}"
                cases.append((build.call("is true", condition, span=at), build.literal(word, at)))
                notes[word] = Const(replace(step.each.note, lapsed=lapsed))
    for step in steps:
        draft.rule(step.rule())
    which = build.choose(cases, build.literal("", at), at)
    note = draft.define(f"{thing.name}/waiver", which, at, entity=thing.entity)
    return Waived(build.any_of(told, at), Choose(note.name, notes, Const(None)))


def or_waived(
    cases: Sequence[tuple[Expression, Expression]], waived: Waived, at: Span
) -> list[tuple[Expression, Expression]]:
    """Returns the cases of a status with `waived` among them: what a waiver lets pass need not be known."""
    surely = [(build.call("is true", condition, span=at), status) for condition, status in cases]
    return [*surely, (waived.holds, build.literal(WAIVED, at)), *cases]


def _in_sight(draft: Draft, each: Waiving) -> bool:
    if each.entity in draft.vocabulary.lineage(draft.entity):
        return True
    message = f"`{each.of}` is asked of `{draft.entity}`, and this waiver is for `{each.entity}`"
    draft.error(OUT_OF_SIGHT, each.origin.at, message, f"write `for: {draft.entity}`")
    return False


def _words(draft: Draft, each: Waiving) -> str:
    return waiver_words(each.note, draft.vocabulary.declarations.parties)


class _Step:
    """One waiver of a thing, as nodes.

    It `holds` on its days, and `helps` where the thing is not met; `late` is that it is over and would help.
    """

    def __init__(self, draft: Draft, thing: Waivable, each: Waiving) -> None:
        self.draft, self.thing, self.each = draft, thing, each
        self.at, self.name = each.origin.at, f"{thing.name}/waiver/{each.note.reference}"
        self.today = build.name("today", self.at)
        self.whom = draft.default(f"{each.note.reference}/for", build.literal(False, self.at), self.at)
        day = self.today if thing.due is None else thing.due
        begins, ends = each.begins_on, each.note.until_including
        self.holds = self._define(
            "holds", [self.whom, *self._compared(">=", day, begins), *self._compared("<=", day, ends)]
        )
        met = build.call("is true", thing.met, span=self.at)
        self.helps = build.all_of([self.holds, build.negate(met, self.at)], self.at)
        idle = [met] if thing.asked is None else [met, self._surely_not(thing.asked)]
        self.enough = build.any_of(idle, self.at)
        self.late: Expression | None = None
        if ends is not None:
            over = self._compared(">", self.today, ends)
            if thing.due is not None:
                over += [*self._compared(">", day, ends), build.compare("<=", day, self.today, self.at)]
            self.late = self._define("late", [self.whom, *over, build.negate(self.enough, self.at)])

    def _surely_not(self, condition: Expression) -> Expression:
        return build.call("is true", build.negate(condition, self.at), span=self.at)

    def _compared(self, op: str, day: Expression, limit: date | None) -> list[Expression]:
        return [] if limit is None else [build.compare(op, day, build.literal(limit, self.at), self.at)]

    def _define(self, word: str, conditions: Sequence[Expression]) -> Name:
        return self.draft.define(
            f"{self.name}/{word}", build.all_of(conditions, self.at), self.at, entity=self.thing.entity,
            wanted=types.BOOLEAN,
        )  # fmt: skip

    def rule(self) -> Rule:
        """The finding of the waiver: whether it is used for this thing."""
        at, thing, note = self.at, self.thing, self.each.note
        return Rule(
            finding=Waiver,
            origin=replace(self.each.origin, title=thing.title),
            entity=thing.entity or self.draft.entity,
            status=self.draft.define(f"{self.name}/status", self._status(), at, entity=thing.entity).name,
            because=thing.because,
            exists=self._define("exists", [self.whom, *self._matters()]).name,
            fields={
                "of": Const(thing.path),
                "why": Const(note.why),
                "approved_by": Const(note.approved_by),
                "ticket": Const(note.ticket),
                "begins_on": Const(self.each.begins_on),
                "until_including": Const(note.until_including),
                "period": thing.period,
            },
        )

    def _status(self) -> Expression:
        at, begins = self.at, self.each.begins_on
        cases: list[tuple[Expression, str]] = [] if self.late is None else [(self.late, "lapsed")]
        if begins is not None and self.thing.due is None:
            cases += [(early, "upcoming") for early in self._compared("<", self.today, begins)]
        cases.append((self.enough, "unused"))
        words = [(condition, build.literal(word, at)) for condition, word in cases]
        return build.choose(words, build.literal("used", at), at)

    def _matters(self) -> list[Expression]:
        """Whether the waiver is about the thing: on its days, and later as long as it would help."""
        ends = self.each.note.until_including
        current: list[Expression] = (
            [self.holds] if self.thing.due is not None else self._compared("<=", self.today, ends)
        )
        if not current or self.late is None:
            return current
        return [build.any_of([*current, self.late], self.at)]
