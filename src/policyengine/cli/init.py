"""`policyengine init`: a small program to start from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath
from shlex import quote

import click

from policyengine.cli.console import Console
from policyengine.cli.exit_codes import OK, CommandError
from policyengine.cli.file_io import write_text
from policyengine.cli.options import SETTINGS, color_option

_ID = "my-program"
_TITLE = "My Partner Program"


@click.command("init", context_settings=SETTINGS)
@click.argument("name", metavar="NAME")
@color_option
def command(name: str, color: str) -> int:
    """Make a small program in the folder NAME: levels, charges, a record, with comments."""
    console = Console.of(color)
    folder = Path(name)
    identifier = _identifier(folder.resolve().name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(f"`{name}` is there already, and is not empty", help="choose another name")
    for path, text in starter():
        target = folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            raise CommandError(f"`{target.parent}` cannot be made: {reason}") from None
        write_text(target, text.replace(_ID, identifier).replace(_TITLE, _title(identifier)))
        console.err(f"wrote {target}")
    shown, record = quote(str(folder)), quote(str(folder / "records" / "example.yaml"))
    console.out(f"policyengine check {shown}\npolicyengine evaluate {shown} {record}")
    return OK


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
