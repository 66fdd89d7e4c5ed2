"""`policyengine report`: the lists that operations work with, over a whole partner base."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from shlex import join
from typing import Any

import click

from policyengine.api import Program
from policyengine.change.period import days_of
from policyengine.cli.console import Console, Progress
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.file_io import deliver, protect, require_distinct
from policyengine.cli.options import (
    FILE,
    Output,
    Percent,
    TableOptions,
    as_of_option,
    color_option,
    output_option,
    records_of,
    records_option,
    subcommand,
)
from policyengine.cli.programs import open_program, program_and_records
from policyengine.cli.record_files import (
    ReadRecords,
    left_out_line,
    read_records,
    without_twins,
)
from policyengine.diagnostics import did_you_mean, listed
from policyengine.program.list_reports import reports_of
from policyengine.render.listings import listing_csv, listing_markdown, listing_text
from policyengine.render.style import painter
from policyengine.reports.due_list import due_list
from policyengine.reports.level_lists import By, Limits, losing_list, next_list
from policyengine.reports.level_money import LevelMoney
from policyengine.reports.lists import Answer, Collector, Listing
from policyengine.reports.own_list import OwnList
from policyengine.reports.undecided_list import Undecided
from policyengine.reports.waiver_list import waiver_list

_FEW = 10
"""So many rows of each list are shown where several are."""
LISTING_ENDINGS = {".csv": "csv", ".xlsx": "xlsx", ".md": "markdown"}


@subcommand(
    "report",
    "policyengine report acme acme/records/example.yaml",
    "policyengine report acme partners.csv due --within 14",
)
@click.argument("words", metavar="PROGRAM RECORD... [LIST]", nargs=-1, required=True, type=FILE)
@records_option
@as_of_option
@click.option(
    "--within", type=click.IntRange(0), default=30, show_default=True, metavar="DAYS",
    help="How far `due` looks ahead, and `losing` for levels that are held until a day.",
)  # fmt: skip
@click.option(
    "--room", type=Percent(), default="20", show_default=True, metavar="PERCENT",
    help="`losing` has the levels whose measure may fall by at most so much.",
)  # fmt: skip
@click.option(
    "--by", type=click.Choice(["room", "date", "money"]), default="room", show_default=True,
    help="What `losing` is ordered by.",
)  # fmt: skip
@output_option("text", "markdown", "csv", endings=LISTING_ENDINGS)
@color_option
def command(
    words: tuple[str, ...], files: tuple[str, ...], as_of: date, within: int, room: Decimal, by: By,
    outputs: tuple[Output, ...], color: str, **given: Any,
) -> int:  # fmt: skip
    """Show the lists that operations work with, over a partner base.

    LIST is `due` (overdue, and due within some days, by party), `losing` (about to lose a level), `next`
    (close to the next one, and what it brings in a year), `undecided` (by the fact that would settle most) or
    `waivers` (that lapse), or a report of the program's own; without it, the beginning of each is shown.
    `-o FILE.xlsx` writes all of them whole, a sheet for each, `-o FILE.csv` one of them.
    """
    console = Console.of(color)
    wanted, more = _list_of(words)
    program, records = program_and_records("report", more) if len(more) > 1 or not files else (more[0], [])
    options = records_of((*files, *records), given)
    if options is None:
        raise CommandError(
            "there are no records", help="name the file with the partner base after the program"
        )
    opened = open_program(program, as_of, console)
    inputs = without_twins(opened, read_base(opened, options, console), console)
    collectors = _collectors(opened, within, Limits(room / 100, within), by)
    _check_name(wanted, collectors)
    chosen = {name: each for name, each in collectors.items() if wanted in (None, name)}
    _collect(opened, inputs, chosen.values())
    listings = [each.listing() for each in chosen.values()]
    most = None if wanted else _FEW
    line = join(["policyengine", "report", program, *options.files])
    write_listings(
        outputs or (Output("text"),), listings, console, most, line,
        [*map(Path, (program, *options.inputs, *opened.files))],
    )  # fmt: skip
    console.err(left_out_line(inputs))
    return FOUND if inputs.left_out or inputs.orphans else OK


def _list_of(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The list that the last word names, and the other words: what is no file and has no ending."""
    *rest, last = words
    if rest and not Path(last).exists() and not set(last) & set("./\\:"):
        return last, rest
    return None, list(words)


