"""What a level is worth to a partner: its charges and payouts of a year with it, less those without it.

For each level there is a variant of the program in which everybody has it, whatever the facts say. Record by
record it is compared with the program as it is, by the calculation of `plan`.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from policyengine.change.impact import ImpactAnalysis, RecordPair
from policyengine.change.period import Days
from policyengine.change.schedule import stages
from policyengine.change.sides import level_titles
from policyengine.change.terms import EXACT
from policyengine.decision.findings import Level
from policyengine.feel.syntax import build
from policyengine.policy.rule import Node
from policyengine.program.graph import Graph
from policyengine.reports.lists import Answer

Money = tuple[Decimal | None, str | None]
_NOTHING: Money = (None, None)


class LevelMoney:
    """Works out what levels are worth to records, each variant of the program once."""

    def __init__(self, graph: Graph, days: Days) -> None:
        self._graph = graph
        self._days = days
        self._ladders = {policy: tuple(titles) for policy, titles in level_titles(graph).items()}
        self._variants: dict[tuple[str, str], ImpactAnalysis] = {}

    def worth(self, answer: Answer, level: Level, to: str | None) -> Money:
        """How much more a partner has in a year with the level `to` than now; of None, the level below, how
        much less. Nothing where no charge depends on it, where it is not decided, or in several currencies.
        """
        record, ladder = answer.record, self._ladders.get(level.policy, ())
        if not level.subject.root or level.level not in ladder:
            return _NOTHING
        place = ladder.index(level.level)
        target = to if to is not None else ladder[place - 1] if place else None
        if target is None:
            return _NOTHING
        tally = self._variant(level.policy, target).tally([RecordPair(record, record)])
        sums = [pair for hit in tally.hits for pair in hit.sums if pair[1].amount]
        if tally.undecided or len(sums) != 1:
            return _NOTHING
        currency, found = sums[0]
        return (EXACT.minus(found.amount) if to is not None else found.amount), currency or None

    def _variant(self, policy: str, level: str) -> ImpactAnalysis:
        key = policy, level
        if key not in self._variants:
            graph, other = self._graph, held(self._graph, policy, level)
            found = stages(lambda day: graph, lambda day: other, self._days, [self._days.first])
            self._variants[key] = ImpactAnalysis(found, {}, listing=True)
        return self._variants[key]


def held(graph: Graph, policy: str, level: str) -> Graph:
    """The program in which the level of a policy is a certain one, whatever the facts say."""
    levels = [f"{policy}/{each}/reached" for each in level_titles(graph).get(policy, ())]
    nodes = {
        entity: {name: _fixed(node, policy, level, levels) for name, node in own.items()}
        for entity, own in graph.nodes.items()
    }
    return replace(graph, nodes=nodes, types=dict(graph.types), _needs={})


def _fixed(node: Node, policy: str, level: str, levels: list[str]) -> Node:
    if node.name in levels:
        return replace(node, expression=build.literal(node.name == f"{policy}/{level}/reached", node.at))
    if node.name == f"{policy}/in-force":
        return replace(node, expression=build.literal(level, node.at))
    return node
