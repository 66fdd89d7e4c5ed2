"""`policyengine init`: a small program to start from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from shlex import quote

import click

from policyengine.api import schemas
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import OK, CommandError
from policyengine.cli.file_io import make_folder, write_text
from policyengine.cli.options import color_option, subcommand
from policyengine.cli.schema import pretty
from policyengine.decision.wording import plural

_ID = "my-program"
_TITLE = "My Partner Program"


@subcommand("init", "policyengine init acme")
@click.argument("name", metavar="NAME")
@color_option
def command(name: str, color: str) -> int:
    """Make a small program in the folder NAME: levels, charges, a record, a test, with comments.

    The schemas that its files name, by which an editor completes what you type, go beside it.
    """
    console = Console.of(color)
    folder = Path(name)
    identifier = _identifier(folder.resolve().name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(f"`{name}` is there already, and is not empty", help="choose another name")
    for path, text in starter():
        target = folder / path
        make_folder(target.parent)
        write_text(target, text.replace(_ID, identifier).replace(_TITLE, _title(identifier)))
        console.err(f"wrote {target}")
    beside = folder.parent if folder.name not in ("", "..") else folder.resolve().parent
    _write_schemas(beside / "schemas", console)
    console.out(
        "\n".join(_next_steps(quote(str(folder)), quote(str(folder / "records" / "example.yaml")))),
        for_people=True,
    )
    return OK


def _write_schemas(folder: Path, console: Console) -> None:
    """Writes the schemas that the files of the program name; what is there stays as it is."""
    missing = [name for name in schemas() if not (folder / name).exists()]
    for name in missing:
        make_folder(folder)
        write_text(folder / name, pretty(schemas()[name]))
    if missing:
        console.err(f"wrote {plural(len(missing), 'schema')} for your editor to {folder}")


def _next_steps(folder: str, record: str) -> Iterator[str]:
    """Yields command lines to try, each with what it is for."""
    steps = {
        f"policyengine check {folder}": "finds mistakes, at their line",
        f"policyengine test {folder}": "runs the test in levels_test.yaml",
        f"policyengine evaluate {folder} {record}": "says what applies to the partner in the example",
        f"policyengine why {folder} {record}": "lists what can be asked about",
    }
    width = max(map(len, steps))
    yield from (f"{line:<{width}}  # {about}" for line, about in steps.items())


def _identifier(name: str) -> str:
    """Returns the id of the program: the name of its folder in small letters, joined by dashes."""
    identifier = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not identifier or not identifier[0].isalpha():
        raise CommandError(
            f"`{name}` cannot be made into the id of a program",
            help="start it with a letter, as in `acme-partners`",
        )
    return identifier


def _title(identifier: str) -> str:
    return identifier.replace("-", " ").title()


def starter() -> Iterator[tuple[PurePosixPath, str]]:
    """Returns the files of the starter program that ships with policyengine, and their texts."""
    yield from _texts(files("policyengine.cli") / "starter", PurePosixPath())


def _texts(folder: Traversable, path: PurePosixPath) -> Iterator[tuple[PurePosixPath, str]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _texts(entry, path / entry.name)
        elif entry.name.endswith(".yaml"):
            yield path / entry.name, entry.read_text(encoding="utf-8")
