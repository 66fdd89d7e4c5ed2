"""The nodes of an entity as one generated function: each a local variable, in the order of dependency.

The function works the nodes out of the facts of an instance and leaves them with the instance, where the
findings read them. It has its nodes twice. Where every fact that is needed is given, which is asked once,
the first set runs without a thought of unknowns. The second asks at each node; a node whose facts are not
all there is left to the reference evaluator, which knows what that means.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import date

from policyengine.dataclass import dataclass
from policyengine.engine.rows.code import Frame, Term, Unsupported
from policyengine.engine.rows.emit import Emitter
from policyengine.engine.rows.forms import FORMS
from policyengine.engine.rows.kinds import check_of, kind_of
from policyengine.engine.rows.names import FACT, GIVEN, NODE, Place, place_of
from policyengine.feel.codegen.source_unit import Unit
from policyengine.program.graph import Graph, Key


@dataclass(slots=True)
class Variables:
    """The variables of one function over an instance `s`: what it reads, and the nodes it worked out.

    `facts` are the names of the facts among what it reads, by their variables.
    """

    graph: Graph
    today: date
    entity: str
    unit: Unit
    loads: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    nodes: dict[str, Term] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    facts: dict[str, str] = field(default_factory=dict)

    def find(self, name: str) -> Term | None:
        """The variable of a name that an expression at the entity sees."""
        place = place_of(self.graph, self.entity, name)
        if place is None:
            if name != "today":
                return None
            constant = self.unit.constant(self.today)
            return Term(
                constant, kind_of(self.graph.names(self.entity)[name]), key=constant, value=self.today
            )
        if place.what == NODE and place.hops == 0 and name in self.own:
            return self.nodes.get(name)
        return self._given(place)

    def _given(self, place: Place) -> Term:
        code = self.unit.variable("v", self.entity, place.name)
        self.loads.setdefault(code, self._load(place))
        lossy = place.what == FACT and place.hops == 0
        check = f"{code} is not None" if lossy else check_of(code, place.kind)
        return Term(code, place.kind, check in self.known, check=check, lossy=lossy, key=code)

    def _load(self, place: Place) -> str:
        name = self.unit.constant(place.name)
        if place.hops == 0 and place.what == FACT:
            self.facts[self.unit.variable("v", self.entity, place.name)] = place.name
            return f"f.get({name})"
        if place.hops == 0 and place.what == GIVEN:
            return f"s.given.get({name})"
        return f"s{'.above' * place.hops}[{name}]"

    @property
    def head(self) -> list[str]:
        """The lines that read the variables."""
        return [f"{code} = {load}" for code, load in self.loads.items()]


@dataclass(frozen=True, slots=True)
class NodesFunction:
    """The name of a generated function, and the nodes that it leaves to the reference in any case."""

    name: str
    fallbacks: tuple[Key, ...]


def emit_nodes(graph: Graph, today: date, unit: Unit, entity: str, names: Sequence[str]) -> NodesFunction:
    """The function that works out the nodes of an entity, in the order that they are given in."""
    variables = Variables(graph, today, entity, unit, own=frozenset(names))
    lines, hard, fallbacks = _both_passes(variables, names, assume=True)
    if hard:
        careful, _, _ = _both_passes(variables, names, assume=False)
        lines = [f"if {' and '.join(hard)}:", *indented(lines), "else:", *indented(careful)]
    facts = ["f = s.record.facts"] if variables.facts else []
    body = indented(["m = s._memo", *facts, *variables.head, *lines])
    return NodesFunction(unit.function("nodes", ["s"], body), fallbacks)


def _both_passes(
    variables: Variables, names: Sequence[str], *, assume: bool
) -> tuple[list[str], list[str], tuple[Key, ...]]:
    """The lines of all nodes, what they take for given, and the nodes that there is no source for."""
    first, _ = _pass(variables, names, Frame(variables.unit, assume))
    hard = list(first.hard)
    repeated = frozenset(key for key, count in first.counts.items() if count > 1)
    variables.known = set(hard)
    frame, fallbacks = _pass(variables, names, Frame(variables.unit, assume, repeated=repeated))
    variables.known = set()
    # Where parts are shared, the second pass may need what the first one never came to.
    return frame.lines, list(dict.fromkeys([*hard, *frame.hard])), fallbacks


def _pass(variables: Variables, names: Iterable[str], frame: Frame) -> tuple[Frame, tuple[Key, ...]]:
    variables.nodes.clear()
    frame.given = variables.loads
    emitter = Emitter(variables.graph, variables.today, frame, variables.find, FORMS)
    fallbacks = []
    for name in names:
        if not _node(emitter, variables, name):
            fallbacks.append((variables.entity, name))
    return frame, tuple(fallbacks)


def _node(emitter: Emitter, variables: Variables, name: str) -> bool:
    """Adds the lines of a node; False where only the reference evaluator can work it out."""
    frame, graph = emitter.frame, emitter.graph
    frame.guards.clear()
    frame.proven = frozenset()
    node = graph.nodes[variables.entity][name]
    code = emitter.unit.variable("n", variables.entity, name)
    memo = emitter.unit.constant(name)
    kind = kind_of(graph.types.get((variables.entity, name)))
    careful = f"s[{memo}]"
    try:
        term = frame.whole(emitter.emit(node.expression))
    except Unsupported:
        frame.lines.append(f"{code} = {careful}")
        variables.nodes[name] = Term(code, kind, False, check=check_of(code, kind), key=code)
        return False
    guards = list(frame.guards)
    value = f"{term.code} if {' and '.join(guards)} else {careful}" if guards else term.code
    line = f"{code} = m[{memo}] = {value}"
    lines = ["try:", f"    {line}", "except TROUBLE:", f"    {code} = {careful}"] if term.risky else [line]
    frame.lines.extend(lines)
    sure = term.sure and not guards and not term.risky
    kind = term.kind if term.kind.name != "any" else kind
    found = Term(code, kind, sure, check=check_of(code, kind), key=term.key if sure else code)
    variables.nodes[name] = term if term.constant else found
    if sure and not term.constant and not term.code.isidentifier():
        frame.taken.setdefault(term.key, found)
    return True


def indented(lines: Iterable[str]) -> list[str]:
    """The lines one step further in."""
    return [f"    {line}" for line in lines]
