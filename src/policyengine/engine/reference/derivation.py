"""The whole way to a finding: every expression that was worked out for it, with its value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Figure, Finding
from policyengine.decision.wording import subject_name
from policyengine.engine.reference.scope import Scope, instances, root_scope
from policyengine.engine.value_words import Words
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import (
    Call,
    ContextLiteral,
    Expression,
    Filter,
    For,
    FunctionLiteral,
    Name,
    Quantified,
    mapped,
    names,
)
from policyengine.feel.types.types import Type
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Rule
from policyengine.program.guards import every_rule
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.source import Span

MOST_ROWS = 20
"""Of so many things in a list the facts are told."""


@dataclass(frozen=True, slots=True)
class Step:
    """One expression on the way: how deep it lies, what it is called, how it is written, its value."""

    depth: int
    name: str
    text: str
    value: str
    at: Span


def derivation(program: Program, record: Record, finding: Finding) -> tuple[Step, ...]:
    """The steps from the status of a finding, or of a requirement, down to the facts; each expression once.

    Of what stands in a list the facts are told that were read, those of the first things only.
    """
    graph = program.judging
    if graph is None:
        raise ValueError(f"`{program.name}` does not compile; its diagnostics say why")
    found = instances(root_scope(graph, record, program.as_of))
    if isinstance(finding, Figure):
        home = (each for each in found.get(finding.subject.entity, ()) if each.subject == finding.subject)
        return tuple(step for scope in home for step in _Walk(scope).steps(scope, finding.id, 0))
    for rule in every_rule(graph.rules):
        for scope in found.get(rule.entity, ()):
            if _is_it(rule, scope, finding):
                return tuple(_Walk(scope).steps(scope, rule.status, 0))
    return ()


def _is_it(rule: Rule, scope: Scope, finding: Finding) -> bool:
    from policyengine.engine.reference.row import read_rule

    return (
        rule.finding is type(finding)
        and rule.origin.policy == finding.policy
        and scope.subject == finding.subject
        and read_rule(rule, scope) == finding
    )


class _Walk:
    """A walk down from one instance: what was told so far."""

    def __init__(self, home: Scope) -> None:
        self._seen: set[tuple[int, str]] = set()
        self._around: list[Scope] = []
        at: Scope | None = home
        while at is not None:
            self._around.append(at)
            at = at.above

    def steps(self, scope: Scope, name: str, depth: int) -> Iterator[Step]:
        """The step of a name that an instance sees, and those below it."""
        owner = scope.owner(name)
        if owner is None:
            yield from self._fact(scope, name, depth)
            return
        node = owner.graph.nodes[owner.entity][name]
        title = node.noun or node.title or ("" if depth else "status")
        if (id(owner), name) in self._seen:
            return
        self._seen.add((id(owner), name))
        if title:
            kind = owner.graph.types.get((owner.entity, name))
            shown = _shown(owner, owner[name], kind)
            yield Step(depth, title + self._whose(owner), _written(node.expression), shown, node.at)
        if node.inline:  # it reads what the value itself reads
            return
        for each in sorted(names(_without_bounds(owner, node.expression))):
            if owner.owner(each) is not None or _is_fact(owner, each) or _list(owner, each) is not None:
                yield from self.steps(owner, each, depth + bool(title))
                yield from self._rows(owner, each, node.words.all, depth + bool(title))

    def _rows(self, scope: Scope, name: str, words: frozenset[str], depth: int) -> Iterator[Step]:
        """What an expression reads of the things in a list."""
        rows = _list(scope, name)
        for row in rows[:MOST_ROWS] if isinstance(rows, tuple) else ():
            for word in sorted(words):
                if word in row:
                    yield from self.steps(row, word, depth + 1)

    def _fact(self, scope: Scope, name: str, depth: int) -> Iterator[Step]:
        at: Scope | None = scope
        while at is not None and name not in at:
            at = at.above
        if at is None or at.record is None or at.record.document is None or (id(at), name) in self._seen:
            return
        if not any(at is each for each in self._around):
            self._seen.add((id(at), name))
        place = at.record.document.value_span((*at.record.pointer, name))
        value = at[name]
        words = Words(at.graph, at.entity)
        shown = _shown(at, value, words.kind(name))
        yield Step(depth, words.noun(name) + self._whose(at), name, shown, place)

    def _whose(self, scope: Scope) -> str:
        """Whose a value is that is not of the one who is judged."""
        around = any(scope is each for each in self._around)
        return "" if around else f" of {subject_name(scope.subject)}"


def _without_bounds(scope: Scope, expression: Expression) -> Any:
    """An expression without the bounds of tests that they do not decide."""
    match expression:
        case Filter() | For() | Quantified() | FunctionLiteral() | ContextLiteral():
            return expression  # its names are not those of the scope
        case Call(Name("first known"), (test, *_) as parts):
            found = next((each for each in parts if not isinstance(scope.value(each), Unknown)), test)
            return build.all_of([test, found], expression.span)
    return mapped(expression, lambda part: _without_bounds(scope, part))


def _is_fact(scope: Scope, name: str) -> bool:
    return scope.graph.vocabulary.fact(scope.graph.real(scope.entity), name) is not None


def _list(scope: Scope, name: str) -> object:
    """The things in a list of an instance, or of what it lies in; None for another name."""
    at: Scope | None = scope
    while at is not None:
        lists = [below.list for _, below in at.graph.vocabulary.children(at.graph.real(at.entity))]
        if name in lists and at.record is not None:
            return at[name]
        at = at.above
    return None


def _written(expression: Expression) -> str:
    return " ".join(expression.span.text.split())


def _shown(scope: Scope, value: object, kind: Type | None) -> str:
    if isinstance(value, Unknown):
        return "not known"
    if isinstance(value, tuple):
        return f"{len(value)} in the list"
    return Words(scope.graph, scope.entity).writer(kind)(value)
