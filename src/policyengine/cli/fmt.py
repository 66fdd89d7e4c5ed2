"""`policyengine fmt`: the layout of policies, tests and records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from policyengine.atomic_file import write_atomically
from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.file_io import read_bytes, unreadable
from policyengine.cli.options import color_option, subcommand
from policyengine.decision.wording import plural

_ENDINGS = (".yaml", ".yml")


@subcommand("fmt", "policyengine fmt acme", "policyengine fmt --check acme")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=PROGRAM)
@click.option("--check", is_flag=True, help="Write nothing; name the files that would change (exit code 1).")
@color_option
def command(paths: tuple[str, ...], check: bool, color: str) -> int:
    """Write YAML files in one layout: order of keys, indentation, spacing, quotes.

    PATH is a file or a folder; without one it is `policies` or the folder you are in. A part begins with its
    `kind`, `id`, `name` and `title`; the keys behind them, comments, blank lines and texts of several lines
    stay, and so does what the text says. A file with a mistake is left alone.
    """
    from policyengine.editing.layout import laid_out

    console = Console.of(color)
    default = ["policies"] if Path("policies").is_dir() else ["."]
    changed = left = same = 0
    for path in _files(list(paths) or default):
        text = _text(path)
        found = None if text is None else laid_out(text)
        if found is None:
            left += 1
            console.err(f"`{path}` is left alone: it cannot be read, or laid out without changing it")
        elif found == text:
            same += 1
        else:
            changed += 1
            console.out(str(path))
            if not check:
                write_atomically(path, found.encode())
    what = "would change" if check else "changed"
    console.err(f"{plural(changed, 'file')} {what}, {same} in this layout already, {left} left alone")
    return FOUND if check and changed else OK


def _text(path: Path) -> str | None:
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError:
        return None


def _files(paths: list[str]) -> Iterator[Path]:
    """The files named, and the YAML files in the folders named and below; hidden ones are passed over."""
    for path in map(Path, paths):
        if path.is_file():
            yield path
            continue
        if not path.is_dir():
            raise CommandError(f"`{path}` does not exist", help="name a file or a folder")
        try:
            below = sorted(each for each in path.rglob("*") if each.suffix.lower() in _ENDINGS)
        except OSError as error:
            raise unreadable(path, error) from None
        for each in below:
            hidden = any(part.startswith(".") for part in each.relative_to(path).parts)
            if each.is_file() and not hidden:
                yield each
