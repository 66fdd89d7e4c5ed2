"""What the language takes at each single text of a document: a key, a name, a choice, a test, an expression.

The models of policies say it (`policy/base.NameOf`, the annotations of their fields); nothing here knows a
kind by name.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any, NamedTuple

from policyengine.editing.slot_places import (
    Place,
    about_of,
    choice,
    declares,
    entity_of,
    note_of,
    plain,
    short_key,
    single,
    space_of,
)
from policyengine.kinds import KINDS
from policyengine.policy.base import (
    FURTHER,
    Condition,
    FactName,
    Feel,
    Id,
    NameOf,
    Part,
    ValueOf,
    Written,
    fields_of,
)
from policyengine.policy.child_conditions import CHILD_KEYS, FORMS
from policyengine.policy.condition import COMBINERS, TEST_SCHEMA
from policyengine.policy.ledger import Ledger
from policyengine.policy.list_report import ListReport
from policyengine.policy.mapping import Mapping as ExportMapping
from policyengine.policy.vocabulary import Declarations
from policyengine.program.read import MAPPING, PROGRAM, REPORT, STATEMENTS, TEST
from policyengine.text.document import Document, Mapping, Node, Pointer, Scalar, Sequence
from policyengine.verify.testfile import TestFile

ROLES = ("key", "name", "define", "choice", "boolean", "test", "value", "given", "feel", "text")
CONDITION_KEYS = (*COMBINERS, *CHILD_KEYS)

_FEEL = typing.get_args(Feel)[1]
_CONDITION = typing.get_args(Condition)[1]
_IDS = (typing.get_args(Id)[1], typing.get_args(FactName)[1])
_SINGULAR = {
    "parties": "party",
    "entities": "entity",
    "best": "fact",
    "periods": "fact",
    "define": "function",
}
_RECORDS, _EXPECTED = ("record", "with"), ("expect", "expect_exactly")
_IN_DECISIONS = {
    "fact": "expected", "item": "item", "on": "item", "policy": "policy", "level": "level",
    "candidate": "level", "document": "source", "party": "party", "payer": "party", "payee": "party",
    "decided_by": "party", "entity": "entity", "id": "expected", "missing": "expected",
}  # fmt: skip
"""What the values of a decision name, by their keys."""


class Slot(NamedTuple):
    """A single text, and what may stand there.

    `role` is one of `ROLES`; what is `given` is a value or an expression. Of a key, `owner` is the part that
    takes it, and `space` the names that may stand beside the keys of the part. `space` is what a name is of,
    or declares; `about` is the fact that a test or a value is about; `entity` has the names that an
    expression there sees.
    """

    scalar: Scalar
    pointer: Pointer
    role: str
    entity: str = ""
    owner: type[Part] | None = None
    space: str = ""
    about: str = ""
    choices: tuple[str, ...] = ()
    title: str = ""


def model_of(document: Document) -> type[Part] | None:
    """The model of a document, by its `kind`; None where it has none that is known."""
    kind = document.at(("kind",))
    name = kind.text if isinstance(kind, Scalar) else ""
    if name in KINDS:
        return KINDS[name].model
    models: dict[str, type[Part]] = {
        PROGRAM: Declarations, STATEMENTS: Ledger, MAPPING: ExportMapping, REPORT: ListReport, TEST: TestFile
    }  # fmt: skip
    return models.get(name)


def slots_of(document: Document, root: str = "", lists: typing.Mapping[str, str] | None = None) -> list[Slot]:
    """Every single text of a document, with what may stand there.

    `root` is the entity of records, `lists` the entities by the names of their lists.
    """
    model = model_of(document)
    walk = _Walk(root, lists or {})
    if model is None:
        return list(walk.record(document.root, Place(entity=root)))
    judged = document.at(("for",))
    entity = judged.text if isinstance(judged, Scalar) else root
    return list(walk.value(model, document.root, Place(entity=entity)))


class _Walk:
    """Goes through a document and its model side by side."""

    def __init__(self, root: str, lists: typing.Mapping[str, str]) -> None:
        self._root = root
        self._lists = lists

    def value(self, kind: Any, node: Node, place: Place, title: str = "") -> Iterator[Slot]:
        """What stands in a value of a type."""
        base, notes = plain(kind)
        valued = note_of(notes, ValueOf)
        is_name = note_of(notes, NameOf) is not None or bool(set(_IDS) & set(notes))
        if valued is not None and not is_name:
            facts = place.named(valued.of) + (place.named(valued.then) if valued.then else ())
            yield from self._valued(node, facts, "given" if valued.expression else "value", place)
        elif _CONDITION in notes:
            yield from self.condition(node, place)
        elif isinstance(base, type) and issubclass(base, Part):
            yield from self._part(base, notes, node, place, title)
        elif typing.get_origin(base) is tuple:
            item = typing.get_args(base)[0]
            for i, each in enumerate(node.items) if isinstance(node, Sequence) else ((None, node),):
                yield from self.value(item, each, place if i is None else place.below(i), title)
        elif typing.get_origin(base) is dict:
            yield from self._dict(base, notes, node, place, title)
        else:
            for each, at in single(node, place):
                yield _slot(base, notes, each, at, title)
                if valued is not None:
                    about = next(iter(place.named(valued.of)), "")
                    yield Slot(each, at.pointer, "value", at.entity, at.owner, "", about)

    def _valued(self, node: Node, facts: tuple[str, ...], role: str, place: Place) -> Iterator[Slot]:
        """Values of facts: the items of a list of one after the other, and so keys within keys."""
        about, rest = facts[0] if facts else "", facts[1:] or facts
        if isinstance(node, Scalar):
            own = "test" if role == "given" and len(facts) > 1 else role
            yield Slot(node, place.pointer, own, place.entity, place.owner, "", about)
        elif isinstance(node, Sequence):
            rows = len(facts) > 1 and all(isinstance(each, Sequence) for each in node.items)
            for i, each in enumerate(node.items):
                from_it = facts if rows else facts[min(i, len(facts) - 1) :]
                of_each = from_it if rows or isinstance(each, Scalar) else from_it[:1]
                yield from self._valued(each, of_each, role, place.below(i))
        else:
            for key, entry in node.entries.items():
                output = tuple(each for each in facts if each.endswith(f".{key}"))
                said, space = ("name", "output") if output else ("value", "")
                if len(facts) > 1 or output:
                    yield Slot(entry.key, (*place.pointer, key), said, place.entity, None, space, about)
                yield from self._valued(entry.value, output or rest, role, place.below(key))

    def _part(
        self, part: type[Part], notes: tuple[Any, ...], node: Node, place: Place, title: str
    ) -> Iterator[Slot]:
        fields = fields_of(part)
        if not isinstance(node, Mapping):
            key = short_key(notes, node)
            if key in fields:
                yield from self.value(fields[key][1], node, place._replace(owner=part), title)
            return
        entity = entity_of(part, place)
        place = place._replace(owner=part, entity=entity, around=(*place.around, node))
        further = typing.get_args(plain(fields[FURTHER][1])[0]) if FURTHER in fields else ()
        space = space_of(further[0]) if further else ""
        for key, entry in node.entries.items():
            at = place.below(key)
            known = fields.get(key)
            if known is None and further:
                yield Slot(entry.key, at.pointer, "name", entity, part, space)
                yield from self.value(further[1], entry.value, at._replace(about=about_of(key, space, place)))
                continue
            told = str(known[0].metadata.get("description", "")) if known is not None else ""
            yield Slot(entry.key, at.pointer, "key", entity, part, space, title=told)
            if key in _RECORDS and known is not None and "object" in str(plain(known[1])[1]):
                yield from self.record(entry.value, at._replace(entity=self._root))
            elif key in _EXPECTED:
                yield from self.expected(entry.value, at._replace(entity=self._root))
            elif known is not None:
                yield from self.value(known[1], entry.value, at, told)

    def _dict(
        self, base: Any, notes: tuple[Any, ...], node: Node, place: Place, title: str
    ) -> Iterator[Slot]:
        key_kind, value_kind = typing.get_args(base)
        if isinstance(node, Sequence) and place.pointer[-1:] == ("values",):
            about = str(place.pointer[-2]) if len(place.pointer) > 1 else ""
            for each, at in single(node, place):
                yield Slot(each, at.pointer, "define", place.entity, place.owner, choice(place), about)
            return
        if not isinstance(node, Mapping):
            yield from self.value(value_kind, node, place, title)
            return
        space, name = space_of(key_kind), str(place.pointer[-1]) if place.pointer else ""
        valued = note_of(plain(key_kind)[1], ValueOf)
        words = note_of(plain(value_kind)[1], ValueOf) is not None
        for key, entry in node.entries.items():
            at = place.below(key)
            about = about_of(key, space, place) if space else ""
            if valued is not None:
                of = next(iter(place.named(valued.of)), "")
                yield Slot(entry.key, at.pointer, "value", place.entity, None, "", of, title=title)
            elif space:
                yield Slot(entry.key, at.pointer, "name", place.entity, place.owner, space, title=title)
            elif set(_IDS) & set(plain(key_kind)[1]):
                declared = _SINGULAR.get(name, name.removesuffix("s"))
                entity = str(place.pointer[-2]) if declared == "fact" and len(place.pointer) > 1 else ""
                yield Slot(entry.key, at.pointer, "define", entity or place.entity, None, declared)
                about = key if declared == "fact" else about
            else:
                role = "define" if name == "values" and not words else "text"
                own = choice(place) if role == "define" else ""
                about_it = str(place.pointer[-2]) if role == "define" and len(place.pointer) > 1 else ""
                yield Slot(entry.key, at.pointer, role, place.entity, place.owner, own, about_it)
            yield from self.value(value_kind, entry.value, at._replace(about=about))

    def condition(self, node: Node, place: Place) -> Iterator[Slot]:
        """What stands in a condition: an expression, or `fact: test` pairs and what combines them."""
        if isinstance(node, Scalar):
            yield Slot(node, place.pointer, "feel", place.entity)
            return
        if isinstance(node, Sequence):
            for i, each in enumerate(node.items):
                yield from self.condition(each, place.below(i))
            return
        form = next((node.entries[key].value for key in FORMS if key in node.entries), None)
        child = self._lists.get(form.text, place.entity) if isinstance(form, Scalar) else place.entity
        for key, entry in node.entries.items():
            at = place.below(key)
            if key not in CONDITION_KEYS or (key in CHILD_KEYS and form is None):
                yield Slot(entry.key, at.pointer, "name", place.entity, None, "fact", title="condition")
                yield from self._tests(entry.value, at._replace(about=key))
                continue
            yield Slot(entry.key, at.pointer, "key", place.entity, None, "fact", title="condition")
            if key in FORMS:
                yield from (
                    Slot(each, p.pointer, "name", p.entity, None, "fact")
                    for each, p in single(entry.value, at)
                )
            elif key in ("where", "must"):
                yield from self.condition(entry.value, at._replace(entity=child))
            elif key in ("at_least", "is"):
                yield from self._tests(entry.value, at)
            else:
                yield from self.condition(entry.value, at)

    def _tests(self, node: Node, place: Place) -> Iterator[Slot]:
        for each, at in single(node, place):
            yield Slot(each, at.pointer, "test", at.entity, None, "", at.about)

    def record(self, node: Node, place: Place) -> Iterator[Slot]:
        """What stands in a record: facts by name, and lists of children."""
        if isinstance(node, Sequence):
            for i, each in enumerate(node.items):
                yield from self.record(each, place.below(i))
            return
        if isinstance(node, Scalar):
            yield Slot(node, place.pointer, "value", place.entity, None, "", place.about)
            return
        for key, entry in node.entries.items():
            at = place.below(key)._replace(about=key)
            yield Slot(entry.key, at.pointer, "name", place.entity, None, "fact", title="record")
            child = self._lists.get(key)
            yield from self.record(entry.value, at if child is None else at._replace(entity=child, about=""))

    def expected(self, node: Node, place: Place) -> Iterator[Slot]:
        """What a test expects: names of the program, under the keys of a decision."""
        if isinstance(node, Sequence):
            for i, each in enumerate(node.items):
                yield from self.expected(each, place.below(i))
        elif isinstance(node, Mapping):
            for key, entry in node.entries.items():
                at = place.below(key)
                if place.about == "values":
                    yield Slot(entry.key, at.pointer, "name", self._root, None, "expected")
                for each, there in single(entry.value, at) if key in _IN_DECISIONS else ():
                    yield Slot(each, there.pointer, "name", self._root, None, _IN_DECISIONS[key])
                values = place.pointer[-1:] == ("values",)
                yield from self.expected(entry.value, at._replace(about="values" if values else ""))


def _slot(base: Any, notes: tuple[Any, ...], scalar: Scalar, place: Place, title: str) -> Slot:
    """The slot of a single value of a type."""
    one = Slot(scalar, place.pointer, "text", place.entity, place.owner, title=title)
    named = note_of(notes, NameOf)
    if named is not None:
        return one._replace(role="define" if named.declares else "name", space=named.space)
    if _FEEL in notes:
        return one._replace(role="feel")
    if any(isinstance(note, Written) and note.schema is TEST_SCHEMA for note in notes):
        return one._replace(role="test", about=place.about)
    if typing.get_origin(base) is typing.Literal:
        return one._replace(role="choice", choices=tuple(map(str, typing.get_args(base))))
    if base is bool:
        return one._replace(role="boolean", choices=("true", "false"))
    if place.pointer and place.pointer[-1] == "kind":
        return one._replace(role="choice", choices=tuple(KINDS))
    if set(_IDS) & set(notes) and place.pointer and place.pointer[-1] in ("id", "result"):
        return one._replace(role="define", space=declares(place.pointer))
    if base is object and place.about:
        return one._replace(role="value", about=place.about)
    return one
