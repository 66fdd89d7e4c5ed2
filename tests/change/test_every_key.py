"""Every change of every key has a sentence: a program with all keys of the schemas is changed everywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policyengine.api import schemas
from policyengine.change import descriptions
from policyengine.change.changes import Change, PolicyPair, is_wording
from policyengine.change.descriptions import sentence
from policyengine.change.document_diff import differences
from policyengine.program.load import load
from policyengine.source import Source
from policyengine.text.document import Document, Entry, Mapping, Node, Pointer, Scalar, Sequence

FOLDER = Path(__file__).parent / "every_key"
PROGRAM = load(
    "every-key",
    [Source(path.name, path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))],
    date(2026, 11, 21),
)
DOCUMENTS = {
    "program": [PROGRAM.document],
    **{kind: [unit.document for unit in PROGRAM.units if unit.policy.kind == kind]
       for kind in dict.fromkeys(unit.policy.kind for unit in PROGRAM.units)},
}  # fmt: skip

# The keys of a schema, and those of the program


def required_keys(
    schema: Any, defs: Any, at: str = "", seen: tuple[str, ...] = ()
) -> Iterator[tuple[str, list[str]]]:
    """The keys that a schema requires, by the way to what has them."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name not in seen:
            yield from required_keys(defs[name], defs, at, (*seen, name))
        return
    yield at, schema.get("required", [])
    for key, each in below(schema):
        yield from required_keys(each, defs, at if key is None else f"{at}/{key}", seen)


def below(schema: Any) -> Iterator[tuple[str | None, Any]]:
    """What stands directly below a schema, with its key; None for another form of the same."""
    for word in ("anyOf", "oneOf", "allOf"):
        yield from ((None, each) for each in schema.get(word, ()))
    yield from ((None, schema[word]) for word in ("then", "else") if isinstance(schema.get(word), dict))
    yield from schema.get("properties", {}).items()
    yield from (("some", each) for each in schema.get("patternProperties", {}).values())
    for key, word in (("*", "items"), ("some", "additionalProperties")):
        if isinstance(schema.get(word), dict):
            yield key, schema[word]


