"""The formats of build servers and code hosts: SARIF, JUnit, GitHub annotations, Markdown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from policyengine.dataclass import dataclass
from policyengine.decision.wording import plural
from policyengine.render.annotation import SEVERITIES, Note, by_severity, path_from
from policyengine.render.junit import JUnitSuite
from policyengine.render.markdown_summary import MarkdownSummary, markdown
from policyengine.render.style import clean

Form = Literal["sarif", "junit", "github", "markdown"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True, slots=True)
class Published:
    """A report of a command: a summary with notes, test cases, and a SARIF log."""

    summary: MarkdownSummary
    suites: Sequence[JUnitSuite]
    sarif: Callable[[Path | None], dict[str, Any]]

    def render(self, form: Form, root: Path | None = None) -> str:
        """The report in one of the formats; annotations and SARIF name files from the folder `root`."""
        if form == "markdown":
            return markdown(self.summary)
        if form == "sarif":
            return json.dumps(self.sarif(root), indent=2, ensure_ascii=False)
        if form == "junit":
            from policyengine.render.junit import junit

            return junit(self.suites)
        return github(self.summary.notes, root)


# Annotations of GitHub Actions: one line for each remark, at its place in the change.

MOST = 10
"""How many of a kind are shown."""

_MORE = 1
"""Notices that may have to be kept free for the count of what is left out."""


def github(notes: Iterable[Note], root: Path | None = None) -> str:
    """A line for each note, the worst first, at most ten of a kind, and how many more there are."""
    return "\n".join(_lines(by_severity(notes), root))


def _lines(notes: list[Note], root: Path | None) -> Iterator[str]:
    left_out = []
    for severity in SEVERITIES:
        same = [note for note in notes if note.severity == severity]
        most = MOST - _MORE if severity == "notice" else MOST
        yield from (_line(note, root) for note in same[:most])
        if len(same) > most:
            left_out.append(plural(len(same) - most, f"more {severity}"))
    if left_out:
        yield f"::notice title=policyengine::{_data(', '.join(left_out))} in the summary"


def _line(note: Note, root: Path | None) -> str:
    properties = {"title": note.title}
    if note.at is not None:
        properties = {
            "file": path_from(root, note.at.source.name),
            "line": str(note.at.line),
            "endLine": str(note.at.end_line),
            **_columns(note),
            **properties,
        }
    words = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{note.severity} {words}::{_data(note.message)}"


def _columns(note: Note) -> dict[str, str]:
    """Columns have a meaning only within one line."""
    at = note.at
    if at is None or at.line != at.end_line:
        return {}
    return {"col": str(at.column), "endColumn": str(max(at.column, at.end_column - 1))}


def _data(text: str) -> str:
    lines = (clean(line).rstrip() for line in text.splitlines())
    return "%0A".join(line.replace("%", "%25") for line in lines)


def _property(text: str) -> str:
    return clean(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
