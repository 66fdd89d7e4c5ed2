"""A ledger after its document changed: the fingerprints of the new copy, what is new as open statements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from policyengine.copies.first_ledger import statement
from policyengine.copies.matching import Comparison, Found
from policyengine.copies.passages import Piece
from policyengine.copies.words import fingerprint
from policyengine.program.read import LedgerDocument
from policyengine.source import Source
from policyengine.text.document import Document, Pointer


def updated(source: Source, compared: Iterable[tuple[LedgerDocument, Comparison]], day: date) -> str:
    """The text of a file of ledgers, as of new copies; outcomes stay, and so does what is gone."""
    text = source.text
    for start, end, new in sorted({edit for each in compared for edit in _edits(*each, day)}, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _edits(each: LedgerDocument, comparison: Comparison, day: date) -> Iterator[tuple[int, int, str]]:
    """Stretches of the text of the ledger, and what takes their place."""
    document, words = each.document, comparison.copy.words
    numbers = {one.id: i for i, one in enumerate(each.ledger.statements)}
    if each.ledger.read_on is not None:
        yield _value(document, ("read_on",), day.isoformat())
    taken, at = set(numbers), 0
    for found in comparison.found:
        places = [numbers[one.statement.id] for one in found.entries]
        at = max([at, *places])
        if found.sort == "changed":
            made = fingerprint(words[found.start : found.end])
            yield from (_value(document, ("statements", i, "fingerprint"), made) for i in places)
        elif found.sort == "new":
            yield _new(document, comparison, found, at, taken)


def _value(document: Document, pointer: Pointer, value: str) -> tuple[int, int, str]:
    span = document.value_span(pointer)
    return span.start, span.end, value


def _new(
    document: Document, comparison: Comparison, found: Found, at: int, taken: set[str]
) -> tuple[int, int, str]:
    """An open statement behind the one at a position, written as the others are indented."""
    id = next(name for i in range(1, len(taken) + 2) if (name := f"new-{i}") not in taken)
    taken.add(id)
    made = statement(comparison.copy, Piece(found.start, found.end, 0), id, "new in this copy")
    span = document.value_span(("statements", at))
    text = span.source.text
    dash = text.rfind("-", 0, span.start)
    if text[dash + 1 : span.start].strip():
        return span.end, span.end, ""  # a list in brackets is left to its author
    indent = dash - text.rfind("\n", 0, dash) - 1
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end
    return end, end, "\n\n" + re.sub(r"(?m)^  ", " " * indent, made).rstrip()
