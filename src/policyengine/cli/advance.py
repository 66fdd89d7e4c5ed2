"""`policyengine advance`: a deal moved to its next stage, or what blocks it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from policyengine.cli.codes import FOUND, OK
from policyengine.cli.console import Console
from policyengine.cli.files import write_text
from policyengine.cli.inputs import FORMS, Form, one_record, read_records
from policyengine.cli.options import SETTINGS, as_of_option, color_option
from policyengine.cli.programs import open_program
from policyengine.policy.phrases import spell
from policyengine.render.records import record_json, record_yaml
from policyengine.render.width import clean


@click.command("advance", context_settings=SETTINGS)
@click.argument("program", metavar="PROGRAM")
@click.argument("file", metavar="RECORD")
@click.option("--to", "stage", required=True, metavar="STAGE", help="The stage to move to.")
@click.option("--key", help="Which one moves, if the record has several.")
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE",
    help="Write the moved record to a file instead of printing it.",
)
@as_of_option
@click.option(
    "--format", "form", type=click.Choice(FORMS), help="What is in the file, if the ending does not tell."
)
@color_option
def command(
    program: str,
    file: str,
    stage: str,
    key: str | None,
    target: str | None,
    as_of: date,
    form: Form | None,
    color: str,
) -> int:
    """Move a deal to a stage, and print the record as it is then; what is blocked does not move.

    The record keeps its form (YAML or JSON). What changed, or what blocks, is said on standard error; the
    exit code is 1 if nothing moved.
    """
    console = Console.of(color)
    opened = open_program(program, as_of, console)
    inputs = read_records(opened, [file], form, console)
    moved = opened.advance(one_record(inputs, "advance"), stage, key)
    if moved.record is None:
        reasons = [
            f"  {clean(reason.text)} ({reason.at.source.name}:{reason.at.line})" for reason in moved.blocked
        ]
        console.err("\n".join([f"not moved: {clean(moved.refusal)}", *reasons]))
        return FOUND
    text = record_yaml(moved.record) if inputs.forms[0] == "yaml" else record_json(moved.record)
    if target is None or target == "-":
        console.out(text)
    else:
        write_text(Path(target), text, [Path(file)])
    for fact, old, new in moved.changes:
        console.err(f"{fact}: {clean(spell(old))} -> {clean(spell(new))}")
    return OK
