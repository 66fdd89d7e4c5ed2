"""A policy on its way into the graph: what a kind needs to lower it.

A kind says `draft.condition(("stages", 0, "when"))` and gets an expression with its places; it says
`draft.define(...)` and gets a name for it. Mistakes go to the report; a part that is wrong becomes an
open question in the graph, so that one fault gives one diagnostic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from policyengine.decision.findings import Assumption, Basis, Clause, Origin
from policyengine.diagnostics import Code, Diagnostic, Report
from policyengine.feel.proving.constant_conditions import self_comparisons
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Expression, Name, names, walk
from policyengine.feel.types import types
from policyengine.feel.types.signatures import Library
from policyengine.feel.types.types import Type
from policyengine.feel.values.values import NEVER
from policyengine.policy.base import FURTHER, Part, SourceRef, fields_of
from policyengine.policy.bounds import Bounds, bounded
from policyengine.policy.condition import lower_condition
from policyengine.policy.policy_reader import DUPLICATE_ID, UNKNOWN_NAME, PolicyDocument, PolicyReader
from policyengine.policy.quantities import may_read_two_ways, two_readings
from policyengine.policy.rule import (
    Cases,
    Contribution,
    Definition,
    Lowered,
    Node,
    Reference,
    Region,
    Renewal,
    Repeat,
    Rule,
    Term,
    Transition,
)
from policyengine.policy.vocabulary import Declarations, Vocabulary
from policyengine.source import Span
from policyengine.text.document import Document, Pointer
from policyengine.text.document import Mapping as MappingNode
from policyengine.text.document import Node as DocumentNode
from policyengine.text.document import Sequence as SequenceNode

ASSUMED_WITHOUT_NOTE = Code(
    id="BASIS001",
    title="an assumption without a note on what was assumed",
    why="`basis: assumed` tells readers that the text does not say so; the note tells them what someone "
    "decided instead, so that the decision can be questioned.",
    bad="""\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, met_when: attends_quarterly_reviews, basis: assumed}
""",
    good="""\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - id: a
    title: A
    met_when: attends_quarterly_reviews
    basis: assumed
    note: the text does not say by when
