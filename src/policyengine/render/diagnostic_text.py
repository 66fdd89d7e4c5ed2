"""Diagnostics as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.decision.wording import join, plural
from policyengine.diagnostics import Diagnostic, Severity
from policyengine.render.style import Paint, clean, painter, width
from policyengine.source import Source, Span

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


# Source lines with marks under them and line numbers at the left.

LONGEST = 100
"""Columns of a line that are shown; longer ones are cut around their marks."""

_BEFORE = 30
_CUT = "..."
_LOOK = 10 * LONGEST


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked span: the main one with carets, others with dashes and a text."""

    span: Span
    text: str = ""
    main: bool = False


def snippet(marks: Iterable[Mark], gutter: int, paint: Paint) -> Iterator[str]:
    """The marked lines of one source in order, each with its marks below."""
    yield paint(f"{' ' * gutter} |", "faint")
    shown = (0, "")
    for mark in sorted(marks, key=lambda mark: (mark.span.line, mark.span.start, mark.main)):
        number = mark.span.line
        text, start, end = _excerpt(mark.span)
        if (number, text) != shown:
            yield f"{paint(f'{number:>{gutter}} |', 'faint')} {text}".rstrip()
        shown = (number, text)
        yield _pointer(mark, start, end, gutter, paint)


def _pointer(mark: Mark, start: int, end: int, gutter: int, paint: Paint) -> str:
    sign = ("^" if mark.main else "-") * max(1, end - start)
    text = paint(f"{sign} {clean(mark.text)}".rstrip(), "error" if mark.main else "note")
    bar = paint(" " * gutter + " |", "faint")
    return f"{bar} {' ' * start}{text}"


def _excerpt(span: Span) -> tuple[str, int, int]:
    """The shown part of the line, and the columns of its mark."""
    text, line_start = span.source.text, span.start - span.column + 1
    line_end = span.source.line_end(span.line)
    end = max(span.start, min(span.end, line_end))
    # Of a long line no more is looked at than can be shown: there may be many marks on it.
    before = clean(text[max(line_start, span.start - _LOOK) : span.start])
    marked = clean(text[span.start : min(end, span.start + _LOOK)])
    after = clean(text[end : min(line_end, end + _LOOK)].rstrip("\r"))
    if width(before) + width(marked) + width(after) > LONGEST:
        before, marked, after = _cut(before, marked, after)
    return before + marked + after, width(before), width(before) + width(marked)


def _cut(before: str, marked: str, after: str) -> tuple[str, str, str]:
    if len(before) > _BEFORE:
        before = _CUT + before[-_BEFORE:]
    room = max(LONGEST - len(before), _BEFORE)
    if len(marked) > room:
        return before, marked[: room - len(_CUT)] + _CUT, ""
    room -= len(marked)
    return before, marked, after if len(after) <= room else after[: max(0, room - len(_CUT))] + _CUT


def gutter_of(spans: Iterable[Span]) -> int:
    """The width of the line numbers of these places."""
    return max((len(str(span.line)) for span in spans), default=1)


def by_source(marks: Iterable[Mark]) -> list[tuple[Source, list[Mark]]]:
    """The marks by source, in the order of the sources."""
    together: dict[int, tuple[Source, list[Mark]]] = {}
    for mark in marks:
        source = mark.span.source
        together.setdefault(id(source), (source, []))[1].append(mark)
    return list(together.values())


def patch(name: str, before: str, after: str, *, color: bool = False) -> str:
    """Returns the lines of a text that change, as a unified diff."""
    import difflib  # the other commands start without it

    paint, styles = painter(color), {"+": "good", "-": "bad", "@": "note"}
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=1)
    return "\n".join(paint(clean(line), styles.get(line[:1], "")) for line in lines)
