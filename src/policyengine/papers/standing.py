"""Where a partner stands: levels with why, what is missing for more and what it brings, points, discounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from policyengine.dataclass import dataclass
from policyengine.decision.decision import Decision
from policyengine.decision.findings import (
    MANUAL,
    REFUSED,
    UNDETERMINED,
    WAIVED,
    Discount,
    Gate,
    Level,
    NextLevel,
    Reason,
    Requirement,
    Room,
    Score,
    Shortfall,
    WaiverNote,
)
from policyengine.decision.reason_words import choice_of, measured
from policyengine.decision.wording import short_name
from policyengine.papers.blocks import (
    Block,
    Column,
    Items,
    Line,
    Paragraph,
    Row,
    Run,
    Section,
    section,
    table,
)
from policyengine.papers.voice import Voice, exact

_OF_REQUIREMENTS = {
    "met": "fulfilled", "unmet": "not fulfilled", "not_applicable": "does not apply",
    UNDETERMINED: "not decided", REFUSED: "refused", WAIVED: "waived",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gain:
    """What the next level would bring: discounts by item, now and then, and money in a year."""

    discounts: Sequence[tuple[str, Decimal | None, Decimal]] = ()
    money: Decimal | None = None
    currency: str | None = None


Gains = Mapping[str, Gain]
"""What the next level of each policy would bring."""


def levels(voice: Voice, found: Sequence[Level], gains: Gains) -> Iterator[Section]:
    """The levels of the record itself, one by one, and those of what stands in it as a table."""
    own = [each for each in found if each.subject.root]
    for number, level in enumerate(own):
        name = "level" if len(own) == 1 else f"level-{number + 1}"
        gap = "What is missing to keep {level}"
        blocks = [*_reached(voice, level), *_asked(voice, level), *_gaps(voice, level, level.to_keep, gap)]
        blocks += _room(voice, level)
        yield Section(name, level.title, blocks)
        yield from section(f"{name}-next", _next_title(voice, level), _missing(voice, level, gains))
    yield from _levels_within(voice, [each for each in found if not each.subject.root])


def _reached(voice: Voice, level: Level) -> Iterator[Block]:
    say = voice.say
    name = level.level_title or level.level or ""
    if level.status == "reached":
        lead = say("You are at the level" if level.by_figures is not None else "You have reached the level")
        yield Paragraph([f"{lead} ", Run(name, strong=True), "."])
    elif level.status == UNDETERMINED:
        wanted = level.candidate_title or level.candidate
        if wanted is None:
            yield Paragraph(say("Which level you reach cannot be decided yet."))
        else:
            yield Paragraph(say("Whether you reach the level {level} cannot be decided yet.", level=wanted))
    else:
        kept = name if name not in ("", "none") else None
        at: Line = [f"{say('You are at the level')} ", Run(kept or "", strong=True), "."]
        yield Paragraph(say("You have reached no level.") if kept is None else at)
        if level.candidate is not None:
            yield Paragraph(
                say(
                    "The {measure} alone would be enough for {level}; "
                    "something else that it asks for is missing.",
                    measure=level.measure_title or say("measure"),
                    level=level.candidate_title or level.candidate,
                )
            )  # fmt: skip
    yield from (Paragraph(each) for each in _lasting(voice, level))


def _lasting(voice: Voice, level: Level) -> Iterator[str]:
    say = voice.say
    if level.held_until is not None:
        yield say("It is held until {day}.", day=say.day(level.held_until))
    if level.differs:
        yield say(
            "By its figures alone it would be {level}.", level=level.by_figures_title or level.by_figures
        )
    if level.waiver is not None and level.status == "reached":
        yield f"{say.capital(waiver(voice, level.waiver))}."


def waiver(voice: Voice, found: WaiverNote) -> str:
    """A waiver in words."""
    say, until = voice.say, found.until_including
    who = voice.label(found.approved_by)
    if found.lapsed and until is not None:
        return say("the exception that {who} approved ended on {day}", who=who, day=say.day(until))
    if until is not None:
        return say("by an exception that {who} approved, until {day}", who=who, day=say.day(until))
    return say("by an exception that {who} approved", who=who)


def _asked(voice: Voice, level: Level) -> Iterator[Block]:
    """The requirements of the level that is judged, each with the record's value and its status."""
    say = voice.say
    rows = [
        Row(
            [
                _title(voice, each),
                *_measured(voice, each.subject.entity, each.because, each.test_of),
                _status(voice, each),
            ]
        )
        for each in level.requirements
    ]
    if rows:
        wanted = level.level_title if level.status == "reached" else level.candidate_title
        lasts = level.status == "reached" and level.by_figures is not None
        caption = say(
            "What {level} rests on" if lasts else "What {level} asks for", level=wanted or level.title
        )
        yield table(caption, voice.columns("asked for", "needed", "on record", "status"), rows)


