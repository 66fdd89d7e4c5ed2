"""Searches for a record that two programs treat differently, by hill climbing over one fact at a time.

A record scores higher the more of the changed nodes differ with values known on both sides. A change shows
first in the conditions next to it, then in the nodes that depend on these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from random import Random

from policyengine.analysis.affected import Affected, ComparedPart
from policyengine.analysis.contrasts import Contrast, contrasts, with_all_changes
from policyengine.analysis.equivalence import plain
from policyengine.analysis.search_space import Space
from policyengine.analysis.statements import GraphSlice, Statement
from policyengine.analysis.thresholds import cuts_of
from policyengine.analysis.variations import (
    Variations,
    put,
    unique,
    walk,
    with_fact,
    with_list,
    without_fact,
    without_list,
)
from policyengine.dataclass import dataclass
from policyengine.engine.rows.engine import Found
from policyengine.engine.rows.instance import Row
from policyengine.program.graph import Graph, Key
from policyengine.program.record import Record

_GROUPS = 6


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of trying a record: what differs, how many nodes differ, how many values are unknown."""

    contrasts: tuple[Contrast, ...]
    differing: int
    unknown: tuple[int, int]

    @property
    def decided(self) -> bool:
        """Whether a difference is found that both sides decide."""
        return any(each.decided for each in self.contrasts)

    @property
    def height(self) -> tuple[bool, bool, int, int, int]:
        """The score of the record; higher is nearer to a difference."""
        nodes, causes = self.unknown
        return self.decided, bool(self.contrasts), self.differing, -nodes, -causes


