"""Where findings are kept for those to come: by the facts that they rest on, or by the answers they turn on.

By facts they are kept whole, but for whom they judge: right for a matrix, of which one column decides. By
answers they are kept as plans, into which amounts and counts are filled: right for what rests on numbers,
which seldom come up again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from policyengine.engine.compile.answers import Answers
from policyengine.engine.compile.names import FACT
from policyengine.engine.compile.plans import Fill, Planner, Unplanned
from policyengine.engine.compile.sayings import Saying
from policyengine.engine.compile.support import Base
from policyengine.engine.compile.templates import template_of
from policyengine.engine.compile.values import part_of
from policyengine.policy.findings import Finding
from policyengine.policy.rule import Rule

Findings: TypeAlias = "Sequence[Finding | None]"
Entry: TypeAlias = Callable[[Any], Findings]
"""What gives the findings at an instance, one for each rule; raises `Careful` where one is not known."""


class Shelf(Protocol):
    """Findings that are kept."""

    def key(self, scope: Any) -> object | None:
        """What instances with the same findings have in common; None for one to be looked at by itself."""

    def entry(self, scope: Any, found: Findings) -> Entry | None:
        """What is kept of the findings at an instance; None where they say something of this one alone."""


@dataclass(frozen=True, slots=True)
class ByFacts:
    """Whole findings by the facts that they rest on; those with the same `group` rest on the same ones."""

    bases: tuple[Base, ...]
    group: int

    def key(self, scope: Any) -> object:
        """The facts of an instance, which bundles of one group share."""
        known = scope.known
        found = known.get(self.group)
        if found is None:
            found = known[self.group] = tuple([_fact(scope, base) for base in self.bases])
        return found

    def entry(self, scope: Any, found: Findings) -> Entry | None:
        """The findings without the one whom they judge."""
        templates = [None if one is None else template_of(one) for one in found]
        if any(template is None and one is not None for template, one in zip(templates, found, strict=True)):
            return None
        ready = tuple((_none, ()) if one is None else one.maker for one in templates)

        def findings(scope: Any) -> Findings:
            subject = scope.subject
            return [make(values, subject) for make, values in ready]

        return findings


def _none(values: Sequence[Any], subject: object) -> None:
    return None


def _fact(scope: Any, base: Base) -> object:
    for _ in range(base.hops):
        scope = scope.above
    value = scope.record.facts.get(base.name) if base.what == FACT else scope.given.get(base.name)
    return value if base.plain else part_of(value)


@dataclass(frozen=True, slots=True)
class ByAnswers:
    """Plans by the answers that findings turn on."""

    rules: tuple[Rule, ...]
    answers: Answers
    sayings: dict[object, Saying] = field(default_factory=dict)

    def key(self, scope: Any) -> object | None:
        """The answers at an instance."""
        return self.answers.of(scope)

    def entry(self, scope: Any, found: Findings) -> Entry:
        """The plans of the findings; raises `Unplanned` where they do not give what was found."""
        planner = Planner(scope, self.answers, self.sayings)
        plans: list[Fill] = [planner.finding(rule) or _nothing for rule in self.rules]

        def findings(scope: Any) -> Findings:
            return [plan(scope) for plan in plans]

        if findings(scope) != list(found):
            raise Unplanned
        return findings


def _nothing(scope: Any) -> None:
    return None
