"""How policy tests came out, for build servers: cases, remarks at their places, a summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyengine.render.annotation import Note, note_of
from policyengine.render.junit import Case, Status, Suite
from policyengine.render.markdown_summary import Summary, Table
from policyengine.render.test_results import counted, mismatch_lines, passes_now
from policyengine.verify.runner import Result
from policyengine.verify.suite import Outcome

_STATUSES: dict[str, Status] = {
    "failed": "failed",
    "broken": "error",
    "skipped": "skipped",
    "todo": "skipped",
}
_COLUMNS = ("passed", "failed", "todo", "skipped", "broken")


def outcome_suites(outcomes: Sequence[Outcome]) -> list[Suite]:
    """A suite for each file; a file or program that cannot be used is one case, which is an error."""
    return [Suite(outcome.file, list(_cases(outcome))) for outcome in outcomes]


def _cases(outcome: Outcome) -> Iterator[Case]:
    for result in outcome.results:
        details = "\n".join(_details(result))
        yield Case(result.name, _STATUSES.get(result.status, "passed"), _message(result), details, result.at)
    for found in (*outcome.uncompiled, *outcome.diagnostics):
        help = f"\nhelp: {found.help}" if found.help else ""
        details = f"{found.span}: {found.message}{help}"
        yield Case(f"{found.code.id}: {found.message}", "error", found.message, details, found.span)


def _message(result: Result) -> str:
    if result.status in ("skipped", "todo"):
        return f"{result.status}: {result.skip or result.todo}"
    if result.mismatches:
        first = result.mismatches[0]
        return f"expected {first.expected}, actual {first.actual}"
    return passes_now(result) if result.status == "failed" else ""


def _details(result: Result) -> Iterator[str]:
    for mismatch in result.mismatches:
        yield str(mismatch.at)
        yield from mismatch_lines(mismatch, mismatch.because)


def outcome_notes(outcomes: Sequence[Outcome]) -> list[Note]:
    """A remark for each mistake and each mismatch."""
    return [note for outcome in outcomes for note in _notes(outcome)]


def _notes(outcome: Outcome) -> Iterator[Note]:
    yield from map(note_of, (*outcome.uncompiled, *outcome.diagnostics))
    for result in outcome.results:
        if result.status != "failed":
            continue
        if not result.mismatches:
            yield Note("error", result.name, passes_now(result), result.at)
        for mismatch in result.mismatches:
            lines = (line.removeprefix("  ") for line in mismatch_lines(mismatch, mismatch.because))
            yield Note("error", result.name, "\n".join(lines), mismatch.at)


def outcome_summary(outcomes: Sequence[Outcome]) -> Summary:
    """How many of each in each file, and what failed."""
    rows = [
        [outcome.file, *(str(sum(each.status == word for each in outcome.results)) for word in _COLUMNS)]
        for outcome in outcomes
    ]
    tables = [Table(["file", *_COLUMNS], rows)]
    return Summary("Policy tests", counted(outcomes), tables, outcome_notes(outcomes))
