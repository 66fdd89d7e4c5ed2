"""A program as generated Python: the answers of the reference engine, many times faster.

In: a linked program, and its records. Out: decisions, or outcomes without reasons. `node_source` writes the
nodes of every entity as functions, by the generator of `feel.codegen`; a value may be unknown, and nothing is
left to the reference. `finding_source` and `reason_source` write, by `reader_source`, what reads findings and
their reasons off the values of an instance (`instance`, `value_places`), `outcomes` findings without reasons.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from policyengine.decision.decision import Decision
from policyengine.decision.findings import Subject
from policyengine.program.linked import Program
from policyengine.program.record import Record

if TYPE_CHECKING:
    from policyengine.diagnostics import Diagnostic
    from policyengine.engine.rows.engine import Compiled
    from policyengine.engine.rows.outcomes import Outcomes


class Engine:
    """Answers for the records of one program, by its code, which is written when it is first wanted."""

    def __init__(self, program: Program) -> None:
        self._program = program

    @cached_property
    def compiled(self) -> Compiled:
        """The code of the program."""
        from policyengine.engine.rows.engine import compile_graph

        graph = self._program.judging
        if graph is None:
            raise ValueError(f"`{self._program.name}` does not compile; its diagnostics say why")
        return compile_graph(graph, self._program.as_of)

    def decide(self, record: Record) -> Decision:
        """The decision for a record, with all reasons."""
        return self.compiled.decide(self._program, record)

    def outcomes(self, record: Record) -> Outcomes:
        """What is found for everyone in a record, without reasons."""
        return self.compiled.outcomes(record)

    def refusal(self, diagnostics: tuple[Diagnostic, ...]) -> Decision:
        """The decision about a record that cannot be read: its mistakes, and nothing decided."""
        program = self._program
        if program.graph is None or program.declarations is None:
            raise ValueError(f"`{program.name}` does not compile; its diagnostics say why")
        return Decision(
            program=program.declarations.id, program_title=program.declarations.title,
            policies=program.digest, as_of=program.as_of,
            subject=Subject(program.graph.vocabulary.root, None), complete=False, diagnostics=diagnostics,
        )  # fmt: skip

    def no_outcomes(self, diagnostics: tuple[Diagnostic, ...]) -> Outcomes:
        """The outcomes of a record that cannot be read."""
        from policyengine.engine.rows.outcomes import Outcomes

        return Outcomes((), diagnostics)
