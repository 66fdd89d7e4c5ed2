"""The levels of a decision and what they bring: what is reached, what is missing, discounts, figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from policyengine.decision.explanation import own_reasons
from policyengine.decision.findings import (
    MANUAL,
    NOT_APPLICABLE,
    REFUSED,
    UNDETERMINED,
    WAIVED,
    Discount,
    Figure,
    Finding,
    Level,
    Requirement,
    Score,
    Subject,
)
from policyengine.decision.reason_words import against, measured, points, score_part, still_missing
from policyengine.decision.wording import (
    plural,
    rate,
    subject_name,
    waiver_in_short,
    words,
)
from policyengine.decision.writers import lasting, room
from policyengine.render.decision_page import Page, marked
from policyengine.render.text_table import TableRow

_STYLES = {"reached": "good", "none": "strong", UNDETERMINED: "open"}
_MOST_OWNERS = 10
_SHOWN = {"unmet": "not fulfilled", UNDETERMINED: "not decided"}


def levels(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The levels, each with what is missing for the next one and the room before it is lost."""
    found = [level for level in findings if isinstance(level, Level)]
    alone = len(found) == 1 and found[0].subject.root
    return page.table("Level", [row for level in found for row in _level(page, level, alone)])


def _level(page: Page, level: Level, alone: bool) -> Iterator[TableRow]:
    title = level.level_title or level.level or level.status
    name = marked("not decided" if level.status == UNDETERMINED else title, level)
    style = _STYLES[level.status]
    if alone:
        yield TableRow((name,), _because(level), page.at(level), style)
    else:
        lead = level.title if level.subject.root else subject_name(level.subject)
        about = "" if level.subject.root else f"{level.title}: "
        text = "; ".join(part for part in (f"{about}{name}", _because(level)) if part)
        yield TableRow((lead,), text, page.at(level), style)
    gap = level.to_keep or level.next
    gaps = () if gap is None else gap.missing
    told = {one.id for one in gaps} - {one.id for one in gaps if not measured(one)}
    yield from requirements(page, (one for one in level.requirements if one.id not in told))
    yield from (TableRow(text=missing, below=True) for missing in still_missing(level))
    if level.room is not None:
        yield TableRow(text=room(level.room, level.level_title or "the level"), below=True)


def _given(level: Level) -> Iterator[str]:
    if level.waiver is not None and level.status == "reached":
        yield waiver_in_short(level.waiver, "given")


def _because(level: Level) -> str:
    """The reasons beside the requirements, and how many of those hold."""
    if level.status == UNDETERMINED and level.candidate is not None:
        return f"{level.candidate_title or level.candidate} if all requirements are fulfilled"
    outcomes = ("holds", "value") if level.status == "reached" else ("fails", "unknown")
    measure = level.room.fact if level.room is not None else None
    own = own_reasons(level)
    told = [one for one in level.requirements if measure and one.test_of == measure]
    measured = {reason.text for one in told for reason in one.because}
    texts = [
        one.text for one in level.because if one.outcome in outcomes and (one in own or one.text in measured)
    ]
    parts = [
        *_given(level),
        *lasting(level),
        *_despite(level),
        *texts,
        *_count(level.requirements, len(told)),
    ]
    return "; ".join(filter(None, dict.fromkeys(parts)))


def _despite(level: Level) -> Iterator[str]:
    """What the measure alone would give, and what keeps it from being given."""
    if level.status == "none" and level.candidate is not None:
        lacking = [one.title for one in level.requirements if one.status in ("unmet", MANUAL, REFUSED)]
        by = f"by {level.measure_title or 'the measure'} {level.candidate_title or level.candidate}"
        yield f"{by}, but without: {'; '.join(lacking)}"


