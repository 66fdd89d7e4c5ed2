"""How far a long run has come: on a terminal only, and only once it has taken a second."""

from __future__ import annotations

import sys
import time

_FIRST_MS = 1000
_EVERY_MS = 200


class Progress:
    """One line that is written over: records so far, how many a second, how long it will take."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()
        self._start = time.monotonic_ns()
        self._next = _FIRST_MS
        self._width = 0

    def tell(self, records: int, done: int, total: int) -> None:
        """So many records so far; `done` of `total` units are read."""
        if not self._shows:
            return
        passed = (time.monotonic_ns() - self._start) // 1_000_000
        if passed < self._next:
            return
        self._next = passed + _EVERY_MS
        text = progress_text(records, passed, done, total)
        sys.stderr.write(f"\r{text.ljust(self._width)}")
        sys.stderr.flush()
        self._width = len(text)

    def end(self) -> None:
        """Wipe the line."""
        if self._width:
            sys.stderr.write(f"\r{' ' * self._width}\r")
            sys.stderr.flush()
            self._width = 0


def progress_text(records: int, passed: int, done: int, total: int) -> str:
    """`1,240,000 records, 41,200 a second, 63 %, 0:31 left`; `passed` in milliseconds."""
    text = f"{records:,} records, {records * 1000 // max(1, passed):,} a second"
    if not 0 < done <= total:
        return text
    left = passed * (total - done) // done // 1000
    hours, minutes, seconds = left // 3600, left // 60 % 60, left % 60
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{text}, {100 * done // total} %, {clock} left"
