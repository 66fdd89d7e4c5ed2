"""The letter to one partner: level and why, the way to the next one, money, what is due, what is open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import Any

from policyengine.decision.decision import Decision
from policyengine.papers.blocks import Paper, Paragraph, Section
from policyengine.papers.duties_and_money import charges, due, not_in_force, unknown
from policyengine.papers.gains import NextLevels
from policyengine.papers.language import Language
from policyengine.papers.standing import deals, discounts, levels, scores
from policyengine.papers.voice import Voice
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.reports.course import Stretch
from policyengine.reports.due_events import DueEvents
from policyengine.reports.lists import Answer

Decide = Callable[[Record], Decision]


class Desk:
    """Writes papers about the records of one program: what all of them need is worked out once.

    `through` leads from the day that counts to the last day that is looked ahead to.
    """

    def __init__(
        self, program: Program, decide: Decide, through: Sequence[Stretch], say: Language, contact: str | None
    ) -> None:
        assert program.graph is not None
        assert program.declarations is not None
        declared = program.declarations
        labels = {**declared.parties, **declared.item_titles}
        self.program = program
        self.voice = Voice(say, program.graph.vocabulary, labels)
        self.contact = contact or self._other_party(labels) or declared.title
        self.last = through[-1].days.last
        self.decide = decide
        self.events = DueEvents(declared.id, through, labels, say)
        self.gains = NextLevels(program, labels)

    def _other_party(self, labels: Mapping[str, str]) -> str | None:
        parties = self.voice.vocabulary.declarations.parties
        return next((labels[each] for each in parties if each != self.voice.partner), None)

    def answer(self, record: Record) -> Answer:
        """A record with its decision."""
        return Answer(record, self.decide(record))

    def head(self, decision: Decision) -> dict[str, str]:
        """What stands above a paper about a record."""
        return {
            "program": decision.program_title,
            "to": decision.subject.label or decision.subject.key or "",
            "key": decision.subject.key or "",
            "day": self.voice.say.day(decision.as_of),
            "date": decision.as_of.isoformat(),
        }


def letter(desk: Desk, answer: Answer, *, whole: bool = False) -> Paper:
    """The letter about a record; with `whole`, the decision as published goes with it."""
    decision, say = answer.decision, desk.voice.say
    head = desk.head(decision)
    title = say("Where you stand in the {program}", program=decision.program_title)
    facts = decision_of(decision) if whole else {}
    return Paper("letter", say.code, title, head, _sections(desk, answer, desk.last), facts=facts)


def _sections(desk: Desk, answer: Answer, last: date) -> list[Section]:
    voice, decision = desk.voice, answer.decision
    parts = chain(
        [Section("greeting", "", [Paragraph(each) for each in _greeting(voice.say, decision)])],
        levels(voice, decision.of("levels"), desk.gains.of(answer)),
        scores(voice, decision.of("scores")),
        discounts(voice, decision.of("discounts")),
        charges(voice, decision),
        due(voice, decision, desk.events.of(answer.record), last),
        deals(voice, decision),
        unknown(voice, decision, desk.contact),
        not_in_force(voice, decision.not_in_force),
        [Section("closing", "", [Paragraph(each) for each in _closing(desk, decision)])],
    )
    return [each for each in parts if each.blocks]


def _greeting(say: Language, decision: Decision) -> list[str]:
    name = decision.subject.label
    return [
        say("Dear {name},", name=name) if name else say("Dear partner,"),
        say("This letter says where you stand on {day}, and why.", day=say.day(decision.as_of)),
    ]


def _closing(desk: Desk, decision: Decision) -> list[str]:
    say = desk.voice.say
    return [
        say("If something on record is wrong, please tell {contact}; the letter is then worked out again.",
            contact=desk.contact),
        say("Kind regards"),
        decision.program_title,
    ]  # fmt: skip


def decision_of(decision: Decision) -> dict[str, Any]:
    """The decision as published, for templates that need exact values."""
    from policyengine.decision.decision_json import to_json

    return {"decision": to_json(decision)}
