"""A file that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import BinaryIO


class Whole:
    """Writes beside the file, under a hidden name, and takes its place only when all is on the disk."""

    def __init__(self, path: Path) -> None:
        self._target = Path(os.path.realpath(path))
        self._temporary = self._target.with_name(f".{self._target.name}.{os.getpid()}.tmp")
        try:
            self.stream: BinaryIO = self._temporary.open("wb")
        except OSError as error:
            error.filename = str(path)  # the name that the user knows
            raise
        self._done = False

    def commit(self) -> None:
        """Make it appear."""
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        if self._target.exists():
            shutil.copymode(self._target, self._temporary)
        os.replace(self._temporary, self._target)
        self._done = True
        _sync_folder(self._target.parent)

    def __enter__(self) -> Whole:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._done:
            self.stream.close()
            self._temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """The new name is on the disk too; where a folder cannot be synced, the system sees to it."""
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
