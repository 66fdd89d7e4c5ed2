"""A decision as text for a terminal, for partner managers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from policyengine.decision.decision import Decision, nested
from policyengine.decision.findings import (
    MANUAL,
    UNDETERMINED,
    Assumption,
    Charge,
    Discount,
    Duty,
    Figure,
    Finding,
    Gate,
    Level,
    Missing,
    Obligation,
    Right,
    Score,
    Waiver,
)
from policyengine.decision.reason_words import own_values
from policyengine.decision.wording import (
    assumed,
    capital,
    day,
    lapse,
    named,
    owner_name,
    plural,
    short_name,
    some,
    status_words,
    subject_name,
    words,
)
from policyengine.render.decision_page import Page, folder_of, marked
from policyengine.render.duties import duties
from policyengine.render.gates_and_charges import charges, gates, obligations, rights, waivers
from policyengine.render.levels import discounts, figures, levels, requirements, scores
from policyengine.render.style import clean, painter, width
from policyengine.render.text_table import TableRow

NARROWEST, WIDEST = 60, 120
_OWN = frozenset(
    each.section for each in (Level, Score, Discount, Gate, Charge, Obligation, Duty, Right, Waiver, Figure)
)
"""The lists that are shown in a way of their own."""


def decision_text(
    decision: Decision,
    labels: Mapping[str, str],
    *,
    color: bool = False,
    list_assumptions: bool = False,
    columns: int = 80,
) -> str:
    """The decision as lines of at most `columns` (between 60 and 120), without a final line end.

    `labels` are the titles of parties and items.
    """
    columns = max(NARROWEST, min(columns, WIDEST))
    page = Page(decision, labels, columns, painter(color), folder_of(decision))
    parts = [_header(page), *_parts(page), assumptions(page, list_assumptions)]
    if not any(parts[1:]):
        parts.insert(1, ["Nothing in this program applies to this record."])
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _header(page: Page) -> list[str]:
    decision = page.decision
    subject = decision.subject
    name = clean(subject_name(subject))
    if subject.label and subject.key:
        name = f"{name} ({clean(subject.key)})"
    title = clean(f"{decision.program_title}, as of {day(decision.as_of)}")
    blank = page.columns - width(name) - width(title)
    if blank < 2:
        return [page.paint(name, "strong"), title]
    return [f"{page.paint(name, 'strong')}{' ' * blank}{title}"]


def _parts(page: Page) -> list[list[str]]:
    """The sections: the short tables together, the duties below."""
    of = page.decision.of
    tables = [
        levels(page, of(Level.section)),
        scores(page, of(Score.section)),
        discounts(page, of(Discount.section)),
        figures(page, of(Figure.section)),
        gates(page, of(Gate.section)),
        charges(page, of(Charge.section)),
        obligations(page, of(Obligation.section)),
        rights(page, of(Right.section)),
        waivers(page, of(Waiver.section)),
        *others(page, [one for one in page.decision.findings if one.section not in _OWN]),
        undecided(page),
        not_in_force(page),
    ]
    return [[line for lines in tables for line in lines], duties(page, of(Duty.section))]


# General rendering for findings without a table of their own, so that none is omitted.


def others(page: Page, findings: Sequence[Finding]) -> Iterator[list[str]]:
    """A table for each section: status, own values, open requirements."""
    for section in dict.fromkeys(each.section for each in findings):
        rows = _rows(page, (each for each in findings if each.section == section))
        yield page.table(capital(words(section)), list(rows))


def _rows(page: Page, findings: Iterable[Finding]) -> Iterator[TableRow]:
    for each in findings:
        whose = "" if each.subject.root else f", {short_name(each.subject)}"
        told = own_values(each)
        text = f"{marked(each.title, each)}{whose}{f': {told}' if told else ''}"
        style = "open" if each.status == UNDETERMINED else ""
        yield TableRow((status_words(each.status),), text, page.at(each), style)
        yield from requirements(page, getattr(each, "requirements", ()))


# Undetermined findings with the facts that would settle them, and findings based on assumptions.


def undecided(page: Page) -> list[str]:
    """A row for each missing fact, the most needed first; then the other reasons."""
    titles: dict[str, list[str]] = {}
    for one in nested(page.decision.findings):
        titles.setdefault(one.name, []).append(one.title)
    facts: dict[tuple[str, str], list[Missing]] = {}
    for missing in page.decision.missing:
        facts.setdefault((missing.fact, missing.entity), []).append(missing)
    order = sorted(facts.items(), key=lambda item: (-len(_needed_by(item[1])), item[0]))
    root = page.decision.subject.entity
    rows = [
        TableRow((f"`{fact}`",), _settles(entity, found, titles, entity == root))
        for (fact, entity), found in order
    ]
    return page.table("Not decided", [*rows, *_reasons(page)])


def not_in_force(page: Page) -> list[str]:
    """A row for each policy that says nothing on this day."""
    return page.table(
        "Not in force",
        [TableRow(text=f"{one.title}: {lapse(one)}", style="open") for one in page.decision.not_in_force],
    )


def _needed_by(found: Iterable[Missing]) -> list[str]:
    return list(dict.fromkeys(reference for one in found for reference in one.needed_by))


def _settles(entity: str, found: list[Missing], titles: Mapping[str, Sequence[str]], is_root: bool) -> str:
    if any(one.within for one in found):
        owner = f"of {some(owner_name(one.entity, one.key, one.within) for one in found)}, "
    else:
        keys = [one.key for one in found if one.key is not None]
        owner = "" if is_root or not keys else f"of {words(entity)} {some(keys)}, "
    return f"{owner}for {some(named(title) for name in _needed_by(found) for title in _titles(name, titles))}"


def _titles(reference: str, titles: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The title of a finding; without one, its id in words."""
    return titles.get(reference) or [words(reference.rpartition("/")[2])]


def _reasons(page: Page) -> Iterator[TableRow]:
    """Reasons that no fact settles: a division by zero, an unnamed party."""
    together: dict[str, list[str]] = {}
    findings = page.decision.findings
    waiting = {each.text for one in nested(findings) if one.status == MANUAL for each in one.unknown}
    for one in findings:
        if all(unsettled.fact is None for unsettled in one.unknown):
            for unsettled in one.unknown:
                if unsettled.text not in waiting:  # which stands beside what a person decides
                    together.setdefault(unsettled.text, []).append(one.title)
    for reason, titles in together.items():
        yield TableRow(("no fact",), f"{reason}: {some(titles)}")


def assumptions(page: Page, listed: bool) -> list[str]:
    """The number of findings that rest on assumptions; with `listed`, also the assumptions."""
    found = [one for one in page.decision.findings if one.basis == "assumed"]
    if not found:
        return []
    total = plural(len(page.decision.findings), "finding")
    verb = "rests" if len(found) == 1 else "rest"
    count = f"{len(found)} of {total} {verb} on assumptions"
    if not listed:
        return [f"* {count} (--assumptions lists them)."]
    return [f"* {count}:", *_listed(page)]


def _listed(page: Page) -> list[str]:
    """Each assumption once, with its note, and under it what rests on it."""
    together: dict[Assumption, list[str]] = {}
    for one in nested(page.decision.findings):
        for each in one.assumptions:
            together.setdefault(each, []).append(one.title)
    rows = []
    for each, titles in together.items():
        rows.append(TableRow(text=f"{capital(each.title)}: {assumed(each.note)}.", place=page.place(each.at)))
        verb = "rests" if len(set(titles)) == 1 else "rest"
        rows.append(TableRow(text=f"{some(titles, most=6)} {verb} on it", below=True))
    return page.table("", rows, indent=2)
