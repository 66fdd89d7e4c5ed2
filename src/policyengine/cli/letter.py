"""`policyengine letter`: the letter to a partner, as HTML, PDF or text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import click

from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console, Progress
from policyengine.cli.forecast import last_day, read_through
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
from policyengine.cli.paper_folders import Written
from policyengine.cli.partner_base import PartnerBase, key_option, language_option, open_base
from policyengine.papers.blocks import Paper
from policyengine.papers.language import language
from policyengine.papers.letter import Desk, letter
from policyengine.reports.lists import Answer


@subcommand(
    "letter",
    "policyengine letter acme acme/records/example.yaml -o letter.pdf",
    "policyengine letter acme partners.csv -o pdf:letters --language de",
)
@click.argument("words", metavar="PROGRAM RECORD...", nargs=-1, required=True, type=PROGRAM)
@records_option
@key_option
@as_of_option
@known_on_option
@click.option(
    "--until", default="P6M", show_default=True, metavar="DAY|LENGTH",
    help="How far it looks ahead for what is due: a last day, `2027-06-30`, or a length, `P6M`.",
)  # fmt: skip
@contact_option
@language_option
@template_options
@output_option(*FORMATS, endings=ENDINGS)
@color_option
def command(
    words: tuple[str, ...], files: tuple[str, ...], keys: tuple[str, ...], as_of: date, known_on: date | None,
    until: str, contact: str | None, language_code: str, template: str | None, fonts: tuple[str, ...],
    outputs: tuple[Output, ...], color: str, **given: Any,
) -> int:  # fmt: skip
    """Write the letter to a partner: its level and why, what more would take and bring, what is due and open.

    `-o FILE.pdf` and `-o FILE.html` write one letter, `-o pdf:FOLDER` those of all records with an index.
    It names no file and no rule by its id, so it can be sent as it stands.
    """
    console = Console.of(color)
    outputs = outputs or (Output("text"),)
    as_of = judged_on(as_of, known_on)
    last = last_day(until, as_of)
    layout = Layout(outputs, template, fonts)
    base = open_base("letter", words, files, as_of, given, console, known_on, language_code).chosen(keys)
    desk = desk_of(base, last, contact, console)
    whole = layout.own or "json" in layout.formats
    letters = (written(answer, letter(desk, answer, whole=whole)) for answer in answers(desk, base))
    deliver_papers(outputs, letters, base, layout, console, desk.voice.say, read=[template])
    return base.end(console)


def desk_of(base: PartnerBase, last: date, contact: str | None, console: Console) -> Desk:
    """What writes papers about the records of a base."""
    program = base.program
    through = read_through(base, last, console)
    return Desk(program.linked, program.evaluate, through, language(base.language or "en"), contact)


def answers(desk: Desk, base: PartnerBase) -> Iterator[Answer]:
    """The records with their decisions, and how far it is."""
    progress, total = Progress(sums_up=True), len(base.inputs.records)
    try:
        for i, record in enumerate(base.inputs.records):
            yield desk.answer(record)
            progress(i + 1, total)
    finally:
        progress.end()


def written(answer: Answer, paper: Paper) -> Written:
    """A paper about a record, with the levels of the record for the index."""
    subject = answer.decision.subject
    levels = [
        each.level_title or each.level or each.status
        for each in answer.decision.of("levels") if each.subject.root
    ]  # fmt: skip
    return Written(subject.key or "", subject.label or subject.key or "", ", ".join(levels), paper)
