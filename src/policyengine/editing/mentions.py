"""Where names stand: what declares a fact, a party, a level, and every place that mentions it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from policyengine.editing.slots import Slot, slots_of
from policyengine.feel.functions import WRITTEN
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.lexer import tokens
from policyengine.feel.syntax.parser import parse
from policyengine.feel.syntax.tree import Call, Comparison, Expression, Filter, In, Literal, Name, Path
from policyengine.feel.types.types import ANY, Context, Enum, ListOf, Type
from policyengine.kinds import KINDS
from policyengine.policy.policy_reader import PolicyDocument, excerpt
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import Span
from policyengine.text.document import Document, Scalar

_WORD = re.compile(r"[\w-]+")
OF_A_POLICY = frozenset({"level", "stage", "charge", "column"})
"""Names that belong to the policy in which they stand."""


class Named(NamedTuple):
    """Something with a name: a fact of an entity, a value of a fact, a level of a policy, a party."""

    space: str
    name: str
    scope: str = ""


class Mention(NamedTuple):
    """A place at which a name stands; it `declares` what it names, or uses it."""

    span: Span
    of: Named
    declares: bool = False


class Names:
    """The names of a program: what each stands for, and where a document mentions them."""

    def __init__(self, vocabulary: Vocabulary, units: Iterable[PolicyDocument]) -> None:
        self.vocabulary = vocabulary
        self.units = tuple(units)

    @cached_property
    def results(self) -> Mapping[str, PolicyDocument]:
        """The policies by the names of their results."""
        found: dict[str, PolicyDocument] = {}
        for unit in self.units:
            if unit.policy.for_ in self.vocabulary.entities:
                exports = KINDS[unit.policy.kind].exports(unit, self.vocabulary)
                found.update(dict.fromkeys(exports, unit))
        return found

    @cached_property
    def lists(self) -> Mapping[str, str]:
        """The entities by the names of their lists."""
        return {name: entities[0] for name, entities in self.vocabulary.by_list.items() if name != "None"}

    def slots(self, document: Document) -> list[Slot]:
        """What may stand at each single text of a document."""
        return slots_of(document, self.vocabulary.root, self.lists)

    def mentions(self, document: Document) -> tuple[Mention, ...]:
        """All names in a document."""
        policy = document.at(("id",))
        own = policy.text if isinstance(policy, Scalar) else ""
        found = (each for slot in self.slots(document) for each in self._of_slot(slot, own))
        return tuple(each for each in found if each.span.end > each.span.start)

    def named(self, entity: str, name: str) -> Named | None:
        """What a name stands for in an expression at an entity."""
        if entity not in self.vocabulary.entities:
            return None
        for owner in self.vocabulary.lineage(entity):
            declared = self.vocabulary.entities[owner]
            if name in declared.facts or name in declared.periods:
                return Named("fact", name, owner)
            for child_name, child in self.vocabulary.children(owner):
                if child.list == name:
                    return Named("entity", child_name)
                if name in child.best:
                    return Named("fact", name, child_name)
        unit = self.results.get(name)
        if unit is not None:
            return Named("policy", unit.policy.id)
        return Named("function", name) if name in self.vocabulary.declarations.define else None

    def type_of(self, entity: str, name: str) -> Type | None:
        """The type of a name in an expression at an entity."""
        if entity not in self.vocabulary.entities:
            return None
        return self.vocabulary.names(entity).get(name)

    @cached_property
    def _owners(self) -> Mapping[str, str]:
        """The policies by the ids of their parts, where only one has such a part."""
        found: dict[str, set[str]] = {}
        for unit in self.units:
            for slot in self.slots(unit.document):
                if slot.role == "define" and slot.pointer[-1:] == ("id",) and slot.space != "policy":
                    found.setdefault(slot.scalar.text, set()).add(unit.policy.id)
        return {name: next(iter(owners)) for name, owners in found.items() if len(owners) == 1}

    def _anywhere(self, name: str) -> Named | None:
        """What a name stands for in a record or a decision: a fact of the root or of one below, or a part."""
        entities = self.vocabulary.entities
        for entity in (self.vocabulary.root, *self.vocabulary.below(self.vocabulary.root)):
            if name in entities[entity].facts:
                return Named("fact", name, entity)
        owner = self._owners.get(name)
        return None if owner is None else Named("part", name, owner)

    # Single texts

    def _of_slot(self, slot: Slot, policy: str) -> Iterator[Mention]:
        scalar, text = slot.scalar, slot.scalar.text
        at = scalar.part(0, len(text))
        if slot.role == "define":
            yield Mention(at, Named(slot.space, text, self._scope(slot, policy)), declares=True)
        elif slot.role == "name":
            yield from self._name(slot, at, policy)
        elif slot.role in ("test", "value"):
            yield from self._values(slot)
        elif slot.role == "feel":
            yield from self.of_expression(scalar, slot.entity)

    def _scope(self, slot: Slot, policy: str) -> str:
        if slot.space == "fact":
            return slot.entity
        if slot.space == "value":
            entity = str(slot.pointer[1]) if len(slot.pointer) > 1 else slot.entity
            return f"{entity}.{slot.about}"
        return policy if slot.space not in ("party", "item", "entity", "source", "policy", "function") else ""

    def _name(self, slot: Slot, at: Span, policy: str) -> Iterator[Mention]:
        text = slot.scalar.text
        if slot.space in OF_A_POLICY:
            yield Mention(at, Named(slot.space, text, policy or self._owners.get(text, "")))
        elif slot.space == "expected":
            found = self._anywhere(text)
            if found is not None:
                yield Mention(at, found)
        elif slot.space in ("fact", "granted", "input"):
            yield from self._fact(slot.scalar, slot.entity)
        elif slot.space in ("rule", "waivable"):
            yield from self._path(slot.scalar)
        else:
            yield Mention(at, Named(slot.space, text))

    def _fact(self, scalar: Scalar, entity: str) -> Iterator[Mention]:
        """A name, or the list and the fact of `accounts.fee`."""
        owner, dot, own = scalar.text.partition(".")
        found = self.named(entity, owner)
        if found is not None:
            yield Mention(scalar.part(0, len(owner)), found)
        if dot:
            inner = self.named(self.lists.get(owner, owner), own)
            if inner is not None:
                yield Mention(scalar.part(len(owner) + 1, len(scalar.text)), inner)

    def _path(self, scalar: Scalar) -> Iterator[Mention]:
        """The name of a rule: `policy/part/part`, or `entity.fact`."""
        entity, dot, fact = scalar.text.partition(".")
        if dot and entity in self.vocabulary.entities:
            yield Mention(scalar.part(0, len(entity)), Named("entity", entity))
            yield Mention(scalar.part(len(entity) + 1, len(scalar.text)), Named("fact", fact, entity))
            return
        start, policy = 0, ""
        for i, word in enumerate(scalar.text.split("/")):
            policy = policy or word
            named = Named("policy", word) if i == 0 else Named("part", word, policy)
            yield Mention(scalar.part(start, start + len(word)), named)
            start += len(word) + 1

    def _values(self, slot: Slot) -> Iterator[Mention]:
        """The values of an enum that a test is about."""
        kind = self.type_of(slot.entity, slot.about)
        of = self.named(slot.entity, slot.about)
        if of is None:
            return
        if isinstance(kind, ListOf):
            kind = kind.item
        if isinstance(kind, Enum):
            for found in _WORD.finditer(slot.scalar.text):
                if found.group() in kind.values:
                    at = slot.scalar.part(found.start(), found.end())
                    yield Mention(at, self._value(of, found.group()))

    def _value(self, of: Named, word: str) -> Named:
        """A value of a fact; of the result of levels it is the level."""
        if of.space == "policy":
            return Named("level", word, of.name)
        return Named("value", word, f"{of.scope}.{of.name}")

    # Expressions

    def of_expression(self, scalar: Scalar, entity: str) -> Iterator[Mention]:
        """The names in an expression; of one with a mistake, by its words."""
        if entity not in self.vocabulary.entities:
            return
        text = excerpt(scalar)
        names = self.vocabulary.names(entity)
        parsed = parse(text, names, functions=WRITTEN)
        if parsed.expression is not None:
            yield from self._in(parsed.expression, _Sight(self, entity))
            return
        for token in tokens(text.text):
            found = self.named(entity, token.text) if token.kind == "name" else None
            if found is not None:
                yield Mention(text.span(token.start, token.end), found)

    def _in(self, node: Expression, sight: _Sight) -> Iterator[Mention]:
        if isinstance(node, Name):
            found = sight.named(node.name)
            if found is not None and node.span.text == node.name:
                yield Mention(node.span, found)
        elif isinstance(node, Path):
            yield from self._in(node.target, sight)
            yield from self._property(node, sight)
        elif isinstance(node, Filter):
            yield from self._in(node.target, sight)
            yield from self._in(node.condition, sight.inside(sight.kind(node.target)))
        elif isinstance(node, (syntax.For, syntax.Quantified)):
            for one in node.iterators:
                yield from self._in(one.domain, sight)
                sight = sight.binding(one.name, sight.kind(one.domain))
            yield from self._in(node.body if isinstance(node, syntax.For) else node.condition, sight)
        else:
            yield from self._compared(node, sight)
            for each in syntax.children(node):
                if not (isinstance(node, Call) and each is node.function and isinstance(each, Name)):
                    yield from self._in(each, sight)
                elif each.name in self.vocabulary.declarations.define:
                    yield Mention(each.span, Named("function", each.name))

    def _property(self, node: Path, sight: _Sight) -> Iterator[Mention]:
        kind = sight.kind(node.target)
        item = kind.item if isinstance(kind, ListOf) else kind
        source, end = node.span.source, node.span.end
        at = source.span(end - len(node.name), end)
        if isinstance(item, Context) and item.name and at.text == node.name:
            found = self.named(item.name, node.name)
            if found is not None:
                yield Mention(at, found)

    def _compared(self, node: Expression, sight: _Sight) -> Iterator[Mention]:
        """The values of an enum that a name is compared with."""
        others: tuple[Expression, ...]
        if isinstance(node, Comparison):
            left, others = node.left, (node.right,)
        elif isinstance(node, In):
            left, others = node.value, node.tests
        else:
            return
        kind = sight.kind(left)
        of = sight.named(left.name) if isinstance(left, Name) else None
        for each in others:
            if isinstance(each, Literal) and isinstance(kind, Enum) and of is not None:
                inner = each.span.source.span(each.span.start + 1, each.span.end - 1)
                if inner.text == each.value:
                    yield Mention(inner, self._value(of, str(each.value)))


class _Sight:
    """The names that a part of an expression sees."""

    def __init__(self, names: Names, entity: str, bound: Mapping[str, Type] | None = None) -> None:
        self._names = names
        self._entity = entity
        self._bound = bound or {}

    def binding(self, name: str, domain: Type) -> _Sight:
        """The same with a variable over a list."""
        item = domain.item if isinstance(domain, ListOf) else ANY
        return _Sight(self._names, self._entity, {**self._bound, name: item})

    def inside(self, kind: Type) -> _Sight:
        """The same for a condition about the items of a list."""
        item = kind.item if isinstance(kind, ListOf) else kind
        entity = item.name if isinstance(item, Context) and item.name else self._entity
        return _Sight(self._names, entity, {**self._bound, "item": item})

    def named(self, name: str) -> Named | None:
        """What a name stands for; None for a variable."""
        return None if name in self._bound else self._names.named(self._entity, name)

    def kind(self, node: Expression) -> Type:
        """The type of an expression, as far as names and paths tell it."""
        if isinstance(node, Name):
            return self._bound.get(node.name) or self._names.type_of(self._entity, node.name) or ANY
        if isinstance(node, Filter):
            return self.kind(node.target)
        if isinstance(node, Path):
            owner = self.kind(node.target)
            item = owner.item if isinstance(owner, ListOf) else owner
            return item.fields.get(node.name, ANY) if isinstance(item, Context) else ANY
        return ANY
