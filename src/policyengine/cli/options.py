"""The options that commands share, and the types of their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from policyengine.cli.console import write_out
from policyengine.cli.exit_codes import CommandError
from policyengine.dataclass import dataclass
from policyengine.diagnostics import did_you_mean
from policyengine.files import BOOKS, file_of
from policyengine.text import literal_guesses

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])

_SETTINGS: dict[str, Any] = {"auto_envvar_prefix": "POLICYENGINE", "max_content_width": 100}
"""Of every command: `POLICYENGINE_AS_OF` is `--as-of`, and so on."""


def subcommand(name: str, *examples: str) -> Callable[[Callable[..., int]], click.Command]:
    """Makes a function a command, with command lines that can be tried at the end of its help."""
    lead = "Example:" if len(examples) == 1 else "Examples:"
    epilog = "\n".join(("\b", lead, *(f"  {line}" for line in examples)))

    def make(function: Callable[..., int]) -> click.Command:
        made = click.command(name, context_settings=_SETTINGS, epilog=epilog)(function)
        made.params.append(HELP)
        return made

    return make


def _show_help(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        write_out(f"{ctx.get_help()}\n")
        ctx.exit()


HELP = click.Option(
    ["-h", "--help"], is_flag=True, is_eager=True, expose_value=False, callback=_show_help,
    help="Show this message and exit.",
)  # fmt: skip
"""The one of click writes by itself, and knows nothing of outputs that are closed or full."""


class FileName(click.ParamType):  # type: ignore[type-arg]
    """A path as it is given; shells complete it as they complete files."""

    name = "file"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Returns the request that the shell completes files."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


FILE = FileName()


class Word(click.ParamType):  # type: ignore[type-arg]
    """One of several words; others are left to the command. `words` is called when one is completed."""

    name = "word"

    def __init__(self, words: Callable[[], Iterable[str]]) -> None:
        self._words = words

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Returns the words that begin so."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(word) for word in self._words() if word.startswith(incomplete)]


class Day(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
    """A date as `2026-11-21`."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Returns the date; the error suggests the date that was probably meant."""
        if isinstance(value, date):
            return value
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                raise CommandError(f"`{value}` is not a day of the calendar") from None
        instead = literal_guesses.date(value)
        raise CommandError(
            f"`{value}` is not a date",
            help=f"write `{instead}`" if instead else "write it as year-month-day, such as `2026-11-21`",
        )


@dataclass(frozen=True, slots=True)
class Output:
    """A format, and the file that it goes to; None is standard output.

    `table` tells that the file was named alone, so that its ending says what is written.
    """

    format: str
    path: Path | None = None
    table: bool = False


class OutputType(click.ParamType):  # type: ignore[type-arg]
    """`FORMAT` or `FORMAT:FILE`; with `endings`, a file whose ending tells the format."""

    name = "output"

    def __init__(self, formats: tuple[str, ...], endings: Mapping[str, str] | None = None) -> None:
        self.formats = formats
        self.endings = endings or {}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Output:
        """Returns the output; the error suggests the format that was probably meant."""
        if isinstance(value, Output):
            return value
        name, colon, path = str(value).partition(":")
        ending = Path(str(value)).suffix.lower()
        if name not in self.formats and ending in self.endings:
            return Output(self.endings[ending], Path(str(value)), table=True)
        if name not in self.formats:
            raise CommandError(f"`{name}` is not a format of this command", help=self._instead(name))
        if colon and not path:
            raise CommandError(f"`{value}` names no file", help=f"write `{name}:FILE`, or only `{name}`")
        return Output(name, Path(path) if colon and path != "-" else None)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Returns the formats that begin so; without one, the request that the shell completes files."""
        from click.shell_completion import CompletionItem

        formats = [CompletionItem(each) for each in self.formats if each.startswith(incomplete)]
        return formats or FILE.shell_complete(ctx, param, incomplete)

    def _instead(self, name: str) -> str:
        meant = did_you_mean(name, self.formats)
        if meant is not None:
            return meant
        known = ", ".join(f"`{one}`" for one in self.formats)
        files = f", or a file that ends in {', '.join(self.endings)}" if self.endings else ""
        return f"write one of {known}, alone for standard output{files}"


class Percent(click.ParamType):  # type: ignore[type-arg]
    """A percentage as `95` or `99.5`."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Returns the percentage; the error says what can be written."""
        if isinstance(value, Decimal):
            return value
        text = str(value).strip().removesuffix("%").strip()
        if re.fullmatch(r"\d{1,3}(\.\d{1,9})?", text) and Decimal(text) <= 100:
            return Decimal(text)
        raise CommandError(f"`{value}` is not a share in per cent", help="write a number from 0 to 100")


def today() -> date:
    """Returns the day by the clock of this machine."""
    return datetime.now().astimezone().date()


def as_of_option(function: F) -> F:
    """`--as-of DATE`."""
    return click.option(
        "--as-of", type=Day(), default=today, metavar="DATE", help="The day that counts (default: today)."
    )(function)


def known_on_option(function: F) -> F:
    """`--known-on DATE`."""
    return click.option(
        "--known-on", type=Day(), metavar="DATE",
        help="Take the policies as they were committed at the end of that day, and, without --as-of, judge "
        "for it.",
    )(function)  # fmt: skip


def judged_on(as_of: date, known_on: date | None) -> date:
    """The day that counts: that of `--as-of`; where only `--known-on` is given, that one."""
    return known_on if known_on is not None and is_default("as_of") else as_of


def is_default(name: str) -> bool:
    """Whether an option of the command that runs was left out."""
    given = click.get_current_context().get_parameter_source(name)
    return given in (click.core.ParameterSource.DEFAULT, None)


