"""The rows of a batch as row functions see them, and the values that expressions have at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import localcontext
from typing import Any

import polars as pl

from policyengine.engine.columns.frames import State
from policyengine.engine.columns.row_reads import Reads, Sight
from policyengine.engine.sibling_order import in_order, number_of
from policyengine.feel.limits import NUMBERS
from policyengine.feel.values.values import Missing, Unknown
from policyengine.policy.entity import EARLIER, IN_ORDER, POSITION, PREVIOUS
from policyengine.policy.facts import recorded_name
from policyengine.program.graph import ORDER_BY, ORDER_RESTART


class Whole(Exception):  # noqa: N818  # caught by the plan, which reads all fields from then on
    """An expression looks at all fields of a row, whatever they are called."""


class Facts(Mapping[str, object]):
    """One row of an entity as an expression sees it; what it was asked for is remembered."""

    __slots__ = ("known", "row", "sight", "work")

    def __init__(self, work: Work, sight: Sight, row: int) -> None:
        self.work = work
        self.sight = sight
        self.row = row
        self.known: dict[str, object] = dict(sight.constants)

    @property
    def above(self) -> Facts | None:
        """The row that this one lies in."""
        sight = self.sight
        if sight.above is None:
            return None
        row = self.work.column(sight, sight.link)[self.row] if sight.link else self.row
        return self.work.facts(sight.world.sight(sight.above), row)

    def __getitem__(self, name: str) -> object:
        known = self.known
        if name in known:
            return known[name]
        if name in self.sight:
            found = self.work.value(self, name)
            if name != EARLIER:  # as long as the list, for each child of it
                known[name] = found
            return found
        above = self.above
        if above is None:
            raise KeyError(name)
        return above[name]

    @property
    def group(self) -> Sequence[Facts]:
        """All children of the order that this one stands in."""
        return self.work.group_of(self)

    def of_previous(self, name: str) -> object:
        """A value of the child before; those before that one first, so that no chain is as deep as long."""
        before = at = self[PREVIOUS]
        pending: list[Facts] = []
        while isinstance(at, Facts) and name not in at.known:
            pending.append(at)
            at = at[PREVIOUS]
        for each in reversed(pending):
            each[name]
        return before[name] if isinstance(before, Facts) else before

    def __contains__(self, name: object) -> bool:
        """Whether the row itself has the name; what it lies in is only `Around` it."""
        return name in self.sight

    def __iter__(self) -> Iterator[str]:
        world = self.sight.world
        if not world.whole:
            raise Whole
        fields = world.graph.vocabulary.row(self.sight.entity).fields
        return (name for name in fields if name not in (PREVIOUS, EARLIER))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Around(Mapping[str, object]):
    """All names that an expression at a row sees."""

    __slots__ = ("facts",)

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def __getitem__(self, name: str) -> object:
        try:
            return self._qualified(name) if "." in name and self._says_whose(name) else self.facts[name]
        except KeyError:
            return self.facts.sight.world.today

    def __contains__(self, name: object) -> bool:
        at: Facts | None = self.facts
        while at is not None:
            if name in at:
                return True
            at = at.above
        return name == "today" or self._says_whose(str(name))

    def _says_whose(self, name: str) -> bool:
        sight = self.facts.sight
        return name in sight.world.graph.qualified.get(sight.entity, ())

    def _qualified(self, name: str) -> object:
        """The value of a name that says whose it is."""
        graph = self.facts.sight.world.graph
        whose, owner, bare = graph.vocabulary.qualified(graph.real(self.facts.sight.entity), name)
        at: Facts | None = self.facts
        while at is not None and at.sight.entity != owner:
            at = at.above
        assert at is not None
        return at[bare] if whose != PREVIOUS else at.of_previous(bare)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class Work:
    """What is worked out by rows in a batch, each value once.

    With `marked`, what is not known is so because of a `Missing` that says, as what it stands `within`, the
    name that was read and the row.
    """

    def __init__(self, state: State, *, marked: bool = False) -> None:
        self._state = state
        self._marked = marked
        self._facts: dict[Sight, list[Facts | None]] = {}
        self._columns: dict[tuple[str, str], list[Any]] = {}
        self._decoded: dict[tuple[str, str], list[object]] = {}
        self._rows: dict[tuple[str, str], list[list[int]]] = {}
        self._values: dict[int, list[object]] = {}
        self._orders: dict[Sight, list[Any]] = {}

    @staticmethod
    def of(state: State, *, marked: bool = False) -> Work:
        """That of a batch."""
        found: Work | None = state.work.get(marked)
        if found is None:
            found = state.work[marked] = Work(state, marked=marked)
        return found

    def values(self, reads: Reads) -> list[object]:
        """The value of an expression at every row; rows that are alike in what is read have the same."""
        if id(reads) not in self._values:
            with localcontext(NUMBERS):
                self._values[id(reads)] = self._worked_out(reads)
        return self._values[id(reads)]

    def _worked_out(self, reads: Reads) -> list[object]:
        rows = self._state[reads.sight.frame.name]
        function, sight = reads.function, reads.sight
        if reads.alike is None:
            return [function(Around(self.facts(sight, row))) for row in range(rows.height)]
        found: dict[object, object] = {}
        several: list[object] = []
        for row, key in enumerate(_cells(rows, reads.alike)):
            if key not in found:
                found[key] = function(Around(self.facts(sight, row)))
            several.append(found[key])
        return several

    def at(self, reads: Reads, rows: Sequence[int]) -> list[object]:
        """The values of an expression at some rows."""
        with localcontext(NUMBERS):
            return [reads.function(Around(self.facts(reads.sight, row))) for row in rows]

    def facts(self, sight: Sight, row: int) -> Facts:
        """A row of an entity."""
        several = self._facts.get(sight)
        if several is None:
            several = self._facts[sight] = [None] * self._state[sight.frame.name].height
        found = several[row]
        if found is None:
            found = several[row] = Facts(self, sight, row)
        return found

    def value(self, facts: Facts, name: str) -> object:
        """What a row itself has by a name."""
        sight, row = facts.sight, facts.row
        if sight.order is not None and name in IN_ORDER:
            return self._in_order(facts, name)
        if name in sight.leaves:
            return self._leaf(sight, name)[row]
        if name in sight.lists:
            return self._items(sight, name, row)
        reads = sight.nodes[name]
        if reads is None:
            raise KeyError(name)
        alone = self._marked or name in sight.sequenced
        return reads.function(Around(facts)) if alone else self.values(reads)[row]

    def group_of(self, facts: Facts) -> Sequence[Facts]:
        """All children of the order that one stands in."""
        group: Sequence[Facts] = self._place_of(facts)[1]
        return group

    def _place_of(self, facts: Facts) -> Any:
        if facts.sight not in self._orders:
            self._orders[facts.sight] = self._put_in_order(facts.sight)
        return self._orders[facts.sight][facts.row]

    def _in_order(self, facts: Facts, name: str) -> object:
        """Where a child stands: its number, the one before it, or all of those."""
        found = self._place_of(facts)
        if isinstance(found, Unknown):
            return found
        number, group = found
        if name == POSITION:
            return number
        if name == EARLIER:
            return tuple(group[: int(number) - 1])
        return group[int(number) - 2] if number > 1 else None

    def _put_in_order(self, sight: Sight) -> list[Any]:
        """For every row its number and the rows of its order, or what keeps the order from being known."""
        assert sight.order is not None
        nodes = sight.world.graph.order_nodes(sight.entity)
        several: dict[int, list[int]] = {}
        for row, up in enumerate(self.column(sight, sight.link)):
            several.setdefault(up, []).append(row)
        placed: list[Any] = [None] * self._state[sight.frame.name].height
        for rows in several.values():
            values, groups = (
                [self.facts(sight, row)[name] for row in rows] if name in nodes else []
                for name in (ORDER_BY, ORDER_RESTART)
            )
            found = in_order(sight.order, values or [None] * len(rows), groups)
            if isinstance(found, Unknown):
                for row in rows:
                    placed[row] = found
                continue
            for place in found.sequence:
                before = found.before[place]
                group = [] if before is None else placed[rows[before]][1]
                group.append(self.facts(sight, rows[place]))
                placed[rows[place]] = number_of(place, found), group
        return placed

    def column(self, sight: Sight, name: str) -> list[Any]:
        """The cells of a column."""
        key = (sight.frame.name, name)
        if key not in self._columns:
            self._columns[key] = self._state[sight.frame.name].get_column(name).to_list()
        return self._columns[key]

    def _leaf(self, sight: Sight, name: str) -> list[object]:
        key = (sight.entity, name)
        if key not in self._decoded:
            leaf = sight.leaves[name]
            known: dict[object, object] = {}
            found: list[object] = []
            for row, cells in enumerate(_cells(self._state[sight.frame.name], leaf.columns)):
                if None in cells:
                    found.append(self._unknown(sight, name, row))
                    continue
                if cells not in known:
                    known[cells] = leaf.decode(*cells)
                found.append(known[cells])
            self._decoded[key] = found
        return self._decoded[key]

    def _items(self, sight: Sight, name: str, row: int) -> object:
        items = sight.lists[name]
        if items.known is not None and not self.column(sight, items.known)[row]:
            return self._unknown(sight, name, row)
        below = sight.world.sight(items.entity)
        key = (items.entity, items.up)
        if key not in self._rows:
            found: list[list[int]] = [[] for _ in range(self._state[sight.frame.name].height)]
            for place, up in enumerate(self.column(below, items.up)):
                found[up].append(place)
            self._rows[key] = found
        return tuple(self.facts(below, place) for place in self._rows[key][row])

    def _unknown(self, sight: Sight, name: str, row: int) -> Unknown:
        mark = ((name, str(row)),) if self._marked else ()
        return Unknown.of(Missing(sight.entity, "", recorded_name(name), mark))


def _cells(rows: pl.DataFrame, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """The cells of some columns, row by row."""
    if not columns:
        return [()] * rows.height
    several = [rows.get_column(name) for name in columns]
    cells = [
        [None if each is None else tuple(each) for each in column.to_list()]
        if column.dtype == pl.List
        else column.to_list()
        for column in several
    ]
    return list(zip(*cells, strict=True))
