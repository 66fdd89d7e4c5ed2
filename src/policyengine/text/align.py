"""Maps each character of a scalar's text to its place in the source.

Reading a scalar removes quotes, escapes, indentation and line ends (YAML 1.2.2, chapters 7 and 8; JSON, RFC
8259, section 7). Messages about a part of an expression need the way back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

CharSpan = tuple[int, int]

_BREAK = re.compile(r"\r\n|\r|\n")
_NEWLINES = re.compile(r"\n*")
_FOLD = re.compile(r"[ \t]*(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))*[ \t]*")
_ESCAPED_BREAK = re.compile(r"\\(?:\r\n|\r|\n)(?:[ \t]*(?:\r\n|\r|\n))*[ \t]*")
_SURROGATES = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_ESCAPE_SIZE = {"x": 4, "u": 6, "U": 10}


@lru_cache(maxsize=64)
def char_spans(raw: str, text: str, *, quoted: bool) -> Sequence[CharSpan]:
    """The start and end in `raw` of each character of `text`, and a last, empty span for the end.

    `raw` is the source of the scalar, `text` its value. Where the two do not agree, the rest of the text is
    placed at the end of `raw`.
    """
    style = raw[:1] if quoted else ""
    if style in ("|", ">"):
        spans = _block(raw, text)
    elif style in ("'", '"'):
        spans = _flow(raw, text, start=1, end=max(1, len(raw) - 1), unit=_single if style == "'" else _double)
    else:
        spans = _flow(raw, text, start=0, end=len(raw), unit=_plain)
    return _complete(spans, len(text), len(raw))


def _complete(spans: list[CharSpan], size: int, end: int) -> list[CharSpan]:
    del spans[size:]
    spans.extend([(end, end)] * (size - len(spans)))
    last = spans[-1][1] if spans else min(1, end)
    spans.append((last, last))
    return spans


def _single(raw: str, at: int) -> int:
    return 2 if raw.startswith("''", at) else 1


def _double(raw: str, at: int) -> int:
    if raw[at] != "\\":
        return 1
    if _SURROGATES.match(raw, at):
        return 12
    return _ESCAPE_SIZE.get(raw[at + 1 : at + 2], 2)


def _plain(raw: str, at: int) -> int:
    return 1


def _flow(raw: str, text: str, *, start: int, end: int, unit: Callable[[str, int], int]) -> list[CharSpan]:
    """The spans of plain and quoted scalars: character by character, with folded line ends."""
    spans: list[CharSpan] = []
    if end - start == len(text):
        return [(at, at + 1) for at in range(start, end)]
    at = start
    while at < end:
        skipped = _ESCAPED_BREAK.match(raw, at, end) if unit is _double else None
        if skipped is not None:
            _add_breaks(spans, skipped.group(), at, escaped=True)
            at = skipped.end()
            continue
        folded = _FOLD.match(raw, at, end)
        if folded is not None:
            _add_breaks(spans, folded.group(), at, escaped=False)
            at = folded.end()
            continue
        size = unit(raw, at)
        spans.append((at, min(at + size, end)))
        at += size
    return spans


def _add_breaks(spans: list[CharSpan], run: str, at: int, *, escaped: bool) -> None:
    """Adds the spans of line ends: one folds to a space, several to one less; an escaped one vanishes."""
    breaks = [(at + found.start(), at + found.end()) for found in _BREAK.finditer(run)]
    if len(breaks) == 1 and not escaped:
        spans.append((at, at + len(run)))
    else:
        spans.extend(breaks[1:])


def _block(raw: str, text: str) -> list[CharSpan]:
    """The spans of literal and folded blocks: indentation is removed, line ends stay, fold or vanish."""
    header = _BREAK.search(raw)
    if header is None:
        return []
    indent = _block_indent(raw[header.end() :], text)
    spans: list[CharSpan] = []
    at = header.end()
    while len(spans) < len(text) and at < len(raw):
        at = _skip_indent(raw, at, indent)
        found = _BREAK.search(raw, at)
        content_end = found.start() if found else len(raw)
        spans.extend((index, index + 1) for index in range(at, content_end))
        at = _add_block_breaks(spans, raw, text, content_end, indent)
    return spans


def _block_indent(body: str, text: str) -> int:
    """The indentation of a block: what its first line with content lost."""
    written = next((line for line in _BREAK.split(body) if line.strip(" ")), "")
    read = next((line for line in text.split("\n") if line.strip(" ")), "")
    lost = (len(written) - len(written.lstrip(" "))) - (len(read) - len(read.lstrip(" ")))
    return max(0, lost)


def _skip_indent(raw: str, at: int, indent: int) -> int:
    end = at
    while end < at + indent and raw.startswith(" ", end):
        end += 1
    return end


def _add_block_breaks(spans: list[CharSpan], raw: str, text: str, at: int, indent: int) -> int:
    """Adds the spans of the line ends from `at` on; returns the start of the next line with content."""
    breaks: list[CharSpan] = []
    found = _BREAK.match(raw, at)
    while found is not None:
        breaks.append((found.start(), found.end()))
        at = found.end()
        found = _BREAK.match(raw, _skip_indent(raw, at, indent))
    placed = len(spans)
    kept = _NEWLINES.match(text, placed)
    read = len(kept.group()) if kept else 0
    if placed + read == len(text):
        spans.extend(breaks[:read])
    elif len(breaks) == 1 and read == 0:
        spans.append(breaks[0])
    else:
        spans.extend(breaks[max(0, len(breaks) - read) :])
    return at
