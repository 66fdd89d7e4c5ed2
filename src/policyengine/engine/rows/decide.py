"""The full decision for a record out of generated code: the same as that of the reference engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import getcontext, setcontext
from itertools import chain

from policyengine.decision.decision import Decision
from policyengine.decision.findings import UNDETERMINED, Finding
from policyengine.engine.reference.missing import lists_left_out, missing_facts
from policyengine.engine.reference.row import _read_rule
from policyengine.engine.rows.engine import Compiled, Found
from policyengine.engine.rows.instance import Instance
from policyengine.engine.rows.runs import Run
from policyengine.feel.limits import NUMBERS
from policyengine.program.linked import Program
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
    assert program.declarations is not None
    findings: list[Finding | None] = []
    # Only these name facts that are missing; most records have few of them.
    open_ones: list[Finding] = []
    for run in compiled.memory.runs:
        scopes = found.get(run.entity, ())
        if len(scopes) == 1:
            findings += run.read(scopes[0], _read_rule, open_ones)
        else:
            findings += _interleaved(run, scopes, open_ones)
    left_out = lists_of(compiled, found)
    missing = missing_facts(open_ones, left_out) if open_ones or left_out else ()
    undecided = any(finding.status == UNDETERMINED for finding in open_ones)
    return Decision(
        program=program.declarations.id,
        program_title=program.declarations.title,
        policies=program.digest,
        as_of=program.as_of,
        subject=next(iter(found.values()))[0].subject,
        complete=not missing and not undecided,
        findings=tuple([finding for finding in findings if finding is not None]),
        values=_shown_values(compiled, found),
        missing=missing,
    )


def _interleaved(run: Run, scopes: Sequence[Instance], open_ones: list[Finding]) -> Iterator[Finding | None]:
    """The findings of a run, rule by rule and for each rule in the order of the instances."""
    read = [run.read(scope, _read_rule, open_ones) for scope in scopes]
    return chain.from_iterable(zip(*read, strict=True))


def _shown_values(compiled: Compiled, found: Found) -> dict[str, dict[str, object]]:
    """The derived facts of every instance."""
    return {
        str(scope.subject): {name: shows(scope[name]) for name, shows in names}
        for entity, names in compiled.exported.items()
        for scope in found[entity]
    }


def lists_of(compiled: Compiled, found: Found) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """The lists that a record leaves out although rules judge what would stand in them, with those rules."""
    for above, name in compiled.lists:
        for scope in found[above]:
            if scope.record is not None and name not in scope.record.lists:
                return lists_left_out(compiled.graph, found)
    return {}
