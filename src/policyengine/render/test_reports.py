"""Reports of policy tests for build servers: cases, notes, a summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyengine.render.annotation import Note, note_of
from policyengine.render.junit import JUnitCase, JUnitSuite, Status
from policyengine.render.markdown_summary import MarkdownSummary, MarkdownTable
from policyengine.render.test_results import counted, mismatch_lines, passes_now
from policyengine.verify.suite import CaseResult, SuiteResult

_STATUSES: dict[str, Status] = {
    "failed": "failed",
    "broken": "error",
    "skipped": "skipped",
    "todo": "skipped",
}
_COLUMNS = ("passed", "failed", "todo", "skipped", "broken")


def outcome_suites(outcomes: Sequence[SuiteResult]) -> list[JUnitSuite]:
    """A suite for each file; an unusable file or program is one case with an error."""
    return [JUnitSuite(outcome.file, list(_cases(outcome))) for outcome in outcomes]


def _cases(outcome: SuiteResult) -> Iterator[JUnitCase]:
    for result in outcome.results:
        details = "\n".join(_details(result))
        yield JUnitCase(
            result.name, _STATUSES.get(result.status, "passed"), _message(result), details, result.at
        )
    for found in (*outcome.uncompiled, *outcome.diagnostics):
        help = f"\nhelp: {found.help}" if found.help else ""
        details = f"{found.span}: {found.message}{help}"
        yield JUnitCase(f"{found.code.id}: {found.message}", "error", found.message, details, found.span)


def _message(result: CaseResult) -> str:
    if result.status in ("skipped", "todo"):
        return f"{result.status}: {result.skip or result.todo}"
    if result.mismatches:
        first = result.mismatches[0]
        return f"expected {first.expected}, actual {first.actual}"
    return passes_now(result) if result.status == "failed" else ""


def _details(result: CaseResult) -> Iterator[str]:
    for mismatch in result.mismatches:
        yield str(mismatch.at)
        yield from mismatch_lines(mismatch, mismatch.because)


def outcome_notes(outcomes: Sequence[SuiteResult]) -> list[Note]:
    """A note for each mistake and each mismatch."""
    return [note for outcome in outcomes for note in _notes(outcome)]


def _notes(outcome: SuiteResult) -> Iterator[Note]:
    yield from map(note_of, (*outcome.uncompiled, *outcome.diagnostics))
    for result in outcome.results:
        if result.status != "failed":
            continue
        if not result.mismatches:
            yield Note("error", result.name, passes_now(result), result.at)
        for mismatch in result.mismatches:
            lines = (line.removeprefix("  ") for line in mismatch_lines(mismatch, mismatch.because))
            yield Note("error", result.name, "\n".join(lines), mismatch.at)


def outcome_summary(outcomes: Sequence[SuiteResult]) -> MarkdownSummary:
    """The counts by file, and the failures."""
    rows = [
        [outcome.file, *(str(sum(each.status == word for each in outcome.results)) for word in _COLUMNS)]
        for outcome in outcomes
    ]
    tables = [MarkdownTable(["file", *_COLUMNS], rows)]
    return MarkdownSummary("Policy tests", counted(outcomes), tables, outcome_notes(outcomes))
