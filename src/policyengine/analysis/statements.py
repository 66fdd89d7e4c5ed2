"""What a program states about a record, reduced to its meaning: no places, titles or reasons."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import field
from datetime import date
from functools import cached_property
from typing import Any

from policyengine.analysis.value_numbering import closure, is_wording, meant
from policyengine.dataclass import dataclass
from policyengine.decision.findings import NOT_APPLICABLE, SECTIONS, UNDETERMINED, Origin, Subject
from policyengine.decision.writers import Write, writer
from policyengine.engine.reference.row import present, read
from policyengine.engine.reference.scope import Scope, instances, root_scope
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Choose, Const, Reading, Rule, Rules, Transition, Value
from policyengine.program.graph import Graph, Key
from policyengine.program.record import Record

MOVES, VALUES = "moves", "values"
"""Compared besides the lists of a decision: what leaving a stage writes down, and derived facts."""
_ORDER = (*SECTIONS, MOVES, VALUES)


class _Open:
    """A value that is not decided."""

    def __repr__(self) -> str:
        return "not decided"


OPEN = _Open()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement about a subject: the section and the rule that it comes from, and its values.

    `rule` has the titles of what the values name; `write` writes the value of a derived fact.
    """

    section: str
    policy: str
    id: str
    subject: Subject
    values: Mapping[str, object]
    title: str = ""
    rule: Rule | None = field(default=None, compare=False)
    write: Write | None = field(default=None, compare=False)

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """The identity of the statement: section, policy, id and subject."""
        return self.section, self.policy, self.id, str(self.subject), self.subject.position

    @property
    def form(self) -> Hashable:
        """The content of the statement, for comparison."""
        return tuple(sorted((name, meant(value)) for name, value in self.values.items()))

    @property
    def decided(self) -> bool:
        """Whether all its values are decided."""
        return self.values.get("status") != UNDETERMINED and OPEN not in self.values.values()


@dataclass(frozen=True, slots=True)
class Contrast:
    """A statement that two programs make differently; None for a program that does not make it."""

    old: Statement | None
    new: Statement | None

    @property
    def decided(self) -> bool:
        """Whether both sides are decided."""
        return all(side is None or side.decided for side in (self.old, self.new))


@dataclass(frozen=True)
class GraphSlice:
    """The compared part of a graph: rules, moves and derived facts, with the nodes that they depend on."""

    graph: Graph
    today: date
    rules: tuple[Rule, ...]
    moves: tuple[Transition, ...]
    exported: tuple[Key, ...]
    order: tuple[Key, ...]

    @classmethod
    def of(
        cls,
        graph: Graph,
        today: date,
        rules: Iterable[Rule],
        moves: Iterable[Transition],
        exported: Iterable[Key],
    ) -> GraphSlice:
        """The slice of a graph for these rules, moves and derived facts."""
        rules, moves, exported = tuple(rules), tuple(moves), tuple(exported)
        needed = {key for rule in rules for key in needs_of(graph, rule)}
        needed |= {key for move in moves for key in _needs_of_move(graph, move)}
        return cls(graph, today, rules, moves, exported, closure(graph, [*needed, *exported]))

    def scopes(self, record: Record) -> dict[str, list[Scope]]:
        """Evaluates the slice for a record; returns the scopes of all instances by entity."""
        found = instances(root_scope(self.graph, record, self.today))
        for entity, name in self.order:
            for scope in found.get(entity, ()):
                scope[name]
        return found

    def says(self, record: Record) -> list[Statement]:
        """All statements about a record."""
        return self.said(self.scopes(record))

    def said(self, found: Mapping[str, list[Scope]]) -> list[Statement]:
        """All statements about evaluated instances."""
        said = [
            each for rule in self.rules for scope in found.get(rule.entity, ()) for each in _said(rule, scope)
        ]
        for move in self.moves:
            said += [each for scope in found.get(move.entity, ()) for each in _moved(move, scope)]
        for entity, name in self.exported:
            noun, write = self._formats[entity, name]
            for scope in found.get(entity, ()):
                value = {"value": _value(Value(name), scope)}
                said.append(Statement(VALUES, "", name, scope.subject, value, noun, write=write))
        return said

    @cached_property
    def _formats(self) -> Mapping[Key, tuple[str, Write]]:
        """What derived facts are called, and what writes their values."""
        return {
            key: (self.graph.nodes[key[0]][key[1]].noun or key[1], writer(self.graph.types.get(key)))
            for key in self.exported
        }


