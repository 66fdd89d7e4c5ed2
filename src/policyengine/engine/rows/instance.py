"""The instances that generated code works on: one of an entity, with its values by position."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol, TypeAlias

from policyengine.decision.findings import Owner, Subject
from policyengine.engine.finding_values import open_twin
from policyengine.engine.reference.scope import Sight
from policyengine.engine.rows.value_places import Layout
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax.tree import Expression
from policyengine.feel.values.values import Missing, Unknown
from policyengine.policy.facts import recorded_name
from policyengine.program.graph import Graph
from policyengine.program.record import Record

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
    for a computed instance, whose names are `given`.
    """

    __slots__ = ("_place", "above", "given", "layout", "program", "record", "subject", "v")

    v: list[object]

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
        self._place: tuple[str, str, tuple[Owner, ...]] | None = None

    def __getitem__(self, name: str) -> object:
        at = self.layout.index.get(name)
        if at is not None and at < len(self.v):
            return self.v[at]
        return self._find(name)

    def _find(self, name: str) -> object:
        """What has no position, or is not worked out yet."""
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
        return name in self.layout.index or (self.record is not None and self._declares(str(name)))

    def __iter__(self) -> Iterator[str]:
        if self.record is not None:
            yield from self.program.graph.vocabulary.row(self.layout.entity).fields
        yield from self.given

    def __len__(self) -> int:
        return sum(1 for _ in self)


_new = tuple.__new__
_open_unknown, _open_subject = open_twin(Unknown), open_twin(Subject)


def children(above: Row, name: str, layout: Layout) -> object:
    """The instances in a list of a record."""
    assert above.record is not None
    if name not in above.record.lists:
        return above.missing(name)
    program = above.program
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
