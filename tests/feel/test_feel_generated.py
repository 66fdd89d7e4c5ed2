"""Generated code of plain FEEL: what the evaluator says, worked out without walking the tree."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from feel_data import lines
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine import feel
from policyengine.feel import parse
from policyengine.feel.codegen import compiled_expression as program
from policyengine.feel.codegen.compiled_expression import Generated, generate
from policyengine.feel.codegen.writer import NESTED
from policyengine.feel.conformance import run
from policyengine.feel.evaluation.evaluator import evaluate

CASES = Path(__file__).parents[3] / "shared" / "feel-tck" / "cases.jsonl"


def generated(text: str, names: tuple[str, ...] = ()) -> Generated:
    """The code of an expression, of which there must be some."""
    parsed = parse(text, names)
    assert parsed.expression is not None, parsed.diagnostics
    found = generate(parsed.expression)
    assert found.run is not None, text
    return found


@pytest.fixture
def no_evaluator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a mistake of every answer that does not come from generated code."""

    def refuse(expression: object, *_: object, **__: object) -> object:
        raise AssertionError(f"{expression} was left to the evaluator")

    monkeypatch.setattr(program, "evaluate", refuse)


@pytest.mark.skipif(not CASES.exists(), reason="the conformance cases do not lie beside the project")
@pytest.mark.usefixtures("no_evaluator")
def test_every_conformance_case_passes() -> None:
    results = list(run(CASES.read_text(encoding="utf-8").split("\n"), compiled=True))
    assert [result.id for result in results if not result.passed] == []
    assert len(results) >= 1622


@pytest.mark.parametrize("text", [left for left, _ in lines("values.txt")])
def test_the_values_of_the_data(text: str) -> None:
    day = datetime.date(2026, 1, 31)
    xs = [Decimal(1), None, {"n": Decimal(2)}]
    scope: dict[str, Any] = {"n": Decimal(3), "t": "abc", "xs": xs, "d": day, "none": None, "f": True}
    parsed = parse(text, scope)
    if parsed.expression is not None:
        found = generate(parsed.expression)
        assert found.run is not None
        assert repr(found.value(scope)) == repr(evaluate(parsed.expression, scope))


SCOPING = {
    "for x in [1, 2] return for y in [x, x + 1] return x * y": [[1, 2], [4, 6]],
    "{a: 1, b: a + 1, c: function(x) x + b}.c(3)": 5,
    "{down: function(n) if n = 0 then 0 else down(n - 1) + 1, r: down(5)}.r": 5,
    "[{n: 1}, {n: 5}, 7][n > 2]": [{"n": 5}, 7],
    "[{item: 1}, {item: 5}][item > 2]": [{"item": 5}],
    "(for f in [1, 2, 3] return function(x) x * f)[2](10)": 20,
    "for i in 1..4 return if i = 1 then 1 else partial[-1] + i": [1, 3, 6, 10],
    "some x in [1, 2], y in [x, 5] satisfies x + y > 6": True,
    "sort([3, 1, 2], function(x, y) x > y)": [3, 2, 1],
    "n in (< 3, > 9) or n in (? > 5, 4)": True,
    "count(missing)": None,
    "[1, 2, 3][-1] + [1, 2, 3][1]": 4,
    "substring(start position: 2, string: t)": "bc",
    "{n: 1, m: n}": {"n": 1, "m": 1},
    "number instance of function<string, string, string> -> number": None,
}


@pytest.mark.parametrize("text", SCOPING)
@pytest.mark.usefixtures("no_evaluator")
def test_names_and_functions(text: str) -> None:
    if SCOPING[text] is not None:
        assert feel.compile(text)({"n": 4, "t": "abc"}) == SCOPING[text]
    assert repr(feel.compile(text)({"n": 4, "t": "abc"})) == repr(feel.evaluate(text, {"n": 4, "t": "abc"}))


def test_what_is_known_beforehand_is_worked_out_beforehand() -> None:
    assert "+" not in generated("sum([1, 2, 3]) + 4 * 5").source
    assert Decimal(26) in generated("sum([1, 2, 3]) + 4 * 5").run.__globals__.values()  # type: ignore[union-attr]
    assert "call" in generated("today()").source


