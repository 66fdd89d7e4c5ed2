"""Policies to a graph: lower each, resolve what they need of each other, order and type every expression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from policyengine.decision.findings import Assumption
from policyengine.decision.wording import join
from policyengine.diagnostics import Code, Diagnostic, Label, Report, Severity, did_you_mean
from policyengine.policy.base import Sourced
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.rule import Assumptions, Contribution, Lowered, Node, Reference, Region
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program import granted as granting
from policyengine.program import named_formulas as named
from policyengine.program import results
from policyengine.program.children_in_order import qualify
from policyengine.program.declaration_checks import default_words, fact_assumption
from policyengine.program.example import small_program
from policyengine.program.granted import defined_twice, granted
from policyengine.program.graph import Graph, Key
from policyengine.program.memo import Memo
from policyengine.program.named_formulas import named_formulas, written_out
from policyengine.program.node_types import Before, Nodes, take_order, type_nodes
from policyengine.program.policy_lowering import Lowering
from policyengine.program.read import Declared
from policyengine.program.version_choice import by_policy
from policyengine.source import Stretches

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
        self._lowering = Lowering(declared, report, self._memo)
        self._links = 0
        self._defined: set[tuple[str, str]] = set()
        self._awaited: list[Reference] = []

    def link(self, in_force: Sequence[PolicyDocument]) -> Graph:
        """The graph of the policies in force on a day."""
        vocabulary, units = self._results(in_force)
        formulas = self._lowering.formulas(vocabulary)
        each_policy = (self._lowering.versions(each, vocabulary) for each in by_policy(units))
        lowered = [low for low in each_policy if low is not None]
        if not self._report.has_errors:  # a policy with a mistake may be the one that defines it
            self._resolve(lowered)
        nodes: dict[str, dict[str, Node]] = {}
        for node in formulas.nodes:
            nodes.setdefault(node.entity, {})[node.name] = node
        shared = {node.name: node for node in formulas.nodes if "/" in node.name}
        for low in lowered:
            _add(nodes, low.nodes, vocabulary, self._report, shared)
        contributions = [each for low in lowered for each in low.contributions]
        _add(nodes, self._granted(vocabulary, contributions), vocabulary, self._report, shared)
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
        self._order_and_type(graph, nodes)
        remarks = [remark for low in (*lowered, formulas) for remark in low.remarks]
        wrong = Stretches(each.span for each in self._report if each.severity is Severity.ERROR)
        self._report.extend([remark for remark in remarks if not wrong.meet(remark.span)])
        return graph

    def _order_and_type(self, graph: Graph, nodes: Nodes) -> None:
        """Types the nodes in their order, with what the load before or the first day knows of them."""
        self._links += 1
        before: Before | None = self._memo.kept(("typed", self._links))
        before = self._memo.kept(("typed", 1)) if before is None else before
        take_order(graph, before)
        if graph.cycle:
            self._report.add(_cycle(graph, graph.cycle))
            return
        self._memo.keep(type_nodes(graph, nodes, before, self._report), ("typed", self._links))

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


def _code(name: str) -> str:
    return f"`{name}`"


def _add(
    nodes: dict[str, dict[str, Node]], more: Iterable[Node], vocabulary: Vocabulary, report: Report,
    shared: dict[str, Node],
) -> None:  # fmt: skip
    """Adds nodes; `shared` are those with names that policies may share, by name, the first of each."""
    for node in more:
        other = nodes.setdefault(node.entity, {}).setdefault(node.name, node)
        if other is node and "/" in node.name and shared.setdefault(node.name, node) is not node:
            other = _in_sight(nodes, node, vocabulary)
        if other is not node and node.noun is not None:
            help = "let one policy grant it, or grant it on another item"
            report.add(defined_twice(GRANTED_TWICE, other, node, help))


def _in_sight(nodes: dict[str, dict[str, Node]], node: Node, vocabulary: Vocabulary) -> Node:
    """What an entity above or below defines under the same name, if policies share it; else the node."""
    if node.entity not in vocabulary.entities:
        return node
    around = (*vocabulary.lineage(node.entity)[1:], *vocabulary.below(node.entity))
    return next((nodes[entity][node.name] for entity in around if node.name in nodes.get(entity, ())), node)


def _add_defaults(nodes: dict[str, dict[str, Node]], defaults: Iterable[Node]) -> None:
    for node in defaults:
        nodes.setdefault(node.entity, {}).setdefault(node.name, node)


_WAY_OUT = (
    "let one of them read a fact that records give, such as the level that is held in place of the one in "
    "force, or among children only those before (`previous`, `earlier`)"
)


def _cycle(graph: Graph, cycle: Sequence[Key]) -> Diagnostic:
    nodes = [graph.nodes[entity][name] for entity, name in cycle]
    words = ", ".join(f"`{node.name}`" for node in nodes if "/" not in node.name or len(nodes) == 1)
    labels = [Label(node.at, f"`{node.name}` needs `{following.name}`")
              for node, following in zip(nodes[1:], [*nodes[2:], nodes[0]], strict=False)
              if "/" not in node.name + following.name]  # fmt: skip
    sentence = f"{words} {'are' if words.count('`') > 2 else 'is'} derived in a circle"
    return CYCLE.at(nodes[0].at, sentence, labels=labels, help=_WAY_OUT)
