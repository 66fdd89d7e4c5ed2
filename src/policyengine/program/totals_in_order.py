"""Totals of the children before one in an order, as nodes of each child: of all of them, and of a stretch.

A total of all is that of the child before with what that one adds. A stretch lies between places that are
found by halving (`feel.functions.windows`): a sum of it is one total less another, its lowest value is found
by links from child to child.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from policyengine.dataclass import dataclass
from policyengine.feel.syntax import build
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.printing import unparse
from policyengine.feel.syntax.tree import Expression, Name
from policyengine.feel.types import types
from policyengine.feel.types.types import Type
from policyengine.policy.entity import POSITION, PREVIOUS
from policyengine.policy.rule import Node
from policyengine.source import Span


def running(
    function: str, field: str | None, when: Expression | None, kind: Type, entity: str, at: Span, noun: str
) -> tuple[Node, ...]:
    """Returns the nodes of a total of the children before each: its condition, if any, and the total."""
    tested = "" if when is None else f"[{unparse(when)}]"
    name = f"earlier/{function}({tested}{'' if field is None else f'.{field}'})"
    nodes = []
    before = Name(f"{PREVIOUS}.{name}", at)
    value: Expression = build.literal(1, at) if field is None else Name(f"{PREVIOUS}.{field}", at)
    nothing = build.call("no value of", value, span=at)
    first: Expression = build.literal(0, at) if function in ("sum", "count") else nothing
    counts: Expression | None = None
    if when is not None:
        nodes.append(Node(f"earlier/{tested}", entity, when, at, types.BOOLEAN))
        counts = Name(f"{PREVIOUS}.earlier/{tested}", at)
    if function == "last":
        more = value if counts is None else build.choose([(counts, value)], before, at)
    else:
        part = value if counts is None else build.choose([(counts, value)], nothing, at)
        both = syntax.ListLiteral((before, part), at)
        more = build.call("sum" if function == "count" else function, both, span=at)
        if function in ("min", "max"):
            more = build.choose([(build.call("is nothing", before, span=at), part)], more, at)
    is_first = build.equals(Name(POSITION, at), build.literal(1, at), at)
    total = build.choose([(is_first, first)], more, at)
    nodes.append(Node(name, entity, total, at, kind, noun))
    return tuple(nodes)


def linked(
    function: str, field: str, when: Expression | None, kind: Type, entity: str, at: Span
) -> tuple[Node, ...]:
    """Returns the nodes for the best of a stretch: what counts of each child, if not all, and its links."""
    nodes, of = list[Node](), field
    if when is not None:
        of = f"earlier/[{unparse(when)}].{field}"
        value = Name(field, at)
        counted = build.choose([(when, value)], build.call("no value of", value, span=at), at)
        nodes.append(Node(of, entity, counted, at, kind))
    name = f"{of}/{function}"
    texts = {each: build.literal(each, at) for each in (name, of, function)}
    before = Name(f"{PREVIOUS}.{name}", at)
    words = (texts[name], Name(of, at), texts[of], texts[function])
    links = build.call("links back", Name(PREVIOUS, at), *words, before, span=at)
    return (*nodes, Node(name, entity, links, at, types.ListOf(types.COUNT)))


class Edge(NamedTuple):
    """What places children, the comparison, what it is compared with, and the comparison as a text.

    A comparison that holds from the first child on begins with `not `.
    """

    by: str
    op: str
    bound: Expression
    text: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Children before one that follow each other.

    How many stand before the first of them, and how many up to the last; None for all from, or up to, an end.
    """

    first: Expression | None
    until: Expression | None
    at: Span

    def total(self, whole: Name, *, adds_up: bool) -> Expression:
        """A total of these, from that of all; one that does not add up is of a stretch from the first on."""
        end, at = self._at_end(whole), self.at
        if self.first is None or not adds_up:
            return end
        less = syntax.Binary("-", end, self._value_at(self.first, whole), at)
        return less if self.until is None else self._if_any(less)

    def count(self) -> Expression:
        """How many there are."""
        end = self._end()
        if self.first is None:
            return end
        less = syntax.Binary("-", end, self.first, self.at)
        return less if self.until is None else self._if_any(less)

    def last(self, value: Name, place: Name) -> Expression:
        """The value of the last one that counts; `place` and `value` are those of the last one of all."""
        found, at = self._at_end(value), self.at
        if self.first is None:
            return found
        nothing = build.call("no value of", value, span=at)
        stands = self._at_end(place)
        there = build.compare(">", stands, self.first, at)
        none = build.call("is nothing", stands, span=at)
        return build.choose([(none, nothing), (there, found)], nothing, at)

    def best(self, links: str, of: str) -> Expression:
        """The best value of a name, by the links of the children."""
        at, first = self.at, self.first or build.literal(0, self.at)
        names = (build.literal(each, at) for each in (links, of))
        before = (Name(f"{PREVIOUS}.{each}", at) for each in (links, of))
        return build.call("best among", Name(PREVIOUS, at), first, self._end(), *names, *before, span=at)

    def _end(self) -> Expression:
        one = build.literal(1, self.at)
        return self.until or syntax.Binary("-", Name(POSITION, self.at), one, self.at)

    def _at_end(self, value: Name) -> Expression:
        return value if self.until is None else self._value_at(self.until, value)

    def _value_at(self, place: Expression, value: Name) -> Expression:
        name = build.literal(value.name, self.at)
        return build.call("value at place", Name(PREVIOUS, self.at), place, name, value, span=self.at)

    def _if_any(self, value: Expression) -> Expression:
        assert self.first is not None
        there = build.compare(">", self._end(), self.first, self.at)
        return build.choose([(there, value)], build.literal(0, self.at), self.at)


def stretch_of(edges: Sequence[Edge], entity: str, at: Span) -> tuple[tuple[Node, ...], Stretch]:
    """Returns the nodes of an entity that find the places of edges, and the stretch within all of them."""
    nodes = tuple(
        Node(f"earlier/place({each.text})", entity, _place(each, at), at, types.COUNT) for each in edges
    )
    pairs = list(zip(edges, nodes, strict=True))
    upper = [Name(node.name, at) for edge, node in pairs if edge.op.startswith("not ")]
    lower = [Name(node.name, at) for edge, node in pairs if not edge.op.startswith("not ")]
    return nodes, Stretch(_furthest("max", lower, at), _furthest("min", upper, at), at)


def _place(edge: Edge, at: Span) -> Expression:
    words = (build.literal(word, at) for word in (edge.by, edge.op))
    return build.call("place among", Name(PREVIOUS, at), *words, edge.bound, span=at)


def _furthest(function: str, places: Sequence[Name], at: Span) -> Expression | None:
    if len(places) < 2:
        return places[0] if places else None
    return build.call(function, syntax.ListLiteral(tuple(places), at), span=at)
