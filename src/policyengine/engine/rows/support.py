"""What the findings of a rule rest on: the facts behind its nodes, their reasons and its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policyengine.dataclass import dataclass
from policyengine.engine.rows.names import FACT, GIVEN, LIST, NODE, Place, own_place, place_of
from policyengine.feel.syntax.tree import names
from policyengine.feel.types.types import ANY, BOOLEAN, Context, Enum, ListOf, RangeOf, Type
from policyengine.policy.rule import Build, Choose, Explain, Node, Reading, Rule, Rules, Shortfalls, Value
from policyengine.program.graph import Graph


@dataclass(frozen=True, slots=True)
class Base:
    """A fact, or a name that a computed instance is given, so many instances up.

    Values of a `plain` one (yes or no, one of a list) are told apart as they are.
    """

    hops: int
    what: str
    name: str
    plain: bool


def read_by(rule: Rule) -> tuple[str, ...]:
    """The nodes that the outcome of a rule is read off: the finding without its reasons and its parts."""
    fields = (reading for reading in rule.fields.values() if isinstance(reading, (Value, Choose)))
    found = [rule.status, *([rule.exists] if rule.exists is not None else [])]
    found += [rule.origins.by] if rule.origins is not None else []
    return tuple(dict.fromkeys([*found, *(node for reading in fields for node in _plain(reading))]))


def _plain(reading: Reading) -> Iterator[str]:
    match reading:
        case Value(node):
            yield node
        case Choose(by, cases, otherwise):
            parts = (*cases.values(), otherwise)
            if all(not isinstance(each, (Build, Explain, Rules, Shortfalls)) for each in parts):
                yield by
                for each in parts:
                    yield from _plain(each)


def bases(graph: Graph, entity: str, wanted: Iterable[str]) -> tuple[Base, ...] | None:
    """The facts that nodes at an entity rest on; None where one of them does not compare cheaply."""
    found: dict[Base, None] = {}
    seen: set[tuple[str, str]] = set()
    pending = [(entity, 0, name) for name in wanted]
    while pending:
        at, hops, name = pending.pop()
        place = place_of(graph, at, name)
        if place is None:
            if name == "today":
                continue
            return None
        key = (place.entity, place.name)
        if key in seen:
            continue
        seen.add(key)
        if place.what == NODE:
            node = graph.nodes[place.entity][place.name]
            pending.extend((place.entity, hops + place.hops, each) for each in sorted(_behind(node)))
        elif place.what == LIST or not comparable(_type(graph, place)):
            return None
        else:
            kind = _type(graph, place)
            plain = place.what == FACT and (kind == BOOLEAN or isinstance(kind, Enum))
            found[Base(hops + place.hops, place.what, place.name, plain)] = None
    return tuple(found)


def _behind(node: Node) -> frozenset[str]:
    cases = () if node.cases is None else tuple(case.node for case in node.cases.cases)
    return names(node.expression).union(cases)


def _type(graph: Graph, place: Place) -> Type | None:
    if place.what == GIVEN:
        return graph.repeats[place.entity].types[place.name]
    assert own_place(graph, place.entity, place.name) is not None
    return graph.vocabulary.row(place.entity).fields[place.name]


def comparable(kind: Type | None) -> bool:
    """Whether values of a type can be told apart by looking them up."""
    if isinstance(kind, (ListOf, RangeOf)):
        return comparable(kind.item)
    return kind is not None and kind != ANY and not isinstance(kind, Context)
