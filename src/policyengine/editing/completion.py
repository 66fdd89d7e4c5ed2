"""What may be written at a cursor: keys, names of the program, values of a fact, words of an expression."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from policyengine.editing.mentions import Names
from policyengine.editing.recovery import MARK, Marked, marked
from policyengine.editing.slots import CONDITION_KEYS, Slot, slots_of
from policyengine.editing.workspace import Workspace
from policyengine.feel.functions import WRITTEN
from policyengine.feel.syntax.lexer import KEYWORDS
from policyengine.feel.types.properties import property_types
from policyengine.feel.types.types import BOOLEAN, Context, Enum, ListOf, Number, Type, describe
from policyengine.kinds import KINDS
from policyengine.policy.base import fields_of, keys_of, required_keys
from policyengine.program.read import MAPPING, PROGRAM, REPORT, STATEMENTS, TEST
from policyengine.text.document import Document, Node, Pointer, Scalar
from policyengine.text.document import Mapping as MappingNode

_OTHER_KINDS = {
    PROGRAM: "who and what the program is about", STATEMENTS: "what a source document says, one by one",
    MAPPING: "the columns of an export of another system", REPORT: "a list over a partner base",
    TEST: "records with the decisions that are expected",
}  # fmt: skip
_TESTS_OF_NUMBERS = ("10..", "..10", "10..15", "> 10", "not(10)")
_BEFORE_DOT = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?:\[[^\[\]]*\])?\.$")
_COMPARED = re.compile(r"([A-Za-z_][\w.]*)\s*(?:=|!=|in)\s*[(\[]?\s*(?:\"[^\"]*\"\s*,\s*)*(\"?)$")
_FILTER = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\[[^\[\]]*$")


class Offer(NamedTuple):
    """A text that may be written, and what it is; `written` is put in place of what was typed."""

    label: str
    what: str
    detail: str = ""
    about: str = ""
    written: str = ""


class Offers(NamedTuple):
    """What may stand in place of the text from `start` to the cursor, the likeliest first."""

    start: int
    offers: tuple[Offer, ...]


class _Cursor(NamedTuple):
    """A cursor whose place in the language is known."""

    found: Marked
    slot: Slot
    names: Names | None
    colon: bool


def completions(workspace: Workspace, path: Path, offset: int) -> Offers:
    """What may be written at a cursor."""
    source, folder = workspace.source(path), workspace.folder(path)
    names = folder.names if folder is not None else None
    nothing = Offers(offset, ())
    if source is None:
        return nothing
    colon = source.text[offset:].lstrip(" \t").startswith(":")
    for found in marked(source, offset):
        for slot in names.slots(found.document) if names else slots_of(found.document):
            if slot.scalar is found.scalar:
                offers = [
                    each for each in _offers(_Cursor(found, slot, names, colon)) if _fits(each, found.typed)
                ]
                if offers:
                    ordered = sorted(offers, key=lambda each: not each.label.startswith(found.typed))
                    return Offers(found.start, tuple(dict.fromkeys(ordered)))
    return nothing


def _fits(offer: Offer, typed: str) -> bool:
    """Whether the typed letters occur in a label, in their order."""
    rest = iter(offer.label.lower())
    return all(letter in rest for letter in typed.lower())


def _offers(at: _Cursor) -> Iterator[Offer]:
    slot = at.slot
    if slot.pointer == ("kind",) and not at.found.is_key:
        yield from (Offer(name, "kind", kind.summary) for name, kind in KINDS.items())
        yield from (Offer(name, "kind", summary) for name, summary in _OTHER_KINDS.items())
    elif at.found.is_key:
        yield from _keys(at)
    elif slot.role in ("choice", "boolean"):
        yield from (Offer(each, "value", slot.title) for each in slot.choices)
    elif slot.pointer[-1:] == ("section",):
        yield from _sections(at)
    elif at.names is not None:
        yield from _values(at, at.names)


def _values(at: _Cursor, names: Names) -> Iterator[Offer]:
    slot = at.slot
    if slot.role == "name":
        yield from _of_space(slot.space, slot.entity, at.found.document, names)
    elif slot.role in ("test", "value", "given"):
        yield from _of_fact(names.type_of(slot.entity, slot.about), tests=slot.role == "test")
    if slot.role in ("feel", "given"):
        yield from _of_expression(slot, names)


# Keys


def _keys(at: _Cursor) -> Iterator[Offer]:
    slot, names = at.slot, at.names
    around = at.found.document.at(slot.pointer[:-1])
    taken = set(around.entries) if isinstance(around, MappingNode) else set()

    def key(offer: Offer) -> Offer:
        return offer._replace(written=offer.label if at.colon else f"{offer.label}: ")

    found: list[Offer] = []
    if slot.owner is not None:
        needed = set(required_keys(slot.owner))
        fields = fields_of(slot.owner)
        told = {each: str(known.metadata.get("description", "")) for each, (known, _) in fields.items()}
        own = [
            Offer(each, "key", "required" if each in needed else "", told[each])
            for each in keys_of(slot.owner)
        ]
        found += sorted(own, key=lambda each: each.label not in needed)
    elif slot.title == "record" and slot.pointer[:-1] == () and "kind" not in taken:
        found.append(Offer("kind", "key", "what family of policy this is"))
    if names is not None and slot.space:
        found += _of_space(slot.space, slot.entity, at.found.document, names)
    if names is not None and slot.role == "value":
        found += _of_fact(names.type_of(slot.entity, slot.about), tests=False)
    if slot.title == "condition":
        found += (Offer(each, "key", _CONDITIONS[each]) for each in CONDITION_KEYS)
    yield from (key(each) for each in found if each.label not in taken)


_CONDITIONS = {
    "any": "at least one of these holds", "all": "all of these hold", "none": "none of these holds",
    "at_least": "so many of the conditions in `of` hold", "of": "the conditions of `at_least`",
    "every": "each child that `where` picks passes `must`", "some": "at least one child that `where` picks",
    "count": "how many children `where` picks, tested by `is`", "where": "about a child",
    "must": "what every child must fulfil", "is": "a test of the number of children",
}  # fmt: skip


# Names

_ANY = "expected"
"""The space of what a decision names: a level, a charge, a duty, whatever has an id."""


def _of_space(space: str, entity: str, document: Document, names: Names) -> Iterator[Offer]:
    declared = names.vocabulary.declarations
    titled: dict[str, Mapping[str, str]] = {
        "party": declared.parties,
        "item": declared.item_titles,
        "entity": {name: each.title for name, each in declared.entities.items()},
        "source": {name: each.title for name, each in declared.sources.items()},
    }
    if space in titled:
        yield from (Offer(name, space, title) for name, title in titled[space].items())
    elif space in ("fact", "granted"):
        yield from _facts(names, entity, granted=space == "granted")
    elif space in ("rule", "waivable"):
        yield from _rules(names)
    elif space == "input":
        for place in ("inputs", "keys"):
            node = document.at((place,))
            for i in range(len(getattr(node, "items", ()))):
                found = document.at((place, i, "id")) or document.at((place, i))
                if isinstance(found, Scalar):
                    yield Offer(found.text, "fact")
    elif space == "policy":
        yield from (Offer(unit.policy.id, space, unit.policy.title) for unit in names.units)
    else:
        # A test names what the policies declare; a policy what it declares itself
        own = [document] if document.at(("tests",)) is None else [unit.document for unit in names.units]
        for slot in (slot for each in own for slot in names.slots(each)):
            if slot.role == "define" and space in (slot.space, _ANY) and MARK not in slot.scalar.text:
                yield Offer(slot.scalar.text, slot.space)


def _facts(names: Names, entity: str, *, granted: bool = False) -> Iterator[Offer]:
    vocabulary = names.vocabulary
    if entity not in vocabulary.entities:
        return
    for name, kind in vocabulary.names(entity).items():
        found = vocabulary.fact(entity, name)
        if granted and not (found is not None and found[1].granted):
            continue
        if "/" not in name and " " not in name:
            yield Offer(name, "fact", describe(kind), vocabulary.noun(entity, name))


def _rules(names: Names) -> Iterator[Offer]:
    for entity, declared in names.vocabulary.entities.items():
        yield from (Offer(f"{entity}.{fact}", "fact", each.title) for fact, each in declared.facts.items())
    for unit in names.units:
        yield Offer(unit.policy.id, "policy", unit.policy.title)
        for slot in names.slots(unit.document):
            if slot.role == "define" and slot.pointer[-1:] == ("id",) and slot.space != "policy":
                title = unit.document.at((*slot.pointer[:-1], "title"))
                detail = title.text if isinstance(title, Scalar) else ""
                yield Offer(f"{unit.policy.id}/{slot.scalar.text}", slot.space, detail)


def _sections(at: _Cursor) -> Iterator[Offer]:
    """The sections that other parts of the program name of the same document."""
    beside = at.found.document.at((*at.slot.pointer[:-1], "document"))
    document = beside.text if isinstance(beside, Scalar) else ""
    found: dict[str, None] = {}
    names = at.names
    for unit in names.units if names is not None else ():
        for pointer, ref in _sources(unit.document.root, ()):
            section = unit.document.at((*pointer, "section"))
            if ref == document and isinstance(section, Scalar):
                found[section.text] = None
    yield from (Offer(each, "section", document, written=_quoted(each)) for each in found)


def _sources(node: Node, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    """The references to source documents in a document, each with the document that it names."""
    if isinstance(node, MappingNode):
        named = node.entries.get("document")
        if named is not None and isinstance(named.value, Scalar):
            yield pointer, named.value.text
        for key, entry in node.entries.items():
            yield from _sources(entry.value, (*pointer, key))
    elif not isinstance(node, Scalar):
        for i, each in enumerate(node.items):
            yield from _sources(each, (*pointer, i))


def _quoted(text: str) -> str:
    """A text as YAML takes it for one: in quotes where it looks like a number or holds a mark."""
    return text if re.fullmatch(r"[A-Za-z][\w ()&/-]*", text) else f'"{text}"'


# Values and expressions


def _of_fact(kind: Type | None, *, tests: bool) -> Iterator[Offer]:
    if isinstance(kind, ListOf):
        kind = kind.item
    if isinstance(kind, Enum):
        titles = kind.titles or kind.values
        yield from (Offer(value, "value", title) for value, title in zip(kind.values, titles, strict=False))
        if kind.ordered and tests:
            yield from (Offer(f"{value}..", "value", f"{value} or above") for value in kind.values)
    elif kind == BOOLEAN:
        yield from (Offer(each, "value") for each in ("true", "false"))
    elif isinstance(kind, Number) and tests:
        yield from (Offer(each, "value", describe(kind)) for each in _TESTS_OF_NUMBERS)
    if tests:
        yield Offer("unknown", "value", "the record does not say it")


def _of_expression(slot: Slot, names: Names) -> Iterator[Offer]:
    before = slot.scalar.text.partition(MARK)[0]
    dotted, compared = _BEFORE_DOT.search(before), _COMPARED.search(before)
    if dotted is not None:
        yield from _properties(_type_of_path(names, slot.entity, dotted[1]))
        return
    kind = _type_of_path(names, slot.entity, compared[1]) if compared is not None else None
    if isinstance(kind, Enum) and compared is not None:
        quote = "" if compared[2] else '"'
        yield from (Offer(each, "value", "", written=f"{quote}{each}{quote}") for each in kind.values)
    inside = _FILTER.search(before)
    item = _item(_type_of_path(names, slot.entity, inside[1])) if inside is not None else None
    if isinstance(item, Context):
        yield from _properties(item)
    yield from _facts(names, slot.entity)
    declared = names.vocabulary.declarations.define
    for name, formula in declared.items():
        yield Offer(name, "function", f"{name}({', '.join(formula.of)})", formula.title or "", f"{name}(")
    for name, function in WRITTEN.items():
        yield Offer(name, "function", function.usage, written=f"{name}(")
    yield from (Offer(each, "keyword") for each in sorted(KEYWORDS - {"external", "function", "instance"}))


def _properties(kind: Type | None) -> Iterator[Offer]:
    item = _item(kind)
    if isinstance(item, Context):
        yield from (Offer(name, "fact", describe(each)) for name, each in item.fields.items())
    elif item is not None:
        yield from (Offer(name, "fact", describe(each)) for name, each in property_types(item).items())


def _type_of_path(names: Names, entity: str, path: str) -> Type | None:
    """The type of `accounts.fee`, as far as its names tell it."""
    first, *rest = path.split(".")
    kind = names.type_of(entity, first)
    for name in rest:
        item = _item(kind)
        kind = (
            item.fields.get(name)
            if isinstance(item, Context)
            else property_types(item).get(name)
            if item
            else None
        )
    return kind


def _item(kind: Type | None) -> Type | None:
    return kind.item if isinstance(kind, ListOf) else kind
