"""The context for rendering a decision: names, places, marks, width."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from policyengine.dataclass import dataclass
from policyengine.decision.decision import Decision
from policyengine.decision.findings import Finding
from policyengine.decision.wording import name_of
from policyengine.render.style import Paint
from policyengine.render.text_table import HEADING, TableRow, table
from policyengine.source import Span

MARK = "*"
"""Follows what rests on an assumption."""


@dataclass(frozen=True, slots=True)
class Page:
    """A decision to render, with its labels, width, colours and base folder."""

    decision: Decision
    labels: Mapping[str, str]
    columns: int
    paint: Paint
    folder: str

    def name(self, identifier: str | None) -> str:
        """The name of a party or an item."""
        return name_of(identifier, self.labels)

    def place(self, span: Span) -> str:
        """`levels.yaml:21`, relative to the folder of the policies."""
        name = span.source.name
        if self.folder and name.startswith(f"{self.folder}/"):
            name = name[len(self.folder) + 1 :]
        return f"{name}:{span.line}"

    def at(self, finding: Finding) -> str:
        """The place of the rule of a finding."""
        return self.place(finding.origin.at)

    def table(self, heading: str, rows: Sequence[TableRow], indent: int = HEADING) -> list[str]:
        """Rows under a heading, over the width of the page."""
        return table(heading, rows, self.columns, self.paint, indent)


def folder_of(decision: Decision) -> str:
    """The common folder of all places of a decision; "" where there is none."""
    folders = {posixpath.dirname(span.source.name) for span in _places(decision.findings)}
    return posixpath.commonpath(folders) if folders and len({f.startswith("/") for f in folders}) == 1 else ""


def _places(findings: Iterable[Finding]) -> Iterator[Span]:
    for finding in findings:
        yield finding.origin.at


def marked(text: str, finding: Finding) -> str:
    """The text, marked where the finding rests on an assumption."""
    return f"{text}{MARK}" if finding.basis == "assumed" else text
