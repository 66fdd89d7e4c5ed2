"""The pack for a quarterly review of one partner: agenda, standing, areas, record, duties, pipeline."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import chain
from typing import Any

from policyengine.change.period import Days
from policyengine.decision.decision import Decision
from policyengine.decision.findings import Clause, Figure, Obligation, Score, ScorePart
from policyengine.papers.blocks import (
    Block,
    Column,
    Heading,
    Paper,
    Paragraph,
    Row,
    Run,
    Section,
    Table,
    section,
    table,
)
from policyengine.papers.duties_and_money import (
    assumptions,
    banded,
    by_day,
    charges,
    due,
    duty,
    not_in_force,
    unknown,
)
from policyengine.papers.language import Language
from policyengine.papers.letter import Desk, decision_of
from policyengine.papers.standing import deals, discounts, levels, score_blocks
from policyengine.papers.voice import Voice
from policyengine.policy.entity import Entity
from policyengine.policy.facts import Fact
from policyengine.program.record import Record
from policyengine.reports.lists import Answer

_QUARTER = re.compile(r"(\d{4})[ -]?[Qq]([1-4])")
_DAY = timedelta(days=1)
_MOST_ROWS, _MOST_COLUMNS = 12, 6
_OF_DUTIES = {
    "met": "done", "met_late": "done late", "upcoming": "still to do", "due": "due now", "overdue": "overdue",
    "undetermined": "not decided", "manual": "a person decides", "waived": "waived", "kept": "kept",
    "broken": "broken", "ended": "ended",
}  # fmt: skip


def quarter_of(text: str) -> Days:
    """The days of a quarter, `2026Q4`; raises `ValueError` with a sentence for any other text."""
    found = _QUARTER.fullmatch(text.strip())
    if found is None or not 1 <= int(found[1]) < date.max.year:
        raise ValueError(f"`{text}` is not a quarter; write it as `2026Q4`")
    return _quarter(int(found[1]), int(found[2]))


def quarter_around(day: date) -> Days:
    """The quarter that holds a day."""
    return _quarter(day.year, (day.month - 1) // 3 + 1)


def _quarter(year: int, number: int) -> Days:
    first = date(year, 3 * number - 2, 1)
    after = date(year + number // 4, 3 * number % 12 + 1, 1)
    return Days(first, after - _DAY)


def name_of_quarter(quarter: Days) -> str:
    """What a quarter is called: `2026 Q4`."""
    return f"{quarter.first.year} Q{(quarter.first.month + 2) // 3}"


def pack(
    desk: Desk, answer: Answer, quarter: Days, *, read_on: date | None = None, whole: bool = False
) -> Paper:
    """The pack about a record for the review of a quarter; with `whole`, the decision goes with it.

    `read_on` is the day on which the record says what it says, where that is not the day that is decided for.
    """
    say, decision = desk.voice.say, answer.decision
    head = desk.head(decision)
    title = say("Review of {quarter}: {name}", quarter=name_of_quarter(quarter), name=head["to"])
    facts = decision_of(decision) if whole else {}
    return Paper("pack", say.code, title, head, _sections(desk, answer, quarter, read_on), facts=facts)


def _sections(desk: Desk, answer: Answer, quarter: Days, read_on: date | None) -> list[Section]:
    voice, decision = desk.voice, answer.decision
    lead = [Paragraph(each) for each in _lead(voice.say, decision.as_of, read_on)]
    parts = chain(
        [Section("lead", "", lead)],
        _agenda(voice, decision, quarter),
        levels(voice, decision.of("levels"), desk.gains.of(answer)),
        _areas(desk, answer, read_on),
        discounts(voice, decision.of("discounts")),
        _duties(voice, decision),
        due(voice, decision, desk.events.of(answer.record), desk.last),
        _on_record(voice, answer),
        deals(voice, decision),
        _figures(voice, decision),
        charges(voice, decision),
        unknown(voice, decision, desk.contact),
        not_in_force(voice, decision.not_in_force),
        assumptions(voice, decision),
    )
    return [each for each in parts if each.blocks]


def _lead(say: Language, as_of: date, read_on: date | None) -> Iterator[str]:
    """For which day it is decided, and of which day what the record says is."""
    if read_on is None or read_on == as_of:
        yield say("As the record shows it on {day}.", day=say.day(as_of))
        return
    days = {"day": say.day(as_of), "read": say.day(read_on)}
    yield say("Decided for {day}, from the record as it was read on {read}.", **days)
    if read_on > as_of:
        yield say("What stands in the record without a day of its own is what it said on {read}.", **days)


# What the meeting is about


def _agenda(voice: Voice, decision: Decision, quarter: Days) -> list[Section]:
    """The topics of the duties of the quarter, with room for notes."""
    say = voice.say
    found = [each for each in decision.of("obligations") if each.parts and _is_of(each, quarter)]
    blocks: list[Block] = []
    for each in found:
        if len(found) > 1:
            blocks.append(Heading(each.title))
        rows = [Row([f"{i}. {part.title}", ""]) for i, part in enumerate(each.parts, 1)]
        blocks.append(Table(each.title, voice.columns("topic", "notes"), rows))
    return section("agenda", say("Agenda"), blocks)


def _is_of(each: Obligation, quarter: Days) -> bool:
    """Whether an obligation recurs, and is about days of a quarter."""
    first, last = each.period_start, each.period_end
    return first is not None and last is not None and first <= quarter.last and last >= quarter.first


def _areas(desk: Desk, answer: Answer, read_on: date | None) -> Iterator[Section]:
    """The scores area by area, each with what the record shows of it."""
    for number, score in enumerate(answer.decision.of("scores")):
        name = "areas" if number == 0 else f"areas-{number + 1}"
        shown = _shown(desk, answer, score, read_on) if score.subject.root else ()
        yield Section(name, score.title, [*score_blocks(desk.voice, score), *shown])


def _shown(desk: Desk, answer: Answer, score: Score, read_on: date | None) -> Iterator[Block]:
    voice, say = desk.voice, desk.voice.say
    rows = []
    for part in score.parts:
        told = chain(_facts_of(desk, answer.record, part), _figures_of(voice, answer.decision, part))
        rows += [Row([part.title, say.capital(noun), value]) for noun, value in told]
    if rows:
        title = say("What the record shows of it")
        if read_on is not None and read_on != answer.decision.as_of:
            title = say("What the record shows of it, read on {day}", day=say.day(read_on))
        yield Heading(title)
        yield table(title, voice.columns("area", "what", "on record"), rows)


def _facts_of(desk: Desk, record: Record, part: ScorePart) -> Iterator[tuple[str, str]]:
    """The facts of the record that bring the points of a part."""
    facts = desk.voice.vocabulary.entities[record.entity].facts
    for name in _read_by(desk, part):
        if name in facts:
            value = desk.voice.value(desk.voice.kind(record.entity, name), record.facts.get(name))
            yield facts[name].title, value or desk.voice.say("not known")


def _read_by(desk: Desk, part: ScorePart) -> list[str]:
    """The names that a part tests or counts."""
    for unit in desk.program.units:
        policy: Any = unit.policy
        if policy.kind == "scorecard" and policy.id == part.policy:
            for _, each in policy.everything():
                if each.id == part.id:
                    return [*(each.when if isinstance(each.when, dict) else [each.when]), each.of]
    return []


def _figures_of(voice: Voice, decision: Decision, part: ScorePart) -> Iterator[tuple[str, str]]:
    """The figures that are written in the same clause as a part."""
    for each in decision.of("figures"):
        is_told = each.status != "not_applicable" and each.subject == part.subject
        if is_told and _same(each.origin.clause, part.origin.clause):
            yield each.title, figure(voice, each)


def _same(one: Clause | None, other: Clause | None) -> bool:
    return one is not None and one.section is not None and one == other


def figure(voice: Voice, each: Figure) -> str:
    """The value of a figure."""
    if each.value is None:
        return voice.say("not decided") if each.status == "undetermined" else voice.say("none")
    kind = voice.kind(each.subject.entity, each.id)
    text = voice.value(kind, each.value) if kind is not None else ""
    return text or voice.say.quantity(each.value, each.unit or "")


# Duties, the record, figures


def _duties(voice: Voice, decision: Decision) -> list[Section]:
    """The duties that are decided about: those whose day is over, those to come, those without a day."""
    say = voice.say
    found = sorted((each for each in decision.of("obligations") if each.status in _OF_DUTIES), key=_title)
    rows = [
        (each.due_on, Row([
            duty(voice, each),
            "" if each.due_on is None else say.day(each.due_on),
            say.capital(voice.label(each.party or voice.partner or "")),
            _standing(voice, each),
        ]))
        for each in found
    ]  # fmt: skip
    title, columns = say("Duties, past and coming"), voice.columns("duty", "due", "who", "status")
    blocks = [table(title, columns, by_day(voice, decision.as_of, rows))] if rows else []
    return section("duties", title, blocks)


def _title(each: Obligation) -> str:
    return each.title


def _standing(voice: Voice, each: Obligation) -> Run:
    if each.status == "manual" and each.decided_by is not None:
        return Run(voice.say("{who} decides", who=voice.say.capital(voice.label(each.decided_by))))
    return Run(voice.say(_OF_DUTIES[each.status]), strong=each.status in ("overdue", "broken"))


def _on_record(voice: Voice, answer: Answer) -> Iterator[Section]:
    """What the record lists, but for what stands in a stage: qualifications, reviews, activities."""
    vocabulary, record = voice.vocabulary, answer.record
    in_stages = {each.subject.entity for each in answer.decision.of("gates")}
    for name, entity in vocabulary.children(record.entity):
        rows = record.lists.get(str(entity.list), ())
        facts = [(key, fact) for key, fact in entity.facts.items() if fact.is_given][:_MOST_COLUMNS]
        if rows and facts and name not in in_stages:
            yield _listed(voice, name, entity, facts, rows, answer.decision.as_of)


def _listed(
    voice: Voice, name: str, entity: Entity, facts: Sequence[tuple[str, Fact]], rows: Sequence[Record],
    as_of: date,
) -> Section:  # fmt: skip
    """What is listed, the latest first; what has only days after the one that counts stands by itself."""
    say = voice.say
    by = next((key for key, fact in facts if fact.scalar == "date"), None)
    latest = sorted(rows, key=lambda row: str(row.facts.get(by or "", "")), reverse=True) if by else rows
    days = [key for key, fact in entity.facts.items() if fact.scalar == "date" and not fact.is_list]
    later = [row for row in latest if _is_after(row, days, as_of)]
    known = [row for row in latest if row not in later] if later else latest

    def lines(found: Sequence[Record]) -> list[Row]:
        kinds = [(key, voice.kind(name, key)) for key, _ in facts]
        return [Row([voice.value(kind, row.facts.get(key)) or "–" for key, kind in kinds]) for row in found]

    cells = [
        *lines(known[:_MOST_ROWS]),
        *banded(say("After {day}", day=say.day(as_of)), lines(later[:_MOST_ROWS])),
    ]
    title = say("{noun} ({count})", noun=say.capital(entity.title), count=len(rows))
    blocks: list[Block] = [table(title, [Column(say.capital(fact.title)) for _, fact in facts], cells)]
    if len(rows) > len(cells):
        blocks.append(Paragraph(say("{count} more", count=len(rows) - len(cells))))
    return Section(f"record-{name}", title, blocks)


def _is_after(row: Record, days: Sequence[str], as_of: date) -> bool:
    """Whether all days that a row says come after one."""
    said = [value for key in days if isinstance(value := row.facts.get(key), date)]
    return bool(said) and min(said) > as_of


def _figures(voice: Voice, decision: Decision) -> list[Section]:
    """The figures of the record itself."""
    say = voice.say
    rows = [
        Row([say.capital(each.title), figure(voice, each)])
        for each in _own(decision.of("figures")) if each.status != "not_applicable"
    ]  # fmt: skip
    title = say("Figures")
    columns = [Column(say("what")), Column(say("on record"), True)]
    return section("figures", title, [table(title, columns, rows)] if rows else [])


def _own(figures: Iterable[Figure]) -> Iterator[Figure]:
    return (each for each in figures if each.subject.root)
