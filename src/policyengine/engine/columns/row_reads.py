"""What expressions read when they are worked out by rows: single values, and the rows of lists.

A node that is a list, a context or a division is not a column; it is worked out by rows for whoever reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Protocol

from policyengine.dataclass import dataclass
from policyengine.engine.columns.entity_frames import FactShape
from policyengine.engine.columns.frames import Column
from policyengine.engine.columns.row_functions import row_function
from policyengine.engine.columns.row_values import Decode, decoder
from policyengine.engine.columns.terms import Const, Flag, Frame, Rows, Term, Unsupported, is_sure
from policyengine.feel.syntax.tree import Expression, Name, Path, walk
from policyengine.policy.entity import IN_ORDER, POSITION, PREVIOUS
from policyengine.program.graph import Graph, Key


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

    def sight(self, entity: str) -> Sight:
        """What is read of an entity."""


class FromFacts:
    """The same entities, of which nothing is read but facts: every node is worked out anew.

    So what is not known says which facts are missing, which a column does not, and `is defined` asks.
    """

    def __init__(self, world: Entities) -> None:
        self.graph = world.graph
        self.today = world.today
        self.shape = world.shape
        self.whole = world.whole
        self.place = world.place
        self.rows = world.rows
        self._sights: dict[str, Sight] = {}

    def single(self, key: Key) -> Term | None:
        """None is a column."""
        return None

    def sight(self, entity: str) -> Sight:
        """What is read of an entity."""
        if entity not in self._sights:
            self._sights[entity] = Sight(self, entity)
        return self._sights[entity]


def asks_for_values(expression: Expression) -> bool:
    """Whether `is defined` stands in an expression."""
    return any(isinstance(part, Name) and part.name == "is defined" for part in walk(expression))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A single value: its term, the columns that hold it, and what makes the value of theirs."""

    term: Term
    columns: tuple[str, ...]
    decode: Decode


@dataclass(frozen=True, slots=True)
class Items:
    """The rows of a list: their entity, the column that points up, and the one that tells if it is there."""

    entity: str
    up: str
    known: str | None


class Sight:
    """What is read of an entity, in its own frame, by anybody.

    `link` is the column with the row of what the entity lies in: "" where that is the same row.
    """

    def __init__(self, world: Entities, entity: str) -> None:
        self.world = world
        self.entity = entity
        self.frame = world.place(entity).frame
        self.leaves: dict[str, Leaf] = {}
        self.constants: dict[str, object] = {}
        self.nodes: dict[str, Reads | None] = {}
        self.lists: dict[str, Items] = {}
        self.above = world.graph.above(entity)
        around = None if self.above is None else world.place(self.above).frame
        links = [link for link, target in self.frame.links if target is around]
        self.link = links[0] if links else ""
        declared = world.graph.vocabulary.entities.get(entity)
        self.order = None if declared is None else declared.order
        self.sequenced = {
            name for each in world.graph.sequences for owner, name in each.keys if owner == entity
        }

    def __contains__(self, name: object) -> bool:
        if self.order is not None and name in IN_ORDER:
            return True
        return name in self.leaves or name in self.constants or name in self.nodes or name in self.lists

    def take(self, name: str) -> bool:
        """Takes a name in; false if the entity itself has none of the kind."""
        if name in self:
            return True
        world, entity = self.world, self.entity
        node = world.graph.nodes.get(entity, {}).get(name)
        if node is not None:
            self.nodes[name] = None  # a word for something else may lead back here
            term = None if name in self.sequenced else world.single((entity, name))
            if term is not None and self._leaf(name, term):
                del self.nodes[name]
            else:
                self.nodes[name] = Reads(world, entity, node.expression)
            return True
        child = self._child(name)
        if child is not None:
            rows = world.rows(entity, child, name)
            known = None
            if isinstance(rows.known, Flag):
                known = self.frame.column(rows.known.expr).meta.output_name()
            self.lists[name] = Items(child, rows.up, known)
            return True
        found = world.place(entity).own(name)
        if found is not None and not self._leaf(name, found):
            raise Unsupported(f"a `{type(found).__name__}` where single values are read")
        return found is not None

    def _child(self, name: str) -> str | None:
        if self.entity in self.world.graph.repeats:
            return None
        several = self.world.graph.vocabulary.children(self.entity)
        return next((child for child, below in several if below.list == name), None)

    def _leaf(self, name: str, term: Term) -> bool:
        if isinstance(term, Const):
            self.constants[name] = term.value
            return True
        made = decoder(term)
        if made is None:
            return False
        columns = tuple(self.frame.column(expr).meta.output_name() for expr in made[0])
        self.leaves[name] = Leaf(term, columns, made[1])
        return True


