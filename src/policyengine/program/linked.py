"""A linked program: the graph that is evaluated, and the documents that it was linked from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from policyengine.dataclass import dataclass
from policyengine.decision.findings import NotInForce
from policyengine.diagnostics import Diagnostic
from policyengine.policy.vocabulary import Declarations
from policyengine.program.assumptions import with_assumptions
from policyengine.program.graph import Graph
from policyengine.program.partial_counts import with_bounds

if TYPE_CHECKING:
    from policyengine.policy.policy_reader import PolicyDocument
    from policyengine.program.read import LedgerDocument, MappingDocument, ReportDocument
    from policyengine.text.document import Document

_WORKED_OUT = ("judging", "evaluated")
"""What is worked out of the graph alone, whatever the day."""


@dataclass(frozen=True)
class Program:
    """All policies of a folder, linked for one day.

    `graph` is None where the policies do not compile; then `diagnostics` say why. `document` and `units` are
    what it was linked from. No decision rests on `ledgers`, the statements of source documents, or
    on `mappings`, the columns of exports, or on `reports`, lists over a base.
    """

    name: str
    declarations: Declarations | None
    document: Document | None
    units: tuple[PolicyDocument, ...]
    as_of: date
    graph: Graph | None
    digest: str
    diagnostics: tuple[Diagnostic, ...]
    ledgers: tuple[LedgerDocument, ...] = ()
    mappings: tuple[MappingDocument, ...] = ()
    reports: tuple[ReportDocument, ...] = ()

    @property
    def documents(self) -> tuple[Document, ...]:
        """The documents of the declarations and of all policies."""
        own = (self.document,) if self.document is not None else ()
        return (*own, *(unit.document for unit in self.units))

    @cached_property
    def judging(self) -> Graph | None:
        """The graph with what findings rest on, by which engines judge."""
        if self.graph is None:
            return None
        found = with_assumptions(self.graph)
        return self.evaluated if found is self.graph else with_bounds(found)

    @cached_property
    def evaluated(self) -> Graph | None:
        """The graph by which engines work values out: with tests as far as they can be decided."""
        return None if self.graph is None else with_bounds(self.graph)

    @cached_property
    def not_in_force(self) -> tuple[NotInForce, ...]:
        """The policies that say nothing on the day."""
        from policyengine.program.versions import not_in_force

        return not_in_force(self.units, self.as_of)

    def on(self, day: date) -> Program | None:
        """The same on another day on which the same versions are in force; None where they differ."""
        from policyengine.program.versions import in_force

        if self.graph is None or in_force(self.units, self.as_of) != in_force(self.units, day):
            return None
        found = replace(self, as_of=day)
        found.__dict__.update((name, self.__dict__[name]) for name in _WORKED_OUT if name in self.__dict__)
        return found

    @property
    def ok(self) -> bool:
        """Whether it has no errors; warnings do not count."""
        return self.graph is not None
