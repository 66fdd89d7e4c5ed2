"""Reads folders as they are in a revision of git, without a checkout or a fetch."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path, PurePosixPath

from policyengine.cli.exit_codes import CommandError
from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.files import MAX_BYTES, UNREADABLE, Folder, is_policy, read_file
from policyengine.source import Source
from policyengine.text.decode import decode

_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C",
          "TZ": "UTC"}  # fmt: skip
# They would have git read a repository that is not the one of the folder; a hook of git sets some of them.
_ELSEWHERE = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE",
)  # fmt: skip
_FILES = ("100644", "100755", "100664")


@dataclass(frozen=True, slots=True)
class Repository:
    """A working tree, and where a folder lies in it; `path` is "" for the whole of it."""

    top: Path
    path: str

    def commit(self, revision: str) -> str:
        """Returns the id of the commit that a revision names."""
        found = None if revision.startswith("-") else self._resolve(f"{revision}^{{commit}}")
        before, _, path = revision.partition(":")
        if found is None and path and self._resolve(f"{before}^{{commit}}") is not None:
            message = f"`{revision}` names a folder in a revision, and a revision is wanted here"
            raise CommandError(message, help=f"write `{before}`, and the folder after it")
        if found is None:
            raise CommandError(
                f"`{revision}` is neither a folder nor a revision of this repository",
                help="`git log --oneline` and `git branch --all` show what there is; "
                "in a shallow clone, `git fetch --unshallow` gets the rest",
            )
        return found

    def ancestor(self, one: str, other: str) -> str:
        """Returns the common ancestor of two revisions."""
        done = _git(self.top, "merge-base", self.commit(one), self.commit(other))
        if done.returncode:
            raise CommandError(f"`{one}` and `{other}` have no commit in common")
        return done.stdout.decode().strip()

    def commit_on(self, day: date) -> str | None:
        """Returns the commit that was the last one at the end of a day (UTC), along the first parents."""
        until = f"--before={day.isoformat()}T23:59:59Z"
        done = _git(self.top, "rev-list", "-1", "--first-parent", until, "HEAD", "--")
        return done.stdout.decode().strip() or None

    def changes(self, since: str | None, *, until: str = "HEAD") -> list[str]:
        """Returns the commits after another one that changed the folder, the oldest first."""
        range_ = until if since is None else f"{since}..{until}"
        done = _git(self.top, "rev-list", "--reverse", "--topo-order", range_, "--", self.path or ".")
        return done.stdout.decode().split()

    def subject(self, commit: str) -> tuple[date, str]:
        """Returns the day of a commit (UTC), and the first line of its message."""
        command = ("show", "--no-patch", "--format=%cd%n%s", "--date=format-local:%Y-%m-%d")
        done = _git(self.top, *command, commit)
        day, _, text = done.stdout.decode(errors="replace").strip().partition("\n")
        return date.fromisoformat(day), text

    def at(self, path: str) -> Repository:
        """The same repository, looked at from another folder in it."""
        return Repository(self.top, path)

    def has(self, commit: str, path: str) -> bool:
        """Whether a file is in a commit."""
        return self._resolve(f"{commit}:{path}") is not None

    def manifests(self, commit: str | None, name: str) -> tuple[Source, ...]:
        """Returns the files of a name in the folder and below, named by their paths in the repository.

        Without a commit they are those on disk that git does not ignore.
        """
        if commit is None:
            return tuple(self._on_disk(name))
        tree = self._resolve(f"{commit}:{self.path}")
        listed = _git(self.top, "ls-tree", "-r", "-l", "-z", "--full-tree", tree or commit)
        if tree is None or listed.returncode:
            return ()
        entries = [each for each in _entries(listed.stdout) if PurePosixPath(each.path).name == name]
        return _read(self.top, entries, f"{self.path}/" if self.path else "").sources

    def _on_disk(self, name: str) -> Iterator[Source]:
        where = self.top / self.path
        listed = _git(where, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name")
        for each in listed.stdout.split(b"\0"):
            path = os.fsdecode(each)
            read = read_file(self.top / path) if PurePosixPath(path).name == name else None
            if isinstance(read, Source):
                yield Source(path, read.text)

    def read(self, commit: str, revision: str) -> Folder:
        """Returns the sources of the folder in a commit, named `revision:path`."""
        tree = self._resolve(f"{commit}:{self.path}")
        if tree is None:
            raise CommandError(
                f"the folder `{self.path}` is not in `{revision}`",
                help=f"`git ls-tree -r --name-only {revision}` shows what is",
            )
        listed = _git(self.top, "ls-tree", "-r", "-l", "-z", "--full-tree", tree)
        if listed.returncode:
            raise CommandError(f"`{self.path}` is not a folder in `{revision}`")
        entries = [each for each in _entries(listed.stdout) if is_policy(PurePosixPath(each.path))]
        at = f"{revision}:{self.path}/" if self.path else f"{revision}:"
        return _read(self.top, sorted(entries, key=lambda each: PurePosixPath(each.path)), at)

    def _resolve(self, name: str) -> str | None:
        if "\0" in name:
            return None
        done = _git(self.top, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
        return done.stdout.decode().split()[-1] if not done.returncode and done.stdout.strip() else None


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    blob: str
    size: int
    path: str


def repository_of(folder: str) -> Repository:
    """Returns the repository of a folder; the folder itself need not exist any more."""
    there = Path(os.path.realpath(folder))
    near = next(each for each in (there, *there.parents) if each.is_dir())
    done = _git(near, "rev-parse", "--show-toplevel")
    if done.returncode:
        raise CommandError(
            f"`{folder}` is not in a git repository, so it has no revisions",
            help="give two folders: `OLD NEW`",
        )
    top = Path(os.path.realpath(done.stdout.decode(errors="surrogateescape").rstrip("\n")))
    if not there.is_relative_to(top) or not (top / ".git").exists():
        raise CommandError(
            f"the files of the repository of `{folder}` are said to be in `{top}`",
            help="`git config --unset core.worktree` makes it the repository of its own folder",
        )
    path = there.relative_to(top).as_posix()
    return Repository(top, "" if path == "." else path)


def _git(where: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["git", "--no-pager", "-c", "core.fsmonitor=false", "-C", str(where), *arguments]
    here = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    try:
        return subprocess.run(command, input=given, capture_output=True, check=False, env={**here, **_QUIET})
    except FileNotFoundError:
        raise CommandError("git is not installed", help="give two folders instead of revisions") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return done.stderr.decode(errors="replace").strip().removeprefix("fatal: ") or "no reason given"


def _entries(listed: bytes) -> Iterator[_Entry]:
    for line in listed.split(b"\0"):
        if line:
            head, path = line.split(b"\t", 1)
            mode, _, blob, size = head.decode().split()
            yield _Entry(mode, blob, int(size) if size.isdigit() else 0, os.fsdecode(path))


def _read(top: Path, entries: Sequence[_Entry], at: str) -> Folder:
    fit = [each for each in entries if each.mode in _FILES and each.size <= MAX_BYTES]
    texts = dict(zip((each.blob for each in fit), _blobs(top, [each.blob for each in fit]), strict=True))
    sources: list[Source] = []
    mistakes: list[Diagnostic] = []
    for entry in entries:
        name = f"{at}{entry.path}"
        if entry.mode not in _FILES:
            read: Source | Diagnostic = UNREADABLE.at(None, f"`{name}` cannot be read: it is not a file")
        elif entry.blob not in texts:
            read = UNREADABLE.at(None, f"`{name}` cannot be read: it is larger than {MAX_BYTES} bytes")
        else:
            read = decode(name, texts[entry.blob])
        (sources if isinstance(read, Source) else mistakes).append(read)  # type: ignore[arg-type]
    return Folder(tuple(sources), tuple(mistakes))


def _blobs(top: Path, ids: Sequence[str]) -> Iterator[bytes]:
    """Returns the contents of blobs, in order, from one process of git."""
    done = _git(top, "cat-file", "--batch", given="".join(f"{each}\n" for each in ids).encode())
    rest = done.stdout
    for each in ids:
        head, _, rest = rest.partition(b"\n")
        words = head.split()
        if len(words) != 3:
            raise CommandError(f"git cannot read `{each}`: {_said(done)}", help="is this a partial clone?")
        size = int(words[2])
        yield rest[:size]
        rest = rest[size + 1 :]
