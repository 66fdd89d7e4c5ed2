"""A partner base that a command goes through record by record, and the lists that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from shlex import join
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from policyengine.api import Program
from policyengine.change.parallel import spread
from policyengine.cli.console import Console, Progress
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.file_io import deliver, protect, require_distinct
from policyengine.cli.options import Output, TableOptions, records_of
from policyengine.cli.programs import open_program, program_and_records
from policyengine.cli.record_files import LeftOut, ReadRecords, left_out_line, read_records, without_twins
from policyengine.dataclass import dataclass
from policyengine.program.record import Record
from policyengine.render.listings import listing_csv, listing_markdown, listing_text
from policyengine.render.style import painter
from policyengine.reports.lists import Listing

T = TypeVar("T")
LISTING_ENDINGS = {".csv": "csv", ".xlsx": "xlsx", ".md": "markdown"}
"""The endings of files that lists are written to."""


@dataclass(frozen=True)
class PartnerBase:
    """A program and the files of a partner base, which are read when their records are asked for.

    `folder` is the program as the command names it, `line` the command that reads the same, `paths` all files
    that are read. The policies are those of the day `known_on`, if there is one, with titles in `language`.
    `kept` are the records that were chosen from it.
    """

    folder: str
    program: Program
    options: TableOptions
    console: Console
    line: str
    paths: tuple[Path, ...]
    known_on: date | None = None
    language: str | None = None
    kept: ReadRecords | None = None

    @cached_property
    def inputs(self) -> ReadRecords:
        """All records, in memory; those with mistakes are reported."""
        if self.kept is not None:
            return self.kept
        program, options, console = self.program, self.options, self.console
        if options.reads_tables:
            from policyengine.cli.table_files import read_table_records

            return without_twins(program, read_table_records(program, options, console), console)
        form: Any = options.form
        return without_twins(program, read_records(program, options.files, form, console), console)

    def each(self, begin: Callable[[], Callable[[Record], None]]) -> int:
        """Hands each record on, shows how far it is, and says what is left out; returns the exit code.

        Tables are read batch by batch. `begin` is called for each pass over the records, and returns what
        takes one; a second pass is needed where two records have one key.
        """
        if self.options.reads_tables:
            from policyengine.cli.table_files import each_table_record

            return _ended(each_table_record(self.program, self.options, self.console, begin), self.console)
        take, progress, total = begin(), Progress(), len(self.inputs.records)
        try:
            for i, record in enumerate(self.inputs.records):
                take(record)
                progress(i + 1, total)
        finally:
            progress.end()
        return self.end(self.console)

    def gather(self, rows_of: Callable[[Record], Iterable[T]]) -> Iterator[T]:
        """What a function gives for the records, in their order; several processes share the work."""
        records, progress, done = self.inputs.records, Progress(), 0
        pieces: dict[int, list[T]] = {}

        def work(start: int, end: int) -> tuple[int, list[T]]:
            return start, [row for record in records[start:end] for row in rows_of(record)]

        try:
            for number, (start, rows) in spread(work, len(records)):
                pieces[start] = rows
                done += number
                progress(done, len(records))
        finally:
            progress.end()
        for start in sorted(pieces):
            yield from pieces[start]

    def protect(self, outputs: Sequence[Output]) -> None:
        """Ends the command if an output is an input, or another output."""
        written = [each.path for each in outputs if each.path is not None]
        require_distinct(written)
        protect(written, self.paths)

    def end(self, console: Console) -> int:
        """Says what was left out; returns the exit code."""
        return _ended(self.inputs, console)


def _options_given() -> Iterator[str]:
    """The options of the command line, but for those about where and how its output is written."""
    context = click.get_current_context()
    for each in context.command.params:
        given = context.get_parameter_source(str(each.name)) is ParameterSource.COMMANDLINE
        if given and isinstance(each, click.Option) and each.name not in ("outputs", "color"):
            value = context.params[str(each.name)]
            for one in value if isinstance(value, tuple) else (value,):
                yield from (each.opts[0],) if each.is_flag else (each.opts[0], str(one))


def _ended(found: ReadRecords | LeftOut, console: Console) -> int:
    console.err(left_out_line(found))
    return FOUND if found.left_out or found.orphans else OK


def open_base(
    command: str, words: Sequence[str], files: Sequence[str], as_of: date, given: Mapping[str, Any],
    console: Console, known_on: date | None = None, language: str | None = None,
) -> PartnerBase:  # fmt: skip
    """Opens the program and the records that a command line names."""
    named = program_and_records(command, list(words)) if len(words) > 1 or not files else (words[0], [])
    folder, records = named
    options = records_of((*files, *records), given)
    if options is None:
        raise CommandError(
            "there are no records", help="name the file with the partner base after the program"
        )
    program = open_program(folder, as_of, console, known_on, language)
    line = join(["policyengine", command, folder, *options.files, *_options_given()])
    paths = (*map(Path, (folder, *options.inputs, *program.files)),)
    return PartnerBase(folder, program, options, console, line, paths, known_on, language)


# Lists


def write_listings(
    outputs: Sequence[Output], listings: Sequence[Listing], base: PartnerBase, console: Console,
    most: int | None = None,
) -> None:  # fmt: skip
    """Writes lists as text, Markdown, CSV or a workbook, of each so many rows at `most`."""
    outputs = outputs or (Output("text"),)
    base.protect(outputs)
    for each in outputs:
        if each.format == "xlsx":
            _write_workbook(each, listings)
    rest = [each for each in outputs if each.format != "xlsx"]
    deliver(rest, _renderer(listings, console, most, base.line), console, base.paths)


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
