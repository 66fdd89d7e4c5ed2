"""Several versions of a program as one graph, in which what they work out alike stands once.

A node of a version that differs from the first version gets a name of its own (`fee~1`), and so does all that
rests on it. The graph then says of a record what each version says, and works out once what they share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from policyengine.change.slices import Marks
from policyengine.feel.functions import LIBRARY
from policyengine.feel.functions.periods import PERIOD
from policyengine.feel.syntax.tree import If, Name, Path, bound_by, mapped, walk
from policyengine.feel.types.properties import PROPERTY_NAMES
from policyengine.policy.rule import Choose, Reading, Rule, Value
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.graph import ORDER_BY, ORDER_RESTART, Graph, Key

Renamed = Mapping[str, str]
"""The names of a version that are called otherwise in the graph of all."""


class JointGraph:
    """The graph of several versions; `renamed` says by version what its names are called."""

    def __init__(self, marks: Marks, first: Graph) -> None:
        self._marks = marks
        self._first = first
        self._copied: dict[Key, int] = {}
        self._nodes = {entity: dict(nodes) for entity, nodes in first.nodes.items()}
        self._types = dict(first.types)
        self._qualified = {entity: dict(names) for entity, names in first.qualified.items()}
        self.renamed: list[Renamed] = [{}]

    @property
    def graph(self) -> Graph:
        """The nodes of all versions, without rules."""
        whole = self._first.reduced(self._nodes, self._first.repeats)
        return replace(whole, types=self._types, qualified=self._qualified)

    def add(self, version: Graph) -> bool:
        """Adds a version; returns whether that can be told apart by names alone."""
        changed = self._changed(version)
        words = {name for _, name in changed}
        if not self._can_join(version, words, changed):
            return False
        names = {word: self._name(version, word) for word in sorted(words)}
        self.renamed.append(names)
        marks = self._marks.nodes(version)
        for key in changed:
            entity, name = key[0], names[key[1]]
            if (entity, name) not in self._copied:
                self._copied[entity, name] = marks[key]
                self._add(version, key, names)
        return True

    def _changed(self, version: Graph) -> frozenset[Key]:
        """The nodes that are worked out otherwise than in the first version, and those of the same names."""
        own, first = self._marks.nodes(version), self._marks.nodes(self._first)
        found = {key for key, mark in own.items() if mark != first.get(key)}
        number = -1
        while len(found) != number:
            number, words = len(found), {name for _, name in found}
            for key in version.order:
                if key[1] in words or not found.isdisjoint(version.rests_on(key)):
                    found.add(key)
        return frozenset(found)

    def _can_join(self, version: Graph, words: set[str], changed: Iterable[Key]) -> bool:
        """Whether every name leads to the same where the changed ones are called otherwise."""
        first = self._first
        if version.repeats != first.repeats or _frame(version.vocabulary) != _frame(first.vocabulary):
            return False
        items = {each.items for each in version.repeats.values()}
        if words & ({ORDER_BY, ORDER_RESTART} | items):
            return False
        entities = version.vocabulary.entities
        is_fact = any(
            word in version.vocabulary.row(entity).fields and word not in version.nodes.get(entity, {})
            for entity in entities for word in words
        )  # fmt: skip
        if is_fact or any(not words.isdisjoint(each.types) for each in version.repeats.values()):
            return False
        if not words.isdisjoint(_taken(version)):
            return False
        nodes = [version.nodes[entity][name] for entity, name in changed]
        mentioned = frozenset[str]().union(*(node.words.all for node in nodes)) - words
        return all(_owners(version, word) == _owners(first, word) for word in mentioned)

    def _name(self, version: Graph, word: str) -> str:
        """What a name of a version is called: as in another version, where it is worked out alike."""
        marks = self._marks.nodes(version)
        own = {entity: marks[entity, word] for entity in _owners(version, word)}
        for names in self.renamed[1:]:
            name = names.get(word)
            if name is not None and own == {
                entity: mark for (entity, each), mark in self._copied.items() if each == name
            }:
                return name
        return f"{word}~{len(self.renamed)}"

    def _add(self, version: Graph, key: Key, names: Renamed) -> None:
        entity, word = key
        node, name = version.nodes[entity][word], names[word]
        made = replace(node, name=name, expression=renamed(node.expression, names))
        self._nodes.setdefault(entity, {})[name] = made
        if key in version.types:
            self._types[entity, name] = version.types[key]
        for dotted, kind in version.qualified.get(entity, {}).items():
            self._qualified.setdefault(entity, {})[_called(dotted, names)] = kind


def _frame(vocabulary: Vocabulary) -> object:
    """What a vocabulary says of records and of names, but for formulas and titles."""
    declared = vocabulary.declarations
    return (
        declared.currency, declared.rounding, declared.fiscal_year_starts,
        {
            name: (
                entity.within, entity.list, entity.key, entity.label,
                entity.order, entity.periods, entity.best,
                {word: (each.type, each.currency, each.is_given, each.has_stand_in, each.single, each.limits)
                 for word, each in entity.facts.items() if each.is_given},
            )
            for name, entity in vocabulary.entities.items()
        },
    )  # fmt: skip


def _owners(graph: Graph, word: str) -> frozenset[str]:
    """The entities that have a node of a name."""
    return frozenset(entity for entity, nodes in graph.nodes.items() if word in nodes)


def _taken(graph: Graph) -> frozenset[str]:
    """The names that mean something else in an expression: variables, entries, parts of values, functions."""
    known: frozenset[str] | None = graph.analysed.get("taken")
    if known is None:
        forms = (part for _, node in graph.every_node() for part in walk(node.expression))
        own = frozenset[str]().union(*map(bound_by, forms))
        known = graph.analysed["taken"] = own | PROPERTY_NAMES | LIBRARY.keys() | PERIOD.fields.keys()
    return known


def renamed(node: Any, names: Renamed) -> Any:
    """The expression with other names; a chain of `else if` may be as long as it likes."""
    heads: list[If] = []
    while isinstance(node, If):
        heads.append(node)
        node = node.otherwise
    found = _renamed_one(node, names)
    for head in reversed(heads):
        found = If(renamed(head.condition, names), renamed(head.then, names), found, head.span)
    return found


def _renamed_one(node: Any, names: Renamed) -> Any:
    match node:
        case Name(word, at):
            called = _called(word, names)
            return node if called == word else Name(called, at)
        case Path(target, word, at) if word in names:
            return Path(renamed(target, names), names[word], at)
    return mapped(node, lambda part: renamed(part, names))


def _called(word: str, names: Renamed) -> str:
    """A name, also one with a dot such as `this.fee`."""
    whose, dot, bare = word.partition(".")
    return f"{whose}.{names.get(bare, bare)}" if dot else names.get(word, word)


def renamed_rule(rule: Rule, names: Renamed) -> Rule:
    """The rule of a version, read off the nodes of the graph of all: its status and its plain values."""
    if not names:
        return rule
    return replace(
        rule,
        status=names.get(rule.status, rule.status),
        exists=None if rule.exists is None else names.get(rule.exists, rule.exists),
        fields={name: _reading(each, names) for name, each in rule.fields.items()},
        origins=None if rule.origins is None else _reading(rule.origins, names),
    )


def _reading(reading: Reading, names: Renamed) -> Any:
    match reading:
        case Value(node):
            return Value(names.get(node, node))
        case Choose(by, cases, otherwise):
            chosen = {word: _reading(each, names) for word, each in cases.items()}
            return Choose(names.get(by, by), chosen, _reading(otherwise, names))
    return reading
