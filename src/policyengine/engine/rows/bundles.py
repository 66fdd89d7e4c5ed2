"""Rules that rest on the same facts: their findings by the values of those facts.

The findings of a matrix rest on one column and a few conditions, so most records find theirs ready. A
finding that names what its subject leaves out is not kept, and a table that seldom helps is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any, Final, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Finding
from policyengine.engine.rows.names import FACT
from policyengine.engine.rows.readings import reader
from policyengine.engine.rows.runtime import Careful
from policyengine.engine.rows.support import Base, bases
from policyengine.engine.rows.templates import template_of
from policyengine.engine.rows.values import keep, part_of
from policyengine.policy.rule import Rule, nodes_of
from policyengine.program.graph import Graph

Ready: TypeAlias = "tuple[Callable[[Any, Any], Finding | None], Sequence[Any]]"
Findings: TypeAlias = "Sequence[Finding | None]"
Work: TypeAlias = Callable[[Rule, Any], "Finding | None"]
_PATIENCE: Final = 500


@dataclass(slots=True)
class Bundle:
    """Some rules of one entity, and their findings by the facts that they rest on (`bases`).

    Bundles of one `group` rest on the same facts. Without `bases` nothing is kept.
    """

    rules: tuple[Rule, ...]
    readers: tuple[Callable[[Any], Finding | None], ...]
    bases: tuple[Base, ...] | None
    group: int
    table: dict[object, tuple[Ready, ...]] = field(default_factory=dict)
    hits: int = 0
    misses: int = 0

    @property
    def entity(self) -> str:
        """Whose instances the rules judge."""
        return self.rules[0].entity

    def read(self, scope: Any, work: Work, open_ones: list[Finding]) -> Findings:
        """The findings at an instance, one for each rule; what names something missing also goes to
        `open_ones`.

        `work` is the reference, for findings of which something is not known.
        """
        if self.bases is None or (self.misses > _PATIENCE and self.hits < self.misses):
            return self._made(scope, work, open_ones)
        key = facts_key(scope, self.group, self.bases)
        ready = self.table.get(key)
        if ready is None:
            self.misses += 1
            return self._kept(key, self._made(scope, work, open_ones))
        self.hits += 1
        return [make(values, scope) for make, values in ready]

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

    def _kept(self, key: object, found: Findings) -> Findings:
        templates = [None if one is None else template_of(one) for one in found]
        if all(template is not None or one is None for template, one in zip(templates, found, strict=True)):
            ready = tuple((_none, ()) if one is None else one.maker for one in templates)
            keep(self.table, key, ready)
        return found


def _none(values: Sequence[Any], scope: object) -> None:
    return None


def _is_open(finding: Finding) -> bool:
    return bool(finding.unknown) or any(part.unknown for part in getattr(finding, "requirements", ()))


def facts_key(scope: Any, group: int, resting_on: tuple[Base, ...]) -> object:
    """What tells the facts of one instance from those of another."""
    known = scope.known
    found = known.get(group)
    if found is None:
        found = known[group] = tuple([_fact(scope, base) for base in resting_on])
    return found


def _fact(scope: Any, base: Base) -> object:
    if base.hops:
        for _ in range(base.hops):
            scope = scope.above
    value = scope.record.facts.get(base.name) if base.what == FACT else scope.given.get(base.name)
    return value if base.plain else part_of(value)


@dataclass(frozen=True, slots=True)
class Bundler:
    """Puts the rules of a graph into bundles, and numbers the groups of those that rest on the same facts."""

    graph: Graph
    groups: dict[tuple[Base, ...], int] = field(default_factory=dict)

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
        return Bundle(rules, readers, resting_on, self.groups.setdefault(resting_on or (), len(self.groups)))
