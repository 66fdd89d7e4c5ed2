"""The public conformance cases, where they lie beside the project, and the runner itself."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from policyengine.feel.conformance import main, report, run, same

CASES = Path(__file__).parents[3] / "shared" / "feel-tck" / "cases.jsonl"


@pytest.mark.skipif(not CASES.exists(), reason="the conformance cases do not lie beside the project")
def test_every_case_passes() -> None:
    text = CASES.read_text(encoding="utf-8")
    results = list(run(text.split("\n")))
    assert [result.id for result in results if not result.passed] == []
    assert len(results) == text.count("\n") >= 1622


def _case(expression: str, expected: object, **more: object) -> str:
    case = {
        "id": "x",
        "section": "one",
        "expression": expression,
        "inputs": {},
        "input_types": {},
        "result_type": None,
        "expected": expected,
    }
    return json.dumps({**case, **more})


def test_a_failing_case_is_shown() -> None:
    shown, complete = report(run([_case("1 + 1", {"number": "3"}), _case("2", {"number": "2"}), ""]))
    assert not complete
    assert "FAILED x\n  1 + 1\n  expected 3\n  actual   2" in shown
    assert "50.00 %" in shown


def test_inputs_and_results_take_their_types() -> None:
    typed = {"inputs": {"a b": {"list": [{"string": "x"}]}}, "input_types": {"a b": "string"}}
    lines = [
        _case("upper case(a b)", {"string": "X"}, **typed),
        _case('["x"]', {"string": "x"}, result_type="string"),
        _case("1", None, result_type="string"),
        _case('@"2026-01-31T10:00:00"', {"dateTime": "2026-01-31T10:00:00"}),
        _case("{a: [true]}", {"context": {"a": {"list": [{"boolean": "true"}]}}}),
        _case("today() instance of date", {"boolean": "true"}),
    ]
    shown, complete = report(run(lines))
    assert complete, shown


def test_a_number_that_does_not_end_agrees_in_its_digits() -> None:
    assert same(Decimal("0.33333333"), Decimal(1) / 3)
    assert not same(Decimal("0.33"), Decimal(1) / 3)
    assert not same(Decimal("0.33333343"), Decimal(1) / 3)


def test_no_case_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "cases.jsonl"
    empty.write_text("\n")
    assert main([str(empty)]) == 1
    assert main([str(tmp_path / "nowhere")]) == 2
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
