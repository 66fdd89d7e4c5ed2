"""`policyengine schema`: the JSON Schemas of policies, records and decisions."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import click

from policyengine.api import Program, schemas
from policyengine.atomic_file import write_atomically
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import OK, CommandError
from policyengine.cli.file_io import make_folder, write_text
from policyengine.cli.options import FILE, Word, as_of_option, color_option, subcommand
from policyengine.cli.programs import open_program, require_folder
from policyengine.decision.wording import plural
from policyengine.diagnostics import did_you_mean
from policyengine.files import read_file
from policyengine.program.record_schema import program_schemas
from policyengine.source import Source
from policyengine.text.document import Scalar
from policyengine.text.yaml import read_yaml

_ENDING = ".schema.json"
_LINE = "# yaml-language-server: $schema="


@subcommand("schema", "policyengine schema tiers", "policyengine schema --write schemas")
@click.argument(
    "name",
    metavar="[NAME]",
    required=False,
    type=Word(lambda: (one.removesuffix(_ENDING) for one in schemas())),
)
@click.option(
    "--record", "program", metavar="PROGRAM", type=FILE, help="The schema of the records of a program."
)
@click.option(
    "--program",
    "own",
    metavar="PROGRAM",
    type=FILE,
    help="With `--write`: the names of a program in them, for editors without the language server.",
)
@click.option(
    "--lines",
    "marked",
    metavar="FOLDER",
    type=FILE,
    help="With `--write`: the line by which editors find its schema, in every document of a folder.",
)
@click.option("--write", "folder", metavar="DIR", type=FILE, help="Write all of them into a folder.")
@as_of_option
@color_option
def command(
    name: str | None, program: str | None, own: str | None, marked: str | None, folder: str | None,
    as_of: date, color: str,
) -> int:  # fmt: skip
    """Print a JSON Schema, or list them.

    NAME is a kind of policy, `program`, `test`, `decision` or another of the list that comes without it. An
    editor that knows the schemas completes what you type.
    """
    if sum(given is not None for given in (name, program, folder)) > 1:
        raise CommandError("NAME, `--record` and `--write` exclude each other", help="give one of them")
    for option, value in (("--program", own), ("--lines", marked)):
        if value is not None and folder is None:
            raise CommandError(f"`{option}` goes with `--write`", help="add `--write DIR`")
    console = Console.of(color)
    if program is not None:
        console.out(pretty(open_program(program, as_of, console).record_schema()))
    elif folder is not None:
        _write(Path(folder), console, None if own is None else open_program(own, as_of, console))
        if marked is not None:
            _mark(Path(marked), Path(folder), console)
    elif name is not None:
        console.out(_one(name))
    else:
        console.out("\n".join(file.removesuffix(_ENDING) for file in schemas()))
    return OK


def pretty(schema: object) -> str:
    """Returns a schema as it is written to a file."""
    return json.dumps(schema, indent=2, ensure_ascii=False)


def _one(name: str) -> str:
    known = schemas()
    file = name if name in known else f"{name}{_ENDING}"
    if file not in known:
        names = [one.removesuffix(_ENDING) for one in known]
        raise CommandError(
            f"there is no schema `{name}`", help=did_you_mean(name, names) or f"there are {', '.join(names)}"
        )
    return pretty(known[file])


def _write(folder: Path, console: Console, program: Program | None) -> None:
    make_folder(folder)
    named = {} if program is None else program_schemas(program.vocabulary)
    own = {f"{name}{_ENDING}": schema for name, schema in named.items()}
    for file, schema in {**schemas(), **own}.items():
        write_text(folder / file, pretty(schema))
    console.err(f"{plural(len(schemas()), 'schema')} written to `{folder}`")


def _mark(folder: Path, written: Path, console: Console) -> None:
    """Gives every document of the files in a folder the line by which editors find its schema."""
    require_folder(folder)
    for path in sorted(each for each in folder.rglob("*") if each.suffix.lower() in (".yaml", ".yml")):
        read = read_file(path)
        if not isinstance(read, Source) or not path.is_file():
            continue
        text = path.read_bytes().decode()
        beside = Path(os.path.relpath(written, path.parent)).as_posix()
        found = with_lines(text, beside)
        if found != text:
            write_atomically(path, found.encode())
            console.err(f"marked {path}")


def with_lines(text: str, schemas_at: str) -> str:
    """Returns a text in which every document names the schema of its kind, unless it names one already."""
    end = "\r\n" if "\r\n" in text else "\n"
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    read = read_yaml(Source.exact("text", plain))
    for document in [] if read.diagnostics else reversed(read.documents):
        kind, start = document.at(("kind",)), document.root.span.start
        before = plain.rfind("\n---", 0, start)
        begin = plain.find("\n", before + 1) + 1 if before >= 0 else 0
        begin = plain.find("\n") + 1 if begin == 0 and plain.startswith("---") else begin
        named = _LINE in plain[begin : document.root.span.end]
        if isinstance(kind, Scalar) and f"{kind.text}{_ENDING}" in schemas() and not named:
            line = f"{_LINE}{schemas_at}/{kind.text}{_ENDING}\n"
            plain = plain[:begin] + line + plain[begin:]
    return ("\ufeff" if text.startswith("\ufeff") else "") + plain.replace("\n", end)