def _check_name(wanted: str | None, names: Iterable[str]) -> None:
    if wanted is not None and wanted not in names:
        help = did_you_mean(wanted, names) or f"the lists are {listed(names)}"
        raise CommandError(f"there is no list `{wanted}`", help=help)


def read_base(program: Program, options: TableOptions, console: Console) -> ReadRecords:
    """The records of a base, in any form."""
    if options.reads_tables:
        from policyengine.cli.table_files import read_table_records

        return read_table_records(program, options, console)
    form: Any = options.form
    return read_records(program, options.files, form, console)


def _collectors(program: Program, within: int, limits: Limits, by: By) -> Mapping[str, Collector]:
    """What collects each list."""
    graph, vocabulary = program.linked.evaluated, program.vocabulary
    assert graph is not None
    worth = LevelMoney(graph, days_of("P12M", program.as_of)).worth
    found: dict[str, Collector] = {
        "due": due_list(program.labels, within),
        "losing": losing_list(worth, limits, by),
        "next": next_list(worth),
        "undecided": Undecided(vocabulary),
        "waivers": waiver_list(program.labels, within),
    }
    return found | {each.report.id: OwnList(each, program.as_of) for each in reports_of(program.linked)}


def _collect(program: Program, inputs: ReadRecords, collectors: Iterable[Collector]) -> None:
    progress, total = Progress(), len(inputs.records)
    try:
        for i, record in enumerate(inputs.records):
            answer = Answer(record, program.evaluate(record))
            for each in collectors:
                each.add(answer)
            progress(i + 1, total)
    finally:
        progress.end()


# Out


def write_listings(
    outputs: Sequence[Output], listings: Sequence[Listing], console: Console, most: int | None, line: str,
    inputs: Sequence[Path],
) -> None:  # fmt: skip
    """Writes lists as text, Markdown, CSV or a workbook; `line` is the command that shows one whole."""
    books = [each for each in outputs if each.format == "xlsx"]
    if len(listings) > 1 and any(each.format == "csv" for each in outputs):
        names = ", ".join(f"`{each.head.id}`" for each in listings)
        raise CommandError("a CSV file holds one list", help=f"name it after the records: {names}")
    require_distinct([each.path for each in outputs if each.path is not None])
    protect([each.path for each in outputs if each.path is not None], inputs)
    for book in books:
        _write_workbook(book, listings)
    rest = [each for each in outputs if each.format != "xlsx"]
    deliver(rest, _renderer(listings, console, most, line), console, inputs)


def _renderer(
    listings: Sequence[Listing], console: Console, most: int | None, line: str
) -> Callable[[str, bool], str]:
    def render(form: str, paint: bool) -> str:
        if form == "csv":
            return listing_csv(listings[0])
        if form == "markdown":
            return "\n\n".join(listing_markdown(each, most, f"{line} {each.head.id}") for each in listings)
        return "\n\n".join(
            listing_text(each, console.columns, painter(paint), most, f"{line} {each.head.id}")
            for each in listings
        )

    return render


def _write_workbook(output: Output, listings: Sequence[Listing]) -> None:
    from policyengine.cli.table_files import need_excel, reported_errors

    need_excel("a workbook")
    from policyengine.atomic_file import AtomicFile
    from policyengine.batch.workbook_out import SheetColumn, Sheets

    assert output.path is not None
    with reported_errors(), AtomicFile(output.path) as file:
        book = Sheets(file.stream)
        try:
            for each in listings:
                columns = [SheetColumn(column.title, column.kind) for column in each.head.columns]
                book.sheet(each.head.id, columns).rows(each.rows)
            book.finish()
        except BaseException:
            book.drop()
            raise
        file.commit()
