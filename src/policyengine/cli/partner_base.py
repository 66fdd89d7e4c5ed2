"""A partner base that a command goes through record by record, and the lists that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from shlex import join
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from policyengine.api import Program
from policyengine.change.parallel import PIECE, Workers
from policyengine.cli.console import Console, Progress
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.file_io import deliver, protect, require_distinct
from policyengine.cli.options import Output, TableOptions, records_of
from policyengine.cli.programs import open_program, program_and_records
from policyengine.cli.record_files import (
    LeftOut,
    ReadRecords,
    check_keys,
    left_out_line,
    none_usable,
    picked,
    read_records,
    require_usable,
    without_twins,
)
from policyengine.dataclass import dataclass
from policyengine.diagnostics import did_you_mean, listed
from policyengine.files import MANIFEST
from policyengine.papers.language import LANGUAGES, Language, language
from policyengine.program.record import Record
from policyengine.render.listings import listing_csv, listing_markdown, listing_text, listings_json
from policyengine.render.style import painter
from policyengine.reports.lists import Listing

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
Work = tuple[Callable[[Sequence[Record]], T], Callable[[T], None]]
"""What works on some records, in whatever process, and what takes what comes of them, in their order."""
_ALONE = 4
"""So many pieces are worked on before other processes join in, which costs less than a second."""
_MANY_BYTES = 4_000_000
LISTING_ENDINGS = {".csv": "csv", ".xlsx": "xlsx", ".md": "markdown", ".json": "json"}
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

    def each(self, begin: Callable[[], Work[T]], outputs: Sequence[Output] = ()) -> int:
        """Works on all records, shows how far it is, and says what is left out; returns the exit code.

        Tables are read batch by batch, several processes share the work. `begin` is called for each pass over
        the records; a second one is needed where two records have one key.
        """

        @contextmanager
        def going() -> Iterator[Callable[[Sequence[Record]], None]]:
            work, take = begin()

            def run(sent: Sequence[_Sent]) -> T:
                return work([*map(_received, sent)])

            workers: Workers[Sequence[_Sent], T] = Workers(run, alone=_ALONE)

            def put(records: Sequence[Record]) -> None:
                for start in range(0, len(records), PIECE):
                    for found in workers.put([*map(_sent, records[start : start + PIECE])]):
                        take(found)

            with workers:
                yield put
                for found in workers.rest():
                    take(found)

        if self.kept is None and (self.options.reads_tables or self._has_many_lines()):
            from policyengine.cli.table_files import each_table_record

            found = each_table_record(self.program, self.options, self.console, going)
            return _ended(found, self.console, outputs)
        self._each_held(going)
        return self.end(self.console, outputs)

    def _each_held(
        self, going: Callable[[], AbstractContextManager[Callable[[Sequence[Record]], None]]]
    ) -> None:
        """Works on the records that are in the memory."""
        records, progress = self.inputs.records, Progress(sums_up=True)
        try:
            with going() as put:
                for start in range(0, len(records), PIECE):
                    put(records[start : start + PIECE])
                    progress(min(start + PIECE, len(records)), len(records))
        except OSError:  # of the file that rows wait in
            from policyengine.cli.table_files import reported_errors

            with reported_errors():
                raise
        finally:
            progress.end()

    def _has_many_lines(self) -> bool:
        """Whether the records are so many lines of JSON that they are read as tables are, if they can be."""
        paths = [Path(each) for each in self.options.files if each != "-"]
        is_lines = len(paths) == len(self.options.files) and all(
            path.suffix.lower() in (".ndjson", ".jsonl") and path.is_file() for path in paths
        )
        if not is_lines or self.options.form not in (None, "ndjson"):
            return False
        if sum(path.stat().st_size for path in paths) <= _MANY_BYTES:
            return False
        from policyengine.cli.table_files import has_extra

        return has_extra()

    def chosen(self, keys: Sequence[str]) -> PartnerBase:
        """The base with the records of these keys, or of all; ends the command if there are none."""
        inputs = picked(self.program, keys, self.inputs)
        check_keys(self.program, keys, inputs)
        if not inputs.records:
            raise none_usable()
        return replace(self, kept=inputs)

    def protect(self, outputs: Sequence[Output]) -> None:
        """Ends the command if an output is an input, or another output."""
        written = [each.path for each in outputs if each.path is not None]
        require_distinct(written)
        protect(written, self.paths)

    def end(self, console: Console, outputs: Sequence[Output] = ()) -> int:
        """Says what was left out; returns the exit code. Where that is all, no file is to be written."""
        return _ended(self.inputs, console, outputs)


_Sent = tuple[str, Mapping[str, object], Mapping[str, Sequence[Any]]]


def _sent(record: Record) -> _Sent:
    """The record for another process, in half the time of its own pickle; no list shows where it was read."""
    return record.entity, record.facts, {name: [*map(_sent, rows)] for name, rows in record.lists.items()}


def _received(sent: _Sent) -> Record:
    entity, facts, lists = sent
    return Record(entity, facts, {name: tuple(map(_received, rows)) for name, rows in lists.items()})


def _options_given() -> Iterator[str]:
    """The options of the command line, but for those about where and how its output is written."""
    context = click.get_current_context()
    for each in context.command.params:
        given = context.get_parameter_source(str(each.name)) is ParameterSource.COMMANDLINE
        if given and isinstance(each, click.Option) and each.name not in ("outputs", "color"):
            value = context.params[str(each.name)]
            for one in value if isinstance(value, tuple) else (value,):
                yield from (each.opts[0],) if each.is_flag else (each.opts[0], str(one))


def _ended(found: ReadRecords | LeftOut, console: Console, outputs: Sequence[Output]) -> int:
    require_usable(found, outputs, console)
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


def language_option(function: F) -> F:
    """`--language`."""
    return click.option(
        "--language", "language_code", type=click.Choice(LANGUAGES), default="en", show_default=True,
        help="The language of what is written, and of titles that the policies have in several.",
    )(function)  # fmt: skip


def key_option(function: F) -> F:
    """`--key`."""
    help = "Only the record with this key."
    return click.option("--key", "keys", multiple=True, metavar="KEY", help=help)(function)


# Lists


def list_of(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The list that the last word names, and the other words: what holds no records and has no ending."""
    *rest, last = words
    holds_records = Path(last).exists() and not (Path(last) / MANIFEST).is_file()
    if rest and not holds_records and not set(last) & set("./\\:"):
        return last, rest
    return None, list(words)


