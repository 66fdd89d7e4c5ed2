"""How figures are read off the values of an instance: a generated function each, and one for its reasons.

The reasons follow `engine.figures`, which says how a value came about. They are told when they are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, getcontext, setcontext
from functools import partial
from typing import Any

from policyengine.decision.findings import KNOWN, NOT_APPLICABLE, UNDETERMINED, Assumption, Figure, Reason
from policyengine.engine.figures import (
    ReadFigure,
    children_told,
    day_of_period,
    is_part,
    rule_of,
    tells_itself,
    unit_of,
    within_bounds,
)
from policyengine.engine.finding_values import Later, shower, unknown_in
from policyengine.engine.missing_facts import unsettled
from policyengine.engine.rows.finding_source import Readings
from policyengine.engine.rows.instance import Row
from policyengine.engine.rows.reader_source import Deferred, ReaderSource
from policyengine.engine.rows.reason_source import distinct, resolved
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
    Path,
    names,
)
from policyengine.feel.types.types import ListOf
from policyengine.policy.facts import recorded_name
from policyengine.policy.rule import Node

_PLAIN = frozenset({str, bool, Decimal, date})
"""The classes of values that are known, and are something."""
_SINGLE = frozenset({"S", "B", "DT", "D"})
"""The classes of values that are no list, as generated code names them."""


class FigureSource:
    """Makes the readers of the figures of one program."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self._graph = readings.graph

    def reader(self, node: Node) -> ReadFigure:
        """What reads a figure off an instance that has it."""
        out = ReaderSource(self._readings.program, node.entity)
        kind, words = self._graph.types.get((node.entity, node.name)), Words(self._graph, node.entity)
        show, write = shower(kind, words.digits), words.writer(kind)
        origin = self._readings.origin(out, rule_of(self._graph, node))
        value, (status, unknown, shown, text) = out.name(node.name).text, (out.fresh() for _ in range(4))
        with out.block(f"if {value}.__class__ in {out.constant(_PLAIN)}:"):
            out.line(f"{status} = {out.constant(KNOWN)}", f"{unknown} = ()")
            out.line(f"{shown} = {out.constant(show)}({value})", f"{text} = {out.constant(write)}({value})")
        with out.block("else:"):
            others = out.constant(partial(_other, show, write))
            out.line(f"{status}, {unknown}, {shown}, {text} = {others}({value})")
        reasons = Deferred(partial(self._reasons, node))
        found = {
            "origin": origin,
            "subject": "s.subject",
            "status": status,
            "because": f"{out.constant(partial(_later, reasons))}(s)",
            "unknown": unknown,
            "assumptions": self._assumptions(out, node, origin),
            "value": shown,
            "unit": out.constant(unit_of(kind)),
            "text": text,
        }
        return out.function(self._readings.made(out, Figure, found))

    def _assumptions(self, out: ReaderSource, node: Node, origin: str) -> str:
        """What a figure assumes itself, and what else it rests on."""
        resting = self._graph.resting.get((node.entity, node.name), ())
        return self._readings.assumed(out, origin, rule_of(self._graph, node), resting)

    # Reasons

    def _reasons(self, node: Node) -> Callable[[Row], tuple[Reason, ...]]:
        """What gives the reasons for the value of a node."""
        out = ReaderSource(self._readings.program, node.entity)
        out.line("found = []")
        bounds = within_bounds(self._graph, node)
        if bounds is not None:
            return self._within(out, *bounds)
        day = day_of_period(self._graph, node)
        if tells_itself(node):
            _Telling(self._readings, node, out).tell(node.expression if day is None else day)
        if node.cases is not None and day is None:
            out.line("told, found = found, []")
            name = Name(node.name, node.at)
            self._readings.explanations.explain(out, name, out.value(name).text, "found")
            found = f"{out.constant(resolved)}(found)"
            out.line(f"found = [r for r in {found} if r.at != {out.constant(node.at)}] + told")
        return out.function(f"{out.constant(distinct)}({out.constant(resolved)}(found))")

    def _within(self, out: ReaderSource, outside: Expression, inner: Node) -> Callable[[Row], Any]:
        """How the value came about; that it is out of bounds only where it is."""
        beyond = out.value(outside).text
        with out.block(f"if {beyond} is True:"):
            self._readings.explanations.explain(out, outside, beyond, "found")
        with out.block("else:"):
            out.line(f"found.extend({out.constant(Deferred(partial(self._reasons, inner)))}.run(s))")
        return out.function(f"{out.constant(distinct)}({out.constant(resolved)}(found))")


