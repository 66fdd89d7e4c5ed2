"""The standard streams: what was asked for goes to standard output, all else to standard error.

Whoever started the command may have closed them, they may lie on a full disk, or nobody may read them.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable
from typing import TextIO

from policyengine.cli.exit_codes import CommandError, GoneError
from policyengine.dataclass import dataclass

_FIRST_MS = 1000
_EVERY_MS = 200


@dataclass(frozen=True, slots=True)
class Console:
    """The two streams, whether each takes colour, and how wide the terminal is."""

    color: bool
    color_err: bool
    columns: int

    @classmethod
    def of(cls, color: str) -> Console:
        """For `--color auto`, `always` or `never`; NO_COLOR and FORCE_COLOR decide for `auto`."""
        columns = shutil.get_terminal_size((100, 24)).columns
        return cls(_colored(color, sys.stdout), _colored(color, sys.stderr), columns)

    def out(self, text: str) -> None:
        """Print what was asked for; nothing for an empty text."""
        if text:
            write_out(text if text.endswith("\n") else f"{text}\n")

    def err(self, text: str) -> None:
        """Print what goes along with it; nothing for an empty text."""
        if not text:
            return
        try:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
        except BrokenPipeError:
            raise GoneError from None
        except OSError:  # there is nowhere left to say so, and what was asked for may be well
            give_up(sys.stderr)


def _colored(wanted: str, stream: TextIO) -> bool:
    if wanted != "auto":
        return wanted == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def write_out(text: str) -> None:
    """Write a text, and all that was written before, to standard output."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise GoneError from None
    except OSError as error:
        give_up(sys.stdout)
        reason = (error.strerror or "unknown reason").lower()
        raise CommandError(f"standard output cannot be written: {reason}") from None


def open_closed() -> None:
    """Put something in the place of streams that are closed.

    No file that is opened later may take the number of one. Standard output is not to be had silently: what
    is written there fails. What is said on standard error is lost, as was asked for.
    """
    for number, flags in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # gets the lowest number that is free, which is this one
    if sys.stdin is None:
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)


def give_up(stream: TextIO) -> None:
    """Let what is still held back for a stream that takes nothing go nowhere, so that the end is quiet."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def settle(stream: TextIO) -> None:
    """Write what is held back for a stream, or give it up."""
    try:
        stream.flush()
    except (OSError, ValueError):
        give_up(stream)


# How far a long command has come: on a terminal only, and only once it has taken a second


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
