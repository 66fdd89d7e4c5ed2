"""Edits of a text: a stretch of it replaced, and nothing else touched."""

from __future__ import annotations

from collections.abc import Iterable

from policyengine.dataclass import dataclass
from policyengine.source import Source, Span


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of a source and what is to stand there instead."""

    at: Span
    text: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """Edits that belong together, at one place, in words."""

    at: Span
    words: str
    edits: tuple[Edit, ...]


def change(at: Span, text: str, words: str | None = None) -> Replacement:
    """One edit, in words of what stood there and what stands there now."""
    said = words or f"`{_flat(at.text)}` becomes `{_flat(text)}`"
    return Replacement(at, said, (Edit(at, text),))


def applied(source: Source, edits: Iterable[Edit]) -> Source:
    """The source with the edits that are in it; without any it is the same object."""
    mine = sorted((each for each in edits if each.at.source is source), key=lambda each: each.at.start)
    if not mine:
        return source
    parts, at = [], 0
    for edit in mine:
        parts += [source.text[at : edit.at.start], edit.text]
        at = edit.at.end
    return Source(source.name, "".join([*parts, source.text[at:]]))


def _flat(text: str) -> str:
    return " ".join(text.split())
