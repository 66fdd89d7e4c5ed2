"""Diagnostics as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from policyengine.decision.wording import join, plural
from policyengine.diagnostics import Diagnostic, Severity
from policyengine.render.snippet import Mark, by_source, gutter_of, snippet
from policyengine.render.style import Paint, painter
from policyengine.render.width import clean
from policyengine.source import Span

SCHEMA_VERSION = 1


def diagnostics_text(diagnostics: Iterable[Diagnostic], *, color: bool = False) -> str:
    """Each mistake with its line, a caret under it and its help, separated by empty lines."""
    paint = painter(color)
    return "\n\n".join("\n".join(_diagnostic(found, paint)) for found in diagnostics)


def _diagnostic(found: Diagnostic, paint: Paint) -> Iterator[str]:
    severity = paint(f"{found.severity}[{found.code.id}]", str(found.severity))
    place = "" if found.span is None else f"{paint(clean(str(found.span)), 'strong')}: "
    yield f"{place}{severity}: {clean(found.message)}"
    if found.span is not None:
        yield from _snippets(found, found.span, paint)
    if found.help is not None:
        yield f"{paint('help', 'help')}: {clean(found.help)}"


def _snippets(found: Diagnostic, span: Span, paint: Paint) -> Iterator[str]:
    marks = [Mark(span, main=True), *(Mark(label.span, label.text) for label in found.labels)]
    gutter = gutter_of(mark.span for mark in marks)
    for source, together in by_source(marks):
        if source is not span.source:
            yield f"{' ' * gutter} {paint('in', 'faint')} {clean(str(together[0].span))}"
        yield from snippet(together, gutter, paint)


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """The number of mistakes and files: `2 errors, 1 warning in 5 files`."""
    if not diagnostics:
        return "no mistakes"
    files = {found.span.source.name for found in diagnostics if found.span is not None}
    errors, warnings = _count(diagnostics)
    counts = join(
        text
        for number, text in ((errors, plural(errors, "error")), (warnings, plural(warnings, "warning")))
        if number
    ).replace(" and ", ", ")
    return f"{counts} in {plural(len(files), 'file')}" if files else counts


def _count(diagnostics: Iterable[Diagnostic]) -> tuple[int, int]:
    severities = [found.severity for found in diagnostics]
    return severities.count(Severity.ERROR), severities.count(Severity.WARNING)


def diagnostics_json(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """The diagnostics as plain data: lines and columns from 1, the end exclusive."""
    errors, warnings = _count(diagnostics)
    return {
        "schema_version": SCHEMA_VERSION,
        "errors": errors,
        "warnings": warnings,
        "diagnostics": [_as_json(found) for found in diagnostics],
    }


def _as_json(found: Diagnostic) -> dict[str, Any]:
    return {
        "code": found.code.id,
        "severity": str(found.severity),
        "message": found.message,
        "help": found.help,
        **_where(found.span),
        "labels": [{"text": label.text, **_where(label.span)} for label in found.labels],
    }


def _where(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"path": None, "range": None}
    return {
        "path": span.source.name,
        "range": {
            "start": {"line": span.line, "column": span.column},
            "end": {"line": span.end_line, "column": span.end_column},
        },
    }
