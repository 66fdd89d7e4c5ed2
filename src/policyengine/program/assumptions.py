"""What findings rest on: every assumption of what decided them.

A part of a policy that is assumed is a stretch of its document, and every expression knows where it is
written. An expression rests on the stretch that it is written in, and on whatever decides it. Two conditions
that fail both keep a whole from holding: it rests on assumptions only if both do, and so it is with
alternatives that hold. Of the reasons that a finding names each one counts, as `engine.reference.reasons`
chooses them. Where that depends on the record, a node of the graph tells whether it is so; every engine
works it out as it works out all other nodes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from policyengine.decision.findings import NOT_APPLICABLE, Assumption, Figure, Origin
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import (
    And,
    Binary,
    Call,
    Comparison,
    ContextLiteral,
    Expression,
    Filter,
    For,
    FunctionLiteral,
    If,
    In,
    ListLiteral,
    Literal,
    Name,
    Or,
    Path,
    Quantified,
    children,
    names,
)
from policyengine.feel.syntax.tree import (
    Iterator as LoopIterator,
)
from policyengine.feel.types import types
from policyengine.policy.facts import recorded_name
from policyengine.policy.rule import (
    Const,
    Node,
    Region,
    Resting,
    Rule,
)
from policyengine.program.graph import Graph, Key
from policyengine.program.guards import (
    Place,
    Rests,
    among,
    decides,
    every_rule,
    explained_nodes,
    fails,
    holds,
    is_written,
    lies_in,
    merged,
    narrowed,
    negated,
    value_nodes,
)
from policyengine.source import Span

_STRUCTURE = ("row result", "once known", "not", "is true")
_BESIDE = frozenset({"candidate"})
"""Fields of findings that are told beside what is decided."""


def with_assumptions(graph: Graph) -> Graph:
    """The graph with what each finding rests on; the same where nothing is assumed."""
    assumed = graph.assumptions
    if assumed.money is None and not any(each.assumption for each in assumed.regions):
        return graph
    tracer = _Tracer(graph)
    resting: dict[object, Sequence[Resting]] = {}
    for rule in every_rule(graph.rules):
        if id(rule) not in resting:
            resting[id(rule)] = tracer.rule(rule, len(resting))
    for key, node in graph.every_node():
        if node.exported and node.origin is not None:
            resting[key] = tracer.rule(
                Rule(Figure, node.origin, node.entity, node.name, origins=node.origins), len(resting)
            )
    nodes = {entity: dict(own) for entity, own in graph.nodes.items()}
    kinds = dict(graph.types)
    asked = {each.node for several in resting.values() for each in several}
    for node in reversed(tracer.added):  # those that some other needs come before it
        if node.name in asked:
            asked |= node.words.all
            nodes.setdefault(node.entity, {})[node.name] = node
            kinds[node.entity, node.name] = types.BOOLEAN
    return replace(graph, nodes=nodes, types=kinds, resting=resting, _needs={})


class _Tracer:
    """Finds what the nodes of a graph rest on; `added` are the nodes that tell under which condition."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._regions: dict[int, list[Region]] = {}
        for region in sorted(graph.assumptions.regions, key=lambda each: each.span.end - each.span.start):
            self._regions.setdefault(id(region.span.source), []).append(region)
        self._nodes: dict[Key, Rests] = {}
        self._cited: dict[Key, Rests] = {}
        self._numbers: dict[Assumption, int] = {}
        self.added: list[Node] = []
        for key in graph.order:
            self._nodes[key] = self._node(key, False)

    def rule(self, rule: Rule, number: int) -> tuple[Resting, ...]:
        """What findings of a rule, one of so many, rest on beside what their own part assumes."""
        place, at = Place(rule.entity), rule.origin.at
        found = self._name(place, Name(rule.status, at))
        for node in (rule.exists, *self._items(rule.entity)):
            if node is not None:
                found = merged(found, self._name(place, Name(node, at)))
        shown = [
            self._name(place, Name(node, at))
            for name, reading in rule.fields.items() if name not in _BESIDE
            for node in value_nodes(reading)
        ]  # fmt: skip
        if NOT_APPLICABLE in rule.finding.statuses:
            idle = build.equals(Name(rule.status, at), build.literal(NOT_APPLICABLE, at), at)
            shown = [narrowed(negated(holds(idle)), each) for each in shown]
        found = merged(found, *shown)
        found = merged(found, self._reasons(rule))
        money = self._graph.assumptions.money
        if money is not None and "currency" in rule.fields:
            found = merged(found, {money: None})
        around = self._around(rule)
        found = {each: guard for each, guard in found.items() if each not in around}
        named = sorted(found.items(), key=lambda each: (each[0].at.source.name, each[0].at.start))
        name = f"{rule.status}/finding/{number}"
        return tuple(
            Resting(each, None if guard is None else self._add(rule.entity, name, each, guard).name)
            for each, guard in named
        )

    def _around(self, rule: Rule) -> set[Assumption | None]:
        """What parts assume that all origins of a rule lie in: there the nearest part has the say."""
        choices = [] if rule.origins is None else [*rule.origins.cases.values(), rule.origins.otherwise]
        nearer = [each.value.at for each in choices
                  if isinstance(each, Const) and isinstance(each.value, Origin)]  # fmt: skip
        places = [rule.origin.at, *nearer]
        regions = self._regions.get(id(rule.origin.at.source), ())
        return {each.assumption for each in regions if all(lies_in(at, each.span) for at in places)}

    def _reasons(self, rule: Rule) -> Rests:
        """What the reasons rest on that a finding names."""
        at, found = rule.origin.at, dict[Assumption, Expression | None]()
        for cases, node in explained_nodes(rule.because, at):
            rests = self._name(Place(rule.entity, True), Name(node, at))
            found = merged(found, narrowed(build.all_of(cases, at), rests) if cases else rests)
        return found

    def _items(self, entity: str) -> Iterator[str]:
        """What tells which computed instances there are."""
        return (self._graph.repeats[each].items for each in self._graph.lineage(entity)
                if each in self._graph.repeats)  # fmt: skip

    # Nodes

    def _node(self, key: Key, cited: bool) -> Rests:
        entity, name = key
        node = self._graph.nodes[entity][name]
        found = self._of(Place(entity, cited), node.expression, Name(name, node.at))
        called = f"{name}/cited" if cited else name
        return {
            each: None if guard is None else self._add(entity, called, each, guard)
            for each, guard in found.items()
        }

    def _add(self, entity: str, name: str, assumption: Assumption, guard: Expression) -> Name:
        if isinstance(guard, Name):
            return guard
        number = self._numbers.setdefault(assumption, len(self._numbers))
        self.added.append(Node(f"{name}/assumed/{number}", entity, guard, assumption.at, types.BOOLEAN))
        return Name(self.added[-1].name, assumption.at)

    # Expressions

    def _region(self, span: Span) -> Rests:
        """What the innermost part assumes that something is written in."""
        for region in self._regions.get(id(span.source), ()):
            if lies_in(span, region.span):
                return {} if region.assumption is None else {region.assumption: None}
        return {}

    def _of(self, place: Place, expression: Expression, whole: Expression | None = None) -> Rests:
        """What the value of an expression rests on; `whole` is a shorter way to write it."""
        match expression:
            case Name(name):
                return merged(
                    self._name(place, expression), {} if "/" in name else self._region(expression.span)
                )
            case And() | Or():
                return self._joined(place, expression, whole or expression)
            case If(condition, then, otherwise):
                return merged(
                    self._of(place, condition),
                    narrowed(holds(condition), self._of(place, then)),
                    narrowed(fails(condition), self._of(place, otherwise)),
                )
            case Call(Name("given or"), (Name() as given, otherwise)):
                left_out = negated(build.call("is defined", given, span=given.span))
                own = merged(self._region(otherwise.span), self._of(place, otherwise))
                return merged(self._of(place, given), narrowed(left_out, own))
            case Call(Name("row result"), (hit, _, ListLiteral(rows), ListLiteral(values), *default)):
                return self._row_result(place, getattr(hit, "value", None) == "first", rows, values, default)
            case Call(Name(function), arguments) if function in _STRUCTURE:
                return merged(*(self._of(place, each) for each in arguments))
            case Literal() if not is_written(expression):
                return {}
            case Comparison("=", Name() as chosen, right) if not is_written(right):
                return self._of(place, chosen)
            case In(Name() as chosen, tests) if not any(map(is_written, tests)):
                return self._of(place, chosen)
            case ListLiteral() | ContextLiteral():
                return self._written(place, expression)
            case Filter(ListLiteral(items), Name(mark)) if "/" in mark:
                return merged(*(self._matching(place, each, mark) for each in items))
        return merged(self._region(expression.span), self._written(place, expression))

    def _written(self, place: Place, expression: Expression) -> Rests:
        """What an expression of an author rests on, beside the part that it is written in."""
        match expression:
            case Filter(target, condition):
                return self._filter(place, target, condition)
            case For(iterators, body) | Quantified(_, iterators, body):
                return self._loop(place, iterators, body)
            case Path(target, name):
                return self._path(place, target, name)
            case Binary("*", left, Literal() as rate):
                is_nothing = build.equals(left, build.literal(0, left.span), left.span)
                own = narrowed(negated(holds(is_nothing)), self._of(place, rate))
                return merged(self._of(place, left), own)
            case ListLiteral(items):
                return merged(*(self._of(place, each) for each in items))
        return self._parts(place, expression)

    def _parts(self, place: Place, expression: Expression) -> Rests:
        """What any other expression rests on: all of its parts."""
        hidden: tuple[str, ...] = ()
        if isinstance(expression, In):
            hidden = ("?",)
        elif isinstance(expression, ContextLiteral):
            hidden = tuple(entry.key for entry in expression.entries)
        elif isinstance(expression, FunctionLiteral):
            hidden = tuple(each.name for each in expression.parameters)
        inner = place.binding(dict.fromkeys(hidden))
        parts = children(expression)
        if isinstance(expression, Call) and isinstance(expression.function, Name):
            parts = parts[1:]
        found = merged(*(self._of(inner, each) for each in parts))
        return {
            each: None if guard is None or names(guard) & set(hidden) else guard
            for each, guard in found.items()
        }  # what depends on a name of its own is taken to be so

    def _name(self, place: Place, name: Name) -> Rests:
        if name.name in place.bound:
            return {}
        for row in place.rows:
            if self._has(row, name.name):
                return self._field(row, name.name)
        found = self._graph.node(place.entity, name.name)
        if found is not None:
            return self._named((found[0], name.name), place.cited and found[1].noun is None)
        word = recorded_name(name.name)
        fact = self._graph.vocabulary.fact(self._graph.real(place.entity), word)
        return self._fact(fact[0], word) if fact is not None else {}

    def _named(self, key: Key, cited: bool) -> Rests:
        if not cited:
            return self._nodes.get(key, {})
        if key not in self._cited:
            self._cited[key] = self._node(key, True)
        return self._cited[key]

    def _has(self, entity: str, name: str) -> bool:
        graph = self._graph
        return name in graph.nodes.get(entity, {}) or name in graph.vocabulary.row(entity).fields

    def _field(self, entity: str, name: str) -> Rests:
        known = self._nodes.get((entity, name))
        return self._fact(entity, name) if known is None else known

    def _fact(self, entity: str, name: str) -> Rests:
        assumed = self._graph.assumptions.facts.get((entity, name))
        return {} if assumed is None else {assumed: None}

    def _joined(self, place: Place, expression: And | Or, whole: Expression) -> Rests:
        """What conditions that must all hold rest on, or alternatives."""
        several = [self._of(place, each) for each in expression.operands]
        always = set.intersection(*({a for a, guard in each.items() if guard is None} for each in several))
        parts = []
        for i, rests in enumerate(several):
            some = {each: guard for each, guard in rests.items() if each not in always}
            alone = None if place.cited else several
            parts.append(narrowed(decides(expression, i, whole, alone), some) if some else {})
        return merged(dict.fromkeys(always), *parts)

    def _row_result(
        self, place: Place, is_first: bool, rows: Sequence[Expression], values: Sequence[Expression],
        default: Sequence[Expression],
    ) -> Rests:  # fmt: skip
        """What the row rests on that matches; or where none does the default, and what the rows test."""
        found: Rests = {}
        for i, (row, value) in enumerate(zip(rows, values, strict=True)):
            some = merged(self._of(place, row), self._of(place, value))
            if some:
                before = [negated(holds(build.any_of(rows[:i], row.span)))] if is_first and i else []
                found = merged(found, narrowed(build.all_of([holds(row), *before], row.span), some))
        if default:
            tested = [
                self._name(place, Name(each, row.span)) for row in rows for each in self._tested(place, row)
            ]
            none = fails(build.any_of(rows, default[0].span))
            found = merged(found, narrowed(none, merged(self._of(place, default[0]), *tested)))
        return found

    def _tested(self, place: Place, row: Expression) -> Iterator[str]:
        """The names that the condition of a row tests."""
        node = self._graph.node(place.entity, row.name) if isinstance(row, Name) else None
        return iter(sorted(names(node[1].expression if node is not None else row)))

    def _matching(self, place: Place, item: Expression, mark: str) -> Rests:
        """What a row rests on that stands in a list if it matches."""
        assert isinstance(item, ContextLiteral)
        condition = next(entry.value for entry in item.entries if entry.key == mark)
        return narrowed(holds(condition), merged(*(self._of(place, entry.value) for entry in item.entries)))

    # Lists

    def _row_of(self, place: Place, expression: Expression) -> str | None:
        """The entity of what an expression stands for, one or several; None for other values."""
        match expression:
            case Name(name) if name in place.bound:
                return place.bound[name]
            case Name(name):
                around = (*place.rows, *self._graph.lineage(place.entity))
                return next((each for owner in around if (each := self._listed(owner, name))), None)
            case Filter(target, _):
                return self._row_of(place, target)
            case Path(target, name):
                owner = self._row_of(place, target)
                return None if owner is None else self._listed(owner, name)
        return None

    def _listed(self, owner: str, name: str) -> str | None:
        within = () if owner in self._graph.repeats else self._graph.vocabulary.children(owner)
        return next((child for child, below in within if below.list == name), None)

    def _filter(self, place: Place, target: Expression, condition: Expression) -> Rests:
        inner = place.within(self._row_of(place, target))
        asked = self._of(inner if inner is not place else place.binding({"item": None}), condition)
        return merged(self._of(place, target), among(target, asked))

    def _loop(self, place: Place, iterators: Sequence[LoopIterator], body: Expression) -> Rests:
        found: Rests = {}
        inner = place.binding({"partial": None})
        for each in iterators:
            ends = [each.domain, *([each.domain_end] if each.domain_end is not None else [])]
            found = merged(found, *(self._of(inner, end) for end in ends))
            inner = inner.binding({each.name: self._row_of(inner, each.domain)})
        hidden, at = {"partial", *(each.name for each in iterators)}, body.span
        own: Rests = {
            each: guard if guard is not None and not names(guard) & hidden
            else holds(Quantified(False, tuple(iterators), guard or build.literal(True, at), at))
            for each, guard in self._of(inner, body).items()
        }  # fmt: skip
        return merged(found, own)

    def _path(self, place: Place, target: Expression, name: str) -> Rests:
        row = self._row_of(place, target)
        found = self._of(place, target)
        if row is None:
            return found
        own = self._field(row, name)
        if isinstance(target, Name) and target.name in place.bound:
            own = {
                each: guard and Path(target, guard.name, guard.span)
                for each, guard in own.items()
                if guard is None or isinstance(guard, Name)
            }
            return merged(found, own)
        return merged(found, among(target, own))
