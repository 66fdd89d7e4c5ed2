"""The levels of a decision and what they bring: what is reached, what is missing, discounts, figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from policyengine.decision.explanation import own_reasons, shortfall, still_missing
from policyengine.decision.findings import (
    UNDETERMINED,
    Discount,
    Finding,
    Level,
    Requirement,
    Room,
)
from policyengine.decision.json_shape import decimals, exact
from policyengine.decision.wording import (
    join,
    plural,
    rate,
    some,
    spell,
    spelled,
    subject_name,
)
from policyengine.render.decision_page import Page, marked
from policyengine.render.text_table import TableRow

_STYLES = {"reached": "good", "none": "strong", UNDETERMINED: "open"}
_SHOWN = {"unmet": "not fulfilled", UNDETERMINED: "not decided"}


def levels(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The levels, each with what is missing for the next one and the room before it is lost."""
    found = [level for level in findings if isinstance(level, Level)]
    alone = len(found) == 1 and found[0].subject.root
    return page.table("Level", [row for level in found for row in _level(page, level, alone)])


def _level(page: Page, level: Level, alone: bool) -> Iterator[TableRow]:
    title = {"reached": level.level_title or level.level or "reached", "none": "none"}.get(level.status)
    name = marked(title or "not decided", level.origin)
    style = _STYLES[level.status]
    if alone:
        yield TableRow((name,), _because(level), page.at(level), style)
    else:
        lead = level.title if level.subject.root else subject_name(level.subject)
        about = "" if level.subject.root else f"{level.title}: "
        text = "; ".join(part for part in (f"{about}{name}", _because(level)) if part)
        yield TableRow((lead,), text, page.at(level), style)
    distances = [] if level.next is None else [one for one in level.next.missing if one.short_by is not None]
    told = {one.id for one in distances}
    yield from requirements(page, (one for one in level.requirements if one.id not in told))
    missing = still_missing(level)
    if level.next is not None and missing:
        text = "; ".join(map(shortfall, missing))
        yield TableRow(text=f"missing for {level.next.title}: {text}", below=True)
    if level.room is not None:
        yield TableRow(text=_room(level.room, level.level_title or "the level"), below=True)


def _because(level: Level) -> str:
    """The reasons beside the requirements, and how many of those hold."""
    if level.status == UNDETERMINED and level.candidate is not None:
        return f"{level.candidate_title or level.candidate} if all requirements are fulfilled"
    outcomes = ("holds", "value") if level.status == "reached" else ("fails", "unknown")
    measure = level.room.fact if level.room is not None else None
    own = own_reasons(level)
    texts = [
        one.text for one in level.because if one.outcome in outcomes and (one in own or one.fact == measure)
    ]
    measured = [one for one in level.requirements if measure and one.id == measure]
    return "; ".join(dict.fromkeys([*texts, *_count(level.requirements, len(measured))]))


def _count(found: Sequence[Requirement], told: int) -> Iterator[str]:
    """How many requirements are fulfilled, without those that have been told."""
    fulfilled = sum(one.status == "met" for one in found) - told
    if fulfilled > 0:
        of = f"{fulfilled} of " if fulfilled + told < len(found) else ""
        yield f"{of}{plural(len(found) - told, 'requirement')} fulfilled"


def requirements(page: Page, found: Iterable[Requirement]) -> Iterator[TableRow]:
    """A row for each requirement that is not fulfilled, below what it belongs to."""
    for one in found:
        title = marked(one.title, one.origin)
        if one.status in _SHOWN:
            against = [
                spelled(reason.text) for reason in one.because if reason.outcome in ("fails", "unknown")
            ]
            why = f" ({some(against, link='; ')})" if against else ""
            yield TableRow(text=f"{_SHOWN[one.status]}: {title}{why}", place=page.at(one), below=True)
        elif one.status == "manual":
            yield TableRow(
                text=f"{page.name(one.decided_by)} decides: {title}", place=page.at(one), below=True
            )


def _room(room: Room, level: str) -> str:
    return f"room: {room.noun} may fall by {spell(room.room)} before {level} is lost"


def discounts(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The discounts: items with the same rate from the same line stand together."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for found in findings:
        if isinstance(found, Discount):
            percent = "not decided" if found.rate is None else marked(rate(found.rate), found.origin)
            key = (percent, "" if found.subject.root else subject_name(found.subject), page.at(found))
            together.setdefault(key, []).append(found.on_title or page.name(found.on))
    rows = [
        TableRow((percent,), ", ".join(dict.fromkeys(items)) + (f", {whose}" if whose else ""), place)
        for (percent, whose, place), items in together.items()
    ]
    return page.table("Discounts", rows)


def figures(page: Page) -> list[str]:
    """The derived facts that are known."""
    rows = []
    for name, values in page.decision.values.items():
        whose = page.decision.subjects[name]
        known = [
            f"{page.fact(whose.entity, fact)} {_figure(value)}"
            for fact, value in values.items() if value is not None
        ]  # fmt: skip
        if known:
            rows.append(TableRow((subject_name(whose),), join(known)))
    return page.table("Figures", rows)


def _figure(value: object) -> str:
    """The value, without the zeros after the second digit that a multiplication leaves."""
    if isinstance(value, Decimal) and decimals(value) > 2:
        whole, _, fraction = exact(value).partition(".")
        return f"{whole}.{fraction[:2]}{fraction[2:].rstrip('0')}"
    return spell(value)
