"""What a place in a text means: what is declared there or named there, in words, and where else it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from policyengine.diagnostics import Diagnostic
from policyengine.editing.mentions import Mention, Named, Names
from policyengine.editing.slots import Slot
from policyengine.editing.workspace import ProgramFolder, Workspace, same
from policyengine.feel.functions import WRITTEN
from policyengine.feel.types.types import describe
from policyengine.kinds import KINDS
from policyengine.policy.base import SourceRef, fields_of
from policyengine.policy.draft import clause_of
from policyengine.policy.vocabulary import partner_among
from policyengine.source import Span
from policyengine.text.document import Document, Mapping, Node, Scalar
from policyengine.verify.document_index import Edit

_WHAT = {
    "party": "party", "item": "item", "source": "source document", "entity": "entity", "policy": "policy",
    "level": "level", "stage": "stage", "charge": "charge", "column": "column", "function": "formula",
}  # fmt: skip


class Meaning(NamedTuple):
    """What stands at a place, in Markdown."""

    span: Span
    words: str


class Spot(NamedTuple):
    """A place in a document of a program."""

    folder: ProgramFolder
    names: Names
    document: Document
    offset: int

    @property
    def slot(self) -> Slot | None:
        """The single text at the place."""
        slots, text = self.names.slots(self.document), self.document.source.text
        found = next((each for each in slots if self._in(each.scalar.span)), None)
        if found is not None:
            return found
        before = [each for each in slots if each.scalar.span.end <= self.offset]
        last = max(before, key=lambda each: each.scalar.span.end, default=None)
        # Blanks behind a value belong to it while one types
        blank = last is None or text[last.scalar.span.end : self.offset].strip(" ")
        return None if blank else last

    @property
    def mention(self) -> Mention | None:
        """The name at the place, the shortest of several that hold it."""
        found = [each for each in self.folder.mentions(self.document) if self._in(each.span)]
        return min(found, key=lambda each: each.span.end - each.span.start, default=None)

    def _in(self, span: Span) -> bool:
        return span.start <= self.offset <= span.end


def spot(workspace: Workspace, path: Path, offset: int) -> Spot | None:
    """The document at a place of a text, and its program; None where there is neither."""
    folder = workspace.folder(path)
    names = folder.names if folder is not None else None
    if folder is None or names is None:
        return None
    for document in workspace.documents(path):
        if document.root.span.start <= offset <= document.root.span.end:
            return Spot(folder, names, document, offset)
    return None


def definitions(at: Spot, around: Iterable[Path] = ()) -> list[Mention]:
    """The places that declare what is named at a place."""
    return [each for each in references(at, around) if each.declares]


def references(at: Spot, around: Iterable[Path] = ()) -> list[Mention]:
    """All places that name what is named at a place, its declaration included."""
    mention = at.mention
    if mention is None:
        return []
    found = at.folder.everywhere(around)
    whole = _one_thing(mention.of, found)
    return [each for each in found if any(same(each.of, name) for name in whole)]


def _one_thing(named: Named, found: Iterable[Mention]) -> tuple[Named, ...]:
    """The names of one thing, such as a stage that is a value of a fact as well.

    What stands at one place under two names is one thing.
    """
    at: dict[Span, list[Named]] = {}
    for each in found:
        at.setdefault(each.span, []).append(each.of)
    whole, pending = [named], [named]
    while pending:
        name = pending.pop()
        beside = (
            other for several in at.values() if any(same(each, name) for each in several) for other in several
        )
        new = [other for other in dict.fromkeys(beside) if other not in whole]
        whole += new
        pending += new
    return tuple(whole)


def meaning(at: Spot, mistakes: Iterable[Diagnostic] = ()) -> Meaning | None:
    """What the text at a place means."""
    mention, slot = at.mention, at.slot
    if mention is not None:
        words = "\n\n".join(_of_name(at, mention.of))
        return Meaning(mention.span, words) if words else None
    if slot is None:
        return None
    if slot.role == "feel":
        return _of_word(slot.scalar, at.offset)
    words = "\n\n".join(_of_slot(slot))
    return Meaning(slot.scalar.span, words) if words else None


def _of_word(scalar: Scalar, offset: int) -> Meaning | None:
    """The function under a place in an expression."""
    for name, function in WRITTEN.items():
        start = scalar.span.text.find(name)
        while start >= 0:
            at = scalar.span.source.span(scalar.span.start + start, scalar.span.start + start + len(name))
            called = scalar.span.source.text[at.end : at.end + 1] == "("
            if called and at.start <= offset <= at.end:
                return Meaning(at, f"```feel\n{function.usage}\n```\n\na function of FEEL")
            start = scalar.span.text.find(name, start + 1)
    return None


def _of_slot(slot: Slot) -> Iterator[str]:
    """What the language says of a key or a choice."""
    if slot.role == "key" and slot.owner is not None:
        yield f"**{slot.scalar.text}**" + (f": {slot.title}" if slot.title else "")
        known = fields_of(slot.owner).get(slot.scalar.text)
        if known is None and slot.title == "":
            yield f"not a key of {(slot.owner.__doc__ or 'this place').splitlines()[0].lower()}"
    elif slot.role == "choice":
        summary = KINDS[slot.scalar.text].summary if slot.scalar.text in KINDS else slot.title
        yield f"`{slot.scalar.text}`" + (f": {summary}" if summary else "")
        if len(slot.choices) > 1:
            yield "one of " + ", ".join(f"`{each}`" for each in slot.choices)
    elif slot.title:
        yield slot.title


def _of_name(at: Spot, named: Named) -> Iterator[str]:
    """What is known of something by its name: its title, its type, where it is taken from."""
    names, declarations = at.names, at.names.vocabulary.declarations
    if named.space == "fact":
        yield from _of_fact(names, named)
        if named.name in names.results:
            yield from _of_policy(at, Named("policy", names.results[named.name][0].policy.id))
    elif named.space == "value":
        entity, _, fact = named.scope.partition(".")
        declared = declarations.entities[entity].facts.get(fact) if entity in declarations.entities else None
        titles = (declared.values if declared is not None else None) or {}
        yield f"`{named.name}`: {titles.get(named.name, named.name)}"
        yield f"a value of `{fact}`" + (f" ({declared.title})" if declared is not None else "")
    elif named.space == "source" and named.name in declarations.sources:
        source = declarations.sources[named.name]
        yield f"**{source.title}** (source document)"
        yield from filter(None, [source.url, source.dated and f"dated {source.dated}", source.note])
    else:
        title = _title(at, named)
        what = _WHAT.get(named.space, "part of a policy")
        yield f"**{title or named.name}** ({what})"
        yield from _of_policy(at, named)


def _of_fact(names: Names, named: Named) -> Iterator[str]:
    entity = names.vocabulary.entities.get(named.scope)
    fact = entity.facts.get(named.name) if entity is not None else None
    kind = names.type_of(named.scope, named.name)
    noun = names.vocabulary.noun(named.scope, named.name)
    yield f"**{noun}** (`{named.name}` of {entity.title if entity is not None else named.scope})"
    yield describe(kind) if kind is not None else ""
    if fact is None:
        return
    if fact.formula is not None:
        yield f"```feel\n{fact.formula}\n```"
    low, high = fact.min, fact.max
    if low is not None or high is not None:
        yield f"from {low or 'any number'} to {high or 'any number'}"
    if fact.default is not None:
        yield f"`{fact.default}` is taken where a record does not say it"
    yield from _where_from(names, fact.source, fact.basis, fact.note)


def _where_from(names: Names, source: SourceRef | None, basis: str | None, note: str | None) -> Iterator[str]:
    """The clause that something is taken from, and what was assumed."""
    clause = clause_of(names.vocabulary.declarations, source)
    if clause is not None:
        yield f"{clause.title}, section {clause.section}" if clause.section else clause.title
    if basis == "assumed":
        yield "*assumed*: " + (note or "")
    elif note:
        yield note


def _of_policy(at: Spot, named: Named) -> Iterator[str]:
    unit = next((each for each in at.names.units if each.policy.id in (named.name, named.scope)), None)
    if unit is None or named.space in ("party", "item", "entity"):
        return
    if named.space == "policy":
        yield f"`{unit.policy.kind}`: {KINDS[unit.policy.kind].summary}"
        yield from _where_from(at.names, unit.policy.source, unit.policy.basis, unit.policy.note)
        return
    for pointer in _parts(unit.document, named.name):
        section = unit.document.at((*pointer, "source", "section"))
        note = unit.document.at((*pointer, "note"))
        if isinstance(section, Scalar):
            yield f"section {section.text}"
        if isinstance(note, Scalar):
            yield note.text


def _title(at: Spot, named: Named) -> str | None:
    declarations = at.names.vocabulary.declarations
    titles = {**declarations.parties, **declarations.item_titles}
    titles.update((name, entity.title) for name, entity in declarations.entities.items())
    if named.space in ("party", "item", "entity"):
        return titles.get(named.name)
    for unit in at.names.units:
        if named.space == "policy" and unit.policy.id == named.name:
            return unit.policy.title
        if unit.policy.id == named.scope:
            for pointer in _parts(unit.document, named.name):
                title = unit.document.at((*pointer, "title"))
                return title.text if isinstance(title, Scalar) else None
    return declarations.title if named == Named("policy", declarations.id) else None


def _parts(document: Document, id: str) -> Iterator[tuple[str | int, ...]]:
    """Where the parts with an id stand in a document."""
    pending: list[tuple[tuple[str | int, ...], Node]] = [((), document.root)]
    while pending:
        pointer, node = pending.pop()
        if isinstance(node, Mapping):
            own = node.entries.get("id")
            if own is not None and isinstance(own.value, Scalar) and own.value.text == id:
                yield pointer
            pending += [((*pointer, key), entry.value) for key, entry in node.entries.items()]
        elif not isinstance(node, Scalar):
            pending += [((*pointer, i), each) for i, each in enumerate(node.items)]


# Renaming: every place that names one thing, in policies, ledgers, tests and records, in one step

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
    in_words = named.space == "entity" and "-" not in named.name  # expressions may qualify by it
    form = _FACT if named.space in ("fact", "function", "output") or in_words else _ID
    if form.fullmatch(new) is None:
        mark = "_" if form is _FACT else "-"
        return f"`{new}` is not a name for a {named.space}; use small letters, digits and `{mark}`"
    around = list(around)
    found = at.folder.everywhere(around)
    others = [each._replace(name=new) for each in _one_thing(named, found)]
    if any(each.declares and same(each.of, other) for each in found for other in others):
        return f"there is a {named.space} `{new}` already"
    meant = _would_mean(at.names, named, new)
    if meant is not None:
        return f"policies that name no party mean `{named.name}`; they would mean `{meant}` then"
    return tuple(dict.fromkeys(_edits(references(at, around), new)))


def _would_mean(names: Names, named: Named, new: str) -> str | None:
    """Whom policies that name no party would mean after a renaming; None where they mean the same."""
    if named.space != "party" or named.name != names.vocabulary.partner:
        return None
    parties = [new if each == named.name else each for each in names.vocabulary.declarations.parties]
    meant = partner_among(parties, names.vocabulary.root)
    return None if meant == new else meant


def _edits(found: Iterable[Mention], new: str) -> Iterator[Edit]:
    for each in found:
        written, name = each.span.text, each.of.name
        if written == name and not each.is_result:
            yield Edit(each.span, new)
        elif each.is_result and written == name.replace("-", "_"):
            yield Edit(each.span, new.replace("-", "_"))
