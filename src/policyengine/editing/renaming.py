"""Renaming: every place that names one thing, in policies, ledgers, tests and records, in one step."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from policyengine.editing.meanings import Spot, references
from policyengine.editing.mentions import Mention, Named
from policyengine.editing.workspace import same
from policyengine.source import Span
from policyengine.verify.document_index import Edit

_FACT = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_ID = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*")


def renamed_at(at: Spot) -> Span | None:
    """The name at a place, if it can be renamed: something that the program declares."""
    mention = at.mention
    if mention is None or not any(_is_declared(each, mention.of) for each in at.folder.everywhere()):
        return None
    return mention.span


def _is_declared(mention: Mention, named: Named) -> bool:
    return mention.declares and same(mention.of, named)


def rename(at: Spot, new: str, around: Iterable[Path] = ()) -> tuple[Edit, ...] | str:
    """The edits that give what is named at a place another name; a sentence where that cannot be."""
    mention = at.mention
    if mention is None:
        return "there is no name here that the program declares"
    named = mention.of
    form = _FACT if named.space in ("fact", "function") else _ID
    if form.fullmatch(new) is None:
        mark = "_" if form is _FACT else "-"
        return f"`{new}` is not a name for a {named.space}; use small letters, digits and `{mark}`"
    around = list(around)
    other = named._replace(name=new)
    if any(each.declares and same(each.of, other) for each in at.folder.everywhere(around)):
        return f"there is a {named.space} `{new}` already"
    return tuple(dict.fromkeys(_edits(references(at, around), new)))


def _edits(found: Iterable[Mention], new: str) -> Iterator[Edit]:
    for each in found:
        written, name = each.span.text, each.of.name
        if written == name:
            yield Edit(each.span, new)
        elif written == name.replace("-", "_"):  # the result of a policy, in an expression
            yield Edit(each.span, new.replace("-", "_"))
