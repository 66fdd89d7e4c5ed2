"""Finds programs in folders, and opens one for evaluation."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from shlex import join

from policyengine.api import Program, load
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import NOT_COMPILED, CommandError
from policyengine.cli.file_io import read_bytes, unreadable
from policyengine.diagnostics import Severity
from policyengine.files import BOOKS, MANIFEST, file_of, misnamed_manifest
from policyengine.render.diagnostic_text import diagnostics_text, summary

RECORD_ENDINGS = (".yaml", ".yml", ".json", ".ndjson", ".jsonl", ".csv", ".tsv", ".parquet", ".pq", *BOOKS)


def folders_of(paths: Sequence[str]) -> list[Path]:
    """Returns the program folders of the paths: each path itself, or the programs below it."""
    found: dict[Path, None] = {}
    for path in map(Path, paths or _default()):
        found.update(dict.fromkeys(_programs(path)))
    return list(found)


def mappings_beside(paths: Sequence[str]) -> tuple[list[str], list[Path]]:
    """Returns the folders among paths, and the files of mappings, which are checked with one program.

    Where no folder is named, it is that of the program around the file.
    """
    files = [Path(each) for each in paths if _is_mapping(Path(each))]
    folders = [each for each in paths if Path(each) not in files]
    if not files:
        return folders, []
    around = None if folders else _program_around(str(files[0]))
    if not folders and around is None:
        raise CommandError(
            f"no program is named, and none lies around `{files[0]}`",
            help=f"write `policyengine check PROGRAM {join(map(str, files))}`, with its folder",
        )
    return folders or [str(around)], files


def _is_mapping(path: Path) -> bool:
    """Whether a path is a YAML file that says that it is a mapping."""
    if path.suffix.lower() not in (".yaml", ".yml") or not path.is_file():
        return False
    return any(line.split("#")[0].strip() == "kind: mapping" for line in _lines(path))


def _lines(path: Path) -> list[str]:
    return read_bytes(path).decode(errors="replace").splitlines()


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


def program_and_records(command: str, words: Sequence[str]) -> tuple[str, list[str]]:
    """Returns the folder of the program that a command line names, and its other words.

    A command line that begins with a record names none: it is the program that lies around the record, or
    around the folder one is in.
    """
    first, *rest = words
    named = next((word for word in words if (Path(word) / MANIFEST).is_file() or is_revision(word)), None)
    if named == first or (named is None and not _is_record(first)):
        if not rest:
            if not is_revision(first):
                _require_program(Path(first))
            raise CommandError("`RECORD` is missing", help=_with_a_record(command, first))
        _check_records(rest[:-1] if command == "why" else rest)  # the last word of `why` names a finding
        return first, rest
    if named is not None:
        right = join(["policyengine", command, named, *(word for word in words if word != named)])
        raise CommandError(f"`{first}` is not a program, which comes first", help=f"write `{right}`")
    around = _program_around(first)
    if around is None:
        raise CommandError(
            f"no program is named, and none lies around `{first}`",
            help=f"write `policyengine {command} PROGRAM {join(words)}`, with the folder of the program",
        )
    return around, list(words)


def _check_records(words: Sequence[str]) -> None:
    """Raises where a program stands in the place of records."""
    for word in words:
        if (Path(word) / MANIFEST).is_file():
            help = f"name the records in it, such as `{join([str(Path(word) / 'records')])}`"
            raise CommandError(f"`{word}` is a program, and records are needed here", help=help)


def is_revision(word: str) -> bool:
    """Whether a word names a program as it was in a revision, such as `main~3:policies/acme`."""
    revision, colon, folder = word.partition(":")
    is_one = bool(revision and colon) and not folder.startswith("/")
    return is_one and Path(folder).suffix.lower() not in RECORD_ENDINGS and not Path(word).exists()


def _is_record(word: str) -> bool:
    path = file_of(Path(word))
    return word == "-" or path.is_file() or (path.suffix.lower() in RECORD_ENDINGS and not path.is_dir())


def _program_around(record: str) -> str | None:
    """Returns the nearest folder around a record, or around this folder, that is a program."""
    for start in (Path(record).absolute().parent, Path.cwd()):
        for folder in (start, *start.parents):
            if (folder / MANIFEST).is_file():
                return os.path.relpath(folder)
    return None


def _with_a_record(command: str, program: str) -> str:
    """Returns the command line with a record that lies in the program, if there is one."""
    found = sorted(path for path in Path(program).glob("records/*") if path.suffix.lower() in RECORD_ENDINGS)
    file = str(found[0]) if found else "RECORD"
    return f"write `{join(['policyengine', command, program, file])}`, with the file of a record"


def open_program(
    folder: str, as_of: date, console: Console, known_on: date | None = None, language: str | None = None
) -> Program:
    """Loads a program of a folder or of a revision; prints its mistakes and ends the command if it has any.

    With `known_on` it is the program as it was committed at the end of that day.
    """
    return compiled(_found(folder, as_of, known_on, language), console)


def _found(folder: str, as_of: date, known_on: date | None, language: str | None) -> Program:
    if known_on is None and not is_revision(folder):
        _require_program(Path(folder))
        return load(folder, as_of=as_of, language=language)
    from policyengine.cli.versions import version_known_on, version_of  # git takes a while to be ready

    if known_on is None:
        return version_of(folder).program(as_of, language)
    if is_revision(folder):
        raise CommandError(
            f"`{folder}` is a revision already", help="leave `--known-on` out, or the revision"
        )
    return version_known_on(folder, known_on).program(as_of, language)


def compiled(program: Program, console: Console) -> Program:
    """The program; prints its mistakes and ends the command if it has any."""
    if not program.ok:
        errors = [found for found in program.diagnostics if found.severity is Severity.ERROR]
        console.err(diagnostics_text(errors, color=console.color_err))
        raise CommandError(
            f"the policies of `{program.folder}` have mistakes: {summary(errors)}",
            help="nothing was evaluated; correct them first",
            code=NOT_COMPILED,
        )
    return program


def _require_program(path: Path) -> None:
    require_folder(path)
    if not (path / MANIFEST).is_file():
        raise CommandError(
            f"`{path}` is not a program: it has no file `{MANIFEST}`", help=_a_program_below(path)
        )


def _a_program_below(path: Path) -> str | None:
    misnamed = misnamed_manifest(path)
    if misnamed is not None:
        return f"rename `{misnamed}` to `{path / MANIFEST}`"
    below = sorted(str(one.parent) for one in path.glob(f"*/{MANIFEST}"))
    return f"choose one of {', '.join(f'`{one}`' for one in below[:5])}" if below else None
