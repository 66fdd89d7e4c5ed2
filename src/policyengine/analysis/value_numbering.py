"""Value numbering of graphs: two expressions with the same number always have the same value.

Names of nodes, places, titles, reasons and the order of conjunctions do not count. Two graphs share one
`Forms`, so that their numbers are comparable.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any

from policyengine.decision.findings import Origin
from policyengine.feel.syntax import tree as syntax
from policyengine.feel.syntax.tree import Expression, Node
from policyengine.policy.rule import Build, Choose, Const, Explain, Reading, Rule, Rules, Shortfalls, Value
from policyengine.program.graph import Graph, Key

Same = Callable[[Key, int, int], bool]


class Forms:
    """Numbers expressions by their structure."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def number(self, *form: Hashable) -> int:
        """The number of a structure."""
        return self._numbers.setdefault(form, len(self._numbers))


class Canon:
    """The value numbers of all nodes of a graph.

    `known` is the canon of the other graph. For a node that has a different number there, `same` is asked
    whether both are equal for all records; if so, the node takes the other number. With `by_name` a node is
    its name, whatever it says.
    """

    def __init__(
        self, graph: Graph, forms: Forms, known: Mapping[Key, int] | None = None, same: Same | None = None,
        *, by_name: bool = False,
    ) -> None:  # fmt: skip
        self.graph = graph
        self.forms = forms
        self.numbers: dict[Key, int] = {}
        self._owners: dict[Key, str | None] = {}
        for key in graph.order:
            number = forms.number("named", key) if by_name else self._node(key)
            other = number if known is None else known.get(key, number)
            if other != number and same is not None and same(key, other, number):
                number = other
            self.numbers[key] = number

    def _node(self, key: Key) -> int:
        entity, name = key
        around: list[tuple[Key, int]] = []
        for need in self.graph.rests_on(key):
            if "/" not in need[1] and need in self.numbers:
                around.append((need, self.numbers[need]))
        listed = [(need, self.numbers[need]) for need in self.graph.needs(key)
                  if "/" in need[1] and self.graph.node(entity, need[1]) is None]  # fmt: skip
        for each in self.graph.orders(key):
            order = repr(self.graph.vocabulary.entities[each].order)
            listed.append(((each, "order"), self.forms.number("order", order)))
        for other in self.graph.together.get(key, frozenset()) - {key}:
            words = self.graph.nodes[other[0]][other[1]].expression
            listed.append((other, self.expression(words, other[0])))
        if entity in self.graph.repeats:
            repeat = self.graph.repeats[entity]
            listed.append((("", "items"), self.numbers[repeat.within, repeat.items]))
        # A node that only gives another one on is that one, whatever it is called.
        number = self.expression(self.graph.nodes[entity][name].expression, entity)
        if not around and not listed:
            return number
        return self.forms.number("node", number, tuple(sorted(around)), tuple(sorted(listed)))

    def expression(self, expression: Expression, entity: str) -> int:
        """The number of an expression at an entity."""
        done: dict[int, int] = {}
        pending: list[tuple[Node, bool]] = [(expression, False)]
        while pending:
            node, ready = pending.pop()
            if ready:
                done[id(node)] = self._form(node, done, entity)
                continue
            pending.append((node, True))
            pending.extend((part, False) for part in _parts(node))
        return done[id(expression)]

    def _named(self, node: Node, entity: str) -> int | None:
        if isinstance(node, syntax.Name) and "/" in node.name:
            found = self.graph.node(entity, node.name)
            return self.numbers.get((found[0], node.name)) if found is not None else None
        return None

    def _form(self, node: Node, done: Mapping[int, int], entity: str) -> int:
        named = self._named(node, entity)
        if named is not None:
            return named
        if isinstance(node, syntax.Open):
            return self.forms.number("open")
        said: list[Hashable] = [type(node).__name__]
        if isinstance(node, syntax.Name):
            said.append(self._owner(entity, node.name))
        for attribute in node.__match_args__[:-1]:
            value = getattr(node, attribute)
            if isinstance(value, Node):
                said.append(done[id(value)])
            elif isinstance(value, tuple):
                said.append(self._several(node, attribute, value, done))
            else:
                said.append(_plain(value))
        return self.forms.number(*said)

    def _owner(self, entity: str, name: str) -> str | None:
        """The entity that owns the fact or list of this name, unless a nearer name hides it."""
        if (entity, name) not in self._owners:
            found = (each for each in self.graph.lineage(entity) if each not in self.graph.repeats
                     and name in self.graph.vocabulary.row(each).fields)  # fmt: skip
            self._owners[entity, name] = next(found, None)
        return self._owners[entity, name]

    def _several(
        self, node: Node, attribute: str, values: tuple[Any, ...], done: Mapping[int, int]
    ) -> Hashable:
        found = [done[id(each)] if isinstance(each, Node) else _plain(each) for each in values]
        unordered = isinstance(node, (syntax.And, syntax.Or)) or attribute == "tests"
        return tuple(sorted(set(found), key=repr)) if unordered else tuple(found)

    # Rules

    def rule(self, rule: Rule) -> int:
        """The number of the findings of a rule, without reasons and titles."""
        at = rule.entity
        fields = sorted(
            (name, form) for name, reading in rule.fields.items()
            if not is_wording(name) and (form := self._reading(reading, at)) is not None
        )  # fmt: skip
        return self.forms.number(
            rule.finding.section, rule.origin.policy, rule.origin.id, self._entity(at),
            self._key(at, rule.status), None if rule.exists is None else self._key(at, rule.exists),
            tuple(fields), None if rule.origins is None else self._reading(rule.origins, at),
        )  # fmt: skip

    def _entity(self, entity: str) -> Hashable:
        if entity not in self.graph.repeats:
            return entity
        repeat = self.graph.repeats[entity]
        return (self._entity(repeat.within), self.numbers[repeat.within, repeat.items])

    def _key(self, entity: str, name: str) -> int:
        found = self.graph.node(entity, name)
        return self.numbers[found[0], name] if found is not None else self.forms.number("fact", name)

    def _reading(self, reading: Reading, at: str) -> int | None:
        match reading:
            case Const(value):
                return self.forms.number("const", meant(value))
            case Value(node):
                return self.forms.number("value", self._key(at, node))
            case Choose(by, cases, otherwise):
                chosen = sorted((key, self._reading(each, at)) for key, each in cases.items())
                forms = {form for _, form in chosen} | {self._reading(otherwise, at)}
                if len(forms) == 1:
                    return forms.pop()
                return self.forms.number("choose", self._key(at, by), tuple(chosen), *forms)
            case Rules(rules):
                return self.forms.number("rules", tuple(sorted(map(self.rule, rules))))
            case Explain() | Shortfalls() | Build():
                return None

    def moves(self) -> Mapping[tuple[str, str], int]:
        """The number of each move, by policy and name."""
        found: dict[tuple[str, str], int] = {}
        for move in self.graph.transitions:
            at = move.entity
            sets = tuple(sorted((fact, self._key(at, node)) for fact, node in move.sets.items()))
            names = [None if each is None else self._key(at, each) for each in (move.applies, move.snapshot)]
            gate = self._key(at, move.gate)
            found[move.policy, move.name] = self.forms.number(at, move.fact, move.to, gate, sets, *names)
        return found


