"""Finds the rules in which two graphs differ, and what keeps a difference from being proved away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property

from policyengine.analysis.contrasts import contrasts
from policyengine.analysis.equivalence import Prover
from policyengine.analysis.statements import GraphSlice
from policyengine.analysis.thresholds import Cuts, cuts_of
from policyengine.analysis.value_numbering import Canon, Forms
from policyengine.dataclass import dataclass
from policyengine.policy.rule import Rule, Transition
from policyengine.program.graph import Graph, Key
from policyengine.program.record import Record

_EASY, _HARD = 64, 8192
"""The combinations of cut points that are tried for one node at once, and where nothing else helped."""


@dataclass(frozen=True)
class ComparedPart:
    """A part that both graphs have and that is compared by itself: a rule, a move or a derived fact."""

    name: str
    entity: str
    old: GraphSlice
    new: GraphSlice

    @cached_property
    def keys(self) -> frozenset[Key]:
        """The nodes that are computed to compare it."""
        return frozenset((*self.old.order, *self.new.order))

    @cached_property
    def common(self) -> frozenset[Key]:
        """Those of them that both graphs have."""
        return frozenset(self.old.order) & frozenset(self.new.order)

    @property
    def size(self) -> int:
        """The number of nodes that have to be computed to compare it."""
        return len(self.old.order) + len(self.new.order)


@dataclass
class Affected:
    """The parts in which two graphs differ, the smallest first; empty where the graphs mean the same.

    `changed` holds the nodes that differ between the graphs, innermost first. A record only counts if the
    nodes of `undisturbed` are equal for it. `near` are the thresholds to try, where not all are.
    """

    old: Graph
    new: Graph
    today: date
    groups: tuple[ComparedPart, ...]
    changed: tuple[Key, ...]
    tried: int = 0
    undisturbed: tuple[Key, ...] = ()
    near: Cuts | None = None

    def __bool__(self) -> bool:
        return bool(self.groups)

    def only(self, groups: Iterable[ComparedPart]) -> Affected:
        """The same as far as some of the groups go."""
        groups = tuple(groups)
        changed = [key for key in self.changed if any(key in group.keys for group in groups)]
        return Affected(self.old, self.new, self.today, groups, tuple(changed))

    def cuts(self, groups: Iterable[ComparedPart]) -> Cuts:
        """The thresholds of the given parts."""
        found = Cuts()
        for group in groups:
            found.add(cuts_of(self.old, group.old.order, self.today))
            found.add(cuts_of(self.new, group.new.order, self.today))
        return found

    def prove(self) -> str | tuple[Record, ComparedPart] | None:
        """Tries to prove that all parts are equal: returns the sentence of the proof, or a record with the
        part that differs on it, or None where neither is found.
        """
        again = affected_parts(self.old, self.new, self.today, _HARD)
        self.tried += again.tried
        if not again:
            return "all combinations of the values at which a condition changes give the same"
        prover = Prover(self.old, self.new, self.today, _HARD)
        for group in again.groups:
            records = prover.regions(group.entity, group.old.order, group.new.order)
            if records is None:
                return None
            for record in records:
                self.tried += 1
                if contrasts(group.old.says(record), group.new.says(record)):
                    return record, group
        return "all combinations of the values at which a condition changes give the same"

    def open(self) -> str:
        """The reason why neither a differing record nor a proof exists."""
        cuts = self.cuts(self.groups)
        if cuts.lists:
            words = ", ".join(sorted(f"`{name}`" for name in cuts.lists)[:3])
            return f"what differs depends on lists of any length ({words})"
        if cuts.free:
            words = ", ".join(sorted({f"`{fact}`" for _, fact in cuts.free})[:3])
            return f"what differs calculates with facts or compares them with each other ({words})"
        return "there are too many combinations of values to try"


def affected_parts(old: Graph, new: Graph, today: date, limit: int = _EASY) -> Affected:
    """The parts in which two graphs differ, without those that are quickly proved equal."""
    prover = Prover(old, new, today, limit)
    one, other = prover.canons()
    groups = sorted(
        _groups(one, other, today),
        key=lambda group: (not group.old.rules and not group.new.rules, group.size, group.name),
    )
    changed = tuple(
        key for key in other.graph.order if one.numbers.get(key, -1) not in (-1, other.numbers[key])
    )
    return Affected(old, new, today, tuple(groups), changed, prover.tried)


def _groups(old: Canon, new: Canon, today: date) -> Iterator[ComparedPart]:
    yield from _rules(old, new, today)
    before, after = old.moves(), new.moves()
    for policy, stage in sorted({*before, *after}):
        if before.get((policy, stage)) != after.get((policy, stage)):
            sides = [_moves(canon.graph, policy, stage) for canon in (old, new)]
            entity = next(move.entity for side in sides for move in side)
            asked = [
                GraphSlice.of(canon.graph, today, (), side, ())
                for canon, side in zip((old, new), sides, strict=True)
            ]
            yield ComparedPart(f"{policy}/{stage}", entity, asked[0], asked[1])
    exported = [{key for key, node in canon.graph.every_node() if node.exported} for canon in (old, new)]
    for key in sorted(exported[0] | exported[1]):
        if (old.numbers.get(key) if key in exported[0] else None) != (
            new.numbers.get(key) if key in exported[1] else None
        ):
            asked = [GraphSlice.of(canon.graph, today, (), (), [key] if key in keys else [])
                     for canon, keys in zip((old, new), exported, strict=True)]  # fmt: skip
            yield ComparedPart(key[1], key[0], asked[0], asked[1])


def said_by_parts() -> Callable[[Graph], Mapping[Hashable, Hashable]]:
    """What the parts of graphs say, by the name of a `ComparedPart`: numbers that compare between graphs."""
    forms = Forms()

    def said(graph: Graph) -> dict[Hashable, Hashable]:
        canon, found = Canon(graph, forms), dict[Hashable, list[Hashable]]()
        for name, rules in by_name(graph.rules).items():
            found.setdefault("/".join(name), []).append(tuple(sorted(map(canon.rule, rules))))
        for (policy, stage), move in canon.moves().items():
            found.setdefault(f"{policy}/{stage}", []).append(("move", move))
        for key, node in graph.every_node():
            if node.exported:
                found.setdefault(key[1], []).append((key[0], canon.numbers[key]))
        return {name: tuple(each) for name, each in found.items()}

    return said


def _moves(graph: Graph, policy: str, name: str) -> list[Transition]:
    return [move for move in graph.transitions if (move.policy, move.name) == (policy, name)]


def _rules(old: Canon, new: Canon, today: date) -> Iterator[ComparedPart]:
    sides = [by_name(canon.graph.rules) for canon in (old, new)]
    for name in sorted({*sides[0], *sides[1]}):
        before, after = (side.get(name, []) for side in sides)
        forms = Counter(map(old.rule, before)), Counter(map(new.rule, after))
        if forms[0] == forms[1]:
            continue
        asked = (
            GraphSlice.of(old.graph, today, before, (), ()),
            GraphSlice.of(new.graph, today, after, (), ()),
        )
        rule = (after or before)[0]
        graph = new.graph if after else old.graph
        yield ComparedPart("/".join(name), graph.real(rule.entity), *asked)


def by_name(rules: Iterable[Rule]) -> Mapping[tuple[str, str, str], list[Rule]]:
    """Rules by the section of their findings, their policy and their id."""
    found: dict[tuple[str, str, str], list[Rule]] = {}
    for rule in rules:
        found.setdefault((rule.finding.section, rule.origin.policy, rule.origin.id), []).append(rule)
    return found
