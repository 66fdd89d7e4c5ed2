"""`policyengine calendar`: what falls due, as a calendar file that other programs read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from policyengine.api import Program
from policyengine.cli.completion import PARTY, PROGRAM
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.file_io import read_bytes, write_bytes
from policyengine.cli.forecast import last_day, read_through
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
    Work,
    key_option,
    language_option,
    open_base,
    write_listings,
)
from policyengine.diagnostics import did_you_mean, listed
from policyengine.papers.language import language
from policyengine.program.record import Record
from policyengine.reports.due_events import DueEvent, DueEvents, event_list


@subcommand(
    "calendar",
    "policyengine calendar acme acme/records/example.yaml",
    "policyengine calendar acme partners.csv --until P6M -o deadlines.csv",
)
@click.argument("words", metavar="PROGRAM RECORD...", nargs=-1, required=True, type=PROGRAM)
@records_option
@key_option
@as_of_option
@click.option(
    "--until", default="P12M", show_default=True, metavar="DAY|LENGTH",
    help="The last day, `2027-06-30`, or how long from the day that counts, `P6M`.",
)  # fmt: skip
@click.option("--party", metavar="PARTY", type=PARTY, help="Only what this party has to do or to pay.")
@click.option(
    "--remind", type=click.IntRange(0, 365), default=7, show_default=True, metavar="DAYS",
    help="How long before the day an alarm is.",
)  # fmt: skip
@language_option
@output_option("text", "markdown", "csv", "json", endings={**LISTING_ENDINGS, ".ics": "ics"})
@color_option
def command(
    words: tuple[str, ...], files: tuple[str, ...], keys: tuple[str, ...], as_of: date, until: str,
    party: str | None, remind: int, language_code: str, outputs: tuple[Output, ...], color: str, **given: Any,
) -> int:  # fmt: skip
    """Write what falls due as a calendar: obligations, charges, payouts, levels and discounts that end.

    `-o FILE.ics` is read by calendars (iCalendar). Written again to the same file, an event that moved has
    the next number of its sequence, and one that is no longer asked for is cancelled.
    """
    console = Console.of(color)
    last = last_day(until, as_of)
    base = open_base("calendar", words, files, as_of, given, console, language=language_code)
    base, say = base.chosen(keys) if keys else base, language(language_code)
    program, whose = base.program, _party(base.program, party)
    finder = DueEvents(program.id, read_through(base, last, console), program.labels, say)
    base.protect(outputs)
    events: list[DueEvent] = []

    def begin() -> Work[list[DueEvent]]:
        events.clear()
        return work, events.extend

    def work(records: Sequence[Record]) -> list[DueEvent]:
        found = (each for record in records for each in finder.of(record))
        return [each for each in found if whose in (None, each.party)]

    code = base.each(begin)
    for output in outputs:
        if output.format == "ics" and output.path is not None:
            _write_calendar(output.path, events, program, remind)
    rest = [each for each in outputs if each.format != "ics"]
    if rest or not outputs:
        write_listings(rest, [event_list(events, program.labels, say)], base, console)
    return code


def _party(program: Program, party: str | None) -> str | None:
    declared = program.linked.declarations
    known = declared.parties if declared is not None else {}
    if party is None or party in known:
        return party
    raise CommandError(
        f"there is no party `{party}`", help=did_you_mean(party, known) or f"they are {listed(known)}"
    )


def _write_calendar(path: Path, events: list[DueEvent], program: Program, remind: int) -> None:
    if find_spec("icalendar") is None:
        raise CommandError(
            "a calendar needs the extra `calendar`, which is not installed",
            help="`python -m pip install 'icalendar>=6.3'` adds it",
        )
    from policyengine.render.calendar_ics import calendar_bytes, sent_events

    try:
        before = sent_events(read_bytes(path)) if path.is_file() else {}
    except (ValueError, KeyError, TypeError):
        raise CommandError(
            f"`{path}` is not a calendar, and is not written over", help="write to another file"
        ) from None
    data = calendar_bytes(events, program.title, program.as_of, remind, before)
    write_bytes(path, data)
