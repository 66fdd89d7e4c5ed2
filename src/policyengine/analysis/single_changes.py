"""Which of several changes a record shows, told from two graphs: without any of them, and with all of them.

To see what one change does alone, no third program is needed where the others leave a record alone: all nodes
that they change have the same values in both graphs, and none of these nodes depends on what the one changes.
Then the graph with all of them works everything out as the one with this change alone does.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cached_property

from policyengine.analysis.affected import Affected, ComparedPart, by_name
from policyengine.analysis.thresholds import Cuts, cuts_of, cuts_of_expression
from policyengine.analysis.value_numbering import Canon, Forms, closure
from policyengine.dataclass import dataclass
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.program.graph import Graph, Key

NODE, OTHER = "node", "other"
_BESIDE = 40
"""So many operands of a conjunction are looked at."""
Item = tuple[str, Hashable]
"""A node by its key, or anything else by its name."""


def said_by_items() -> Callable[[Graph], Mapping[Item, Hashable]]:
    """What each node, rule and move of graphs says by itself, whatever the nodes say that it names."""
    forms = Forms()

    def said(graph: Graph) -> dict[Item, Hashable]:
        canon = Canon(graph, forms, by_name=True)
        found: dict[Item, Hashable] = {
            (NODE, key): (
                canon.expression(node.expression, key[0]),
                repr(graph.types.get(key)),
                node.exported,
            )
            for key, node in graph.every_node()
        }
        for name, rules in by_name(graph.rules).items():
            found[OTHER, "/".join(name)] = tuple(sorted(map(canon.rule, rules)))
        for move, number in canon.moves().items():
            found[OTHER, "/".join(move)] = number
        for entity, repeat in graph.repeats.items():
            found[OTHER, entity] = repeat.within, repeat.items, repr(repeat.types)
        return found

    return said


@dataclass(frozen=True)
class SingleChanges:
    """Changes by number: the items that each of them alone touches, in graphs without and with all of them.

    `shared` are the numbers of changes that may touch an item together with others, `differing` all items in
    which the two graphs differ.
    """

    affected: Affected
    touched: Mapping[Item, int]
    shared: frozenset[int]
    differing: frozenset[Item]

    def only(self, number: int) -> Affected | None:
        """The parts in which a change shows; None where it cannot be told from the others."""
        mine = self._nodes.get(number)
        if number in self.shared or number in self._more or not mine:
            return None
        dependent = self._dependent(mine)
        rest = self._differing - mine
        if rest & dependent:
            return None
        groups = [group for group in self._groups if not mine.isdisjoint(group.keys)]
        if not groups:
            return None
        found = self.affected.only(groups)
        changed = tuple(key for key in found.changed if key in dependent)
        return Affected(
            found.old, found.new, found.today, found.groups, changed,
            undisturbed=tuple(rest & self._both), near=self._near(mine),
        )  # fmt: skip

    @cached_property
    def _nodes(self) -> dict[int, set[Key]]:
        found: dict[int, set[Key]] = {}
        for (sort, name), number in self.touched.items():
            if sort == NODE:
                found.setdefault(number, set()).add(name)  # type: ignore[arg-type]
        return found

    @cached_property
    def _more(self) -> frozenset[int]:
        """The changes that touch something besides nodes."""
        return frozenset(number for (sort, _), number in self.touched.items() if sort == OTHER)

    @cached_property
    def _differing(self) -> set[Key]:
        return {name for sort, name in self.differing if sort == NODE}  # type: ignore[misc]

    @cached_property
    def _groups(self) -> tuple[ComparedPart, ...]:
        """The parts that nodes alone decide."""
        return tuple(group for group in self.affected.groups if (OTHER, group.name) not in self.differing)

    @cached_property
    def _both(self) -> set[Key]:
        return {key for key, _ in self.affected.old.every_node()} & {
            key for key, _ in self.affected.new.every_node()
        }

    @cached_property
    def _readers(self) -> Mapping[Key, list[Key]]:
        """The nodes that need each node, in one of the graphs."""
        found: dict[Key, list[Key]] = {}
        for graph in (self.affected.old, self.affected.new):
            for key, _ in graph.every_node():
                for need in graph.rests_on(key):
                    found.setdefault(need, []).append(key)
        return found

    def _dependent(self, keys: Iterable[Key]) -> set[Key]:
        """The nodes, and all that depend on them."""
        found: set[Key] = set()
        pending = list(keys)
        while pending:
            key = pending.pop()
            if key not in found:
                found.add(key)
                pending.extend(self._readers.get(key, ()))
        return found

    def _near(self, keys: set[Key]) -> Cuts:
        """The thresholds of nodes, and of the nearest conditions under which others read them."""
        found, today = Cuts(), self.affected.today
        for graph in (self.affected.old, self.affected.new):
            pending = [key for key in keys if key[1] in graph.nodes.get(key[0], {})]
            found.add(cuts_of(graph, closure(graph, pending), today))
            seen = set(pending)
            while pending:
                key = pending.pop()
                readers = [each for each in self._readers.get(key, ()) if each not in seen]
                seen.update(readers)
                for entity, name in readers:
                    node = graph.nodes.get(entity, {}).get(name)
                    around = [] if node is None else self._conditions(node.expression).get(key[1], [])
                    for condition in around:
                        found.add(cuts_of_expression(graph, condition, entity, today))
                    pending += [] if around else [(entity, name)]
        return found

    def _conditions(self, expression: Expression) -> Mapping[str, list[Expression]]:
        if id(expression) not in self._known:
            self._known[id(expression)] = expression, conditions_around(expression)
        return self._known[id(expression)][1]

    @cached_property
    def _known(self) -> dict[int, tuple[Expression, Mapping[str, list[Expression]]]]:
        return {}


def conditions_around(expression: Expression) -> Mapping[str, list[Expression]]:
    """The conditions beside each name, or that lead to it: `a` for `b` in `a and b`, `if a then b`."""
    found: dict[str, list[Expression]] = {}
    pending: list[tuple[Expression, tuple[Expression, ...]]] = [(expression, ())]
    while pending:
        node, around = pending.pop()
        if isinstance(node, syntax.Name):
            found.setdefault(node.name, []).extend(around)
        elif isinstance(node, syntax.If):
            pending += [(node.condition, around), (node.then, (*around, node.condition))]
            pending.append((node.otherwise, around))
        elif isinstance(node, (syntax.And, syntax.Or)):
            parts = syntax.children(node)[:_BESIDE]
            pending += [(each, (*around, *(other for other in parts if other is not each))) for each in parts]
        else:
            pending += [(each, around) for each in syntax.children(node)]
    return found
