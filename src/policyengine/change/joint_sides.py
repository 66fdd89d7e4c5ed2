"""The code of several versions of a program, of which a record is asked once for all.

Versions that read records alike are one graph (`joint_graph`), so that what they share is worked out once. A
version below the root differs from the first one often only in values that the root hands down, such as a
rate of discount: for a record with equal values it is not worked out at all, and what the first one says
stands for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from typing import NamedTuple

from policyengine.change.daily import hinges_on_today
from policyengine.change.joint_graph import JointGraph, renamed_rule
from policyengine.change.slices import Gate, Marks, marked, part_of, slice_of
from policyengine.change.terms import DATES, TERMS
from policyengine.dataclass import dataclass
from policyengine.decision.findings import Charge
from policyengine.engine.rows.day_by_day import DailyProgram
from policyengine.engine.rows.day_steps import Part, bits
from policyengine.policy.rule import Choose, Rule
from policyengine.program.graph import Graph, Key


class Version(NamedTuple):
    """A program of a comparison, the rules of it that are asked, and the derived facts."""

    graph: Graph
    rules: Sequence[Rule]
    shown: Iterable[Key] = ()


@dataclass(slots=True)
class _Read:
    """What is read together: by which versions, and for which ones where their gate is closed."""

    rules: list[Rule] = field(default_factory=list)
    figures: list[Key] = field(default_factory=list)
    called: Mapping[str, str] = field(default_factory=dict)


class _Kind(NamedTuple):
    """What parts have in common that are read together; sets of versions have a bit for each of them."""

    versions: int
    instead: int
    gated: int
    is_daily: bool
    figures_of: int | None = None


class JointSides:
    """The code of some versions that read records alike; the first one stands for the others where it can."""

    def __init__(self, marks: Marks, joint: JointGraph, versions: Sequence[Version], day: date) -> None:
        self.day = day
        gates = [Gate()] + [_gate(marks, versions[0], each) for each in versions[1:]]
        read = _kinds(marks, joint, versions, gates)
        self.kinds = list(read)
        branches = [
            [(name, names[name]) for name in gate.names if name in names]
            for gate, names in zip(gates, joint.renamed, strict=True)
        ]
        root = versions[0].graph.vocabulary.root
        kept = [(root, name) for pairs in branches for pair in pairs for name in pair]
        rules = [rule for each in read.values() for rule in each.rules]
        figures = [key for each in read.values() for key in each.figures]
        parts = [
            Part(
                tuple(each.rules),
                tuple(each.figures),
                kind.is_daily,
                0 if kind.versions & ~kind.gated else kind.gated,
            )
            for kind, each in read.items()
        ]
        self.called = [each.called for each in read.values()]
        self.program = DailyProgram(slice_of(joint.graph, rules, figures, kept), day, parts, branches)
        self.groups = self.program.groups
        self.sides = [self._side(i) for i in range(len(versions))]

    def _side(self, version: int) -> SideGroups:
        bit = 1 << version
        always, gated, instead = list[int](), list[int](), list[int]()
        for i, group in enumerate(self.groups):
            kind = self.kinds[group.part]
            if kind.versions & bit:
                (gated if kind.gated & bit else always).append(i)
            elif kind.instead & bit:
                instead.append(i)
        return SideGroups(tuple(always + gated), tuple(always + instead))


class SideGroups(NamedTuple):
    """The numbers of the groups that a version is read off, where its gate is open and where it is closed."""

    open: tuple[int, ...]
    closed: tuple[int, ...]


def _gate(marks: Marks, one: Version, other: Version) -> Gate:
    """The gate of a version, without what it finds as the first one does in any case."""
    first, own = marked(marks, one.graph, one.rules), marked(marks, other.graph, other.rules)
    apart = [rule for rule in other.rules if first.get(part_of(rule)) != own[part_of(rule)]]
    return Gate.between((one.graph, one.rules), (other.graph, apart))


def _kinds(
    marks: Marks, joint: JointGraph, versions: Sequence[Version], gates: Sequence[Gate]
) -> dict[_Kind, _Read]:
    """All that is read, by what it has in common; a part that several versions find alike is read once."""
    said = [marked(marks, each.graph, each.rules) for each in versions]
    found: dict[_Kind, _Read] = {}
    for i, version in enumerate(versions):
        named = joint.renamed[i]
        for rule in version.rules:
            part = part_of(rule)
            alike = [j for j, each in enumerate(said) if each.get(part) == said[i][part]]
            if alike[0] < i:
                continue
            is_daily = rule.finding is Charge and hinges_on_today(version.graph, rule)
            gated = bits(j for j in alike if part in gates[j].parts)
            instead = bits(j for j, gate in enumerate(gates) if i == 0 and part in gate.parts)
            kind = _Kind(bits(alike), instead, gated, is_daily)
            found.setdefault(kind, _Read()).rules.append(renamed_rule(_asked(rule, is_daily), named))
        shown = [(entity, named.get(name, name)) for entity, name in version.shown]
        if shown:
            called = {new: name for name, new in named.items()}
            found[_Kind(1 << i, 0, 0, False, i)] = _Read([], shown, called)
    return found


def _asked(rule: Rule, is_daily: bool) -> Rule:
    """A rule as far as it is asked: a charge without its next due date, which follows from the first one."""
    if is_daily:
        return bare(rule)
    if rule.finding is Charge:
        fields = {name: reading for name, reading in rule.fields.items() if name != "next_due_on"}
        return replace(rule, fields=fields)
    return rule


def bare(rule: Rule) -> Rule:
    """The rule of a charge with its terms alone; it tells its due dates also while it does not apply."""
    known = {name: reading for name, reading in rule.fields.items() if name in TERMS}
    dates = {
        name: reading.otherwise
        for name, reading in known.items()
        if name in DATES and isinstance(reading, Choose)
    }
    return replace(rule, fields={**known, **dates})
