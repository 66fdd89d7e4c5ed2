"""How far a command is, on a terminal only: one line that is written over, and gone at the end."""

from __future__ import annotations

import sys

from policyengine.dataclass import dataclass


@dataclass(slots=True)
class Progress:
    """Shows how much of something is done: `mutants of policies/kepion: 12 of 77`."""

    label: str
    shown: str = ""

    def __call__(self, done: int, total: int) -> None:
        """Say how far it is; when all is done, the line goes."""
        if not sys.stderr.isatty():
            return
        self._write("" if done >= total else f"{self.label}: {done} of {total}")

    def _write(self, line: str) -> None:
        sys.stderr.write(f"\r{line.ljust(len(self.shown))}\r{line}")
        sys.stderr.flush()
        self.shown = line
