"""Generated code: what it looks like, what cannot get into it, and what it says at its limits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.differential.programs import FOLDERS
from tests.support import DAY, good_program

from policyengine.api import Program, load
from policyengine.engine.reference.row import evaluate
from policyengine.engine.rows.engine import Compiled, compile_graph
from policyengine.engine.rows.node_source import ROW_NAMES
from policyengine.feel.codegen.runtime import NAMES
from policyengine.feel.values.values import Unknown
from policyengine.program.record import Record

_BASE = """\
kind: program
id: example
title: Example
currency: EUR
parties: {partner: the partner}
entities:
  partner:
    title: partner
    key: id
    facts:
      id: {type: text, title: identifier}
      one: {type: number, title: one, informative: true}
      two: {type: number, title: two, informative: true}
      flag: {type: boolean, title: flag, informative: true}
      words: {type: list of text, title: words, informative: true}
"""


def test_names_of_generated_code_mean_one_thing() -> None:
    assert [name for name, value in NAMES.items() if ROW_NAMES[name] is not value] == []


def _program(*formulas: str) -> Program:
    lines = []
    for i, (kind, formula) in enumerate(each.split(": ", 1) for each in formulas):
        lines.append(f"      f{i}:\n        type: {kind}\n        title: f{i}\n        informative: true")
        lines.append(f"        formula: >-\n          {formula}")
    return good_program(base=_BASE + "\n".join(lines) + "\n")


def _compiled(program: Program) -> Compiled:
    assert program.linked.graph is not None
    return compile_graph(program.linked.graph, program.as_of)


def _values(program: Program, **facts: object) -> dict[str, object]:
    (instance,) = _compiled(program).instances(Record("partner", {"id": "p", **facts}))["partner"]
    assert program.linked.graph is not None
    return {name: instance[name] for name in program.linked.graph.nodes["partner"]}


_HOSTILE = (
    "__import__('os').system('echo hello')",
    "'); raise SystemExit #",
    '\\"\\"\\"; import os',
    "{__class__}",
    "\\nimport os\\n",
    "c1",
    "s.record.facts",
)


@pytest.mark.parametrize("text", _HOSTILE)
def test_no_text_of_a_policy_gets_into_the_code(text: str) -> None:
    source = _compiled(_program(f'boolean: id = "{text}"')).source
    assert text not in source.replace("s.record.facts", "") or text == "c1"
    assert not any(word in source for word in ("import", "exec", "eval", "open(", "__builtins__", '"', "'"))


def test_ids_and_names_do_not_get_into_the_code() -> None:
    for folder in FOLDERS:
        program = load(folder, as_of=DAY)
        source = _compiled(program).source
        names = (
            {name for (_, name), _ in program.linked.graph.every_node()} if program.linked.graph else set()
        )
        assert not [name for name in names if len(name) > 4 and name in source]


def test_the_code_sees_nothing_but_its_own_names() -> None:
    compiled = _compiled(_program("number: one + 1"))
    assert all(run.__globals__["__builtins__"] == {} for _, run in compiled.steps)


def test_constants_are_worked_out_beforehand() -> None:
    compiled = _compiled(_program("number: 2 * 3 + 1", 'date: date("2026-01-31") + @"P1M"'))
    assert "*" not in compiled.source
    (instance,) = compiled.instances(Record("partner", {}))["partner"]
    assert (instance["f0"], instance["f1"]) == (Decimal(7), date(2026, 2, 28))


def test_identical_nodes_are_one() -> None:
    source = _compiled(_program("boolean: one > two", "boolean: one > two")).source
    assert source.count(" > ") == 1


def test_what_is_missing_stays_unknown_with_its_cause() -> None:
    program = _program("number: one + two", "boolean: one > 1 or flag")
    values = _values(program, one=Decimal(2))
    assert isinstance(values["f0"], Unknown)
    assert [str(cause) for cause in values["f0"].causes] == [
        "Missing(entity='partner', key='p', fact='two', within=())"
    ]
    assert values["f1"] is True


def test_a_division_by_zero_has_its_reason() -> None:
    (value,) = _values(_program("number: one / two"), one=Decimal(1), two=Decimal(0)).values()
    assert isinstance(value, Unknown)
    assert "division by zero" in str(value)


@pytest.mark.parametrize(
    ("number", "rounded"),
    [("0.005", "0.01"), ("80", "80"), ("80.0000", "80.00"), ("-0.005", "-0.01"), ("0.0000", "0"),
     ("1E+3", "1E+3"), ("0.001", "0")],
)  # fmt: skip
def test_rounding_keeps_the_places_that_the_reference_keeps(number: str, rounded: str) -> None:
    (value,) = _values(_program("number: round half up(one, 2)"), one=Decimal(number)).values()
    assert str(value) == rounded


def test_values_that_are_equal_but_written_differently_have_sentences_of_their_own() -> None:
    policy = """\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, met_when: one >= 1}
"""
    program = good_program(policy, base=_BASE)
    compiled = _compiled(program)
    for text in ("1.0", "1.00", "1"):
        record = Record("partner", {"id": "p", "one": Decimal(text)})
        decision = compiled.decide(program.linked, record)
        assert repr(decision) == repr(evaluate(program.linked, record))
        reason = decision.findings[0].because[0]
        assert (reason.text, repr(reason.have)) == ("one is 1, at least 1", f"Decimal('{text}')")


def test_lists_that_are_too_long_to_go_through_have_no_answer() -> None:
    program = _program('boolean: some word in words satisfies word = "x"')
    found = {size: _values(program, words=("y",) * size)["f0"] for size in (10, 50_000, 300_000)}
    assert found[10] is False
    assert found[50_000] is False
    assert isinstance(found[300_000], Unknown)
    assert "steps" in str(found[300_000])


def test_outcomes_of_a_record_that_cannot_be_read_are_its_mistakes() -> None:
    program = _program("number: one + 1")
    found = program.outcomes({"id": "p", "one": "many"})
    assert found.subjects == ()
    assert len(found.diagnostics) == 1


def test_outcomes_from_plain_data() -> None:
    (subject,) = _program("number: one + 1").outcomes({"id": "p", "one": 1}).subjects
    assert (subject.subject.key, subject.outcomes, subject.values) == ("p", (), {"f0": Decimal(2)})
