"""What a program states about a record, reduced to its meaning: no places, titles or reasons."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import date
from functools import cached_property
from typing import Any

from policyengine.analysis.value_numbering import closure, is_wording, meant
from policyengine.dataclass import dataclass
from policyengine.decision.findings import NOT_APPLICABLE, UNDETERMINED, Figure, Origin, Subject
from policyengine.decision.writers import Write, results_writer, titled, writer
from policyengine.engine.finding_values import shower
from policyengine.engine.rows.engine import Compiled, Found, compile_graph
from policyengine.engine.rows.instance import Row
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Choose, Const, Node, Reading, Rule, Rules, Transition, Value
from policyengine.program.graph import Graph, Key
from policyengine.program.record import Record

MOVES, FIGURES = "moves", Figure.section
"""What leaving a stage writes down is compared besides the lists of a decision; and figures, by values."""


class _Open:
    """A value that is not decided."""

    def __repr__(self) -> str:
        return "not decided"


OPEN = _Open()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement about a subject: the section and the rule that it comes from, and its values.

    `rule` has the titles of its requirements; `writes` has what writes its values as people do, by their
    names.
    """

    section: str
    policy: str
    id: str
    subject: Subject
    values: Mapping[str, object]
    title: str = ""
    rule: Rule | None = field(default=None, compare=False)
    writes: Mapping[str, Write] = field(default_factory=dict, compare=False)

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


