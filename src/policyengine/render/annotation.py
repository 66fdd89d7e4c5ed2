"""What a report tells about one place: the value that the writers for build servers share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.source import Source, Span

Severity = Literal["error", "warning", "notice"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice")
"""From the worst to the mildest."""


@dataclass(frozen=True, slots=True)
class Note:
    """One remark: how bad, a short title, what there is to say (several lines may be), and where."""

    severity: Severity
    title: str
    message: str
    at: Span | None = None


def note_of(found: Diagnostic) -> Note:
    """A mistake as a note, with its help."""
    help = f"\nhelp: {found.help}" if found.help else ""
    return Note(found.severity.value, found.code.id, f"{found.message}{help}", found.span)


def by_severity(notes: Iterable[Note]) -> list[Note]:
    """The worst first, each kind in the order in which they came."""
    return sorted(notes, key=lambda note: SEVERITIES.index(note.severity))


def in_the_tree(at: Span) -> Span:
    """A place by the path of its file, whichever revision (`HEAD:policies/a.yaml`) it was read from."""
    path = at.source.name.rpartition(":")[2]
    return at if path == at.source.name else Span(Source(path, at.source.text), at.start, at.end)