def keys_of(schema: Any, defs: Any, at: str = "", seen: tuple[str, ...] = ()) -> Iterator[str]:
    """The ways to all keys of a schema, with `*` for an item and `some` for a key that the author chooses."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        if name not in seen:
            yield from keys_of(defs[name], defs, at, (*seen, name))
        return
    for key, each in below(schema):
        if key is not None:
            yield f"{at}/{key}"
        yield from keys_of(each, defs, at if key is None else f"{at}/{key}", seen)


def places(
    node: Node, schema: set[str], pointer: Pointer = (), at: str = ""
) -> Iterator[tuple[Pointer, str]]:
    """Every place below a node, and its way as the schema has it."""
    if isinstance(node, Mapping):
        for key, entry in node.entries.items():
            way = f"{at}/{key}" if f"{at}/{key}" in schema else f"{at}/some"
            yield (*pointer, key), way
            yield from places(entry.value, schema, (*pointer, key), way)
    if isinstance(node, Sequence):
        for i, item in enumerate(node.items):
            yield (*pointer, i), f"{at}/*"
            yield from places(item, schema, (*pointer, i), f"{at}/*")


_LANGUAGES = re.compile("/(title|note|why|audience|says|no_rule|open|parties/some|values/some)/some$")
"""Titles in several languages, which are read before anything is compared."""


@pytest.mark.parametrize("kind", sorted(DOCUMENTS))
def test_the_program_has_every_key(kind: str) -> None:
    schema = schemas()[f"{kind}.schema.json"]
    wanted = set(keys_of(schema, schema.get("$defs", {})))
    there = {way for document in DOCUMENTS[kind] for _, way in places(document.root, wanted)}
    left = {
        way
        for way in wanted - there
        if not re.search("(when|where|must|is|source|or)/|/(kind|source|basis|note)$", way)
        and not _LANGUAGES.search(way)
    }
    assert not left


def test_the_program_has_every_key_of_conditions() -> None:
    defs = schemas()["tiers.schema.json"]["$defs"]
    text = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml"))
    assert not [key for key in defs["Condition"]["properties"] if not re.search(rf"\b{key}:\s", text)]


# Edits


def edited(document: Document, pointer: Pointer, change: Callable[[Node], Node | None]) -> Document:
    """The document with another value at a place; None takes it away."""

    def at(node: Node, rest: Pointer) -> Node | None:
        if not rest:
            return change(node)
        step = rest[0]
        if isinstance(node, Mapping):
            entries = dict(node.entries)
            made = at(entries[str(step)].value, rest[1:])
            if made is None:
                del entries[str(step)]
            else:
                entries[str(step)] = Entry(entries[str(step)].key, made)
            return Mapping(entries, node.span)
        assert isinstance(node, Sequence)
        items = [at(item, rest[1:]) if i == step else item for i, item in enumerate(node.items)]
        return Sequence(tuple(item for item in items if item is not None), node.span)

    root = at(document.root, pointer)
    assert root is not None
    return Document(document.source, root)


def another(node: Node) -> Node:
    """A different value of the same form."""
    if isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items) and node.items[2:]:
        return Sequence(
            tuple(map(another, node.items)), node.span
        )  # a row, which has as many cells as before
    if isinstance(node, Sequence):
        return Sequence(node.items[::-1] if len(node.items) > 1 else (*node.items, *node.items), node.span)
    if isinstance(node, Mapping):
        return Mapping(
            {key: Entry(each.key, another(each.value)) for key, each in node.entries.items()}, node.span
        )
    text = {"true": "false", "false": "true"}.get(node.text) or re.sub("[0-9]", "7", node.text)
    return Scalar(text if text != node.text else f"{text}{node.text[-1:]}", node.span, node.quoted)


def alone(document: Document, pointer: Pointer) -> bool:
    """Whether a place is all that stands in its mapping or list, which may not be empty, or half of a row."""
    parent = document.at(pointer[:-1])
    assert isinstance(parent, (Mapping, Sequence))
    cell = isinstance(parent, Sequence) and isinstance(document.at(pointer[:-2]), Sequence)
    size = len(parent.entries) if isinstance(parent, Mapping) else len(parent.items)
    return (
        cell
        or size == 1
        or pointer[-1] in ("then", "cells", "discount", "on", "at_least", "of", "is", "must", "type")
    )


def changes(kind: str) -> Iterator[Change]:
    """Every part of the documents of a kind taken away, added, and changed."""
    schema = schemas()[f"{kind}.schema.json"]
    ways = set(keys_of(schema, schema.get("$defs", {})))
    required = {f"{at}/{key}" for at, keys in required_keys(schema, schema.get("$defs", {})) for key in keys}
    for document in DOCUMENTS[kind]:
        model = next(
            (unit.policy for unit in PROGRAM.units if unit.document is document), PROGRAM.declarations
        )
        policy = None if kind == "program" else str(document.plain(("id",)))
        for pointer, way in places(document.root, ways):
            if pointer == ("kind",) or pointer[-1] == "id":
                continue
            pairs = [PolicyPair(policy, edited(document, pointer, another), document)]
            if not (way in required or alone(document, pointer)):
                less = edited(document, pointer, lambda node: None)
                pairs += [PolicyPair(policy, document, less), PolicyPair(policy, less, document)]
            for pair in pairs:
                for found in differences(pair.old, pair.new):
                    gone = found.sort == "removed"
                    if (pair.old if gone else pair.new) is not document:
                        continue  # it is told of the other side, which is no program
                    words = is_wording(model, found.old if gone else found.new, found.sort)
                    yield Change(pair, found.sort, found.route, found.old, found.new, words)


WRONG = re.compile(r"\bNone\b|\bTrue\b|\bFalse\b|Decimal\(|\{'|\['|value true|value True|`\{|`\[\[|#[0-9]|  ")
"""What no sentence has: values of Python, rows as they are written, positions instead of names."""


@pytest.mark.parametrize("kind", sorted(DOCUMENTS))
def test_every_change_has_a_sentence(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    general = descriptions._value
    monkeypatch.setattr(
        descriptions,
        "_value",
        lambda change, context: (
            general(change, context) if change.route[-1] in descriptions._CALLED else "no sentence"
        ),
    )
    bad: dict[str, None] = {}
    tried = 0
    for change in changes(kind):
        tried += 1
        said = sentence(change, PROGRAM, PROGRAM)
        one_sided = change.sort == "changed" and re.match(
            "(No|New|There is no|Now asked|No longer asked) ", said
        )
        condition = (
            re.search("(when|applies_when|met_when)/", "/".join(change.route)) and "asked for:" in said
        )
        if said.startswith("No sentence") or WRONG.search(said) or one_sided or condition:
            bad[f"{change.sort} {'/'.join(change.route)}: {said}"] = None
    assert tried > 20
    assert not bad, "\n".join(bad)