def color_option(function: F) -> F:
    """`--color WHEN`."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        help="Colour the output (default: on a terminal; NO_COLOR and FORCE_COLOR are heeded).",
    )(function)


def output_option(*formats: str, endings: Mapping[str, str] | None = None) -> Callable[[F], F]:
    """`-o FORMAT[:FILE]`, as often as liked; the first format is the default."""
    files = f"; or a file, {', '.join(dict.fromkeys(endings))}, for a table" if endings else ""
    return click.option(
        "-o",
        "--output",
        "outputs",
        type=OutputType(formats, endings),
        multiple=True,
        metavar="FORMAT[:FILE]|FILE" if endings else "FORMAT[:FILE]",
        help=f"{', '.join(formats[:-1])} or {formats[-1]}{files}; may be given several times "
        f"(default: {formats[0]} on standard output).",
    )


# The options of `evaluate` that concern tables.

Kind = Literal["csv", "ndjson", "parquet", "yaml", "json", "workbook"]
Form = Literal["csv", "ndjson", "parquet", "xlsx"]
Layout = Literal["findings", "records"]
EngineName = Literal["auto", "rows", "columns"]
ENDINGS: dict[str, Form] = {
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}
_TABLES = (".csv", ".tsv", ".parquet", ".pq", *BOOKS)


@dataclass(frozen=True, slots=True)
class TableOptions:
    """The options of one command line, as given."""

    files: tuple[str, ...]
    tables: tuple[str, ...]
    ignored: tuple[str, ...]
    outputs: tuple[Output, ...]
    rejects: str | None
    layout: Layout | None
    engine: EngineName
    explain_engine: bool
    form: Kind | None
    records_from: str | None = None
    query: str | None = None
    maps: tuple[str, ...] = ()
    details: bool = False
    keys: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The files that it names: of records, of tables beside them, of a database."""
        tables = (table.partition("=")[2] for table in self.tables if self.records_from is None)
        base = (self.records_from or "").partition("sqlite:///")[2]
        named = [
            file_of(Path(each))
            for each in (*self.files, *tables, base, *self.maps)
            if each and "\0" not in each
        ]
        within = (each for folder in named if folder.is_dir() for each in folder.iterdir())
        return tuple(map(str, (*named, *within)))

    @property
    def writes_tables(self) -> bool:
        """Whether the outputs are tables, not decisions."""
        return any(
            self.layout is not None or output.table or output.format in ("csv", "parquet", "xlsx")
            for output in self.outputs
        )

    @property
    def has_details(self) -> bool:
        """Whether labels, titles and the like stand beside the ids: where asked for, and in workbooks."""
        return self.details or all(output.format == "xlsx" for output in self.outputs)

    @property
    def reads_tables(self) -> bool:
        """Whether an input is a table, a folder or a database."""
        paths = [Path(file) for file in self.files]
        tables = any(
            file_of(path).suffix.lower() in _TABLES or path.is_dir()
            for path in paths
            if "\0" not in str(path)
        )
        return (
            tables
            or bool(self.tables or self.ignored or self.records_from or self.maps)
            or self.form in ("csv", "parquet")
        )

    @property
    def only_for_tables(self) -> str | None:
        """An option that is given although only tables have it; None if there is none."""
        given = {
            "--layout": self.layout is not None,
            "--details": self.details,
            "--rejects": self.rejects is not None,
            "--engine": self.engine != "auto",
            "--explain-engine": self.explain_engine,
        }
        return next((name for name, is_given in given.items() if is_given), None)


def map_option(function: F) -> F:
    """`--map FILE|ID`."""
    return click.option(
        "--map", "maps", multiple=True, metavar="FILE|ID", type=FILE,
        help="A mapping of the columns of an export; may be given several times, one for each table.",
    )(function)  # fmt: skip


def ignore_option(function: F) -> F:
    """`--ignore NAME`."""
    return click.option(
        "--ignore", "ignored", multiple=True, metavar="NAME", help="A column not meant for the program."
    )(function)


def table_option(function: F) -> F:
    """`--table LIST=FILE`."""
    return click.option(
        "--table", "tables", multiple=True, metavar="LIST=FILE",
        help="A table of children of the records, such as `accounts=accounts.csv`.",
    )(function)  # fmt: skip


def records_option(function: F) -> F:
    """`--records FILE` and what tells how it is read: formats, tables of children, a database."""
    kinds = click.Choice(["yaml", "json", "ndjson", "csv", "parquet"])
    for option in (
        click.option("--query", metavar="SQL", help="What to read there; its columns are facts."),
        click.option(
            "--records-from", metavar="URL", help="A database: sqlite:///FILE or postgresql://HOST/NAME."
        ),
        map_option,
        ignore_option,
        table_option,
        click.option(
            "--format", "form", type=kinds, help="What is in the files, if the ending does not tell."
        ),
        click.option(
            "--records", "files", type=FILE, metavar="FILE", multiple=True,
            help="Records: YAML, JSON, NDJSON, CSV, Parquet, workbooks, folders; may be given several times.",
        ),
    ):  # fmt: skip
        function = option(function)
    return function


def records_of(files: tuple[str, ...], given: Mapping[str, Any]) -> TableOptions | None:
    """Returns the records that the options of `records_option` name; None if they name none."""
    asked = ("tables", "ignored", "form", "records_from", "query", "maps")
    options = TableOptions(
        files, outputs=(), rejects=None, layout=None, engine="auto", explain_engine=False,
        **{name: given[name] for name in asked},
    )  # fmt: skip
    return options if files or options.records_from is not None or options.query is not None else None
