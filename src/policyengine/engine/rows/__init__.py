"""A program as generated Python source: the answers of the reference engine, many times faster.

In: a linked program, then one record after the other. Out: a `Decision`, or the outcomes alone.
The reference (`engine/reference`) walks the trees of expressions. Here the graph becomes one function an
entity (`nodes`), outcomes without reasons another (`light`). Findings with their reasons are put together by
plan where conditions come out as they did before (`runs`, `answers`, `plans`), or are kept for records with
the same facts (`bundles`, `traces`). Wherever something is not known, or there is no code for it, the
reference is asked; so there is one meaning, not two.
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

# So many records are answered sooner by walking the trees than by writing code first.
_FEW = 3


class Engine:
    """Answers for the records of one program: the first few by the reference, the others by its code."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._answered = 0
        self._compiled: Compiled | None = None

    @property
    def compiled(self) -> Compiled:
        """The code of the program, which is written when it is first wanted."""
        if self._compiled is None:
            from policyengine.engine.rows.engine import compile_graph

            if self._program.graph is None:
                raise ValueError(f"`{self._program.name}` does not compile; its diagnostics say why")
            self._compiled = compile_graph(self._program.graph, self._program.as_of)
        return self._compiled

    def decide(self, record: Record) -> Decision:
        """The decision for a record, with all reasons."""
        if self._compiled is None and self._answered < _FEW:
            from policyengine.engine.reference.row import evaluate

            self._answered += 1
            return evaluate(self._program, record)
        from policyengine.engine.rows.decide import decide

        return decide(self.compiled, self._program, record)

    def outcomes(self, record: Record) -> Outcomes:
        """What is found for everyone in a record, without reasons."""
        return (self._compiled or self.compiled).outcomes(record)

    def refusal(self, diagnostics: tuple[Diagnostic, ...]) -> Outcomes:
        """The outcomes of a record that cannot be read."""
        from policyengine.engine.rows.outcomes import Outcomes

        return Outcomes((), diagnostics)
