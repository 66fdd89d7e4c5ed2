"""Who needs what is not known, where it was worked out row by row: from a value to what was read for it."""

from __future__ import annotations

import polars as pl

from policyengine.engine.columns.demand import Need, Needs, PlaceSpot
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.row_reads import Reads
from policyengine.engine.columns.row_work import Work
from policyengine.engine.finding_values import unknown_in
from policyengine.feel.values.values import Missing, Unknown, unknown_within

Marks = dict[tuple[str, str], dict[int, int]]
"""For what was read, by its entity and name, the rows that are needed and the bits of those who need them."""


def pass_by_rows(needs: Needs, reads: Reads, need: Need, deep: bool) -> None:
    """Passes the need of a value on to what keeps it from being known; `deep`: what keeps its items too."""
    frame = reads.sight.frame
    wanted = frame.column(need).meta.output_name()
    asked = [(sight, name, frame.steps.fresh("need")) for sight, name in reads.open_ones]

    def run(state: State) -> None:
        work = Work.of(state, marked=True)
        found = _marks(work, reads, state[frame.name].get_column(wanted), deep)
        for sight, name, column in asked:
            rows = state[sight.frame.name]
            bits = [0] * rows.height
            for place, word in found.get((sight.entity, name), {}).items():
                bits[place] = word
            state[sight.frame.name] = rows.hstack([pl.Series(column, bits, dtype=pl.UInt64)])

    made = {(sight.frame.name, column) for sight, _, column in asked}
    step = frame.steps.add(run, reads.needs | {(frame.name, wanted)}, made)
    for sight, name, column in asked:
        PlaceSpot(needs, sight.entity).own(name, sight.frame.added(column, step), False)


def _marks(work: Work, reads: Reads, words: pl.Series, deep: bool) -> Marks:
    """What of that which was read is not known and needed."""
    places = (words != 0).arg_true().to_list()
    found: Marks = {}
    for place, value in zip(places, work.at(reads, places), strict=True):
        unknown = (unknown_in(value) or unknown_within([value])) if deep else value
        for cause in unknown.causes if isinstance(unknown, Unknown) else ():
            if isinstance(cause, Missing):
                ((name, row),) = cause.within
                rows = found.setdefault((cause.entity, name), {})
                rows[int(row)] = rows.get(int(row), 0) | words[place]
    return found
