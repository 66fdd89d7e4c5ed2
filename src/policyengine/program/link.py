"""Policies to a graph: lower each, resolve what they need of each other, order and type every expression."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Maps

from policyengine.diagnostics import Code, Diagnostic, Label, Report, Severity, did_you_mean
from policyengine.feel import types
from policyengine.feel.checker import check
from policyengine.feel.settled import settled
from policyengine.feel.types import Type
from policyengine.kinds import KINDS
from policyengine.policy.draft import UNKNOWN_NAME, Draft, Unit
from policyengine.policy.known import known_values
from policyengine.policy.library import LIBRARY
from policyengine.policy.rule import Lowered, Node
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program import results
from policyengine.program.declared import formulas
from policyengine.program.graph import Graph, Key, find_cycle
from policyengine.program.read import Declared
from policyengine.text.document import Document, Mapping, Pointer, Scalar
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
    why="A formula can only use what can be worked out before it.",
    bad="""\
kind: program
id: example
title: Example
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      one: {type: number, title: one, formula: two + 1}
      two: {type: number, title: two, formula: one - 1}
""",
    good="""\
kind: program
id: example
title: Example
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      zero: {type: number, title: zero}
      one: {type: number, title: one, formula: zero + 1}
      two: {type: number, title: two, formula: one + 1, informative: true}
