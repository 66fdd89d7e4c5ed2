"""Rules that rest on the same facts: their findings are read together, and kept for those to come.

A finding that names what its subject leaves out is not kept, and what seldom helps is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from policyengine.engine.compile.answers import answers
from policyengine.engine.compile.plans import Unplanned
from policyengine.engine.compile.readings import reader
from policyengine.engine.compile.runtime import Careful
from policyengine.engine.compile.sayings import Saying
from policyengine.engine.compile.shelves import ByAnswers, ByFacts, Entry, Findings, Shelf
from policyengine.engine.compile.support import Base, bases, nodes_of
from policyengine.engine.compile.values import keep
from policyengine.policy.findings import Finding
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph

Work: TypeAlias = Callable[[Rule, Any], "Finding | None"]
_PATIENCE: Final = 500


@dataclass(slots=True)
class Bundle:
    """Some rules of one entity, and where their findings are kept.

    `shelves` are the ways to keep them, the better one last; without any nothing is kept.
    """

    rules: tuple[Rule, ...]
    readers: tuple[Callable[[Any], Finding | None], ...]
    shelves: list[Shelf]
    entity: str
    table: dict[object, Entry] = field(default_factory=dict)
    hits: int = 0
    misses: int = 0

    def read(self, scope: Any, work: Work, open_ones: list[Finding]) -> Findings:
        """The findings at an instance, one for each rule; what names something missing also goes to
        `open_ones`.

        `work` is the reference, for findings of which something is not known.
        """
        if not self.shelves or (self.misses > _PATIENCE and self.hits < self.misses):
            return self._made(scope, work, open_ones)
        key = self.shelves[-1].key(scope)
        if key is None:
            return self._made(scope, work, open_ones)
        entry = self.table.get(key)
        if entry is None:
            self.misses += 1
            return self._kept(scope, key, self._made(scope, work, open_ones))
        self.hits += 1
        try:
            return entry(scope)
        except Careful:
            return self._made(scope, work, open_ones)

    def _made(self, scope: Any, work: Work, open_ones: list[Finding]) -> Findings:
        found: list[Finding | None] = []
        for rule, read in zip(self.rules, self.readers, strict=True):
            try:
                finding = read(scope)
            except Careful:
                finding = work(rule, scope)
            found.append(finding)
            if finding is not None and _is_open(finding):
                open_ones.append(finding)
        return found

    def _kept(self, scope: Any, key: object, found: Findings) -> Findings:
        try:
            entry = self.shelves[-1].entry(scope, found)
        except Unplanned:
            self.shelves.pop()
            self.table.clear()
            return found
        except Careful:
            return found
        if entry is not None:
            keep(self.table, key, entry)
        return found


def _is_open(finding: Finding) -> bool:
    return bool(finding.unknown) or any(part.unknown for part in getattr(finding, "requirements", ()))


@dataclass(frozen=True, slots=True)
class Bundler:
    """Puts the rules of a graph into bundles; all of them share what is said and number their groups."""

    graph: Graph
    groups: dict[tuple[Base, ...], int] = field(default_factory=dict)
    sayings: dict[object, Saying] = field(default_factory=dict)

    def bundles(self, rules: Sequence[Rule]) -> tuple[Bundle, ...]:
        """The rules in their order, neighbours that rest on the same facts together."""
        found: list[tuple[tuple[Base, ...] | None, list[Rule]]] = []
        for rule in rules:
            resting_on = bases(self.graph, rule.entity, nodes_of(rule))
            last = found[-1] if found else None
            if last is not None and last[0] == resting_on is not None and last[1][0].entity == rule.entity:
                last[1].append(rule)
            else:
                found.append((resting_on, [rule]))
        return tuple(self._bundle(resting_on, tuple(each)) for resting_on, each in found)

    def _bundle(self, resting_on: tuple[Base, ...] | None, rules: tuple[Rule, ...]) -> Bundle:
        readers = tuple(reader(self.graph, rule) for rule in rules)
        return Bundle(rules, readers, list(self._shelves(resting_on, rules)), rules[0].entity)

    def _shelves(self, resting_on: tuple[Base, ...] | None, rules: tuple[Rule, ...]) -> Sequence[Shelf]:
        if resting_on is None:
            return ()
        by_facts = ByFacts(resting_on, self.groups.setdefault(resting_on, len(self.groups)))
        if all(base.plain for base in resting_on):
            return (by_facts,)
        turning_on = answers(self.graph, rules)
        return (by_facts,) if turning_on is None else (by_facts, ByAnswers(rules, turning_on, self.sayings))
