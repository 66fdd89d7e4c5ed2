"""How far a long command is: on a terminal only, and gone when it is done."""

from __future__ import annotations

import sys
from dataclasses import field
from time import monotonic_ns

from policyengine.dataclass import dataclass

_SECOND = 1_000_000_000
_PAUSE = _SECOND // 5


@dataclass(slots=True)
class Working:
    """A line on standard error that says how much of `total` is done, how fast, and how long it will take."""

    what: str
    total: int
    done: int = 0
    _started: int = field(default_factory=monotonic_ns)
    _shown: int = 0
    _wide: int = 0

    def step(self, more: int) -> None:
        """So many more are done."""
        self.done += more
        now = monotonic_ns()
        if sys.stderr.isatty() and now - self._shown >= _PAUSE:
            self._shown = now
            self._say(line(self.what, self.done, self.total, now - self._started))

    def end(self) -> None:
        """Takes the line away."""
        if self._wide:
            self._say("")
            sys.stderr.write("\r")
            sys.stderr.flush()

    def _say(self, text: str) -> None:
        sys.stderr.write(f"\r{text.ljust(self._wide)}")
        sys.stderr.flush()
        self._wide = len(text)


def line(what: str, done: int, total: int, nanoseconds: int) -> str:
    """`5,000 of 20,000 resellers, 2,300 a second, 7 s left`."""
    rate = done * _SECOND // max(1, nanoseconds)
    left = f", {rate:,} a second, {(total - done) // rate:,} s left" if rate else ""
    return f"{done:,} of {total:,} {what}{left}"


def note(text: str) -> None:
    """A line that the next one takes the place of; on a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
