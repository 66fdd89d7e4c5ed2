"""Undetermined findings with the facts that would settle them, and findings based on assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from policyengine.decision.findings import Finding, Missing
from policyengine.decision.wording import plural, some, words
from policyengine.render.decision_page import Page
from policyengine.render.text_table import TableRow


def undecided(page: Page) -> list[str]:
    """A row for each missing fact, the most needed first; then the other reasons."""
    titles = {f"{one.policy}/{one.id}": one.title for one in nested(page.decision.findings)}
    facts: dict[tuple[str, str], list[Missing]] = {}
    for missing in page.decision.missing:
        facts.setdefault((missing.fact, missing.entity), []).append(missing)
    order = sorted(facts.items(), key=lambda item: (-len(_needed_by(item[1])), item[0]))
    rows = [TableRow((f"`{fact}`",), _settles(entity, found, titles)) for (fact, entity), found in order]
    return page.table("Not decided", [*rows, *_reasons(page)])


def _needed_by(found: Iterable[Missing]) -> list[str]:
    return list(dict.fromkeys(reference for one in found for reference in one.needed_by))


def _settles(entity: str, found: list[Missing], titles: Mapping[str, str]) -> str:
    keys = [one.key for one in found if one.key is not None]
    owner = "" if entity == "partner" or not keys else f"of {words(entity)} {some(keys)}, "
    return f"{owner}for {some(_title(name, titles) for name in _needed_by(found))}"


def _title(reference: str, titles: Mapping[str, str]) -> str:
    """The title of a finding; without one, its id in words."""
    return titles.get(reference) or words(reference.rpartition("/")[2])


def _reasons(page: Page) -> Iterator[TableRow]:
    """Reasons that no fact settles: a division by zero, an unnamed party."""
    together: dict[str, list[str]] = {}
    for found in page.decision.findings:
        if all(unsettled.fact is None for unsettled in found.unknown):
            for unsettled in found.unknown:
                together.setdefault(unsettled.text, []).append(found.title)
    for reason, titles in together.items():
        yield TableRow(("no fact",), f"{reason}: {some(titles)}")


def nested(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings and the requirements within them."""
    for finding in findings:
        yield finding
        yield from getattr(finding, "requirements", ())


def assumptions(page: Page, listed: bool) -> list[str]:
    """The number of findings based on assumptions; with `listed`, also the assumptions."""
    found = [one for one in page.decision.findings if one.origin.basis == "assumed"]
    if not found:
        return []
    total = plural(len(page.decision.findings), "finding")
    verb = "rests" if len(found) == 1 else "rest"
    count = f"{len(found)} of {total} {verb} on assumptions"
    if not listed:
        return [f"* {count} (--assumptions lists them)."]
    return [f"* {count}:", *_listed(page, found)]


def _listed(page: Page, found: Iterable[Finding]) -> list[str]:
    together: dict[str, list[Finding]] = {}
    for one in found:
        together.setdefault(one.origin.note or "no note on what was assumed", []).append(one)
    rows = [
        TableRow(text=f"{some([one.title for one in ones])}: {note}", place=page.at(ones[0]))
        for note, ones in together.items()
    ]
    return page.table("", rows, indent=2)
