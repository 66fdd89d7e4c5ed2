"""Summaries in Markdown, for the page of a build or a comment on a change.

What comes from policies and records is shown as it is: no markup, link or mention in it has an effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from policyengine.dataclass import dataclass
from policyengine.decision.wording import plural
from policyengine.render.annotation import Note, by_severity
from policyengine.render.style import clean

MOST = 200
"""How many notes are written in full."""

_MARKUP = re.compile(r"([\\`*_{}\[\]#!|~$@]|:(?=\S))")
_LINKS = re.compile(r"\\([@#])(?=\w)|(?i:\b(www)(?=\.))")


@dataclass(frozen=True, slots=True)
class MarkdownTable:
    """A table with a heading; cells are plain text."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class MarkdownSummary:
    """A title, one sentence that stands alone, tables, and what there is to say about places."""

    title: str
    sentence: str
    tables: Sequence[MarkdownTable] = ()
    notes: Sequence[Note] = ()


def markdown(summary: MarkdownSummary) -> str:
    """The summary as Markdown, with an empty line at its end."""
    parts = [f"## {escaped(summary.title)}", escaped(summary.sentence)]
    parts += ["\n".join(_table(table)) for table in summary.tables if table.rows]
    parts += _notes(by_severity(summary.notes))
    return "\n\n".join(parts) + "\n\n"


def escaped(text: str) -> str:
    """A text on one line that Markdown shows as it is written, without links and mentions."""
    safe = clean(" ".join(text.split())).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _LINKS.sub(r"\1\2<!-- -->", _MARKUP.sub(r"\\\1", safe))


def code(text: str) -> str:
    """A text on one line in the type of code, whatever stands in it."""
    shown = clean(" ".join(text.split()))
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence, blank = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{blank}{shown}{blank}{fence}"


def _table(table: MarkdownTable) -> Iterator[str]:
    yield _row(table.header)
    yield "|" + "---|" * len(table.header)
    yield from map(_row, table.rows)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"


def _notes(notes: Sequence[Note]) -> Iterator[str]:
    for note in notes[:MOST]:
        place = f" {code(str(note.at))}" if note.at is not None else ""
        yield f"{note.severity}{place} **{escaped(note.title)}**\n\n{_block(note.message)}"
    if len(notes) > MOST:
        yield f"and {plural(len(notes) - MOST, 'more remark')}"


def _block(text: str) -> str:
    """Lines as they are, in a block that nothing in them can end."""
    lines = [clean(line) for line in text.splitlines()] or [""]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *lines, fence])
