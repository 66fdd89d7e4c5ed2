"""Who needs what is not known, as columns: a bit for each finding, passed from the findings to the facts.

A need is a number of 64 bits for every row of a frame, 0 where nobody needs anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, TypeAlias

import polars as pl

from policyengine.engine.columns import terms
from policyengine.engine.columns.emitter import Emitter
from policyengine.engine.columns.entity_frames import FactShape
from policyengine.engine.columns.frames import State
from policyengine.engine.columns.scopes import Place, World
from policyengine.engine.columns.terms import Const, Flag, Frame, Rows, Term, Unsupported, lit

NOBODY = lit(0, pl.UInt64)
NodeKey = tuple[str, str, bool]
"""An entity, a name, and whether the items of its list matter too."""
Need: TypeAlias = pl.Expr
Ask: TypeAlias = Callable[[pl.Expr, bool], None]


class Needs:
    """What has been passed so far to the named values of a graph, and to facts and lists of records."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.nodes: dict[NodeKey, list[Need]] = {}
        self.facts: dict[tuple[str, str], list[Need]] = {}
        self._upwards: dict[tuple[str, str, str], Need] = {}

    def snapshot(self) -> tuple[dict[NodeKey, list[Need]], dict[tuple[str, str], list[Need]]]:
        """What has been passed so far, for `restore`."""
        nodes = {key: list(several) for key, several in self.nodes.items()}
        return nodes, {key: list(several) for key, several in self.facts.items()}

    def restore(self, nodes: dict[NodeKey, list[Need]], facts: dict[tuple[str, str], list[Need]]) -> None:
        """Takes back what was passed since."""
        self.nodes, self.facts = nodes, facts

    def lacked(self) -> Iterator[tuple[tuple[str, str], Frame, Need]]:
        """For every fact and list that may be missing who needs it where it is."""
        world = self.world
        for (entity, name), several in self.facts.items():
            if not world.shape.get((entity, name), FactShape(True)).missing:
                continue
            lists = {below.list for _, below in world.graph.vocabulary.children(entity)}
            missing = ~pl.col(f"l.{name}") if name in lists else pl.col(f"f.{name}").is_null()
            frame = world.place(entity).frame
            yield (entity, name), frame, where(frame, Flag(missing, True), united(several))

    def up(self, need: Need, frame: Frame, above: Frame) -> Need:
        """For rows of a frame above what any of the rows that point there needs."""
        if frame is above:
            return need
        for link, target in frame.links:
            if target is above or target.reaches(above):
                return self.up(self.along(need, frame, link, target), target, above)
        raise Unsupported("a need of rows that these do not belong to")

    def along(self, need: Need, frame: Frame, link: str, target: Frame) -> Need:
        """The same by a certain link."""
        name = frame.column(need).meta.output_name()
        key = (frame.name, link, name)
        if key not in self._upwards:
            new = frame.steps.fresh("need")

            def run(state: State) -> None:
                rows = state[frame.name].select(pl.col(link).alias("to"), pl.col(name).alias("bits"))
                found = rows.filter(pl.col("bits") != 0).group_by("to").agg(pl.col("bits").bitwise_or())
                whole = pl.repeat(0, state[target.name].height, dtype=pl.UInt64, eager=True)
                whole = whole.scatter(found.get_column("to"), found.get_column("bits"))
                state[target.name] = state[target.name].hstack([whole.alias(new)])

            wanted = {(frame.name, link), (frame.name, name), (target.name, "__self")}
            step = frame.steps.add(run, wanted, {(target.name, new)})
            self._upwards[key] = target.added(new, step)
        return self._upwards[key]


def down(need: Need, rows: Rows) -> Need:
    """For rows of a list that are kept what is needed of the list."""
    found = rows.at.through(rows.up, rows.of, terms.Num(need, 0, 0))
    assert isinstance(found, terms.Num)
    return where(rows.at, rows.where, found.expr)


def where(frame: Frame, condition: Flag | Const, need: Need) -> Need:
    """A need where a condition holds."""
    if isinstance(condition, Const):
        return need if condition.value is True else NOBODY
    return frame.column(pl.when(condition.expr).then(need).otherwise(NOBODY))


def is_nobody(need: Need) -> bool:
    """Whether it is known beforehand that nobody needs it."""
    return need is NOBODY


def united(several: Sequence[Need]) -> Need:
    """What one or another needs."""
    found = several[0]
    for each in several[1:]:
        found = found | each
    return found


# Where expressions stand


class Spot(Protocol):
    """Where an expression stands: what lowers it, and where needs of its names go."""

    @property
    def emitter(self) -> Emitter:
        """What lowers the expression."""

    def name(self, name: str, need: Need, deep: bool) -> None:
        """Passes a need to what a name stands for; `deep`: to the items of a list too."""

    def part(self, variable: str, name: str, need: Need, deep: bool) -> None:
        """Passes a need to a part of the item that a variable stands for."""


