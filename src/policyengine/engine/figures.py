"""Figures read off the instances of a record: their values, and how they came about.

A reader of a figure is made once: here for the reference, in `rows/figure_source` as generated code. The
reasons, which go through the expression that works the figure out, are told when they are first read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import localcontext
from functools import cached_property, partial
from typing import Any, NamedTuple

from policyengine.decision.findings import KNOWN, NOT_APPLICABLE, UNDETERMINED, Figure, Origin, Reason
from policyengine.decision.wording import subject_name
from policyengine.engine.finding_values import Later, constructor, shower, unknown_in
from policyengine.engine.missing_facts import unsettled
from policyengine.engine.value_words import Words
from policyengine.feel.functions.conditions import is_nothing
from policyengine.feel.limits import NUMBERS
from policyengine.feel.syntax.tree import (
    Binary,
    Call,
    Expression,
    If,
    Literal,
    Name,
    Open,
    Path,
    names,
)
from policyengine.feel.types.types import ListOf, Number, Type, is_period
from policyengine.feel.values.values import Unknown
from policyengine.policy.bounds import unbounded
from policyengine.policy.facts import recorded_name
from policyengine.policy.rule import Const, Node, Rule
from policyengine.program.graph import Graph
from policyengine.source import Span

MOST_PARTS = 20
"""Of so many parts of a sum each is told."""

Tell = Callable[[Any, list[Reason]], None]
"""Appends the reasons that hold at an instance."""
ReadFigure = Callable[[Any], Figure]
_new: Callable[..., Figure] = constructor(Figure)


class Look(NamedTuple):
    """What the reference makes of expressions of an entity: their value at an instance, and why.

    `instance` is the class of instances.
    """

    value: Callable[[str, Expression], Callable[[Any], object]]
    why: Callable[[str, Expression], Callable[[Any], tuple[Reason, ...]]]
    instance: type


class FigureReaders:
    """The readers of the figures of a graph, by entity; each is made when it is first asked for."""

    def __init__(self, graph: Graph, make: Callable[[Node], ReadFigure]) -> None:
        self._graph = graph
        self._make = make
        self._read: dict[tuple[str, str], ReadFigure] = {}

    def every(self, found: Mapping[str, Sequence[Any]]) -> Iterator[Figure]:
        """The figures of all instances, entity by entity."""
        for entity, shown in self._shown.items():
            readers = [self.reader(entity, name) for name in shown]
            for instance in found.get(entity, ()):
                for read in readers:
                    yield read(instance)

    @cached_property
    def _shown(self) -> Mapping[str, list[str]]:
        vocabulary = self._graph.vocabulary
        ordered = sorted(vocabulary.entities, key=lambda each: len(vocabulary.lineage(each)))
        return {entity: shown for entity in ordered if (shown := exported(self._graph, entity))}

    def called(self, found: Mapping[str, Sequence[Any]], name: str) -> Iterator[Figure]:
        """What is worked out under a name, helpers too; what a record gives is no figure."""
        for entity in self._graph.vocabulary.entities:
            node = self._graph.nodes.get(entity, {}).get(name)
            fact = self._graph.vocabulary.fact(entity, name)
            if node is not None and node.noun is not None and (fact is None or fact[1].formula is not None):
                yield from map(self.reader(entity, name), found.get(entity, ()))

    def reader(self, entity: str, name: str) -> ReadFigure:
        """What reads one figure off an instance of an entity."""
        if (entity, name) not in self._read:
            self._read[entity, name] = self._make(self._graph.nodes[entity][name])
        return self._read[entity, name]


def exported(graph: Graph, entity: str) -> list[str]:
    """The names of the figures of an entity."""
    return [name for name, node in graph.nodes.get(entity, {}).items() if node.exported]


def walked(graph: Graph, look: Look, node: Node) -> ReadFigure:
    """What reads a figure off an instance by walking through expressions, as the reference does."""
    name, entity = node.name, node.entity
    kind, words = graph.types.get((entity, name)), Words(graph, entity)
    show, write, unit = shower(kind, words.digits), words.writer(kind), unit_of(kind)
    rule = rule_of(graph, node)
    cases = {} if node.origins is None else node.origins.cases
    nearer = {
        word: each.value
        for word, each in cases.items()
        if isinstance(each, Const) and isinstance(each.value, Origin)
    }
    resting = graph.resting.get((entity, name), ())
    parts = _Parts(graph, node, look)

    def read(instance: Any) -> Figure:
        value = instance[name]
        origin = rule.origin if node.origins is None else nearer.get(instance[node.origins.by], rule.origin)
        own = () if origin.assumption is None else (origin.assumption,)
        open_one = unknown_in(value)
        there = open_one is None and not is_nothing(value)
        more = [each.assumption for each in resting if each.node is None or instance[each.node] is True]
        return _new(
            origin,
            instance.subject,
            UNDETERMINED if open_one is not None else KNOWN if there else NOT_APPLICABLE,
            Later(partial(parts.reasons, instance)),
            () if open_one is None else unsettled([open_one]),
            tuple(dict.fromkeys((*own, *more))) if more else own,
            show(value),
            unit,
            write(value) if there else None,
        )

    return read


def rule_of(graph: Graph, node: Node) -> Rule:
    """The rule of a figure: where it comes from, and the node of its value."""
    title = node.noun or node.name
    origin = node.origin or Origin(graph.vocabulary.declarations.id, node.name, title, node.at)
    return Rule(Figure, origin, node.entity, node.name, origins=node.origins)


def unit_of(kind: Type | None) -> str | None:
    """The unit of values of a type: `%`, a currency, or none."""
    match kind:
        case Number("rate"):
            return "%"
        case Number("money", currency):
            return currency or None
    return None


def day_of_period(graph: Graph, node: Node) -> Expression | None:
    """The day whose period a node is; None for other nodes."""
    day = graph.nodes[node.entity].get(f"{node.name}/of")
    kind = graph.types.get((node.entity, node.name))
    return day.expression if day is not None and kind is not None and is_period(kind) else None


def children_told(
    field: str, at: Span, instance: type, write: Callable[[Any], str]
) -> Callable[[object, list[Reason]], bool]:
    """What adds the parts of a sum over things in a list; it returns false for any other value."""

    def part(value: object) -> str:
        if isinstance(value, Unknown):
            return "not known"
        return "does not apply" if value is None else write(value)

    def tell(value: object, found: list[Reason]) -> bool:
        if not isinstance(value, (list, tuple)) or not all(isinstance(each, instance) for each in value):
            return False
        texts = [f"{subject_name(row.subject)}: {part(row[field])}" for row in value[:MOST_PARTS]]
        if len(value) > MOST_PARTS:
            texts.append(f"and {len(value) - MOST_PARTS} more")
        found += [Reason(text, "value", at) for text in texts or ["there is nothing to add up"]]
        return True

    return tell


def within_bounds(graph: Graph, node: Node) -> tuple[Expression, Node] | None:
    """What a node tests of its value silently, and the node of the value; None if it tests nothing."""
    match node.expression:
        case If(outside, Open(), Name(name)) if name == unbounded(node.name):
            return outside, graph.nodes[node.entity][name]
    return None


def is_part(graph: Graph, node: Node, name: str) -> bool:
    """Whether a name is a part of how a node is worked out: a node without a noun, or a version of it."""
    found = graph.nodes.get(node.entity, {}).get(name)
    return found is not None and (found.noun is None or name.rpartition("@")[0] == node.name)


def tells_itself(node: Node) -> bool:
    """Whether the expression of a node tells more than its cases do: not the sum of slices, or a choice."""
    cases = node.cases
    return cases is None or not (cases.leads_on or any(each.slice for each in cases.cases))


class _Parts:
    """Tells how the value of a node came about."""

    def __init__(self, graph: Graph, node: Node, look: Look) -> None:
        self._graph = graph
        self._node = node
        self._look = look
        self._sight = graph.sights[node.entity]
        kind = graph.types.get((node.entity, node.name))
        self._write = Words(graph, node.entity).writer(kind.item if isinstance(kind, ListOf) else kind)

    def reasons(self, instance: Any) -> tuple[Reason, ...]:
        """The cases, and the reasons in the order of the expression."""
        own: list[Reason] = []
        with localcontext(NUMBERS):
            if tells_itself(self._node):
                self._tell(instance, own)
            if self._node.cases is not None and self._day is None:
                own = [*(each for each in self._cases(instance) if each.at != self._node.at), *own]
        return tuple(dict.fromkeys(own))

    @cached_property
    def _cases(self) -> Callable[[Any], tuple[Reason, ...]]:
        return self._why(Name(self._node.name, self._node.at))

    @cached_property
    def _tell(self) -> Tell:
        bounds = within_bounds(self._graph, self._node)
        if bounds is not None:
            return self._within(*bounds)
        return self._of(self._node.expression if self._day is None else self._day)

    @cached_property
    def _day(self) -> Expression | None:
        return day_of_period(self._graph, self._node)

    def _within(self, outside: Expression, inner: Node) -> Tell:
        """How the value came about; that it is out of bounds only where it is."""
        value, why = self._value(outside), self._why(outside)
        parts = _Parts(self._graph, inner, self._look)

        def tell(instance: Any, found: list[Reason]) -> None:
            found += why(instance) if value(instance) is True else parts.reasons(instance)

        return tell

    def _of(self, expression: Expression) -> Tell:
        match expression:
            case Call(Name("given or"), (Name() as said, otherwise)):
                return self._given(said, otherwise, expression)
            case If(condition, then, otherwise):
                return self._branches(condition, then, otherwise)
            case Call(Name("sum"), (Path(items, field),)):
                return self._children(items, field, expression)
            case Name(name) if self._is_part(name):
                return self._of(self._graph.nodes[self._node.entity][name].expression)
            case Binary(_, left, right):
                return _both(self._of(left), self._of(right))
            case Call(Name("no value of" | "row result")) | Literal():
                return _nothing
        return self._names(expression)

    def _given(self, said: Name, otherwise: Expression, whole: Expression) -> Tell:
        value, worked_out = self._value(said), self._of(otherwise)
        reason = Reason(f"the record says `{recorded_name(said.name)}`", "value", whole.span)

        def tell(instance: Any, found: list[Reason]) -> None:
            if isinstance(value(instance), Unknown):
                worked_out(instance, found)
            else:
                found.append(reason)

        return tell

    def _branches(self, condition: Expression, then: Expression, otherwise: Expression) -> Tell:
        value, why = self._value(condition), self._why(condition)
        one, other = self._of(then), self._of(otherwise)

        def tell(instance: Any, found: list[Reason]) -> None:
            decided = value(instance)
            found += why(instance)
            if not isinstance(decided, Unknown):
                (one if decided is True else other)(instance, found)

        return tell

    def _children(self, items: Expression, field: str, whole: Expression) -> Tell:
        """The parts of a sum over things in a list, each with the name of the thing."""
        value, other = self._value(items), self._names(whole)
        told = children_told(field, whole.span, self._look.instance, self._write)

        def tell(instance: Any, found: list[Reason]) -> None:
            if not told(value(instance), found):
                other(instance, found)

        return tell

    def _names(self, expression: Expression) -> Tell:
        """The reasons of all that an expression names, but for lists of things."""
        asked = [Name(name, expression.span) for name in sorted(names(expression)) if name in self._sight]
        pairs = [(self._value(each), self._why(each)) for each in asked]

        def tell(instance: Any, found: list[Reason]) -> None:
            for value, why in pairs:
                if self._instances(value(instance)) is None:
                    found += why(instance)

        return tell

    def _is_part(self, name: str) -> bool:
        return is_part(self._graph, self._node, name)

    def _instances(self, value: object) -> Sequence[Any] | None:
        """The things in a list; None for another value."""
        if isinstance(value, (list, tuple)) and all(isinstance(each, self._look.instance) for each in value):
            return value
        return None

    def _value(self, expression: Expression) -> Callable[[Any], object]:
        return self._look.value(self._node.entity, expression)

    def _why(self, expression: Expression) -> Callable[[Any], tuple[Reason, ...]]:
        return self._look.why(self._node.entity, expression)


def _both(one: Tell, other: Tell) -> Tell:
    def tell(instance: Any, found: list[Reason]) -> None:
        one(instance, found)
        other(instance, found)

    return tell


def _nothing(instance: Any, found: list[Reason]) -> None:
    pass