""",
)
GRANTED_TWICE = Code(
    id="LINK001",
    title="one thing that two policies define",
    why="If two policies grant a discount on the same item, nobody has said which one counts.",
    bad=_GOOD + "---\n" + _GOOD.replace("id: example", "id: other"),
    good=_GOOD,
)
CODES = (CYCLE, GRANTED_TWICE, *results.CODES)


def link(declared: Declared, units: Sequence[Unit], report: Report) -> Graph:
    """The graph of the policies in force; what is wrong goes to the report, which may hold more already."""
    vocabulary, units = results.with_results(Vocabulary(declared.declarations), units, report)
    _check_sources(vocabulary, [declared.document, *(unit.document for unit in units)], report)
    lowered = [low for unit in units if (low := _lower(unit, vocabulary, report)) is not None]
    if not report.has_errors:  # a policy with a mistake may be the one that defines it
        _resolve(lowered, report)
    nodes: dict[str, dict[str, Node]] = {}
    remarks = [remark for low in lowered for remark in low.remarks]
    for entity, node in formulas(vocabulary, declared.document, LIBRARY, report):
        nodes.setdefault(entity, {})[node.name] = node
        remarks.extend(settled(node.expression, known_values(vocabulary, entity)))
    for low in lowered:
        _add(nodes, low.nodes, vocabulary, report)
    _add_defaults(nodes, [node for low in lowered for node in low.defaults])
    graph = Graph(
        vocabulary,
        nodes,
        {repeat.entity: repeat for low in lowered for repeat in low.repeats},
        tuple(rule for low in lowered for rule in low.rules),
        tuple(transition for low in lowered for transition in low.transitions),
    )
    cycle = find_cycle(graph)
    if cycle:
        report.add(_cycle(graph, cycle))
    else:
        _type(graph, report)
    report.extend([remark for remark in remarks if not _is_about(remark, report)])
    return graph


def _is_about(remark: Diagnostic, report: Report) -> bool:
    """Whether a remark is about something that has a mistake in it: one fault is said once."""
    at = remark.span
    found = (each.span for each in report if each.severity is Severity.ERROR)
    return any(
        at is not None and each is not None and each.source is at.source
        and each.start < at.end and at.start < each.end
        for each in found
    )  # fmt: skip


def _lower(unit: Unit, vocabulary: Vocabulary, report: Report) -> Lowered | None:
    own = Report()
    draft = Draft(unit, vocabulary, own, LIBRARY)
    if not draft.known(unit.policy.for_, vocabulary.entities, "entity", "for"):
        report.extend(own)
        return None
    kind = KINDS[unit.policy.kind]
    kind.check(unit.policy, draft)
    if not own.has_errors:
        kind.lower(unit.policy, draft)
    report.extend(own)
    return draft.finish()


def _add(
    nodes: dict[str, dict[str, Node]], more: Iterable[Node], vocabulary: Vocabulary, report: Report
) -> None:
    for node in more:
        other = nodes.setdefault(node.entity, {}).setdefault(node.name, node)
        if other is node:
            other = _in_sight(nodes, node, vocabulary)
        if other is not node and node.noun is not None:
            report.add(
                GRANTED_TWICE.at(
                    node.at,
                    f"the {node.noun} is defined by two policies",
                    help="let one policy grant it, or grant it on another item",
                    labels=[Label(other.at, "the other one")],
                )
            )


def _in_sight(nodes: dict[str, dict[str, Node]], node: Node, vocabulary: Vocabulary) -> Node:
    """What an entity above or below defines under the same name, if policies share it; else the node."""
    if "/" not in node.name or node.entity not in vocabulary.entities:
        return node
    lineage = vocabulary.lineage(node.entity)
    owners = [entity for entity in vocabulary.entities if node.name in nodes.get(entity, ())]
    for entity in owners:
        if entity != node.entity and (entity in lineage or node.entity in vocabulary.lineage(entity)):
            return nodes[entity][node.name]
    return node


def _add_defaults(nodes: dict[str, dict[str, Node]], defaults: Iterable[Node]) -> None:
    for node in defaults:
        nodes.setdefault(node.entity, {}).setdefault(node.name, node)


def _resolve(lowered: Sequence[Lowered], report: Report) -> None:
    defined = {(each.space, each.name) for low in lowered for each in low.definitions}
    for low in lowered:
        for reference in low.references:
            if (reference.space, reference.name) not in defined:
                report.add(reference.missing)


def _cycle(graph: Graph, cycle: Sequence[Key]) -> Diagnostic:
    nodes = [graph.nodes[entity][name] for entity, name in cycle]
    words = ", ".join(f"`{node.name}`" for node in nodes if "/" not in node.name or len(nodes) == 1)
    labels = [Label(node.at, f"`{node.name}` needs `{following.name}`")
              for node, following in zip(nodes[1:], [*nodes[2:], nodes[0]], strict=False)
              if "/" not in node.name + following.name]  # fmt: skip
    return CYCLE.at(
        nodes[0].at, f"{words} {'are' if words.count('`') > 2 else 'is'} derived in a circle", labels=labels
    )


def _type(graph: Graph, report: Report) -> None:
    sights: dict[str, ChainMap[str, Type]] = {}
    for entity in graph.nodes:
        _look_around(graph, entity, sights)
    for key in graph.order:
        entity, name = key
        node = graph.nodes[entity][name]
        checked = check(node.expression, sights[entity], node.wanted, functions=LIBRARY)
        report.extend(checked.diagnostics)
        graph.types[key] = sights[entity][name] = node.wanted if node.wanted is not None else checked.type


def _look_around(graph: Graph, entity: str, sights: dict[str, ChainMap[str, Type]]) -> None:
    """Adds what an entity sees, and all above it: names of its own, and then those of what it belongs to."""
    for each in reversed(list(graph.lineage(entity))):
        if each not in sights:
            above = graph.above(each)
            outermost: ChainMap[str, Type] = ChainMap({"today": types.DATE})
            repeat = graph.repeats.get(each)
            own: Maps[str, Type] = graph.vocabulary.row(each).fields if repeat is None else repeat.types
            sights[each] = (outermost if above is None else sights[above]).new_child(dict(own))


def _check_sources(vocabulary: Vocabulary, documents: Iterable[Document], report: Report) -> None:
    """Every `source: {document: ...}` of every document names a declared one."""
    known = vocabulary.declarations.sources
    for document in documents:
        pending: list[tuple[Pointer, object]] = [((), document.root)]
        while pending:
            pointer, node = pending.pop()
            if isinstance(node, SequenceNode):
                pending.extend(((*pointer, i), item) for i, item in enumerate(node.items))
            elif isinstance(node, Mapping):
                pending.extend(((*pointer, key), entry.value) for key, entry in node.entries.items())
                named = node.entries.get("document")
                if (
                    pointer
                    and pointer[-1] == "source"
                    and named is not None
                    and isinstance(named.value, Scalar)
                ):
                    word = named.value.text
                    if word not in known:
                        help = did_you_mean(word, known) or "declare it under `sources` in the program"
                        at = named.value.span
                        report.add(
                            UNKNOWN_NAME.at(at, f"`{word}` is not a source of this program", help=help)
                        )