class Reads:
    """What one expression of an entity reads, with what is worked out on the way, and its row function."""

    def __init__(self, world: Entities, entity: str, expression: Expression) -> None:
        self._world = world
        self.sight = world.sight(entity)
        self.function = row_function(world.graph, entity, world.today, expression)
        self._read: dict[Key, None] = {}
        self._below: dict[str, None] = {}
        self._words: set[str] = set()
        self._in_order = False
        self._mention(entity, expression)
        self._close()
        self.alike = None if self._below or self._in_order else self._keys()

    def _mention(self, entity: str, expression: Expression) -> None:
        for part in walk(expression):
            if isinstance(part, (Name, Path)):
                self._words.add(part.name)
            if isinstance(part, Name):
                self._see(entity, part.name)

    def _see(self, entity: str, name: str) -> None:
        graph = self._world.graph
        if name in graph.qualified.get(entity, ()):
            whose, entity, name = graph.vocabulary.qualified(graph.real(entity), name)
            self._words.add(name)
            if whose == PREVIOUS:
                self._see(entity, PREVIOUS)
        for owner in self._world.graph.lineage(entity):
            if self._world.sight(owner).take(name):
                self._touch(owner, name)
                return

    def _touch(self, owner: str, name: str) -> None:
        if (owner, name) in self._read:
            return
        self._read[owner, name] = None
        sight, graph = self._world.sight(owner), self._world.graph
        if sight.order is not None and name in IN_ORDER:
            self._in_order = True
            if name != POSITION:
                self._below[owner] = None  # the fields of its rows are read
            for each in graph.order_nodes(owner):
                self._see(owner, each)
            return
        if name in sight.lists:
            self._below[sight.lists[name].entity] = None
        if name in sight.sequenced:  # each of them reads all of the others
            self._in_order = True
            self._mention(owner, graph.nodes[owner][name].expression)
            return
        inner = sight.nodes.get(name)
        if inner is not None:
            self._in_order |= inner._in_order
            self._words |= inner._words
            self._below.update(inner._below)
            self._read.update(inner._read)

    def _close(self) -> None:
        """Takes in the fields of rows, which may bring further words and lists."""
        before = -1
        while before != (before := len(self._words) + len(self._below)):
            for entity in list(self._below):
                fields = self._world.graph.vocabulary.row(entity).fields
                for name in sorted({*self._words, *(fields if self._world.whole else ())}):
                    if self._world.sight(entity).take(name):
                        self._touch(entity, name)

    def _keys(self) -> list[str]:
        """The columns, in the frame of the expression, by which rows are alike."""
        frame = self.sight.frame
        found: dict[str, None] = {}
        for sight, name in self._single():
            made = decoder(frame.from_(sight.frame, sight.leaves[name].term))
            assert made is not None
            found.update({frame.column(expr).meta.output_name(): None for expr in made[0]})
        return list(found)

    def _single(self) -> Iterator[tuple[Sight, str]]:
        for entity, name in self._read:
            sight = self._world.sight(entity)
            if name in sight.leaves:
                yield sight, name

    @property
    def open_ones(self) -> Iterable[tuple[Sight, str]]:
        """Everything that is read and may be unknown."""
        for entity, name in self._read:
            sight = self._world.sight(entity)
            if name in sight.lists or (name in sight.leaves and not is_sure(sight.leaves[name].term)):
                yield sight, name

    @property
    def needs(self) -> set[Column]:
        """The columns that are read."""
        frame = self.sight.frame.name
        found = {(frame, "__self"), *((frame, name) for name in self.alike or ())}
        for sight, name in self._single():
            found |= {(sight.frame.name, column) for column in sight.leaves[name].columns}
        for entity, name in self._read:
            sight = self._world.sight(entity)
            items, inner = sight.lists.get(name), sight.nodes.get(name)
            if inner is not None:
                found |= {(inner.sight.frame.name, column) for column in inner.alike or ()}
            if items is not None:
                found.add((self._world.sight(items.entity).frame.name, items.up))
                found |= {(sight.frame.name, items.known)} if items.known is not None else set()
        for entity in {self.sight.entity, *self._below}:
            for owner in self._world.graph.lineage(entity):
                sight = self._world.sight(owner)
                found |= {(sight.frame.name, sight.link)} if sight.link else set()
        return found
