"""A version of a program: its folder on disk, or as it was in a revision of its repository."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path, PurePosixPath

from policyengine.api import Program
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.git import Repository, repository_of
from policyengine.dataclass import dataclass
from policyengine.decision.wording import day as day_words
from policyengine.files import MANIFEST, Folder, read_folder
from policyengine.program import load as loading
from policyengine.source import Source


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a program: its name for people, its files, and the id of its commit, if any."""

    name: str
    read: Folder
    commit: str | None = None

    def program(self, as_of: date, language: str | None = None) -> Program:
        """Returns the program as it is in force on a day; its mistakes are its `diagnostics`."""
        linked = loading.load(self.name, self.read.sources, as_of, self.read.mistakes, language=language)
        return Program(linked, self.name, tuple(source.name for source in self.read.sources))

    @property
    def digest(self) -> str:
        """The digest of its policies."""
        return loading.digest_of(self.read.sources)

    def within(self) -> Version:
        """The same with files that are named by their paths in the folder of the program."""
        head = self.name if self.name.endswith(":") else f"{self.name}/"
        sources = tuple(Source(each.name.removeprefix(head), each.text) for each in self.read.sources)
        return Version(self.name, Folder(sources, self.read.mistakes), self.commit)


def version_on_disk(folder: Path) -> Version:
    """The program in a folder as it is."""
    return Version(str(folder), read_folder(folder))


def version_of(revision: str) -> Version:
    """The program that `main~3:policies/acme` names."""
    name, _, folder = revision.partition(":")
    repository = repository_of(folder or ".")
    return version_at(repository, repository.commit(name), name)


def version_known_on(folder: str, day: date) -> Version:
    """The program in a folder as it was committed at the end of a day."""
    repository = repository_of(folder)
    commit = repository.commit_on(day)
    if commit is None:
        raise CommandError(f"`{folder}` has no commit on or before {day_words(day)}")
    return version_at(repository, commit, commit[:12])


def version_at(repository: Repository, commit: str, name: str) -> Version:
    """The program in the folder of a repository as it was in a commit, which people call by a name."""
    found = Version(f"{name}:{repository.path}", repository.read(commit, name), commit)
    if not any(
        PurePosixPath(each.name.partition(":")[2]) == _manifest(repository) for each in found.read.sources
    ):
        raise CommandError(f"`{found.name}` is not a program: it has no file `{MANIFEST}`")
    return found


def _manifest(repository: Repository) -> PurePosixPath:
    return PurePosixPath(repository.path) / MANIFEST


def versions_since(repository: Repository, commit: str | None) -> Iterator[Version]:
    """The program in the folder of a repository in every later commit that changed it, the oldest first."""
    for each in repository.changes(commit):
        if repository.has(each, str(_manifest(repository))):
            yield version_at(repository, each, each[:12])
