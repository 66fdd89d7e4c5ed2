"""Policies and declarations to nodes. A policy that a change of the declarations does not touch is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from policyengine.diagnostics import Diagnostic, Report, did_you_mean
from policyengine.feel.functions import WRITTEN
from policyengine.feel.proving.constant_conditions import constant_conditions, self_comparisons
from policyengine.feel.syntax.tree import Expression
from policyengine.kinds import KINDS
from policyengine.policy.draft import Draft
from policyengine.policy.entity import Entity
from policyengine.policy.facts import Fact
from policyengine.policy.policy_reader import UNKNOWN_NAME, PolicyDocument
from policyengine.policy.quantities import two_readings
from policyengine.policy.rule import Lowered, Node
from policyengine.policy.vocabulary import Declarations, Vocabulary
from policyengine.program.best_children import best_children
from policyengine.program.children_in_order import order_nodes
from policyengine.program.declaration_checks import derived_facts
from policyengine.program.entity_periods import entity_periods
from policyengine.program.memo import Memo
from policyengine.program.read import Declared
from policyengine.program.version_choice import combined
from policyengine.text.document import Document, Scalar
from policyengine.text.document import Mapping as MappingNode
from policyengine.text.document import Sequence as SequenceNode

_Key = tuple[str, str]
_WORD = re.compile(r"\w+")
_UNREAD: Mapping[str, Any] = {"note": None, "basis": None}


class _Before(NamedTuple):
    """What a policy without a mistake came to with a vocabulary.

    `said` are the words of its document; None where what is escaped there may be a name.
    """

    unit: PolicyDocument
    vocabulary: Vocabulary
    lowered: Lowered
    said: frozenset[str] | None


class _Formulas(NamedTuple):
    """The expressions of the declarations of which nothing is to be said, with a vocabulary."""

    vocabulary: Vocabulary
    plain: Mapping[_Key, Expression]


_Held = dict[tuple[int, int, date | None], tuple[_Before, ...]]


class _Change(NamedTuple):
    """What became of a vocabulary: whether policies give the same results, and what is declared otherwise."""

    before: Vocabulary
    same_results: bool
    names: frozenset[str] | None


class Lowering:
    """Lowers the declarations and the policies of a program; the memo has what was lowered before."""

    def __init__(self, declared: Declared, report: Report, memo: Memo) -> None:
        self._declared, self._report, self._memo = declared, report, memo
        self._changes: dict[tuple[int, int], _Change] = {}
        self._before: _Held = memo.kept("policies") or {}
        self._held: _Held = {}
        memo.keep(self._held, "policies")

    def formulas(self, vocabulary: Vocabulary) -> Lowered:
        """What the declarations themselves come to."""
        read = partial(self._formulas, vocabulary)
        return self._memo.of("formulas", (self._declared, vocabulary), self._report, read)

    def _formulas(self, vocabulary: Vocabulary, report: Report) -> Lowered:
        found = _formulas(vocabulary, self._declared.document, report)
        held: tuple[_Formulas, ...] = self._memo.kept("formulas before") or ()
        before = next((each for each in held if self._changed(each, vocabulary) is not None), None)
        changed = None if before is None else self._changed(before, vocabulary)
        remarks, plain = list[Diagnostic](), dict[_Key, Expression]()
        points = vocabulary.number_of_digits() < 3
        for node in found:
            key = node.entity, node.name
            known = before is not None and before.plain.get(key) == node.expression
            if not known or changed is None or not changed.isdisjoint(node.words.all):
                own = list(_remarks(node, vocabulary, points))
                remarks += own
                if own:
                    continue
            plain[key] = node.expression
        others = (each for each in held if not self._change(each.vocabulary, vocabulary).same_results)
        self._memo.keep((_Formulas(vocabulary, plain), *others), "formulas before")
        return Lowered(found, remarks=tuple(remarks))

    def versions(self, units: Sequence[PolicyDocument], vocabulary: Vocabulary) -> Lowered | None:
        """A policy: its version of the day, or all versions where each record has its own day."""
        lowered = [low for unit in units if (low := self._lower(unit, vocabulary)) is not None]
        if len(lowered) < len(units):
            return None
        if units[0].policy.version_by is None:
            return lowered[0]

        def combine(_: Report) -> Lowered:
            return combined(units, lowered, vocabulary)

        return self._memo.of("versions", (vocabulary, *lowered), self._report, combine)

    def _lower(self, unit: PolicyDocument, vocabulary: Vocabulary) -> Lowered | None:
        parts = unit.document, unit.policy
        key = id(unit.document), id(unit.policy), unit.since
        held = self._held.setdefault(key, self._before.get(key, ()))
        kept = next((each for each in held if not self._touches(each, vocabulary)), None)
        if kept is not None:
            self._keep(key, kept._replace(vocabulary=vocabulary), held)
            return kept.lowered

        def lower(report: Report) -> Lowered | None:
            found = _lower(unit, vocabulary, report)
            if found is not None and not tuple(report):
                text = unit.document.root.span.text
                said = None if "\\" in text else _words(text)
                self._keep(key, _Before(unit, vocabulary, found, said), held)
            return found

        return self._memo.of(("lowered", unit.since), (*parts, vocabulary), self._report, lower)

    def _keep(self, key: tuple[int, int, date | None], new: _Before, held: tuple[_Before, ...]) -> None:
        """Keeps what a policy came to in place of what it came to with the same results of others."""
        others = (each for each in held if not self._change(each.vocabulary, new.vocabulary).same_results)
        self._held[key] = (new, *others)

    def _touches(self, kept: _Before, vocabulary: Vocabulary) -> bool:
        """Whether a policy mentions anything that is declared otherwise than before."""
        if kept.vocabulary is vocabulary:
            return False
        changed = self._changed(kept, vocabulary)
        return changed is None or kept.said is None or not changed.isdisjoint(kept.said)

    def _changed(self, kept: _Before | _Formulas, vocabulary: Vocabulary) -> frozenset[str] | None:
        return self._change(kept.vocabulary, vocabulary).names

    def _change(self, before: Vocabulary, vocabulary: Vocabulary) -> _Change:
        pair = id(before), id(vocabulary)
        if pair not in self._changes:
            same = (before.results, before.waivers) == (vocabulary.results, vocabulary.waivers)
            names = changed_names(before.declarations, vocabulary.declarations) if same else None
            self._changes[pair] = _Change(before, same, names)
        return self._changes[pair]


def changed_names(one: Declarations, other: Declarations) -> frozenset[str] | None:
    """The facts, items and documents that are declared otherwise; None where anything else is.

    A fact whose formula mentions one of them is among them. Notes, and the title of the program, do not
    count: no policy is lowered by them.
    """
    around = _without_names(one)
    if around != _without_names(other):
        return None
    pairs: list[tuple[Mapping[str, Any], ...]] = [(one.items, other.items), (one.sources, other.sources)]
    pairs += [(_facts(each), _facts(other.entities[name])) for name, each in one.entities.items()]
    found = {name for pair in pairs for name in _differences(*pair)}
    facts = [(name, fact) for pair in pairs[2:] for each in pair for name, fact in each.items()]
    if any(fact.may_never_come for name, fact in facts if name in found):
        return None  # charges ask whether any day never comes
    asking = [
        (name, _words(f"{fact.formula} {fact.applies_when} {fact.currency}"))
        for name, fact in facts
        if fact.formula is not None or fact.currency is not None
    ]
    while more := {name for name, said in asking if name not in found and not found.isdisjoint(said)}:
        found |= more
    found |= {name.replace("-", "_") for name in found}
    return frozenset(found) if found.isdisjoint(_words(str(around))) else None


def _without_names(declarations: Declarations) -> tuple[object, ...]:
    """The declarations without their facts, items and documents, and without what no policy rests on."""
    bare: Mapping[str, Any] = {"entities": {}, "items": {}, "sources": {}, "title": "", **_UNREAD}
    entities = [(name, replace(each, facts={})) for name, each in declarations.entities.items()]
    return replace(declarations, **bare), entities


def _facts(entity: Entity) -> Mapping[str, Fact]:
    return {name: replace(each, **_UNREAD, source=None) for name, each in entity.facts.items()}


def _differences(one: Any, other: Any) -> set[str]:
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


def _words(text: str) -> frozenset[str]:
    """The words of a text, those with hyphens also as names that have none."""
    return frozenset(_WORD.findall(text)).union(_WORD.findall(text.replace("-", "_")))


def _lower(unit: PolicyDocument, vocabulary: Vocabulary, report: Report) -> Lowered | None:
    own = Report()
    draft = Draft(unit, vocabulary, own, WRITTEN)
    found = None
    if draft.known(unit.policy.for_, vocabulary.entities, "entity", "for"):
        kind = KINDS[unit.policy.kind]
        kind.check(unit.policy, draft)
        if not own.has_errors:
            kind.lower(unit.policy, draft)
        found = draft.finish()
    _check_sources(vocabulary, unit.document, report)
    report.extend(own)
    return found


def _formulas(vocabulary: Vocabulary, document: Document, report: Report) -> tuple[Node, ...]:
    """What the declarations themselves come to."""
    _check_sources(vocabulary, document, report)
    return (
        *derived_facts(vocabulary, document, WRITTEN, report),
        *best_children(vocabulary, document, report),
        *entity_periods(vocabulary, document, WRITTEN, report),
        *order_nodes(vocabulary, document, report),
    )


def _remarks(node: Node, vocabulary: Vocabulary, points: bool) -> Iterator[Diagnostic]:
    """What is said of a node of the declarations that is no mistake."""
    yield from constant_conditions(node.expression, vocabulary.domains(node.entity))
    yield from self_comparisons(node.expression)
    yield from two_readings(node.expression, points=points)


def _check_sources(vocabulary: Vocabulary, document: Document, report: Report) -> None:
    """Every `source: {document: ...}` of a document names a declared one."""
    known = vocabulary.declarations.sources
    pending: list[tuple[str | int | None, object]] = [(None, document.root)]
    while pending:
        step, node = pending.pop()
        if isinstance(node, SequenceNode):
            pending.extend(enumerate(node.items))
        elif isinstance(node, MappingNode):
            pending.extend((key, entry.value) for key, entry in node.entries.items())
            named = node.entries.get("document")
            if step == "source" and named is not None and isinstance(named.value, Scalar):
                word = named.value.text
                if word not in known:
                    help = did_you_mean(word, known) or "declare it under `sources` in the program"
                    at = named.value.span
                    report.add(UNKNOWN_NAME.at(at, f"`{word}` is not a source of this program", help=help))
