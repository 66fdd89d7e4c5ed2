"""`policyengine why`: explains one finding, in lines that can be forwarded."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import click

from policyengine.api import Program
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import OK
from policyengine.cli.file_io import deliver
from policyengine.cli.options import SETTINGS, Output, as_of_option, color_option, output_option
from policyengine.cli.programs import open_program
from policyengine.cli.record_files import FORMS, Form, one_record, read_records
from policyengine.cli.select_findings import list_findings, select_findings
from policyengine.decision.decision import Decision
from policyengine.decision.explanation import why
from policyengine.decision.findings import Finding
from policyengine.engine.reference.derivation import Step
from policyengine.policy.quantities import shorten
from policyengine.program.record import Record
from policyengine.render.style import painter
from policyengine.render.width import clean, wrap

_AT_ONCE = 3
_NAMED = 12


@click.command("why", context_settings=SETTINGS)
@click.argument("program", metavar="PROGRAM")
@click.argument("file", metavar="RECORD")
@click.argument("finding", metavar="[FINDING]", required=False)
@click.option("--key", help="Only for the subject with this key, such as an account.")
@click.option("--all", "derivation", is_flag=True, help="Show the whole derivation.")
@as_of_option
@output_option("text", "json")
@click.option(
    "--format", "form", type=click.Choice(FORMS), help="What is in the file, if the ending does not tell."
)
@color_option
def command(
    program: str,
    file: str,
    finding: str | None,
    key: str | None,
    derivation: bool,
    as_of: date,
    outputs: tuple[Output, ...],
    form: Form | None,
    color: str,
) -> int:
    """Explain one finding: the conclusion, the conditions with their values, the line and the clause.

    FINDING is what `evaluate` calls it: `policy/id`, an id, a level, a policy, a list such as `charges`, or
    `policy/id@key`. Without it, the level is explained, or all that can be asked for is listed.
    """
    console = Console.of(color)
    opened = open_program(program, as_of, console)
    record = one_record(read_records(opened, [file], form, console), "why")
    decision = opened.evaluate(record)
    found = select_findings(decision, finding, key)
    if len(found) > (_NAMED if finding else _AT_ONCE):
        console.out("\n".join(map(clean, list_findings(found if finding else decision.findings))))
        console.err("ask for one of these: policyengine why PROGRAM RECORD FINDING")
        return OK
    steps = _derivation(opened, record) if derivation else _no_steps
    render = _renderer(decision, found, opened, steps, console.columns)
    deliver(outputs or (Output("text"),), render, console, [Path(file)])
    return OK


Steps = Callable[[Finding], list[str]]


def _no_steps(finding: Finding) -> list[str]:
    return []


def _derivation(program: Program, record: Record) -> Steps:
    """Returns what lists the steps of a derivation: one a line, indented, with its value and place."""

    def steps(finding: Finding) -> list[str]:
        return [_step(step) for step in program.derivation(record, finding)]

    return steps


def _step(step: Step) -> str:
    written = "" if step.text in (step.name, step.value) else f" = {shorten(step.text, 60)}"
    place = f"{step.at.source.name}:{step.at.line}"
    return clean(f"{'  ' * (step.depth + 1)}{step.name}: {step.value}{written} ({place})")


def _renderer(
    decision: Decision, found: Sequence[Finding], program: Program, steps: Steps, columns: int
) -> Callable[[str, bool], str]:
    def render(form: str, color: bool) -> str:
        lines = [(one, why(decision.as_of, one, program.labels)) for one in found]
        if form == "json":
            told = [{"finding": one.reference, "why": list(text), "steps": steps(one)} for one, text in lines]
            return json.dumps(told, indent=2, ensure_ascii=False)
        return "\n\n".join(_paragraph(text, steps(one), columns, color) for one, text in lines)

    return render


def _paragraph(lines: Sequence[str], steps: Sequence[str], columns: int, color: bool) -> str:
    paint = painter(color)
    wrapped = [
        part if index == 0 else f"  {part}"
        for line in lines
        for index, part in enumerate(wrap(line, min(columns, 100) - 2))
    ]
    return "\n".join([paint(wrapped[0], "strong"), *wrapped[1:], *steps])
