"""Why the nodes of an instance have their values: each explanation is generated once, and reads values.

It follows `reference.reasons`, which says what decides. Which way it goes depends on the values only, so that
the explanation of a node is a function that appends the reasons for the value that it has at an instance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

from policyengine.decision.findings import Reason
from policyengine.decision.wording import join
from policyengine.engine.reference.reasons import MOST_OPEN, SEE_THROUGH, WORKED_OUT, told_as
from policyengine.engine.rows.instance import Row
from policyengine.engine.rows.node_source import Sources
from policyengine.engine.rows.reader_source import Deferred, ReaderSource
from policyengine.engine.rows.value_places import NODE, place_of
from policyengine.engine.sentences import template
from policyengine.engine.value_words import Words, case_text, slice_words
from policyengine.feel.syntax.tree import (
    And,
    Between,
    Binary,
    Call,
    Comparison,
    Expression,
    If,
    In,
    ListLiteral,
    Literal,
    Name,
    Or,
    Quantified,
    names,
    walk,
)
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Cases, Node, ReasonCase

Found: TypeAlias = "list[Reason | tuple[Row, Deferred]]"
"""Reasons, and among them what tells the cases of a value of an instance there."""
Tell: TypeAlias = Callable[[Row, object, Found], None]
"""Appends the reasons for an expression at an instance where it has this value."""
_CONDITIONS = (Comparison, In, Between, Quantified)
"""What is true, false or unknown, and nothing else."""


class Explanations:
    """The explanations of a program, each written when it is first asked for."""

    def __init__(self, program: Sources) -> None:
        self.program = program
        self.graph = program.graph
        self._words: dict[str, Words] = {}
        self._nodes: dict[tuple[str, str, bool], Deferred] = {}
        self._told_values: dict[tuple[str, str], Deferred] = {}

    def reasons(self, out: ReaderSource, nodes: Sequence[str]) -> str:
        """The source of the reasons for nodes, each reason once; the lines before it are added."""
        if not nodes:
            return "()"
        found = out.fresh()
        out.line(f"{found} = []")
        for name in nodes:
            self._told(out, name, found, alone=len(nodes) == 1)
        return f"(tuple({found}) if len({found}) < 2 else {out.constant(distinct)}({found}))"

    def _told(self, out: ReaderSource, name: str, found: str, alone: bool) -> None:
        """The reasons for a node, with the cases of values that tell theirs."""
        value = out.name(name).text
        own = found if alone or not self.graph.told else out.fresh()
        if own != found:
            out.line(f"{own} = []")
        self._node(out, name, value, own, True, apart=False)
        if self.graph.told:
            out.line(f"{own} = {out.constant(resolved)}({own})")
        if own != found:
            out.line(f"{found} += {own}")

    def _node(
        self, out: ReaderSource, name: str, value: str, found: str, upright: bool, apart: bool = True
    ) -> None:
        """The reasons for a node that the instance sees; what is long is a function of its own."""
        place = place_of(self.graph, out.entity, name)
        assert place is not None
        node = self.graph.nodes[place.entity if place.what == NODE else out.entity][name]
        if place.what != NODE or node.noun is not None:
            self._leaf(out, Name(name, node.at), value, found, upright)
        elif place.hops or (apart and isinstance(node.expression, (And, Or, If))):
            tell = out.constant(self._of_node(place.entity, name, upright))
            out.line(f"{tell}.run(s{'.above' * place.hops}, {value}, {found})")
        else:
            self.explain(out, node.expression, value, found, upright)

    def of_expression(self, entity: str, expression: Expression) -> Callable[[Row], tuple[Reason, ...]]:
        """What gives the reasons for an expression, each reason once."""
        out = ReaderSource(self.program, entity)
        out.line("found = []")
        self.explain(out, expression, out.value(expression).text, "found", True)
        return out.function(f"{out.constant(distinct)}({out.constant(resolved)}(found))")

    def _of_node(self, entity: str, name: str, upright: bool) -> Deferred:
        """The explanation of a node at an instance that has it."""
        key = (entity, name, upright)
        if key not in self._nodes:
            expression = self.graph.nodes[entity][name].expression
            self._nodes[key] = self._tell(
                entity, lambda out: self.explain(out, expression, "x", "found", upright)
            )
        return self._nodes[key]

    def _tell(self, entity: str, write: Callable[[ReaderSource], None]) -> Deferred:
        """A function of an instance, a value and the reasons found, of the lines that are written."""

        def tell() -> Tell:
            out = ReaderSource(self.program, entity)
            write(out)
            return out.function("None", "s, x, found")

        return Deferred(tell)

    def explain(
        self, out: ReaderSource, expression: Expression, value: str, found: str, upright: bool = True
    ) -> None:
        """Adds the lines that append to `found` the reasons for an expression that has this value."""
        match expression:
            case Name(name) if self._is_part_of_a_policy(out.entity, name):
                self._node(out, name, value, found, upright)
            case And(operands) | Or(operands):
                self._deciding(out, isinstance(expression, Or), operands, value, found, upright)
            case Call(Name("at least"), (_, ListLiteral(items))):
                for item in items:  # those that come to what the whole comes to
                    own = out.value(item).text
                    with out.block(
                        f"if {own}.__class__ is U if {value}.__class__ is U else {own} is {value}:"
                    ):
                        self.explain(out, item, own, found, upright)
            case Call(Name(name), (first, *_)) if name in SEE_THROUGH:
                turned = upright if name != "not" else not upright
                for part in first.items if isinstance(first, ListLiteral) else (first,):
                    self.explain(out, part, out.value(part).text, found, turned)
            case Call(Name("first known"), parts):
                self._first_known(out, parts, (value, found), upright)
            case If(condition, then, otherwise):
                decided = out.value(condition).text
                self.explain(out, condition, decided, found, True)
                for outcome, branch in (("True", then), ("False", otherwise)):
                    with out.block(f"if {decided} is {outcome}:"):
                        self.explain(out, branch, value, found, upright)
            case Call(Name("told as"), (condition, Literal(str() as words))):
                own, say = out.value(condition).text, out.constant(partial(told_as, words, condition.span))
                out.line(f"if {own} is not False:", f"    {found}.append({say}({own}))")
            case Literal() | Call(Name("no value of")):
                return  # a constant needs no reason
            case _:
                self._leaf(out, expression, value, found, upright)

    def _is_part_of_a_policy(self, entity: str, name: str) -> bool:
        found = self.graph.node(entity, name)
        return found is not None and found[1].noun is None

    def _deciding(
        self, out: ReaderSource, decisive: bool, operands: Sequence[Expression], whole: str,
        found: str, upright: bool,
    ) -> None:  # fmt: skip
        """The operands that decide what the whole comes to.

        A variable tells which: of conditions that must all hold those that are `False`, of alternatives the
        number of the first that holds; else those of the class `Unknown`, and if there are none, all.
        """
        values = [out.value(operand).text for operand in operands]
        which = out.fresh()
        open_one = " or ".join(f"{value}.__class__ is U" for value in values)
        undecided = f"U if {whole}.__class__ is U and ({open_one}) else None"
        if decisive:
            chain = " else ".join(f"{i} if {value} is True" for i, value in enumerate(values))
            out.line(f"{which} = {chain} else {undecided}")
        else:
            decided = " or ".join(f"{value} is False" for value in values)
            out.line(f"{which} = False if {decided} else {undecided}")
        for i, (operand, value) in enumerate(zip(operands, values, strict=True)):
            own = f"{which} == {i}" if decisive else f"{value} is {which}"
            with out.block(f"if {which} is None or {own} or {value}.__class__ is {which}:"):
                self.explain(out, operand, value, found, upright)

    def _first_known(
        self, out: ReaderSource, parts: Sequence[Expression], into: tuple[str, str], upright: bool
    ) -> None:
        """The first part that is known; the first one if none is. The others are a function of their own."""

        def write(out: ReaderSource) -> None:
            for part in parts[1:]:
                own = out.value(part).text
                with out.block(f"if {own}.__class__ is not U:"):
                    self.explain(out, part, own, "found", upright)
                    out.line("return")

        value = out.value(parts[0]).text
        with out.block(f"if {into[0]}.__class__ is U or {value}.__class__ is not U:"):
            self.explain(out, parts[0], value, into[1], upright)
        with out.block("else:"):
            out.line(f"{out.constant(self._tell(out.entity, write))}.run(s, {', '.join(into)})")

    # Sentences

    def _leaf(self, out: ReaderSource, expression: Expression, value: str, found: str, upright: bool) -> None:
        if isinstance(expression, (Name, *_CONDITIONS)):
            self._sentence(out, expression, value, found, upright)
            return
        of_names = out.constant(self._of_names(out.entity, expression))
        if isinstance(expression, WORKED_OUT):
            out.line(f"{of_names}.run(s, {value}, {found})")
            return
        with out.block(f"if {value}.__class__ is B or {value}.__class__ is U:"):
            self._sentence(out, expression, value, found, upright)
        with out.block("else:"):
            out.line(f"{of_names}.run(s, {value}, {found})")

    def _sentence(
        self, out: ReaderSource, expression: Expression, value: str, found: str, upright: bool
    ) -> None:
        """The sentence of a condition, and behind it the values with cases that it rests on."""
        entity = out.entity
        if entity not in self._words:
            self._words[entity] = Words(self.graph, entity)
        slots, say = template(self._words[entity], expression, upright)
        given = ", ".join([value, *(out.value(slot).text for slot in slots)])
        out.line(f"{found}.append({out.constant(say)}({given}))")
        self._way(out, expression, found)

    def _of_names(self, entity: str, expression: Expression) -> Deferred:
        """The reasons of the names in what is worked out; where it is not known of those that are not."""
        found = sorted(names(expression))
        seen = [each for each in found if each == "today" or place_of(self.graph, entity, each) is not None]

        def write(out: ReaderSource) -> None:
            for name in seen:
                part = Name(name, expression.span)
                value = out.value(part).text
                with out.block(f"if x.__class__ is not U or {value}.__class__ is U:"):
                    self.explain(out, part, value, "found", True)

        return self._tell(entity, write)

    # Values that tell their cases

    def _way(self, out: ReaderSource, expression: Expression, found: str) -> None:
        """The values with cases that decided what an expression comes to."""
        told = self.graph.told
        if not told or not any(self._is_told(out.entity, name) for name in names(expression)):
            return
        match expression:
            case Name(name):
                place = place_of(self.graph, out.entity, name)
                assert place is not None
                node = self.graph.nodes[place.entity][name]
                if node.cases is None and not place.hops and self._leads_on(out.entity, node.expression):
                    self._way(out, node.expression, found)
                    return
                told_there = out.constant(self._of_told(place.entity, name))
                out.line(f"{found}.append((s{'.above' * place.hops}, {told_there}))")
            case If(condition, then, otherwise):
                decided = out.value(condition).text
                self._way(out, condition, found)
                for other, branch in (("False", then), ("True", otherwise)):
                    with out.block(f"if {decided} is not {other}:"):
                        self._way(out, branch, found)
            case And(operands) | Or(operands) | Call(Name("max" | "min"), operands) if len(operands) > 1:
                # Of alternatives and of the largest or smallest, those that are what the whole comes to.
                whole = out.value(expression).text
                for each in operands:
                    part = out.value(each).text
                    with out.block(f"if {whole}.__class__ is U or {part} == {whole}:"):
                        self._way(out, each, found)
            case Binary(_, left, right):
                self._way(out, left, found)
                self._way(out, right, found)
            case _:
                for name in sorted(names(expression)):
                    self._way(out, Name(name, expression.span), found)

    def _leads_on(self, entity: str, expression: Expression) -> bool:
        """Whether an expression rests on one value with cases, whatever it comes to."""
        told = [name for name in names(expression) if self._is_told(entity, name)]
        return len(told) == 1 and not any(isinstance(each, (If, And, Or)) for each in walk(expression))

    def _is_told(self, entity: str, name: str) -> bool:
        place = place_of(self.graph, entity, name)
        return place is not None and place.what == NODE and (place.entity, name) in self.graph.told

    def _of_told(self, entity: str, name: str) -> Deferred:
        """Adds the cases of a value, or else the values with cases on the way to it."""
        if (entity, name) not in self._told_values:
            node = self.graph.nodes[entity][name]
            if (cases := node.cases) is None:
                told = self._tell(entity, lambda out: self._way(out, node.expression, "found"))
            else:
                told = Deferred(partial(self._of_cases, entity, node, cases))
            self._told_values[entity, name] = told
        return self._told_values[entity, name]

    def _of_cases(self, entity: str, node: Node, cases: Cases) -> Tell:
        """The cases that hold; where the value is not known, what keeps the open ones from being decided."""
        index = self.program.layouts[entity].index
        at, places = index[node.name], [(case, index[case.node]) for case in cases.cases]
        case, open_ones = self._case(entity, node), self._open_cases(entity)
        leads_on = self._tell(entity, lambda out: self._way(out, node.expression, "found"))

        def told(row: Row, value: object, found: Found) -> None:
            values = row.v
            is_known, holding, unknown = values[at].__class__ is not Unknown, [], []
            for each, place in places:
                if values[place] is True:
                    holding.append(each)
                    if is_known and not cases.every:
                        break
                elif values[place].__class__ is Unknown:
                    unknown.append(each)
            for each in holding:
                case(row, each, found)
            if not is_known:
                open_ones(row, unknown, found)
            elif unknown and not holding:
                several = join([each.heading for each in unknown[:MOST_OPEN]], "or")
                found.append(Reason(f"{several}: they give the same", "value", node.at))
            if not holding and not unknown:
                found.append(Reason(cases.otherwise, "value", node.at))
            if cases.leads_on:
                leads_on.run(row, value, found)

        return told

    def _open_cases(self, entity: str) -> Callable[[Row, Sequence[ReasonCase], Found], None]:
        """What is not known of cases; of a long table most would say the same again."""
        tells: dict[str, Deferred] = {}

        def told(row: Row, cases: Sequence[ReasonCase], found: Found) -> None:
            said: set[str] = set()
            for case in cases[:MOST_OPEN]:
                own: Found = []
                if case.node not in tells:
                    tells[case.node] = self._tell(entity, partial(self._case_node, case.node))
                tells[case.node].run(row, row[case.node], own)
                for each in own:
                    if not isinstance(each, Reason):
                        found.append(each)
                    elif each.text not in said:
                        found.append(each)
                        said.add(each.text)

        return told

    def _case_node(self, name: str, out: ReaderSource) -> None:
        self._node(out, name, "x", "found", True, apart=False)

    def _case(self, entity: str, of: Node) -> Callable[[Row, ReasonCase, Found], None]:
        """A case of a value with the conditions that make it hold, and its part of it, in one sentence."""
        nodes, parts = self.graph.nodes[entity], dict[str, Callable[[Callable[[str], object]], str]]()

        def tell(row: Row, case: ReasonCase, found: Found) -> None:
            own: Found = []
            self._of_node(entity, case.node, True).run(row, row[case.node], own)
            texts = join(dict.fromkeys(each.text for each in own if isinstance(each, Reason)))
            if case.slice is not None and case.node not in parts:
                parts[case.node] = slice_words(self.graph, of, case.slice)
            part = parts[case.node](row.__getitem__) if case.slice is not None else ""
            found.append(Reason(case_text(case, texts, part), "holds", nodes[case.node].at))
            found += [each for each in own if not isinstance(each, Reason)]

        return tell


def resolved(found: Found) -> list[Any]:
    """The reasons, with the cases where they are told, each of them once."""
    if tuple not in map(type, found):
        return found
    reasons: list[Any] = []
    _resolve(found, reasons, set())
    return reasons


def _resolve(found: Found, reasons: list[Any], seen: set[tuple[int, int]]) -> None:
    for each in found:
        if isinstance(each, Reason):
            reasons.append(each)
        elif (key := (id(each[0]), id(each[1]))) not in seen:
            seen.add(key)
            own = each[0].told.get(key[1])
            if own is None:
                own = each[0].told[key[1]] = []
                each[1].run(each[0], None, own)
            _resolve(own, reasons, seen)


def distinct(found: Any) -> tuple[Reason, ...]:
    """The reasons without those that say the same again."""
    is_each_once = len({reason.text for reason in found}) == len(found)
    return tuple(found) if is_each_once else tuple(dict.fromkeys(found))
