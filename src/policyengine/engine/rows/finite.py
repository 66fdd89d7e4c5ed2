"""What depends on few answers only: an enum, a yes or no, whether a threshold is passed.

Such a value is a function of those answers, its atoms. All values and findings that share atoms are looked
up in one table, which fills as answers come up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from policyengine.dataclass import dataclass
from policyengine.engine.rows.names import FACT, NODE, own_place
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.types.types import BOOLEAN, Enum
from policyengine.program.graph import Graph

LARGEST = 512
Atom = Expression
"""A fact by its name, or a condition."""

_CONDITIONS = (syntax.Comparison, syntax.In, syntax.Between, syntax.Quantified)
_HANDED_ON = frozenset({"not", "is true", "once known"})


@dataclass(slots=True)
class Finite:
    """Finds the atoms of the nodes of one entity."""

    graph: Graph
    entity: str
    _known: dict[str, Mapping[Atom, int] | None] = field(default_factory=dict)

    def of_node(self, name: str) -> Mapping[Atom, int] | None:
        """The atoms of a node with the number of answers each has; None where they are not few."""
        if name not in self._known:
            self._known[name] = None  # nothing depends on itself
            node = self.graph.nodes[self.entity].get(name)
            found = None if node is None else self.of(node.expression)
            self._known[name] = found if found is not None and answers(found) <= LARGEST else None
        return self._known[name]

    def of_all(self, names: Iterable[str]) -> Mapping[Atom, int] | None:
        """The atoms of several nodes together."""
        found: dict[Atom, int] = {}
        for name in names:
            own = self.of_node(name)
            if own is None:
                return None
            found |= own
        return found if answers(found) <= LARGEST else None

    def of(self, node: Expression) -> Mapping[Atom, int] | None:
        """The atoms of an expression."""
        match node:
            case syntax.Literal() | syntax.Open() | syntax.Name("today"):
                return {}
            case syntax.Name(name):
                return self._of_name(node, name)
            case syntax.And() | syntax.Or() | syntax.If() | syntax.ListLiteral():
                return self._of_parts(syntax.children(node))
            case syntax.Call(syntax.Name(name), arguments, ()) if name in _HANDED_ON:
                return self._of_parts(arguments)
            case syntax.Comparison() | syntax.In() | syntax.Between() | syntax.Quantified():
                own = self._of_parts(syntax.children(node)) if isinstance(node, syntax.Comparison) else None
                return {node: 2} if own is None else own
            case _:
                return None

    def _of_name(self, node: syntax.Name, name: str) -> Mapping[Atom, int] | None:
        place = own_place(self.graph, self.entity, name)
        if place is None:
            return None
        if place.what == NODE:
            return self.of_node(name)
        kind = self.graph.vocabulary.row(self.entity).fields[name]
        if place.what != FACT or not (kind == BOOLEAN or isinstance(kind, Enum)):
            return None
        return {node: len(kind.values) if isinstance(kind, Enum) else 2}

    def _of_parts(self, parts: Iterable[Expression]) -> Mapping[Atom, int] | None:
        found: dict[Atom, int] = {}
        for part in parts:
            own = self.of(part)
            if own is None:
                return None
            found |= own
        return found


def answers(atoms: Mapping[Atom, int]) -> int:
    """How many combinations of answers there are."""
    product = 1
    for each in atoms.values():
        product *= each
    return product


@dataclass(slots=True)
class Cluster:
    """Atoms, and what is looked up by their answers: runs of rules (by number) and nodes."""

    atoms: dict[Atom, int]
    runs: list[list[int]] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)


def clusters_of(rules: Mapping[int, Mapping[Atom, int]]) -> list[Cluster]:
    """Puts rules with few answers together, as long as there remain few; neighbours make one run."""
    found: list[Cluster] = []
    for number, atoms in rules.items():
        fitting = [each for each in found if answers({**each.atoms, **atoms}) <= LARGEST]
        cluster = max(fitting, key=lambda each: len(each.atoms.keys() & atoms.keys()), default=None)
        if cluster is None or (atoms and not cluster.atoms.keys() & atoms.keys()):
            cluster = Cluster({})
            found.append(cluster)
        cluster.atoms |= atoms
        if cluster.runs and cluster.runs[-1][-1] == number - 1:
            cluster.runs[-1].append(number)
        else:
            cluster.runs.append([number])
    return found
