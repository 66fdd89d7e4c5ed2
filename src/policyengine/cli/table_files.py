"""The files that hold records: which are meant, what they need, and the records in them for decisions."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policyengine.api import Program
from policyengine.batch.column_mistakes import Mistakes
from policyengine.batch.documents import document_records
from policyengine.batch.inputs import Inputs, Kind, Reader, find_inputs
from policyengine.batch.lines import Unusable
from policyengine.batch.raw import ORPHAN, Raw, Reject
from policyengine.batch.typed import TypedReader
from policyengine.cli.console import Console, Progress
from policyengine.cli.exit_codes import CommandError, GoneError
from policyengine.cli.file_io import unreadable
from policyengine.cli.options import TableOptions
from policyengine.cli.record_files import LeftOut, ReadRecords, no_record
from policyengine.diagnostics import Severity, did_you_mean
from policyengine.files import file_of, is_workbook
from policyengine.policy.quantities import shorten
from policyengine.program.record import Record
from policyengine.program.record_reader import RecordReader

if TYPE_CHECKING:
    from policyengine.batch.engines import Begin

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MAKE_ROOM = "nothing was changed; free space beside each output, and in `TMPDIR` for temporary files"


def read_table_records(program: Program, options: TableOptions, console: Console) -> ReadRecords:
    """Reads the records of the files into memory; reports and leaves out those with mistakes."""
    records: list[Record] = []
    rejected: list[list[Reject]] = []
    with reported_errors():
        orphans = _read(program, options, records, rejected)
    console.err("\n".join(mistake_lines((*(each for found in rejected for each in found), *orphans))))
    inputs = ReadRecords(tuple(records), len(rejected), (), len(orphans))
    if inputs.total == 0 and not options.keys:
        raise no_record(path for path, _ in open_inputs(program, options).files)
    return inputs


def each_table_record(program: Program, options: TableOptions, console: Console, begin: Begin) -> LeftOut:
    """Hands the good records of the files on, batch by batch; reports those with mistakes.

    Where two records turn out to have one key, `begin` is called again, and all is done without both.
    """
    inputs, progress = open_inputs(program, options), Progress(sums_up=True)
    need_extra("a list over tables")
    from policyengine.batch.engines import EachRecord
    from policyengine.batch.run import Run, evaluate_all

    handed = EachRecord(program.linked, begin)
    run = Run(
        program.linked, handed, lambda: reader_of(program, inputs, options), handed.sink,
        lambda records, reader: progress.tell(records, reader.meter.done, reader.meter.total),
    )  # fmt: skip
    try:
        with reported_errors():
            found = evaluate_all(run)
    finally:
        progress.end()
    console.err("\n".join(found.mistakes.lines(reject_text)))
    if not found.records:
        raise no_record(path for path, _ in inputs.files)
    return LeftOut(found.records, found.rejected, found.orphans)


def mistake_lines(found: Iterable[Reject]) -> Iterator[str]:
    """Yields what is told of mistakes: those of columns first, and at most twenty lines."""
    mistakes = Mistakes()
    for each in found:
        mistakes.add(each)
    yield from mistakes.lines(reject_text)


def table_records(program: Program, options: TableOptions) -> tuple[list[Record], list[list[Reject]]]:
    """Returns the records of the files, and the mistakes of each that cannot be read."""
    records: list[Record] = []
    rejected: list[list[Reject]] = []
    with reported_errors():
        _read(program, options, records, rejected)
    return records, rejected


def _read(
    program: Program, options: TableOptions, records: list[Record], rejected: list[list[Reject]]
) -> list[Reject]:
    """Reads the good and the rejected records; returns the rows of tables that belong to none."""
    inputs = open_inputs(program, options)
    reader = reader_of(program, inputs, options)
    typed = TypedReader(program.vocabulary)
    orphans: list[Reject] = []
    found: list[list[Reject]] = []
    if reader.child_tables:
        orphans = _read_with_tables(program, reader, typed, records, found)
    else:
        for raw in reader.records():
            _take(typed.read(raw), records, found)
    rejected += ([reader.placed(each) for each in some] for some in found)
    kept = (each for each in orphans if not options.keys or each.code != ORPHAN.id)
    return [reader.placed(each) for each in kept]


def _read_with_tables(
    program: Program, reader: Reader, typed: TypedReader, records: list[Record],
    rejected: list[list[Reject]],
) -> list[Reject]:  # fmt: skip
    from policyengine.batch.child_tables import ROWS, ChildTables

    orphans: list[Reject] = []
    with closing(ChildTables(program.vocabulary, reader.child_tables)) as tables:
        for entity in reader.child_tables:
            orphans.extend(tables.add(entity, reader.table(entity, ROWS)))
        raws = [(typed.key_of(raw), raw) for raw in reader.records()]
        tables.attach(raws)
        for _, raw in raws:
            _take(typed.read(raw), records, rejected)
        return [*orphans, *tables.orphans()]


def _take(found: Record | list[Reject], records: list[Record], rejected: list[list[Reject]]) -> None:
    if isinstance(found, Record):
        records.append(found)
    else:
        rejected.append(found)


def reject_text(found: Reject) -> str:
    """Returns a mistake in one line, or in two with its help."""
    place = f"{found.file}: {found.cell}" if found.cell else f"{found.file}:{found.line}"
    who = f" (record `{shorten(found.key)}`)" if found.key else ""
    help = f"\nhelp: {found.help}" if found.help else ""
    return f"{place}: error[{found.code}]: {found.reason}{who}{help}"


def open_inputs(program: Program, options: TableOptions) -> Inputs:
    """Returns the input files, each of which can be read, or the queries."""
    if options.records_from is not None or options.query is not None:
        return _queries(program, options)
    named: dict[str, Path] = {}
    for text in options.tables:
        word, equals, name = text.partition("=")
        if not equals or not name:
            raise CommandError(f"`{text}` names no table", help="write it as `--table accounts=FILE`")
        if word in named:
            raise CommandError(f"`--table` names `{word}` twice", help="name one file for each list")
        named[word] = Path(name)
    paths = [_standard_input() if file == "-" else Path(file) for file in options.files]
    for path in (*paths, *named.values()):
        _readable(file_of(path))
    within = (each for path in paths if path.is_dir() for each in path.iterdir())
    if any(map(is_workbook, (*paths, *named.values(), *within))):
        need_excel("reading a workbook")
    try:
        inputs = find_inputs(paths, named, program.vocabulary, options.form)
    except Unusable as error:
        raise CommandError(error.message, help=error.help) from None
    kinds = {kind for _, kind in inputs.files}
    for kind, word in (("csv", "CSV"), ("parquet", "Parquet")):
        if kind in kinds:
            need_extra(f"reading {word}")
    if inputs.tables:
        need_extra("a table beside the records")
    return inputs


def _queries(program: Program, options: TableOptions) -> Inputs:
    if options.records_from is None or options.query is None or options.files:
        raise CommandError(
            "`--records-from` and `--query` go together, and no file goes with them",
            help="write `--records-from sqlite:///crm.db --query 'SELECT ...'`",
        )
    need_extra("reading a database")
    from policyengine.batch.database import Database

    lists = {str(each.list): name for name, each in program.vocabulary.entities.items() if each.list}
    queries = {program.vocabulary.root: options.query}
    for text in options.tables:
        word, _, query = text.partition("=")
        if word not in lists or not query:
            raise CommandError(f"`{text}` names no list", help=f"its lists are {', '.join(lists) or 'none'}")
        if lists[word] in queries:
            raise CommandError(f"`--table` names `{word}` twice", help="name one query for each list")
        queries[lists[word]] = query
    with reported_errors():
        return Inputs(database=Database(options.records_from), queries=queries)


def _standard_input() -> Path:
    raise _read_once("standard input")


def _read_once(what: str) -> CommandError:
    return CommandError(
        f"{what} cannot be read twice, as tables are", help="write it to a file, and name that"
    )


def _readable(path: Path) -> None:
    try:
        if path.is_dir():
            next(path.iterdir(), None)
        elif path.exists() and not path.is_file():
            raise _read_once(f"`{path}`")
        else:
            with path.open("rb"):
                pass
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:
        raise CommandError("a file name may not hold a NUL character") from None


def has_extra() -> bool:
    """Whether the libraries of columns are installed, which read records batch by batch."""
    return all(find_spec(module) is not None for module in ("polars", "pyarrow"))


def need_extra(what: str) -> None:
    """Ends the command if the libraries of columns are not installed: all tables need them."""
    if not has_extra():
        raise CommandError(
            f"{what} needs the extra `batch`, which is not installed",
            help="`python -m pip install 'msgspec>=0.20' 'polars>=2.1' 'pyarrow>=26'` adds it; "
            "without it, YAML, JSON and NDJSON are decided",
        )


def need_excel(what: str) -> None:
    """Ends the command if the libraries of workbooks are not installed."""
    need_extra(what)
    if any(find_spec(module) is None for module in ("python_calamine", "xlsxwriter")):
        raise CommandError(
            f"{what} needs the extra `excel`, which is not installed",
            help="`python -m pip install 'python-calamine>=0.4' 'xlsxwriter>=3.2'` adds it",
        )


def reader_of(program: Program, inputs: Inputs, options: TableOptions) -> Reader:
    """Returns the reader of these inputs."""
    ignored, mappings = options.ignored, mappings_of(program, options)
    records = RecordReader(program.vocabulary)

    def plain(path: Path, kind: Kind) -> Iterator[Raw]:
        assert kind in ("yaml", "json")
        return document_records(path, "yaml" if kind == "yaml" else "json", records)

    return Reader(inputs, program.vocabulary, ignored, plain, mappings, options.keys)


def mappings_of(program: Program, options: TableOptions) -> Any:
    """Returns the mappings that `--map` names, and those of the program for the other tables, or None."""
    own = program.linked.mappings
    if not own and not options.maps:
        return None
    need_extra("a mapping")
    from policyengine.batch.mapped import Mappings

    known = {each.mapping.id: each.mapping for each in own}
    if not options.maps:
        return Mappings(tuple(known.values()))
    found: list[Any] = []
    for word in options.maps:
        found += [known[word]] if word in known and not Path(word).exists() else _mapping_file(program, word)
    return Mappings(tuple(found), asked=True, beside=tuple(known.values()))


def _mapping_file(program: Program, name: str) -> list[Any]:
    """Returns the mappings of a file; ends the command if they have mistakes."""
    from policyengine.program.mappings import read_mappings

    if not Path(name).exists():
        known = [each.mapping.id for each in program.linked.mappings]
        help = did_you_mean(name, known) or "name a file, or the id of a mapping of the program"
        raise CommandError(f"there is no mapping `{name}`", help=help)
    found, diagnostics = read_mappings(Path(name), program.vocabulary)
    errors = [each for each in diagnostics if each.severity is Severity.ERROR]
    if errors or not found:
        from policyengine.render.diagnostic_text import diagnostics_text

        console, told = Console.of("auto"), errors or diagnostics
        console.err(diagnostics_text(told, color=console.color_err) if told else "")
        help = "correct it first" if told else "it has no document with `kind: mapping`"
        raise CommandError(f"`{name}` is not a mapping that can be used", help=help)
    return [each.mapping for each in found]


@contextmanager
def reported_errors() -> Iterator[None]:
    """Ends the command with a message if an input cannot be read or an output cannot be written."""
    try:
        yield
    except Unusable as error:
        raise CommandError(error.message, help=error.help) from None
    except BrokenPipeError:  # click would end with a code of its own
        raise GoneError from None
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        if error.errno in _NO_ROOM:
            reason = os.strerror(error.errno).lower()
            raise CommandError(f"there is no room for the output: {reason}", help=_MAKE_ROOM) from None
        name = f"`{error.filename}`" if error.filename else "an output"
        raise CommandError(f"{name} cannot be read or written: {reason}") from None