@dataclass(frozen=True)
class GraphSlice:
    """The compared part of a graph: rules, moves and derived facts, with the nodes that they depend on.

    It is compiled by itself when it is first asked, which takes a few milliseconds and then answers for a
    record some ten times faster than the reference; hundreds of records are tried for a change.
    """

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

    @cached_property
    def _compiled(self) -> Compiled:
        known: dict[object, Compiled] = self.graph.analysed
        key = GraphSlice, self.today, self.order
        if key not in known:
            known[key] = compile_graph(only(self.graph, self.order), self.today)
        return known[key]

    @classmethod
    def whole(cls, graph: Graph, today: date) -> GraphSlice:
        """The slice of a graph for all that it says."""
        known: dict[object, GraphSlice] = graph.analysed
        if (cls, today) not in known:
            exported = (key for key, node in graph.every_node() if node.exported)
            known[cls, today] = cls.of(graph, today, graph.rules, graph.transitions, exported)
        return known[cls, today]

    def about(self, keys: Iterable[tuple[str, ...]]) -> GraphSlice:
        """The part of the slice that makes statements of these sections, policies and ids."""
        keys = set(keys)
        return GraphSlice.of(
            self.graph,
            self.today,
            (r for r in self.rules if (r.finding.section, r.origin.policy, r.origin.id) in keys),
            (move for move in self.moves if (MOVES, move.policy, move.name) in keys),
            (key for key in self.exported if (FIGURES, "", key[1]) in keys),
        )

    def instances(self, record: Record) -> Found:
        """All instances of a record by entity, with the values of the slice."""
        return self._compiled.instances(record)

    def values(self, found: Found) -> Iterator[Sequence[object]]:
        """The values of the nodes of the slice, instance by instance."""
        for entity, start in self._starts.items():
            for row in found.get(entity, ()):
                yield row.v[start:]

    def unknown(self, found: Found) -> list[int]:
        """For each unknown value the number of causes that keep it unknown."""
        return [len(each.causes) for row in self.values(found) for each in row if each.__class__ is Unknown]

    @cached_property
    def _starts(self) -> Mapping[str, int]:
        """Where the values of the nodes of an entity begin; facts and lists come before them."""
        found: dict[str, int] = {}
        for entity, name in self.order:
            at = self._compiled.layouts[entity].index[name]
            found[entity] = min(at, found.get(entity, at))
        return found

    def says(self, record: Record) -> list[Statement]:
        """All statements about a record."""
        return self.said(self.instances(record))

    def said(self, found: Mapping[str, list[Row]]) -> list[Statement]:
        """All statements about evaluated instances."""
        said = [each for read, entity in self._readers for row in found.get(entity, ()) for each in read(row)]
        for move, title, writes in self._leaving:
            for row in found.get(move.entity, ()):
                if row[move.fact] == move.stage:
                    told = _written(move, row)
                    said.append(
                        Statement(MOVES, move.policy, move.name, row.subject, told, title, writes=writes)
                    )
        for (entity, name), value in self._exported.items():
            noun, writes = self._formats[entity, name]
            for row in found.get(entity, ()):
                told = {"value": value(row)}
                said.append(Statement(FIGURES, "", name, row.subject, told, noun, writes=writes))
        return said

    @cached_property
    def _leaving(self) -> list[tuple[Transition, str, Mapping[str, Write]]]:
        """The moves with the titles of their stages, and what writes their values."""
        found: list[tuple[Transition, str, Mapping[str, Write]]] = []
        for move in self.moves:
            stage, types = (
                titled(self._titles.get((move.policy, "stage"), {})),
                self.graph.sights[move.entity],
            )
            writes = {"to": stage, **{f"set {fact}": writer(types.get(fact)) for fact in move.sets}}
            title = stage(move.stage) + (f" to {stage(move.exit)}" if move.exit is not None else "")
            found.append((move, title, writes))
        return found

    @cached_property
    def _titles(self) -> Mapping[tuple[str, str], Mapping[str, str]]:
        """The titles of levels and stages, by their policy and the value that names them."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        for rule in self.graph.rules:
            for name, reading in rule.fields.items():
                if name.endswith("_title") and isinstance(reading, Choose):
                    titles = {value: each.value for value, each in reading.cases.items()
                              if isinstance(each, Const) and isinstance(each.value, str)}  # fmt: skip
                    found[rule.origin.policy, name.removesuffix("_title")] = titles
        return found

    def _writes(self, rule: Rule) -> dict[str, Write]:
        """What writes the values of a finding that name something: a level, a stage, a party, an item."""
        declared = self.graph.vocabulary.declarations
        parties, items = titled(declared.parties), titled(declared.item_titles)
        found = dict.fromkeys(("party", "decided_by", "moved_by"), parties)
        own = {name: titled(titles) for (policy, name), titles in self._titles.items()
               if policy == rule.origin.policy}  # fmt: skip
        if "stage" in own:  # the titles beside the next stage are by the stage before it
            own["next_stage"] = own["next_stages"] = own["stage"]
        return {**found, "item": items, "on": items, **own}

    @cached_property
    def _formats(self) -> Mapping[Key, tuple[str, Mapping[str, Write]]]:
        """What derived facts are called, and what writes their values."""
        return {
            key: (
                self.graph.nodes[key[0]][key[1]].noun or key[1],
                {"value": results_writer(self.graph.types.get(key))},
            )
            for key in self.exported
        }

    @cached_property
    def _readers(self) -> list[tuple[Callable[[Row], Iterator[Statement]], str]]:
        return [(_said(self.graph, rule, self._writes(rule)), rule.entity) for rule in self.rules]

    @cached_property
    def _exported(self) -> Mapping[Key, Callable[[Row], object]]:
        return {key: _value(self.graph, key[0], Value(key[1])) for key in self.exported}


def only(graph: Graph, order: Iterable[Key]) -> Graph:
    """A graph reduced to some nodes, of which each has all that it depends on; without rules and moves."""
    nodes: dict[str, dict[str, Node]] = {}
    for entity, name in order:
        nodes.setdefault(entity, {})[name] = graph.nodes[entity][name]
    repeats = {
        entity: repeat
        for entity, repeat in graph.repeats.items()
        if repeat.items in nodes.get(repeat.within, ())
    }
    return graph.reduced(nodes, repeats)


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


Reader = Callable[[Row], object]


def _said(graph: Graph, rule: Rule, writes: Mapping[str, Write]) -> Callable[[Row], Iterator[Statement]]:
    """What reads the statement of a rule off an instance; it gives none where the rule has none."""
    fields = {
        name: _value(graph, rule.entity, reading)
        for name, reading in rule.fields.items()
        if not is_wording(name) and _is_said(reading)
    }
    absent = {name for name, reading in rule.fields.items() if reading in (Const(None), Const(()))}
    shown = {name: value for name, value in fields.items() if name not in absent}
    nearer = _value(graph, rule.entity, rule.origins) if rule.origins is not None else None

    def said(row: Row) -> Iterator[Statement]:
        exists = row[rule.exists] if rule.exists is not None else True
        if exists is False:
            return
        status = exists if isinstance(exists, Unknown) else row[rule.status]
        values: dict[str, object] = {"status": status if isinstance(status, str) else UNDETERMINED}
        if status != NOT_APPLICABLE:
            values.update((name, value(row)) for name, value in shown.items())
        found = nearer(row) if nearer is not None else None
        origin = found if isinstance(found, Origin) else rule.origin
        yield Statement(
            rule.finding.section, rule.origin.policy, origin.id, row.subject, values, origin.title, rule,
            writes,
        )  # fmt: skip

    return said


def _is_said(reading: Reading) -> bool:
    match reading:
        case Const() | Value() | Rules():
            return True
        case Choose(_, cases, otherwise):
            return all(_is_said(each) for each in (*cases.values(), otherwise))
        case _:
            return False


def _value(graph: Graph, entity: str, reading: Reading) -> Reader:
    """What reads a value off an instance; `OPEN` where it is not decided."""
    match reading:
        case Rules(rules):
            readers = [_said(graph, rule, {}) for rule in rules]
            return lambda row: tuple(
                (each.id, *sorted(each.values.items(), key=lambda pair: pair[0]))
                for read in readers
                for each in read(row)
            )
        case Choose(by, cases, otherwise):
            chosen = {value: _value(graph, entity, each) for value, each in cases.items()}
            rest = _value(graph, entity, otherwise)

            def choose(row: Row) -> object:
                value = row[by]
                return chosen.get(value, rest)(row) if isinstance(value, str) else OPEN

            return choose
        case Value(node):
            owner = graph.node(entity, node)
            kind = graph.types.get((owner[0], node)) if owner is not None else None
            show = shower(kind, graph.vocabulary.number_of_digits())

            def value(row: Row) -> object:
                found = row[node]
                return OPEN if isinstance(found, Unknown) else show(found)

            return value
        case Const(fixed):
            return lambda row: fixed
    return lambda row: None  # what only words are made of


def _written(move: Transition, row: Row) -> dict[str, object]:
    """What leaving a stage comes to for an instance that stands in it."""
    values: dict[str, object] = {
        name: _open(row[node])
        for name, node in (("gate", move.gate), ("applies", move.applies), ("written", move.snapshot))
        if node is not None
    }
    values["to"] = move.to
    values.update((f"set {fact}", _open(row[node])) for fact, node in move.sets.items())
    return values


def _open(value: Any) -> object:
    return OPEN if isinstance(value, Unknown) else value
