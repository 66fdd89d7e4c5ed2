"""Source lines with marks under them and line numbers at the left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policyengine.dataclass import dataclass
from policyengine.render.style import Paint
from policyengine.render.width import clean, width
from policyengine.source import Source, Span

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
