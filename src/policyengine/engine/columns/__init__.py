"""A program in columns: the second back end of the graph, for many records at once.

In: a linked program, then Arrow batches of records. Out: rows of the findings table, as Arrow.
Expressions become those of Polars, over one frame for every entity (`scopes`, `frames`). A null is what is
not known; numbers are whole units of a power of ten whose largest size is known (`terms`), so every cent is
right. What is one of a few things becomes a number that a table decodes (`finding_columns`). A record that
columns cannot hold exactly, and what would settle one that is not decided, is left to the row engine
(`plan`), so there is one meaning, not two.
"""

from __future__ import annotations

from policyengine.engine.columns.arrow_records import record_schema
from policyengine.engine.columns.assemble import Answer, ColumnPlan
from policyengine.program.linked import Program

__all__ = ["Answer", "ColumnPlan", "plan", "record_schema"]


def plan(program: Program) -> ColumnPlan:
    """The program, which must compile, in columns; raises `ValueError` for one that does not."""
    return ColumnPlan(program)
