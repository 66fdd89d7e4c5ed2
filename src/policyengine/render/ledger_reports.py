"""The report of `policyengine sources`: what became of the statements of each source document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.decision.wording import plural
from policyengine.policy.ledger import OUTCOMES, Outcome
from policyengine.program.ledgers import Entry, Ledgers, NamedPart
from policyengine.render.annotation import Note
from policyengine.render.ci_formats import Published
from policyengine.render.junit import JUnitCase, JUnitSuite
from policyengine.render.markdown_summary import MarkdownSummary, MarkdownTable
from policyengine.render.sarif import Run, sarif_of_notes
from policyengine.render.style import Paint, clean, painter
from policyengine.render.suite_report import per_cent
from policyengine.source import Span

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """What became of the statements of one document; without a ledger there are none."""

    document: str
    title: str
    url: str | None
    entries: tuple[Entry, ...]

    def count(self, outcome: Outcome) -> int:
        """The number of statements with an outcome."""
        return sum(each.statement.outcome == outcome for each in self.entries)

    @property
    def settled(self) -> int:
        """The number of statements of which something became."""
        return len(self.entries) - self.count("open")

    @property
    def words(self) -> str:
        """`53 statements: 46 stand for rules, 7 for none, 0 are open (100 %)`."""
        if not self.entries:
            return "no ledger"
        rules, none, open = (self.count(each) for each in OUTCOMES)
        share = per_cent(self.settled, len(self.entries))
        return (
            f"{plural(len(self.entries), 'statement')}: {rules} for rules, {none} for none, "
            f"{open} open ({share} settled)"
        )


@dataclass(frozen=True, slots=True)
class SourcesReport:
    """The standing of all documents of a program, and the rules that rest on no statement."""

    folder: str
    title: str
    ledgers: Ledgers
    standings: tuple[Standing, ...]
    unstated: tuple[NamedPart, ...]

    @property
    def open(self) -> tuple[Entry, ...]:
        """The statements of which nothing became yet."""
        return tuple(each for one in self.standings for each in one.entries if each.statement.open)


def sources_report(folder: str, title: str, ledgers: Ledgers) -> SourcesReport:
    """The report of a program that compiles."""
    declared = ledgers.program.declarations
    assert declared is not None  # it compiles
    standings = tuple(
        Standing(name, each.title, each.url, ledgers.of(name)) for name, each in declared.sources.items()
    )
    return SourcesReport(folder, title, ledgers, standings, ledgers.unstated)


def place(at: Span) -> str:
    """A file and a line."""
    return f"{at.source.name}:{at.line}"


# As text


def sources_text(report: SourcesReport, *, color: bool = False) -> str:
    """The standing of each document, what is open, and the rules without a statement."""
    paint = painter(color)
    lines = [paint(clean(report.title), "strong")]
    lines += [f"  {clean(each.title)}: {each.words}" for each in report.standings]
    lines += _list("Open", [(each.at, _open(each)) for each in report.open], paint)
    lines += _list("Rules without a statement", [(p.at, w) for p, w in _unstated(report)], paint)
    elsewhere = len(report.unstated) - len(list(_unstated(report)))
    if elsewhere:
        lines += ["", f"{plural(elsewhere, 'more rule')} of documents that have no ledger"]
    return "\n".join(lines)


def _list(heading: str, rows: Sequence[tuple[Span, str]], paint: Paint) -> Iterator[str]:
    if rows:
        yield ""
        yield paint(f"{heading} ({len(rows)})", "strong")
        yield from (f"  {clean(words)}  {paint(clean(place(at)), 'faint')}" for at, words in rows)


def _open(each: Entry) -> str:
    return f"{each.statement.id}: {each.statement.says}: {each.statement.open}"


def _unstated(report: SourcesReport) -> Iterator[tuple[NamedPart, str]]:
    """The rules without a statement, but those of documents that have no ledger."""
    written = {each.document for each in report.standings if each.entries}
    for part in report.unstated:
        if part.document is None or part.document in written:
            name = f"{report.ledgers.name_of(part)}: {part.title}"
            yield part, f"{name} ({part.document or 'no source'})"


# As data


def sources_json(report: SourcesReport) -> dict[str, Any]:
    """The report as plain data: every statement with its rules, and every rule without a statement."""
    return {
        "schema_version": SCHEMA_VERSION,
        "program": report.folder,
        "documents": [_standing_json(each, report.ledgers) for each in report.standings],
        "rules_without_a_statement": [rule_json(each, report.ledgers) for each in report.unstated],
    }


def _standing_json(standing: Standing, ledgers: Ledgers) -> dict[str, Any]:
    counts: dict[str, Any] = {outcome: standing.count(outcome) for outcome in OUTCOMES}
    return {
        "document": standing.document,
        "title": standing.title,
        "url": standing.url,
        "ledger": standing.entries[0].at.source.name if standing.entries else None,
        "total": len(standing.entries),
        **counts,
        "statements": [statement_json(each, ledgers) for each in standing.entries],
    }


def statement_json(each: Entry, ledgers: Ledgers) -> dict[str, Any]:
    """A statement as plain data, with the rules that it became."""
    one = each.statement
    return {
        "id": one.id,
        "section": one.section,
        "row": one.row,
        "says": one.says,
        "outcome": one.outcome,
        "reason": one.reason,
        "rules": [rule_json(part, ledgers) for name in one.encoded for part in ledgers.named(name)],
        "file": each.at.source.name,
        "line": each.at.line,
    }


def rule_json(part: NamedPart, ledgers: Ledgers) -> dict[str, Any]:
    """A rule as plain data."""
    return {
        "rule": ledgers.name_of(part),
        "title": part.title,
        "document": part.document,
        "file": part.at.source.name,
        "line": part.at.line,
    }


# For build servers


def published(report: SourcesReport, version: str) -> Published:
    """The report with a note for each open statement and each rule without one."""
    notes = [Note("warning", "an open statement", _open(each), each.at) for each in report.open]
    notes += [Note("notice", "a rule without a statement", words, p.at) for p, words in _unstated(report)]
    rows = [(each.title, *_cells(each)) for each in report.standings]
    sentence = f"{report.title}: {plural(len(report.open), 'statement')} open, " + (
        f"{plural(len(report.unstated), 'rule')} without a statement."
    )
    summary = MarkdownSummary(
        "Statements of the sources",
        sentence,
        [MarkdownTable(("document", "statements", "for rules", "for none", "open"), rows)],
        notes,
    )
    run = Run(f"sources/{Path(report.folder).resolve().name}", f"{report.folder}/program.yaml")
    title = "a statement that is open, or a rule without a statement"
    return Published(
        summary,
        [JUnitSuite(report.folder, [_case(each) for each in report.standings])],
        lambda root: sarif_of_notes(
            Run(run.name, run.file, root), notes, "policyengine/sources", title, version
        ),
    )


def _cells(standing: Standing) -> tuple[str, ...]:
    if not standing.entries:
        return ("no ledger", "", "", "")
    return (str(len(standing.entries)), *(str(standing.count(each)) for each in OUTCOMES))


def _case(standing: Standing) -> JUnitCase:
    name = f"{standing.document}: {standing.words}"
    open = [each for each in standing.entries if each.statement.open]
    if not open:
        return JUnitCase(name)
    return JUnitCase(
        name, "failed", plural(len(open), "open statement"), "\n".join(map(_open, open)), open[0].at
    )