def check_list(wanted: str | None, names: Iterable[str]) -> None:
    """Ends the command if there is no list of that name."""
    if wanted is not None and wanted not in names:
        help = did_you_mean(wanted, names) or f"the lists are {listed(names)}"
        raise CommandError(f"there is no list `{wanted}`", help=help)


def one_list(names: Iterable[str]) -> CommandError:
    """The error where a file that holds one list is to hold several."""
    named = ", ".join(f"`{name}`" for name in names)
    return CommandError("a CSV file holds one list", help=f"name it after the records: {named}")


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
    say = language(base.language or "en")
    deliver(rest, _renderer(listings, console, most, base.line, say), console, base.paths)


def _renderer(
    listings: Sequence[Listing], console: Console, most: int | None, line: str, say: Language
) -> Callable[[str, bool], Iterator[str]]:
    def lines(listing: Listing, form: str, paint: bool) -> Iterator[str]:
        more = f"{line} {listing.head.id}"
        if form == "csv":
            return listing_csv(listing)
        if form == "markdown":
            return listing_markdown(listing, most, more, say)
        return listing_text(listing, console.columns, painter(paint), most, more, say)

    def render(form: str, paint: bool) -> Iterator[str]:
        if form == "json":
            yield from listings_json(listings)
            return
        for i, each in enumerate(listings):
            yield from ("",) if i else ()
            yield from lines(each, form, paint)

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
