"""Outcomes as one generated function an entity: look-ups for what depends on few answers, sums for the rest.

The function reads the facts, asks the few conditions that the tables go by, works out the amounts, and puts
the outcomes together. Wherever a fact is missing or a value is not plain, it gives up and the outcomes are
read off the nodes one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any, TypeAlias

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Origin
from policyengine.engine.rows.code import Frame, Term, Unsupported
from policyengine.engine.rows.emit import Emitter
from policyengine.engine.rows.finite import Atom, Cluster, Finite, clusters_of
from policyengine.engine.rows.forms import FORMS
from policyengine.engine.rows.kinds import check_of, kind_of
from policyengine.engine.rows.nodes import Variables, indented
from policyengine.engine.rows.outcomes import Outcome, shown_fields
from policyengine.engine.rows.showing import shower
from policyengine.engine.rows.support import read_by
from policyengine.feel.codegen.source_unit import Unit
from policyengine.feel.types.types import Number
from policyengine.policy.rule import Choose, Const, Reading, Rule, Value
from policyengine.program.graph import Graph

Fill: TypeAlias = Callable[[str, Cluster], Callable[[Any], tuple[Any, ...]]]


@dataclass(slots=True)
class _Light:
    """The function for one entity while it is written."""

    graph: Graph
    entity: str
    variables: Variables
    frame: Frame
    fill: Fill
    rules: Sequence[Rule]
    finite: Finite
    clusters: list[Cluster] = field(default_factory=list)
    looked_up: set[int] = field(default_factory=set)
    opening: set[int] = field(default_factory=set)
    pending: set[str] = field(default_factory=set)
    passed: set[str] = field(default_factory=set)

    @property
    def unit(self) -> Unit:
        """Where constants go."""
        return self.frame.unit

    @property
    def emitter(self) -> Emitter:
        """What writes expressions of the entity."""
        return Emitter(self.graph, self.variables.today, self.frame, self.find, FORMS)

    def find(self, name: str) -> Term | None:
        """The variable of a name; a node that has none yet gets one."""
        if name in self.variables.own and name not in self.variables.nodes:
            if name in self.pending:
                raise Unsupported
            self.pending.add(name)
            guards, proven = dict(self.frame.guards), self.frame.proven
            self.frame.guards.clear()
            self.frame.proven = frozenset()
            self._node(name)
            self.frame.guards.update(guards)
            self.frame.proven = proven
        found = self.variables.find(name)
        return found.surely() if found is not None and found.check in self.passed else found

    def variable(self, name: str) -> Term:
        """The variable of a node at the entity."""
        found = self.find(name)
        if found is None:
            raise Unsupported
        return found

    def _node(self, name: str) -> None:
        code = self.unit.variable("n", self.entity, name)
        kind = kind_of(self.graph.types.get((self.entity, name)))
        atoms = self.finite.of_node(name)
        home = next((i for i, c in enumerate(self.clusters) if atoms and self._holds(i, c, atoms)), None)
        sure = False
        if home is not None:
            cluster = self.clusters[home]
            self.look_up(home)
            self.frame.lines.append(f"{code} = e{home}[{len(cluster.runs) + len(cluster.nodes)}]")
            cluster.nodes.append(name)
        else:
            term = self.frame.whole(self.emitter.emit(self.graph.nodes[self.entity][name].expression))
            self.give_up_unless(self.frame.guards)
            if term.constant or (term.sure and term.code.isidentifier()):
                self.variables.nodes[name] = term
                return
            self.frame.lines.append(f"{code} = {term.code}")
            sure, kind = term.sure, term.kind if term.kind.name != "any" else kind
        self.variables.nodes[name] = Term(code, kind, sure, check=check_of(code, kind), key=code)

    def _holds(self, number: int, cluster: Cluster, atoms: Mapping[Atom, int]) -> bool:
        """Whether a node with these atoms is looked up there: not where its value is wanted for the key."""
        return number not in self.opening and atoms.keys() <= cluster.atoms.keys()

    def give_up_unless(self, checks: Iterable[str]) -> None:
        """Adds the lines that leave the function where a check is not passed."""
        wanted = [check for check in checks if check not in self.passed]
        self.passed.update(wanted)
        self.frame.guards.clear()
        if wanted:
            self.frame.lines += [f"if not ({' and '.join(wanted)}):", "    return None"]

    def look_up(self, number: int) -> None:
        """Adds the lines that look up the entry of a cluster, once."""
        if number in self.looked_up:
            return
        self.looked_up.add(number)
        cluster = self.clusters[number]
        self.opening.add(number)
        answers = [self.emitter.sure(atom) for atom in cluster.atoms]
        self.opening.discard(number)
        self.give_up_unless(self.frame.guards)
        entry, key, table = f"e{number}", f"k{number}", self.unit.constant(_Table())
        self.frame.lines += [
            f"{key} = ({''.join(f'{answer.code}, ' for answer in answers)})",
            f"{entry} = {table}.get({key})",
            f"if {entry} is None:",
            f"    {entry} = {table}[{key}] = {self.unit.constant(self.fill(self.entity, cluster))}(make(of))",
        ]


class _Table(dict[object, object]):
    """The entries of a cluster, at most as many as its atoms have answers."""


def emit_light(graph: Graph, today: date, unit: Unit, entity: str, fill: Fill) -> str | None:
    """The name of the function for an entity; None where its outcomes rest on more than it and its facts.

    It takes the facts, and what makes the instance out of a third argument, which is seldom needed. `fill`
    gives for a cluster what works out an entry of its table.
    """
    try:
        first, _, _ = _pass(graph, today, Frame(unit, True), entity, fill)
        repeated = frozenset(key for key, count in first.counts.items() if count > 1)
        frame, result, head = _pass(graph, today, Frame(unit, True, repeated=repeated), entity, fill)
    except (Unsupported, RecursionError):
        return None
    lines = [
        "try:",
        *indented([*head, *frame.lines, f"return {result}"]),
        "except TROUBLE:",
        "    return None",
    ]
    return unit.function("light", ["f", "make", "of"], indented(lines))


def _pass(graph: Graph, today: date, frame: Frame, entity: str, fill: Fill) -> tuple[Frame, str, list[str]]:
    rules = [rule for rule in graph.rules if rule.entity == entity]
    own = graph.nodes.get(entity, {})
    variables = Variables(graph, today, entity, frame.unit, own=frozenset(own))
    frame.given = variables.loads
    light = _Light(graph, entity, variables, frame, fill, rules, Finite(graph, entity))
    atoms = {i: light.finite.of_all(read_by(rule)) for i, rule in enumerate(rules)}
    light.clusters = clusters_of({i: each for i, each in atoms.items() if each is not None})
    for number in range(len(light.clusters)):
        light.look_up(number)
    parts = _parts(light, {i for i, each in atoms.items() if each is None})
    exported = [name for name, node in own.items() if node.exported]
    values = ", ".join(f"{light.unit.constant(name)}: {_shown(light, name)}" for name in exported)
    return frame, f"({parts}, {{{values}}})", _head(variables, frame)


def _head(variables: Variables, frame: Frame) -> list[str]:
    """The lines that read the facts: those that have to be there all at once."""
    needed = [
        code for code in variables.loads if code in variables.facts and f"{code} is not None" in frame.hard
    ]
    rest = {code: load for code, load in variables.loads.items() if code not in needed}
    checks = [check for check in frame.hard if check.split(" ")[0] not in needed]
    head = [f"{code} = {load}" for code, load in rest.items()]
    if any(load.startswith("s") for load in rest.values()):
        head.insert(0, "s = make(of)")
    if checks:
        head += [f"if not ({' and '.join(checks)}):", "    return None"]
    if len(needed) > 1:
        taken = frame.unit.constant(itemgetter(*(variables.facts[code] for code in needed)))
        head.append(f"{', '.join(needed)} = {taken}(f)")
    elif needed:
        head.append(f"{needed[0]} = f[{frame.unit.constant(variables.facts[needed[0]])}]")
    return head


def _parts(light: _Light, direct: set[int]) -> str:
    """The outcomes in the order of the rules: runs out of tables, and between them those worked out."""
    starts = {
        run[0]: (c, r) for c, cluster in enumerate(light.clusters) for r, run in enumerate(cluster.runs)
    }
    parts: list[str] = []
    single: list[str] = []
    for i, rule in enumerate(light.rules):
        if i in direct:
            single.append(_outcome(light, rule))
        elif i in starts:
            parts += [_listed(single), f"e{starts[i][0]}[{starts[i][1]}]"]
            single = []
    return f"({''.join(f'{part}, ' for part in [*parts, _listed(single)] if part)})"


def _listed(outcomes: Sequence[str]) -> str:
    return f"({', '.join(outcomes)},)" if outcomes else ""


def _outcome(light: _Light, rule: Rule) -> str:
    if rule.exists is not None:
        raise Unsupported
    unit = light.unit
    status = light.variable(rule.status)
    if not status.sure or status.kind.name != "text":
        light.give_up_unless([f"{status.code}.__class__ is S"])
    values = ", ".join(
        f"{unit.constant(key)}: {_read(light, each)}" for key, each in shown_fields(rule).items()
    )
    policy, section = unit.constant(rule.origin.policy), unit.constant(rule.finding.section)
    head = f"{policy}, {_id(light, rule)}, {section}"
    return f"new({unit.constant(Outcome)}, ({head}, {status.code}, {{{values}}}))"


def _id(light: _Light, rule: Rule) -> str:
    """The id of the finding: that of the part that it comes from, where the rule tells one."""
    name = light.unit.constant(rule.origin.id)
    if rule.origins is None:
        return name
    nearer = {word: each.value for word, each in rule.origins.cases.items() if isinstance(each, Const)}
    if len(nearer) < len(rule.origins.cases) or not isinstance(rule.origins.otherwise, Const):
        raise Unsupported
    ids = {word: origin.id for word, origin in nearer.items() if isinstance(origin, Origin)}
    otherwise = rule.origins.otherwise.value
    last = light.unit.constant(otherwise.id) if isinstance(otherwise, Origin) else name
    return f"{light.unit.constant(ids)}.get({light.variable(rule.origins.by).code}, {last})"


def _read(light: _Light, reading: Reading) -> str:
    match reading:
        case Const(value):
            return light.unit.constant(value)
        case Value(node):
            return _shown(light, node)
        case Choose(by, cases, Const(otherwise)):
            table = {word: each.value for word, each in cases.items() if isinstance(each, Const)}
            if len(table) == len(cases):
                by_code = light.variable(by).code
                return f"{light.unit.constant(table)}.get({by_code}, {light.unit.constant(otherwise)})"
    raise Unsupported


def _shown(light: _Light, name: str) -> str:
    """The value of a node as an outcome holds it."""
    term = light.variable(name)
    if not term.sure:
        light.give_up_unless([term.check])
    found = light.graph.node(light.entity, name)
    kind = light.graph.types.get((found[0], name)) if found is not None else None
    if term.kind.name in ("text", "boolean") or (
        isinstance(kind, Number) and kind.unit not in ("count", "money")
    ):
        return term.code
    shows = light.unit.variable("show", kind)
    light.unit.constants.setdefault(shows, shower(kind, light.graph.vocabulary))
    if not isinstance(kind, Number) or kind.unit == "count":
        return f"{shows}({term.code})"
    quantum = light.unit.constant(Decimal(1).scaleb(-light.graph.vocabulary.number_of_digits()))
    return f"({term.code} if {term.code}.same_quantum({quantum}) else {shows}({term.code}))"


def filler(
    readers: Sequence[Callable[[Any], Outcome | None]], cluster: Cluster, work_out: Callable[[Any], None]
) -> Callable[[Any], tuple[Any, ...]]:
    """What makes an entry of a table: the outcomes of its runs, the values of its nodes."""

    def fill(scope: Any) -> tuple[Any, ...]:
        work_out(scope)
        runs = (
            tuple([outcome for i in run if (outcome := readers[i](scope)) is not None])
            for run in cluster.runs
        )
        return (*runs, *(scope[name] for name in cluster.nodes))

    return fill
