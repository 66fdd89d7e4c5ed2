"""What an expression reads at the rows of a frame, as Python values: for what has no column form.

Only single values are read from columns, and the rows of lists with those of their values that are
mentioned. A node that is a list, a context or a division is worked out on the way, from what it reads itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Protocol

from policyengine.dataclass import dataclass
from policyengine.engine.columns.frames import Column, Frame
from policyengine.engine.columns.load import FactShape
from policyengine.engine.columns.row_values import Decode, decoder
from policyengine.engine.columns.terms import Const, Flag, Rows, Term, Unsupported
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax.tree import Expression, Name, Path, walk
from policyengine.program.graph import Graph, Key

RowFunction = Callable[[Mapping[str, object]], object]


def row_function(expression: Expression) -> RowFunction:
    """The function that gives the value of an expression among names."""
    return lambda names: evaluate(expression, names, mode="policy", functions=LIBRARY)


class Instances(Protocol):
    """The scope of an entity, as far as it is read here."""

    @property
    def frame(self) -> Frame:
        """The rows of the entity."""

    def own(self, name: str) -> Term | None:
        """What the entity itself has by a name."""


class Entities(Protocol):
    """All entities of a graph in columns, as far as they are read here; `whole`: with all of their fields."""

    graph: Graph
    today: date
    shape: Mapping[Key, FactShape]
    whole: bool

    def place(self, entity: str) -> Instances:
        """The scope of an entity."""

    def single(self, key: Key) -> Term | None:
        """The term of a node that has a single value; None for others."""

    def rows(self, entity: str, child: str, name: str) -> Rows:
        """The rows in a list of an entity."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value: the columns that hold it, and what makes the value of theirs."""

    columns: tuple[str, ...]
    decode: Decode


@dataclass(frozen=True, slots=True)
class Items:
    """The rows of a list: the columns with what they belong to, and with whether the list is there."""

    up: str
    here: str
    known: str | None
    sight: Sight


class Level:
    """What is read of one entity: single values, lists, and nodes that are worked out on the way."""

    def __init__(self, entity: str) -> None:
        self.entity = entity
        self.above: Level | None = None
        self.leaves: dict[str, Leaf] = {}
        self.constants: dict[str, object] = {}
        self.functions: dict[str, RowFunction] = {}
        self.lists: dict[str, Items] = {}

    def chain(self) -> Iterator[Level]:
        """The level itself and those above it, inside out."""
        at: Level | None = self
        while at is not None:
            yield at
            at = at.above

    def has(self, name: str) -> bool:
        """Whether the name is read at this level."""
        return name in self.leaves or name in self.constants or name in self.functions or name in self.lists


class Sight:
    """What is read at the rows of a frame, of their entity and of those above it."""

    def __init__(self, reads: Reads, frame: Frame, entity: str) -> None:
        self._reads = reads
        self.frame = frame
        self.level = Level(entity)

    @property
    def columns(self) -> list[str]:
        """The columns of all single values."""
        return [
            name for level in self.level.chain() for leaf in level.leaves.values() for name in leaf.columns
        ]

    def see(self, level: Level, name: str) -> None:
        """Takes a name in, where an expression at a level finds it."""
        at = level
        while not self._own(at, name):
            above = self._reads.world.graph.above(at.entity)
            if above is None:
                if name == "today":
                    at.constants[name] = self._reads.world.today
                return
            if at.above is None:
                at.above = Level(above)
            at = at.above

    def take(self, names: Iterable[str]) -> None:
        """Takes in those of the names that the entity of the frame has itself."""
        for name in names:
            self._own(self.level, name)

    def _own(self, level: Level, name: str) -> bool:
        if level.has(name):
            return True
        world, entity = self._reads.world, level.entity
        node = world.graph.nodes.get(entity, {}).get(name)
        if node is not None:
            term = world.single((entity, name))
            if term is None or not self._leaf(level, name, term):
                level.functions[name] = row_function(node.expression)
                self._reads.mention(self, level, node.expression)
            return True
        place = world.place(entity)
        child = next((each for each, below in _children(world, entity) if below == name), None)
        if child is not None and entity not in world.graph.repeats:
            self._list(level, name, world.rows(entity, child, name), child)
            return True
        found = place.own(name)
        if found is not None and not self._leaf(level, name, found):
            raise Unsupported(f"a `{type(found).__name__}` where single values are read")
        return found is not None

    def _leaf(self, level: Level, name: str, term: Term) -> bool:
        place = self._reads.world.place(level.entity)
        here = self.frame.from_(place.frame, term)
        if isinstance(here, Const):
            level.constants[name] = here.value
            return True
        made = decoder(here)
        if made is None:
            return False
        names = tuple(self.frame.column(expr).meta.output_name() for expr in made[0])
        level.leaves[name] = Leaf(names, made[1])
        return True

    def _list(self, level: Level, name: str, rows: Rows, child: str) -> None:
        here = self.frame.from_(self._reads.world.place(level.entity).frame, rows)
        assert isinstance(here, Rows)
        known: str | None = None
        if isinstance(here.known, Flag):
            known = self.frame.column(here.known.expr).meta.output_name()
        place = self.frame.column(here.here.expr).meta.output_name()
        level.lists[name] = Items(rows.up, place, known, self._reads.sight(rows.at, child))


def _children(world: Entities, entity: str) -> Iterator[tuple[str, str]]:
    if entity in world.graph.repeats:
        return
    for child, below in world.graph.vocabulary.children(entity):
        yield child, str(below.list)


class Reads:
    """What one expression of an entity reads, its lists and all."""

    def __init__(self, world: Entities, entity: str, expression: Expression) -> None:
        self.world = world
        self._words: set[str] = set()
        self._sights: dict[str, Sight] = {}
        self.top = Sight(self, world.place(entity).frame, entity)
        self.function = row_function(expression)
        self.mention(self.top, self.top.level, expression)
        self._close()

    @property
    def sights(self) -> list[Sight]:
        """All of them, that of the expression itself first."""
        return [self.top, *self._sights.values()]

    @property
    def needs(self) -> set[Column]:
        """The columns that are read."""
        found = {(self.top.frame.name, "__self")}
        for sight in self.sights:
            frame = sight.frame.name
            found |= {(frame, name) for name in sight.columns}
            for level in sight.level.chain():
                for items in level.lists.values():
                    found |= {(frame, items.here), (items.sight.frame.name, items.up)}
                    found |= {(frame, items.known)} if items.known is not None else set()
        return found

    def sight(self, frame: Frame, entity: str) -> Sight:
        """What is read at the rows of a list."""
        if entity not in self._sights:
            self._sights[entity] = Sight(self, frame, entity)
        return self._sights[entity]

    def mention(self, sight: Sight, level: Level, expression: Expression) -> None:
        """Takes in what an expression at a level mentions."""
        for part in walk(expression):
            if isinstance(part, (Name, Path)):
                self._words.add(part.name)
            if isinstance(part, Name):
                sight.see(level, part.name)

    def _close(self) -> None:
        """Takes in the fields of rows, which may bring further words and lists."""
        before = -1
        while before != (before := len(self._words) + len(self._sights)):
            for entity, sight in list(self._sights.items()):
                fields = self.world.graph.vocabulary.row(entity).fields
                sight.take(sorted({*self._words, *(fields if self.world.whole else ())}))
