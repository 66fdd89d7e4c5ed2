"""Changes of titles and notes in further languages than the one in which two versions are compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from policyengine.change.changes import Change, PolicyPair, pairs_of
from policyengine.change.document_diff import Difference, differences
from policyengine.policy.change_context import called
from policyengine.program.languages import TITLED, TITLES
from policyengine.program.linked import Program
from policyengine.text.document import Document, Mapping, Node, Pointer, Scalar


def language_changes(old: Program, new: Program) -> Iterator[tuple[Change, str, str]]:
    """Every change of a text that is not the first of its place, with its policy's title and a sentence."""
    for pair in pairs_of(old, new):
        if pair.old is not None and pair.new is not None and (pair.old.written or pair.new.written):
            yield from _of_pair(pair, pair.old, pair.new)


def _of_pair(pair: PolicyPair, old: Document, new: Document) -> Iterator[tuple[Change, str, str]]:
    before, after = _as_written(old), _as_written(new)
    whole = replace(pair, old=before, new=after)
    title = str(new.plain(("title",)) or pair.policy)
    for found in differences(before, after):
        one = before.at(found.old) if found.sort != "added" else None
        other = after.at(found.new) if found.sort != "removed" else None
        change = Change(whole, found.sort, found.route, found.old, found.new, True)
        said = _said(found, one, other, before if found.sort == "removed" else after)
        if said is not None:
            yield change, title, said


def _as_written(document: Document) -> Document:
    return document if document.written is None else Document(document.source, document.written)


def _said(found: Difference, one: Node | None, other: Node | None, document: Document) -> str | None:
    """The sentence for a text in a further language; None for what is compared elsewhere."""
    pointer = found.old if found.sort == "removed" else found.new
    if _may_have_languages(pointer):  # one text became several, or the other way round
        several = [each for each in (one, other) if isinstance(each, Mapping)]
        if len(several) != 1 or one is None or other is None:
            return None
        first = next(iter(several[0].entries.values())).value
        verb = "no longer has" if several[0] is one else "now has"
        return f"{called(first.text)} {verb} texts in other languages" if isinstance(first, Scalar) else None
    around = document.at(pointer[:-1])
    if not (_may_have_languages(pointer[:-1]) and isinstance(around, Mapping)):
        return None
    language = str(pointer[-1])
    if next(iter(around.entries)) == language:
        return None
    texts = [each.text if isinstance(each, Scalar) else "" for each in (one, other)]
    if one is None or other is None:
        verb = "is new" if one is None else "is gone"
        return f"the text {called(texts[0] or texts[1])} in `{language}` {verb}"
    return f"{called(texts[0])} is now called {called(texts[1])} in `{language}`"


def _may_have_languages(pointer: Pointer) -> bool:
    """Whether a place is one of a title or a note."""
    return bool(pointer) and (pointer[-1] in TITLES or (len(pointer) > 1 and pointer[-2] in TITLED))