def test_a_common_part_is_worked_out_once() -> None:
    source = generated("a.fee * 2 + a.fee * 2 + a.fee").source
    assert source.count(".get(") == 1
    assert source.count("arithmetic") == 3
    lazy = generated("if n > 0 then a / n else a / n + a / n").source
    assert lazy.count("arithmetic") == 4  # nothing is worked out that may not be needed


def test_a_function_of_the_context_goes_before_a_built_in_one() -> None:
    own = feel.evaluate("function(x) x + 1")
    assert feel.compile("abs(-5)")({"abs": own}) == feel.evaluate("abs(-5)", {"abs": own}) == -4
    assert feel.compile("abs(-5)")({"abs": 3}) == 5


@pytest.mark.parametrize(
    "text",
    [
        "for x in 1..1000 return for y in 1..1000 return x * y",
        "10 ** 9999 * 10 ** 9999",
        "{f: function(n) f(n + 1), r: f(1)}.r",
        "1 / (n - 4)",
        "some x in 1..100000 satisfies every y in 1..100000 satisfies x != y",
    ],
)
def test_limits_are_those_of_the_evaluator(text: str) -> None:
    assert repr(feel.compile(text)({"n": 4})) == repr(feel.evaluate(text, {"n": 4}))


def test_what_lies_too_deep_is_left_to_the_evaluator() -> None:
    text = "".join(f"for x{i} in [1] return " for i in range(NESTED + 1)) + "n"
    compiled = feel.compile(text)
    assert compiled.generated is not None
    assert compiled.generated.run is None
    assert compiled({"n": 1}) == feel.evaluate(text, {"n": 1})


@pytest.mark.parametrize("deep", [10, 60, 95])
@pytest.mark.parametrize(
    "form", ["({} + n)", "(if n > 1 then {} else 2)", "[{}][1]", "not({})", "({} or n > 9)"]
)
def test_deep_expressions(form: str, deep: int) -> None:
    text = "n > 1" if "not" in form or " or " in form else "n"
    for _ in range(deep):
        text = form.format(text)
    compiled = feel.compile(text)
    assert repr(compiled({"n": 4})) == repr(feel.evaluate(text, {"n": 4}))


def test_long_expressions() -> None:
    for word in ("or", "and"):
        text = f" {word} ".join(f"n = {i}" for i in range(300))
        assert feel.compile(text)({"n": 4}) == feel.evaluate(text, {"n": 4})
    text = "".join(f'if t = "{i}" then {i} else ' for i in range(90)) + "0"
    assert feel.compile(text)({"t": "89"}) == 89


_VALUES = st.sampled_from(
    [None, True, False, 0, 1, 2, Decimal("2.50"), "a", "", [1, 2], [], {"n": 1}, [None]]
)
_TEXTS = ["n", "t", "x", "1", "2.0", '"a"', "null", "true", "[1, 2]", "{n: 2}", "n.n", "t[1]"]
_FORMS = [
    "({} + {})", "({} - {})", "({} * {})", "({} / {})", "({} = {})", "({} < {})", "({} and {})",
    "({} or {})", "({} in {})", "({} in ({}, > 1))", "(if {} then {} else 0)", "{}[item = {}]",
    "[{}, {}]", "{{n: {}, x: {}}}", "(for x in {} return {})", "(some x in {} satisfies {})",
    "(every x in {} satisfies {})", "({} between 1 and {})", "list contains({}, {})", "(-{} != {})",
    "{}.n[n = {}]", "max({}, {})", "([{}..{}])", "(function(x) x + {})({})", "append({}, {})",
    "not({} >= {})",
]  # fmt: skip


@st.composite
def untyped(draw: Any) -> str:
    """Any forms in any others, whatever the types of their values."""
    found = draw(st.sampled_from(_TEXTS))
    for _ in range(draw(st.integers(1, 6))):
        other = draw(st.sampled_from(_TEXTS))
        found = draw(st.sampled_from(_FORMS)).format(*draw(st.permutations([found, other])))
    return str(found)


@settings(max_examples=600)
@given(untyped(), _VALUES, _VALUES, _VALUES)
def test_any_forms_come_to_the_same(text: str, n: object, t: object, x: object) -> None:
    scope = {"n": n, "t": t, "x": x}
    compiled, again = feel.compile(text), feel.evaluate(text, scope)
    assert compiled.generated is not None
    assert compiled.generated.run is not None
    assert repr(compiled(scope)).split(" at 0x")[0] == repr(again).split(" at 0x")[0]
