"""What the pages of a program say of who does what, of levels, and of points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from policyengine.papers.blocks import Block, Column, Heading, Line, Paragraph, Row, Run, table
from policyengine.papers.conditions import Runs, condition, expression, joined, test
from policyengine.papers.program_parts import Parts, written
from policyengine.policy.policy_reader import PolicyDocument

_OF_ROLES = {
    "responsible": "responsible", "consulted": "consulted", "informed": "informed", "signs_off": "signs off",
}  # fmt: skip


# Who does what


def matrix(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    """Who does what: a row an activity, a column a kind of partner."""
    policy: Any = unit.policy
    voice, say = parts.voice, parts.voice.say
    columns = list(policy.columns.values)
    kind = voice.kind(policy.for_, policy.columns.by)
    rows = []
    for section in policy.sections:
        for i, activity in enumerate(section.activities):
            name = f"{policy.id}/{section.id}/{activity.id}"
            cells = [_cell(parts, activity, column) for column in columns]
            asked = _asked_when(parts, unit, activity, section)
            lead: Line = [activity.title, *([f" ({say('only where')} ", *asked, ")"] if asked else [])]
            source = parts.source(name, policy, section, activity)
            band = Heading(section.title, f"{policy.id}/{section.id}") if i == 0 else None
            rows.append(Row([lead, *cells, source], name, band))
    titles = [say.capital(voice.value(kind, each)) for each in columns]
    heads = [Column(say("activity")), *map(Column, titles), Column(say("source"))]
    yield table(policy.title, heads, rows)


def _asked_when(parts: Parts, unit: PolicyDocument, activity: Any, section: Any) -> Runs:
    policy: Any = unit.policy
    i = policy.sections.index(section)
    j = section.activities.index(activity)
    return condition(parts.voice, policy.for_, written(unit, "sections", i, "activities", j, "when"))


def _cell(parts: Parts, activity: Any, column: str) -> str:
    say = parts.voice.say
    told = []
    for role, called in _OF_ROLES.items():
        cells = getattr(activity, role) or {}
        cell = cells.get(column, cells.get("*"))
        if cell is None or cell.party == "none":
            continue
        who = say("the text does not say") if cell.party == "unknown" else parts.voice.label(cell.party)
        told.append(who if role == "responsible" else f"{say(called)}: {who}")
    return "; ".join(told) or "–"


# Levels and points


def tiers(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    """The ladder of levels, and what they ask for."""
    policy: Any = unit.policy
    say = parts.voice.say
    rows = []
    for i, level in enumerate(policy.levels):
        name = f"{policy.id}/{level.id}"
        asked = [_level_test(parts, unit, i, fact) for fact in policy.facts_of(i)]
        asked += [[each.title] for each in level.requires]
        granted = joined([_grant(parts, policy, each) for each in level.grants], "; ")
        source = parts.source(name, policy, level, inner=level.grants)
        rows.append(Row([Run(level.title, strong=True), joined(asked, "; "), granted, source], name))
    if policy.otherwise is not None:
        other = policy.otherwise
        granted = joined([_grant(parts, policy, each) for each in other.grants], "; ")
        rows.append(
            Row(
                [
                    policy.none_title,
                    say("where no level is reached"),
                    granted,
                    parts.source(policy.id, policy, other),
                ]
            )
        )
    heads = parts.voice.columns("level", "asks for", "grants", "source")
    yield table(say("The levels, from the lowest to the highest"), heads, rows)
    shared = [requirement_row(parts, unit, each, "requires", i) for i, each in enumerate(policy.requires)]
    own = [
        requirement_row(parts, unit, each, "levels", i, "requires", j)
        for i, level in enumerate(policy.levels)
        for j, each in enumerate(level.requires)
    ]
    for title, found in ((say("Asked for at every level"), shared), (say("Asked for at some levels"), own)):
        if found:
            yield Heading(title)
            yield table(title, parts.voice.columns("requirement", "fulfilled when", "source"), found)


def _level_test(parts: Parts, unit: PolicyDocument, i: int, fact: str) -> Runs:
    policy: Any = unit.policy
    return test(parts.voice, policy.for_, fact, written(unit, *policy.place_of(i, fact)))


def _grant(parts: Parts, policy: Any, grant: Any) -> Runs:
    voice, say = parts.voice, parts.voice.say
    told = []
    if grant.discount is not None:
        items = say.join(voice.label(each) for each in grant.on)
        told.append(say("{rate} off: {item}", rate=say.rate(grant.discount), item=items))
    for fact, value in grant.values.items():
        told.append(f"{voice.noun(policy.for_, fact)}: {voice.test(policy.for_, fact, value) or value}")
    return [", ".join(told)]


def requirement_row(parts: Parts, unit: PolicyDocument, each: Any, *place: str | int) -> Row:
    """A requirement: its title, when it is fulfilled, where it is written."""
    policy: Any = unit.policy
    ids = [policy.id, *_ids(unit, place), each.id]
    asked = _fulfilled(parts, policy.for_, each, written(unit, *place))
    around = [policy, *_around(policy, place), each]
    name = "/".join(ids)
    return Row([each.title, asked, parts.source(name, *around)], name)


def _fulfilled(parts: Parts, entity: str, each: Any, plain: Any) -> Runs:
    voice, say = parts.voice, parts.voice.say
    found = condition(voice, entity, plain.get("when"))
    if each.decided_by is not None:
        who = say("{who} decides", who=say.capital(voice.label(each.decided_by)))
        found = [who, *([": ", *found] if found else [])]
    if plain.get("applies_when") is not None:
        found = [*found, f" ({say('only where')} ", *condition(voice, entity, plain["applies_when"]), ")"]
    return found


def _ids(unit: PolicyDocument, place: Sequence[str | int]) -> list[str]:
    """The ids of the parts around a place."""
    found = []
    for size in range(1, len(place)):
        plain = written(unit, *place[:size])
        if isinstance(plain, dict) and "id" in plain:
            found.append(str(plain["id"]))
    return found


def _around(policy: Any, place: Sequence[str | int]) -> list[Any]:
    """The models of the parts around a place."""
    found, model = [], policy
    for step in place[:-1]:
        model = model[step] if isinstance(step, int) else getattr(model, step)
        if not isinstance(model, tuple):
            found.append(model)
    return found


def scorecard(parts: Parts, unit: PolicyDocument) -> Iterator[Block]:
    """What brings points."""
    policy: Any = unit.policy
    say = parts.voice.say
    rows = []
    for place, part in policy.everything():
        plain = written(unit, *place)
        name = "/".join([policy.id, *_ids(unit, place), part.id])
        title = part.title if len(place) == 2 else f"– {part.title}"
        rows.append(
            Row([title, _points(parts, policy, part, plain), part.max or "", part.weight or "",
                 parts.source(name, policy, *_around(policy, place), part)], name)
        )  # fmt: skip
    if policy.max is not None:
        yield Paragraph(say("In all at most {most} points.", most=policy.max))
    heads = parts.voice.columns("area", "points", "at most", "weight", "source")
    yield table(policy.title, heads, rows)


def _points(parts: Parts, policy: Any, part: Any, plain: Any) -> Runs:
    voice, say = parts.voice, parts.voice.say
    found: Runs = []
    if part.points is not None:
        found = [part.points] if part.points.isdigit() else expression(voice, policy.for_, part.points)
    elif part.of is not None:
        found = [f"{part.each or 1} × (", *expression(voice, policy.for_, part.of), ")"]
    if plain.get("when") is not None:
        found = [*found, f" {say('where')} ", *condition(voice, policy.for_, plain["when"])]
    return found
