"""Two versions of one program: two folders, or two revisions of one; programs are matched by their ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Literal

from policyengine.api import Program
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import NOT_COMPILED, CommandError
from policyengine.cli.git import Repository, repository_of
from policyengine.cli.programs import folders_of, require_folder
from policyengine.cli.versions import Version, version_on_disk
from policyengine.dataclass import dataclass
from policyengine.diagnostics import Severity
from policyengine.files import MANIFEST
from policyengine.program.read import PROGRAM
from policyengine.render.diagnostic_text import diagnostics_text, summary
from policyengine.source import Source
from policyengine.text.document import Mapping, Scalar
from policyengine.text.yaml import read_yaml

FORMS = (
    "give two folders, or revisions and a folder: `main..HEAD policies/example`, `main HEAD policies/example`"
)
State = Literal["there", "renamed", "new", "deleted"]


@dataclass(frozen=True, slots=True)
class Matched:
    """A program of two revisions, and its folder in each; `None` where it is not."""

    old: str | None
    new: str | None

    @property
    def state(self) -> State:
        """What became of it."""
        if self.old is None:
            return "new"
        if self.new is None:
            return "deleted"
        return "there" if self.old == self.new else "renamed"


@dataclass(frozen=True, slots=True)
class _Side:
    """A commit, by the name that a command gave it; without one, the files on disk."""

    repository: Repository
    name: str = ""
    commit: str | None = None

    def name_of(self, path: str) -> str:
        """What people call a folder, by its path in the repository."""
        return f"{self.name}:{path}" if self.commit else _short(self.repository.top / path)

    def read(self, path: str) -> Version | None:
        """The program in a folder, by its path in the repository; None if there is none."""
        if self.commit is None:
            there = (self.repository.top / path / MANIFEST).is_file()
            return _folder(self.name_of(path)) if there else None
        if not self.repository.has(self.commit, f"{path}/{MANIFEST}" if path else MANIFEST):
            return None
        read = self.repository.at(path).read(self.commit, self.name)
        return Version(self.name_of(path), read, self.commit)

    def programs(self, path: str = "") -> dict[str, str]:
        """The ids of the programs in a folder of the repository and below, by their paths."""
        read = self.repository.at(path).manifests(self.commit, MANIFEST)
        return {_parent(source.name): _id(source) for source in read}


def read_versions(words: Sequence[str]) -> tuple[tuple[Version, Version], tuple[str, ...]]:
    """Returns the two versions that the arguments of a command name, and the arguments after them.

    A folder that is a program in one of two revisions only is looked for in the other by the id of the
    program. Without a folder it is the only program there is.
    """
    if Path(words[0]).is_dir():
        return (_folder(words[0]), _folder("".join(words[1:2]))), tuple(words[2:])
    sides, rest = _sides(words)
    return _matching(*sides), rest


def match_programs(words: Sequence[str]) -> tuple[Matched, ...]:
    """Returns the programs in a folder as they were and as they are, matched by their ids."""
    sides, _ = _sides(words, several=True)
    was, now = (side.programs(side.repository.path) for side in sides)
    pairs = [Matched(path if path in was else _found(was, now, path), path) for path in now]
    kept = {pair.old for pair in pairs}
    return (*pairs, *(Matched(path, None) for path in was if path not in kept))


def _found(was: dict[str, str], now: dict[str, str], path: str) -> str | None:
    """Returns where the program of a folder was: the only one of its id that is there no more."""
    found = [each for each, id in was.items() if id == now.get(path) and each not in now]
    return found[0] if len(found) == 1 else None


def _sides(words: Sequence[str], *, several: bool = False) -> tuple[tuple[_Side, _Side], tuple[str, ...]]:
    """Returns both sides, whose repository is looked at from the folder, and the arguments after it."""
    first, *rest = words
    if _looks_like_a_path(first):
        raise CommandError(f"`{first}` does not exist", help=FORMS)
    if ".." not in first and rest and _may_be_a_folder(rest[0]) and not Path(rest[0]).is_dir():
        first = f"{first}..{rest.pop(0)}"
    folder = rest.pop(0) if rest and _may_be_a_folder(rest[0]) else _only_program(several)
    repository = repository_of(folder)
    if ".." in first:
        return _range(first, repository), tuple(rest)
    return (_Side(repository, first, repository.commit(first)), _Side(repository)), tuple(rest)


def _may_be_a_folder(text: str) -> bool:
    return text != "-" and not Path(text).is_file()


def _only_program(several: bool) -> str:
    """Returns the folder of the only program; of several, the folder that they are in."""
    if several:
        return "policies" if Path("policies").is_dir() else "."
    found = folders_of(())
    if len(found) > 1:
        names = ", ".join(f"`{one}`" for one in found[:5])
        raise CommandError("there are several programs", help=f"name one of {names}")
    return str(found[0])


def _looks_like_a_path(text: str) -> bool:
    return text.startswith(("./", "../", "/", "~")) or text == ".."


def _range(text: str, repository: Repository) -> tuple[_Side, _Side]:
    dots = "..." if "..." in text else ".."
    left, right = (side or "HEAD" for side in text.split(dots, 1))
    first = repository.commit(left) if dots == ".." else repository.ancestor(left, right)
    name = left if dots == ".." else first[:12]
    return _Side(repository, name, first), _Side(repository, right, repository.commit(right))


def _matching(old: _Side, new: _Side) -> tuple[Version, Version]:
    path = old.repository.path
    before, after = old.read(path), new.read(path)
    if before is None and after is None:
        if old.commit is not None:
            old.repository.read(old.commit, old.name)  # says so where there is no such folder
        raise _no_program(old.name_of(path))
    return before or _by_id(old, new, path), after or _by_id(new, old, path)


def _by_id(side: _Side, other: _Side, path: str) -> Version:
    """Returns the program that lies in a folder of the other side, and in a different one on this side."""
    there = other.programs()
    found = _found(side.programs(), there, path)
    version = side.read(found) if found is not None else None
    if version is None:
        where = f"`{side.name}`" if side.commit else "the working tree"
        raise CommandError(
            f"the program `{there.get(path, path)}` of `{other.name_of(path)}` is not in {where}",
            help="it is new, or it was deleted: there is nothing to compare it with",
        )
    return version


def _folder(folder: str) -> Version:
    path = Path(folder)
    if not path.exists() or not folder:
        raise CommandError(f"`{path}` does not exist" if folder else "`NEW` is missing", help=FORMS)
    require_folder(path)
    if not (path / MANIFEST).is_file():
        raise _no_program(str(path))
    return version_on_disk(path)


def _no_program(name: str) -> CommandError:
    return CommandError(f"`{name}` is not a program: it has no file `{MANIFEST}`", help=FORMS)


def _short(folder: Path) -> str:
    """Returns the path from where the command runs, if it lies below."""
    here = Path.cwd().resolve()
    return str(folder.relative_to(here)) if folder.is_relative_to(here) else str(folder)


def _parent(path: str) -> str:
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent


def _id(manifest: Source) -> str:
    """The id that a program declares; the name of its folder where it declares none."""
    for document in read_yaml(manifest).documents:
        root = document.root
        if isinstance(root, Mapping):
            kind, id = (root.entries.get(key) for key in ("kind", "id"))
            if kind and id and isinstance(kind.value, Scalar) and kind.value.text == PROGRAM:
                return id.value.text if isinstance(id.value, Scalar) else ""
    return PurePosixPath(manifest.name).parent.name


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
