"""The levels of a decision and what they bring: what is reached, what is missing, discounts, figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policyengine.policy.findings import (
    UNDETERMINED,
    Discount,
    Finding,
    Level,
    NextLevel,
    Requirement,
    Room,
    Subject,
)
from policyengine.policy.phrases import join, rate, spell, subject_name, words
from policyengine.policy.why import shortfall
from policyengine.render.page import Page, marked
from policyengine.render.rows import Row

_STYLES = {"reached": "good", "none": "strong", UNDETERMINED: "open"}
_SHOWN = {"unmet": "not fulfilled", UNDETERMINED: "not decided"}


def levels(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The levels, each with what is missing for the next one and the room before it is lost."""
    found = [level for level in findings if isinstance(level, Level)]
    alone = len(found) == 1 and found[0].subject.root
    return page.table("Level", [row for level in found for row in _level(page, level, alone)])


def _level(page: Page, level: Level, alone: bool) -> Iterator[Row]:
    about = "" if alone else f"{level.title}, {subject_name(level.subject)}: "
    title = {"reached": level.level_title or level.level or "reached", "none": "none"}.get(level.status)
    lead = marked(title or "not decided", level.origin)
    text = _because(level)
    if level.status == UNDETERMINED and level.candidate is not None:
        text = f"{level.candidate_title or level.candidate} by its measure, if the rest is fulfilled"
    yield Row((lead,), f"{about}{text}".removesuffix(": "), page.at(level), _STYLES[level.status])
    yield from requirements(page, level.requirements, ("",))
    if level.next is not None:
        yield from _next(level.next)
    if level.room is not None:
        yield Row(("Room",), _room(level.room, level.level_title or "the level"))


def _because(level: Level) -> str:
    outcomes = ("holds", "value") if level.status == "reached" else ("fails", "unknown")
    return "; ".join(dict.fromkeys(one.text for one in level.because if one.outcome in outcomes))


def requirements(page: Page, found: Iterable[Requirement], before: tuple[str, ...]) -> Iterator[Row]:
    """A row for each requirement that is not fulfilled, below the cells of what it belongs to."""
    for one in found:
        if one.status in _SHOWN:
            against = [reason.text for reason in one.because if reason.outcome in ("fails", "unknown")]
            why = f" ({'; '.join(dict.fromkeys(against))})" if against else ""
            text = f"{_SHOWN[one.status]}: {marked(one.title, one.origin)}{why}"
            yield Row(before, text, page.at(one))
        elif one.status == "manual":
            yield Row(
                before, f"{page.name(one.decided_by)} decides: {marked(one.title, one.origin)}", page.at(one)
            )


def _next(following: NextLevel) -> Iterator[Row]:
    lead = f"Missing for {following.title}"
    for lacking in following.missing:
        yield Row((lead,), shortfall(lacking))
        lead = ""


def _room(room: Room, level: str) -> str:
    return f"{spell(room.room)} {room.noun} before {level} is lost"


def discounts(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The discounts: items with the same rate from the same line stand together."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for found in findings:
        if isinstance(found, Discount):
            percent = "not decided" if found.rate is None else marked(rate(found.rate), found.origin)
            key = (percent, "" if found.subject.root else subject_name(found.subject), page.at(found))
            together.setdefault(key, []).append(found.on_title or page.name(found.on))
    rows = [
        Row((percent,), ", ".join(dict.fromkeys(items)) + (f", {whose}" if whose else ""), place)
        for (percent, whose, place), items in together.items()
    ]
    return page.table("Discounts", rows)


def figures(page: Page) -> list[str]:
    """The derived facts that are known."""
    rows = []
    for subject, values in page.decision.values.items():
        known = [f"{words(fact)} {spell(value)}" for fact, value in values.items() if value is not None]
        if known:
            rows.append(Row((_owner(subject, page.decision.subject),), join(known)))
    return page.table("Figures", rows)


def _owner(subject: str, record: Subject) -> str:
    entity, _, key = subject.partition("/")
    return f"{words(entity)} {key}" if key else subject_name(record)
