"""`policyengine pack`: the pack for a partner's quarterly review, or one for each partner of a base."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from policyengine.change.period import Days
from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.forecast import last_day
from policyengine.cli.letter import answers, desk_of, written
from policyengine.cli.options import (
    Output,
    as_of_option,
    color_option,
    judged_on,
    known_on_option,
    output_option,
    records_option,
    subcommand,
)
from policyengine.cli.paper_files import (
    ENDINGS,
    FORMATS,
    Layout,
    contact_option,
    deliver_papers,
    template_options,
)
from policyengine.cli.partner_base import key_option, language_option, open_base
from policyengine.papers.pack import pack, quarter_around, quarter_of


@subcommand(
    "pack",
    "policyengine pack acme acme/records/example.yaml --quarter 2026Q4 -o pack.pdf",
    "policyengine pack acme partners.csv --quarter 2026Q4 -o pdf:packs",
)
@click.argument("words", metavar="PROGRAM RECORD...", nargs=-1, required=True, type=PROGRAM)
@records_option
@key_option
@click.option(
    "--quarter", metavar="QUARTER", help="The quarter of the review, `2026Q4`; left out: that of the day."
)
@as_of_option
@known_on_option
@click.option(
    "--until", metavar="DAY|LENGTH",
    help="How far it looks ahead for what is due; left out: until the end of the next quarter.",
)  # fmt: skip
@contact_option
@language_option
@template_options
@output_option(*FORMATS, endings=ENDINGS)
@color_option
def command(
    words: tuple[str, ...], files: tuple[str, ...], keys: tuple[str, ...], quarter: str | None, as_of: date,
    known_on: date | None, until: str | None, contact: str | None, language_code: str, template: str | None,
    fonts: tuple[str, ...], outputs: tuple[Output, ...], color: str, **given: Any,
) -> int:  # fmt: skip
    """Write the pack for the review of a quarter: agenda, level, areas, duties, pipeline, open questions.

    It is decided for the day of --as-of; where the quarter is over then, for its last day, and where it is to
    come, for its first. The pack then says on which day the record was read.
    `-o pdf:FOLDER` writes a pack for each record, with an index.
    """
    console = Console.of(color)
    outputs = outputs or (Output("text"),)
    read_on = judged_on(as_of, known_on)
    days, as_of = _days(quarter, read_on)
    layout = Layout(outputs, template, fonts)
    base = open_base("pack", words, files, as_of, given, console, known_on, language_code).chosen(keys)
    last = last_day(until, as_of) if until is not None else quarter_around_after(days, as_of)
    desk = desk_of(base, last, contact, console)
    whole = layout.own or "json" in layout.formats
    packs = (
        written(answer, pack(desk, answer, days, read_on=read_on, whole=whole))
        for answer in answers(desk, base)
    )
    deliver_papers(outputs, packs, base, layout, console, desk.voice.say, read=[template])
    return base.end(console)


def _days(quarter: str | None, as_of: date) -> tuple[Days, date]:
    """The days of the quarter, and the day in it that counts."""
    if quarter is None:
        return quarter_around(as_of), as_of
    try:
        days = quarter_of(quarter)
    except ValueError as error:
        message, _, help = str(error).partition("; ")
        raise CommandError(message, help=help) from None
    return days, min(max(as_of, days.first), days.last)


def quarter_around_after(days: Days, as_of: date) -> date:
    """The last day of the quarter after the one of the review, or after the day that counts."""
    last = max(days.last, as_of)
    return quarter_around(date.fromordinal(min(last.toordinal() + 1, date.max.toordinal()))).last
