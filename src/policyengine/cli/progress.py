"""How far a long command has come: on a terminal only, and only once it has taken a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

_FIRST_MS = 1000
_EVERY_MS = 200


class Progress:
    """One line, written over and at the end wiped: how many of `what`, how fast, how long it will take."""

    def __init__(self, what: str = "records") -> None:
        self._what = what
        self._shows = sys.stderr.isatty()
        self._start = time.monotonic_ns()
        self._next = _FIRST_MS
        self._width = 0

    def __call__(self, done: int, total: int) -> None:
        """So many of all are done; with the last one the line goes."""
        self._tell(lambda passed: progress_text(self._what, done, passed, done, total, counted=True))
        if done >= total:
            self.end()

    def tell(self, count: int, done: int, total: int) -> None:
        """So many so far, where nobody knows how many there are; `done` of `total` units are read."""
        self._tell(lambda passed: progress_text(self._what, count, passed, done, total))

    def _tell(self, text_of: Callable[[int], str]) -> None:
        passed = (time.monotonic_ns() - self._start) // 1_000_000
        if not self._shows or passed < self._next:
            return
        self._next = passed + _EVERY_MS
        text = text_of(passed)
        sys.stderr.write(f"\r{text.ljust(self._width)}")
        sys.stderr.flush()
        self._width = len(text)

    def end(self) -> None:
        """Wipe the line."""
        if self._width:
            sys.stderr.write(f"\r{' ' * self._width}\r")
            sys.stderr.flush()
            self._width = 0


def progress_text(what: str, count: int, passed: int, done: int, total: int, *, counted: bool = False) -> str:
    """`1,240,000 records, 41,200 a second, 63 %, 0:31 left`; `passed` in milliseconds."""
    number = f"{count:,} of {total:,}" if counted else f"{count:,}"
    text = f"{number} {what}, {count * 1000 // max(1, passed):,} a second"
    if not 0 < done <= total:
        return text
    left = passed * (total - done) // done // 1000
    hours, minutes, seconds = left // 3600, left // 60 % 60, left % 60
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{text}, {100 * done // total} %, {clock} left"
