"""Coverage of policy tests: the goals of a program that its tests meet.

A test covers only nodes behind findings that it expects something of. A rule is not tested by being
evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from functools import partial

from policyengine.analysis.equivalence import Prover
from policyengine.analysis.value_numbering import closure
from policyengine.dataclass import dataclass
from policyengine.decision.findings import Gate
from policyengine.engine.reference.row import evaluate, read_rule
from policyengine.engine.reference.scope import Scope, Sight, instances, root_scope
from policyengine.feel.evaluation.evaluator import visits
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax.tree import Expression, walk
from policyengine.feel.types import types
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.rule import Cases, Rule, Transition, nodes_of
from policyengine.program import load as loading
from policyengine.program.graph import Graph, Key
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.program.versions import in_force, turning_points
from policyengine.source import Source
from policyengine.verify.checked_findings import decision_data, seen
from policyengine.verify.coverage_goals import Goal, GoalFinder, case_goals
from policyengine.verify.document_index import DocumentIndex, made_up
from policyengine.verify.expectation_shape import MOVE, VALUES
from policyengine.verify.prepare import Prepared
from policyengine.verify.rule_goals import parts_of, reached, ways
from policyengine.verify.suite import Ready

_NO_CASES = Cases((), "")
_REGIONS = 300
"""How many records are tried at most to see what cannot come about."""

GoalKey = tuple[str, int, int, str]
"""The identity of a goal."""


def _size(value: str) -> tuple[Decimal, str]:
    try:
        return Decimal(value), value
    except ArithmeticError:
        return Decimal(0), value


@dataclass(frozen=True, slots=True)
class Coverage:
    """The coverage of one program: the number of goals, and the unmet ones sorted by place."""

    program: str
    total: int
    unmet: tuple[Goal, ...]

    @property
    def met(self) -> int:
        """The number of goals met."""
        return self.total - len(self.unmet)

    @property
    def edges(self) -> dict[str, list[str]]:
        """The values at edges that no test has, by the columns that cases have for them."""
        found: dict[str, list[str]] = {}
        for goal in self.unmet:
            if goal.column and goal.value not in found.setdefault(goal.column, []):
                found[goal.column].append(goal.value)
        return {column: sorted(values, key=_size) for column, values in found.items()}


def coverage(program: Program, sources: Sequence[Source], tests: Iterable[Ready]) -> Coverage:
    """The coverage of a program by its tests; `sources` are the texts that it was loaded from."""
    days = turning_points(program.units, program.as_of)
    loaded = (program if day == program.as_of else loading.load(program.name, sources, day) for day in days)
    goals: dict[tuple[str, int, int, str], Goal] = {}
    days_goals = [Goals.of(each, each.graph) for each in loaded if each.graph is not None]
    for each in days_goals:
        goals.update((goal.key, goal) for goal in each.all())
    met: set[tuple[str, int, int, str]] = set()
    watched: dict[int, Goals] = {}
    for test in tests:
        graph = test.program.graph
        if graph is not None and isinstance(test.record, Record):
            found = watched.setdefault(id(test.program), Goals.of(test.program, graph))
            met.update(goal.key for goal in found.met(test, test.record))
    once: dict[GoalKey, GoalKey] = {}
    for key, other in (pair for each in days_goals for pair in each.once().items()):
        if _first(once, key) != _first(once, other):
            once[_first(once, key)] = _first(once, other)
    met |= {_first(once, key) for key in met}
    goals = {key: goal for key, goal in goals.items() if key not in once}
    unmet = {key: goal for key, goal in goals.items() if key not in met}
    possible = {key for each in days_goals for key in each.possible(unmet)}
    left = sorted((goal for key, goal in unmet.items() if key in possible), key=lambda goal: goal.key)
    return Coverage(program.name, len(goals) - len(unmet) + len(left), tuple(left))


def _first(once: Mapping[GoalKey, GoalKey], key: GoalKey) -> GoalKey:
    """The goal that stands for one that asks for the same."""
    while key in once:
        key = once[key]
    return key


@dataclass(slots=True)
class Goals:
    """The goals of a program as it is in force on one day."""

    program: Program
    graph: Graph
    places: tuple[DocumentIndex, ...]
    units: Mapping[str, PolicyDocument]
    _needed: dict[int, tuple[Key, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, program: Program, graph: Graph) -> Goals:
        """The goals of a program that compiles."""
        units = in_force(program.units, program.as_of)
        documents = [program.document] if program.document is not None else []
        places = tuple(map(DocumentIndex, (*documents, *(unit.document for unit in units))))
        return cls(program, graph, places, {unit.policy.id: unit for unit in units})

    def all(self) -> Iterator[Goal]:
        """Every goal of this day: of rules, of versions, of the expressions that rules depend on."""
        used = set(self._derived())
        for rule in self.graph.rules:
            used.update(self._keys(rule))
            yield from self._of_rule(rule)
        for transition in self._writing():
            used.update(self._moving(transition))
            yield _leaving(transition)
        for key in used:
            yield from self._of_node(key)

    def _of_rule(self, rule: Rule) -> Iterator[Goal]:
        unit = self.units.get(rule.origin.policy)
        if unit is not None:
            yield _version(unit)
        for part in parts_of(rule):
            yield from (goal for _, _, goal in ways(self.graph, part, self.places))

    def _writing(self) -> list[Transition]:
        """The moves that write something down."""
        return [each for each in self.graph.transitions if each.sets]

    def _moving(self, transition: Transition) -> tuple[Key, ...]:
        """The nodes that decide what a move writes down."""
        names = [*([transition.snapshot] if transition.snapshot else []), *transition.sets.values()]
        found = (self.graph.node(transition.entity, name) for name in names)
        return self._below([(each[0], each[1].name) for each in found if each is not None])

    def _keys(self, rule: Rule) -> tuple[Key, ...]:
        """The nodes that a finding depends on."""
        if id(rule) not in self._needed:
            found = (self.graph.node(rule.entity, name) for name in nodes_of(rule))
            keys = [(each[0], each[1].name) for each in found if each is not None]
            self._needed[id(rule)] = self._below(keys)
        return self._needed[id(rule)]

    def once(self) -> dict[GoalKey, GoalKey]:
        """The edges that are asked for elsewhere in the same policy for the same rule, by which other goal.

        A level that ends at 4 and one that starts at 5 both ask for 4 and for 5, and one test shows it.
        """
        rules: dict[Key, set[int]] = {}
        for i, rule in enumerate(self.graph.rules):
            for key in self._keys(rule):
                rules.setdefault(key, set()).add(i)
        found: dict[GoalKey, GoalKey] = {}
        asked: dict[tuple[str, object], list[tuple[GoalKey, set[int]]]] = {}
        edges = [(goal, rules[key]) for key in rules for goal in self._of_node(key) if goal.edge]
        for goal, behind in sorted(edges, key=lambda each: (", just " in each[0].words, each[0].key)):
            others = asked.setdefault((goal.at.source.name, goal.asks), [])
            other = next((key for key, theirs in others if theirs & behind), None)
            if other is None:
                others.append((goal.key, behind))
            elif other != goal.key:
                found[goal.key] = other
        return found

    # What can come about

    def possible(self, unmet: Collection[GoalKey]) -> set[GoalKey]:
        """The goals of this day out of these, without those that no record meets.

        Where facts are only compared with values of the policies, a record for each region between these
        tells whether there is one.
        """
        found = {goal.key: goal for goal in self.all() if goal.key in unmet}
        prover = Prover(self.graph, self.graph, self.program.as_of, _REGIONS)
        impossible: set[GoalKey] = set()
        for entity, names, goals, met in self._questions():
            owners = [
                (owner[0], name) for name in names if (owner := self.graph.node(entity, name)) is not None
            ]
            if goals & found.keys() and owners:
                keys = closure(self.graph, owners)
                if any("today" in self.graph.nodes[at][each].words.all for at, each in keys):
                    continue  # another day may tell
                impossible |= self._never(prover.regions(entity, keys, keys), entity, goals, met)
        return found.keys() - impossible

    def _questions(self) -> Iterator[tuple[str, tuple[str, ...], set[GoalKey], _MetAt]]:
        """Every node with the goals that it decides alone, and what tells which of them an instance meets.

        Of a finding that is not there for everybody another node decides whether it is.
        """
        for rule in self.graph.rules:
            for part in parts_of(rule):
                by_name: dict[str, list[tuple[Expression, Goal]]] = {}
                for name, leaf, goal in ways(self.graph, part, self.places):
                    by_name.setdefault(name, []).append((leaf, goal))
                for name, each in by_name.items():
                    met: _MetAt = partial(_reached, each, name)
                    if part.exists is not None:
                        met = partial(_where_it_is, part.exists, met)
                    names = (name,) if part.exists is None else (name, part.exists)
                    yield part.entity, names, {goal.key for _, goal in each}, met
        for key in {*self._derived(), *(key for rule in self.graph.rules for key in self._keys(rule))}:
            goals = {goal.key for goal in self._of_node(key) if not goal.edge}
            yield key[0], (key[1],), goals, partial(self._met_at, key=key)

    def _never(
        self, records: Iterator[Record] | None, entity: str, goals: set[GoalKey], met: _MetAt
    ) -> set[GoalKey]:
        """Those goals that no record of a region meets; none where regions prove nothing."""
        left = set(goals) if records is not None else set()
        for record in records if records is not None else ():
            found = instances(root_scope(self.graph, record, self.program.as_of))
            for scope in found.get(entity, ()) if left else ():
                left.difference_update(goal.key for goal in met(scope))
        return left

    def _of_node(self, key: Key) -> Iterator[Goal]:
        """The goals of the expression of a node."""
        watcher, node = GoalFinder(self.graph, self.places, key[0]), self.graph.nodes[key[0]][key[1]]
        added = made_up(node.expression)
        if self.graph.types.get(key) == types.BOOLEAN and node.expression.span not in added:
            yield from (goal for goal, _ in watcher.conditions(node.expression))
        yield from (goal for goal, _ in case_goals(self.graph, node))
        for part in walk(node.expression):
            yield from (goal for goal, _ in watcher.goals(part) if goal.at not in added)

    # What a test meets

    def met(self, test: Ready, record: Record) -> Iterator[Goal]:
        """The goals that a test meets."""
        decision = evaluate(self.program, record)
        found = instances(root_scope(self.graph, record, self.program.as_of))
        done: set[tuple[int, Key]] = set()
        looked = set(seen(test.test, decision_data(test.test, decision)))
        judged = [*self._looked_at(looked, found), *self._asked_by_move(test.test, found)]
        rests = [(scope, self._keys(rule)) for rule, scope in judged]
        if (VALUES, None) in looked:
            rests += [(each, (key,)) for key in self._derived() for each in found.get(key[0], ())]
        for transition, scope in self._made(test.test, found):
            if transition.sets:
                yield _leaving(transition)
                rests.append((scope, self._moving(transition)))
        for rule, scope in judged:
            yield from self._met_by_rule(rule, scope)
        for scope, keys in rests:
            for key in keys:
                for each in _instances(scope, key[0], found):
                    if (id(each), key) not in done:
                        done.add((id(each), key))
                        yield from self._met_at(each, key)

    def _made(self, test: Prepared, found: Mapping[str, list[Scope]]) -> Iterator[tuple[Transition, Scope]]:
        """The moves that a test makes and expects something of."""
        if test.advance is None or not any(MOVE in each.entries for each in (*test.expect, *test.exactly)):
            return
        to, key = test.advance.to, test.advance.key
        for transition in self.graph.transitions:
            for scope in found.get(transition.entity, ()) if to in transition.to else ():
                if key in (None, scope.subject.path) and scope[transition.fact] == transition.stage:
                    yield transition, scope

    def _asked_by_move(
        self, test: Prepared, found: Mapping[str, list[Scope]]
    ) -> Iterator[tuple[Rule, Scope]]:
        """The gates that a move of a test has to pass."""
        for transition, scope in self._made(test, found):
            for rule in self.graph.rules:
                gate = transition.entity, transition.gate
                if rule.entity == transition.entity and rule.finding is Gate and gate in self._keys(rule):
                    yield rule, scope

    def looked_at(self, test: Ready, record: Record) -> frozenset[Key]:
        """The nodes behind the findings that a test expects something of."""
        decision = evaluate(self.program, record)
        found = instances(root_scope(self.graph, record, self.program.as_of))
        looked = set(seen(test.test, decision_data(test.test, decision)))
        judged = [*self._looked_at(looked, found), *self._asked_by_move(test.test, found)]
        keys = {key for rule, _ in judged for key in self._keys(rule)}
        return frozenset(keys.union(self._derived() if (VALUES, None) in looked else ()))

    def _derived(self) -> tuple[Key, ...]:
        """The derived facts that a decision shows, and the nodes that they depend on."""
        return self._below([key for key, node in self.graph.every_node() if node.exported])

    def _below(self, keys: Iterable[Key]) -> tuple[Key, ...]:
        """The nodes, their dependencies, and the nodes that select between their reasons."""
        found = closure(self.graph, keys)
        told = [
            (owner[0], case.node)
            for entity, name in found
            for case in (self.graph.nodes[entity][name].cases or _NO_CASES).cases
            if (owner := self.graph.node(entity, case.node)) is not None
        ]
        return closure(self.graph, [*found, *told]) if set(told) - set(found) else found

    def _looked_at(
        self, looked: set[tuple[str, int | None]], found: Mapping[str, list[Scope]]
    ) -> Iterator[tuple[Rule, Scope]]:
        """The rules that a test expects something of, with the instance of each finding."""
        counts: dict[str, int] = {}
        for rule in self.graph.rules:
            section = rule.finding.section
            for scope in found.get(rule.entity, ()):
                position: int | None = None
                if read_rule(rule, scope) is not None:
                    position = counts.get(section, 0)
                    counts[section] = position + 1
                if (section, position) in looked:
                    yield rule, scope

    def _met_by_rule(self, rule: Rule, scope: Scope) -> Iterator[Goal]:
        unit = self.units.get(rule.origin.policy)
        if unit is not None:
            yield _version(unit)
        for part in parts_of(rule):
            for name, leaf, goal in ways(self.graph, part, self.places):
                if reached(scope, name) is leaf:
                    yield goal

    def _met_at(self, scope: Scope, key: Key) -> Iterator[Goal]:
        node = self.graph.nodes[key[0]][key[1]]
        watcher = GoalFinder(self.graph, self.places, key[0])
        counting = [goal for goal, case in case_goals(self.graph, node) if scope[case] is True]
        yield from counting if node.cases is not None and node.cases.every else counting[:1]
        for i, (part, value) in enumerate(visits(node.expression, Sight(scope), LIBRARY)):
            if i == 0 and self.graph.types.get(key) == types.BOOLEAN:
                yield from (goal for goal, met in watcher.conditions(part) if met(value))
            yield from (goal for goal, met in watcher.goals(part) if met(value))


_MetAt = Callable[[Scope], Iterable[Goal]]


def _where_it_is(exists: str, met: _MetAt, scope: Scope) -> Iterator[Goal]:
    if scope[exists] is True:
        yield from met(scope)


def _reached(leaves: list[tuple[Expression, Goal]], name: str, scope: Scope) -> Iterator[Goal]:
    """The goals of the outcomes of a node that it has for an instance."""
    yield from (goal for leaf, goal in leaves if reached(scope, name) is leaf)


def _leaving(transition: Transition) -> Goal:
    facts = ", ".join(f"`{fact}`" for fact in transition.sets)
    return Goal(transition.at, f"no test moves out of `{transition.stage}`, which writes down {facts}")


def _version(unit: PolicyDocument) -> Goal:
    start = f" as in force from {unit.policy.from_}" if unit.policy.from_ is not None else ""
    return Goal(unit.document.value_span(("id",)), f"no test looks at `{unit.policy.id}`{start}")


def _instances(scope: Scope, entity: str, found: Mapping[str, list[Scope]]) -> list[Scope]:
    """The instance of an entity that contains the scope; else all instances of that entity."""
    at: Scope | None = scope
    while at is not None and at.entity != entity:
        at = at.above
    return [at] if at is not None else found.get(entity, [])
