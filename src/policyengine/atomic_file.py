"""A file that appears whole or not at all: every file that this project writes is written by it."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

_LONGEST = 56
"""So many characters of a name are kept in the hidden one, which may take four bytes each."""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class AtomicFile:
    """Writes beside a file, under a hidden name, and takes its place only when all is on the disk.

    The file beside it is created by this process alone: one that is there already, and a link, is never
    written to. Without `commit` nothing is left behind.
    """

    def __init__(self, path: Path) -> None:
        self._target = Path(os.path.realpath(path))
        try:
            self._temporary, self.stream = _created(self._target)
        except OSError as error:
            error.filename = str(path)  # the name that the user knows
            raise
        self._done = False

    def commit(self) -> None:
        """Make it appear, with the permissions of the file that was there."""
        self.stream.flush()
        if self._target.exists():
            os.chmod(self._temporary, self._target.stat().st_mode & 0o7777)
        os.fsync(self.stream.fileno())
        self.stream.close()
        os.replace(self._temporary, self._target)
        self._done = True
        sync_folder(self._target.parent)

    def __enter__(self) -> AtomicFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._done:
            self.stream.close()
            self._temporary.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole, or leave it as it was; a device or a pipe gets the data as it is."""
    if passes_on(path):
        path.write_bytes(data)
        return
    with AtomicFile(path) as file:
        file.stream.write(data)
        file.commit()


def passes_on(path: Path) -> bool:
    """Whether a path is a device or a pipe, which hands on what it gets and is never replaced."""
    return path.exists() and not path.is_file()


def _created(target: Path) -> tuple[Path, BinaryIO]:
    """A new file beside the target. What an ended process of the same number left there is not touched."""
    for number in count():
        end = f"{os.getpid()}.tmp" if not number else f"{os.getpid()}.{number}.tmp"
        path = target.with_name(f".{target.name[:_LONGEST]}.{end}")
        try:
            return path, os.fdopen(os.open(path, _FLAGS, 0o666), "wb")
        except FileExistsError:
            continue
    raise AssertionError("there are numbers without end")


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk too; where a folder cannot be synced, the system sees to it."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