class _Telling:
    """Writes what tells how a value came about: lines that add to `found`."""

    def __init__(self, readings: Readings, node: Node, out: ReaderSource) -> None:
        self._readings = readings
        self._node = node
        self._out = out
        self._graph = readings.graph
        kind = self._graph.types.get((node.entity, node.name))
        words = Words(self._graph, node.entity)
        self._write = words.writer(kind.item if isinstance(kind, ListOf) else kind)

    def tell(self, expression: Expression) -> None:
        """The reasons for an expression."""
        match expression:
            case Call(Name("given or"), (Name() as said, otherwise)):
                self._given(said, otherwise, expression)
            case If(condition, then, otherwise):
                self._branches(condition, then, otherwise)
            case Call(Name("sum"), (Path(items, field),)):
                self._children(items, field, expression)
            case Name(name) if self._is_part(name):
                self._part(name)
            case Binary(_, left, right):
                self.tell(left)
                self.tell(right)
            case Call(Name("no value of" | "row result")) | Literal():
                return
            case _:
                self._names(expression)

    def _given(self, said: Name, otherwise: Expression, whole: Expression) -> None:
        reason = Reason(f"the record says `{recorded_name(said.name)}`", "value", whole.span)
        with self._out.block(f"if {self._out.value(said).text}.__class__ is U:"):
            self.tell(otherwise)
        with self._out.block("else:"):
            self._out.line(f"found.append({self._out.constant(reason)})")

    def _branches(self, condition: Expression, then: Expression, otherwise: Expression) -> None:
        decided = self._out.value(condition).text
        self._readings.explanations.explain(self._out, condition, decided, "found")
        with self._out.block(f"if {decided} is True:"):
            self.tell(then)
        with self._out.block(f"if {decided} is not True and {decided}.__class__ is not U:"):
            self.tell(otherwise)

    def _children(self, items: Expression, field: str, whole: Expression) -> None:
        """The parts of a sum over things in a list, each with the name of the thing."""
        told = self._out.constant(children_told(field, whole.span, Row, self._write))
        with self._out.block(f"if not {told}({self._out.value(items).text}, found):"):
            self._names(whole)

    def _part(self, name: str) -> None:
        """A part of the policy that many may name is a function of its own."""
        own = self._out.constant(Deferred(partial(self._apart, name)))
        self._out.line(f"{own}.run(s, found)")

    def _apart(self, name: str) -> Callable[[Row, list[Any]], None]:
        out = ReaderSource(self._readings.program, self._node.entity)
        _Telling(self._readings, self._node, out).tell(self._graph.nodes[self._node.entity][name].expression)
        return out.function("None", "s, found")

    def _names(self, expression: Expression) -> None:
        """The reasons of all that an expression names, but for lists of things."""
        for name in sorted(names(expression)):
            if name not in self._graph.sights[self._node.entity]:
                continue
            asked = Name(name, expression.span)
            code = self._out.value(asked)
            if code.cls in _SINGLE:
                self._readings.explanations.explain(self._out, asked, code.text, "found")
                continue
            with self._out.block(f"if not {self._out.constant(_are_rows)}({code.text}):"):
                self._readings.explanations.explain(self._out, asked, code.text, "found")

    def _is_part(self, name: str) -> bool:
        return is_part(self._graph, self._node, name)


def _other(show: Callable[[Any], object], write: Callable[[Any], str], value: Any) -> tuple[Any, ...]:
    """The status, what is not known, the value and its text, of a value that is not single or not there."""
    open_one = unknown_in(value)
    if open_one is not None:
        return UNDETERMINED, unsettled([open_one]), show(value), None
    if is_nothing(value):
        return NOT_APPLICABLE, (), show(value), None
    return KNOWN, (), show(value), write(value)


def _later(reasons: Deferred, row: Row) -> Later[Reason]:
    return Later(partial(_in_time, reasons, row))


def _in_time(reasons: Deferred, row: Row) -> tuple[Reason, ...]:
    """The reasons, in the arithmetic of the language, whenever they are read."""
    before = getcontext()
    setcontext(NUMBERS)
    try:
        told: tuple[Reason, ...] = reasons.run(row)
        return told
    finally:
        setcontext(before)


def _are_rows(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(each, Row) for each in value)


def _each_once(several: Sequence[Assumption]) -> tuple[Assumption, ...]:
    return tuple(dict.fromkeys(several))
