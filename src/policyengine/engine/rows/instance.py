"""The instances that generated code works on: one of an entity, with its values by position."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

from policyengine.decision.findings import Owner, Subject
from policyengine.engine.finding_values import open_twin
from policyengine.engine.reference.scope import Sight
from policyengine.engine.rows.value_places import Layout
from policyengine.engine.sibling_order import in_order, number_of
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Missing, Unknown
from policyengine.policy.entity import EARLIER, POSITION, PREVIOUS, Entity
from policyengine.policy.facts import recorded_name
from policyengine.program.graph import ORDER_BY, ORDER_RESTART, Graph
from policyengine.program.record import Record

Step: TypeAlias = "tuple[str, Callable[[Row], None]]"
"""An entity, and what is done with each of its instances."""
SubjectMaker: TypeAlias = Callable[[Record, int, tuple[Subject, ...]], Subject]


class Code(Protocol):
    """The code of a program, as far as its instances ask for it."""

    graph: Graph
    today: date
    loads: Mapping[str, Callable[[Row], None]]
    subjects: Mapping[str, SubjectMaker]


class Row(Mapping[str, object]):
    """One instance of an entity; `v` has its values by their position in the `layout`.

    As a mapping it is a value of FEEL: what an expression sees of an instance in a list. `record` is None
    for a computed instance, whose names are `given`. `group` are the children of a list in their order.
    `told` keeps what explanations said of a value with cases, by the explanation.
    """

    __slots__ = ("_place", "above", "given", "group", "layout", "program", "record", "subject", "told", "v")

    v: list[object]
    group: list[Row]

    def __init__(
        self, program: Code, layout: Layout, subject: Subject, above: Row | None,
        record: Record | None, given: Mapping[str, object],
    ) -> None:  # fmt: skip
        self.program = program
        self.layout = layout
        self.subject = subject
        self.above = above
        self.record = record
        self.given = given
        self.told: dict[int, list[Any]] = {}
        self._place: tuple[str, str, tuple[Owner, ...]] | None = None

    def __getitem__(self, name: str) -> object:
        at = self.layout.index.get(name)
        if at is not None and at < len(self.v):
            return self.v[at]
        return self._find(name)

    def _find(self, name: str) -> object:
        """What has no position, or is not worked out yet."""
        if name == EARLIER and self._is_in_order:
            return earlier(self)
        if self.says_whose(name):
            return self._qualified(name)
        node = self.program.graph.nodes.get(self.layout.entity, {}).get(name)
        if node is not None:
            return again(self, node.expression)
        if self.record is not None and self._declares(name):
            name = recorded_name(name)
            return self.record.facts[name] if name in self.record.facts else self.missing(name)
        if self.above is not None:
            return self.above[name]
        if name == "today":
            return self.program.today
        raise KeyError(name)

    def says_whose(self, name: object) -> bool:
        """Whether a name is one with a dot, as in `this.fee`, of an expression at the instance."""
        return name in self.program.graph.qualified.get(self.layout.entity, ())

    def _qualified(self, name: str) -> object:
        """The value of a name that says whose it is."""
        graph = self.program.graph
        whose, entity, bare = graph.vocabulary.qualified(graph.real(self.layout.entity), name)
        at: Row | None = self
        while at is not None and at.layout.entity != entity:
            at = at.above
        assert at is not None
        if whose != PREVIOUS:
            return at[bare]
        before = at[PREVIOUS]
        return before[bare] if isinstance(before, Row) else before

    @property
    def _is_in_order(self) -> bool:
        declared = self.program.graph.vocabulary.entities.get(self.layout.entity)
        return declared is not None and declared.order is not None

    def _declares(self, name: str) -> bool:
        vocabulary, entity = self.program.graph.vocabulary, self.layout.entity
        return name in vocabulary.entities[entity].facts or name in vocabulary.given(entity)

    @property
    def missing_key(self) -> str:
        """What names the instance among what is missing; "" for a record without a key."""
        return "" if self.subject.root and self.subject.key is None else self.subject.name

    def missing(self, name: str) -> Unknown:
        """What stands for a fact or a list that the record leaves out."""
        if self._place is None:
            self._place = self.layout.entity, self.missing_key, self.subject.owners
        entity, key, owners = self._place
        made = _open_unknown()
        made.causes = frozenset((_new(Missing, (entity, key, name, owners)),))
        made.__class__ = Unknown
        return made  # type: ignore[no-any-return]

    def __contains__(self, name: object) -> bool:
        """Whether the instance itself has the name."""
        if name == EARLIER and self._is_in_order:
            return True
        return name in self.layout.index or (self.record is not None and self._declares(str(name)))

    def __iter__(self) -> Iterator[str]:
        if self.record is not None:
            fields = self.program.graph.vocabulary.row(self.layout.entity).fields
            yield from (name for name in fields if name not in (PREVIOUS, EARLIER))
        yield from self.given

    def __len__(self) -> int:
        return sum(1 for _ in self)


def earlier(row: Row) -> object:
    """The children before one, from the first on."""
    number = row.v[row.layout.index[POSITION]]
    return row.group[: int(number) - 1] if isinstance(number, Decimal) else number


def put_in_order(above: Row, layout: Layout) -> None:
    """Tells the children in a list where they stand."""
    declared, rows = _children_of(above, layout)
    index = layout.index
    values = [row.v[index[ORDER_BY]] for row in rows] if ORDER_BY in index else [None] * len(rows)
    groups = [row.v[index[ORDER_RESTART]] for row in rows] if ORDER_RESTART in index else []
    assert declared.order is not None
    found = in_order(declared.order, values, groups)
    for place, row in enumerate(rows):
        row.v[index[POSITION]] = number_of(place, found)
        before = found if isinstance(found, Unknown) else found.before[place]
        row.v[index[PREVIOUS]] = rows[before] if isinstance(before, int) else before
    if isinstance(found, Unknown):
        return
    for place in found.sequence:
        first = found.before[place]
        rows[place].group = [] if first is None else rows[first].group
        rows[place].group.append(rows[place])


def child_by_child(layout: Layout, steps: Sequence[Step], above: Row) -> None:
    """Works the children in a list out in their order, each with what stands in it before the next one."""
    _, rows = _children_of(above, layout)
    at = layout.index[POSITION]
    known = not rows or not isinstance(rows[0].v[at], Unknown)
    for row in sorted(rows, key=lambda row: row.v[at]) if known else rows:  # type: ignore[arg-type, return-value]
        for entity, work_out in steps:
            for each in _within(row, entity):
                work_out(each)


def _children_of(above: Row, layout: Layout) -> tuple[Entity, Sequence[Row]]:
    declared = above.program.graph.vocabulary.entities[layout.entity]
    rows = above.v[above.layout.index[str(declared.list)]]
    return declared, rows if isinstance(rows, tuple) else ()


def _within(row: Row, entity: str) -> Sequence[Row]:
    """The instances of an entity in one that they lie in."""
    if row.layout.entity == entity:
        return (row,)
    graph = row.program.graph
    path = [entity]
    while (above := graph.above(path[-1])) != row.layout.entity:
        path.append(str(above))
    found: Sequence[Row] = (row,)
    for each in reversed(path):
        name = str(graph.vocabulary.entities[each].list)
        lists = [one.v[one.layout.index[name]] for one in found]
        found = [one for rows in lists if isinstance(rows, tuple) for one in rows]
    return found


_new = tuple.__new__
_open_unknown, _open_subject = open_twin(Unknown), open_twin(Subject)


def children(above: Row, name: str, layout: Layout) -> object:
    """The instances in a list of a record."""
    assert above.record is not None
    program = above.program
    if name not in above.record.lists:
        declared = program.graph.vocabulary.entities[layout.entity]
        return above.missing(name) if declared.default is None else ()
    load, subject = program.loads[layout.entity], program.subjects[layout.entity]
    found, within = [], above.subject.inside
    for i, record in enumerate(above.record.lists[name], start=1):
        row = Row(program, layout, subject(record, i, within), above, record, _NOTHING)
        load(row)
        found.append(row)
    return tuple(found)


_NOTHING: Mapping[str, object] = {}


def occasions(above: Row, layout: Layout, items: str, names: Sequence[str]) -> Iterator[Row]:
    """The computed instances in one; where it is not known which there are, one of which nothing is known."""
    contexts = above[items]
    if isinstance(contexts, Unknown):
        contexts = [dict.fromkeys(names, contexts)]
    for context in contexts if isinstance(contexts, (list, tuple)) else ():
        row = Row(above.program, layout, above.subject, above, None, context)
        row.v = [context[name] for name in layout.given]
        yield row


def again(row: Row, expression: Expression) -> object:
    """The value of an expression where generated code came to a limit."""
    return evaluate(expression, Sight(row), mode="policy", functions=LIBRARY)  # type: ignore[arg-type]


def subject_maker(entity: str, key: str | None, label: str | None, *, root: bool) -> SubjectMaker:
    """What says who is judged, out of a record, its position in its list and what that list stands within.

    `key` and `label` are facts.
    """

    def subject(record: Any, position: int, within: tuple[Subject, ...]) -> Subject:
        facts, made = record.facts, _open_subject()
        own, name = facts.get(key), facts.get(label)
        made.entity = entity
        made.key = own if own is None or own.__class__ is str else str(own)
        made.label = name if name is None or name.__class__ is str else str(name)
        made.root = root
        made.position = position
        made.within = within
        made.__class__ = Subject
        return made  # type: ignore[no-any-return]

    return subject
