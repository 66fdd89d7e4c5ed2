"""Why the nodes of an instance have their values: each explanation is built once, and then looks at values.

It follows `reference.reasons`, which says what decides. Which way it goes depends on the values only, so that
every expression becomes a function that appends the reasons for the value that it has at an instance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from policyengine.decision.findings import Reason
from policyengine.decision.wording import join
from policyengine.engine.reference.reasons import MOST_OPEN, SEE_THROUGH, WORKED_OUT
from policyengine.engine.rows.instance import Row
from policyengine.engine.rows.places import NODE, place_of
from policyengine.engine.rows.values import Get, Values
from policyengine.engine.sentences import template
from policyengine.engine.value_words import Words
from policyengine.feel.syntax.tree import And, Call, Expression, If, ListLiteral, Literal, Name, Or, names
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Cases, ReasonCase

Found: TypeAlias = "list[Reason | tuple[Row, str]]"
"""Reasons, and among them the values of an instance whose cases are told there."""
Tell: TypeAlias = Callable[[Row, object, Found], None]
"""Appends the reasons for an expression at an instance where it has this value."""


def _nothing(row: Row, value: object, found: Found) -> None:
    """A constant needs no reason."""


def above(row: Any, hops: int) -> Row:
    """The instance that lies so many levels up."""
    for _ in range(hops):
        row = row.above
    return row  # type: ignore[no-any-return]


class Explanations:
    """The explanations of a program, each written when it is first asked for."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.graph = values.graph
        self._words: dict[str, Words] = {}
        self._nodes: dict[tuple[str, str, bool], Tell] = {}
        self._cases: dict[tuple[str, str], Callable[[Row], Found]] = {}

    def reasons(self, entity: str, nodes: Sequence[str]) -> Callable[[Row], tuple[Reason, ...]]:
        """What gives the reasons for nodes, each reason once."""
        parts = [(self.values.of_name(entity, name), self.node(entity, name, True)) for name in nodes]
        if not parts:
            return lambda row: ()
        if len(parts) == 1 and not self.graph.told:
            ((get, tell),) = parts

            def reasons_of_one(row: Row) -> tuple[Reason, ...]:
                found: Found = []
                tell(row, get(row), found)
                return distinct(found)

            return reasons_of_one

        def reasons(row: Row) -> tuple[Reason, ...]:
            reasons: list[Any] = []
            for get, tell in parts:
                found: Found = []
                tell(row, get(row), found)
                reasons += self._resolved(found)
            return distinct(reasons)

        return reasons

    def node(self, entity: str, name: str, upright: bool) -> Tell:
        """The explanation of a node that an instance of the entity sees."""
        key = (entity, name, upright)
        if key not in self._nodes:
            self._nodes[key] = self._node(entity, name, upright)
        return self._nodes[key]

    def _node(self, entity: str, name: str, upright: bool) -> Tell:
        place = place_of(self.graph, entity, name)
        assert place is not None
        if place.what != NODE:
            return self._leaf(entity, Name(name, self.graph.nodes[entity][name].at), upright)
        node = self.graph.nodes[place.entity][name]
        if node.noun is not None:
            return self._leaf(entity, Name(name, node.at), upright)
        tell, hops = self._reasons(place.entity, node.expression, upright), place.hops
        if not hops:
            return tell
        return lambda row, value, found: tell(above(row, hops), value, found)

    def _reasons(self, entity: str, expression: Expression, upright: bool) -> Tell:
        match expression:
            case Name(name) if self._is_part_of_a_policy(entity, name):
                return self.node(entity, name, upright)
            case And(operands) | Or(operands):
                return self._deciding(entity, isinstance(expression, Or), operands, upright)
            case Call(Name(name), (first, *_)) if name in SEE_THROUGH:
                turned = upright if name != "not" else not upright
                return self._each(entity, first.items if isinstance(first, ListLiteral) else (first,), turned)
            case If(condition, then, otherwise):
                return self._branch(entity, condition, then, otherwise, upright)
            case Literal():
                return _nothing
        return self._leaf(entity, expression, upright)

    def _is_part_of_a_policy(self, entity: str, name: str) -> bool:
        found = self.graph.node(entity, name)
        return found is not None and found[1].noun is None

    def _part(self, entity: str, expression: Expression, upright: bool) -> tuple[Get, Tell]:
        return self.values.of(entity, expression), self._reasons(entity, expression, upright)

    def _each(self, entity: str, parts: Sequence[Expression], upright: bool) -> Tell:
        told = [self._part(entity, part, upright) for part in parts]

        def tell(row: Row, value: object, found: Found) -> None:
            for get, part in told:
                part(row, get(row), found)

        return tell

    def _deciding(self, entity: str, decisive: bool, operands: Sequence[Expression], upright: bool) -> Tell:
        """The operands that decide what the whole comes to."""
        parts = [self._part(entity, operand, upright) for operand in operands]

        def tell(row: Row, whole: object, found: Found) -> None:
            values = [get(row) for get, _ in parts]
            if decisive in values:
                for (_, part), value in zip(parts, values, strict=True):
                    if value is decisive:
                        part(row, value, found)
                        if decisive:
                            return
                return
            is_open = whole.__class__ is Unknown and any(value.__class__ is Unknown for value in values)
            for (_, part), value in zip(parts, values, strict=True):
                if not is_open or value.__class__ is Unknown:
                    part(row, value, found)

        return tell

    def _branch(
        self, entity: str, condition: Expression, then: Expression, otherwise: Expression, upright: bool
    ) -> Tell:
        get, tell_condition = self._part(entity, condition, True)
        tell_then, tell_otherwise = (self._reasons(entity, each, upright) for each in (then, otherwise))

        def tell(row: Row, whole: object, found: Found) -> None:
            value = get(row)
            tell_condition(row, value, found)
            if value is True:
                tell_then(row, whole, found)
            elif value is False:
                tell_otherwise(row, whole, found)

        return tell

    # Sentences

    def _leaf(self, entity: str, expression: Expression, upright: bool) -> Tell:
        parts = None if isinstance(expression, Name) else self._of_names(entity, expression)
        if isinstance(expression, WORKED_OUT):
            assert parts is not None
            return parts
        if entity not in self._words:
            self._words[entity] = Words(self.graph, entity)
        slots, say = template(self._words[entity], expression, upright)
        gets = [self.values.of(entity, slot) for slot in slots]
        tellers = self._tellers(entity, expression)
        if not gets and not tellers and parts is None:
            return lambda row, value, found: found.append(say(value))

        def tell(row: Row, value: object, found: Found) -> None:
            cls = value.__class__
            if parts is not None and cls is not bool and cls is not Unknown:
                parts(row, value, found)
                return
            found.append(say(value, *[get(row) for get in gets]))
            for hops, name in tellers:
                found.append((above(row, hops), name))

        return tell

    def _of_names(self, entity: str, expression: Expression) -> Tell:
        """The reasons of the names in what is worked out; where it is not known of those that are not."""
        told: list[tuple[Get, Tell]] = []
        mentioned = sorted(names(expression))

        def tell(row: Row, whole: object, found: Found) -> None:
            if not told:
                told.extend(self._part(entity, Name(name, expression.span), True) for name in mentioned)
            is_known = whole.__class__ is not Unknown
            for get, part in told:
                value = get(row)
                if is_known or value.__class__ is Unknown:
                    part(row, value, found)

        return tell

    # Values that tell their cases

    def _tellers(self, entity: str, expression: Expression) -> list[tuple[int, str]]:
        """The values with cases that an expression rests on, and how far up they are."""
        told = self.graph.told
        found: list[tuple[int, str]] = []
        levels = {each: hops for hops, each in enumerate(self.graph.lineage(entity))}
        for name in sorted(names(expression)) if told else ():
            place = place_of(self.graph, entity, name)
            if place is not None and place.what == NODE:
                keys = told.get((place.entity, name), ())
                found += [
                    (levels[owner], teller) for owner, teller in keys if levels.get(owner, -1) >= place.hops
                ]
        return found

    def _resolved(self, found: Found, seen: set[tuple[int, str]] | None = None) -> list[Any]:
        """The reasons, with the cases where they are told, each of them once."""
        seen = set() if seen is None else seen
        reasons: list[Any] = []
        for each in found:
            if isinstance(each, Reason):
                reasons.append(each)
            elif (id(each[0]), each[1]) not in seen:
                row, name = each
                seen.add((id(row), name))
                key = (row.layout.entity, name)
                if key not in self._cases:
                    self._cases[key] = self._of_cases(*key)
                reasons += self._resolved(self._cases[key](row), seen)
        return reasons

    def _of_cases(self, entity: str, name: str) -> Callable[[Row], Found]:
        """The cases that hold; where the value is not known, what keeps the open ones from being decided."""
        node = self.graph.nodes[entity][name]
        cases, get = node.cases, self.values.of_name(entity, name)
        if cases is None:
            return lambda row: []
        gets = [(case, self.values.of_name(entity, case.node)) for case in cases.cases]
        case, open_ones = self._case(entity, cases), self._open_cases(entity)

        def told(row: Row) -> Found:
            values = [(each, value_of(row)) for each, value_of in gets]
            holding = [each for each, value in values if value is True]
            unknown = [each for each, value in values if value.__class__ is Unknown]
            is_known = get(row).__class__ is not Unknown
            found: Found = []
            for each in holding if cases.every or not is_known else holding[:1]:
                case(row, each, found)
            if not is_known:
                open_ones(row, unknown, found)
            elif unknown and not holding:
                several = join([each.heading for each in unknown[:MOST_OPEN]], "or")
                found.append(Reason(f"{several}: they give the same", "value", node.at))
            if not holding and not unknown:
                found.append(Reason(cases.otherwise, "value", node.at))
            return found

        return told

    def _open_cases(self, entity: str) -> Callable[[Row, Sequence[ReasonCase], Found], None]:
        """What is not known of cases; of a long table most would say the same again."""

        def told(row: Row, cases: Sequence[ReasonCase], found: Found) -> None:
            said: set[str] = set()
            for case in cases[:MOST_OPEN]:
                own: Found = []
                self.node(entity, case.node, True)(row, row[case.node], own)
                for each in own:
                    if not isinstance(each, Reason):
                        found.append(each)
                    elif each.text not in said:
                        found.append(each)
                        said.add(each.text)

        return told

    def _case(self, entity: str, cases: Cases) -> Callable[[Row, ReasonCase, Found], None]:
        """A case with the conditions that make it hold, in one sentence."""
        nodes = self.graph.nodes[entity]
        told: dict[str, Tell] = {}

        def tell(row: Row, case: ReasonCase, found: Found) -> None:
            node = nodes[case.node]
            if case.node not in told:
                told[case.node] = self._reasons(entity, node.expression, True)
            own: Found = []
            told[case.node](row, row[case.node], own)
            texts = join(dict.fromkeys(each.text for each in own if isinstance(each, Reason)))
            found.append(Reason(f"{case.heading}: {texts}" if texts else case.heading, "holds", node.at))
            found += [each for each in own if not isinstance(each, Reason)]

        return tell


def distinct(found: Any) -> tuple[Reason, ...]:
    """The reasons without those that say the same again."""
    count = len(found)
    if count < 2 or len({reason.text for reason in found}) == count:
        return tuple(found)
    return tuple(dict.fromkeys(found))
