"""Rules that turn on few answers together: all their findings are one look-up, and then filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Any, Final

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Finding
from policyengine.engine.rows.answers import Answers, Asked, answers, asked
from policyengine.engine.rows.bundles import Bundle, Bundler, Findings, Work
from policyengine.engine.rows.plans import Plan, Planner, Unplanned
from policyengine.engine.rows.runtime import Careful
from policyengine.engine.rows.sayings import Saying
from policyengine.engine.rows.values import keep
from policyengine.policy.rule import Rule
from policyengine.program.graph import Graph

_MOST: Final = 512
_PATIENCE: Final = 500


@dataclass(slots=True)
class Run:
    """Bundles of one entity that follow each other, and the plans of their findings by the answers.

    Where something is not known, or where there are no `answers`, the bundles are read one by one. Answers
    that came up once stand in the `table` without plans.
    """

    entity: str
    bundles: tuple[Bundle, ...]
    answers: Answers | None
    sayings: dict[object, Saying]
    table: dict[object, tuple[Plan, ...]] = field(default_factory=dict)
    hits: int = 0
    misses: int = 0

    def read(self, scope: Any, work: Work, open_ones: list[Finding]) -> Findings:
        """The findings at an instance, one for each rule; what names something missing also goes to
        `open_ones`.

        `work` is the reference, for findings of which something is not known.
        """
        key = None if self.answers is None else self.answers.of(scope)
        if key is None:
            return self._one_by_one(scope, work, open_ones)
        plans = self.table.get(key)
        if not plans:
            return self._for_later(key, plans, scope, self._one_by_one(scope, work, open_ones))
        self.hits += 1
        try:
            return [fill(plan, scope) for fill, plan in plans]
        except Careful:
            return self._one_by_one(scope, work, open_ones)

    def _one_by_one(self, scope: Any, work: Work, open_ones: list[Finding]) -> Findings:
        if len(self.bundles) == 1:
            return self.bundles[0].read(scope, work, open_ones)
        return [finding for bundle in self.bundles for finding in bundle.read(scope, work, open_ones)]

    def _for_later(
        self, key: object, plans: tuple[Plan, ...] | None, scope: Any, found: Findings
    ) -> Findings:
        """Notes answers that come up first, and how to give what was found when they come up again."""
        if plans is None:
            self.misses += 1
            keep(self.table, key, ())
            if self.misses > _PATIENCE and self.hits < self.misses:
                self._give_up()
        else:
            try:
                keep(self.table, key, self._planned(scope, found))
            except Unplanned:
                self._give_up()
            except Careful:
                pass
        return found

    def _planned(self, scope: Any, found: Findings) -> tuple[Plan, ...]:
        """The plans that give what was found; raises `Unplanned` where they would give something else."""
        assert self.answers is not None
        planner = Planner(scope, self.answers, self.sayings)
        plans = tuple([planner.finding(rule) for bundle in self.bundles for rule in bundle.rules])
        if [fill(plan, scope) for fill, plan in plans] != list(found):
            raise Unplanned
        return plans

    def _give_up(self) -> None:
        self.answers = None
        self.table.clear()


@dataclass(slots=True)
class Runs:
    """Puts the rules of a graph into runs; all of them share what is said."""

    graph: Graph
    bundler: Bundler
    sayings: dict[object, Saying] = field(default_factory=dict)

    def of(self, rules: Sequence[Rule]) -> tuple[Run, ...]:
        """The rules in their order, neighbours that turn on few answers together."""
        found: list[tuple[list[Bundle], Asked | None]] = []
        for bundle in self.bundler.bundles(rules):
            turning_on = self._asked(bundle)
            before, so_far = found[-1] if found else ([bundle], None)
            together = so_far | turning_on if so_far is not None and turning_on is not None else None
            if together is not None and together.count <= _MOST and before[0].entity == bundle.entity:
                found[-1] = [*before, bundle], together
            else:
                found.append(([bundle], turning_on))
        return tuple(self._run(tuple(bundles), turning_on) for bundles, turning_on in found)

    def _asked(self, bundle: Bundle) -> Asked | None:
        """What the findings of a bundle turn on; None where those of one of its rules rest on more."""
        together: Asked | None = None
        for rule in bundle.rules:
            found = asked(self.graph, rule)
            if found is None:
                return None
            together = found if together is None else together | found
        return together

    def _run(self, bundles: tuple[Bundle, ...], turning_on: Asked | None) -> Run:
        known = None if turning_on is None else answers(turning_on)
        return Run(bundles[0].entity, bundles, known, self.sayings)
