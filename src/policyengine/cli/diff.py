"""`policyengine diff`: what a change of policies means, in words, and on whom it shows."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from policyengine.api import Program
from policyengine.change.program_comparison import ProgramComparison, compare
from policyengine.cli import VERSION
from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console, Progress
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.file_io import deliver, workspace
from policyengine.cli.options import (
    Output,
    TableOptions,
    as_of_option,
    color_option,
    output_option,
    records_of,
    records_option,
    subcommand,
)
from policyengine.cli.record_files import left_out_line, read_records
from policyengine.cli.revisions import FORMS as VERSION_FORMS
from policyengine.cli.revisions import Matched, match_programs, open_versions, read_versions
from policyengine.program.record import Record
from policyengine.render.ci_formats import FORMS
from policyengine.render.comparison_reports import published
from policyengine.render.comparison_text import changes_text


@subcommand("diff", "policyengine diff acme acme-2027", "policyengine diff main...HEAD policies/acme")
@click.argument("words", metavar="OLD NEW [FOLDER]", nargs=-1, required=True, type=PROGRAM)
@records_option
@click.option(
    "--programs",
    "only_programs",
    is_flag=True,
    help="Only list the programs of a folder: which are new, renamed or deleted.",
)
@as_of_option
@output_option("text", "json", *FORMS)
@color_option
def command(
    words: tuple[str, ...],
    files: tuple[str, ...],
    only_programs: bool,
    as_of: date,
    outputs: tuple[Output, ...],
    color: str,
    **given: Any,
) -> int:
    """Say what a change of policies means.

    OLD and NEW are two folders of one program, or revisions of git, followed by its folder: `main HEAD
    policies/example` or `main..HEAD policies/example` compares two revisions, `main...HEAD` from where they
    part, `main` alone with the folder as it is now. The folder may be left out where there is one program.
    It is the same program in another folder too, by its id. Nothing is checked out.

    For every change of meaning it gives the smallest record that the two versions treat differently, or says
    that all records are treated the same, or that this is not decided. The exit code is 1 if a meaning
    changes, 0 if only words do.
    """
    console = Console.of(color)
    if only_programs:
        console.out("\n".join(map(_matched, match_programs(words))))
        return OK
    versions, more = read_versions(words)
    if more:
        what = "is not a folder" if Path(more[0]).is_file() else "is one argument too many"
        raise CommandError(f"`{more[0]}` {what}", help=VERSION_FORMS)
    programs = open_versions(versions, as_of, console)
    records = records_of(files, given)
    starts = _starts(programs[0], records, console)
    found = compare(programs[0].linked, programs[1].linked, starts, progress=Progress("changes looked at"))
    deliver(
        outputs or (Output("text"),),
        lambda each, paint: _render(found, each, paint),
        console,
        map(Path, (*(records.inputs if records else ()), *words, *programs[0].files, *programs[1].files)),
    )
    return FOUND if found.changed else OK


def _matched(program: Matched) -> str:
    """What became of a program, where it was, and where it is, divided by tabs."""
    return "\t".join((program.state, program.old or "-", program.new or "-"))


def _starts(program: Program, options: TableOptions | None, console: Console) -> tuple[Record, ...]:
    if options is None:
        return ()
    if options.reads_tables:
        from policyengine.cli.table_files import read_table_records

        inputs = read_table_records(program, options, console)
    else:
        form: Any = options.form  # none of a table
        inputs = read_records(program, options.files, form, console)
    console.err(left_out_line(inputs))
    if not inputs.records:
        raise CommandError("none of the records can be used", help="nothing was compared; correct them first")
    return inputs.records


def _render(found: ProgramComparison, form: str, color: bool) -> str:
    if form == "json":
        from policyengine.change.comparison_json import to_json

        return json.dumps(to_json(found), indent=2, ensure_ascii=False)
    if form in FORMS:
        return published(found, VERSION).render(form, workspace())
    return changes_text(found, color=color)