def needs_of(graph: Graph, rule: Rule) -> Iterator[Key]:
    """The nodes that the findings of a rule are read from."""
    names = [rule.status, *([rule.exists] if rule.exists is not None else [])]
    readings: list[Reading] = [reading for name, reading in rule.fields.items() if not is_wording(name)]
    if rule.origins is not None:
        readings.append(rule.origins)
    while readings:
        match readings.pop():
            case Value(node):
                names.append(node)
            case Choose(by, cases, otherwise):
                names.append(by)
                readings += [*cases.values(), otherwise]
            case Rules(rules):
                for each in rules:
                    yield from needs_of(graph, each)
            case _:
                pass
    if rule.entity in graph.repeats:
        repeat = graph.repeats[rule.entity]
        yield repeat.within, repeat.items
    yield from _found(graph, rule.entity, names)


def _needs_of_move(graph: Graph, move: Transition) -> Iterator[Key]:
    names = [move.gate, move.applies, move.snapshot, *move.sets.values()]
    yield from _found(graph, move.entity, [name for name in names if name is not None])


def _found(graph: Graph, entity: str, names: Iterable[str]) -> Iterator[Key]:
    for name in names:
        found = graph.node(entity, name)
        if found is not None:
            yield found[0], name


def _said(rule: Rule, scope: Scope) -> Iterator[Statement]:
    exists = scope[rule.exists] if rule.exists is not None else True
    if exists is False:
        return
    status = exists if isinstance(exists, Unknown) else scope[rule.status]
    values: dict[str, object] = {"status": status if isinstance(status, str) else UNDETERMINED}
    for name, reading in rule.fields.items():
        if not is_wording(name) and _is_said(reading):
            values[name] = _value(reading, scope)
    absent = {name for name, reading in rule.fields.items() if reading in (Const(None), Const(()))}
    nearer = read(rule.origins, scope) if rule.origins is not None else None
    origin = nearer if isinstance(nearer, Origin) else rule.origin
    said = {name: value for name, value in values.items() if name not in absent}
    if status == NOT_APPLICABLE:
        said = {"status": status}
    yield Statement(
        rule.finding.section, rule.origin.policy, origin.id, scope.subject, said, origin.title, rule
    )


def _is_said(reading: Reading) -> bool:
    match reading:
        case Const() | Value() | Rules():
            return True
        case Choose(_, cases, otherwise):
            return all(_is_said(each) for each in (*cases.values(), otherwise))
        case _:
            return False


def _value(reading: Reading, scope: Scope) -> object:
    match reading:
        case Rules(rules):
            found = [each for rule in rules for each in _said(rule, scope)]
            return tuple((each.id, *sorted(each.values.items(), key=lambda pair: pair[0])) for each in found)
        case Choose(by, cases, otherwise):
            value = scope[by]
            return _value(cases.get(value, otherwise), scope) if isinstance(value, str) else OPEN
        case Value(node):
            return OPEN if isinstance(scope[node], Unknown) else present(scope, node)
        case _:
            return read(reading, scope)


def _moved(move: Transition, scope: Scope) -> Iterator[Statement]:
    if scope[move.fact] != move.stage:
        return
    values: dict[str, object] = {
        name: _open(scope[node])
        for name, node in (("gate", move.gate), ("applies", move.applies), ("written", move.snapshot))
        if node is not None
    }
    values["to"] = move.to
    values.update((f"set {fact}", _open(scope[node])) for fact, node in move.sets.items())
    yield Statement(MOVES, move.policy, move.stage, scope.subject, values)


def _open(value: Any) -> object:
    return OPEN if isinstance(value, Unknown) else value


def contrasts(old: Iterable[Statement], new: Iterable[Statement]) -> list[Contrast]:
    """The statements that two programs make differently about one record."""
    sides: dict[tuple[str, str, str, str, int], tuple[list[Statement], list[Statement]]] = {}
    for side, said in enumerate((old, new)):
        for each in said:
            sides.setdefault(each.key, ([], []))[side].append(each)
    found: list[Contrast] = []
    for before, after in sides.values():
        if len(before) == len(after) == 1 and before[0].values == after[0].values:
            continue
        found.extend(_pairs(before, after))
    return sorted(found, key=_rank)


def _rank(contrast: Contrast) -> tuple[bool, int]:
    """Orders decided contrasts first, then by section."""
    said = contrast.old or contrast.new
    return not contrast.decided, _ORDER.index(said.section) if said is not None else 0


def _pairs(before: list[Statement], after: list[Statement]) -> Iterator[Contrast]:
    """Pairs the statements that have no equal on the other side, in order."""
    forms = [each.form for each in after]
    left: list[Statement] = []
    for each in before:
        if each.form in forms:
            forms[forms.index(each.form)] = None
        else:
            left.append(each)
    rest = [each for each, form in zip(after, forms, strict=True) if form is not None]
    for i in range(max(len(left), len(rest))):
        yield Contrast(left[i] if i < len(left) else None, rest[i] if i < len(rest) else None)