def _title(voice: Voice, each: Requirement) -> str:
    if each.test_of is not None:
        return voice.say.capital(voice.noun(each.subject.entity, each.test_of))
    return each.title


def _measured(
    voice: Voice, entity: str, because: Iterable[Reason], test_of: str | None = None
) -> tuple[str, str]:
    """What is needed and what the record has, of the reason that decides with a threshold or a value.

    `test_of` names the value of a test, which need not be a fact of the record.
    """
    for reason in because:
        fact = reason.fact or test_of
        if fact is not None and reason.outcome in ("holds", "fails") and reason.have is not None:
            kind = voice.kind(entity, fact)
            needed = "" if reason.need is None else voice.needed(kind, reason.need)
            return needed, voice.value(kind, reason.have)
    return "", ""


def _status(voice: Voice, each: Requirement) -> Line:
    say = voice.say
    if each.status == MANUAL:
        return say("{who} decides", who=say.capital(voice.label(each.decided_by or "")))
    status = say(_OF_REQUIREMENTS[each.status])
    told = f"{status}, {waiver(voice, each.waiver)}" if each.waiver is not None else status
    return Run(told, strong=each.status in ("unmet", REFUSED))


def _room(voice: Voice, level: Level) -> Iterator[Block]:
    room = level.room
    if room is None or level.status != "reached":
        return
    below, left = (voice.say.quantity(each, room.unit) for each in (room.lost_below, room.room))
    yield Paragraph(_room_words(voice, level, room, below, left))


def _room_words(voice: Voice, level: Level, room: Room, below: str, left: str) -> str:
    return voice.room(room.noun, level.level_title or level.level or "", below, left)


# The next level


def _next_title(voice: Voice, level: Level) -> str:
    return "" if level.next is None else voice.say("What is missing for {level}", level=level.next.title)


def _missing(voice: Voice, level: Level, gains: Gains) -> Iterator[Block]:
    if level.next is None or level.status == UNDETERMINED:
        return
    found = list(_gaps(voice, level, level.next, "What is missing for {level}"))
    if found:
        yield from (*found, *_gained(voice, level.next.title, gains.get(level.policy)))


def _gaps(voice: Voice, level: Level, gap: NextLevel | None, title: str) -> Iterator[Block]:
    """What is missing for a level, without what its requirements tell as well."""
    if gap is None:
        return
    say = voice.say
    told = {(each.id, each.title) for each in level.requirements if each.status != "met"}
    missing = [each for each in gap.missing if (each.id, each.title) not in told or measured(each)]
    if missing:
        columns = voice.columns("what", "now", "needed", "missing")
        yield table(say(title, level=gap.title), columns, [_gap(voice, level, each) for each in missing])
    if {each.id for each in gap.missing} - {each.id for each in missing}:
        yield Paragraph(say("What the table above names as not fulfilled is asked for here as well."))


def _gap(voice: Voice, level: Level, each: Shortfall) -> Row:
    entity = level.subject.entity
    fact = each.fact or voice.figure(entity, each.id)
    if fact is not None and each.need is not None:
        kind = voice.kind(entity, fact)
        short, symbol = exact(each.short_by), getattr(kind, "symbol", "")
        lack = "" if short is None else voice.say.quantity(short, symbol)
        noun = voice.say.capital(voice.noun(entity, fact))
        return Row([noun, voice.value(kind, each.have), voice.needed(kind, each.need), lack])
    status = voice.say(_OF_REQUIREMENTS.get(each.status, "not decided"))
    return Row([each.title, "", "", _ways(voice, entity, each) or status])


def _ways(voice: Voice, entity: str, each: Shortfall) -> str:
    """The ways to meet a requirement, where each of them is a matter of numbers: `3 more: reviews`."""
    ways = [[_step(voice, entity, step) for step in way] for way in each.ways]
    if not ways or not all(all(way) for way in ways):
        return ""
    if (choice := choice_of(each.ways)) is not None:
        number, steps = choice
        told = [_step(voice, entity, step) for step in steps]
        return voice.say("{count} of these: {steps}", count=number, steps=voice.say.join(told, "or"))
    return voice.say.join((voice.say.join(way) for way in ways), "or")


def _step(voice: Voice, entity: str, step: Shortfall) -> str:
    short = exact(step.short_by)
    if step.fact is None or step.need is None or short is None:
        return ""
    kind = voice.kind(entity, step.fact)
    text = voice.say.quantity(short, getattr(kind, "symbol", ""))
    return voice.say("{count} more: {noun}", count=text, noun=voice.noun(entity, step.fact))


def _gained(voice: Voice, title: str, gain: Gain | None) -> Iterator[Block]:
    if gain is None:
        return
    say = voice.say
    lines: list[Line] = []
    for name, before, after in gain.discounts:
        values = {"rate": say.rate(after), "item": name}
        lines.append(
            say("{rate} off: {item} (now {now})", **values, now=say.rate(before))
            if before else say("{rate} off: {item}", **values)
        )  # fmt: skip
    if gain.money is not None and gain.money > 0:
        amount = say.money(gain.money, gain.currency)
        lines.append(
            say(
                "you are {amount} better off in the coming twelve months, on what is on record", amount=amount
            )
        )
    if lines:
        yield Paragraph(say("{level} would bring you:", level=title))
        yield Items(lines)


