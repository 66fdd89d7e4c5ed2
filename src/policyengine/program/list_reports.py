"""Reports beside the policies, linked: their expressions as nodes of a graph of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Diagnostic, did_you_mean, listed
from policyengine.feel.checker.checker import check
from policyengine.feel.checker.choice_order import spell_out
from policyengine.feel.functions import LIBRARY, WRITTEN
from policyengine.feel.syntax.parser import parse
from policyengine.feel.types.types import BOOLEAN, Type
from policyengine.policy.list_report import ListReport
from policyengine.policy.policy_reader import DUPLICATE_ID, UNKNOWN_NAME, excerpt
from policyengine.policy.rule import Node
from policyengine.program.graph import Graph
from policyengine.program.linked import Program
from policyengine.program.partial_counts import with_bounds
from policyengine.program.read import ReportDocument
from policyengine.text.document import Scalar

RESERVED = ("due", "losing", "next", "undecided", "waivers")
"""The lists that every program has."""
_GOOD = """\
kind: report
id: small
title: Small partners
for: partner
when: active_accounts < 5
columns: [{id: name, value: name}, {id: accounts, value: active_accounts}]
order: [accounts]
"""
TAKEN = Code(
    id="REPORT001",
    title="a report that is called like a list that every program has",
    why="`policyengine report` would not know which of the two is meant.",
    bad=_GOOD.replace("id: small", "id: due"),
    good=_GOOD,
)
CODES = (TAKEN,)


@dataclass(frozen=True, slots=True)
class LinkedReport:
    """A report and the graph with its expressions; the types of its columns."""

    report: ListReport
    graph: Graph
    types: Mapping[str, Type]

    @property
    def filter(self) -> str | None:
        """The node that tells whether something is listed."""
        return None if self.report.when is None else _name(self.report, "when")

    @property
    def columns(self) -> list[str]:
        """The nodes of the columns, in order."""
        return [_name(self.report, column.id) for column in self.report.columns]


def _name(report: ListReport, part: str) -> str:
    return f"report:{report.id}/{part}"


def linked_report(found: ReportDocument, graph: Graph) -> LinkedReport | tuple[Diagnostic, ...]:
    """A report, linked to what a program works out; or what is wrong with it."""
    report, mistakes = found.report, list(_form(found, graph))
    if report.for_ not in graph.vocabulary.entities:
        return tuple(mistakes)
    nodes: dict[str, Node] = {}
    types: dict[str, Type] = {}
    for name, pointer, wanted in _expressions(report):
        node = found.document.at(pointer)
        assert isinstance(node, Scalar)
        names = graph.names(report.for_)
        parsed = parse(excerpt(node), names, functions=WRITTEN)
        mistakes += parsed.diagnostics
        if parsed.expression is None:
            continue
        checked = check(parsed.expression, names, wanted, functions=LIBRARY)
        mistakes += checked.diagnostics
        if not checked.diagnostics:
            tree = spell_out(parsed.expression, checked.orders)
            nodes[name] = Node(name, report.for_, tree, node.span, wanted)
            types[name] = checked.type
    if mistakes:
        return tuple(mistakes)
    own = {**graph.nodes.get(report.for_, {}), **nodes}
    keys = {(report.for_, name): kind for name, kind in types.items()}
    more = replace(
        graph, nodes={**graph.nodes, report.for_: own}, types={**graph.types, **keys}, rules=(), _needs={}
    )
    return LinkedReport(report, more, types)


def _expressions(report: ListReport) -> Iterator[tuple[str, tuple[str | int, ...], Type | None]]:
    if report.when is not None:
        yield _name(report, "when"), ("when",), BOOLEAN
    for i, column in enumerate(report.columns):
        yield _name(report, column.id), ("columns", i, "value"), None


def _form(found: ReportDocument, graph: Graph) -> Iterator[Diagnostic]:
    report, document, entities = found.report, found.document, graph.vocabulary.entities
    if report.for_ not in entities:
        help = did_you_mean(report.for_, entities) or f"known: {listed(entities)}"
        at = document.value_span(("for",))
        yield UNKNOWN_NAME.at(at, f"`{report.for_}` is not an entity of this program", help=help)
    if report.id in RESERVED:
        at = document.value_span(("id",))
        yield TAKEN.at(at, f"every program has a list `{report.id}`", help="call this one otherwise")
    ids = [column.id for column in report.columns]
    for i, id in enumerate(ids):
        if id in ids[:i]:
            at = document.value_span(("columns", i, "id"))
            yield DUPLICATE_ID.at(at, f"`{id}` is the id of two columns", help="call one otherwise")
    for i, each in enumerate(report.order):
        if each.by not in ids:
            at = document.value_span(("order", i))
            help = did_you_mean(each.by, ids) or f"its columns are {listed(ids)}"
            yield UNKNOWN_NAME.at(at, f"`{each.by}` is not a column of this report", help=help)


def check_reports(program: Program) -> Iterator[Diagnostic]:
    """What is wrong with the reports of a program."""
    seen: set[str] = set()
    for each in program.reports:
        if program.graph is not None:
            linked = linked_report(each, program.graph)
            yield from linked if isinstance(linked, tuple) else ()
        if each.report.id in seen:
            at = each.document.value_span(("id",))
            yield DUPLICATE_ID.at(
                at, f"`{each.report.id}` is the id of two reports", help="call one otherwise"
            )
        seen.add(each.report.id)


def reports_of(program: Program) -> Sequence[LinkedReport]:
    """The reports of a program that has no mistakes."""
    graph = program.graph
    assert graph is not None
    found = (linked_report(each, graph) for each in program.reports)
    linked = (each for each in found if isinstance(each, LinkedReport))
    return [replace(each, graph=with_bounds(each.graph)) for each in linked]
