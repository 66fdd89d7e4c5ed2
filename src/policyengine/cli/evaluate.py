"""`policyengine evaluate`: what applies to partner records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from policyengine.cli.codes import FOUND, OK
from policyengine.cli.console import Console
from policyengine.cli.files import deliver
from policyengine.cli.inputs import FORMS, Form, left_out_line, read_records
from policyengine.cli.options import SETTINGS, Output, as_of_option, color_option, output_option
from policyengine.cli.programs import open_program
from policyengine.policy.findings import Decision


@click.command("evaluate", context_settings=SETTINGS)
@click.argument("program", metavar="PROGRAM")
@click.argument("files", metavar="RECORD...", nargs=-1, required=True)
@as_of_option
@output_option("text", "json", "ndjson")
@click.option(
    "--format", "form", type=click.Choice(FORMS), help="What is in the files, if the ending does not tell."
)
@click.option("--assumptions", is_flag=True, help="List what rests on assumptions, and which.")
@color_option
def command(
    program: str,
    files: tuple[str, ...],
    as_of: date,
    outputs: tuple[Output, ...],
    form: Form | None,
    assumptions: bool,
    color: str,
) -> int:
    """Say what applies to partner records, and why.

    PROGRAM is the folder of a program, RECORD a file with one or several records (YAML, JSON, NDJSON), or
    `-` for standard input. Records with mistakes are reported and left out; the exit code is then 1.
    """
    console = Console.of(color)
    opened = open_program(program, as_of, console)
    inputs = read_records(opened, files, form, console)
    decisions = [opened.evaluate(record) for record in inputs.records]

    def render(form: str, paint: bool) -> str:
        if form != "text":
            return _as_json(decisions, form)
        from policyengine.render.terminal import decision_text

        texts = (
            decision_text(
                decision, opened.labels, color=paint, list_assumptions=assumptions, columns=console.columns
            )
            for decision in decisions
        )
        return "\n\n\n".join(texts)

    deliver(outputs or (Output("text"),), render, console, map(Path, files))
    console.err(left_out_line(inputs))
    return FOUND if inputs.left_out else OK


def _as_json(decisions: Sequence[Decision], form: str) -> str:
    """One decision is an object, several are an array; NDJSON has one a line."""
    import json

    from policyengine.policy.contract import to_json

    if form == "ndjson":
        return "\n".join(json.dumps(to_json(decision), ensure_ascii=False) for decision in decisions)
    found = [to_json(decision) for decision in decisions]
    return json.dumps(found[0] if len(found) == 1 else found, indent=2, ensure_ascii=False)
