"""Who needs what is not known, where it was worked out row by row: from a value to what was read for it."""

from __future__ import annotations

import polars as pl

from policyengine.dataclass import dataclass
from policyengine.engine.columns.demand import Need, Needs, PlaceSpot
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.row_reads import Level, Reads, Sight
from policyengine.engine.columns.row_work import Work
from policyengine.feel.values.values import Missing, Unknown, unknown_within

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Something that was read, and the column with who needs it."""

    number: int
    sight: Sight
    level: Level
    name: str
    column: str

    @property
    def key(self) -> _Key:
        """What `Missing` names it by."""
        return f"{self.number} {self.level.entity}", self.name

    def pass_on(self, needs: Needs, need: pl.Expr) -> None:
        """Passes the need on to the entity that has it."""
        spot = PlaceSpot(needs, self.level.entity)
        spot.own(self.name, needs.up(need, self.sight.frame, spot.emitter.frame), False)


def pass_by_rows(needs: Needs, reads: Reads, need: Need, deep: bool) -> None:
    """Passes the need of a value on to what keeps it from being known; `deep`: what keeps its items too."""
    frame = reads.top.frame
    wanted = frame.column(need).meta.output_name()
    asked = [
        _Asked(i, sight, level, name, frame.steps.fresh("need"))
        for i, sight in enumerate(reads.sights)
        for level in sight.level.chain()
        for name in (*level.leaves, *level.lists)
    ]

    def run(state: State) -> None:
        found = _marks(Work(reads, state, marked=True), state[frame.name].get_column(wanted), deep)
        for each in asked:
            rows = state[each.sight.frame.name]
            bits = [0] * rows.height
            for place, word in found.get(each.key, {}).items():
                bits[place] = word
            state[each.sight.frame.name] = rows.hstack([pl.Series(each.column, bits, dtype=pl.UInt64)])

    made = {(each.sight.frame.name, each.column) for each in asked}
    step = frame.steps.add(run, reads.needs | {(frame.name, wanted)}, made)
    for each in asked:
        each.pass_on(needs, each.sight.frame.added(each.column, step))


def _marks(work: Work, words: pl.Series, deep: bool) -> dict[_Key, dict[int, int]]:
    """For everything that was read and is not known the rows of it that are needed, and by whom."""
    places = (words != 0).arg_true().to_list()
    found: dict[_Key, dict[int, int]] = {}
    for place, value in zip(places, work.some(places), strict=True):
        unknown = unknown_within([value]) if deep else value
        for cause in unknown.causes if isinstance(unknown, Unknown) else ():
            if isinstance(cause, Missing):
                rows = found.setdefault((cause.entity, cause.fact), {})
                rows[int(cause.key)] = rows.get(int(cause.key), 0) | words[place]
    return found
