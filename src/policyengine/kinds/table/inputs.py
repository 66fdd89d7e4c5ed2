"""The inputs of a table: facts and expressions whose values its rows test."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code
from policyengine.feel.checker.checker import check
from policyengine.feel.partition import Between
from policyengine.feel.syntax import build
from policyengine.feel.syntax.tree import Call, Name, names
from policyengine.feel.types import types
from policyengine.feel.types.types import Number, Type
from policyengine.kinds.table.axis import Axis, Test, axis_of
from policyengine.policy.base import Feel, InputName, Part, Text, field, short
from policyengine.policy.minor_units import by_steps, minor_step
from policyengine.policy.vocabulary import Vocabulary
from policyengine.source import Span
from policyengine.text.document import Pointer, Scalar

if TYPE_CHECKING:
    from policyengine.policy.draft import Draft

_GOOD = """\
kind: table
id: size-bonus
title: Size bonus
for: partner
type: rate
hit: unique
inputs: [{id: size, expression: if active_accounts > 50 then "large" else "small"}]
rows:
  - {when: {size: large}, then: 2%}
  - {when: {size: '"small"'}, then: 1%}
default: 0
"""
UNTYPED = Code(
    id="TABLE009",
    title="an input whose values have no type",
    why="The tests of an input are read as values of its type. Where an expression gives now a number and "
    "now a text, nobody can say what a test of it means.",
    bad=_GOOD.replace('"small"}', "0}"),
    good=_GOOD,
)
CODES = (UNTYPED,)

_WORD = re.compile(r"[A-Za-z_]\w*")
_ANYTHING = "*"


class InputPart(Part):
    """What a table tests: a fact by its name, or an expression under a name of its own."""

    id: InputName
    expression: Feel | None = field(
        default=None, description="a FEEL expression; without it, a fact of that name"
    )
    title: Text | None = field(default=None, description="what people call it, in lower case")


InputSpec = Annotated[
    InputPart,
    short("id", {"description": "a fact by its name", "pattern": "^[A-Za-z][A-Za-z0-9_]*$"}),
]


@dataclass(frozen=True, slots=True)
class Input:
    """An input in the graph: the name to test, its type, and which values it can have.

    `step` is the distance of neighbouring values where there is one; `rests_on` are the recorded facts and
    lists that it is worked out from.
    """

    id: str
    subject: Name
    kind: Type
    step: Decimal | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    rests_on: frozenset[str] = frozenset()

    def axis(self, tests: Iterable[Test]) -> Axis:
        """Its values, as far as these tests tell them apart."""
        tests = list(tests)
        step = self.step or minor_step(tests, self.kind)
        return axis_of(self.kind, tests, step=step, least=self.least, most=self.most)

    def counted(self, tests: Sequence[Test]) -> list[Test]:
        """All its tests as they are worked out: an amount counts by its whole minor units."""
        step = minor_step(tests, self.kind)
        return list(tests) if step is None else [test and by_steps(test, step) for test in tests]


def check_inputs(draft: Draft, parts: Sequence[InputPart], places: Sequence[Pointer]) -> None:
    """Report facts that there are not, ids that stand twice, and expressions that cannot be tested."""
    draft.unique((part.id, place) for part, place in zip(parts, places, strict=True))
    known = draft.vocabulary.names(draft.entity)
    for part, place in zip(parts, places, strict=True):
        if part.expression is None:
            draft.known(part.id, known, f"fact of `{draft.entity}`", *_id_place(draft, place))
            continue
        found = check(draft.feel(*place, "expression"), known, functions=draft.functions)
        draft.report.extend(found.diagnostics)
        if found.type == types.ANY and not draft.report.has_errors:
            message = f"what `{part.id}` gives is not of one type"
            help = "let every branch give the same type of value"
            draft.error(UNTYPED, draft.span(*place, "expression"), message, help)


def define_inputs(draft: Draft, parts: Sequence[InputPart], places: Sequence[Pointer]) -> list[Input]:
    """The inputs; an expression becomes a node of the graph, named after the policy and its id."""
    return [_input(draft, part, place) for part, place in zip(parts, places, strict=True)]


def _id_place(draft: Draft, place: Pointer) -> Pointer:
    return place if isinstance(draft.document.at(place), Scalar) else (*place, "id")


def _input(draft: Draft, part: InputPart, place: Pointer) -> Input:
    at = draft.span(*_id_place(draft, place))
    visible = draft.vocabulary.names(draft.entity)
    if part.expression is None:
        return _fact_input(draft, part.id, at)
    expression = draft.feel(*place, "expression")
    kind = check(expression, visible, functions=draft.functions).type
    noun = part.title or part.id.replace("_", " ")
    subject = draft.define(
        f"{draft.policy.id}/{part.id}", expression, draft.span(*place, "expression"), noun=noun
    )
    counts = isinstance(kind, Number) and kind.unit == "count"
    counted = isinstance(expression, Call) and expression.function == build.name("count", at)
    rests_on = frozenset(_origins(draft.vocabulary, draft.entity, names(expression)))
    step, least = (Decimal(1) if counts else None), (Decimal(0) if counted else None)
    return Input(part.id, subject, kind, step, least, rests_on=rests_on)


def _fact_input(draft: Draft, name: str, at: Span) -> Input:
    """A fact keeps to its bounds."""
    vocabulary = draft.vocabulary
    kind = vocabulary.names(draft.entity)[name]
    unit = kind.unit if isinstance(kind, Number) else ""
    step = Decimal(1) if unit == "count" else None
    domain = vocabulary.domains(draft.entity).get(name)
    least, most = (domain.low, domain.high) if isinstance(domain, Between) else (None, None)
    rests_on = frozenset(_origins(vocabulary, draft.entity, [name]))
    return Input(name, build.name(name, at), kind, step, least, most, rests_on)


def _origins(vocabulary: Vocabulary, entity: str, words: Iterable[str]) -> Iterator[str]:
    """The recorded facts and lists behind names; for the result of a policy, whatever there is."""
    pending, seen = list(words), set[str]()
    visible = vocabulary.names(entity)
    while pending:
        word = pending.pop()
        if word in seen or word not in visible:
            continue
        seen.add(word)
        found = vocabulary.fact(entity, word)
        if found is not None and found[1].formula is not None:
            pending.extend(_WORD.findall(found[1].formula))
            if found[1].is_given:
                yield word
        elif (found is not None and found[1].granted) or any(
            word in vocabulary.results.get(owner, {}) for owner in vocabulary.lineage(entity)
        ):
            yield _ANYTHING
        else:
            yield word


def related(inputs: Sequence[Input]) -> list[Input]:
    """Inputs that rest on the same facts, so that not every combination of their values can occur."""
    return [
        one for one in inputs
        if any(other is not one and _tied(one.rests_on, other.rests_on) for other in inputs)
    ]  # fmt: skip


def _tied(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one & other or _ANYTHING in one or _ANYTHING in other)
