"""`evaluate` on whole partner bases: tables of findings out, rejects beside them."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from policyengine.api import Program
from policyengine.batch.engines import FEW, Columns, Engine, Rows
from policyengine.batch.inputs import Inputs
from policyengine.batch.run import Run, Summary, evaluate_all
from policyengine.batch.sinks import Shape, Target, Targets
from policyengine.batch.wide import Wide
from policyengine.cli.console import Console, Progress
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.file_io import protect, require_distinct
from policyengine.cli.options import ENDINGS, Form, Output, TableOptions
from policyengine.cli.record_files import no_record, none_usable
from policyengine.cli.table_files import need_excel, open_inputs, reader_of, reject_text, reported_errors
from policyengine.decision.wording import lapse, plural
from policyengine.engine.layout import Column, columns_of

_FILES = {"parquet": "Parquet", "xlsx": "a workbook"}
"""The forms that need a file, in words."""
_ENDS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


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
    if options.has_details:
        from policyengine.batch.details import Details

        engine = Details(program.linked, engine)
    for lapsed in program.linked.not_in_force:
        console.err(f"note: {lapsed.title}: {lapse(lapsed)}")
    progress = Progress(sums_up=True)
    run = Run(
        program.linked,
        engine,
        lambda: reader_of(program, inputs, options),
        targets.open,
        lambda records, reader: progress.tell(records, reader.meter.done, reader.meter.total),
    )
    try:
        with reported_errors(), _ended_tidily():
            summary = evaluate_all(run)
    finally:
        progress.end()
    if not summary.records and not summary.orphans:
        raise _no_record(options, inputs)
    by_rows = f"{summary.by_rows:,} of {plural(summary.records, 'record')} worked out one after the other"
    _explain(options, console, by_rows)
    console.err(_left_out(summary, targets.rejects))
    if summary.rejected == summary.records:
        raise none_usable("no table was written")
    return OK if summary.clean else FOUND


def choose_engine(program: Program, options: TableOptions, console: Console) -> Engine:
    """Returns the engine that the options name; by default columns."""
    if options.engine == "rows":
        _explain(options, console, "engine: rows (as asked for)")
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
    rejects = _rejects(options, tables)
    paths = [target.path for target in (*tables, *([rejects] if rejects else ())) if target.path is not None]
    _check_outputs(paths, inputs, [Path(file) for file in options.files])
    protect(paths, [*inputs.paths, *map(Path, options.inputs), *map(Path, program.files)])
    digits = program.vocabulary.number_of_digits()
    columns: Sequence[Column] = columns_of(program.vocabulary)
    shape: Shape | None = None
    if options.layout == "records":
        assert program.linked.graph is not None
        wide = Wide(program.linked.graph)
        columns, shape = wide.columns, wide.shape
    if options.has_details:
        columns, shape = _with_details(program, columns, shape)
    return Targets(tables, columns, digits, shape, rejects, options.rejects is None)


def _with_details(
    program: Program, columns: Sequence[Column], shape: Shape | None
) -> tuple[Sequence[Column], Shape]:
    from policyengine.batch.details import detailed_columns, detailed_records, in_order

    if shape is None:
        return detailed_columns(columns), in_order
    return detailed_records(columns, shape, program.vocabulary.root)


def _target(output: Output) -> Target:
    form: Form | None = next((form for form in ENDINGS.values() if form == output.format), None)
    if form is None:
        raise CommandError(
            f"`{output.format}` cannot be written together with a table",
            help="run the command once for decisions and once for tables",
        )
    if output.path is None and form in _FILES:
        name = _FILES[form]
        raise CommandError(f"{name} is not written to standard output", help=f"name a file: `-o FILE.{form}`")
    if form == "xlsx":
        need_excel("a workbook")
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
    require_distinct(paths)
    for path in paths:
        real = path.resolve()
        if any(real == one.resolve() for one in inputs.paths):
            raise CommandError(f"`{path}` is an input of this command", help="write to another file")
        if real.parent in folders:
            raise CommandError(
                f"`{path}` would lie among the records, and be read with them the next time",
                help="write to another folder",
            )
        if not path.parent.is_dir():
            raise CommandError(f"the folder `{path.parent}` does not exist", help="make it first")
        if path.is_dir():
            raise CommandError(f"`{path}` is a folder", help="name a file")


def _no_record(options: TableOptions, inputs: Inputs) -> CommandError:
    keys = " or ".join(f"`{key}`" for key in options.keys)
    if keys:
        return CommandError(f"no record has the key {keys}")
    return no_record(path for path, _ in inputs.files)


def _left_out(summary: Summary, rejects: Target | None) -> str:
    """Returns what was left out: the first mistakes, and where all of them are."""
    if summary.clean:
        return ""
    lines = list(summary.mistakes.lines(reject_text))
    counts = []
    if summary.rejected:
        counts.append(f"{summary.rejected:,} of {plural(summary.records, 'record')} left out")
    if summary.orphans:
        counts.append(f"{plural(summary.orphans, 'row')} without a record")
    where = f"all of it in {rejects.path}" if rejects else "`--rejects FILE` writes all of it"
    return "\n".join([*lines, f"{', '.join(counts)}: {where}"])
