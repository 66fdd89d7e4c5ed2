"""What the pages of a program say of pipelines, charges, obligations and exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policyengine.papers.blocks import Block, Heading, Items, Line, Row, Run, table
from policyengine.papers.conditions import Runs, condition, expression, joined
from policyengine.papers.drawings import DrawnStage
from policyengine.papers.drawings import pipeline as pipeline_drawing
from policyengine.papers.level_pages import requirement_row
from policyengine.papers.program_parts import Parts, written
from policyengine.policy.facts import NONE
from policyengine.policy.policy_reader import PolicyDocument

_OF_DUE = {"first_due": "first on", "starting": "counted from", "due_on": "on", "until": "until"}
_OF_WHEN = {"due_on": "by", "starting": "counted from", "holds_until": "kept until"}


# Pipelines


def pipelines(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    """The stages drawn, and a table of the gates."""
    policy: Any = unit.policy
    say = parts.voice.say
    stages = []
    for i, stage in enumerate(policy.stages):
        exits = policy.exits(i)
        gate = [each.title for each in stage.leave_when]
        if stage.moved_by == "system" and exits:
            gate.append(say("the system moves it"))
        stages.append(DrawnStage(stage.id, stage.title, gate, [each.to for each in exits], not exits))
    yield pipeline_drawing(
        stages, say("{title}: the stages and what leaving each asks for", title=policy.title)
    )
    titles = {each.id: each.title for each in policy.stages}
    rows = [row for i in range(len(policy.stages)) for row in _stage(parts, unit, i, titles)]
    heads = parts.voice.columns("requirement", "fulfilled when", "to", "source")
    yield table(say("{title}: the gates", title=policy.title), heads, rows)


def _stage(parts: Parts, unit: PolicyDocument, i: int, titles: Mapping[str, str]) -> Iterator[Row]:
    policy: Any = unit.policy
    stage, say = policy.stages[i], parts.voice.say
    exits = policy.exits(i)
    to = say.join((titles.get(each.to, each.to) for each in exits if each.leave_when is None), "or")
    name = f"{policy.id}/{stage.id}"
    asked = list(enumerate(stage.leave_when))
    if not asked:
        nothing = say("the last stage") if not exits else say("nothing is asked for")
        if stage.moved_by == "system" and exits:
            nothing = say("the system moves it")
        yield Row([nothing, "", to, parts.source(name, policy, stage)], band=Heading(stage.title, name))
    for j, each in asked:
        row = requirement_row(parts, unit, each, "stages", i, "leave_when", j)
        band = Heading(stage.title, name) if j == 0 else None
        yield Row([row.cells[0], row.cells[1], to, row.cells[2]], row.anchor, band)
    for j, exit_ in enumerate(exits):
        for k, each in enumerate(exit_.leave_when or ()):
            row = requirement_row(parts, unit, each, "stages", i, "next", j, "leave_when", k)
            yield Row([*row.cells[:2], titles.get(exit_.to, exit_.to), row.cells[2]], row.anchor)
    if stage.on_leave is not None:
        for fact, value in stage.on_leave.set.items():
            lead = say("On leaving, {fact} is written down", fact=parts.voice.noun(policy.for_, fact))
            when = condition(parts.voice, policy.for_, written(unit, "stages", i, "on_leave", "when"))
            told: Line = [Run(value, code=True), *([f" ({say('only where')} ", *when, ")"] if when else [])]
            yield Row([lead, told, "", ""])


# Money and duties


def billing(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    """A table of the charges."""
    policy: Any = unit.policy
    say = parts.voice.say
    rows = []
    for i, each in enumerate(policy.charges):
        name = f"{policy.id}/{each.id}"
        when = condition(parts.voice, policy.for_, written(unit, "charges", i, "when"))
        lead: Line = [each.title, *([f" ({say('only where')} ", *when, ")"] if when else [])]
        due = joined([*_due(parts, policy.for_, each)], "; ")
        payer = parts.voice.label(each.payer or parts.voice.partner or "")
        rows.append(
            Row([lead, expression(parts.voice, policy.for_, each.amount), due, payer,
                 "" if each.item is None else parts.voice.label(each.item),
                 parts.source(name, policy, each)], name)
        )  # fmt: skip
    heads = parts.voice.columns("charge", "amount", "due", "who pays", "discounts on", "source")
    yield table(policy.title, heads, rows)


def _due(parts: Parts, entity: str, each: Any) -> Iterator[Runs]:
    say = parts.voice.say
    if each.every is not None:
        yield [say.every(each.every)]
    for key, lead in _OF_DUE.items():
        text = getattr(each, key)
        if text == NONE:
            yield [say("when invoiced")]
        elif text is not None:
            yield [f"{say(lead)} ", *expression(parts.voice, entity, text)]
    if each.times is not None:
        yield [say("{count} times", count=each.times)]


def obligations(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    """A table of the duties with their topics, and one of the rights."""
    policy: Any = unit.policy
    say = parts.voice.say
    rows = []
    for i, each in enumerate(policy.obligations):
        name = f"{policy.id}/{each.id}"
        plain = written(unit, "obligations", i)
        when = condition(parts.voice, policy.for_, plain.get("when"))
        lead: Line = [each.title, *([f" ({say('only where')} ", *when, ")"] if when else [])]
        rows.append(
            Row([lead, _bearer(parts, policy, each.party), _by_when(parts, policy.for_, each),
                 _shown(parts, policy, each, plain), parts.source(name, policy, each)], name)
        )  # fmt: skip
    heads = parts.voice.columns("duty", "who", "by when", "shown by", "source")
    if rows:
        yield table(policy.title, heads, rows)
    for each in policy.obligations:
        if each.parts:
            yield Heading(each.title)
            yield Items([part.title for part in each.parts])
    yield from _rights(parts, unit)


def _bearer(parts: Parts, policy: Any, party: Any) -> str:
    voice = parts.voice
    if party is None:
        return voice.label(voice.partner or "")
    if party.only is not None:
        return voice.label(party.only)
    kind = voice.kind(policy.for_, party.by)
    return "; ".join(
        f"{voice.value(kind, value)}: {_known(parts, who)}" for value, who in party.values.items()
    )


def _known(parts: Parts, party: str) -> str:
    return parts.voice.say("the text does not say") if party == "unknown" else parts.voice.label(party)


def _by_when(parts: Parts, entity: str, each: Any) -> Runs:
    say = parts.voice.say
    found: list[Runs] = []
    if each.every is not None:
        found.append([say.every(each.every)])
    for key, lead in _OF_WHEN.items():
        if (text := getattr(each, key)) is not None:
            found.append([f"{say(lead)} ", *expression(parts.voice, entity, text)])
    return joined(found, "; ")


def _shown(parts: Parts, policy: Any, each: Any, plain: Any) -> Runs:
    voice, say = parts.voice, parts.voice.say
    if each.done_on is not None:
        return [f"{say('done on')} ", *expression(voice, policy.for_, each.done_on)]
    if plain.get("met_when") is not None:
        return condition(voice, policy.for_, plain["met_when"])
    return [say("{who} decides", who=say.capital(voice.label(each.decided_by)))] if each.decided_by else []


def _rights(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    policy: Any = unit.policy
    say = parts.voice.say
    rows = []
    for i, each in enumerate(policy.rights):
        plain = written(unit, "rights", i)
        window: list[Runs] = [
            [f"{say(lead)} ", *expression(parts.voice, policy.for_, text)]
            for lead, text in (("from", each.opens_on), ("until", each.closes_on))
            if text is not None
        ]
        name = f"{policy.id}/{each.id}"
        whose = parts.voice.label(each.party or parts.voice.partner or "")
        used = condition(parts.voice, policy.for_, plain["exercised_when"])
        rows.append(
            Row([each.title, whose, joined(window, " "), used, parts.source(name, policy, each)], name)
        )
    if rows:
        yield table(say("Rights"), parts.voice.columns("right", "who", "when", "shown by", "source"), rows)


def waivers(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    """A table of the exceptions."""
    policy: Any = unit.policy
    say = parts.voice.say
    rows = []
    for i, each in enumerate(policy.waivers):
        days = [
            say(text, day=say.day(day))
            for text, day in (("from {day}", each.from_), ("until {day}", each.until_including))
            if day is not None
        ]
        whom = condition(parts.voice, policy.for_, written(unit, "waivers", i, "when"))
        name = f"{policy.id}/{each.id}"
        rows.append(
            Row([Run(parts.title(each.of), href=parts.href(each.of)), whom, each.why,
                 parts.voice.label(each.approved_by), ", ".join(days),
                 parts.source(name, policy, each)], name)
        )  # fmt: skip
    heads = parts.voice.columns("exception to", "for whom", "why", "approved by", "when", "source")
    yield table(policy.title, heads, rows)
