"""Laws of levels that hold without saying.

More of the measure never lowers the level, and a higher level never has the smaller grant. Records around the
thresholds are tried, a bounded number of them, always the same ones. A law counts as broken only where the
engine has decided both records of a pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from policyengine.analysis.thresholds import FactKey
from policyengine.analysis.tried_records import Tried, version_of
from policyengine.dataclass import dataclass
from policyengine.decision.findings import PASSING, Level
from policyengine.decision.writers import writer
from policyengine.diagnostics import Code, Diagnostic, Severity
from policyengine.feel.types.types import RATE, Type
from policyengine.feel.values.values import Unknown
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.rule import Choose, Rules
from policyengine.program.graph import Graph, Key
from policyengine.program.linked import Program

_GOOD = """\
kind: tiers
id: example
title: Example
for: partner
measure: active_accounts
levels:
  - {id: silver, title: Silver, active_accounts: 10..15, grants: [{discount: 10%, on: [subscription]}]}
  - id: gold
    title: Gold
    active_accounts: 16..
    requires: [{id: reviews, title: Attends, when: attends_quarterly_reviews}]
    grants: [{discount: 20%, on: [subscription]}]
otherwise: {level: none, basis: assumed, note: not said}
"""
LOWERED = Code(
    id="TIER101",
    title="more of the measure lowers the level",
    why="Who grows and meets all else as before keeps at least the level that she had. With ranges that end, "
    "a requirement of the upper level alone takes the lower one away.",
    bad=_GOOD,
    good=_GOOD.replace("10..15", "10.."),
    example="folder",
    severity=Severity.WARNING,
)
SMALLER = Code(
    id="GRANT101",
    title="a higher level with the smaller grant",
    why="Who reaches more is not given less; most likely two numbers were exchanged.",
    bad=_GOOD.replace("10..15", "10..").replace("20%", "5%"),
    good=_GOOD.replace("10..15", "10.."),
    example="folder",
    severity=Severity.WARNING,
)
CODES = (LOWERED, SMALLER)

_MOST = 1500
"""So many records are tried for a policy."""


def broken_laws(program: Program) -> list[Diagnostic]:
    """Returns a warning with two records for each law that the levels of a program break."""
    graph = program.judging
    if graph is None or program.declarations is None:
        return []
    found: list[Diagnostic] = []
    for unit in program.units:
        name = f"{unit.policy.id}/level"
        version = version_of(graph, unit.policy, name)
        if unit.policy.kind == "tiers" and version is not None:
            found += _Levels(program, graph, unit, (unit.policy.for_, name + version), version).broken()
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """A record and the place of the level that it comes to, from 0 for none."""

    facts: Mapping[FactKey, object]
    rank: int


class _Levels(Tried):
    """Tries records on the levels of one policy."""

    def __init__(self, program: Program, graph: Graph, unit: PolicyDocument, key: Key, version: str) -> None:
        super().__init__(program, graph, key, _MOST)
        self.unit = unit
        policy: Any = unit.policy
        self.policy = policy
        self.ids = [str(policy.none), *(str(level.id) for level in policy.levels)]
        self.titles = [str(policy.none_title), *(str(level.title) for level in policy.levels)]
        asked = _asked(graph, unit.policy.id, self.ids[-1])
        self.asked = tuple(each for each in asked if each.endswith(version))
        self.first: dict[int, _Seen] = {}

    def broken(self) -> Iterator[Diagnostic]:
        """The laws that it breaks."""
        measure = (self.key[0], str(self.policy.measure))
        pair = None
        if self.values:
            best = self._best(measure)
            pair = self._falling(measure, best)
        if pair is not None and not self.policy.levels[self._upper(pair, measure)].intended:
            yield self._lowered(pair, measure)
        yield from self._smaller()

    def _best(self, measure: FactKey) -> dict[FactKey, object]:
        """Facts that meet as much of the highest level as single changes bring about."""
        facts = {each: values[len(values) // 2] for each, values in self.values.items()}
        if measure in facts:
            facts[measure] = max(self.steps(measure), default=facts[measure])
        height = self._met(facts)
        for _ in range(3):
            before = height
            for each, values in self.values.items():
                for value in values:
                    met = self._met({**facts, each: value})
                    if met > height:
                        facts, height = {**facts, each: value}, met
            if height == before:
                break
        return facts

    def _met(self, facts: Mapping[FactKey, object]) -> int:
        """How many of the requirements of the highest level are met."""
        scope = self.scope(facts)
        return 0 if scope is None else sum(scope[name] in PASSING for name in self.asked)

    def _falling(self, measure: FactKey, best: Mapping[FactKey, object]) -> tuple[_Seen, _Seen] | None:
        """A pair that differs in the measure alone, of which the one with more of it has the lower level."""
        steps = self.steps(measure)
        if not steps:
            for facts in self.near(best):
                self._rank(facts)
            return None
        for value in steps:
            self._rank({**best, measure: value})
        for facts in self.near(best):
            last: _Seen | None = None
            for value in steps:
                moved = {**facts, measure: value}
                rank = self._rank(moved)
                if rank is None:
                    continue
                if last is not None and rank < last.rank:
                    return last, _Seen(moved, rank)
                last = _Seen(moved, rank)
        return None

    def _rank(self, facts: Mapping[FactKey, object]) -> int | None:
        """The place of the level; None where it is not decided, or enough records were tried."""
        scope = self.scope(facts)
        level = None if scope is None else scope[self.key[1]]
        if isinstance(level, Unknown) or level not in self.ids:
            return None
        rank = self.ids.index(str(level))
        self.first.setdefault(rank, _Seen(dict(facts), rank))
        return rank

    # What is said

    def _upper(self, pair: tuple[_Seen, _Seen], measure: FactKey) -> int:
        """The level that begins where the fall is: the lowest above the one that is lost."""
        return min(pair[0].rank, len(self.policy.levels) - 1)

    def _lowered(self, pair: tuple[_Seen, _Seen], measure: FactKey) -> Diagnostic:
        noun = self.graph.vocabulary.noun(*measure)
        write = writer(self.graph.vocabulary.names(measure[0])[measure[1]])
        at = self.unit.document.key_span(("levels", self._upper(pair, measure)))
        less, more = (write(each.facts[measure]) for each in pair)
        one, other = (self.titles[each.rank] for each in pair)
        message = f"more {noun} may lower the level: {less} give {one}, {more} give {other}"
        others = self.said(pair[0].facts, (measure,))
        help = f"with {others}; " if others else ""
        help += "leave the ranges open above (`10..`, `16..`), or say `intended: true` with a `note`"
        return LOWERED.at(at, message, help=help)

    def _smaller(self) -> Iterator[Diagnostic]:
        """Grants of a level that are smaller than those of the level below, where both are reached."""
        levels = self.policy.levels
        for i in range(1, len(levels)):
            if i in self.first and i + 1 in self.first and not levels[i].intended:
                below, above = self._granted(levels[i - 1].grants), self._granted(levels[i].grants)
                for what, (least, _) in below.items():
                    most, intended = above.get(what, (None if isinstance(least, str) else Decimal(0), False))
                    if self._is_less(what, most, least) and not intended:
                        yield self._less(i, what, least, most)

    def _is_less(self, what: str, most: Decimal | str | None, least: Decimal | str) -> bool:
        """Whether one number, or one choice of those that ascend, is below another; nothing is below all."""
        if isinstance(least, Decimal):
            return most is None or Decimal(most) < least
        choices = (None, *(self.graph.vocabulary.entities[self.key[0]].facts[what].values or ()))
        return choices.index(most) < choices.index(least)

    def _granted(self, grants: Sequence[Any]) -> dict[str, tuple[Decimal | str, bool]]:
        """What grants give in numbers and in choices that ascend: discounts by item, values by fact."""
        facts = self.graph.vocabulary.entities[self.key[0]].facts
        found: dict[str, tuple[Decimal | str, bool]] = {}
        for grant in grants:
            found.update(dict.fromkeys(grant.on, (grant.discount, grant.intended)))
            for fact, text in grant.values.items():
                if facts[fact].single.is_number:
                    found[fact] = (Decimal(str(facts[fact].read(str(text)))), grant.intended)
                elif facts[fact].ordered:
                    found[fact] = (str(text), grant.intended)
        return found

    def _less(self, i: int, what: str, least: object, most: object) -> Diagnostic:
        vocabulary, at = self.graph.vocabulary, self.unit.document.key_span(("levels", i))
        items = vocabulary.declarations.item_titles
        noun = f"discount on {items.get(what)}"
        kind: Type = RATE
        if what not in items:
            noun, kind = vocabulary.noun(self.key[0], what), vocabulary.names(self.key[0])[what]
        write = writer(kind)
        lower, upper = self.titles[i : i + 2]
        message = f"{upper} has the smaller {noun}: {write(most)}, and {lower} {write(least)}"
        records = [f"{self.titles[j]} with {self.said(self.first[j].facts, ())}" for j in (i, i + 1)]
        help = f"{'; '.join(records)}; say `intended: true` with a `note` if that is meant"
        return SMALLER.at(at, message, help=help)


def _asked(graph: Graph, policy: str, level: str) -> Iterator[str]:
    """The nodes of the statuses of what a level asks for."""
    for rule in graph.rules:
        reading = rule.fields.get("requirements")
        if rule.finding is Level and rule.origin.policy == policy and isinstance(reading, Choose):
            rules = reading.cases.get(level)
            yield from (each.status for each in rules.rules) if isinstance(rules, Rules) else ()
