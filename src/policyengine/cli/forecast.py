"""`policyengine forecast`: what changes by itself until a day, over a whole partner base."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from shlex import join
from typing import Any

import click

from policyengine.api import Program
from policyengine.change.period import days_of
from policyengine.cli.console import Console, Progress
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.options import (
    FILE,
    Output,
    as_of_option,
    color_option,
    output_option,
    records_of,
    records_option,
    subcommand,
)
from policyengine.cli.programs import open_program, program_and_records
from policyengine.cli.record_files import left_out_line, without_twins
from policyengine.cli.report import LISTING_ENDINGS, read_base, write_listings
from policyengine.program.graph import Graph
from policyengine.program.versions import turning_points
from policyengine.reports.forecast import Forecast, Stretch, stretches


@subcommand(
    "forecast",
    "policyengine forecast acme acme/records/example.yaml --until 2027-06-30",
    "policyengine forecast acme partners.csv --until P6M -o forecast.csv",
)
@click.argument("words", metavar="PROGRAM RECORD...", nargs=-1, required=True, type=FILE)
@records_option
@as_of_option
@click.option(
    "--until", default="P12M", show_default=True, metavar="DAY|LENGTH",
    help="The last day, `2027-06-30`, or how long from the day that counts, `P6M`.",
)  # fmt: skip
@output_option("text", "markdown", "csv", endings=LISTING_ENDINGS)
@color_option
def command(
    words: tuple[str, ...], files: tuple[str, ...], as_of: date, until: str, outputs: tuple[Output, ...],
    color: str, **given: Any,
) -> int:  # fmt: skip
    """Show what is to come if nobody does anything: what time alone changes, in the order of days.

    Obligations that fall due or become overdue, levels and discounts that end or begin, gates that close,
    charges and payouts that fall due, new versions of policies. It says what `evaluate` would say on every
    single day until the last one.
    """
    console = Console.of(color)
    program, records = program_and_records("forecast", list(words)) if not files else (words[0], words[1:])
    options = records_of((*files, *records), given)
    if options is None:
        raise CommandError(
            "there are no records", help="name the file with the partner base after the program"
        )
    last = last_day(until, as_of)
    opened = open_program(program, as_of, console)
    inputs = without_twins(opened, read_base(opened, options, console), console)
    found = Forecast(read_through(program, opened, last, console), last, opened.labels)
    progress, total = Progress(), len(inputs.records)
    try:
        for i, record in enumerate(inputs.records):
            found.add(record)
            progress(i + 1, total)
    finally:
        progress.end()
    line = join(["policyengine", "forecast", program, *options.files])
    paths = [*map(Path, (program, *options.inputs, *opened.files))]
    write_listings(outputs or (Output("text"),), [found.listing()], console, None, line, paths)
    console.err(left_out_line(inputs))
    return FOUND if inputs.left_out or inputs.orphans else OK


def last_day(text: str, as_of: date) -> date:
    """The last day of a period that begins on a day: `2027-06-30`, or a length such as `P6M`."""
    try:
        found = days_of(f"{as_of}..{text}" if text[:1].isdigit() else text, as_of)
    except ValueError as error:
        raise CommandError(str(error), help="write a day, `2027-06-30`, or a length, `P6M`") from None
    return found.last


def read_through(folder: str, opened: Program, last: date, console: Console) -> tuple[Stretch, ...]:
    """The program from the day for which it is opened to a last day, on which its versions may be others."""
    as_of = opened.as_of
    turns = [as_of, *(day for day in turning_points(opened.linked.units, as_of) if as_of < day <= last)]

    def on(day: date) -> Graph:
        program = opened if day == as_of else open_program(folder, day, console)
        assert program.linked.evaluated is not None
        return program.linked.evaluated

    return stretches(on, turns, last)
