"""Which findings and charges hinge on the day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policyengine.engine.rows.day_steps import hinging
from policyengine.engine.rows.outcomes import plain_nodes, read_by
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph, Key

_AMOUNTS = ("amount", "discount_rate", "net")


def hinges_on_today(graph: Graph, rule: Rule) -> bool:
    """Whether what a charge comes to, or whether it applies, may differ from day to day."""
    readings = [rule.fields[name] for name in _AMOUNTS if name in rule.fields]
    names = [rule.status, *(node for reading in readings for node in plain_nodes(reading))]
    return not hinging(graph).isdisjoint(_keys(graph, rule, names))


def asks_for_the_day(graph: Graph, rule: Rule) -> bool:
    """Whether anything that a rule says may differ from day to day."""
    made = (graph.repeats[entity] for entity in graph.lineage(rule.entity) if entity in graph.repeats)
    keys = [*_keys(graph, rule, read_by(rule)), *((each.within, each.items) for each in made)]
    return not hinging(graph).isdisjoint(keys)


def _keys(graph: Graph, rule: Rule, names: Iterable[str]) -> Iterator[Key]:
    found = ((graph.node(rule.entity, name), name) for name in names)
    return ((owner[0], name) for owner, name in found if owner is not None)
