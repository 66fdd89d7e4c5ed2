"""What the waivers of a plan come to: which are used, and what the partner base is with and without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from policyengine.change.plan import GivenWaiver, Plan
from policyengine.decision.findings import Waiver
from policyengine.decision.wording import capital, day
from policyengine.render import plan_words as say
from policyengine.render.plan_effects import effects


class WaiverUse(NamedTuple):
    """A waiver: its status in the whole base, and for how many records it has which status."""

    given: GivenWaiver
    title: str
    status: str
    used: int
    unused: int
    lapsed: int
    upcoming: int


def waiver_uses(plan: Plan) -> list[WaiverUse]:
    """Returns the waivers of the new version; none of a plan that tells nothing about few records."""
    if plan.waived is None or plan.public:
        return []
    return [_use(plan.waived, each) for each in plan.waivers]


def _use(waived: Plan, given: GivenWaiver) -> WaiverUse:
    moves = waived.tally.moves
    own = (Waiver.section, given.policy, given.id)
    counts = [
        sum(number for move, number in moves.items() if move.what[:3] == own and move.after == status)
        for status in Waiver.statuses[:4]
    ]
    status = "used" if counts[0] else _idle(waived, given)
    return WaiverUse(given, waived.titles.part(*own), status, *counts)


def _idle(waived: Plan, given: GivenWaiver) -> str:
    """The status of a waiver that nobody uses."""
    if given.until_including is not None and given.until_including < waived.as_of:
        return "lapsed"
    return "upcoming" if given.begins_on is not None and given.begins_on > waived.as_of else "unused"


def waiver_effects(plan: Plan) -> list[str]:
    """Returns what all waivers together come to, as against the same records without them, in words."""
    if plan.waived is None:
        return []
    return effects(plan.waived) or ["nothing changes by them"]


def waiver_lines(plan: Plan) -> list[str]:
    """Returns sentences: what the waivers come to, who moves to which level, which one nobody needs."""
    if plan.waived is None:
        return []
    uses = waiver_uses(plan)
    found = [f"{_given(plan, uses)}."]
    found.append(f"With them, as against without: {'; '.join(waiver_effects(plan))}.")
    found += [f"{say.count(line.records)}: {line.text}." for line in _levels(plan.waived)]
    people = say.several(plan.noun)
    for use in uses:
        if use.status == "unused":
            found.append(f"Nobody of the {people} needs {_name(use)}: end it, or remove it.")
        elif use.status == "lapsed" and use.lapsed:
            ended = day(use.given.until_including) if use.given.until_including is not None else ""
            number = say.things(use.lapsed, plan.noun)
            found.append(f"{capital(_name(use))} lapsed on {ended}, and {number} would need it.")
    return found


def _given(plan: Plan, uses: Sequence[WaiverUse]) -> str:
    """How many waivers there are, and how many of them have which status."""
    whole = say.things(len(plan.waivers), "waiver")
    counts = [(status, sum(use.status == status for use in uses)) for status in Waiver.statuses[:4]]
    told = [f"{say.count(number)} {status}" for status, number in counts if number]
    return f"{whole}: {', '.join(told)}" if told else whole


def _levels(waived: Plan) -> Iterator[say.PlanLine]:
    """Who moves to which level by waivers."""
    for group in say.groups(waived):
        if group.heading == say.heading("levels"):
            yield from group.lines


def _name(use: WaiverUse) -> str:
    return f"the waiver `{use.given.policy}/{use.given.id}` of “{use.title}”"
