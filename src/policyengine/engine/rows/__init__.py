"""A program as generated Python: the answers of the reference engine, many times faster.

In: a linked program, and its records. Out: decisions, or outcomes without reasons. `node_source` writes the
nodes of every entity as functions, by the generator of `feel.codegen`; a value may be unknown, and nothing is
left to the reference. `readings` and `explanation` look at every rule and condition once, and then read
findings and their reasons off the values of an instance (`instance`, `places`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from policyengine.decision.decision import Decision
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
        self._compiled: Compiled | None = None

    @property
    def compiled(self) -> Compiled:
        """The code of the program."""
        if self._compiled is None:
            from policyengine.engine.rows.engine import compile_graph

            if self._program.graph is None:
                raise ValueError(f"`{self._program.name}` does not compile; its diagnostics say why")
            self._compiled = compile_graph(self._program.graph, self._program.as_of)
        return self._compiled

    def decide(self, record: Record) -> Decision:
        """The decision for a record, with all reasons."""
        return self.compiled.decide(self._program, record)

    def outcomes(self, record: Record) -> Outcomes:
        """What is found for everyone in a record, without reasons."""
        return self.compiled.outcomes(record)

    def refusal(self, diagnostics: tuple[Diagnostic, ...]) -> Outcomes:
        """The outcomes of a record that cannot be read."""
        from policyengine.engine.rows.outcomes import Outcomes

        return Outcomes((), diagnostics)