class Search:
    """Tries records within a budget; `tried` counts them.

    `telling` are the ids of levels that the change is about: a record says more the more of them it has.
    `whole` is the program with all changes, where the new one has one of several.
    """

    def __init__(
        self,
        affected: Affected,
        limit: int,
        telling: frozenset[str] = frozenset(),
        whole: Graph | None = None,
    ) -> None:
        self.affected = affected
        self.limit = limit
        self.telling = telling
        self.whole = None if whole is None else GraphSlice.whole(whole, affected.today)
        self.tried = 0
        self._known: dict[tuple[str, str], list[Key]] = {}

    # Looking

    @cached_property
    def _all(self) -> ComparedPart:
        groups = self.affected.groups
        if len(groups) == 1:
            return groups[0]
        known = self.affected.new.analysed.setdefault(ComparedPart, {})
        key = tuple(map(id, groups))
        if key not in known:  # with the groups, which keep their identity as long as they are there
            sides = _joined(g.old for g in groups), _joined(g.new for g in groups)
            known[key] = groups, ComparedPart("", groups[0].entity, *sides)
        found: ComparedPart = known[key][1]
        return found

    def contrasts(self, record: Record) -> list[Contrast]:
        """All differences between the two programs for a record."""
        self.tried += 1
        old = self._all.old.says(record)
        found = contrasts(old, self._all.new.says(record))
        if self.whole is None or not self._same_types(record, self.whole.graph):
            return found
        told = with_all_changes(found, old, self.whole.says(record))
        return sorted(told, key=lambda each: (not each.decided, each.alone))

    def _same_types(self, record: Record, whole: Graph) -> bool:
        """Whether the facts of a record have the types that they have with all changes."""
        mine, theirs = self.affected.new.vocabulary.entities, whole.vocabulary.entities
        return all(
            row.entity in theirs and (name not in theirs[row.entity].facts
            or mine[row.entity].facts[name].type == theirs[row.entity].facts[name].type)
            for _, row in walk(record) for name in row.facts if name in mine[row.entity].facts
        )  # fmt: skip

    def look(self, record: Record, group: ComparedPart | None = None) -> Attempt:
        """The result of trying a record, for one part or for all of them."""
        self.tried += 1
        group = group or self._all
        old, new = group.old.instances(record), group.new.instances(record)
        found = self._contrasts(group, old, new)
        differing = sum(_differs(old, new, key) for key in self._changed(group))
        open = [*group.old.unknown(old), *group.new.unknown(new)]
        return Attempt(tuple(found), differing, (len(open), sum(open)))

    def _contrasts(self, group: ComparedPart, old: Found, new: Found) -> list[Contrast]:
        """What a part says differently; nothing where a node differs that has to stay as it is."""
        found = contrasts(group.old.said(old), group.new.said(new))
        return [] if found and any(_differs(old, new, key) for key in self._undisturbed(group)) else found

    def _undisturbed(self, group: ComparedPart) -> list[Key]:
        return self._within(group, "undisturbed", self.affected.undisturbed)

    def _changed(self, group: ComparedPart) -> list[Key]:
        return self._within(group, "changed", self.affected.changed)

    def _within(self, group: ComparedPart, what: str, keys: Iterable[Key]) -> list[Key]:
        if (group.name, what) not in self._known:
            self._known[group.name, what] = [key for key in keys if key in group.common]
        return self._known[group.name, what]

    # Moving

    def _variations(self, group: ComparedPart) -> Variations:
        if group.name not in self._spaces:
            cuts = self.affected.near or self.affected.cuts([group])
            old, new = self.affected.old, self.affected.new
            narrow = self.affected.near is not None
            space = Space(old.vocabulary, new.vocabulary, cuts, self.affected.today, narrow)
            lists = {*cuts.lists, *_lineage(new, group.entity), *_lineage(old, group.entity)}
            self._spaces[group.name] = Variations(space, frozenset(lists))
        return self._spaces[group.name]

    @cached_property
    def _spaces(self) -> dict[str, Variations]:
        return {}

    @property
    def groups(self) -> tuple[ComparedPart, ...]:
        """The parts for which a witness is sought, the smallest first."""
        return self.affected.groups[:_GROUPS]

    def barest(self) -> Iterator[tuple[ComparedPart, Record]]:
        """The smallest record that each part can be evaluated on."""
        for group in self.groups:
            variations = self._variations(group)
            root = self.affected.new.vocabulary.root
            yield group, variations.bare(root, variations.lists)

    def drawn(self, group: ComparedPart, until: int) -> Record | None:
        """A differing record among random ones: a decided difference if there is one, else any."""
        variations, chance = self._variations(group), Random(0)
        root, weak = self.affected.new.vocabulary.root, None
        while self.tried < until:
            record = variations.drawn(root, chance)
            seen = self.look(record, group)
            if seen.decided:
                return record
            if seen.contrasts and weak is None:
                weak = record
        return weak

    def climb(self, record: Record, group: ComparedPart, most: int) -> Record | None:
        """A differing record reached from this one; None where none is found."""
        variations, until = self._variations(group), self.tried + most
        seen = self.look(record, group)
        while not seen.decided and self.tried < until:
            better = self._step(record, seen, group, variations, until)
            if better is None:
                break
            record, seen = better
        return record if seen.contrasts else None

    def _step(
        self, record: Record, seen: Attempt, group: ComparedPart, variations: Variations, until: int
    ) -> tuple[Record, Attempt] | None:
        best: tuple[Record, Attempt] | None = None
        for _, made in variations.of(record):
            if self.tried >= until:
                break
            if not unique(made, variations.space.keys):
                continue
            there = self.look(made, group)
            if there.height > (best[1] if best is not None else seen).height:
                best = made, there
                if there.decided:
                    break
        return best

    # Saying more

    def score(self, contrasts: Iterable[Contrast]) -> int:
        """How many of the levels that the change is about a difference speaks of, at the most two."""
        sides = ({*_levels(each.old), *_levels(each.new)} for each in contrasts if each.decided)
        return max((len(side & self.telling) for side in sides), default=0)

    def more_telling(self, record: Record, group: ComparedPart, most: int) -> Record:
        """A differing record that speaks of more of the levels, reached by fulfilling more conditions."""
        variations, until = self._variations(group), self.tried + most
        wanted = min(2, len(self.telling))
        height = self._told(record, group)
        while height[0] < wanted and self.tried < until:
            better = None
            for _, made in variations.of(record):
                if self.tried >= until:
                    break
                there = self._told(made, group)
                if there > height:
                    better, height = made, there
                    if height[0] >= wanted:
                        break
            if better is None:
                break
            record = better
        return record

    def _told(self, record: Record, group: ComparedPart) -> tuple[int, int]:
        """How much a record tells, and how many conditions it fulfils; (-1, 0) without a difference."""
        self.tried += 1
        old, new = group.old.instances(record), group.new.instances(record)
        found = self._contrasts(group, old, new)
        if not any(each.decided for each in found):
            return -1, 0
        values = (*group.old.values(old), *group.new.values(new))
        met = sum(value is True for row in values for value in row)
        return self.score(found), met

    # Cutting down

    def without_the_rest(self, record: Record, found: Iterable[Contrast]) -> Record:
        """The record reduced to keys, labels and the facts that the differing parts read."""
        cuts = self.affected.cuts([self._all])
        alone = {each.key[:3] for each in found if each.alone}
        if alone and self.whole is not None:
            cuts.add(cuts_of(self.whole.graph, self.whole.about(alone).order, self.affected.today))
        entities = {**self.affected.old.vocabulary.entities, **self.affected.new.vocabulary.entities}
        lists = {*cuts.lists, *(entity for entity, _ in cuts.mentioned)}

        def cut(instance: Record) -> Record:
            declared = entities[instance.entity]
            named = (declared.key, declared.label)
            facts = {
                name: value for name, value in instance.facts.items()
                if name in named or (instance.entity, name) in cuts.mentioned
            }  # fmt: skip
            kept = {
                name: tuple(map(cut, rows)) for name, rows in instance.lists.items()
                if not rows or self._inside(rows[0].entity, lists)
            }  # fmt: skip
            return Record(instance.entity, facts, kept)

        return cut(record)

    def _inside(self, entity: str, wanted: set[str]) -> bool:
        """Whether `wanted` names the entity or a descendant of it."""
        if entity in {*wanted, *(group.entity for group in self.affected.groups)}:
            return True
        graph = self.affected.new
        return any(self._inside(child, wanted) for child, _ in graph.vocabulary.children(entity))

    def shrink(self, record: Record, group: ComparedPart, start: Record | None) -> Record:
        """The smallest record that still differs; the facts of `start` are kept."""
        first = self.look(record, group)
        decided, score = first.decided, self.score(first.contrasts)
        variations = self._variations(group)

        def kept(entity: str, name: str) -> bool:
            space = variations.space
            return space.required((entity, name)) or space.keys.get(entity) == name

        smaller = True
        while smaller:
            smaller = False
            less = (
                (*_less(record, kept), *_plainer(record, variations))
                if start is None
                else _back(record, start)
            )
            for made in less:
                there = self.look(made, group)
                if (there.decided if decided else there.contrasts) and self.score(there.contrasts) >= score:
                    record, smaller = made, True
                    break
        return record


