"""Mutants of a program: versions with one small mistake that somebody might make.

Every threshold, rate, period and date is moved by one unit, every condition negated, every comparison, `and`
and `or` exchanged, every requirement and alternative dropped, every party replaced. A mutant is an edit of
the written text, so that it has a line. The graph decides what is edited: a number that no expression reads
is not a threshold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from policyengine.dataclass import dataclass
from policyengine.feel.functions import WRITTEN
from policyengine.feel.syntax.parser import parse
from policyengine.feel.types import types
from policyengine.policy.policy_reader import excerpt
from policyengine.policy.rule import Rule, Rules, Shortfalls
from policyengine.policy.vocabulary import Declarations
from policyengine.program import load as loading
from policyengine.program.graph import Graph
from policyengine.program.linked import Program
from policyengine.program.versions import turning_points
from policyengine.source import Source, Span
from policyengine.text.document import Document, Scalar
from policyengine.verify.document_index import DocumentIndex, Edit, Replacement, applied, made_up
from policyengine.verify.rule_mutations import dropped, dropped_operands, exchanged, orders_changed, turned
from policyengine.verify.value_mutations import (
    days_moved,
    ends_redirected,
    moved,
    parties_replaced,
    roles_replaced,
    together,
)


@dataclass(frozen=True)
class Mutant:
    """A program with one mistake: its place, a description, and the sources with the mistake.

    `policy` is the id of the changed policy; None for the declarations of the program.
    """

    at: Span
    words: str
    edits: tuple[Edit, ...]
    policy: str | None
    original: tuple[Source, ...]

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """The sources with the mistake; unchanged sources are the same objects."""
        return tuple(applied(source, self.edits) for source in self.original)


def mutants(program: Program, sources: Sequence[Source]) -> Iterator[Mutant]:
    """The mutants of a program that compiles, each once, in the order of their places.

    `sources` are the texts that the program was loaded from. Versions of every day are changed, not only
    those in force on the day of `program`.
    """
    found: dict[tuple[Edit, ...], Mutant] = {}
    documents = _documents(program)
    graphs = _graphs(program, sources)
    parties = [] if program.declarations is None else list(program.declarations.parties)
    for document, policy in documents:
        places = DocumentIndex(document)
        written = (
            _of_policy(places, parties) if policy is not None else _of_program(places, program.declarations)
        )
        for change in (*written, *_changes(places, graphs)):
            mutant = Mutant(change.at, change.words, change.edits, policy, tuple(sources))
            found.setdefault(change.edits, mutant)
    yield from sorted(found.values(), key=lambda each: (each.at.source.name, each.at.start, each.words))


def _documents(program: Program) -> list[tuple[Document, str | None]]:
    own = [(program.document, None)] if program.document is not None else []
    return [*own, *((unit.document, unit.policy.id) for unit in program.units)]


def _graphs(program: Program, sources: Sequence[Source]) -> list[Graph]:
    """The graph of every day on which a version begins or ends, all from the same sources."""
    days = turning_points(program.units, program.as_of)
    loaded = (program if day == program.as_of else loading.load(program.name, sources, day) for day in days)
    return [each.graph for each in loaded if each.graph is not None]


def _of_policy(places: DocumentIndex, parties: Sequence[str]) -> Iterator[Replacement]:
    """Changes of what no expression reads: days of a policy, who does something, where a stage leads."""
    yield from days_moved(places)
    yield from roles_replaced(places, parties)
    yield from ends_redirected(places)


def _of_program(places: DocumentIndex, declarations: Declarations | None) -> Iterator[Replacement]:
    """Changes of orders, and of formulas with parameters where they are written."""
    yield from orders_changed(places)
    for name, formula in declarations.define.items() if declarations is not None else ():
        written = places.document.at(("define", name, "formula"))
        assert isinstance(written, Scalar)
        parsed = parse(excerpt(written), formula.of, functions=WRITTEN).expression
        if parsed is not None:  # where it is called, what is given stands in place of the parameters
            yield from exchanged(places, parsed)


def _changes(places: DocumentIndex, graphs: Sequence[Graph]) -> Iterator[Replacement]:
    for graph in graphs:
        for rule in _all_rules(graph.rules):
            if places.holds(rule.origin.at):
                yield from dropped(places, rule.origin)
        nodes = [(key, node) for key, node in graph.every_node() if places.holds(node.at)]
        parties = list(graph.vocabulary.declarations.parties)
        for key, node in nodes:
            yield from moved(places, node.expression)
            yield from exchanged(places, node.expression)
            added = made_up(node.expression)
            conditions = turned(places, node.expression, graph.types.get(key) == types.BOOLEAN)
            yield from (change for change in conditions if change.at not in added)
            yield from dropped_operands(places, node.expression)
            yield from parties_replaced(places, node.expression, parties)
        yield from together(places, [node.expression for _, node in nodes])


def _all_rules(rules: Iterable[Rule]) -> Iterator[Rule]:
    """The rules and the rules nested in them."""
    for rule in rules:
        yield rule
        for reading in rule.fields.values():
            yield from _within(reading)


def _within(reading: object) -> Iterator[Rule]:
    if isinstance(reading, (Rules, Shortfalls)):
        yield from _all_rules(reading.rules)
    for name in ("cases", "fields"):
        for below in (getattr(reading, name, None) or {}).values():
            yield from _within(below)
    if hasattr(reading, "otherwise"):
        yield from _within(reading.otherwise)
