"""Policies to a graph: lower each, resolve what they need of each other, order and type every expression."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Maps
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from policyengine.decision.findings import Assumption
from policyengine.decision.wording import join
from policyengine.diagnostics import Code, Diagnostic, Label, Report, Severity, did_you_mean
from policyengine.feel.checker.checker import check
from policyengine.feel.checker.choice_order import spell_out
from policyengine.feel.checker.typescope import Known
from policyengine.feel.functions import LIBRARY, WRITTEN
from policyengine.feel.proving.constant_conditions import constant_conditions, self_comparisons
from policyengine.feel.types import types
from policyengine.feel.types.types import Type
from policyengine.kinds import KINDS
from policyengine.policy.base import Sourced
from policyengine.policy.draft import Draft
from policyengine.policy.policy_reader import UNKNOWN_NAME, PolicyDocument
from policyengine.policy.quantities import two_readings
from policyengine.policy.rule import Assumptions, Contribution, Lowered, Node, Reference, Region
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program import granted as granting
from policyengine.program import named_formulas as named
from policyengine.program import results
from policyengine.program.best_children import best_children
from policyengine.program.children_in_order import order_nodes, qualify
from policyengine.program.declaration_checks import default_words, derived_facts, fact_assumption
from policyengine.program.entity_periods import entity_periods
from policyengine.program.example import small_program
from policyengine.program.granted import defined_twice, granted
from policyengine.program.graph import Graph, Key
from policyengine.program.memo import Memo
from policyengine.program.named_formulas import named_formulas, written_out
from policyengine.program.read import Declared
from policyengine.program.version_choice import by_policy, combined
from policyengine.source import Stretches
from policyengine.text.document import Document, Mapping, Scalar
from policyengine.text.document import Sequence as SequenceNode

_GOOD = """\
kind: tiers
id: example
title: Example
for: partner
measure: active_accounts
levels: [{id: silver, title: Silver, active_accounts: 10.., grants: [{discount: 20%, on: [subscription]}]}]
otherwise: {level: none, basis: assumed, note: not said}
"""
CYCLE = Code(
    id="GRAPH001",
    title="facts that are derived from each other in a circle",
    why="A formula can only use values that are computed before it.",
    bad=small_program(
        "one: {type: number, title: one, formula: two + 1}",
        "two: {type: number, title: two, formula: one - 1}",
    ),
    good=small_program(
        "zero: {type: number, title: zero}",
        "one: {type: number, title: one, formula: zero + 1}",
        "two: {type: number, title: two, formula: one + 1}",
    ),
)
GRANTED_TWICE = Code(
    id="LINK001",
    title="one thing that two policies define",
    why="If two policies grant a discount on the same item, nobody has said which one counts.",
    bad=_GOOD + "---\n" + _GOOD.replace("id: example", "id: other"),
    good=_GOOD,
)
_MOST_VOCABULARIES = 64
CODES = (CYCLE, GRANTED_TWICE, *results.CODES, *granting.CODES, *named.CODES)


class Linker:
    """Links the policies of a program for one day after another.

    What is wrong goes to the report, which may hold more already. The memo has what the days share, and what
    is as it was in the load before.
    """

    def __init__(self, declared: Declared, report: Report, memo: Memo | None = None) -> None:
        self._declared = declared
        self._report = report
        self._memo = Memo() if memo is None else memo
        self._defined: set[tuple[str, str]] = set()
        self._awaited: list[Reference] = []

    def link(self, in_force: Sequence[PolicyDocument]) -> Graph:
        """The graph of the policies in force on a day."""
        vocabulary, units = self._results(in_force)
        formulas = self._read_formulas(vocabulary)
        lowered = [low for each in by_policy(units) if (low := self._versions(each, vocabulary)) is not None]
        if not self._report.has_errors:  # a policy with a mistake may be the one that defines it
            self._resolve(lowered)
        nodes: dict[str, dict[str, Node]] = {}
        for node in formulas.nodes:
            nodes.setdefault(node.entity, {})[node.name] = node
        for low in lowered:
            _add(nodes, low.nodes, vocabulary, self._report)
        contributions = [each for low in lowered for each in low.contributions]
        _add(nodes, self._granted(vocabulary, contributions), vocabulary, self._report)
        _add_defaults(nodes, [node for low in lowered for node in low.defaults])
        repeats = {repeat.entity: repeat for low in lowered for repeat in low.repeats}
        self._write_out(vocabulary, nodes)
        names = qualify(vocabulary, nodes, repeats, self._memo, self._report)
        graph = Graph(
            vocabulary,
            nodes,
            repeats,
            tuple(rule for low in lowered for rule in low.rules),
            tuple(transition for low in lowered for transition in low.transitions),
            assumptions=self._assumptions(lowered),
            renewals=tuple(renewal for low in lowered for renewal in low.renewals),
            qualified=names,
        )
        if graph.cycle:
            self._report.add(_cycle(graph, graph.cycle))
        else:
            self._type(graph, nodes)
        remarks = [remark for low in (*lowered, formulas) for remark in low.remarks]
        wrong = Stretches(each.span for each in self._report if each.severity is Severity.ERROR)
        self._report.extend([remark for remark in remarks if not wrong.meet(remark.span)])
        return graph

    def _resolve(self, lowered: Sequence[Lowered]) -> None:
        """Reports what no policy of that day defines; what may be defined on any day waits for `finish`."""
        defined = {(each.space, each.name) for low in lowered for each in low.definitions}
        self._defined |= defined
        for low in lowered:
            for reference in low.references:
                if reference.any_day:
                    self._awaited.append(reference)
                elif (reference.space, reference.name) not in defined:
                    self._report.add(reference.missing)

    def finish(self) -> None:
        """Reports what no policy defines on any of the days."""
        if self._report.has_errors:  # a policy with a mistake may be the one that defines it
            return
        for each in dict.fromkeys(self._awaited):
            if (each.space, each.name) not in self._defined:
                known = sorted(name for space, name in self._defined if space == each.space)
                ends = [name for name in known if name.rpartition("/")[2] == each.name.rpartition("/")[2]]
                help = f"write {join(map(_code, ends), 'or')}" if ends else did_you_mean(each.name, known)
                self._report.add(replace(each.missing, help=help))

    def _write_out(self, vocabulary: Vocabulary, nodes: dict[str, dict[str, Node]]) -> None:
        """Replaces calls of the formulas that the program names; the same nodes for the same ones."""
        if not vocabulary.declarations.define:
            return
        read = partial(named_formulas, vocabulary, self._declared.document)
        named = self._memo.of("define", (self._declared, vocabulary), self._report, read)
        for node in [node for own in nodes.values() for node in own.values()]:
            write = partial(written_out, node, named)
            found = self._memo.of("written out", (node, named), self._report, write)
            if found is not None:
                for each in (found.node, *found.added):
                    nodes[each.entity][each.name] = each

    def _results(self, units: Sequence[PolicyDocument]) -> tuple[Vocabulary, Sequence[PolicyDocument]]:
        """The names of that day; days with the same results have the same vocabulary."""
        declarations = self._declared.declarations
        plain = self._memo.of("names", (self._declared,), self._report, lambda _: Vocabulary(declarations))
        vocabulary, good = results.with_results(plain, units, self._report)
        all_known: tuple[Vocabulary, ...] = self._memo.kept("all names", plain) or ()
        for known in all_known:
            if (known.results, known.waivers) == (vocabulary.results, vocabulary.waivers):
                return known, good
        self._memo.keep((vocabulary, *all_known)[:_MOST_VOCABULARIES], "all names", plain)
        return vocabulary, good

    def _assumptions(self, lowered: Sequence[Lowered]) -> Assumptions:
        """What the policies and the declarations assume."""
        declarations, document = self._declared.declarations, self._declared.document

        def of(part: Sourced, id: str, title: str, *place: str) -> Assumption:
            return Assumption(declarations.id, id, title, document.key_span(place), part.note)

        stand_ins = [
            Region(document.value_span(place), replace(of(fact, name, fact.title, *place), note=note))
            for entity, declared in declarations.entities.items()
            for name, fact in declared.facts.items()
            if fact.default is not None
            for place in [("entities", entity, "facts", name, "default")]
            for note in [f"where a record does not say it, {default_words(fact, fact.default)} is taken"]
        ]
        facts = {
            (entity, name): (fact_assumption(declarations, document, entity, name), at)
            for entity, declared in declarations.entities.items()
            for name, fact in declared.facts.items() if fact.basis == "assumed"
            for at in [document.value_span(("entities", entity, "facts", name))]
        }  # fmt: skip
        return Assumptions(
            (*(Region(span, each) for each, span in facts.values()), *stand_ins,
             *(region for low in lowered for region in low.regions)),
            {key: each for key, (each, _) in facts.items()},
            of(declarations, declarations.id, declarations.title) if declarations.basis == "assumed"
            else None,
        )  # fmt: skip

    def _granted(self, vocabulary: Vocabulary, given: Sequence[Contribution]) -> list[Node]:
        """What several policies give; the same nodes for the same parts, as typing knows them again."""
        document, broken = self._declared.document, self._report.has_errors
        return self._memo.of(
            ("granted", broken), (self._declared, vocabulary, *given), self._report,
            lambda report: list(granted(vocabulary, document, given, GRANTED_TWICE, report, broken=broken)),
        )  # fmt: skip

    def _read_formulas(self, vocabulary: Vocabulary) -> Lowered:
        read = partial(_formulas, vocabulary, self._declared.document)
        return self._memo.of("formulas", (self._declared, vocabulary), self._report, read)

    def _versions(self, units: Sequence[PolicyDocument], vocabulary: Vocabulary) -> Lowered | None:
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
        parts = (unit.document, unit.policy, vocabulary)
        lower = partial(_lower, unit, vocabulary)
        return self._memo.of(("lowered", unit.since), parts, self._report, lower)

    def _type(self, graph: Graph, nodes: dict[str, dict[str, Node]]) -> None:
        """Types every node among the names that its entity sees."""
        sights: dict[str, ChainMap[str, Type]] = {}
        for entity in graph.nodes:
            _look_around(graph, entity, sights)
        known: dict[str, Known] = {}
        for entity in sights:  # an entity comes behind the one that it belongs to
            known[entity] = Known(sights[entity].maps[0], known.get(graph.above(entity) or ""))
        for key in graph.order:
            entity, name = key
            node, found = self._type_of(nodes[entity][name], sights[entity], known[entity])
            nodes[entity][name] = node
            graph.types[key] = sights[entity][name] = found

    def _type_of(self, node: Node, sight: Maps[str, Type], known: Known | None = None) -> tuple[Node, Type]:
        """The node, with comparisons of choices that ascend spelled out, and its type."""
        typed: _Typed | None = self._memo.kept("typed", node)
        if typed is not None and all(sight.get(name) == kind for name, kind in typed.names):
            return typed.typed, typed.found
        checked = check(node.expression, sight, node.wanted, functions=LIBRARY, known=known)
        self._report.extend(checked.diagnostics)
        found = node.wanted if node.wanted is not None else checked.type
        clear = node
        if checked.orders and not checked.diagnostics:
            clear = replace(node, expression=spell_out(node.expression, checked.orders))
        if not checked.diagnostics:
            names = tuple((name, sight[name]) for name in checked.names)
            self._memo.keep(_Typed(names, clear, found), "typed", node)
        return clear, found


class _Typed(NamedTuple):
    """A node without a mistake: the names that it uses with their types, and the type that it has then."""

    names: tuple[tuple[str, Type], ...]
    typed: Node
    found: Type


def _code(name: str) -> str:
    return f"`{name}`"


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


def _formulas(vocabulary: Vocabulary, document: Document, report: Report) -> Lowered:
    """What the declarations themselves come to."""
    _check_sources(vocabulary, document, report)
    derived = derived_facts(vocabulary, document, WRITTEN, report)
    nodes = (
        *derived,
        *best_children(vocabulary, document, report),
        *entity_periods(vocabulary, document, WRITTEN, report),
        *order_nodes(vocabulary, document, report),
    )
    points = vocabulary.number_of_digits() < 3
    remarks = [
        remark for node in nodes
        for remark in (
            *constant_conditions(node.expression, vocabulary.domains(node.entity)),
            *self_comparisons(node.expression),
            *two_readings(node.expression, points=points),
        )
    ]  # fmt: skip
    return Lowered(nodes, remarks=tuple(remarks))


def _add(
    nodes: dict[str, dict[str, Node]], more: Iterable[Node], vocabulary: Vocabulary, report: Report
) -> None:
    for node in more:
        other = nodes.setdefault(node.entity, {}).setdefault(node.name, node)
        if other is node:
            other = _in_sight(nodes, node, vocabulary)
        if other is not node and node.noun is not None:
            help = "let one policy grant it, or grant it on another item"
            report.add(defined_twice(GRANTED_TWICE, other, node, help))


def _in_sight(nodes: dict[str, dict[str, Node]], node: Node, vocabulary: Vocabulary) -> Node:
    """What an entity above or below defines under the same name, if policies share it; else the node."""
    if "/" not in node.name or node.entity not in vocabulary.entities:
        return node
    around = (*vocabulary.lineage(node.entity)[1:], *vocabulary.below(node.entity))
    return next((nodes[entity][node.name] for entity in around if node.name in nodes.get(entity, ())), node)


def _add_defaults(nodes: dict[str, dict[str, Node]], defaults: Iterable[Node]) -> None:
    for node in defaults:
        nodes.setdefault(node.entity, {}).setdefault(node.name, node)


def _cycle(graph: Graph, cycle: Sequence[Key]) -> Diagnostic:
    nodes = [graph.nodes[entity][name] for entity, name in cycle]
    words = ", ".join(f"`{node.name}`" for node in nodes if "/" not in node.name or len(nodes) == 1)
    labels = [Label(node.at, f"`{node.name}` needs `{following.name}`")
              for node, following in zip(nodes[1:], [*nodes[2:], nodes[0]], strict=False)
              if "/" not in node.name + following.name]  # fmt: skip
    return CYCLE.at(
        nodes[0].at, f"{words} {'are' if words.count('`') > 2 else 'is'} derived in a circle", labels=labels
    )


def _look_around(graph: Graph, entity: str, sights: dict[str, ChainMap[str, Type]]) -> None:
    """Adds what an entity sees, and all above it: names of its own, and then those of what it belongs to."""
    for each in reversed(list(graph.lineage(entity))):
        if each not in sights:
            above = graph.above(each)
            outermost: ChainMap[str, Type] = ChainMap({"today": types.DATE})
            repeat = graph.repeats.get(each)
            own = _own_names(graph.vocabulary, each) if repeat is None else repeat.types
            own = {**own, **graph.qualified.get(each, {})}
            sights[each] = (outermost if above is None else sights[above]).new_child(own)


def _own_names(vocabulary: Vocabulary, entity: str) -> dict[str, Type]:
    """The names that an entity itself has, also those of what a record says where something may stand in."""
    fields = vocabulary.row(entity).fields
    return {**fields, **{given: fields[name] for given, name in vocabulary.given(entity).items()}}


def _check_sources(vocabulary: Vocabulary, document: Document, report: Report) -> None:
    """Every `source: {document: ...}` of a document names a declared one."""
    known = vocabulary.declarations.sources
    pending: list[tuple[str | int | None, object]] = [(None, document.root)]
    while pending:
        step, node = pending.pop()
        if isinstance(node, SequenceNode):
            pending.extend(enumerate(node.items))
        elif isinstance(node, Mapping):
            pending.extend((key, entry.value) for key, entry in node.entries.items())
            named = node.entries.get("document")
            if step == "source" and named is not None and isinstance(named.value, Scalar):
                word = named.value.text
                if word not in known:
                    help = did_you_mean(word, known) or "declare it under `sources` in the program"
                    at = named.value.span
                    report.add(UNKNOWN_NAME.at(at, f"`{word}` is not a source of this program", help=help))