def _less(record: Record, kept: Callable[[str, str], bool]) -> Iterator[Record]:
    """Every record with one fact or instance removed."""
    for way, instance in walk(record):
        for name, rows in instance.lists.items():
            yield put(record, way, without_list(instance, name))
            if len(rows) > 1:
                for i in range(len(rows)):
                    yield put(record, way, with_list(instance, name, (*rows[:i], *rows[i + 1 :])))
            elif rows:
                yield put(record, way, with_list(instance, name, ()))
        for name in instance.facts:
            if not kept(instance.entity, name):
                yield put(record, way, without_fact(instance, name))


def _plainer(record: Record, variations: Variations) -> Iterator[Record]:
    """Every record with one number that is shorter, or smaller by as many digits."""
    for way, instance in walk(record):
        for name, value in instance.facts.items():
            if isinstance(value, Decimal):
                key = (instance.entity, name)
                known = (*(Decimal(each) for each in _ROUND), *variations.space.values.get(key, ()))
                plain = {each for each in known if isinstance(each, Decimal)}
                if variations.fact(*key).scalar == "money":
                    plain.discard(Decimal(0))  # of no money there is little to tell
                for other in sorted(plain, key=_length):
                    if _length(other) < _length(value) and variations.space.takes(key, other):
                        yield put(record, way, with_fact(instance, name, other))


_ROUND = (0, 1, 10, 100, 1000)


def _length(value: Decimal) -> tuple[int, Decimal]:
    return len(f"{abs(value):f}"), abs(value)


def _levels(said: Statement | None) -> Iterator[str]:
    """The levels that a statement speaks of."""
    if said is not None and isinstance(level := said.values.get("level"), str):
        yield level


def _back(record: Record, start: Record) -> Iterator[Record]:
    """Every record with one fact or instance restored to its state in `start`."""
    for name in dict.fromkeys((*start.lists, *record.lists)):
        one, other = start.lists.get(name), record.lists.get(name)
        if one == other:
            continue
        yield with_list(record, name, one) if one is not None else without_list(record, name)
        for i, (row, changed) in enumerate(zip(one or (), other or (), strict=False)):
            yield from (put(record, ((name, i),), made) for made in _back(changed, row))
    for name in dict.fromkeys((*start.facts, *record.facts)):
        if record.facts.get(name) != start.facts.get(name):
            if name in start.facts:
                yield with_fact(record, name, start.facts[name])
            else:
                yield without_fact(record, name)


# Groups together, and what their nodes say


def _joined(sides: Iterable[GraphSlice]) -> GraphSlice:
    asked = list(sides)
    order = {key for each in asked for key in each.order}
    graph = asked[0].graph
    return GraphSlice(
        graph,
        asked[0].today,
        tuple(rule for each in asked for rule in each.rules),
        tuple(move for each in asked for move in each.moves),
        tuple(key for each in asked for key in each.exported),
        tuple(key for key in graph.order if key in order),
    )


def _lineage(graph: Graph, entity: str) -> tuple[str, ...]:
    return graph.vocabulary.lineage(entity) if entity in graph.vocabulary.entities else ()


def _differs(old: Mapping[str, list[Row]], new: Mapping[str, list[Row]], key: Key) -> bool:
    entity, name = key
    pairs = zip(old.get(entity, ()), new.get(entity, ()), strict=False)
    return any(plain(one[name]) != plain(other[name]) for one, other in pairs)
