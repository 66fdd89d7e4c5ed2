"""Runs one test: evaluates its record and compares the decision with the expectation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from policyengine.dataclass import dataclass
from policyengine.decision.decision import Decision
from policyengine.decision.decision_json import to_json
from policyengine.decision.findings import Subject
from policyengine.diagnostics import Diagnostic
from policyengine.engine.reference.row import evaluate
from policyengine.program.linked import Program
from policyengine.program.record import Record
from policyengine.source import Span
from policyengine.verify.mismatches import Mismatch, compare
from policyengine.verify.prepare import Prepared

Status = Literal["passed", "failed", "todo", "skipped", "broken"]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The result of a test.

    `broken` means that the test cannot run, or that its record is unreadable without the test expecting that;
    `diagnostics` say why for the record. `todo` means that the test is marked as known to fail and fails. A
    marked test that passes has `failed`. `decision` is the decision as JSON, None without one.
    """

    name: str
    at: Span
    status: Status
    mismatches: tuple[Mismatch, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    skip: str | None = None
    todo: str | None = None
    decision: Mapping[str, Any] | None = None


def run(test: Prepared, program: Program, record: Record | tuple[Diagnostic, ...] | None) -> CaseResult:
    """The result of a test on a program that compiles, for its record or the mistakes of that."""
    if test.broken:
        return CaseResult(test.name, test.at, "broken")
    if record is None:
        return CaseResult(test.name, test.at, "skipped", skip=test.skip)
    if isinstance(record, Record):
        decision = evaluate(program, record)
    elif _expects_mistakes(test):
        decision = _refusal(program, record)
    else:
        return CaseResult(test.name, test.at, "broken", diagnostics=record)
    data = to_json(decision)
    found = held_against(test, data)
    status: Status = "failed" if found else "passed"
    if test.todo is not None:
        status = "todo" if found else "failed"
    return CaseResult(test.name, test.at, status, found, todo=test.todo, decision=data)


def held_against(test: Prepared, data: dict[str, Any]) -> tuple[Mismatch, ...]:
    """The mismatches of a decision with the expectations of a test."""
    return (
        *(each for node in test.expect for each in compare(node, data)),
        *(each for node in test.exactly for each in compare(node, data, closed=True)),
    )


def _expects_mistakes(test: Prepared) -> bool:
    return any("diagnostics" in node.entries for node in (*test.expect, *test.exactly))


def _refusal(program: Program, diagnostics: tuple[Diagnostic, ...]) -> Decision:
    assert program.graph is not None
    assert program.declarations is not None
    return Decision(
        program=program.declarations.id, program_title=program.declarations.title, policies=program.digest,
        as_of=program.as_of, subject=Subject(program.graph.vocabulary.root, None), complete=False,
        diagnostics=diagnostics,
    )  # fmt: skip
