"""Running one test: the decision for its record, compared with what is expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.engine.row import evaluate
from policyengine.policy.contract import to_json
from policyengine.policy.findings import Decision, Subject
from policyengine.program.load import Program
from policyengine.program.record import Record, RecordReader
from policyengine.source import Span
from policyengine.verify.compare import Mismatch, compare
from policyengine.verify.prepare import Prepared

Status = Literal["passed", "failed", "skipped", "broken"]


@dataclass(frozen=True, slots=True)
class Result:
    """How a test came out.

    `broken` means that it cannot be run, or that its record cannot be read although the test does not
    expect that; `diagnostics` say why for the record. `decision` is the decision as JSON, None without one.
    """

    name: str
    at: Span
    status: Status
    mismatches: tuple[Mismatch, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    skip: str | None = None
    decision: Mapping[str, Any] | None = None


def run(test: Prepared, program: Program, reader: RecordReader) -> Result:
    """The outcome of a test for a program that compiles."""
    if test.skip is not None or test.record is None:
        return Result(test.name, test.at, "skipped", skip=test.skip)
    record = reader.read(test.record, test.pointer)
    if isinstance(record, Record):
        decision = evaluate(program, record)
    elif _expects_mistakes(test):
        decision = _refusal(program, record)
    else:
        return Result(test.name, test.at, "broken", diagnostics=record)
    data = to_json(decision)
    mismatches = (
        *(compare(test.expect, data) if test.expect is not None else ()),
        *(compare(test.exactly, data, closed=True) if test.exactly is not None else ()),
    )
    return Result(test.name, test.at, "failed" if mismatches else "passed", mismatches, decision=data)


def _expects_mistakes(test: Prepared) -> bool:
    return any("diagnostics" in node.entries for node in (test.expect, test.exactly) if node is not None)


def _refusal(program: Program, diagnostics: tuple[Diagnostic, ...]) -> Decision:
    assert program.graph is not None
    assert program.declarations is not None
    return Decision(
        program=program.declarations.id, program_title=program.declarations.title, policies=program.digest,
        as_of=program.as_of, subject=Subject(program.graph.vocabulary.root, None), complete=False,
        diagnostics=diagnostics,
    )  # fmt: skip
