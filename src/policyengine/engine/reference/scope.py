"""What a record says, as the expressions of a graph see it: values on demand, each worked out once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from policyengine.decision.findings import Subject
from policyengine.engine.sibling_order import in_order, number_of
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Missing, Unknown
from policyengine.policy.entity import EARLIER, IN_ORDER, POSITION, PREVIOUS, Entity
from policyengine.program.graph import ORDER_BY, ORDER_RESTART, Graph
from policyengine.program.record import Record

_ROWS = frozenset({PREVIOUS, EARLIER})


class Scope(Mapping[str, object]):
    """One instance of an entity.

    Looking a name up gives a fact of the record, the instances in one of its lists, the value of a node
    of the graph, or whatever the instance that it lies in has under that name. A declared fact that the
    record leaves out is unknown. `record` is None for a computed instance, whose names are `given`. Among
    children in an order `number` is its place, `previous` the one before it, and `group` all of the order.
    """

    __slots__ = (
        "_declared", "_memo", "above", "entity", "given", "graph", "group", "number", "previous", "record",
        "subject",
    )  # fmt: skip

    def __init__(
        self, graph: Graph, entity: str, subject: Subject, *,
        above: Scope | None = None, record: Record | None = None, given: Mapping[str, object] | None = None,
        today: date | None = None,
    ) -> None:  # fmt: skip
        self.graph = graph
        self.entity = entity
        self.subject = subject
        self.above = above
        self.record = record
        self.given = {} if given is None else given
        self.number: object = None
        self.previous: object = None
        self.group: list[Scope] = []
        self._declared: Entity | None = graph.vocabulary.entities.get(entity)
        self._memo: dict[str, object] = {} if today is None else {"today": today}

    def __getitem__(self, name: str) -> object:
        memo = self._memo
        if name in memo:
            return memo[name]
        value = self._find(name)
        memo[name] = value
        return value

    def _find(self, name: str) -> object:
        node = self.graph.nodes.get(self.entity, {}).get(name)
        if node is not None:
            return self.value(node.expression)
        if name in self.given:
            return self.given[name]
        if self.record is not None and self._declared is not None:
            if name in self.record.facts:
                return self.record.facts[name]
            for child, below in self.graph.vocabulary.children(self.entity):
                if below.list == name:
                    return self._rows(name, child, below)
            if name in self._declared.facts:
                return self._missing(name)
            given = self.graph.vocabulary.given(self.entity).get(name)
            if given is not None:
                return self.record.facts[given] if given in self.record.facts else self._missing(given)
        if self._stands_in_order and name in IN_ORDER:
            return self._in_order(name)
        if self.says_whose(name):
            return self._qualified(name)
        if self.above is None:
            raise KeyError(name)
        return self.above[name]

    # Children in order

    @property
    def _stands_in_order(self) -> bool:
        return self._declared is not None and self._declared.order is not None

    def _in_order(self, name: str) -> object:
        if self.number is None:
            self._put_in_order()
        if name == POSITION:
            return self.number
        if name == PREVIOUS:
            return self.previous
        return tuple(self.group[: int(self.number) - 1]) if isinstance(self.number, Decimal) else self.number

    def _put_in_order(self) -> None:
        """Tells all children of the list that this one is in where they stand."""
        assert self.above is not None
        assert self._declared is not None
        assert self._declared.order is not None
        rows = self.above[str(self._declared.list)]
        assert isinstance(rows, tuple)
        nodes = self.graph.order_nodes(self.entity)
        values = [row[ORDER_BY] for row in rows] if ORDER_BY in nodes else []
        groups = [row[ORDER_RESTART] for row in rows] if ORDER_RESTART in nodes else []
        found = in_order(self._declared.order, values or [None] * len(rows), groups)
        for place, row in enumerate(rows):
            row.number = number_of(place, found)
            before = found if isinstance(found, Unknown) else found.before[place]
            row.previous = rows[before] if isinstance(before, int) else before
        if isinstance(found, Unknown):
            return
        for place in found.sequence:
            first = found.before[place]
            rows[place].group = [] if first is None else rows[first].group
            rows[place].group.append(rows[place])

    def says_whose(self, name: object) -> bool:
        """Whether a name is one with a dot, as in `this.fee`, of an expression at the instance."""
        return name in self.graph.qualified.get(self.entity, ())

    def _qualified(self, name: str) -> object:
        """The value of a name that says whose it is."""
        whose, entity, bare = self.graph.vocabulary.qualified(self.graph.real(self.entity), name)
        at: Scope | None = self
        while at is not None and at.entity != entity:
            at = at.above
        assert at is not None
        if whose != PREVIOUS:
            return at[bare]
        before = first = at[PREVIOUS]
        pending: list[Scope] = []  # one after another, so that no chain is as deep as it is long
        while isinstance(first, Scope) and bare not in first._memo:
            pending.append(first)
            first = first[PREVIOUS]
        for each in reversed(pending):
            each[bare]
        return before[bare] if isinstance(before, Scope) else before

    @property
    def missing_key(self) -> str:
        """What names the instance among what is missing; "" for a record without a key."""
        return "" if self.subject.root and self.subject.key is None else self.subject.name

    def _missing(self, name: str) -> Unknown:
        return Unknown.of(Missing(self.entity, self.missing_key, name, self.subject.owners))

    def _rows(self, name: str, entity: str, declared: Entity) -> object:
        assert self.record is not None
        if name not in self.record.lists:
            return self._missing(name) if declared.default is None else ()
        return tuple(
            Scope(
                self.graph, entity, subject_of(entity, declared, row, i, self.subject), above=self, record=row
            )
            for i, row in enumerate(self.record.lists[name], start=1)
        )

    def value(self, expression: Expression) -> object:
        """The value of an expression at this instance."""
        return evaluate(expression, Sight(self), mode="policy", functions=LIBRARY)

    def __contains__(self, name: object) -> bool:
        """Whether the instance itself has the name; what lies above it is only in its `Sight`."""
        if name in self.graph.nodes.get(self.entity, {}) or name in self.given:
            return True
        if self._declared is None:
            return False
        vocabulary = self.graph.vocabulary
        return name in vocabulary.row(self.entity).fields or name in vocabulary.given(self.entity)

    def __iter__(self) -> Iterator[str]:
        if self._declared is not None:
            yield from (name for name in self.graph.vocabulary.row(self.entity).fields if name not in _ROWS)
        yield from self.given

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def owner(self, name: str) -> Scope | None:
        """The scope, this one or one above, that has a node of this name."""
        at: Scope | None = self
        while at is not None and name not in at.graph.nodes.get(at.entity, {}):
            if name in at:
                return None
            at = at.above
        return at


class Sight(Mapping[str, object]):
    """All names that an expression at an instance sees, those of the instances that it lies in too."""

    __slots__ = ("scope",)

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def __getitem__(self, name: str) -> object:
        return self.scope[name]

    def __contains__(self, name: object) -> bool:
        at: Scope | None = self.scope
        while at is not None:
            if name in at or at.says_whose(name):
                return True
            at = at.above
        return name == "today"

    def __iter__(self) -> Iterator[str]:
        at: Scope | None = self.scope
        while at is not None:
            yield from at
            at = at.above
        yield "today"

    def __len__(self) -> int:
        return sum(1 for _ in self)


def root_scope(graph: Graph, record: Record, today: date) -> Scope:
    """The scope of the record itself."""
    declared = graph.vocabulary.entities[record.entity]
    subject = subject_of(record.entity, declared, record, 1, None)
    return Scope(graph, record.entity, subject, record=record, today=today)


def subject_of(
    entity: str, declared: Entity, record: Record, position: int, above: Subject | None
) -> Subject:
    """Who is judged by an instance in a list of `above`, None for the record itself."""
    key, label = record.facts.get(declared.key or ""), record.facts.get(declared.label or "")
    return Subject(
        entity,
        None if key is None else str(key),
        None if label is None else str(label),
        above is None,
        position,
        () if above is None else above.inside,
    )


def instances(root: Scope) -> dict[str, list[Scope]]:
    """Every instance by its entity, computed ones too, in the order of the record.

    Where it is not known which instances there are, one stands in with nothing known about it, so that
    its findings are undetermined instead of absent; a list that the record leaves out stands for itself.
    """
    graph = root.graph
    found: dict[str, list[Scope]] = {root.entity: [root]}
    for name in sorted(graph.vocabulary.entities, key=lambda each: len(graph.vocabulary.lineage(each))):
        entity = graph.vocabulary.entities[name]
        if entity.within is not None:
            found[name] = [
                row for above in found[entity.within] for row in _children(above, str(entity.list))
            ]
    for name, repeat in graph.repeats.items():
        found[name] = [
            occasion for above in found[repeat.within] for occasion in _occasions(above, name, repeat.items)
        ]
    return found


def _children(above: Scope, name: str) -> tuple[Scope, ...]:
    rows = above[name]
    return rows if isinstance(rows, tuple) else ()


def _occasions(above: Scope, entity: str, items: str) -> Iterator[Scope]:
    contexts = above[items]
    names = above.graph.repeats[entity].types
    if isinstance(contexts, (list, tuple)):
        for context in contexts:
            yield Scope(above.graph, entity, above.subject, above=above, given=context)
    elif isinstance(contexts, Unknown):
        yield Scope(above.graph, entity, above.subject, above=above, given=dict.fromkeys(names, contexts))
