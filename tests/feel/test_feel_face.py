"""FEEL from Python: plain values in and out, and what the package promises."""

from __future__ import annotations

import datetime
import pkgutil
import subprocess
import sys
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

import policyengine.feel as feel
from policyengine.feel.syntax.lexer import Excerpt
from policyengine.feel.syntax.tree import Binary, Name
from policyengine.feel.types.types import BOOLEAN, NUMBER, TEXT, Type
from policyengine.feel.values.values import Months, Range
from policyengine.source import Source

NOON = datetime.datetime(2026, 11, 21, 12, 30, 15, 250_000)  # noqa: DTZ001  # local on purpose

VALUES = [
    Decimal("1.50"),
    "text",
    True,
    None,
    datetime.date(2026, 11, 21),
    datetime.time(10, 30),
    datetime.time(10, 30, tzinfo=datetime.UTC),
    NOON,
    NOON.replace(tzinfo=ZoneInfo("Europe/Paris")),
    datetime.timedelta(days=90),
    Months(14),
    Range(Decimal(1), Decimal(5)),
    [Decimal(1), "a", None],
    {"a": {"b": [Decimal(1)]}},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_went_in(value: object) -> None:
    assert feel.evaluate("x", {"x": value}) == value


def test_numbers_of_python_are_decimals() -> None:
    assert feel.evaluate("x + y", {"x": 1, "y": 0.1}) == Decimal("1.1")


def test_names_with_spaces_are_those_of_the_context() -> None:
    context = {"monthly fee": 10, "a": {"b c": 1}, "l": [{"d e": 2}]}
    assert feel.evaluate("monthly fee * 2 + a.b c + l[1].d e", context) == 23


def test_a_syntax_error_has_no_value() -> None:
    assert feel.evaluate("1 +") is None
    assert feel.parse(Source("x", "1 +")).diagnostics[0].code.id == "FEEL001"


def test_what_is_compiled_is_asked_often() -> None:
    price = feel.compile("monthly fee * users", {"monthly fee"})
    assert [price({"monthly fee": fee, "users": 3}) for fee in (10, Decimal("2.5"))] == [30, Decimal("7.5")]
    assert price.diagnostics == ()
    assert price() is None
    assert feel.compile("today()")(now=NOON) == datetime.date(2026, 11, 21)


def test_a_syntax_error_compiles_to_no_value() -> None:
    broken = feel.compile("1 +")
    assert broken({}) is None
    assert broken.diagnostics[0].code.id == "FEEL001"


@pytest.mark.parametrize(
    ("expression", "expected", "code"),
    [("1 +", None, "FEEL001"), ("fee + name", None, "FEEL014"), ("fee", BOOLEAN, "FEEL018")],
)
def test_texts_and_trees_are_typed(expression: str, expected: Type | None, code: str) -> None:
    names: dict[str, Type] = {"fee": NUMBER, "name": TEXT}
    found = feel.typecheck(expression, names, expected).diagnostics
    tree = feel.parse(expression).expression
    assert tree is None or feel.typecheck(tree, names, expected).diagnostics[0].code == found[0].code
    assert [one.code.id for one in found] == [code]


def test_the_functions_of_the_package_stay_functions() -> None:
    modules = {module.name for module in pkgutil.iter_modules(feel.__path__)}
    assert modules.isdisjoint(feel.__all__)
    assert all(callable(getattr(feel, name)) for name in feel.__all__)


def test_the_clock_is_given() -> None:
    assert feel.evaluate("today()") is None
    assert feel.evaluate("today()", now=NOON) == datetime.date(2026, 11, 21)
    assert feel.evaluate("now()", now=NOON) == NOON


@pytest.mark.parametrize(
    ("test", "value", "expected"),
    [
        ("-", 5, True),
        ("> 4", 5, True),
        ("< 4", 5, False),
        ("5", 5, True),
        ("1, 5", 5, True),
        ("not(1, 5)", 5, False),
        ("not(> 5)", 5, True),
        ("[1..5)", 5, False),
        ("? > 4 and ? < 6", 5, True),
        ("limit", 5, True),
        ("> limit", 5, False),
        ('"a", "b"', "a", True),
        ("= 5", 5, True),
        ("!= 5", 5, False),
        ("not(true)", True, False),
        ("not(? = 5) or true", 5, True),
        ('> "a"', 5, None),
        ("> 4 5", 5, None),
        ("count(?) > 1", [1, 2], True),
    ],
)
def test_unary_tests(test: str, value: object, expected: bool | None) -> None:
    assert feel.unary_test(test, value, {"limit": 5}) is expected


def test_places_are_those_of_the_larger_source() -> None:
    source = Source("policy.yaml", "when: 'a + b'\n")
    parsed = feel.parse(Excerpt("a + b", lambda start, end: source.span(7 + start, 7 + end)))
    assert isinstance(parsed.expression, Binary)
    assert parsed.expression.span.text == "a + b"
    assert isinstance(parsed.expression.right, Name)
    assert str(parsed.expression.right.span) == "policy.yaml:1:12"


def test_the_package_loads_nothing_before_it_is_used() -> None:
    code = "import sys, policyengine.feel; print('policyengine.feel.syntax.parser' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
    with pytest.raises(AttributeError, match="nothing"):
        _ = feel.nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")])
def test_what_is_no_number_is_null(value: object) -> None:
    assert feel.evaluate("x = null", {"x": value}) is True
    assert feel.evaluate("x < 1", {"x": value}) is None


def test_results_that_share_parts_come_back_soon() -> None:
    found = feel.evaluate("for i in 1..60 return partial")
    assert isinstance(found, list)
    assert len(found) == 60
    assert feel.evaluate("count(flatten(for i in 1..60 return partial))") is None
    assert feel.evaluate("sum(for i in 1..60 return partial)") is None
    assert feel.evaluate("for i in 1..5000 return [partial]") is None


def test_zones_are_known_on_a_machine_without_zone_data() -> None:
    noon = '@"2026-07-01T12:00:00@Europe/Paris".time offset'
    code = f"from policyengine import feel; print(feel.evaluate({noon!r}))"
    shown = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONTZPATH": ""}, capture_output=True, text=True, check=True
    )
    assert shown.stdout.strip() == "2:00:00"


def test_values_that_lie_too_deep_have_no_answer() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    within: list[object] = []
    within.append(within)
    for value in (deep, within):
        assert feel.evaluate("n", {"n": value}) is None
        assert feel.compile("n")({"n": value}) is None
        assert feel.unary_test("1", value) is None
