"""Two versions of one program: two folders, or revisions of one.

`OLD NEW` are two folders; `main..HEAD FOLDER` two revisions of a folder, `main...HEAD FOLDER` the commit in
which they part and the second one; `main FOLDER` a revision and the folder as it is now.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from policyengine.api import Program
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import NOT_COMPILED, CommandError
from policyengine.cli.git import repository_of
from policyengine.cli.programs import MANIFEST, require_folder
from policyengine.dataclass import dataclass
from policyengine.diagnostics import Severity
from policyengine.files import Folder, read_folder
from policyengine.program import load as loading
from policyengine.render.diagnostic_text import diagnostics_text, summary

FORMS = "give two folders, or revisions and a folder: `main..HEAD policies/example`"


@dataclass(frozen=True, slots=True)
class Version:
    """One of two versions: its `name` for people, the folder, the revision (None: as it is on disk)."""

    name: str
    folder: str
    revision: str | None
    read: Folder

    def program(self, as_of: date) -> Program:
        """Returns the program as it is in force on a day; its mistakes are its `diagnostics`."""
        linked = loading.load(self.name, self.read.sources, as_of, self.read.mistakes)
        return Program(linked, self.name, tuple(source.name for source in self.read.sources))


def read_versions(old: str, new: str) -> tuple[Version, Version]:
    """Returns the two versions that the arguments of a command name."""
    if Path(old).is_dir():
        return _folder(old), _folder(new)
    if ".." in old and not _looks_like_a_path(old):
        return _range(old, new)
    if _looks_like_a_path(old) and not Path(new).is_dir():
        raise CommandError(f"`{old}` does not exist", help=FORMS)
    repository = repository_of(new)
    commit = repository.commit(old)
    return _revision(old, commit, new), _folder(new)


def _looks_like_a_path(text: str) -> bool:
    return text.startswith(("./", "../", "/", "~")) or text == ".."


def _range(text: str, folder: str) -> tuple[Version, Version]:
    dots = "..." if "..." in text else ".."
    left, right = (side or "HEAD" for side in text.split(dots, 1))
    repository = repository_of(folder)
    first = repository.commit(left) if dots == ".." else repository.ancestor(left, right)
    second = repository.commit(right)
    name = left if dots == ".." else first[:12]
    return _revision(name, first, folder), _revision(right, second, folder)


def _revision(name: str, commit: str, folder: str) -> Version:
    repository = repository_of(folder)
    read = repository.read(commit, name)
    version = Version(f"{name}:{repository.path}", repository.path, name, read)
    manifest = f"{version.name}/{MANIFEST}" if repository.path else f"{name}:{MANIFEST}"
    if all(source.name != manifest for source in read.sources) and not read.mistakes:
        raise _no_program(version.name)
    return version


def _folder(folder: str) -> Version:
    path = Path(folder)
    if not path.exists():
        raise CommandError(f"`{path}` does not exist", help=FORMS)
    require_folder(path)
    if not (path / MANIFEST).is_file():
        raise _no_program(str(path))
    return Version(str(path), str(path), None, read_folder(path))


def _no_program(name: str) -> CommandError:
    return CommandError(f"`{name}` is not a program: it has no file `{MANIFEST}`", help=FORMS)


def open_versions(
    versions: tuple[Version, Version], as_of: date, console: Console
) -> tuple[Program, Program]:
    """Opens both programs; ends the command if either has mistakes, or if they are different programs."""
    old, new = (_open(version, which, as_of, console)
                for version, which in zip(versions, ("old", "new"), strict=True))  # fmt: skip
    if old.id != new.id:
        raise CommandError(
            f"`{versions[0].name}` is the program `{old.id}`, and `{versions[1].name}` is `{new.id}`",
            help="compare two versions of one program",
        )
    return old, new


def _open(version: Version, which: str, as_of: date, console: Console) -> Program:
    program = version.program(as_of)
    if not program.ok:
        errors = [found for found in program.diagnostics if found.severity is Severity.ERROR]
        console.err(diagnostics_text(errors, color=console.color_err))
        raise CommandError(
            f"the {which} policies, `{version.name}`, have mistakes: {summary(errors)}",
            help="nothing was compared; correct them first",
            code=NOT_COMPILED,
        )
    return program
