"""One record: every rule of a graph read off its values, as a decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from policyengine.decision.decision import Decision
from policyengine.decision.findings import (
    MANUAL,
    NOT_APPLICABLE,
    PASSING,
    UNDETERMINED,
    Assumption,
    Finding,
    Origin,
    Reason,
    Shortfall,
)
from policyengine.engine.figures import FigureReaders, Look, walked
from policyengine.engine.finding_values import as_shown
from policyengine.engine.missing_facts import judged_lists, lists_left_out, missing_facts, unsettled
from policyengine.engine.reference.reasons import explain, explain_expression
from policyengine.engine.reference.scope import Scope, instances, root_scope
from policyengine.engine.shortfalls import Test, shortfalls, tests_of
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import (
    Build,
    Choose,
    Const,
    Explain,
    Reading,
    Rule,
    Rules,
    Shortfalls,
    Value,
)  # fmt: skip
from policyengine.program.graph import Graph
from policyengine.program.linked import Program
from policyengine.program.record import Record


def evaluate(program: Program, record: Record) -> Decision:
    """The decision of a program that compiles for one of its records. It never raises for any record."""
    graph = program.judging
    if graph is None or program.declarations is None:
        raise ValueError(f"`{program.name}` does not compile; its diagnostics say why")
    root = root_scope(graph, record, program.as_of)
    found = instances(root)
    # In the order of dependency, so that no chain of derived facts is as deep as it is long.
    for entity, name in graph.order:
        for scope in found.get(entity, ()):
            scope[name]
    findings = tuple(
        finding
        for rule in graph.rules
        for scope in found.get(rule.entity, ())
        if (finding := read_rule(rule, scope)) is not None
    )
    figures = tuple(figure_readers(graph).every(found))
    every = (*findings, *figures)
    missing = missing_facts(every, lists_left_out(judged_lists(graph), found))
    is_open = any(finding.status == UNDETERMINED for finding in every)
    return Decision(
        program=program.declarations.id,
        program_title=program.declarations.title,
        policies=program.digest,
        as_of=program.as_of,
        subject=root.subject,
        complete=not missing and not is_open,
        _findings=findings,
        _figures=figures,
        missing=missing,
        not_in_force=program.not_in_force,
    )


def read_rule(rule: Rule, scope: Scope) -> Finding | None:
    """The finding of a rule for one instance; None where the rule has none for it."""
    exists = scope[rule.exists] if rule.exists is not None else True
    if exists is False:
        return None
    status = exists if isinstance(exists, Unknown) else scope[rule.status]
    because: tuple[Reason, ...] = read(rule.because, scope)
    if isinstance(exists, Unknown) and rule.exists is not None:
        because = tuple(dict.fromkeys((*explain(scope, rule.exists), *because)))
    fields = {name: read(reading, scope) for name, reading in rule.fields.items()}
    origin = origin_of(rule, scope)
    return rule.finding(
        origin=origin,
        subject=scope.subject,
        status=status if isinstance(status, str) else UNDETERMINED,
        because=because,
        unknown=unsettled([status, *unknown_values(rule, scope, status)]),
        assumptions=_assumptions(rule, origin, scope),
        **fields,
    )


def origin_of(rule: Rule, scope: Scope) -> Origin:
    """Where a finding comes from: the nearest place that is known."""
    nearer = read(rule.origins, scope) if rule.origins is not None else None
    return nearer if isinstance(nearer, Origin) else rule.origin


def _assumptions(rule: Rule, origin: Origin, scope: Scope) -> tuple[Assumption, ...]:
    """What its part of a policy assumes, and what else it rests on."""
    own = [] if origin.assumption is None else [origin.assumption]
    others = (
        each.assumption
        for each in scope.graph.resting.get(id(rule), ())
        if each.node is None or scope[each.node] is True
    )
    return tuple(dict.fromkeys([*own, *others]))


def unknown_values(rule: Rule, scope: Scope, status: object) -> Iterable[object]:
    """The values that a finding shows, and where it is not decided those that it rests on.

    What does not apply needs nothing.
    """
    because = () if isinstance(status, str) and status != MANUAL else (rule.because,)
    for reading in (*because, *rule.fields.values()) if status != NOT_APPLICABLE else ():
        yield from _behind(reading, scope)


def _behind(reading: Reading, scope: Scope) -> Iterable[object]:
    match reading:
        case Value(node):
            yield scope[node]
        case Explain(nodes):
            yield from (scope[node] for node in nodes)
        case Choose(by):
            yield from _behind(chosen(reading, scope[by]), scope)
        case _:
            return


def chosen(reading: Choose, value: object) -> Reading:
    """The reading for a value of the node that a choice goes by."""
    return reading.cases.get(value, reading.otherwise) if isinstance(value, str) else reading.otherwise


# Readings


def read(reading: Reading, scope: Scope) -> Any:
    """What a reading gives for one instance."""
    return _READ[type(reading)](reading, scope)


def _const(reading: Const, scope: Scope) -> object:
    return reading.value


def _value(reading: Value, scope: Scope) -> object:
    return present(scope, reading.node)


def _choose(reading: Choose, scope: Scope) -> object:
    return read(chosen(reading, scope[reading.by]), scope)


def _build(reading: Build, scope: Scope) -> object:
    return reading.make(**{name: read(part, scope) for name, part in reading.fields.items()})


def _explain(reading: Explain, scope: Scope) -> tuple[Reason, ...]:
    if len(reading.nodes) == 1:
        return explain(scope, reading.nodes[0])
    found = {reason: None for node in reading.nodes for reason in explain(scope, node)}
    return tuple(found)


def _rules(reading: Rules, scope: Scope) -> tuple[Finding, ...]:
    return tuple(found for rule in reading.rules if (found := read_rule(rule, scope)) is not None)


def _shortfalls(reading: Shortfalls, scope: Scope) -> tuple[Shortfall, ...]:
    def look(test: Test) -> tuple[object, Callable[[], tuple[Reason, ...]]]:
        at = scope
        for _ in range(test.hops):
            assert at.above is not None
            at = at.above
        return at.value(test.expression), lambda: explain_expression(at, test.expression)

    findings = ((rule, read_rule(rule, scope)) for rule in reading.rules)
    return tuple(
        each
        for rule, found in findings
        if found is not None and found.status not in PASSING
        for each in shortfalls(found.origin, found.status, tests_of(scope.graph, rule), look)
    )


_READ: Mapping[type, Callable[[Any, Scope], object]] = {
    Const: _const,
    Value: _value,
    Choose: _choose,
    Build: _build,
    Explain: _explain,
    Rules: _rules,
    Shortfalls: _shortfalls,
}


# Values as they are shown


def present(scope: Scope, name: str) -> object:
    """The value of a node as a finding holds it; None where it is unknown."""
    owner = scope.owner(name)
    kind = scope.graph.types.get((owner.entity, name)) if owner is not None else None
    digits = scope.graph.vocabulary.number_of_digits()
    return as_shown(scope[name], kind, digits)


def figure_readers(graph: Graph) -> FigureReaders:
    """What reads the figures off the instances of a record."""
    look = Look(
        lambda entity, expression: lambda scope: scope.value(expression),
        lambda entity, expression: lambda scope: explain_expression(scope, expression),
        Scope,
    )
    return FigureReaders(graph, partial(walked, graph, look))
