"""A syntax error of YAML, and the text around it."""

from __future__ import annotations

import re

import yaml

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code
from policyengine.source import Source, Span

SYNTAX = Code(
    id="YAML001",
    title="not YAML",
    why="The text cannot be read any further; the text after this place is not checked.",
    bad="title: Silver: the first level\n",
    good='title: "Silver: the first level"\n',
    example="yaml",
)

LONGEST = 80
"""What is longer is not repeated in an advice."""

_FLOW_END = re.compile(r"\s*[,\]}]")


@dataclass(frozen=True, slots=True)
class Fault:
    """The place and the cause of a syntax error.

    `problem` is the message of the parser, `at` its offset, `since` the offset where the construct began.
    `last` is the last scalar before, `bracket` the offset of the innermost open bracket.
    """

    source: Source
    problem: str
    at: int
    since: int
    last: Span | None
    bracket: int | None

    @classmethod
    def of(
        cls, error: Exception, source: Source, base: int, *, last: Span | None, bracket: int | None
    ) -> Fault:
        """The fault for an error of the parser, whose offsets count from `base`."""
        problem, at, since = str(error), 0, None
        if isinstance(error, yaml.MarkedYAMLError):
            problem = f"{error.context or ''}: {error.problem or ''}"
            at = error.problem_mark.index if error.problem_mark else 0
            since = error.context_mark.index if error.context_mark else None
        at = min(base + at, len(source.text))
        return cls(source, problem, at, at if since is None else min(base + since, at), last, bracket)

    @property
    def char(self) -> str:
        """The character at the error, "" at the end."""
        return self.source.text[self.at : self.at + 1]

    @property
    def line_start(self) -> int:
        """The start of the line of the error."""
        return self.source.text.rfind("\n", 0, self.at) + 1

    @property
    def before(self) -> str:
        """The text before the error on its line."""
        return self.source.text[self.line_start : self.at]

    def rest(self, start: int) -> Span:
        """The span from an offset to the end of its line, without comment and blanks."""
        text = self.source.text
        end = text.find("\n", start)
        line = text[start : len(text) if end < 0 else end].split(" #")[0].rstrip()
        return self.source.span(start, start + len(line))

    def value(self, start: int) -> Span:
        """The span of the value at an offset: to the end of the line, or to the next bracket."""
        span = self.rest(start)
        before = self.source.text[self.source.text.rfind("\n", 0, start) + 1 : start]
        opened = sum(map(before.count, "[{")) > sum(map(before.count, "]}"))
        if self.bracket is None and not opened:
            return span
        end = _FLOW_END.search(self.source.text, start + 1, span.end)
        return self.source.span(start, end.start()) if end else span

    def char_span(self, at: int) -> Span:
        """The span of one character; empty at the end of the text."""
        return self.source.span(at, min(at + 1, len(self.source.text)))


def quoted(value: str) -> str:
    """The help to put a value in quotes."""
    if len(value) > LONGEST:
        return "put the whole value in quotes"
    if value.startswith("'") and value.endswith("'") and len(value) > 1 and '"' not in value:
        value = value[1:-1]
    quoted = f'"{value}"' if not {'"', "\\"} & set(value) else "'" + value.replace("'", "''") + "'"
    return f"write `{quoted}`"
