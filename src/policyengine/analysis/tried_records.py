"""Records around the thresholds of what one value rests on, and what the engine decides of each.

A bounded number of records is tried, always the same ones. Everything on the way to the entity stands in a
record once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from policyengine.analysis.search_space import Space
from policyengine.analysis.thresholds import FactKey, cuts_of
from policyengine.decision.writers import writer
from policyengine.engine.reference.scope import Scope, instances, root_scope
from policyengine.policy.base import Policy
from policyengine.program.graph import Graph, Key
from policyengine.program.linked import Program
from policyengine.program.record import Record

_VALUES = 24
"""So many values of one fact are tried, either way."""


class Tried:
    """The records that are tried for a node, `most` of them; `values` are those of each fact around it."""

    def __init__(self, program: Program, graph: Graph, key: Key, most: int) -> None:
        self.program, self.graph, self.key = program, graph, key
        vocabulary, today = graph.vocabulary, program.as_of
        space = Space(vocabulary, vocabulary, cuts_of(graph, _closure(graph, key), today), today)
        around = set(vocabulary.lineage(key[0]))
        self.values = {
            each: values[: _VALUES * 2]
            for each, values in space.values.items()
            if each[0] in around and values
        }
        self._most = most
        self.tried = 0

    def scope(self, facts: Mapping[FactKey, object]) -> Scope | None:
        """The values of a record; None where enough were tried."""
        if self.tried >= self._most:
            return None
        self.tried += 1
        return instances(root_scope(self.graph, self._record(facts), self.program.as_of))[self.key[0]][0]

    def _record(self, facts: Mapping[FactKey, object]) -> Record:
        """A record in which everything on the way to the entity stands once."""
        vocabulary = self.graph.vocabulary
        inner: Record | None = None
        for entity in vocabulary.lineage(self.key[0]):
            own = {name: value for (owner, name), value in facts.items() if owner == entity}
            below = () if inner is None else (inner,)
            lists = {
                str(each.list): below if inner is not None and child == inner.entity else ()
                for child, each in vocabulary.children(entity)
            }
            inner = Record(entity, own, lists)
        assert inner is not None
        return inner

    def said(self, facts: Mapping[FactKey, object], without: Sequence[FactKey]) -> str:
        """The facts of a record in words, some of them left out."""
        names = self.graph.vocabulary
        told = [
            f"{names.noun(*key)} {writer(names.names(key[0])[key[1]])(value)}"
            for key, value in facts.items() if key not in without
        ]  # fmt: skip
        return ", ".join(told)

    def near(self, best: Mapping[FactKey, object]) -> Iterator[Mapping[FactKey, object]]:
        """These facts, and all that differ from them in one."""
        yield best
        for each, values in self.values.items():
            for value in values:
                if value != best[each]:
                    yield {**best, each: value}

    def steps(self, measure: FactKey) -> list[Decimal]:
        """The values of a number that are tried, ascending."""
        return sorted(each for each in self.values.get(measure, ()) if isinstance(each, Decimal))


def _closure(graph: Graph, key: Key) -> list[Key]:
    """A node, and all that it needs."""
    found, pending = {key: None}, [key]
    while pending:
        for each in graph.rests_on(pending.pop()):
            if each not in found:
                found[each] = None
                pending.append(each)
    return list(found)


def version_of(graph: Graph, policy: Policy, node: str) -> str | None:
    """What names of nodes of a version end with: "" where there is one; None where it has no such node."""
    mark = "@first" if policy.from_ is None else f"@{policy.from_.isoformat()}"
    own = graph.nodes.get(policy.for_, {})
    return next((each for each in ("", mark) if f"{node}{each}" in own), None)