def _count(found: Sequence[Requirement], told: int) -> Iterator[str]:
    """How many requirements are fulfilled or do not apply, without those that have been told."""
    fulfilled, idle, waived = (
        sum(one.status == status for one in found) for status in ("met", "not_applicable", WAIVED)
    )
    if fulfilled == len(found):
        yield f"{plural(fulfilled - told, 'requirement')} fulfilled" if fulfilled > told else ""
    else:
        counts = ((fulfilled - told, "fulfilled"), (waived, "waived"), (idle, "not applicable"))
        yield ", ".join(f"{count} {status}" for count, status in counts if count > 0)


def requirements(page: Page, found: Iterable[Requirement]) -> Iterator[TableRow]:
    """A row for each requirement that is not fulfilled, below what it belongs to."""
    for one in found:
        title = marked(one.title, one)
        if one.status in _SHOWN:
            text = f"{_SHOWN[one.status]}: {title}{against(one)}{_lapsed(one)}"
            yield TableRow(text=text, place=page.at(one), below=True)
        elif one.status in (MANUAL, REFUSED):
            does = "decides" if one.status == MANUAL else "refuses"
            text = f"{page.name(one.decided_by)} {does}: {title}{_lapsed(one)}"
            yield TableRow(text=text, place=page.at(one), below=True)
        elif one.status == WAIVED and one.waiver is not None:
            text = f"{waiver_in_short(one.waiver)}: {title}"
            yield TableRow(text=text, place=page.at(one), below=True)


def _lapsed(one: Requirement) -> str:
    return f"; {waiver_in_short(one.waiver)}" if one.waiver is not None and one.waiver.lapsed else ""


def scores(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The scores, each with the parts that it comes of."""
    rows: list[TableRow] = []
    for score in findings:
        if isinstance(score, Score):
            known = "not decided" if score.points is None else points(score.points, score.most)
            whose = "" if score.subject.root else f", {subject_name(score.subject)}"
            style = "open" if score.points is None else ""
            rows.append(TableRow((marked(known, score),), f"{score.title}{whose}", page.at(score), style))
            for part in score.parts:
                text = f"{'of which ' if part.nested else ''}{marked(score_part(part), part)}"
                rows.append(TableRow(text=text, place=page.at(part), below=True))
    return page.table("Scores", rows)


def discounts(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The discounts: items with the same rate from the same line stand together."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for found in findings:
        if isinstance(found, Discount):
            percent = "not decided" if found.rate is None else marked(rate(found.rate), found)
            key = (percent, "" if found.subject.root else subject_name(found.subject), page.at(found))
            together.setdefault(key, []).append(found.on_title or page.name(found.on))
    rows = [
        TableRow((percent,), ", ".join(dict.fromkeys(items)) + (f", {whose}" if whose else ""), place)
        for (percent, whose, place), items in together.items()
    ]
    return page.table("Discounts", rows)


def figures(page: Page, findings: Iterable[Finding]) -> list[str]:
    """The figures, one a line; of many things of an entity only those of the first few."""
    together: dict[Subject, list[TableRow]] = {}
    for found in findings:
        if isinstance(found, Figure) and found.status != NOT_APPLICABLE:
            text = f"{found.title}: {marked(found.text or 'not decided', found)}"
            style = "open" if found.status == UNDETERMINED else ""
            together.setdefault(found.subject, []).append(TableRow((), text, page.at(found), style))
    owners: dict[str, int] = {}
    rows: list[TableRow] = []
    for whose, own in together.items():
        owners[whose.entity] = owners.get(whose.entity, 0) + 1
        if owners[whose.entity] <= _MOST_OWNERS:
            rows += own if whose.root else _below(subject_name(whose), own)
    for entity, count in owners.items():
        if count > _MOST_OWNERS:
            more = plural(count - _MOST_OWNERS, f"more {words(entity)}")
            rows.append(TableRow(text=f"and those of {more}"))
    return page.table("Figures", rows)


def _below(name: str, rows: Sequence[TableRow]) -> list[TableRow]:
    """The figures of a thing in the record: one beside its name, several below it."""
    if len(rows) == 1:
        return [replace(rows[0], text=f"{name}, {rows[0].text}")]
    return [TableRow(text=name), *(replace(row, below=True) for row in rows)]