class PlaceSpot:
    """The expressions of an entity."""

    def __init__(self, needs: Needs, entity: str) -> None:
        self._needs = needs
        self._entity = entity
        self.emitter = needs.world.emitter(entity)

    @property
    def _place(self) -> Place:
        return self._needs.world.place(self._entity)

    def name(self, name: str, need: Need, deep: bool) -> None:
        """To a node, a fact, a list, or to what the entity lies in."""
        graph = self._needs.world.graph
        if name in graph.qualified.get(self._entity, ()):
            _, owner, bare = graph.vocabulary.qualified(graph.real(self._entity), name)
            spot = PlaceSpot(self._needs, owner)
            spot.name(bare, self._needs.up(need, self.emitter.frame, spot.emitter.frame), deep)
            return
        if self.own(name, need, deep):
            return
        above = self._needs.world.graph.above(self._entity)
        if above is None:
            raise Unsupported(f"a need of `{name}`")
        outer = PlaceSpot(self._needs, above)
        outer.name(name, self._needs.up(need, self.emitter.frame, outer.emitter.frame), deep)

    def own(self, name: str, need: Need, deep: bool) -> bool:
        """To a node, a fact or a list of the entity itself; false if it has none of the name."""
        needs, entity, graph = self._needs, self._entity, self._needs.world.graph
        if name in graph.nodes.get(entity, {}):
            needs.nodes.setdefault((entity, name, deep), []).append(need)
            return True
        if name in self._place.given:
            self._given(need)
            return True
        if entity in graph.repeats:
            return False
        name = graph.vocabulary.given(entity).get(name, name)
        if name not in graph.vocabulary.row(entity).fields:
            return False
        needs.facts.setdefault((entity, name), []).append(need)
        return True

    def _given(self, need: Need) -> None:
        """What an occasion gives is not known where the occasions are not."""
        graph = self._needs.world.graph
        repeat = graph.repeats[self._entity]
        outer = PlaceSpot(self._needs, repeat.within)
        outer.name(repeat.items, self._needs.up(need, self.emitter.frame, outer.emitter.frame), False)

    def part(self, variable: str, name: str, need: Need, deep: bool) -> None:
        """There are no variables."""
        raise Unsupported(f"a part of `{variable}`")


class TurnSpot:
    """The body of a loop, or the condition of a filter, for every row of a list."""

    def __init__(
        self, needs: Needs, outer: Spot, emitter: Emitter, rows: Rows, variable: str, row: bool
    ) -> None:
        self._needs = needs
        self._outer = outer
        self.emitter = emitter
        self._rows = rows
        self._variable = variable
        self._row = row and rows.each is None

    def name(self, name: str, need: Need, deep: bool) -> None:
        """To what the item has of the name, else to what stands around."""
        if self._row and self._rows.find(name) is not None:
            to_item(self._needs, self._rows, name, need, deep)
        elif name == self._variable:
            if self._rows.each is not None:
                raise Unsupported("a need of an item that is no row")
        else:
            self._outer.name(name, self._moved(need), deep)

    def part(self, variable: str, name: str, need: Need, deep: bool) -> None:
        """To the item, if it is its variable."""
        if variable != self._variable:
            self._outer.part(variable, name, self._moved(need), deep)
        elif self._rows.each is None:
            to_item(self._needs, self._rows, name, need, deep)
        else:
            raise Unsupported("a part of an item that is no row")

    def _moved(self, need: Need) -> Need:
        return self._needs.along(need, self.emitter.frame, self._rows.up, self._rows.of)


class TestSpot:
    """A test about `?`."""

    def __init__(self, outer: Spot, emitter: Emitter, value: Callable[[Need], None]) -> None:
        self._outer = outer
        self.emitter = emitter
        self._value = value

    def name(self, name: str, need: Need, deep: bool) -> None:
        """To the value that is tested, or to what stands around."""
        if name == "?":
            self._value(need)
        else:
            self._outer.name(name, need, deep)

    def part(self, variable: str, name: str, need: Need, deep: bool) -> None:
        """To what stands around."""
        self._outer.part(variable, name, need, deep)


class EntrySpot:
    """A condition that is asked of a context which is written out: its entries, then what stands around."""

    def __init__(self, outer: Spot, emitter: Emitter, entries: Mapping[str, Ask]) -> None:
        self._outer = outer
        self.emitter = emitter
        self._entries = entries

    def name(self, name: str, need: Need, deep: bool) -> None:
        """To the entry of the name."""
        if name in self._entries:
            self._entries[name](need, deep)
        elif name == "item":
            raise Unsupported("a need of such an item")
        else:
            self._outer.name(name, need, deep)

    def part(self, variable: str, name: str, need: Need, deep: bool) -> None:
        """To an entry of the item, or to what stands around."""
        if variable != "item":
            self._outer.part(variable, name, need, deep)
        elif name in self._entries:
            self._entries[name](need, deep)
        else:
            raise Unsupported(f"a need of `{name}`")


def to_item(needs: Needs, rows: Rows, name: str, need: Need, deep: bool) -> None:
    """Passes what rows of a list need to a fact or a value of the instances that they stand for."""
    frame = rows.at
    while frame.name not in needs.world.graph.vocabulary.entities:
        link = next((target for by, target in frame.links if by == "__item"), None)
        if link is None:
            raise Unsupported("items of another kind")
        need = needs.along(need, frame, "__item", link)
        frame = link
    if not PlaceSpot(needs, frame.name).own(name, need, deep):
        raise Unsupported(f"a need of `{name}`")


def unknown(term: Term) -> Flag | Const:
    """Whether a value is itself not known; a list or a range is known even if its parts are not."""
    match term:
        case Const():
            return Const(not term.sure)
        case terms.Listed() | terms.Span() | terms.Entries() | terms.Instance():
            return Const(False)
        case Rows() | terms.Picked() | terms.Times() | terms.Quotient() | terms.Joined() | terms.Distinct():
            raise Unsupported("whether such a value is known")
        case _:
            return Const(False) if term.sure else Flag(term.expr.is_null(), True)


def is_settled(term: Term, deep: bool) -> bool:
    """Whether nothing in a value can be unknown; `deep`: nor in the items of a list."""
    match term:
        case terms.Listed() | terms.Span():
            return not deep or terms.is_sure(term)
        case terms.Joined(rows, more):
            return is_settled(rows, deep) and (not deep or all(terms.is_sure(each) for each in more))
        case Rows(known=known, where=kept, each=each):
            return known == Const(True) and kept.sure and (not deep or each is None or terms.is_sure(each))
        case _:
            return terms.is_sure(term)
