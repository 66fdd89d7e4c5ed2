"""Proves that parts of two graphs are equal for all records, by trying every region between thresholds.

This is a proof only where facts are compared with values of the policies alone, and no list is read. Between
two thresholds no condition changes, so one record for each region is enough.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from datetime import date
from math import prod

from policyengine.analysis.search_space import Space
from policyengine.analysis.statements import only
from policyengine.analysis.thresholds import FactKey, cuts_of
from policyengine.analysis.value_numbering import Canon, Forms, closure
from policyengine.analysis.variations import ABSENT, Variations
from policyengine.dataclass import dataclass
from policyengine.engine.reference.scope import Scope, instances, root_scope
from policyengine.feel.values.values import Unknown
from policyengine.program.graph import Graph, Key
from policyengine.program.record import Record


@dataclass
class Prover:
    """Compares nodes of two graphs. `limit` bounds the regions for each node; `tried` counts all regions."""

    old: Graph
    new: Graph
    today: date
    limit: int
    tried: int = 0
    _asked: dict[Key, bool] = field(default_factory=dict)

    def canons(self) -> tuple[Canon, Canon]:
        """The value numbers of both graphs; nodes that are proved equal share a number."""
        known = self.old.analysed
        if Canon not in known:
            known[Canon] = Canon(self.old, Forms())
        old: Canon = known[Canon]
        return old, Canon(self.new, old.forms, old.numbers, lambda key, _old, _new: self.same(key))

    def same(self, key: Key) -> bool:
        """Whether a node of both graphs is proved to have the same value for all records."""
        if key not in self._asked:
            self._asked[key] = self._same(key)
        return self._asked[key]

    def _same(self, key: Key) -> bool:
        entity, name = key
        needs = [(graph, closure(graph, [key])) for graph in (self.old, self.new)]

        def value(graph: Graph) -> Callable[[dict[str, list[Scope]]], object]:
            return lambda found: [plain(scope[name]) for scope in found.get(entity, ())]

        records = self.regions(entity, needs[0][1], needs[1][1])
        if records is None:
            return False
        parts = [(only(graph, order), order) for graph, order in needs]
        for record in records:
            self.tried += 1
            one, other = (value(graph)(_scopes(graph, record, self.today, order)) for graph, order in parts)
            if one != other:
                return False
        return True

    def regions(
        self, entity: str, old: tuple[Key, ...], new: tuple[Key, ...], limit: int | None = None
    ) -> Iterator[Record] | None:
        """One record for each region of the facts that the nodes read; None where regions prove nothing."""
        cuts = cuts_of(self.old, old, self.today)
        cuts.add(cuts_of(self.new, new, self.today))
        if not cuts.exact:
            return None
        space = Space(self.old.vocabulary, self.new.vocabulary, cuts, self.today)
        choices = [(key, (*values, *(() if space.required(key) else (ABSENT,))))
                   for key, values in space.values.items()]  # fmt: skip
        if prod(len(values) for _, values in choices) > (self.limit if limit is None else limit):
            return None
        real = self.new.real(entity) if entity in self.new.nodes else self.old.real(entity)
        lineage = self.new.vocabulary.lineage(real)
        if real not in self.old.vocabulary.entities or not {each[0] for each, _ in choices} <= set(lineage):
            return None
        bare = Variations(space, frozenset()).bare(lineage[-1], lineage)
        return _combined(bare, choices)


def _combined(bare: Record, choices: Iterable[tuple[FactKey, tuple[object, ...]]]) -> Iterator[Record]:
    keys = [key for key, _ in choices]
    for values in itertools.product(*(values for _, values in choices)):
        yield _filled(bare, dict(zip(keys, values, strict=True)))


def _filled(record: Record, values: dict[FactKey, object]) -> Record:
    facts = dict(record.facts)
    for (entity, name), value in values.items():
        if entity == record.entity:
            facts.pop(name, None)
            if value is not ABSENT:
                facts[name] = value
    lists = {name: tuple(_filled(row, values) for row in rows) for name, rows in record.lists.items()}
    return Record(record.entity, facts, lists)


def _scopes(graph: Graph, record: Record, today: date, order: Iterable[Key]) -> dict[str, list[Scope]]:
    found = instances(root_scope(graph, record, today))
    for entity, name in order:
        for scope in found.get(entity, ()):
            scope[name]
    return found


def plain(value: object) -> object:
    """A value for comparison: all unknown values are equal, whatever they wait for."""
    if isinstance(value, Unknown):
        return Unknown
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return (type(value).__name__, value)
