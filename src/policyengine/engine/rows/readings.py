"""Rules to functions that read findings off an instance whose values are all known.

Where a value that a finding shows is not known, the finding is left to the reference, which says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from policyengine.decision.findings import Finding, Origin
from policyengine.engine.reference.reasons import explain
from policyengine.engine.reference.row import read
from policyengine.engine.rows.runtime import Careful
from policyengine.engine.rows.showing import shower_of
from policyengine.engine.rows.templates import maker
from policyengine.engine.rows.traces import distinct
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Build, Choose, Const, Explain, Reading, Rule, Value
from policyengine.program.graph import Graph

Read = Callable[[Any], Any]


def reader(graph: Graph, rule: Rule) -> Callable[[Any], Finding | None]:
    """The finding of a rule at an instance, None for none; raises `Careful` where something is not known."""
    if not _own_nodes(rule) <= graph.nodes[rule.entity].keys():
        return _left_to_the_reference
    make = maker(rule.finding)
    parts: list[Read] = []
    for each in fields(rule.finding):
        if each.name == "because":
            parts.append(_reading(graph, rule.entity, rule.because))
        elif each.name == "origin":
            parts.append(_origin(graph, rule))
        elif each.name == "status":
            parts.append(_status(rule.status))
        elif each.name in rule.fields:
            parts.append(_reading(graph, rule.entity, rule.fields[each.name]))
        else:
            parts.append(_constant(() if each.name == "unknown" else _default(each)))
    parts_of = tuple(parts)
    exists = rule.exists

    def finding(scope: Any) -> Finding | None:
        if exists is not None:
            there = scope._memo[exists]
            if there is False:
                return None
            if there.__class__ is Unknown:
                raise Careful
        found: Finding = make([part(scope) for part in parts_of], scope)
        return found

    return finding


def _left_to_the_reference(scope: Any) -> Finding | None:
    raise Careful


def _own_nodes(rule: Rule) -> set[str]:
    """The nodes that decide which finding there is; what it only shows may lie at another entity."""
    pending: list[Reading] = [rule.because, *rule.fields.values(), *([rule.origins] if rule.origins else [])]
    found = {rule.status, *([rule.exists] if rule.exists is not None else [])}
    while pending:
        match pending.pop():
            case Choose(by, cases, otherwise):
                found.add(by)
                pending.extend((*cases.values(), otherwise))
            case Build(_, parts):
                pending.extend(parts.values())
    return found


def _default(field: Any) -> Any:
    return None if field.name == "subject" else field.default


def _constant(value: object) -> Read:
    return lambda scope: value


def _status(node: str) -> Read:
    def status(scope: Any) -> Any:
        value = scope._memo[node]
        if value.__class__ is not str:
            raise Careful
        return value

    return status


def _origin(graph: Graph, rule: Rule) -> Read:
    if rule.origins is None:
        return _constant(rule.origin)
    nearer = _reading(graph, rule.entity, rule.origins)

    def origin(scope: Any) -> Any:
        found = nearer(scope)
        return found if isinstance(found, Origin) else rule.origin

    return origin


def _reading(graph: Graph, entity: str, reading: Reading) -> Read:
    match reading:
        case Const(value):
            return _constant(value)
        case Value(node):
            return shown_value(graph, entity, node)
        case Choose(by, cases, otherwise):
            table = {word: each.value for word, each in cases.items() if isinstance(each, Const)}
            if isinstance(otherwise, Const) and len(table) == len(cases):
                return _look_up(by, table, otherwise.value)
            readers = {word: _reading(graph, entity, each) for word, each in cases.items()}
            return _choice(by, readers, _reading(graph, entity, otherwise))
        case Build(make, parts):
            return _built(make, {name: _reading(graph, entity, part) for name, part in parts.items()})
        case Explain((node,)):
            return lambda scope: explain(scope, node)
        case Explain(nodes):
            return lambda scope: distinct([reason for node in nodes for reason in explain(scope, node)])
        case _:
            return lambda scope: read(reading, scope)


def shown_value(graph: Graph, entity: str, node: str) -> Read:
    """What shows the value of a node; raises `Careful` where it is not known."""
    shows = shower_of(graph, entity, node)

    def shown(scope: Any) -> object:
        memo = scope._memo
        value = memo[node] if node in memo else scope[node]
        if value.__class__ is Unknown:
            raise Careful
        return shows(value)

    return shown


def _look_up(by: str, table: Mapping[str, object], otherwise: object) -> Read:
    def chosen(scope: Any) -> object:
        value = scope._memo[by]
        return table.get(value, otherwise) if value.__class__ is str else otherwise

    return chosen


def _choice(by: str, readers: Mapping[str, Read], otherwise: Read) -> Read:
    def chosen(scope: Any) -> object:
        value = scope._memo[by]
        return (readers.get(value, otherwise) if value.__class__ is str else otherwise)(scope)

    return chosen


def _built(make: Callable[..., object], parts: Mapping[str, Read]) -> Read:
    named = tuple(parts.items())
    return lambda scope: make(**{name: part(scope) for name, part in named})
