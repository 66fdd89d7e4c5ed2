"""What FEEL means, by our own cases: evaluated and as generated code, in plain FEEL and in policies."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from decimal import Decimal

import pytest
from standard_cases import (
    NAMES,
    UNKNOWN,
    Row,
    Source,
    holds,
    is_other_in_policies,
    rows,
    same,
    same_in_policies,
)

from policyengine import feel
from policyengine.feel.codegen.compiled_expression import generate
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import BUILTINS, LIBRARY
from policyengine.feel.syntax import tree
from policyengine.feel.syntax.parser import parse, parse_unary_tests
from policyengine.feel.syntax.tree import Node
from policyengine.feel.types.properties import property_types
from policyengine.feel.types.signatures import Function, Parameter, Signature
from policyengine.feel.types.types import DATE, DATE_TIME, DURATION, NUMBER, TIME, RangeOf
from policyengine.feel.values.values import Missing, Unknown

FUNCTIONS = {**LIBRARY, **BUILTINS}
CLOCK = ("now", "today")
BY_FORM: dict[str, list[Row]] = {}
for _row in rows():
    BY_FORM.setdefault(_row.form, []).append(_row)


def _names(row: Row) -> list[str]:
    pairs = zip(NAMES, row.arguments, strict=False)
    return [one.text if isinstance(one, Source) else name for name, one in pairs]


def _scope(row: Row) -> dict[str, object]:
    names = ("?",) if row.tests else NAMES
    return {name: _given(one, name) for name, one in zip(names, row.arguments, strict=False)}


def _given(value: object, name: str) -> object:
    if isinstance(value, list):
        return [_given(one, name) for one in value]
    if isinstance(value, dict):
        return {key: _given(one, name) for key, one in value.items()}
    return Unknown.of(Missing("thing", "x", name)) if value is UNKNOWN else value


def _typed(row: Row) -> list[str]:
    """The names, in expressions that tell the type of their value: generated code makes use of that."""
    return [
        _TYPED.get(type(one), "{}").format(name) for name, one in zip(_names(row), row.arguments, strict=True)
    ]


_TYPED = {Decimal: "({} + 0)", str: '({} + "")', datetime.date: '({} + @"P0D")', bool: "({} and true)"}


def _trees(row: Row) -> Iterator[Node]:
    """The expression of a row, and the same with named and with typed arguments."""
    names = [*_scope(row), "two words"]
    if row.tests:
        yield _whole(parse_unary_tests(row.form, names, functions=FUNCTIONS).expression, row)
        return
    texts = [way(given) for given in (_names(row), _typed(row)) for way in (row.text, row.named)]
    for text in dict.fromkeys(texts):
        if text is not None:
            yield _whole(parse(text, names, functions=FUNCTIONS).expression, row)


def _whole(found: Node | None, row: Row) -> Node:
    assert found is not None, row
    return found


def _wrong(row: Row) -> Iterator[str]:
    """What comes out of a row that is not expected, in words."""
    scope = _scope(row)
    for node in _trees(row):
        found: dict[str, object] = {}
        if not holds(list(row.arguments), UNKNOWN):
            found["evaluated"] = evaluate(node, scope, functions=FUNCTIONS)
            found["generated"] = generate(node).value(scope, functions=FUNCTIONS)
        yield from (f"{row}, {way}: {value!r}" for way, value in found.items() if not same(row.value, value))
        if not holds(list(row.arguments), None) and not is_other_in_policies(row):
            value = evaluate(node, scope, mode="policy", functions=FUNCTIONS)
            if not same_in_policies(row.value, value):
                yield f"{row}, in a policy: {value!r}"


@pytest.mark.parametrize("form", BY_FORM)
def test_form(form: str) -> None:
    assert [line for row in BY_FORM[form] for line in _wrong(row)] == []


def test_the_clock_is_given() -> None:
    now = datetime.datetime(2026, 11, 21, 10, 30, tzinfo=datetime.UTC)
    assert feel.evaluate("today()", now=now) == datetime.date(2026, 11, 21)
    assert feel.evaluate("now()", now=now) == now
    assert feel.evaluate("now()") is None
    assert feel.evaluate("today()") is None


# Nothing is left out


@pytest.mark.parametrize("function", [each for each in FUNCTIONS.values() if each.name not in CLOCK])
def test_every_argument_of_every_function_has_its_cases(function: Function) -> None:
    assert [line for way in function.signatures for line in _gaps(function, way)] == []


def _gaps(function: Function, way: Signature) -> Iterator[str]:
    names = [_written(each) for each in way.parameters]
    form = f"{function.name}({', '.join(names)})"
    found = BY_FORM.get(form)
    if found is None:
        yield f"no cases of {form}"
        return
    if not any(row.edge for row in found):
        yield f"no edges of {form}"
    yield from _gaps_of_arguments(form, found, names)
    for at, parameter in enumerate(way.parameters):
        if parameter.optional and all(len(row.arguments) > at for row in found):
            yield f"{form} never without {parameter.name}"


def _written(parameter: Parameter) -> str:
    return f"{parameter.name}..." if parameter.repeated else parameter.name


def _gaps_of_arguments(form: str, found: Sequence[Row], names: Sequence[str]) -> Iterator[str]:
    for at, name in enumerate(names):
        given = [row.arguments[at] for row in found if len(row.arguments) > at]
        for what, wanted in (("null", None), ("unknown", UNKNOWN)):
            if not any(value is wanted for value in given):
                yield f"{form}: {name} is never {what}"
        if len([value for value in given if value is not None and value is not UNKNOWN]) < 2:
            yield f"{form}: {name} has no two values"


_OPERATORS = [(tree.Binary, op) for op in ("+", "-", "*", "/", "**")]
_OPERATORS += [(tree.Comparison, op) for op in ("=", "!=", "<", "<=", ">", ">=")]
_OPERATORS += [
    (each, None)
    for each in (
        tree.Negate, tree.And, tree.Or, tree.Between, tree.In, tree.If, tree.For, tree.Quantified,
        tree.Filter, tree.Path,
    )
]  # fmt: skip
_NO_ARGUMENTS = {tree.Iterator, tree.Entry, tree.Formal, tree.Open}


@pytest.mark.parametrize(("kind", "op"), _OPERATORS)
def test_every_operand_of_every_operator_has_its_cases(kind: type[Node], op: str | None) -> None:
    gaps = []
    for form, found in BY_FORM.items():
        root = next(_trees(found[0]))
        if found[0].function is None and type(root) is kind and getattr(root, "op", None) == op:
            count = len(found[0].arguments)
            lines = [*_gaps_of_arguments(form, found, NAMES[:count])]
            gaps.append(lines if any(row.edge for row in found) else [*lines, f"no edges of {form}"])
    assert [] in gaps, gaps


def test_every_form_of_expression_has_its_cases() -> None:
    kinds = {each for each in vars(tree).values() if isinstance(each, type) and issubclass(each, Node)}
    seen = {type(node) for found in BY_FORM.values() for node in _within(next(_trees(found[0])))}
    assert kinds - {Node} - seen - _NO_ARGUMENTS == set()


def _within(node: Node) -> Iterator[Node]:
    yield node
    for name in node.holding:
        value = getattr(node, name)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Node):
                yield from _within(one)


def test_every_part_of_a_value_has_its_cases() -> None:
    of = (DATE, TIME, DATE_TIME, DURATION, RangeOf(NUMBER))
    parts = {name for kind in of for name in property_types(kind)}
    assert {name for name in parts if f"a.{name}" not in BY_FORM} == set()
