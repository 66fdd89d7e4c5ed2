"""Where names stand: what declares a fact, a party, a level, and every place that mentions it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from policyengine.editing.slots import Slot, slots_of
from policyengine.feel.checker.checker import check
from policyengine.feel.functions import LIBRARY, WRITTEN
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
OF_A_POLICY = frozenset({"level", "stage", "charge", "column", "output"})
"""Names that belong to the policy in which they stand."""


class Named(NamedTuple):
    """Something with a name: a fact of an entity, a value of a fact, a level of a policy, a party."""

    space: str
    name: str
    scope: str = ""


class Mention(NamedTuple):
    """A place at which a name stands; it `declares` what it names, or uses it.

    The result of a policy stands there with `_` for `-`, as in an expression.
    """

    span: Span
    of: Named
    declares: bool = False
    is_result: bool = False


class Names:
    """The names of a program: what each stands for, and where a document mentions them."""

    def __init__(self, vocabulary: Vocabulary, units: Iterable[PolicyDocument]) -> None:
        self.vocabulary = vocabulary
        self.units = tuple(units)

    @cached_property
    def results(self) -> Mapping[str, tuple[PolicyDocument, Named]]:
        """The policies by the names of their results, and what each name stands for."""
        found: dict[str, tuple[PolicyDocument, Named]] = {}
        for unit in self.units:
            known = unit.policy.for_ in self.vocabulary.entities
            exports = KINDS[unit.policy.kind].exports(unit, self.vocabulary) if known else {}
            for name, result in exports.items():
                own = result.at.text == name and result.at != unit.document.value_span(("id",))
                named = Named("fact", name, unit.policy.for_) if own else Named("policy", unit.policy.id)
                found[name] = unit, named
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
        if name in self.results:
            return self.results[name][1]
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
        elif slot.role == "given":
            yield from list(self._values(slot, whole=True)) or self.of_expression(
                scalar, slot.entity, by_words=False
            )
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
            yield from self._used(scalar.part(0, len(owner)), found)
        if dot:
            inner = self.named(self.lists.get(owner, owner), own)
            if inner is not None:
                yield from self._used(scalar.part(len(owner) + 1, len(scalar.text)), inner)

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
            named = Named("policy", word) if i == 0 else self._part(policy, word)
            yield Mention(scalar.part(start, start + len(word)), named)
            start += len(word) + 1

    def _used(self, at: Span, found: Named) -> Iterator[Mention]:
        """A name in an expression; the points of a part of a score have the name of both."""
        own = found.name.replace("-", "_")
        if found.space != "policy" or not at.text.startswith(f"{own}_"):
            yield Mention(at, found, is_result=found.space == "policy")
            return
        between = at.start + len(own)
        yield Mention(at.source.span(at.start, between), found, is_result=True)
        for id in self._ids(self.results[at.text][0]) if at.text in self.results else ():
            if id.replace("-", "_") == at.text[len(own) + 1 :]:
                part = Named("part", id, found.name)
                yield Mention(at.source.span(between + 1, at.end), part, is_result=True)

    def _part(self, policy: str, word: str) -> Named:
        """What a word in the path of a rule stands for: a part with that id, or a fact that a level tests."""
        unit = next((each for each in self.units if each.policy.id == policy), None)
        fact = self.named(unit.policy.for_, word) if unit is not None else None
        is_fact = unit is not None and fact is not None and word not in self._ids(unit)
        return fact if is_fact and fact is not None else Named("part", word, policy)

    def _ids(self, unit: PolicyDocument) -> frozenset[str]:
        """The ids of the parts of a policy."""
        slots = self.slots(unit.document)
        return frozenset(each.scalar.text for each in slots if each.pointer[-1:] == ("id",))

    def _values(self, slot: Slot, *, whole: bool = False) -> Iterator[Mention]:
        """The values of an enum that a test is about; with `whole` the one that stands there alone."""
        owner, dot, own = slot.about.partition(".")
        kind, of = self.type_of(slot.entity, owner), self.named(slot.entity, owner)
        if dot and isinstance(kind, (ListOf, Context)):
            of = self.named(self.lists[owner], own) if owner in self.lists else of
            row = kind.item if isinstance(kind, ListOf) else kind
            kind = row.fields.get(own) if isinstance(row, Context) else None
        if of is None:
            return
        if isinstance(kind, ListOf):
            kind = kind.item
        if isinstance(kind, Enum):
            for found in _WORD.finditer(slot.scalar.text):
                if found.group() in kind.values and (not whole or found.group() == slot.scalar.text):
                    at = slot.scalar.part(found.start(), found.end())
                    yield Mention(at, self._value(of, found.group()))

    def _value(self, of: Named, word: str) -> Named:
        """A value of a fact; of the result of levels it is the level."""
        if of.space in ("policy", "output"):
            return Named("level", word, of.name if of.space == "policy" else of.scope)
        if of.space == "fact" and of.name in self.results:
            return Named("level", word, self.results[of.name][0].policy.id)
        return Named("value", word, f"{of.scope}.{of.name}")

    # Expressions

    def of_expression(self, scalar: Scalar, entity: str, *, by_words: bool = True) -> Iterator[Mention]:
        """The names in an expression; of one with a mistake, by its words, if it can be nothing else."""
        if entity not in self.vocabulary.entities:
            return
        text = excerpt(scalar)
        names = self.vocabulary.names(entity)
        parsed = parse(text, names, functions=WRITTEN)
        if parsed.expression is not None:
            yield from self._in(parsed.expression, _Sight(self, entity))
            return
        for token in tokens(text.text) if by_words else ():
            found = self.named(entity, token.text) if token.kind == "name" else None
            if found is not None:
                yield from self._used(text.span(token.start, token.end), found)

    def _in(self, node: Expression, sight: _Sight) -> Iterator[Mention]:
        if isinstance(node, Name):
            found = sight.named(node.name)
            if found is not None and node.span.text == node.name:
                yield from self._used(node.span, found)
        elif isinstance(node, Path):
            if sight.owner_of(node) is not None and isinstance(node.target, Name):
                yield from self._qualifier(node.target)
            else:
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

    def _qualifier(self, node: Name) -> Iterator[Mention]:
        """The entity that stands before the dot in `partner.fee`."""
        if node.name in self.vocabulary.entities:
            yield Mention(node.span, Named("entity", node.name))

    def _property(self, node: Path, sight: _Sight) -> Iterator[Mention]:
        source, end = node.span.source, node.span.end
        at, found = source.span(end - len(node.name), end), sight.of_path(node)
        if found is not None and at.text == node.name:
            yield from self._used(at, found)

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
        of = sight.of_path(left) if isinstance(left, Path) else of
        for each in others:
            if isinstance(each, Literal) and isinstance(kind, Enum) and of is not None:
                inner = each.span.source.span(each.span.start + 1, each.span.end - 1)
                if inner.text == each.value:
                    yield Mention(inner, self._value(of, str(each.value)))


class _Sight:
    """The names that a part of an expression sees; within a filter also those `outside`."""

    def __init__(
        self, names: Names, entity: str, bound: Mapping[str, Type] | None = None,
        outside: _Sight | None = None,
    ) -> None:  # fmt: skip
        self._names = names
        self._entity = entity
        self._bound = bound or {}
        self._outside = outside

    def binding(self, name: str, domain: Type) -> _Sight:
        """The same with a variable over a list."""
        item = domain.item if isinstance(domain, ListOf) else ANY
        return _Sight(self._names, self._entity, {**self._bound, name: item}, self._outside)

    def inside(self, kind: Type) -> _Sight:
        """The same for a condition about the items of a list."""
        item = kind.item if isinstance(kind, ListOf) else kind
        entity = item.name if isinstance(item, Context) and item.name else self._entity
        return _Sight(self._names, entity, {**self._bound, "item": item}, self)

    def named(self, name: str) -> Named | None:
        """What a name stands for; None for a variable."""
        if name in self._bound:
            return None
        found = self._names.named(self._entity, name)
        return self._outside.named(name) if found is None and self._outside is not None else found

    def of_path(self, node: Path) -> Named | None:
        """What the name behind a dot stands for: a fact of an item, or one of several outputs of a table."""
        owner = self.owner_of(node)
        if owner is not None:
            return self._names.named(owner, node.name)
        kind = self.kind(node.target)
        item = kind.item if isinstance(kind, ListOf) else kind
        if isinstance(item, Context) and item.name:
            return self._names.named(item.name, node.name)
        policy = self._names.results.get(node.target.name) if isinstance(node.target, Name) else None
        return None if policy is None else Named("output", node.name, policy[0].policy.id)

    def owner_of(self, node: Path) -> str | None:
        """The entity of `partner.fee`, `this.fee` or `previous.fee`; None for a path that leads elsewhere."""
        if self._outside is not None:  # `this` is what asks, also within a filter
            return self._outside.owner_of(node)
        whose, names = node.target, self._names
        if not isinstance(whose, Name) or names.type_of(self._entity, whose.name) is not None:
            return None
        if whose.name in self._bound or self._entity not in names.vocabulary.entities:
            return None
        known, owner, _ = names.vocabulary.qualified(self._entity, f"{whose.name}.{node.name}")
        return owner if known else None

    def kind(self, node: Expression) -> Type:
        """The type of an expression, as far as names and paths tell it."""
        if isinstance(node, Name):
            found = self._bound.get(node.name) or self._names.type_of(self._entity, node.name)
            return found or (ANY if self._outside is None else self._outside.kind(node))
        if isinstance(node, Filter):
            return self.kind(node.target)
        if isinstance(node, Path):
            owner = self.kind(node.target)
            item = owner.item if isinstance(owner, ListOf) else owner
            return item.fields.get(node.name, ANY) if isinstance(item, Context) else ANY
        return self._of_call(node)

    def _of_call(self, node: Expression) -> Type:
        """The type of what has to be worked out; of what may be anything that of the lists that it is of."""
        known = {name: self.kind(Name(name, node.span)) for name in syntax.names(node)}
        found = check(node, known, functions=LIBRARY).type
        if (found.item if isinstance(found, ListOf) else found) != ANY:
            return found
        words = [each.name for each in syntax.walk(node) if isinstance(each, (Name, Path))]
        lists = [self._names.lists[word] for word in words if word in self._names.lists]
        vocabulary = self._names.vocabulary
        inner = max(lists, key=lambda each: len(vocabulary.lineage(each)), default=None)
        return found if inner is None else ListOf(vocabulary.row(inner))
