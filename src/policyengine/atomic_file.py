"""Atomic files: a file appears whole or not at all. Every file of this project is written this way."""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

_LONGEST = 56
"""So many characters of a name are kept in the hidden one, which may take four bytes each."""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class AtomicFile:
    """Writes to a hidden file beside the target, which replaces the target when all is on the disk.

    This process creates the hidden file itself and never writes to an existing file or link. Without `commit`
    nothing is left behind.
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
        """Replaces the target, keeping the permissions of an existing one."""
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


def write_atomically(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Writes a whole file, or leaves it unchanged; a device or a pipe gets the data as it comes directly."""
    pieces = (data,) if isinstance(data, bytes) else data
    if passes_on(path):
        with path.open("wb") as stream:
            stream.writelines(pieces)
        return
    with AtomicFile(path) as file:
        file.stream.writelines(pieces)
        file.commit()


def passes_on(path: Path) -> bool:
    """Whether a path is a device or a pipe, which is never replaced."""
    return path.exists() and not path.is_file()


def _created(target: Path) -> tuple[Path, BinaryIO]:
    """A new file beside the target. A file left by an ended process with the same number is not touched."""
    for number in count():
        end = f"{os.getpid()}.tmp" if not number else f"{os.getpid()}.{number}.tmp"
        path = target.with_name(f".{target.name[:_LONGEST]}.{end}")
        try:
            return path, os.fdopen(os.open(path, _FLAGS, 0o666), "wb")
        except FileExistsError:
            continue
    raise AssertionError("there are numbers without end")


def sync_folder(folder: Path) -> None:
    """Writes the entries of a folder to the disk, where the system can sync folders."""
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
