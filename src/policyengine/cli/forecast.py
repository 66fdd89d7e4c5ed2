"""`policyengine forecast`: what changes by itself until a day, over a whole partner base."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from policyengine.change.period import days_of
from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.options import (
    Output,
    as_of_option,
    color_option,
    output_option,
    records_option,
    subcommand,
)
from policyengine.cli.partner_base import LISTING_ENDINGS, PartnerBase, Work, open_base, write_listings
from policyengine.cli.programs import open_program
from policyengine.program.graph import Graph
from policyengine.program.versions import turning_points
from policyengine.render.listings import csv_line
from policyengine.reports.course import Stretch, stretches
from policyengine.reports.forecast import Forecast
from policyengine.reports.sorted_rows import SortedPart


@subcommand(
    "forecast",
    "policyengine forecast acme acme/records/example.yaml --until P6M",
    "policyengine forecast acme partners.csv --until P6M -o forecast.csv",
)
@click.argument("words", metavar="PROGRAM RECORD...", nargs=-1, required=True, type=PROGRAM)
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
    last = last_day(until, as_of)
    base = open_base("forecast", words, files, as_of, given, console)
    base.protect(outputs)
    through, found = read_through(base, last, console), list[Forecast]()
    line = csv_line() if {each.format for each in outputs} == {"csv"} else None

    def begin() -> Work[SortedPart]:
        found[:] = [Forecast(through, last, base.program.labels, line)]
        return found[0].part, found[0].add

    code = base.each(begin, outputs)
    write_listings(outputs, [each.listing() for each in found], base, console)
    return code


def last_day(text: str, as_of: date) -> date:
    """The last day of a period that begins on a day: `2027-06-30`, or a length such as `P6M`."""
    try:
        found = days_of(f"{as_of}..{text}" if text[:1].isdigit() else text, as_of)
    except ValueError as error:
        raise CommandError(str(error), help="write a day, `2027-06-30`, or a length, `P6M`") from None
    return found.last


def read_through(base: PartnerBase, last: date, console: Console) -> tuple[Stretch, ...]:
    """The program of a base from the day that counts to a last day, on which its versions may be others."""
    opened, as_of = base.program, base.program.as_of
    turns = [as_of, *(day for day in turning_points(opened.linked.units, as_of) if as_of < day <= last)]

    def on(day: date) -> Graph:
        program = (
            opened if day == as_of else open_program(base.folder, day, console, base.known_on, base.language)
        )
        assert program.linked.evaluated is not None
        return program.linked.evaluated

    return stretches(on, turns, last)
