"""Cliffs: where the result of a table of bands falls although the measure rises.

A price that is 999.99 for 999.99 units and 980.00 for 1,000 is seldom meant, and often a surprise. The engine
decides both records of a pair before they are shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from policyengine.analysis.thresholds import FactKey
from policyengine.analysis.tried_records import Tried, version_of
from policyengine.decision.writers import writer
from policyengine.diagnostics import Code, Diagnostic, Severity
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.program.graph import Graph
from policyengine.program.linked import Program

_GOOD = """\
kind: table
id: price
title: Price
for: partner
type: money
bands: {of: active_accounts, mode: graduated, rows: [{below: 1000, rate: 1}, {rate: 0.98}]}
"""
CLIFF = Code(
    id="TABLE101",
    title="bands whose result falls as the number rises",
    why="Where the whole is at the rate of its band, one unit more may cost, or bring, less in all. That is "
    "seldom meant; `mode: graduated` takes each slice at its own rate.",
    bad=_GOOD.replace("graduated", "slab"),
    good=_GOOD,
    example="folder",
    severity=Severity.WARNING,
)
CODES = (CLIFF,)

_MOST = 600
"""So many records are tried for a table."""
_Seen = tuple[Mapping[FactKey, object], Decimal, int]
"""The facts of a record, the result, and the number of the band that it lies in."""


def cliffs(program: Program) -> Iterator[Diagnostic]:
    """Yields a warning for every table of bands whose result falls somewhere, with the two records."""
    graph = program.judging
    if graph is None or program.declarations is None:
        return
    for unit in program.units:
        policy: Any = unit.policy
        if policy.kind != "table" or policy.bands is None or policy.bands.gives:
            continue  # values that bands give may well fall, such as a credit
        version = version_of(graph, policy, f"{policy.id}/rows/1")
        if version is not None:
            found = _Bands(program, graph, unit, version).falling()
            if found is not None:
                yield found


class _Bands(Tried):
    """Tries records on the bands of one table."""

    def __init__(self, program: Program, graph: Graph, unit: PolicyDocument, version: str) -> None:
        policy: Any = unit.policy
        super().__init__(program, graph, (policy.for_, policy.result_name + version), _MOST)
        self.unit, self.policy, self.version = unit, policy, version
        self.bands = [  # the slices of a key that are added up are one row of the table
            (("bands", *place, "rows", i), band)
            for place, each in policy.bands.each
            for i, band in enumerate(each.rows[:1] if place and each.mode == "graduated" else each.rows)
        ]

    def falling(self) -> Diagnostic | None:
        """The first pair of which the one with more of the number has the smaller result."""
        numbers = dict.fromkeys(each.of for _, each in self.policy.bands.each)
        found = (self._falls_over(each.id) for each in numbers if each.expression is None)
        return next((each for each in found if each is not None), None)

    def _falls_over(self, number: str) -> Diagnostic | None:
        found = self.graph.vocabulary.fact(self.key[0], number)
        if found is None:
            return None
        measure = (found[0], number)
        steps = self.steps(measure)
        if not steps:
            return None
        facts = {each: values[len(values) // 2] for each, values in self.values.items()}
        for each in self.near(facts):
            last: _Seen | None = None
            for value in steps:
                seen = self._seen({**each, measure: value})
                falls = seen is not None and last is not None and seen[1] < last[1]
                if falls and not self.bands[seen[2]][1].intended:  # type: ignore[index]
                    return self._told(measure, last, seen)  # type: ignore[arg-type]
                last = seen or last
        return None

    def _seen(self, facts: Mapping[FactKey, object]) -> _Seen | None:
        """What a record comes to; None where that is not decided, or no band counts."""
        scope = self.scope(facts)
        result = None if scope is None else scope[self.key[1]]
        if scope is None or not isinstance(result, Decimal):
            return None
        entered = [i for i in range(len(self.bands)) if self._is_in(scope, i)]
        return (facts, result, entered[-1]) if entered else None

    def _is_in(self, scope: Any, i: int) -> bool:
        name = f"{self.policy.id}/rows/{i + 1}{self.version}"
        return name in self.graph.nodes[self.key[0]] and scope[name] is True

    def _told(self, measure: FactKey, less: _Seen, more: _Seen) -> Diagnostic:
        vocabulary = self.graph.vocabulary
        write, give = writer(vocabulary.names(measure[0])[measure[1]]), writer(self.graph.types.get(self.key))
        noun = vocabulary.noun(*measure)
        one, other = (f"{write(facts[measure])} give {give(result)}" for facts, result, _ in (less, more))
        message = f"more {noun} may lower {self.policy.title}: {one}, {other}"
        others = self.said(more[0], (measure,))
        help = f"with {others}; " if others else ""
        help += "write `mode: graduated`, or say `intended: true` with a `note` at the band"
        return CLIFF.at(self.unit.document.key_span(self.bands[more[2]][0]), message, help=help)
