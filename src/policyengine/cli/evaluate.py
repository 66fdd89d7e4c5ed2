"""`policyengine evaluate`: what applies to partner records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from policyengine.api import Program
from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.file_io import deliver
from policyengine.cli.options import (
    ENDINGS,
    FILE,
    Output,
    TableOptions,
    as_of_option,
    color_option,
    ignore_option,
    judged_on,
    known_on_option,
    map_option,
    output_option,
    subcommand,
    table_option,
)
from policyengine.cli.programs import open_program, program_and_records
from policyengine.cli.record_files import (
    FORMS,
    ReadRecords,
    check_keys,
    left_out_line,
    picked,
    read_records,
    require_usable,
    without_twins,
)
from policyengine.decision.decision import Decision


@subcommand(
    "evaluate",
    "policyengine evaluate acme acme/records/example.yaml",
    "policyengine evaluate acme partners.csv --as-of 2026-11-21 -o decisions.csv",
)
@click.argument("program", metavar="PROGRAM", type=PROGRAM)
@click.argument("files", metavar="RECORD...", nargs=-1, type=FILE)
@as_of_option
@known_on_option
@output_option("text", "json", "ndjson", "csv", "parquet", "xlsx", endings=ENDINGS)
@click.option(
    "--format", "form", type=click.Choice((*FORMS, "csv", "parquet")),
    help="What is in the files, if the ending does not tell.",
)  # fmt: skip
@click.option(
    "--assumptions", is_flag=True, help="List the findings based on assumptions, with the assumptions."
)
@click.option(
    "--layout", type=click.Choice(["findings", "records"]),
    help="Of a table: one row a finding (the default), or one a record.",
)  # fmt: skip
@click.option("--details", is_flag=True, help="Of a table: labels, titles, next levels, room beside the ids.")
@table_option
@ignore_option
@map_option
@click.option("--key", "keys", multiple=True, metavar="KEY", help="Only the record with this key.")
@click.option(
    "--rejects", metavar="FILE", type=FILE, help="The file for rejected rows (default: beside the table)."
)
@click.option("--records-from", metavar="URL", help="A database: sqlite:///FILE or postgresql://HOST/NAME.")
@click.option("--query", metavar="SQL", help="What to read there; its columns are facts.")
@click.option(
    "--engine", type=click.Choice(["auto", "rows", "columns"]), default="auto",
    help="How tables are worked out (default: in columns, where they can be).",
)  # fmt: skip
@click.option(
    "--receipt", metavar="FILE", type=FILE,
    help="Keep each decision in a line of this new file, which `policyengine verify` decides again.",
)  # fmt: skip
@click.option("--explain-engine", is_flag=True, help="Say how a table is worked out, and why.")
@color_option
def command(
    program: str, as_of: date, known_on: date | None, assumptions: bool, receipt: str | None, color: str,
    **given: Any,
) -> int:  # fmt: skip
    """Say what applies to partner records, and why.

    PROGRAM is the folder of a program (by default the one around the record), RECORD a file with one or
    several records (YAML, JSON, NDJSON, CSV, Parquet, a workbook), a folder of them, or `-` for stdin.
    Records with mistakes are reported and left out; the exit code is then 1.

    `-o decisions.csv`, `.ndjson`, `.parquet` or `.xlsx` writes a table instead of decisions with their
    reasons, for any number of records.
    """
    console = Console.of(color)
    if given["records_from"] is None and given["query"] is None:
        program, files = program_and_records("evaluate", [program, *given["files"]])
        given["files"] = tuple(files)
    options = TableOptions(**given)
    as_of = judged_on(as_of, known_on)
    opened = open_program(program, as_of, console, known_on)
    if options.writes_tables:
        return _write_tables(opened, options, receipt, console)
    if options.only_for_tables is not None:
        message = f"`{options.only_for_tables}` is for tables, and none is asked for"
        raise CommandError(message, help="add `-o FILE.csv`")
    inputs = without_twins(opened, _read(opened, options, console), console)
    kept = Output("receipt", Path(receipt) if receipt is not None else None)
    require_usable(inputs, (*options.outputs, kept), console)
    decisions = [opened.evaluate(record) for record in inputs.records]

    paths = [*map(Path, (program, *options.inputs))]
    if receipt is not None:
        from policyengine.cli.receipts import write_receipts

        write_receipts(Path(receipt), program, known_on, as_of, inputs.records, console, paths)
    render = _renderer(opened, decisions, assumptions, console.columns)
    deliver(options.outputs or (Output("text"),), render, console, paths)
    console.err(left_out_line(inputs))
    return FOUND if inputs.left_out or inputs.orphans else OK


def _write_tables(program: Program, options: TableOptions, receipt: str | None, console: Console) -> int:
    if receipt is not None:
        raise CommandError("a table of findings has no receipt", help="leave `--receipt` or the table out")
    from policyengine.cli.table_files import need_extra

    need_extra("a table of findings")
    from policyengine.cli.tables import evaluate_tables

    return evaluate_tables(program, options, console)


def _renderer(
    program: Program, decisions: Sequence[Decision], assumptions: bool, columns: int
) -> Callable[[str, bool], str]:
    def render(form: str, paint: bool) -> str:
        if form != "text":
            return _as_json(decisions, form)
        from policyengine.render.terminal import decision_text

        texts = (
            decision_text(
                decision,
                program.labels,
                color=paint,
                list_assumptions=assumptions,
                columns=columns,
            )
            for decision in decisions
        )
        return "\n\n\n".join(texts)

    return render


def _read(program: Program, options: TableOptions, console: Console) -> ReadRecords:
    if options.reads_tables:
        from policyengine.cli.table_files import read_table_records

        found = read_table_records(program, options, console)
    else:
        form: Any = options.form  # none of a table
        found = picked(program, options.keys, read_records(program, options.files, form, console))
    check_keys(program, options.keys, found)
    return found


def _as_json(decisions: Sequence[Decision], form: str) -> str:
    """One decision is an object, several are an array; NDJSON has one a line."""
    import json

    from policyengine.decision.decision_json import to_json

    if form == "ndjson":
        return "\n".join(json.dumps(to_json(decision), ensure_ascii=False) for decision in decisions)
    found = [to_json(decision) for decision in decisions]
    return json.dumps(found[0] if len(found) == 1 else found, indent=2, ensure_ascii=False)
