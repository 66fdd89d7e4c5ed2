"""The smallest record that two programs treat differently, or the proof that there is none.

Records that are given come first, as they are; then one fact of them is moved, then more; without records
it starts from the barest one. What is found is cut down until nothing can be left out. The search is
bounded and always gives the same answer; `Same` is only said where it is proved.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyengine.analysis.affected import Affected, ComparedPart, affected_parts
from policyengine.analysis.contrasts import Contrast
from policyengine.analysis.search import Search
from policyengine.analysis.variations import Variation, differences
from policyengine.dataclass import dataclass
from policyengine.program.graph import Graph
from policyengine.program.linked import Program
from policyengine.program.record import Record

_STARTS = 8
SAME = "both versions come to the same rules"
LIMIT = 6000
"""How many records are tried, as a rule."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A record that two programs treat differently.

    `start` is the position of the given record that it was made from, None if it was made from nothing;
    `moved` is what was changed in it, `shown` the record without what nothing here reads. `contrasts` is what
    the two say differently, `tried` how many records were tried.
    """

    record: Record
    contrasts: tuple[Contrast, ...]
    start: int | None = None
    moved: tuple[Variation, ...] = ()
    tried: int = 0
    shown: Record | None = None

    @property
    def decided(self) -> bool:
        """Whether the two differ in something that both decide."""
        return any(each.decided for each in self.contrasts)

    @property
    def alone(self) -> bool:
        """Whether something of it holds by this change alone, and not with all of them."""
        return any(each.alone for each in self.contrasts)


@dataclass(frozen=True, slots=True)
class Same:
    """It is proved that two programs treat every record that both take in the same way; `reason` says how."""

    reason: str
    tried: int = 0


@dataclass(frozen=True, slots=True)
class NotDecided:
    """No record was found, and there is no proof that there is none; `reason` says why not."""

    reason: str
    tried: int = 0


def find_witness(
    old: Program,
    new: Program,
    starts: Sequence[Record] = (),
    *,
    limit: int = LIMIT,
    telling: frozenset[str] = frozenset(),
    whole: Graph | None = None,
) -> Witness | Same | NotDecided:
    """The smallest record that two programs treat differently; both must compile, for the same day.

    `telling` are the ids of levels that the record should be about; `whole` is the program with all changes,
    where `new` has one of several.
    """
    if old.graph is None or new.graph is None:
        raise ValueError("both programs must compile")
    if old.as_of != new.as_of:
        raise ValueError("both programs must be in force on the same day")
    affected = affected_parts(old.graph, new.graph, old.as_of)
    if not affected:
        return Same(SAME, affected.tried)
    search = Search(affected, limit, telling, whole)
    found = _sought(search, starts)
    if found is not None:
        return found
    proved = affected.prove()
    if isinstance(proved, str):
        return Same(proved, affected.tried + search.tried)
    if proved is not None:
        return _cut_down(search, *proved, None, proved[0])
    return NotDecided(affected.open(), affected.tried + search.tried)


def witness_in(
    affected: Affected,
    starts: Sequence[Record],
    limit: int,
    telling: frozenset[str] = frozenset(),
    seeds: Sequence[Record] = (),
    whole: Graph | None = None,
) -> Witness | None:
    """The smallest record on which parts of two programs show that they differ, if one is found.

    `seeds` are records that showed other changes; where one shows this change too, the search is short.
    """
    search = Search(affected, limit, telling, whole)
    for seed in seeds if not starts and not telling else ():
        for group in search.groups:
            if search.look(seed, group).decided:
                return _cut_down(search, seed, group, None, seed)
    return _sought(search, starts)


def _sought(search: Search, starts: Sequence[Record]) -> Witness | None:
    found = _from_starts(search, starts)
    return found if found is not None and found.decided else _from_nothing(search) or found


def _from_starts(search: Search, starts: Sequence[Record]) -> Witness | None:
    """A given record as it is; else the one that needs the fewest changes."""
    weak: Witness | None = None
    alone: Witness | None = None
    for i, start in enumerate(starts):
        if search.tried > search.limit // 2:
            break
        seen = search.look(start)
        if seen.decided:
            shown = _witness(search, start, i, start)
            if not shown.alone:
                return shown
            alone = alone or shown
        elif seen.contrasts and weak is None:
            weak = _witness(search, start, i, start)
    if alone is not None:
        return alone
    best: Witness | None = None
    for i, start in enumerate(starts[:_STARTS]):
        for group in search.groups:
            found = search.climb(start, group, search.limit // _STARTS)
            made = None if found is None else _cut_down(search, found, group, i, start)
            if made is not None and made.decided and (best is None or len(made.moved) < len(best.moved)):
                best = made
        if best is not None and len(best.moved) == 1:
            break
    return best or weak


def _from_nothing(search: Search) -> Witness | None:
    weak: Witness | None = None
    for group, bare in search.barest():
        found = search.climb(bare, group, search.limit // 2)
        if found is not None and search.telling:
            found = search.more_telling(found, group, search.limit // 4)
        made = None if found is None else _cut_down(search, found, group, None, bare)
        if made is not None and made.decided:
            return made
        weak = weak or made
    if search.affected.near is not None:
        return weak  # who looks at few thresholds has another way to go on
    rest = search.limit // 4 if weak is not None else search.limit - search.tried
    share = max(rest // len(search.groups), 100)
    for group, bare in search.barest():
        found = search.drawn(group, search.tried + share)
        made = None if found is None else _cut_down(search, found, group, None, bare)
        if made is not None and made.decided:
            return made
        weak = weak or made
    return weak


def _cut_down(search: Search, record: Record, group: ComparedPart, i: int | None, start: Record) -> Witness:
    made = search.shrink(record, group, start if i is not None else None)
    return _witness(search, made, i, start)


def _witness(search: Search, record: Record, i: int | None, start: Record) -> Witness:
    moved = differences(start, record) if i is not None else ()
    found, tried = tuple(search.contrasts(record)), search.tried + search.affected.tried
    return Witness(record, found, i, moved, tried, search.without_the_rest(record, found))