""",
)
# DMN 1.5, 10.3.4.2: the built-in functions that round.
_ROUND = {"half_up": "round half up", "half_even": "decimal", "up": "round up", "down": "round down"}
CODES = (UNKNOWN_NAME, DUPLICATE_ID, ASSUMED_WITHOUT_NOTE)


class Draft(PolicyReader):
    """One policy being lowered."""

    def __init__(
        self, unit: PolicyDocument, vocabulary: Vocabulary, report: Report, functions: Library
    ) -> None:
        super().__init__(unit, vocabulary, report, functions)
        self._nodes: list[Node] = []
        self._defaults: list[Node] = []
        self._repeats: list[Repeat] = []
        self._rules: list[Rule] = []
        self._transitions: list[Transition] = []
        self._definitions: list[Definition] = []
        self._references: list[Reference] = []
        self._contributions: list[Contribution] = []
        self._renewals: list[Renewal] = []
        self._may_read_two_ways = may_read_two_ways(self.document.root.span.text)

    def finish(self) -> Lowered:
        """What was drafted."""
        return Lowered(
            tuple(self._nodes), tuple(self._defaults), tuple(self._repeats), tuple(self._rules),
            tuple(self._transitions), tuple(self._definitions), tuple(self._references),
            tuple(self.remarks), tuple(self._regions()), tuple(self._contributions),
            tuple(self._renewals),
        )  # fmt: skip

    # Provenance

    def origin(self, id: str, title: str, *pointer: str | int, noted: bool = True) -> Origin:
        """Where a finding of this part comes from; source, basis and note are inherited downwards.

        What is assumed has to be `noted`; of a figure the parts may have the notes.
        """
        places = list(self._parts(pointer))
        parts = [part for _, part in places]
        decided = next((each for each in reversed(places) if each[1].basis is not None), None)
        basis: Basis = decided[1].basis if decided is not None else "stated"
        note = next((part.note for part in reversed(parts) if part.note is not None), None)
        if noted and decided is not None and basis == "assumed" and note is None:
            self.report.add(assumed_without_note(self.document, decided[0]))
        named = max((i for i, part in enumerate(parts) if hasattr(part, "id")), default=0)
        own_note = note if basis == "assumed" or any(part.note for part in parts[named:]) else None
        assumption = self._assumption(places) if basis == "assumed" else None
        clause = clause_of(self.vocabulary.declarations, *(part.source for part in reversed(parts)))
        return Origin(self.policy.id, id, title, self.key_span(*pointer), clause, basis, own_note, assumption)

    def _assumption(self, places: Sequence[tuple[Pointer, Any]]) -> Assumption | None:
        """What the innermost of these parts assumes, with the note that is nearest; None if it is stated."""
        decided = next((i for i, (_, part) in reversed(list(enumerate(places))) if part.basis), None)
        if decided is None or places[decided][1].basis != "assumed":
            return None
        noted = next((i for i, (_, part) in reversed(list(enumerate(places))) if part.note), decided)
        pointer, _ = places[max(decided, noted)]
        parts = [part for _, part in places[: max(decided, noted) + 1]]
        id, title = (
            next(getattr(part, name) for part in reversed(parts) if getattr(part, name, None) is not None)
            for name in ("id", "title")
        )
        return Assumption(self.policy.id, id, title, self.key_span(*pointer), places[noted][1].note)

    def path(self, *pointer: str | int) -> str:
        """What a part is called from outside: the ids of the parts on the way, as `levels/gold/team`."""
        parts = [part for _, part in self._parts(pointer)]
        named = (getattr(part, "id", None) or getattr(part, "to", None) for part in parts)
        return "/".join(str(each) for each in named if each is not None)

    def _regions(self) -> Iterator[Region]:
        """The parts that say whether they are stated or assumed, or that have a note on it."""
        if "assumed" not in self.document.root.span.text:
            return
        pending: list[tuple[Pointer, DocumentNode]] = [((), self.document.root)]
        while pending:
            pointer, node = pending.pop()
            steps = node.items if isinstance(node, SequenceNode) else ()
            pending += [((*pointer, i), each) for i, each in enumerate(steps)]
            entries = node.entries if isinstance(node, MappingNode) else {}
            pending += [((*pointer, key), each.value) for key, each in entries.items()]
            places = list(self._parts(pointer))
            place, part = places[-1]
            if place == pointer and (part.basis or part.note):
                span = self.key_span(*pointer).to(node.span) if pointer else node.span
                yield Region(span, self._assumption(places))

    def _parts(self, pointer: Pointer) -> Iterable[tuple[Pointer, Any]]:
        at: Any = self.policy
        yield (), at
        for i, step in enumerate(pointer, start=1):
            at = below(at, step)
            if hasattr(at, "basis"):
                yield pointer[:i], at

    # Expressions and the graph

    def condition(self, *pointer: str | int, entity: str | None = None) -> Expression:
        """The condition that stands at a pointer, in whichever form it is written."""
        return self.examined(lower_condition(self, pointer, entity or self.entity), entity)

    def define(
        self,
        name: str,
        expression: Expression,
        at: Span,
        *,
        entity: str | None = None,
        wanted: Type | None = None,
        noun: str | None = None,
        title: str | None = None,
        exported: bool = False,
        cases: Cases | None = None,
        bounds: Bounds | None = None,
        terms: tuple[Term, ...] = (),
        part: Pointer = (),
    ) -> Name:
        """A node of the graph; the name by which other expressions refer to it.

        `part` leads to the part of the policy that a figure comes from.
        """
        self.figures(expression)
        self.remarks.extend(self_comparisons(expression))
        origin = None
        if exported:
            origin = replace(self.origin(name, noun or name, *part, noted=False), at=at)
        node = Node(
            name, entity or self.entity, expression, at, wanted, noun, exported, title, cases, terms=terms,
            origin=origin,
        )  # fmt: skip
        self._nodes.extend([node] if bounds is None else bounded(node, bounds, noun or self.policy.title))
        return build.name(name, at)

    def may_never_come(self, day: Expression) -> bool:
        """Whether a day may be `never`: it says so, or reads something where a fact of the program may be."""
        if build.literal(NEVER, day.span) in walk(day):
            return True
        facts = (fact for each in self.vocabulary.entities.values() for fact in each.facts.values())
        return bool(names(day)) and any(fact.may_never_come for fact in facts)

    def reads(self, fact: str, name: str, at: Span) -> None:
        """A fact that the policy reads, though no expression may be left that does: nothing is worked out."""
        self._nodes.append(Node(name, self.entity, build.name(fact, at), at, inline=True))

    def figures(self, expression: Expression) -> None:
        """Note the numbers of an expression that can be read two ways."""
        if self._may_read_two_ways:
            points = self.vocabulary.number_of_digits() < 3
            self.remarks.extend(two_readings(expression, points=points))

    def rounded(self, number: Expression, digits: Expression) -> Expression:
        """A number to so many decimals, as the program rounds."""
        return build.call(_ROUND[self.vocabulary.declarations.rounding], number, digits, span=number.span)

    def applies(self, name: str, *pointer: str | int, entity: str | None = None) -> Name:
        """The condition at a pointer, under which the part called `name` applies."""
        return self.define(
            f"{name}/applies",
            self.condition(*pointer),
            self.span(*pointer),
            entity=entity,
            wanted=types.BOOLEAN,
            title="applies",
        )

    def default(self, name: str, expression: Expression, at: Span) -> Name:
        """A node at the root that stands in where no policy defines one of this name."""
        self._defaults.append(Node(name, self.vocabulary.root, expression, at))
        return build.name(name, at)

    def repeat(self, repeat: Repeat) -> None:
        """A computed entity."""
        self._repeats.append(repeat)

    def rule(self, rule: Rule) -> None:
        """A finding to report."""
        self._rules.append(rule)

    def transition(self, transition: Transition) -> None:
        """A move from a stage."""
        self._transitions.append(transition)

    def renewal(self, renewal: Renewal) -> None:
        """What renewing a level that lasts writes."""
        self._renewals.append(renewal)

    def defines(self, space: str, name: str, at: Span) -> None:
        """Something that other policies may rely on."""
        self._definitions.append(Definition(space, name, at))

    def contributes(self, contribution: Contribution) -> None:
        """Part of a value that several policies may give."""
        self._contributions.append(contribution)

    def needs(self, space: str, name: str, missing: Diagnostic, any_day: bool = False) -> None:
        """Something that another policy has to define; else `missing` is reported."""
        self._references.append(Reference(space, name, missing, any_day))


def clause_of(declarations: Declarations, *sources: SourceRef | None) -> Clause | None:
    """The clause that a part rests on, by what it says as its source and what those above it say in turn.

    None where none of them says one, or names an unknown document. The program speaks last.
    """
    said = [each for each in (*sources, declarations.source) if each is not None]
    name = next((each.document for each in said if each.document is not None), None)
    document = None if name is None else declarations.sources.get(name)
    if name is None or document is None:
        return None
    return Clause(name, document.title, said[0].section, document.url)


def where_applicable(applies: Expression, value: Expression) -> Expression:
    """A value where a condition holds; else there is none."""
    at = applies.span
    return build.choose([(applies, value)], build.call("no value of", value, span=at), at)


def assumed_without_note(document: Document, pointer: Pointer) -> Diagnostic:
    """The mistake of a part that is assumed without a note; `pointer` leads to the part."""
    return ASSUMED_WITHOUT_NOTE.at(
        document.value_span((*pointer, "basis")), "this is assumed, but has no note on what was decided",
        help="add `note: what the text does not say, and what was decided`",
    )  # fmt: skip


def below(at: Any, step: str | int) -> Any:
    """What stands in a model under a key as it is written, or in a list at a position; None if nothing."""
    if isinstance(step, int):
        return at[step] if isinstance(at, (list, tuple)) and step < len(at) else None
    if isinstance(at, Mapping):
        return at.get(step)
    if not isinstance(at, Part):
        return None
    known = fields_of(type(at)).get(step)
    if known is not None:
        return getattr(at, known[0].name)
    further = fields_of(type(at)).get(FURTHER)
    return getattr(at, further[0].name).get(step) if further is not None else None
