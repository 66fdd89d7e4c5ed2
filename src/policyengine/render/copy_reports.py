"""The report of `policyengine sources --against`: what a new copy changes, and which rules rest on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from policyengine.copies.matching import SORTS, Comparison, Found, Sort
from policyengine.dataclass import dataclass
from policyengine.decision.wording import join, plural
from policyengine.policy.quantities import shorten
from policyengine.program.ledgers import Entry, Ledgers, NamedPart
from policyengine.render.annotation import Note
from policyengine.render.ci_formats import Published
from policyengine.render.junit import JUnitCase, JUnitSuite
from policyengine.render.ledger_reports import SCHEMA_VERSION, place, rule_json, statement_json
from policyengine.render.markdown_summary import MarkdownSummary, MarkdownTable
from policyengine.render.sarif import Run, sarif_of_notes
from policyengine.render.style import Paint, clean, painter
from policyengine.verify.mentions import Mention, Mentions

_MOST_TESTS = 5
_TOLD: tuple[Sort, ...] = ("changed", "new", "gone", "moved")
_HEADINGS = {
    "changed": "Changed",
    "new": "New: no statement stands for it",
    "gone": "Gone",
    "moved": "Moved under a different heading",
}


@dataclass(frozen=True, slots=True)
class Against:
    """The comparison of one document with a copy."""

    folder: str
    document: str
    title: str
    file: str
    comparison: Comparison
    ledgers: Ledgers
    mentions: Mentions

    @property
    def words(self) -> str:
        """`71 unchanged, 2 changed, 1 new, 0 gone, 0 moved`."""
        counts = ((sort, len(self.comparison.of(sort))) for sort in ("unchanged", *_TOLD))
        return ", ".join(f"{count} {sort}" for sort, count in counts)

    def rules(self, entries: Sequence[Entry]) -> tuple[NamedPart, ...]:
        """The rules that rest on statements."""
        names = (name for each in entries for name in each.statement.encoded)
        return tuple(dict.fromkeys(part for name in names for part in self.ledgers.named(name)))

    def tests(self, parts: Sequence[NamedPart]) -> tuple[Mention, ...]:
        """The tests that name rules, by their own ids."""
        return self.mentions.of(each.ids[-1].rpartition(".")[2] for each in parts)

    def says(self, found: Found) -> str:
        """What the copy says at a place, shortened."""
        return shorten(self.comparison.text(found), 240)

    def where(self, found: Found) -> str:
        """The line or page of the copy, and its heading."""
        passage = self.comparison.passage(found)
        if passage is None:
            return ""
        under = f", under “{passage.section}”" if passage.section and not passage.is_heading else ""
        return f"{passage.place}{under}"


# As text


def against_text(reports: Sequence[Against], *, color: bool = False) -> str:
    """What changed in each document, with the rules, their lines and the tests."""
    paint = painter(color)
    return "\n\n".join("\n".join(_lines(each, paint)) for each in reports)


def _lines(report: Against, paint: Paint) -> Iterator[str]:
    yield paint(clean(f"{report.title}: {report.file}"), "strong")
    yield f"  {report.words}"
    for sort in _TOLD:
        found = report.comparison.of(sort)
        if found:
            yield ""
            yield paint(f"{_HEADINGS[sort]} ({len(found)})", "strong")
        for each in found:
            yield from _one(report, each, paint)


def _one(report: Against, found: Found, paint: Paint) -> Iterator[str]:
    for each in found.entries:
        yield f"  {clean(_said(each))}  {paint(clean(place(each.at)), 'faint')}"
    if found.end > found.start:
        now = "    now, " if found.entries else "  "
        yield clean(f"{now}{report.where(found)}: {report.says(found)}")
    if found.beside:
        yield clean(f"    beside {join(_said(each) for each in found.beside)}")
    parts = report.rules(found.entries)
    for part in parts:
        name = f"{report.ledgers.name_of(part)} (“{part.title}”)"
        yield f"    rests on it: {clean(name)}  {paint(clean(place(part.at)), 'faint')}"
    yield from _tests(report.tests(parts), paint)
    for each in found.entries:
        if each.statement.reason is not None:
            word = "no rule" if each.statement.no_rule else "open"
            yield clean(f"    {word}: {each.statement.reason}")


def _said(each: Entry) -> str:
    return f"{each.statement.id}: {each.statement.says}"


def _tests(tests: Sequence[Mention], paint: Paint) -> Iterator[str]:
    for each in tests[:_MOST_TESTS]:
        yield f"    test: {clean(each.name)}  {paint(clean(place(each.at)), 'faint')}"
    if len(tests) > _MOST_TESTS:
        yield f"    and {plural(len(tests) - _MOST_TESTS, 'more test')}"


# As data


def against_json(reports: Sequence[Against]) -> dict[str, Any]:
    """The comparisons as plain data."""
    return {"schema_version": SCHEMA_VERSION, "copies": [_against_json(each) for each in reports]}


def _against_json(report: Against) -> dict[str, Any]:
    counts: dict[str, Any] = {sort: len(report.comparison.of(sort)) for sort in SORTS}
    told = (found for found in report.comparison.found if found.sort != "unchanged")
    return {
        "document": report.document,
        "title": report.title,
        "copy": report.file,
        **counts,
        "differences": [_found_json(report, each) for each in told],
    }


def _found_json(report: Against, found: Found) -> dict[str, Any]:
    passage = report.comparison.passage(found)
    parts = report.rules(found.entries)
    return {
        "sort": found.sort,
        "statements": [statement_json(each, report.ledgers) for each in found.entries],
        "place": passage.place if passage is not None else None,
        "section": passage.section if passage is not None else None,
        "text": report.comparison.text(found) if passage is not None else None,
        "beside": [each.statement.id for each in found.beside],
        "rules": [rule_json(each, report.ledgers) for each in parts],
        "tests": [
            {"name": each.name, "file": each.at.source.name, "line": each.at.line}
            for each in report.tests(parts)
        ],
    }


# For build servers


def published(reports: Sequence[Against], version: str) -> Published:
    """The comparisons with a note at each rule that may have to change, and at statements without one."""
    folder = reports[0].folder
    notes = [note for each in reports for note in _notes(each)]
    rows = [
        (each.title, each.file, *(str(len(each.comparison.of(sort))) for sort in ("unchanged", *_TOLD)))
        for each in reports
    ]
    differing = [each.title for each in reports if each.comparison.differs]
    sentence = (
        f"{join(differing)}: the copy differs from what the rules rest on."
        if differing
        else "The copies say what the rules rest on."
    )
    run = Run(f"sources/{Path(folder).resolve().name}", f"{folder}/program.yaml")
    title = "a source document that says something else"
    return Published(
        MarkdownSummary(
            "Copies of the sources",
            sentence,
            [MarkdownTable(("document", "copy", "unchanged", *_TOLD), rows)],
            notes,
        ),
        [JUnitSuite(folder, [_case(each) for each in reports])],
        lambda root: sarif_of_notes(
            Run(run.name, run.file, root), notes, "policyengine/copies", title, version
        ),
    )


def _notes(report: Against) -> Iterator[Note]:
    for sort in _TOLD:
        for found in report.comparison.of(sort):
            title = f"{report.title}: {_HEADINGS[sort].lower()}"
            said = "; ".join(_said(each) for each in (found.entries or found.beside))
            now = f"\nnow, {report.where(found)}: {report.says(found)}" if found.end > found.start else ""
            places = [part.at for part in report.rules(found.entries)]
            places = places or [each.at for each in (*found.entries, *found.beside)][:1]
            beside = "" if found.entries else "beside "
            for at in places:
                yield Note("warning", title, f"{beside}{said}{now}", at)


def _case(report: Against) -> JUnitCase:
    name = f"{report.document}: {report.file}"
    if not report.comparison.differs:
        return JUnitCase(name)
    return JUnitCase(name, "failed", report.words, "\n".join(_lines(report, painter(False))))
