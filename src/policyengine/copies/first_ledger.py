"""A first ledger of a copy of a document: its statements with their fingerprints, all of them open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from policyengine.copies.passages import Copy, Piece
from policyengine.copies.words import fingerprint

_HEAD = """\
# yaml-language-server: $schema=../../schemas/statements.schema.json
# Say of each statement in your own words what it says, and what became of it: `encoded: [policy/part]`,
# `no_rule: why` or `open: reason`. Delete what is not part of the document. Leave fingerprints as they are.
kind: statements
document: {document}
read_on: {day}
statements:
"""


def first_ledger(copy: Copy, document: str, day: date) -> str:
    """The ledger as YAML; of the document it holds only the headings by which sections are known."""
    return _HEAD.format(document=document, day=day) + "\n".join(_statements(copy))


def _statements(copy: Copy) -> Iterator[str]:
    for number, piece in enumerate(copy.pieces, 1):
        yield statement(copy, piece, f"s{number}", "not looked at yet")


def statement(copy: Copy, piece: Piece, id: str, reason: str) -> str:
    """One statement of a ledger, still open."""
    passage, words = copy.passage_at(piece.start), copy.words[piece.start : piece.end]
    lines = [f"  - id: {id}"]
    if passage.section is not None and not passage.is_heading:
        lines += [f"    section: {quoted(passage.section)}", f"    row: {passage.row}"]
    what = "a heading" if passage.is_heading else f"{len(words)} words"
    lines += [
        f"    says: {quoted(f'{what} in {passage.place} of the copy')}",
        f"    fingerprint: {fingerprint(words)}",
        f"    open: {reason}",
    ]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A text as a YAML value on one line."""
    if re.fullmatch(r"[A-Za-z][A-Za-z ]*[A-Za-z]", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def listing(copy: Copy) -> str:
    """The sentences of a copy with the ids that they have in the ledger, to read beside it."""
    return "\n".join(
        f"s{number}  {copy.text(piece.start, piece.end)}" for number, piece in enumerate(copy.pieces, 1)
    )
