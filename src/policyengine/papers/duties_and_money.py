"""What is due when and to whom, what is charged, what is not known, and what rests on assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from policyengine.decision.decision import Decision, nested
from policyengine.decision.findings import (
    MANUAL,
    UNDETERMINED,
    Charge,
    Discount,
    Level,
    Missing,
    NotInForce,
    Obligation,
)
from policyengine.papers.blocks import (
    Block,
    Column,
    Heading,
    Items,
    Line,
    Paragraph,
    Row,
    Run,
    Section,
    section,
    table,
)
from policyengine.papers.language import Language, isolated
from policyengine.papers.voice import Voice
from policyengine.reports.due_events import DueEvent, EventPart

_LATE = ("overdue", "broken")
_MOST_TITLES = 4
_MOST_READINGS = 8


def due(voice: Voice, decision: Decision, events: Sequence[DueEvent], last: date) -> list[Section]:
    """What is overdue and what is due, in the order of days."""
    say = voice.say
    rows = [*_overdue(voice, decision), *_undated(voice, decision), *_coming(voice, decision, events)]
    title = say("What is due")
    columns = [Column(say("when")), Column(say("what")), Column(say("who")), Column(say("amount"), True)]
    if not rows:
        return [Section("due", title, [Paragraph(say("Nothing is due until {day}.", day=say.day(last)))])]
    lead = Paragraph(say("What is due until {day}, as far as it is known.", day=say.day(last)))
    return [Section("due", title, [lead, table(title, columns, rows)])]


def _overdue(voice: Voice, decision: Decision) -> Iterator[Row]:
    say = voice.say
    for each in decision.of("obligations"):
        if each.status in _LATE:
            when = (
                say("overdue")
                if each.due_on is None
                else say("overdue since {day}", day=say.day(each.due_on))
            )
            yield Row(
                [Run(when, strong=True), duty(voice, each), voice.party(each.party or voice.partner), ""]
            )
    for charge in decision.of("charges"):
        if charge.status == "overdue" and charge.due_on is not None:
            when = say("overdue since {day}", day=say.day(charge.due_on))
            amount = "" if charge.net is None else say.money(charge.net, charge.currency)
            payer = voice.party(charge.payer or voice.partner)
            yield Row([Run(when, strong=True), voice.about(charge.title, charge.subject), payer, amount])


def _undated(voice: Voice, decision: Decision) -> Iterator[Row]:
    """What is to be done without a day for it."""
    for each in decision.of("obligations"):
        if each.due_on is None and each.status in ("due", "upcoming"):
            yield Row([voice.say("now"), duty(voice, each), voice.party(each.party or voice.partner), ""])


def _coming(voice: Voice, decision: Decision, events: Sequence[DueEvent]) -> Iterator[Row]:
    say = voice.say
    for each in sorted(events, key=lambda one: (one.day, one.title)):
        if each.day < decision.as_of:
            continue
        part, title = each.part, each.part.title
        if part.sort == Obligation.section:
            title = f"{title}, {say.period(part.aspect)}" if part.aspect else title
        elif part.sort in (Level.section, Discount.section):
            title = f"{title}: {_ends(say, part)}"
        amount = "" if part.sort != Charge.section else (
            say("not decided") if part.net is None else say.money(part.net, part.currency)
        )  # fmt: skip
        told = f"{isolated(title)} ({isolated(each.subject)})" if each.subject else title
        who = voice.party(each.party) if part.sort in (Obligation.section, Charge.section) else ""
        yield Row([say.day(each.day), told, who, amount])


def _ends(say: Language, part: EventPart) -> str:
    """What ends, and what follows."""
    if not part.aspect and part.rate is None and part.then is not None:
        then = (
            say("{rate} discount", rate=say.rate(part.then)) if isinstance(part.then, Decimal) else part.then
        )
        return say("{level} begins", level=then)
    if part.then is None:
        return say("{level} ends", level=part.aspect) if part.aspect else say("discount ends")
    rated = say("discount") if part.rate is None else say("{rate} discount", rate=say.rate(part.rate))
    then = say.rate(part.then) if isinstance(part.then, Decimal) else part.then
    then = say("not decided") if then == UNDETERMINED else then
    return say("{before}, then {after}", before=part.aspect or rated, after=then)


def duty(voice: Voice, each: Obligation) -> str:
    """A duty with its period, and what it is about in the record."""
    title = f"{each.title}, {voice.say.period(each.period)}" if each.period else each.title
    return voice.about(title, each.subject)


# Money


def charges(voice: Voice, decision: Decision) -> list[Section]:
    """The charges and payouts, each with its discount: first what fell due until the day, then what comes."""
    say = voice.say
    found = [each for each in decision.of("charges") if each.status != "not_applicable"]
    parts = ((False, say("Your charges"), "charges"), (True, say("Your payouts"), "payouts"))
    return [
        each
        for payout, title, name in parts
        for each in section(
            name, title, _money(voice, title, [one for one in found if one.payout == payout], decision.as_of)
        )
    ]


def _money(voice: Voice, title: str, found: Sequence[Charge], as_of: date) -> Iterator[Block]:
    say = voice.say
    columns = [
        Column(say("what")), Column(say("amount"), True), Column(say("discount"), True),
        Column(say("to pay"), True), Column(say("when")),
    ]  # fmt: skip
    rows = [
        (as_of if each.status == "settled" else each.next_due_on or each.due_on, Row([
            voice.about(each.title, each.subject),
            "" if each.amount is None else voice.money(each.amount, each.currency),
            say.rate(each.discount_rate) if each.discount_rate else "",
            say("not decided") if each.net is None else say.money(each.net, each.currency),
            _when(voice, each),
        ]))
        for each in found
    ]  # fmt: skip
    if rows:
        past = say("Fell due until {day}", day=say.day(as_of))
        yield table(title, columns, by_day(voice, as_of, rows, past))


def by_day(
    voice: Voice, as_of: date, rows: Iterable[tuple[date | None, Row]], past: str | None = None
) -> list[Row]:
    """Rows in the order of their days, under a band of the past, of what comes, and of what has no day."""
    say = voice.say
    groups: tuple[list[tuple[date, Row]], ...] = ([], [])
    undated = []
    for day, row in rows:
        if day is None:
            undated.append(row)
        else:
            groups[day > as_of].append((day, row))
    dated = [[row for _, row in sorted(group, key=lambda each: each[0])] for group in groups]
    titles = (
        past or say("Until {day}", day=say.day(as_of)),
        say("After {day}", day=say.day(as_of)),
        say("Without a day"),
    )
    return [
        row for title, found in zip(titles, (*dated, undated), strict=True) for row in banded(title, found)
    ]


def banded(title: str, rows: Sequence[Row]) -> list[Row]:
    """Rows under a title."""
    return [*(replace(row, band=Heading(title)) for row in rows[:1]), *rows[1:]]


def _when(voice: Voice, charge: Charge) -> str:
    say = voice.say
    if charge.status == "settled":
        return say("settled")
    day = charge.next_due_on or charge.due_on
    told = say("not decided") if day is None else say.day(day)
    return f"{told}, {_often(say, charge, charge.every)}" if charge.every and day is not None else told


def _often(say: Language, charge: Charge, length: str) -> str:
    """How often it is charged; of a first or a last part of a period also which part it is."""
    if charge.days is None or charge.of_days is None or charge.days >= charge.of_days:
        return say.every(length)
    part = say("{days} of {whole} days", days=charge.days, whole=charge.of_days)
    return (
        say("{before}, then {after}", before=part, after=say.every(length))
        if charge.period_number == 1
        else part
    )


# What is open


def unknown(voice: Voice, decision: Decision, contact: str) -> list[Section]:
    """What is not known and what it would settle, what a person decides, and whom to tell."""
    say = voice.say
    title = say("What is not known yet")
    return section("open", title, [*_missing(voice, decision, contact, title), *_decided_by(voice, decision)])


def _missing(voice: Voice, decision: Decision, contact: str, title: str) -> Iterator[Block]:
    say = voice.say
    titles = _titles(decision)
    together: dict[tuple[str, str], list[Missing]] = {}
    for each in decision.missing:
        together.setdefault((each.entity, each.fact), []).append(each)
    rows = [
        Row([
            say.capital(voice.noun(entity, fact)),
            "; ".join(_owners(voice, found)),
            _some(voice, (titles.get(name, "") for one in found for name in one.needed_by)),
        ])
        for (entity, fact), found in together.items()
    ]  # fmt: skip
    if rows:
        yield Paragraph(say("Some of the above cannot be decided, since the record does not say this:"))
        yield table(title, voice.columns("what", "of", "needed for"), rows)
        yield Paragraph(say("Please tell {contact}.", contact=contact))


def _owners(voice: Voice, found: Iterable[Missing]) -> list[str]:
    owners = (voice.owner(each.entity, each.key, each.within) for each in found)
    return [each for each in dict.fromkeys(owners) if each]


def _titles(decision: Decision) -> dict[str, str]:
    return {each.name: each.title for each in nested(decision.findings)}


def _some(voice: Voice, titles: Iterable[str], most: int = _MOST_TITLES) -> str:
    found = [voice.say.capital(each) for each in dict.fromkeys(titles) if each]
    if len(found) > most + 1:
        more = voice.say("{count} more", count=len(found) - most)
        return "; ".join((*found[:most], more))
    return "; ".join(found)


def _decided_by(voice: Voice, decision: Decision) -> Iterator[Block]:
    by: dict[str, list[str]] = {}
    for each in nested(decision.findings):
        if each.status == MANUAL:
            by.setdefault(getattr(each, "decided_by", None) or "", []).append(each.title)
    for party, titles in by.items():
        who = voice.say.capital(voice.label(party)) if party else voice.say("Nobody named")
        yield Paragraph(voice.say("{who} decides whether this is so:", who=who))
        yield Items(list(dict.fromkeys(titles)))


def not_in_force(voice: Voice, found: Iterable[NotInForce]) -> list[Section]:
    """The policies that say nothing on the day."""
    say = voice.say
    lines: list[Line] = []
    for each in found:
        parts = [] if each.ended_on is None else [say("ended on {day}", day=say.day(each.ended_on))]
        parts += [] if each.begins_on is None else [say("begins on {day}", day=say.day(each.begins_on))]
        lines.append(f"{each.title}: {say.join(parts) or say('not in force')}")
    return section("not-in-force", say("Not in force"), [Items(lines)] if lines else [])


def assumptions(voice: Voice, decision: Decision) -> list[Section]:
    """What the text of the programme leaves open and somebody decided: the names of it."""
    say = voice.say
    found = [each for one in nested(decision.findings) for each in one.assumptions if each.note]
    read: list[Line] = list(dict.fromkeys(f"{say.capital(each.title)}: {each.note}" for each in found))
    if not read:
        return []
    if len(read) > _MOST_READINGS + 1:
        read[_MOST_READINGS:] = [say("{count} more", count=len(read) - _MOST_READINGS)]
    lead = say("The text of the programme leaves some things open. They are read in a certain way for now:")
    return [Section("assumptions", say("How the text is read"), [Paragraph(lead), Items(read)])]
