"""The whole way to a finding: every expression that was worked out for it, with its value."""

from __future__ import annotations

from collections.abc import Iterator

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Finding
from policyengine.engine.reference.scope import Scope, instances, root_scope
from policyengine.engine.value_words import Words
from policyengine.feel.syntax.tree import Expression, names
from policyengine.feel.types.types import Type
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Rule
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.source import Span


@dataclass(frozen=True, slots=True)
class Step:
    """One expression on the way: how deep it lies, what it is called, how it is written, its value."""

    depth: int
    name: str
    text: str
    value: str
    at: Span


def derivation(program: Program, record: Record, finding: Finding) -> tuple[Step, ...]:
    """The steps from a finding's status down to the facts; each expression once."""
    graph = program.judging
    if graph is None:
        raise ValueError(f"`{program.name}` does not compile; its diagnostics say why")
    found = instances(root_scope(graph, record, program.as_of))
    for rule in graph.rules:
        for scope in found.get(rule.entity, ()):
            if _is_it(rule, scope, finding):
                return tuple(_steps(scope, rule.status, 0, set()))
    return ()


def _is_it(rule: Rule, scope: Scope, finding: Finding) -> bool:
    from policyengine.engine.reference.row import read_rule

    return (
        rule.finding is type(finding)
        and rule.origin.policy == finding.policy
        and scope.subject == finding.subject
        and read_rule(rule, scope) == finding
    )


def _steps(scope: Scope, name: str, depth: int, seen: set[tuple[int, str]]) -> Iterator[Step]:
    owner = scope.owner(name)
    if owner is None:
        yield from _fact(scope, name, depth)
        return
    node = owner.graph.nodes[owner.entity][name]
    title = node.noun or node.title or ("" if depth else "status")
    if (id(owner), name) in seen:
        return
    seen.add((id(owner), name))
    if title:
        kind = owner.graph.types.get((owner.entity, name))
        yield Step(depth, title, _written(node.expression), _shown(owner, owner[name], kind), node.at)
    for each in sorted(names(node.expression)):
        if owner.owner(each) is not None or _is_fact(owner, each):
            yield from _steps(owner, each, depth + bool(title), seen)


def _is_fact(scope: Scope, name: str) -> bool:
    return scope.graph.vocabulary.fact(scope.graph.real(scope.entity), name) is not None


def _fact(scope: Scope, name: str, depth: int) -> Iterator[Step]:
    at: Scope | None = scope
    while at is not None and name not in at:
        at = at.above
    if at is None or at.record is None or at.record.document is None:
        return
    place = at.record.document.value_span((*at.record.pointer, name))
    value = at[name]
    words = Words(at.graph, at.entity)
    yield Step(depth, words.noun(name), name, _shown(at, value, words.kind(name)), place)


def _written(expression: Expression) -> str:
    return " ".join(expression.span.text.split())


def _shown(scope: Scope, value: object, kind: Type | None) -> str:
    if isinstance(value, Unknown):
        return "not known"
    if isinstance(value, tuple):
        return f"{len(value)} in the list"
    return Words(scope.graph, scope.entity).writer(kind)(value)
