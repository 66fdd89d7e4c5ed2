"""`policyengine map`: a first mapping for the export of another system."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from policyengine.cli.completion import ENTITY, PROGRAM
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import OK, CommandError
from policyengine.cli.file_io import unreadable, write_text
from policyengine.cli.options import FILE, as_of_option, color_option, subcommand
from policyengine.cli.programs import open_program
from policyengine.diagnostics import did_you_mean, listed
from policyengine.files import file_of, is_workbook, split_sheet
from policyengine.text import literal_guesses

_ROWS = 100_000


@subcommand("map", "policyengine map acme partners.csv")
@click.argument("program", metavar="PROGRAM", type=PROGRAM)
@click.argument("export", metavar="EXPORT", type=FILE)
@click.option(
    "--for", "entity", metavar="ENTITY", type=ENTITY,
    help="What a row is about (default: a record, or what stands in one where several rows have its key).",
)  # fmt: skip
@click.option("-o", "--output", metavar="FILE", type=FILE, help="Write it there, and not to standard output.")
@as_of_option
@color_option
def command(
    program: str, export: str, entity: str | None, output: str | None, as_of: date, color: str
) -> int:
    """Write a first mapping for an export: which column is which fact, and how its values are written.

    EXPORT is a CSV file or a workbook (`FILE:SHEET` for one of its sheets). Columns get the nearest facts,
    dates and numbers the format that all their values prove. What they do not prove stands under `open`, with
    examples; `check` reminds of it.
    """
    from policyengine.cli.table_files import need_excel, need_extra, reported_errors

    console = Console.of(color)
    opened = open_program(program, as_of, console)
    entities = opened.vocabulary.entities
    name = entity or opened.vocabulary.root
    if name not in entities:
        help = did_you_mean(name, entities) or f"its entities are {listed(entities)}"
        raise CommandError(f"`{name}` is not an entity of the program", help=help)
    path = Path(export)
    (need_excel if is_workbook(path) else need_extra)("a mapping")
    try:
        with file_of(path).open("rb"):
            pass
    except OSError as error:
        raise unreadable(file_of(path), error) from None
    with reported_errors():
        path, others = _sheet(path)
        names, columns = _read(path)
    for other in others:
        console.err(f"`{path}` is read; `{other}` is another sheet, with a mapping of its own")
    from policyengine.batch.first_mapping import first_mapping, likely_entity

    if entity is None:
        name, column = likely_entity(opened.vocabulary, names, columns)
        if column is not None:
            title = entities[name].title
            console.err(
                f"several rows have one `{column}`, so each is taken for one {title}; `--for` says another"
            )
    text = first_mapping(*_named(path), name, opened.vocabulary, names, columns)
    if output is None:
        console.out(text)
    else:
        write_text(Path(output), text, [path, *map(Path, opened.files)])
    open_ones = text.count("\n  ", text.index("\nopen:")) if "\nopen:" in text else 0
    if open_ones:
        console.err(f"{open_ones} left open: see `open`")
    return OK


def _named(path: Path) -> tuple[str, str]:
    """Returns the id and the title of the mapping: those of the file and its sheet."""
    file, sheet = split_sheet(path)
    id = literal_guesses.identifier(f"{file.stem} {sheet}" if sheet else file.stem)
    return id or "export", f"{file.name}: {sheet}" if sheet else file.name


def _sheet(path: Path) -> tuple[Path, list[str]]:
    """Returns the sheet that is read of a workbook, and its other sheets where none was named."""
    if not is_workbook(path) or split_sheet(path)[1] is not None:
        return path, []
    from policyengine.batch.books import sheet_names

    found = sheet_names(path)
    return (
        (Path(f"{path}:{found[0]}"), [f"{path}:{each}" for each in found[1:]])
        if len(found) > 1
        else (path, [])
    )


def _read(path: Path) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Returns the heads of an export, and the texts of each column."""
    if is_workbook(path):
        from policyengine.batch.workbook_in import sheet_texts

        return sheet_texts(path)
    from policyengine.batch.csvfile import CsvRows

    with path.open("rb") as stream:
        rows = CsvRows(stream, str(path))
        head = rows.next()
        names = [name.strip() for name in head.cells] if head is not None else []
        cells: list[Sequence[str]] = []
        while len(cells) < _ROWS and (part := rows.several(10_000)):
            cells += (row.cells for row in part if len(row.cells) == len(names))
    return names, [[row[i] for row in cells] for i in range(len(names))]
