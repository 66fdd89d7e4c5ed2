"""The full decision for a record out of generated code: the same as that of the reference engine."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import getcontext, setcontext

from policyengine.engine.compile.bundles import Bundle
from policyengine.engine.compile.engine import Compiled, Found
from policyengine.engine.compile.instance import Instance
from policyengine.engine.missing import lists_left_out, missing_facts
from policyengine.engine.row import _read_rule
from policyengine.feel.limits import NUMBERS
from policyengine.policy.findings import UNDETERMINED, Decision, Finding
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
    assert program.declarations is not None
    findings: list[Finding] = []
    # Only these name facts that are missing; most records have few of them.
    open_ones: list[Finding] = []
    for bundle in compiled.memory.bundles:
        findings.extend(_of_bundle(bundle, found.get(bundle.rules[0].entity, ()), open_ones))
    missing = missing_facts(open_ones, lists_of(compiled, found))
    undecided = any(finding.status == UNDETERMINED for finding in open_ones)
    return Decision(
        program=program.declarations.id,
        program_title=program.declarations.title,
        policies=program.digest,
        as_of=program.as_of,
        subject=next(iter(found.values()))[0].subject,
        complete=not missing and not undecided,
        findings=tuple(findings),
        values=_shown_values(compiled, found),
        missing=missing,
    )


def _of_bundle(bundle: Bundle, scopes: Sequence[Instance], open_ones: list[Finding]) -> list[Finding]:
    """The findings of a bundle, rule by rule and for each rule in the order of the instances."""
    if len(scopes) == 1:
        only = bundle.read(scopes[0], _read_rule, open_ones)
        return [finding for finding in only if finding is not None]
    read = [bundle.read(scope, _read_rule, open_ones) for scope in scopes]
    return [finding for of_rule in zip(*read, strict=True) for finding in of_rule if finding is not None]


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