_HOW = frozenset({"units", "unit", "each", "before_limits", "most", "weight", "nested", "waiver"})
"""How the points of a score came about, and which waiver lets pass: told beside what it comes to."""


def is_wording(field: str) -> bool:
    """Whether a field of a finding is wording only, or tells how a value beside it came about."""
    return field in ("title", "noun") or field.endswith("_title") or field in _HOW


def meant(value: object) -> Hashable:
    """A value of a finding without its wording."""
    if isinstance(value, tuple):
        return tuple(meant(each) for each in value)
    if isinstance(value, Origin):
        return (value.policy, value.id)
    if hasattr(value, "id") and hasattr(value, "title"):
        return ("part", value.id)
    return _plain(value)


def _plain(value: object) -> Hashable:
    try:
        hash(value)
    except TypeError:
        return (type(value).__name__, repr(value))
    return (type(value).__name__, value)


def _parts(node: Node) -> Iterator[Node]:
    for attribute in node.__match_args__[:-1]:
        value = getattr(node, attribute)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            yield from (each for each in value if isinstance(each, Node))


def closure(graph: Graph, keys: Iterable[Key]) -> tuple[Key, ...]:
    """The nodes and all their dependencies, dependencies first."""
    found: set[Key] = set()
    pending = [key for key in keys if key[0] in graph.nodes and key[1] in graph.nodes[key[0]]]
    while pending:
        key = pending.pop()
        if key not in found:
            found.add(key)
            pending.extend(graph.rests_on(key))
    return tuple(sorted(found, key=graph.places.__getitem__))
