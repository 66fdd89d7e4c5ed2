"""Annotations: remarks at places, shared by the writers for build servers."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Literal

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.source import Source, Span

Severity = Literal["error", "warning", "notice"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice")
"""From the worst to the mildest."""


@dataclass(frozen=True, slots=True)
class Note:
    """One remark: severity, short title, text (one or more lines), and place."""

    severity: Severity
    title: str
    message: str
    at: Span | None = None


def note_of(found: Diagnostic) -> Note:
    """A diagnostic as a note, with its help."""
    help = f"\nhelp: {found.help}" if found.help else ""
    return Note(found.severity.value, found.code.id, f"{found.message}{help}", found.span)


def by_severity(notes: Iterable[Note]) -> list[Note]:
    """The notes sorted by severity, the most severe first."""
    return sorted(notes, key=lambda note: SEVERITIES.index(note.severity))


def path_from(root: Path | None, name: str) -> str:
    """The path of a file from the root of its repository, with `/`; as it was given outside of that."""
    if root is not None:
        path = os.path.relpath(name, root)
        if PurePath(path).parts[0] != os.pardir:
            name = path
    return PurePath(name).as_posix()


def without_revision(name: str) -> str:
    """The path of a file or folder without a revision, whose name has no colon (`HEAD:policies/a.yaml`)."""
    revision, _, path = name.partition(":")
    return path or revision


def in_the_tree(at: Span) -> Span:
    """The place by the path of its file, without a revision."""
    path = without_revision(at.source.name)
    return at if path == at.source.name else Span(Source(path, at.source.text), at.start, at.end)
