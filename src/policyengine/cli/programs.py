"""Finds programs in folders, and opens one for evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from policyengine.api import Program, load
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import NOT_COMPILED, CommandError
from policyengine.cli.file_io import unreadable
from policyengine.diagnostics import Severity

MANIFEST = "program.yaml"


def folders_of(paths: Sequence[str]) -> list[Path]:
    """Returns the program folders of the paths: each path itself, or the programs below it."""
    found: dict[Path, None] = {}
    for path in map(Path, paths or _default()):
        found.update(dict.fromkeys(_programs(path)))
    return list(found)


def _default() -> list[str]:
    return ["policies"] if Path("policies").is_dir() else ["."]


def _programs(path: Path) -> Iterator[Path]:
    require_folder(path)
    if (path / MANIFEST).is_file():
        yield path
        return
    below = sorted(one.parent for one in path.rglob(MANIFEST) if not _hidden(one.relative_to(path)))
    if not below and not any(path.glob("*.y*ml")):
        raise CommandError(
            f"there is no program in `{path}`",
            help=f"a program is a folder with a file `{MANIFEST}`; `policyengine init NAME` makes one",
        )
    yield from below or [path]


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def require_folder(path: Path) -> None:
    """Ends the command if the path is not a readable folder."""
    try:
        next(path.iterdir(), None)
    except NotADirectoryError:
        folder = path.parent
        raise CommandError(
            f"`{path}` is a file", help=f"give the folder of the program, `{folder}`"
        ) from None
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:
        raise CommandError("a folder name may not hold a NUL character") from None


def open_program(folder: str, as_of: date, console: Console) -> Program:
    """Loads the program of a folder; prints its mistakes and ends the command if it has any."""
    path = Path(folder)
    require_folder(path)
    if not (path / MANIFEST).is_file():
        raise CommandError(
            f"`{path}` is not a program: it has no file `{MANIFEST}`", help=_a_program_below(path)
        )
    program = load(path, as_of=as_of)
    if not program.ok:
        from policyengine.render.diagnostic_text import diagnostics_text, summary

        errors = [found for found in program.diagnostics if found.severity is Severity.ERROR]
        console.err(diagnostics_text(errors, color=console.color_err))
        raise CommandError(
            f"the policies of `{path}` have mistakes: {summary(errors)}",
            help="nothing was evaluated; correct them first",
            code=NOT_COMPILED,
        )
    return program


def _a_program_below(path: Path) -> str | None:
    below = sorted(str(one.parent) for one in path.glob(f"*/{MANIFEST}"))
    return f"choose one of {', '.join(f'`{one}`' for one in below[:5])}" if below else None
