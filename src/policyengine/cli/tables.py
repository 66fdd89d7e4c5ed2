"""`evaluate` on whole partner bases: tables of findings out, rejects beside them."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from policyengine.api import Program
from policyengine.batch.beside import Beside
from policyengine.batch.database import Database
from policyengine.batch.engines import FEW, Columns, Engine, Rows
from policyengine.batch.inputs import Inputs, Kind, Reader, find_inputs, kind_of
from policyengine.batch.lines import Unusable
from policyengine.batch.raw import Raw, Reject
from policyengine.batch.run import Run, Summary, evaluate_all
from policyengine.batch.sinks import Target, Targets
from policyengine.batch.typed import TypedReader
from policyengine.cli.console import Console, Progress
from policyengine.cli.exit_codes import FOUND, OK, CommandError, GoneError
from policyengine.cli.files import unreadable
from policyengine.cli.options import Output
from policyengine.cli.record_files import ReadRecords
from policyengine.cli.table_options import ENDINGS, Form, TableOptions
from policyengine.decision.wording import plural
from policyengine.engine.layout import COLUMNS
from policyengine.program.record import Record
from policyengine.program.record_reader import RecordReader

_ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MAKE_ROOM = (
    "nothing was changed; room is needed beside each output, and where `TMPDIR` says for temporary files"
)


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
        _readable(path)
    try:
        inputs = find_inputs(paths, named, program.vocabulary, options.form)
    except Unusable as error:
        raise CommandError(error.message, help=error.help) from None
    if any(kind_of(path) == "parquet" for path in inputs.paths):
        need_extra("pyarrow", "Parquet")
    return inputs


def _queries(program: Program, options: TableOptions) -> Inputs:
    if options.records_from is None or options.query is None or options.files:
        raise CommandError(
            "`--records-from` and `--query` go together, and no file goes with them",
            help="write `--records-from sqlite:///crm.db --query 'SELECT ...'`",
        )
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


def need_extra(module: str, what: str) -> None:
    """Ends the command if a library of an extra is not installed."""
    if find_spec(module) is None:
        raise CommandError(
            f"{what} needs the extra `batch`, which is not installed",
            help="pip install 'partner-policy-engine[batch]'",
        )


def reader_of(program: Program, inputs: Inputs, ignored: Iterable[str]) -> Reader:
    """Returns the reader of these inputs."""
    from policyengine.batch.documents import document_records

    records = RecordReader(program.vocabulary)

    def plain(path: Path, kind: Kind) -> Iterator[Raw]:
        assert kind in ("yaml", "json")
        return document_records(path, "yaml" if kind == "yaml" else "json", records)

    return Reader(inputs, program.vocabulary, ignored, plain)


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


@contextmanager
def _ended_tidily() -> Iterator[None]:
    """Turns signals that end the process into exceptions, so that temporary files are removed."""

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = {}
    with suppress(ValueError):  # not in the main thread, which alone hears of it
        for each in _ENDS:
            if signal.getsignal(each) == signal.SIG_DFL:  # `nohup` has a hang-up ignored
                before[each] = signal.signal(each, end)
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def evaluate_tables(program: Program, options: TableOptions, console: Console) -> int:
    """Evaluates all records into tables; returns the exit code."""
    inputs = open_inputs(program, options)
    with reported_errors():
        targets = _targets(program, options, inputs)
    engine = choose_engine(program, options, console)
    progress = Progress()
    run = Run(
        program.linked,
        engine,
        lambda: reader_of(program, inputs, options.ignored),
        targets.open,
        lambda records, reader: progress.tell(records, reader.meter.done, reader.meter.total),
    )
    try:
        with reported_errors(), _ended_tidily():
            summary = evaluate_all(run)
    finally:
        progress.end()
    if not summary.records and not summary.orphans:
        raise CommandError("the input contains no record")
    by_rows = f"{summary.by_rows:,} of {plural(summary.records, 'record')} worked out one after the other"
    _explain(options, console, by_rows)
    console.err(_left_out(summary, targets.rejects))
    return OK if summary.clean else FOUND


def choose_engine(program: Program, options: TableOptions, console: Console) -> Engine:
    """Returns the engine that the options name; by default columns, if they are installed."""
    there = find_spec("polars") is not None and find_spec("pyarrow") is not None
    if options.engine == "columns":
        need_extra("polars" if find_spec("polars") is None else "pyarrow", "the column engine")
    if options.engine == "rows" or not there:
        why = "as asked for" if options.engine == "rows" else "the extra `batch` is not installed"
        _explain(options, console, f"engine: rows ({why})")
        return Rows(program.linked)
    columns = Columns(program.linked, FEW if options.engine == "auto" else 0)
    if options.explain_engine:
        console.err("\n".join(_engine_lines(columns.plan.by_rows)))
    return columns


def _explain(options: TableOptions, console: Console, text: str) -> None:
    if options.explain_engine:
        console.err(text)


def _engine_lines(by_rows: Mapping[str, str]) -> Iterator[str]:
    if not by_rows:
        yield "engine: columns (all of the program)"
        return
    yield f"engine: columns ({plural(len(by_rows), 'part')} of the program worked out row by row)"
    yield from (f"  {name}: {why}" for name, why in by_rows.items())


def _targets(program: Program, options: TableOptions, inputs: Inputs) -> Targets:
    tables = tuple(_target(output) for output in options.outputs)
    if sum(target.path is None for target in tables) > 1:
        raise CommandError("two outputs go to standard output", help="give one of them a file")
    if any(target.form == "parquet" for target in tables):
        need_extra("pyarrow", "Parquet")
    rejects = _rejects(options, tables)
    paths = [target.path for target in (*tables, *([rejects] if rejects else ())) if target.path is not None]
    _check_outputs(paths, inputs, [Path(file) for file in options.files])
    digits = program.vocabulary.number_of_digits()
    if options.layout != "records":
        return Targets(
            tables, COLUMNS, digits, lambda rows, records: rows, None, rejects, options.rejects is None
        )
    from policyengine.batch.wide import Wide

    assert program.linked.graph is not None
    wide = Wide(program.linked.graph)

    def shape_table(findings: Any, records: Sequence[tuple[int, str | None]]) -> Any:
        from policyengine.batch.wide_columns import shape_table

        return shape_table(wide, findings, records)

    return Targets(tables, wide.columns, digits, wide.shape, shape_table, rejects, options.rejects is None)


def _target(output: Output) -> Target:
    form: Form | None = next((form for form in ENDINGS.values() if form == output.format), None)
    if form is None:
        raise CommandError(
            f"`{output.format}` cannot be written together with a table",
            help="run the command once for decisions and once for tables",
        )
    if output.path is None and form == "parquet":
        raise CommandError("Parquet is not written to standard output", help="name a file: `-o FILE.parquet`")
    return Target(form, output.path, None if output.path is not None else sys.stdout.buffer)


def _rejects(options: TableOptions, tables: Sequence[Target]) -> Target | None:
    """Returns the file for rejects: as given, else beside the first table; None beside standard output."""
    if options.rejects is not None:
        path = Path(options.rejects)
        form = ENDINGS.get(path.suffix.lower())
        if form is None:
            raise CommandError(
                f"the ending of `{path}` does not tell the format to write",
                help=f"it is one of {', '.join(ENDINGS)}",
            )
        return Target(form, path)
    beside = next((each.path for each in tables if each.path is not None and not each.passes_on), None)
    return Target("csv", beside.with_name(f"{beside.stem}.rejects.csv")) if beside is not None else None


def _check_outputs(paths: Sequence[Path], inputs: Inputs, given: Sequence[Path]) -> None:
    folders = [path.resolve() for path in given if path.is_dir()]
    for i, path in enumerate(paths):
        real = path.resolve()
        if any(real == one.resolve() for one in inputs.paths):
            raise CommandError(f"`{path}` is an input of this command", help="write to another file")
        if any(real == other.resolve() for other in paths[:i]):
            raise CommandError(f"`{path}` would be written twice", help="give each output a file of its own")
        if real.parent in folders:
            raise CommandError(
                f"`{path}` would lie among the records, and be read with them the next time",
                help="write to another folder",
            )
        if not path.parent.is_dir():
            raise CommandError(f"the folder `{path.parent}` does not exist", help="make it first")
        if path.is_dir():
            raise CommandError(f"`{path}` is a folder", help="name a file")


def _left_out(summary: Summary, rejects: Target | None) -> str:
    """Returns what was left out: the first mistakes, and where all of them are."""
    if summary.clean:
        return ""
    lines = [reject_text(each) for each in summary.first]
    counts = []
    if summary.rejected:
        counts.append(f"{summary.rejected:,} of {plural(summary.records, 'record')} left out")
    if summary.orphans:
        counts.append(f"{plural(summary.orphans, 'row')} without a record")
    where = f"all of it in {rejects.path}" if rejects else "`--rejects FILE` writes all of it"
    return "\n".join([*lines, f"{', '.join(counts)}: {where}"])


def reject_text(found: Reject) -> str:
    """Returns a mistake in one line, or in two with its help."""
    place = f"{found.file}:{found.line}"
    who = f" (record `{found.key}`)" if found.key else ""
    help = f"\nhelp: {found.help}" if found.help else ""
    return f"{place}: error[{found.code}]: {found.reason}{who}{help}"


# The same records for decisions, as long as they fit in memory


def read_table_records(program: Program, options: TableOptions, console: Console) -> ReadRecords:
    """Reads the records of tables into memory; reports and leaves out those with mistakes."""
    records: list[Record] = []
    rejected: list[list[Reject]] = []
    with reported_errors():
        _read(program, options, records, rejected)
    for found in rejected:
        for each in found:
            console.err(reject_text(each))
    inputs = ReadRecords(tuple(records), len(rejected), ())
    if inputs.total == 0:
        raise CommandError("the input contains no record")
    return inputs


def _read(
    program: Program, options: TableOptions, records: list[Record], rejected: list[list[Reject]]
) -> None:
    inputs = open_inputs(program, options)
    reader = reader_of(program, inputs, options.ignored)
    typed = TypedReader(program.vocabulary)
    beside = Beside(program.vocabulary)
    for entity in reader.beside:
        rejected.extend([each] for each in beside.add(entity, reader.table(entity)))
    raws = [(typed.key_of(raw), raw) for raw in reader.records()]
    if reader.beside:
        beside.attach(raws)
    for _, raw in raws:
        found = typed.read(raw)
        if isinstance(found, Record):
            records.append(found)
        else:
            rejected.append(found)
    rejected.extend([each] for each in beside.orphans())
    beside.close()
