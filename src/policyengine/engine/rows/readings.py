"""How findings are read off the values of an instance: a generated function a rule.

What a rule fixes is looked at once. Rules of one shape (a class of findings, the sorts of its readings) share
their source, which is a function that takes what differs and gives the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any, TypeAlias

from policyengine.decision.findings import NOT_APPLICABLE, UNDETERMINED, Finding, Origin, Shortfall
from policyengine.engine.finding_values import Show, setter, shower
from policyengine.engine.missing_facts import unsettled
from policyengine.engine.reference.row import shortfall
from policyengine.engine.rows.explanation import Explanations
from policyengine.engine.rows.instance import Row
from policyengine.engine.rows.places import NODE, place_of
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import (
    Build,
    Choose,
    Const,
    Explain,
    Reading,
    Rule,
    Rules,
    Shortfalls,
    Value,
)
from policyengine.program.graph import Graph

Read: TypeAlias = Callable[[Row], Any]
ReadFinding: TypeAlias = Callable[[Row], Finding | None]

_NAMES = {
    "new": object.__new__, "tuple_of": tuple.__new__, "S": str, "U": Unknown, "UNDETERMINED": UNDETERMINED,
    "NOT_APPLICABLE": NOT_APPLICABLE, "tuple": tuple,
}  # fmt: skip


@lru_cache(maxsize=512)
def _shape(source: str) -> Callable[..., Any]:
    """The function that a source defines; sources are made of names and numbers of our own."""
    space: dict[str, Any] = {"__builtins__": {}, **_NAMES}
    exec(compile(source, "<readings>", "exec"), space)
    made: Callable[..., Any] = space["shape"]
    return made


class Shape:
    """The source of a reader while it is written, and the values that it names `k0`, `k1` ..."""

    def __init__(self) -> None:
        self.lines = ["v = s.v"]
        self.values: list[Any] = []

    def constant(self, value: object) -> str:
        """The name of a value."""
        self.values.append(value)
        return f"k{len(self.values) - 1}"

    def reader(self, result: str) -> Read:
        """The reader that gives the result."""
        parameters = ", ".join(f"k{i}" for i in range(len(self.values)))
        body = "\n".join(f"        {line}" for line in [*self.lines, f"return {result}"])
        return _shape(f"def shape({parameters}):\n    def read(s):\n{body}\n    return read")(*self.values)  # type: ignore[no-any-return]


def show_of(graph: Graph, entity: str, name: str) -> Show:
    """What shows the value of a node that an instance of the entity sees, as findings hold it."""
    place = place_of(graph, entity, name)
    kind = graph.types.get((place.entity, name)) if place is not None and place.what == NODE else None
    return shower(kind, graph.vocabulary.number_of_digits())


class Readings:
    """Makes the readers of the rules of one program."""

    def __init__(self, explanations: Explanations) -> None:
        self.explanations = explanations
        self.values = explanations.values
        self.graph = explanations.graph

    def rule(self, rule: Rule) -> ReadFinding:
        """What reads the finding of a rule off an instance; it gives None where there is none."""
        shape = Shape()
        self.status(shape, rule)
        shown = self._fields(shape, rule.finding, rule.entity, rule.fields)
        shown["origin"] = self.origin(shape, rule)
        shown["subject"], shown["status"] = "s.subject", "t if t.__class__ is S else UNDETERMINED"
        shown["because"] = self.reading(shape, rule.entity, rule.because)
        shown["unknown"] = self._unknown(shape, rule, shown)
        return self._made(shape, rule.finding, shown)

    def status(self, shape: Shape, rule: Rule) -> None:
        """Adds the lines that put the status into `t`, and give None where there is no finding."""
        status = self.get(shape, rule.entity, rule.status)
        if rule.exists is None:
            shape.lines.append(f"t = {status}")
            return
        shape.lines += [
            f"e = {self.get(shape, rule.entity, rule.exists)}",
            "if e is False:",
            "    return None",
            f"t = e if e.__class__ is U else {status}",
        ]

    def get(self, shape: Shape, entity: str, name: str) -> str:
        """The source of the value of a name."""
        where = self.values.position(entity, name)
        if where is None:
            return f"{shape.constant(self.values.of_name(entity, name))}(s)"
        hops, at = where
        return f"s{'.above' * hops}.v[{shape.constant(at)}]" if hops else f"v[{shape.constant(at)}]"

    def _fields(self, shape: Shape, cls: Any, entity: str, readings: Mapping[str, Reading]) -> dict[str, str]:
        """The source of every field of a class; what is worked out for one stands in a variable."""
        found: dict[str, str] = {}
        for i, each in enumerate(fields(cls)):
            reading = readings.get(each.name)
            if reading is None or isinstance(reading, Const):
                default = None if each.default is MISSING else each.default
                found[each.name] = shape.constant(default if reading is None else reading.value)
            else:
                shape.lines.append(f"f{i} = {self.reading(shape, entity, reading)}")
                found[each.name] = f"f{i}"
        return found

    def _made(self, shape: Shape, cls: Any, shown: Mapping[str, str]) -> Read:
        """Makes the instance past its constructor, which is slow for frozen classes."""
        shape.lines.append(f"made = new({shape.constant(cls)})")
        for each in fields(cls):
            shape.lines.append(f"{shape.constant(setter(cls, each.name))}(made, {shown[each.name]})")
        return shape.reader("made")

    def origin(self, shape: Shape, rule: Rule) -> str:
        """Where a finding comes from: the nearest place that is known."""
        own = shape.constant(rule.origin)
        if rule.origins is None:
            return own
        shape.lines.append(f"o = {self.reading(shape, rule.entity, rule.origins)}")
        return f"o if o.__class__ is {shape.constant(Origin)} else {own}"

    # What is not known

    def _unknown(self, shape: Shape, rule: Rule, shown: Mapping[str, str]) -> str:
        """Why a finding is not decided. A known value is shown as something: only None is looked at."""
        told = [shown[name] for name, each in rule.fields.items() if _tells_values(each)]
        known = "".join(f" and {each} is not None" for each in told)
        behind = shape.constant(self._behind_rule(rule))
        if any(isinstance(each, Explain) for each in rule.fields.values()):
            known = " and False"  # reasons do not show whether their values are known
        return f"() if t == NOT_APPLICABLE or (t.__class__ is S{known}) else {behind}(s, t)"

    def _behind_rule(self, rule: Rule) -> Callable[[Row, object], tuple[Any, ...]]:
        """The causes of what is not known among what a finding shows, or else rests on."""
        shown = [found for each in rule.fields.values() if (found := self._behind(rule.entity, each))]
        because = self._behind(rule.entity, rule.because)

        def unknown(row: Row, status: object) -> tuple[Any, ...]:
            values = [status]
            if not isinstance(status, str) and because is not None:
                values += because(row)
            for each in shown:
                values += each(row)
            return unsettled(values)

        return unknown

    def _behind(self, entity: str, reading: Reading) -> Callable[[Row], Iterable[object]] | None:
        """The values that a reading shows."""
        match reading:
            case Value(node):
                get = self.values.of_name(entity, node)
                return lambda row: (get(row),)
            case Explain(nodes):
                gets = [self.values.of_name(entity, node) for node in nodes]
                return lambda row: [get(row) for get in gets]
            case Choose(by, cases, otherwise):
                behind = {word: self._behind(entity, each) or _none for word, each in cases.items()}
                return self._chosen(entity, by, behind, self._behind(entity, otherwise) or _none)
        return None

    def _chosen(self, entity: str, by: str, cases: Mapping[str, Read], otherwise: Read) -> Read:
        get = self.values.of_name(entity, by)

        def chosen(row: Row) -> Any:
            value = get(row)
            return (cases.get(value, otherwise) if value.__class__ is str else otherwise)(row)

        return chosen

    # Readings

    def reading(self, shape: Shape, entity: str, reading: Reading) -> str:
        """The source of what a reading gives."""
        match reading:
            case Const(value):
                return shape.constant(value)
            case Value(node):
                return f"{shape.constant(show_of(self.graph, entity, node))}({self.get(shape, entity, node)})"
            case Choose(by, cases, Const(last)) if all(isinstance(each, Const) for each in cases.values()):
                table = {word: each.value for word, each in cases.items() if isinstance(each, Const)}
                shape.lines.append(f"x = {self.get(shape, entity, by)}")
                otherwise = shape.constant(last)
                return f"{shape.constant(table)}.get(x, {otherwise}) if x.__class__ is S else {otherwise}"
            case Rules(rules):
                readers = shape.constant([self.rule(rule) for rule in rules])
                return f"tuple([f for r in {readers} if (f := r(s)) is not None])"
        return f"{shape.constant(self._apart(entity, reading))}(s)"

    def _apart(self, entity: str, reading: Reading) -> Read:
        """The reader of a reading by itself."""
        match reading:
            case Explain(nodes):
                return self.explanations.reasons(entity, nodes)
            case Choose(by, cases, otherwise):
                readers = {word: self._apart(entity, each) for word, each in cases.items()}
                return self._chosen(entity, by, readers, self._apart(entity, otherwise))
            case Build(make, parts):
                shape = Shape()
                return self._made(shape, make, self._fields(shape, make, entity, parts))
            case Shortfalls(rules):
                return self._shortfalls(rules)
        shape = Shape()
        return shape.reader(self.reading(shape, entity, reading))

    def _shortfalls(self, rules: Sequence[Rule]) -> Read:
        """What those of the rules that do not hold still need; those that hold are not read."""
        pairs = []
        for rule in rules:
            shape = Shape()
            self.status(shape, rule)
            pairs.append((shape.reader("t"), self.rule(rule)))

        def shortfalls(row: Row) -> tuple[Shortfall, ...]:
            found = [read(row) for status, read in pairs if status(row) not in ("met", NOT_APPLICABLE)]
            return tuple([shortfall(each) for each in found if each is not None])

        return shortfalls


def _none(row: Row) -> Iterable[object]:
    return ()


def _tells_values(reading: Reading) -> bool:
    """Whether what is not known behind a reading counts; it shows None then."""
    match reading:
        case Value():
            return True
        case Choose(_, cases, otherwise):
            return any(_tells_values(each) for each in (*cases.values(), otherwise))
    return False