def _levels_within(voice: Voice, found: Sequence[Level]) -> Iterator[Section]:
    say = voice.say
    rows = [
        Row(
            [voice.whose(each.subject), each.title, _level_name(voice, each), _open(voice, each.requirements)]
        )
        for each in found
    ]
    columns = voice.columns("of", "programme", "level", "open")
    if rows:
        title = say("Levels of what is on record")
        yield Section("levels-within", title, [table(title, columns, rows)])


def _level_name(voice: Voice, level: Level) -> str:
    if level.status == UNDETERMINED:
        return voice.say("not decided")
    return level.level_title or (voice.say("none") if level.level in (None, "none") else str(level.level))


def _open(voice: Voice, requirements: Iterable[Requirement]) -> str:
    """The requirements that are not fulfilled, with who decides where a person does."""
    return "; ".join(
        f"{_title(voice, each)} ({text_of_status(voice, each)})"
        for each in requirements if each.status not in ("met", "not_applicable", WAIVED)
    )  # fmt: skip


def text_of_status(voice: Voice, each: Requirement) -> str:
    """The status of a requirement in words."""
    status = _status(voice, each)
    return status.text if isinstance(status, Run) else str(status)


# Points, discounts, deals


def scores(voice: Voice, found: Iterable[Score]) -> Iterator[Section]:
    """Each score with its parts."""
    for number, score in enumerate(found):
        name = "points" if number == 0 else f"points-{number + 1}"
        title = score.title if score.subject.root else f"{score.title}, {voice.whose(score.subject)}"
        yield Section(name, title, list(score_blocks(voice, score)))


def score_blocks(voice: Voice, score: Score) -> Iterator[Block]:
    """The total of a score, and its parts as a table."""
    say = voice.say
    rows = [
        Row([
            part.title, _measured(voice, part.subject.entity, part.because)[1],
            _number(voice, part.points), _number(voice, part.most),
            "" if part.status == "counted" else say(_OF_PARTS[part.status]),
        ])
        for part in score.parts
    ]  # fmt: skip
    columns = [
        Column(say("area")), Column(say("on record")), Column(say("points"), True),
        Column(say("at most"), True), Column(say("status")),
    ]  # fmt: skip
    yield Paragraph(_total(voice, score))
    yield table(score.title, columns, rows)


_OF_GATES = {
    "open": "may move to {stage}", "blocked": "not yet to {stage}", "system": "moves to {stage} by itself",
    "expired": "out of time: only to {stage}", "final": "the last stage",
}  # fmt: skip
_OF_PARTS = {
    "not_counted": "no points", "not_applicable": "does not apply", UNDETERMINED: "not decided",
}  # fmt: skip


def _number(voice: Voice, value: Decimal | None) -> str:
    return "" if value is None else voice.say.number(value)


def _total(voice: Voice, score: Score) -> Line:
    say = voice.say
    if score.points is None:
        return say("The points cannot be decided yet.")
    if score.most is None:
        return say("You have {points} points.", points=say.number(score.points))
    return say(
        "You have {points} of {most} points.", points=say.number(score.points), most=say.number(score.most)
    )


def discounts(voice: Voice, found: Iterable[Discount]) -> list[Section]:
    """The discounts: one row an item."""
    say = voice.say
    rows = [
        Row([
            voice.about(say.capital(each.on_title or voice.label(each.on)), each.subject),
            say("not decided") if each.rate is None else say.rate(each.rate),
        ])
        for each in found
    ]  # fmt: skip
    title = say("Your discounts")
    columns = [Column(say("on")), Column(say("discount"), True)]
    return [Section("discounts", title, [table(title, columns, rows)])] if rows else []


def deals(voice: Voice, decision: Decision) -> list[Section]:
    """What stands in a stage: where it may go, and what is missing for that; of other exits the open ones."""
    say = voice.say
    rows = [
        Row([
            each.subject.label or short_name(each.subject),
            each.stage_title or each.stage or say("not known"),
            _way(voice, each), _open(voice, each.requirements),
        ])
        for each in decision.of("gates")
        if each.id == each.stage or each.status not in ("blocked", UNDETERMINED)
    ]  # fmt: skip
    title = say("Your pipeline")
    columns = voice.columns("deal", "stage", "next", "open")
    return [Section("pipeline", title, [table(title, columns, rows)])] if rows else []


def _way(voice: Voice, gate: Gate) -> str:
    say = voice.say
    to = gate.next_stage_title or say.join(gate.next_stages, "or")
    told = _OF_GATES.get(gate.status, "not decided")
    return say(told, stage=to) if "{" in told else say(told)
