"""`policyengine advance`: moves a deal to its next stage, or renews a level; or says what prevents it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import click

from policyengine.api import Program
from policyengine.cli.completion import PROGRAM, STAGE
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.file_io import write_text
from policyengine.cli.options import FILE, as_of_option, color_option, subcommand
from policyengine.cli.programs import open_program, program_and_records
from policyengine.cli.record_files import FORMS, Form, ReadRecords, left_out_line, one_record, read_records
from policyengine.decision.findings import Finding
from policyengine.decision.wording import plural, status_words
from policyengine.engine.stage_moves import Moved
from policyengine.program.record import Record
from policyengine.render.record_edits import changed, record_json, record_yaml
from policyengine.render.style import clean
from policyengine.text.document import Document, Pointer

Changed: TypeAlias = tuple[Pointer, object]


@subcommand("advance", "policyengine advance acme acme/records/example.yaml --to won --key D-1 -o moved.yaml")
@click.argument("program", metavar="PROGRAM", type=PROGRAM)
@click.argument("file", metavar="RECORD", required=False, type=FILE)
@click.option(
    "--to", "stage", metavar="STAGE", type=STAGE, help="The stage to move to; else levels are renewed."
)
@click.option("--key", help="Which one moves, if the record has several.")
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE",
    type=FILE,
    help="Write the moved record to a file instead of printing it.",
)
@as_of_option
@click.option(
    "--format", "form", type=click.Choice(FORMS), help="What is in the file, if the ending does not tell."
)
@color_option
def command(
    program: str,
    file: str | None,
    stage: str | None,
    key: str | None,
    target: str | None,
    as_of: date,
    form: Form | None,
    color: str,
) -> int:
    """Move a deal to a stage, and print the record as it is then; what is blocked does not move.

    Without `--to` the levels that last are renewed: the level in force is written down, of all records of
    the file. What is not decided stays as it is; with a mistake in one record nothing is written.

    The record keeps its form (YAML or JSON). What changed, or what blocks, is said on standard error; the
    exit code is 1 if something did not move.
    """
    console = Console.of(color)
    program, (file, *_) = program_and_records("advance", [each for each in (program, file) if each])
    opened = open_program(program, as_of, console)
    graph = opened.linked.graph
    if stage is None and (graph is None or not graph.renewals):
        context = click.get_current_context()
        option = next(each for each in context.command.params if each.name == "stage")
        raise click.MissingParameter(ctx=context, param=option)
    inputs = read_records(opened, [file], form, console)
    if stage is None and inputs.total > 1:
        return _renew_all(opened, inputs, key, target, [Path(file), Path(program)], console)
    record = one_record(inputs, "advance")
    moved = opened.advance(record, stage, key)
    if moved.refused is not None:
        console.err("\n".join([f"not moved: {clean(moved.refused)}", *map(_blocking, moved.blocked)]))
        return FOUND
    assert record.document is not None
    data = changed(record.document, ((change.pointer, change.new) for change in moved.changes))
    text = record_yaml(data) if inputs.forms[0] == "yaml" else record_json(data)
    _write(text, target, [Path(file), Path(program)], console)
    console.err("\n".join(_told(moved)))
    return OK


def _write(text: str, target: str | None, read: list[Path], console: Console) -> None:
    if target is None or target == "-":
        console.out(text)
    else:
        write_text(Path(target), text, read)


def _renew_all(
    program: Program, inputs: ReadRecords, key: str | None, target: str | None, read: list[Path],
    console: Console,
) -> int:  # fmt: skip
    """Renews the levels of all records of a file; one that is not decided stays as it is, and is told."""
    if inputs.left_out:
        raise CommandError(left_out_line(inputs), help="nothing was written; correct them first", code=FOUND)
    moves = [(record, program.advance(record, None, key)) for record in inputs.records]
    documents: dict[int, tuple[Document, list[Changed]]] = {}
    for record, moved in moves:
        assert record.document is not None
        _, changes = documents.setdefault(id(record.document), (record.document, []))
        changes += [(change.pointer, change.new) for change in moved.changes]
    texts = [_text(changed(*each), inputs.forms[0]) for each in documents.values()]
    _write(("---\n" if inputs.forms[0] == "yaml" else "").join(texts), target, read, console)
    for record, moved in moves:
        if moved.refused is not None:
            console.err(clean(f"{_name(program, record)}: not moved: {moved.refused}"))
        elif moved.changes or moved.left_out:
            console.err(clean(f"{_name(program, record)}: {'; '.join(_told(moved))}"))
    unchanged = sum(not moved.changes for _, moved in moves)
    console.err(f"{len(moves) - unchanged:,} of {plural(len(moves), 'record')} changed")
    return FOUND if any(moved.refused is not None for _, moved in moves) else OK


def _text(data: Any, form: Form) -> str:
    if form == "yaml":
        return record_yaml(data).rstrip("\n") + "\n"
    text = record_json(data)
    return text if form == "json" else " ".join(line.strip() for line in text.splitlines()) + "\n"


def _name(program: Program, record: Record) -> str:
    key = program.vocabulary.entities[program.vocabulary.root].key
    return str(record.facts.get(key or "", "a record without a key"))


def _blocking(finding: Finding) -> str:
    """One line for a requirement that is not fulfilled, with the reason and the place."""
    against = [reason.text for reason in finding.because if reason.outcome != "holds"]
    why = f" ({'; '.join(dict.fromkeys(against))})" if against else ""
    at = finding.origin.at
    return clean(f"  {status_words(finding.status)}: {finding.title}{why}, {at.source.name}:{at.line}")


def _told(moved: Moved) -> Iterator[str]:
    if not moved.changes:
        yield "nothing changes"
    for change in moved.changes:
        yield clean(change.text)
    for fact, reason in moved.left_out:
        yield clean(f"{fact}: not written down, {reason}")
