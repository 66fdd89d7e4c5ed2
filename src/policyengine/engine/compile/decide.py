"""The full decision for a record out of generated code: the same as that of the reference engine."""

from __future__ import annotations

from decimal import getcontext, setcontext

from policyengine.engine.compile.engine import Compiled, Found
from policyengine.engine.missing import lists_left_out, missing_facts
from policyengine.engine.row import _values, read_rule
from policyengine.feel.limits import NUMBERS
from policyengine.policy.findings import UNDETERMINED, Decision
from policyengine.program.load import Program
from policyengine.program.record import Record


def decide(compiled: Compiled, program: Program, record: Record) -> Decision:
    """The decision of a program for one of its records, with all reasons."""
    before = getcontext()
    setcontext(NUMBERS)
    try:
        return _decide(compiled, program, compiled.instances(record))
    finally:
        setcontext(before)


def _decide(compiled: Compiled, program: Program, found: Found) -> Decision:
    graph = compiled.graph
    assert program.declarations is not None
    findings = tuple(
        finding
        for rule in graph.rules
        for scope in found.get(rule.entity, ())
        if (finding := read_rule(rule, scope)) is not None
    )
    missing = missing_facts(findings, lists_left_out(graph, found))
    undecided = any(finding.status == UNDETERMINED for finding in findings)
    root = next(iter(found.values()))[0]
    return Decision(
        program=program.declarations.id,
        program_title=program.declarations.title,
        policies=program.digest,
        as_of=program.as_of,
        subject=root.subject,
        complete=not missing and not undecided,
        findings=findings,
        values=_values(graph, found),
        missing=missing,
    )
