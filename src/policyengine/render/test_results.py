"""Results of policy tests as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from policyengine.decision.wording import plural
from policyengine.render.diagnostic_text import diagnostics_json, diagnostics_text
from policyengine.render.style import Paint, clean, painter
from policyengine.verify.mismatches import Mismatch
from policyengine.verify.suite import CaseResult, SuiteResult

SCHEMA_VERSION = 1
_STATUSES = ("passed", "failed", "todo", "skipped", "broken")


def outcomes_text(outcomes: Sequence[SuiteResult], *, color: bool = False) -> str:
    """Every failure with its place, expectation, actual value and reasons; then the counts."""
    paint = painter(color)
    mistakes = [found for outcome in outcomes for found in (*outcome.uncompiled, *outcome.diagnostics)]
    failures = [part for result in _results(outcomes) for part in _failures(result, paint)]
    waiting = [
        _waiting(result, paint) for result in _results(outcomes) if result.status in ("skipped", "todo")
    ]
    parts = (diagnostics_text(mistakes, color=color), *failures, "\n".join(waiting), counted(outcomes))
    return "\n\n".join(part for part in parts if part)


def _waiting(result: CaseResult, paint: Paint) -> str:
    words = clean(f"{result.name}: {result.skip or result.todo}")
    return f"{clean(str(result.at))}: {paint(result.status, 'note')}: {words}"


def _failures(result: CaseResult, paint: Paint) -> Iterator[str]:
    """The mismatches of a failed test; shared reasons follow the last mismatch that has them."""
    if result.status != "failed":
        return
    if not result.mismatches:
        place = paint(clean(str(result.at)), "strong")
        yield f"{place}: {paint('failed', 'error')}: {clean(result.name)}\n  {clean(passes_now(result))}"
    for i, mismatch in enumerate(result.mismatches):
        following = result.mismatches[i + 1].because if i + 1 < len(result.mismatches) else ()
        reasons = () if mismatch.because == following else mismatch.because
        place = paint(clean(str(mismatch.at)), "strong")
        yield "\n".join(
            (f"{place}: {paint('failed', 'error')}: {clean(result.name)}", *mismatch_lines(mismatch, reasons))
        )


def passes_now(result: CaseResult) -> str:
    """The message for a passing test that is marked as known to fail."""
    return f"it passes now, but is marked `todo: {result.todo}`; remove the mark"


def mismatch_lines(mismatch: Mismatch, reasons: Sequence[str]) -> Iterator[str]:
    """A mismatch: its path, the expectation, the actual value and the reasons."""
    yield f"  in        {clean(_path(mismatch))}"
    yield f"  expected  {clean(mismatch.expected)}"
    yield f"  actual    {clean(mismatch.actual)}"
    for i, reason in enumerate(reasons):
        yield f"  {'because' if i == 0 else '':9} {clean(reason)}"


def _path(mismatch: Mismatch) -> str:
    """`levels[0].next.missing`."""
    steps = (f"[{step}]" if step.isdigit() else f".{step}" for step in mismatch.path)
    return "".join(steps).removeprefix(".")


def _results(outcomes: Iterable[SuiteResult]) -> Iterator[CaseResult]:
    return (result for outcome in outcomes for result in outcome.results)


def counted(outcomes: Sequence[SuiteResult]) -> str:
    """`62 tests in 4 files: 60 passed, 1 failed, 1 skipped; 1 file could not be run`."""
    counts = _counts(outcomes)
    total = plural(sum(counts.values()), "test")
    each = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    not_run = sum(not outcome.results for outcome in outcomes)
    rest = f"; {plural(not_run, 'file')} could not be run" if not_run else ""
    return f"{total} in {plural(len(outcomes), 'file')}" + (f": {each}" if each else "") + rest


def _counts(outcomes: Sequence[SuiteResult]) -> dict[str, int]:
    statuses = [result.status for result in _results(outcomes)]
    return {status: sum(each == status for each in statuses) for status in _STATUSES}


def outcomes_json(outcomes: Sequence[SuiteResult]) -> dict[str, Any]:
    """The results as plain data: lines and columns from 1."""
    mistakes = [found for outcome in outcomes for found in (*outcome.uncompiled, *outcome.diagnostics)]
    return {
        "schema_version": SCHEMA_VERSION,
        **_counts(outcomes),
        "files": [outcome.file for outcome in outcomes],
        "tests": [_test(result) for result in _results(outcomes)],
        "diagnostics": diagnostics_json(mistakes)["diagnostics"],
    }


def _test(result: CaseResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "file": result.at.source.name,
        "line": result.at.line,
        "column": result.at.column,
        "status": result.status,
        "skip": result.skip,
        "todo": result.todo,
        "failures": [
            {
                "file": each.at.source.name,
                "line": each.at.line,
                "column": each.at.column,
                "path": _path(each),
                "expected": each.expected,
                "actual": each.actual,
                "because": list(each.because),
            }
            for each in result.mismatches
        ],
    }
