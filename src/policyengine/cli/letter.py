"""`policyengine letter`: the letter to a partner, as HTML, PDF or text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click

from policyengine.api import Program
from policyengine.cli.console import Console, Progress
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.forecast import last_day, read_through
from policyengine.cli.options import (
    FILE,
    Output,
    TableOptions,
    as_of_option,
    color_option,
    judged_on,
    known_on_option,
    output_option,
    records_of,
    records_option,
    subcommand,
)
from policyengine.cli.paper_files import (
    ENDINGS,
    FORMATS,
    Layout,
    Written,
    contact_option,
    deliver_papers,
    language_option,
    template_options,
)
from policyengine.cli.programs import open_program, program_and_records
from policyengine.cli.record_files import ReadRecords, check_keys, left_out_line, picked, without_twins
from policyengine.cli.report import read_base
from policyengine.papers.language import language
from policyengine.papers.letter import Desk, letter
from policyengine.reports.lists import Answer


@subcommand(
    "letter",
    "policyengine letter acme acme/records/example.yaml -o letter.pdf",
    "policyengine letter acme partners.csv -o pdf:letters --language de",
)
@click.argument("words", metavar="PROGRAM RECORD...", nargs=-1, required=True, type=FILE)
@records_option
@click.option("--key", "keys", multiple=True, metavar="KEY", help="Only the record with this key.")
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
    program, records = program_and_records("letter", list(words)) if not files else (words[0], words[1:])
    options = records_of((*files, *records), given)
    if options is None:
        raise CommandError("there are no records", help="name the file with the record after the program")
    as_of = judged_on(as_of, known_on)
    last = last_day(until, as_of)
    layout = Layout(outputs, template, fonts)
    opened = open_program(program, as_of, console, known_on, language_code)
    inputs = base_of(opened, options, keys, console)
    through = read_through(program, opened, last, console, known_on, language_code)
    desk = Desk(opened.linked, opened.evaluate, through, language(language_code), contact)
    whole = layout.own or "json" in layout.formats
    paths = [*map(Path, (program, *options.inputs, *opened.files, *([template] if template else [])))]
    deliver_papers(
        outputs, _letters(desk, inputs, whole), len(inputs.records), layout, console, paths, desk.voice.say,
        opened.title,
    )  # fmt: skip
    console.err(left_out_line(inputs))
    return FOUND if inputs.left_out or inputs.orphans else OK


def base_of(program: Program, options: TableOptions, keys: Sequence[str], console: Console) -> ReadRecords:
    """The records that papers are about; ends the command if there are none."""
    inputs = picked(program, keys, without_twins(program, read_base(program, options, console), console))
    check_keys(program, keys, inputs)
    if not inputs.records:
        raise CommandError("none of the records can be used", help="nothing was written; correct them first")
    return inputs


def _letters(desk: Desk, inputs: ReadRecords, whole: bool) -> Iterator[Written]:
    progress, total = Progress("letters"), len(inputs.records)
    try:
        for i, record in enumerate(inputs.records):
            answer = desk.answer(record)
            yield written(answer, letter(desk, answer, whole=whole))
            progress(i + 1, total)
    finally:
        progress.end()


def written(answer: Answer, paper: Any) -> Written:
    """A paper about a record, with the levels of the record for the index."""
    subject = answer.decision.subject
    levels = [
        each.level_title or each.level or each.status
        for each in answer.decision.of("levels") if each.subject.root
    ]  # fmt: skip
    return Written(subject.key or "", subject.label or subject.key or "", ", ".join(levels), paper)
