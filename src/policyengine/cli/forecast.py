"""`policyengine forecast`: what changes by itself until a day, over a whole partner base."""

from __future__ import annotations

from collections.abc import Sequence
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
from policyengine.cli.partner_base import (
    LISTING_ENDINGS,
    PartnerBase,
    Work,
    check_list,
    key_option,
    language_option,
    list_of,
    open_base,
    write_listings,
)
from policyengine.cli.programs import open_program
from policyengine.papers.language import language
from policyengine.program.graph import Graph
from policyengine.program.linked import Program
from policyengine.program.versions import turning_points
from policyengine.render.listings import csv_line
from policyengine.reports.course import Stretch, stretches
from policyengine.reports.forecast import Forecast, ForecastPart
from policyengine.reports.forecast_money import version_turns
from policyengine.reports.lists import Listing


@subcommand(
    "forecast",
    "policyengine forecast acme acme/records/example.yaml --until P6M",
    "policyengine forecast acme partners.csv money --until P6M -o sums.csv",
)
@click.argument("words", metavar="PROGRAM RECORD... [LIST]", nargs=-1, required=True, type=PROGRAM)
@records_option
@key_option
@as_of_option
@click.option(
    "--until", default="P12M", show_default=True, metavar="DAY|LENGTH",
    help="The last day, `2027-06-30`, or how long from the day that counts, `P6M`.",
)  # fmt: skip
@language_option
@output_option("text", "markdown", "csv", "json", endings=LISTING_ENDINGS)
@color_option
def command(
    words: tuple[str, ...], files: tuple[str, ...], keys: tuple[str, ...], as_of: date, until: str,
    language_code: str, outputs: tuple[Output, ...], color: str, **given: Any,
) -> int:  # fmt: skip
    """Show what is to come if nobody does anything: what time alone changes, in the order of days.

    Obligations that fall due or become overdue, levels and discounts that end or begin, gates that close,
    charges and payouts that fall due, new versions of policies. It says what `evaluate` would say on every
    single day until the last one. LIST is `forecast`, `money` (what falls due each quarter, by who pays) or
    `versions` (what new versions change, and the money with them and without); without it, all of them are
    shown, and a CSV file has the first.
    """
    console = Console.of(color)
    last = last_day(until, as_of)
    wanted, more = list_of(words)
    check_list(wanted, _LISTS)
    base = open_base("forecast", more, files, as_of, given, console, language=language_code)
    base = base.chosen(keys) if keys else base
    base.protect(outputs)
    programs, found = programs_through(base, last, console), list[Forecast]()
    through, turns = read_through(base, last, console, programs), [*version_turns(programs, last)]
    is_csv = {each.format for each in outputs} == {"csv"}
    line = csv_line() if is_csv and wanted in (None, "forecast") else None

    def begin() -> Work[ForecastPart]:
        found[:] = [Forecast(through, last, base.program.labels, language(language_code), turns, line)]
        return found[0].part, found[0].add

    code = base.each(begin, outputs)
    listings = [each for one in found for each in one.listings()]
    _write(outputs, listings, wanted, base, console)
    return code


_LISTS = ("forecast", "money", "versions")


def _write(
    outputs: Sequence[Output], listings: Sequence[Listing], wanted: str | None, base: PartnerBase,
    console: Console,
) -> None:  # fmt: skip
    """Writes the list that is wanted, or all that say something; CSV holds one."""
    first = [each for each in listings if each.head.id == (wanted or "forecast")]
    tables = [each for each in outputs if each.format == "csv"]
    rest = [each for each in outputs if each.format != "csv"]
    if tables:
        write_listings(tables, first, base, console)
    if rest or not outputs:
        full = [each for each in listings if each.head.id == "forecast" or len(each.rows)]
        write_listings(rest, first if wanted else full, base, console)


def last_day(text: str, as_of: date) -> date:
    """The last day of a period that begins on a day: `2027-06-30`, or a length such as `P6M`."""
    try:
        found = days_of(f"{as_of}..{text}" if text[:1].isdigit() else text, as_of)
    except ValueError as error:
        raise CommandError(str(error), help="write a day, `2027-06-30`, or a length, `P6M`") from None
    return found.last


def programs_through(base: PartnerBase, last: date, console: Console) -> list[Program]:
    """The program of a base from the day that counts to a last day, on which its versions may be others."""
    opened, as_of = base.program, base.program.as_of
    turns = [day for day in turning_points(opened.linked.units, as_of) if as_of < day <= last]
    later = (open_program(base.folder, day, console, base.known_on, base.language) for day in turns)
    return [opened.linked, *(each.linked for each in later)]


def read_through(
    base: PartnerBase, last: date, console: Console, programs: Sequence[Program] | None = None
) -> tuple[Stretch, ...]:
    """What these programs say from the day that counts to a last day."""
    graphs: dict[date, Graph] = {}
    for each in programs or programs_through(base, last, console):
        assert each.evaluated is not None
        graphs[each.as_of] = each.evaluated
    return stretches(graphs.__getitem__, [*graphs], last)
