"""Reads the files of a program: the YAML files of a folder as sources, within size limits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Diagnostic
from policyengine.source import Source
from policyengine.text.decode import decode

MAX_BYTES = 16 * 1024 * 1024
UNREADABLE = Code(
    id="FILE001",
    title="a file or folder that cannot be read",
    why="What cannot be read cannot be checked, and a part of a program that is left out would change its "
    "meaning.",
    bad="",
    good="",
    example="folder",
)
MISNAMED = Code(
    id="FILE002",
    title="a program that is declared in a file of another name",
    why="Every command finds a program by its file `program.yaml`. One that is called otherwise, as "
    "`program.yml`, is passed over.",
    bad="",
    good="",
    example="folder",
)
CODES = (UNREADABLE, MISNAMED)
MANIFEST = "program.yaml"
"""The file of a folder that makes it a program."""

_YAML = "*.[yY]*[mM][lL]"
_SKIPPED = ("testdata", "records", "fixtures")


@dataclass(frozen=True, slots=True)
class Folder:
    """The sources of a folder, sorted by name, and the mistakes in reading it."""

    sources: tuple[Source, ...] = ()
    mistakes: tuple[Diagnostic, ...] = ()


def read_folder(
    folder: str | Path,
    read_one: Callable[[Path], Source | Diagnostic] | None = None,
    also: Iterable[Path] = (),
) -> Folder:
    """Reads every `.yaml` and `.yml` file in a folder and below, except tests, records and hidden files.

    Capital letters in an ending make no difference. `read_one` reads a file, if it is not only on disk;
    `also` are paths of texts for which there may be no file yet.
    """
    also, read_one = set(also), read_one or read_file
    root = Path(folder)
    try:
        if not root.is_dir() and not also:
            what = "is a file, not a folder" if root.exists() else "does not exist"
            return Folder(
                mistakes=(UNREADABLE.at(None, f"`{folder}` {what}", help="name the folder of a program"),)
            )
        found = _policies_below(root)
    except (OSError, ValueError) as error:
        return Folder(mistakes=(UNREADABLE.at(None, f"`{folder}` cannot be read: {_why(error)}"),))
    found |= dict.fromkeys(also, True)
    paths = sorted(found, key=lambda path: path.parts)
    read = [read_one(path) if found[path] else _no_file(path) for path in paths]
    misnamed = None if root / MANIFEST in also else _misnamed(root)
    read += [] if misnamed is None else [misnamed]
    return Folder(
        tuple(each for each in read if isinstance(each, Source)),
        tuple(each for each in read if isinstance(each, Diagnostic)),
    )


def _policies_below(root: Path) -> dict[Path, bool]:
    """The paths of a folder that are called like policies, and whether each is a file."""
    found: dict[Path, bool] = {}
    pending = [str(root)] if root.is_dir() else []
    while pending:
        with os.scandir(pending.pop()) as entries:
            for each in entries:
                if _is_policy_name(each.name):
                    path = Path(each.path)
                    found[path] = path.is_file() if each.is_symlink() else each.is_file()
                if each.is_dir(follow_symlinks=False) and _is_open(each.name):
                    pending.append(each.path)
    return found


def _no_file(path: Path) -> Diagnostic:
    """The diagnostic for folders, broken links and pipes, on which a reader would wait."""
    return UNREADABLE.at(None, f"`{path}` cannot be read: it is not a file", help="remove or rename it")


def _misnamed(root: Path) -> Diagnostic | None:
    """The diagnostic for declarations in a file such as `program.yml`, where no command looks for them."""
    found = misnamed_manifest(root)
    if found is None:
        return None
    message = f"the program is declared in `{found}`, and only `{MANIFEST}` is looked for"
    return MISNAMED.at(None, message, help=f"rename it to `{root / MANIFEST}`")


def misnamed_manifest(root: Path) -> Path | None:
    """The file that would be `program.yaml` with another ending or small letters; None if there is one."""
    if (root / MANIFEST).is_file():
        return None
    near = (path for path in sorted(root.glob(_YAML)) if path.stem.lower() == "program")
    return next(near, None)


def is_policy(path: PurePath) -> bool:
    """Whether a path within the folder of a program names a policy file."""
    return _is_policy_name(path.name) and all(map(_is_open, path.parts[:-1]))


def _is_policy_name(name: str) -> bool:
    stem, _, ending = name.rpartition(".")
    return stem != "" and ending.lower() in ("yaml", "yml") and not stem.endswith("_test") and name[0] != "."


def _is_open(folder: str) -> bool:
    """Whether a folder of this name may hold policies."""
    return not folder.startswith(".") and folder not in _SKIPPED


def read_file(path: str | Path, *, max_bytes: int = MAX_BYTES) -> Source | Diagnostic:
    """One file as a source, or the mistake in reading it."""
    try:
        with open(path, "rb") as file:
            data = file.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        return UNREADABLE.at(None, f"`{path}` cannot be read: {_why(error)}")
    return decode(str(path), data, max_bytes=max_bytes)


def _why(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return reason.lower()


# Sheets of workbooks: `FILE:SHEET`

BOOKS = (".xlsx", ".xlsm", ".ods")
"""The endings of workbooks."""


def file_of(path: Path) -> Path:
    """The file of `FILE:SHEET`."""
    return split_sheet(path)[0]


def sheet_of(path: Path) -> str | None:
    """The sheet of `FILE:SHEET`; None where none is named."""
    return split_sheet(path)[1]


def split_sheet(path: Path) -> tuple[Path, str | None]:
    """The file and the sheet of `FILE:SHEET`."""
    file, colon, sheet = str(path).rpartition(":")
    if colon and sheet and Path(file).suffix.lower() in BOOKS and "\0" not in file and not path.exists():
        return Path(file), sheet
    return path, None


def is_workbook(path: Path) -> bool:
    """Whether a path names a workbook, or a sheet of one."""
    return file_of(path).suffix.lower() in BOOKS
