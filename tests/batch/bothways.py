"""A run on files, with what it came to held in memory, to compare two ways of reading them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

from basefiles import table_rows

from policyengine.batch.engines import Columns
from policyengine.batch.inputs import Inputs, Reader
from policyengine.batch.run import Run, evaluate_all


def came_to(program: Any, inputs: Inputs, engine: Any = None) -> tuple[Any, ...]:
    """The rows of the findings table, the rejects, and the figures of the run."""
    rows: list[Any] = []
    rejects: list[Any] = []

    class Sink:
        def write(self, table, records):
            rows.extend(table_rows(table))

        reject = rejects.append

        def complete(self):
            pass

    @contextmanager
    def sink():
        rows.clear()
        rejects.clear()
        yield Sink()

    def read():
        return Reader(inputs, program.graph.vocabulary, (), lambda path, kind: iter(()))

    run = Run(program, engine or Columns(program), read, sink, lambda count, reader: None)
    summary = evaluate_all(run)
    figures = (
        summary.records,
        summary.rejected,
        summary.orphans,
        summary.rows,
        [*summary.mistakes.lines(str)],
    )
    return rows, rejects, figures
