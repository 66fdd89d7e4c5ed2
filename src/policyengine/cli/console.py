"""The standard streams: what was asked for goes to standard output, all else to standard error.

Whoever started the command may have closed them, they may lie on a full disk, or nobody may read them.
"""

from __future__ import annotations

import contextlib
import io
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
_LONG_MS = 30_000


@dataclass(frozen=True, slots=True)
class Console:
    """Writes to the two output streams; knows whether each takes colour, and the width of the terminal."""

    color: bool
    color_err: bool
    columns: int

    @classmethod
    def of(cls, color: str) -> Console:
        """Returns the console for a value of `--color`; NO_COLOR and FORCE_COLOR decide about `auto`."""
        columns = shutil.get_terminal_size((100, 24)).columns
        return cls(_colored(color, sys.stdout), _colored(color, sys.stderr), columns)

    def out(self, text: str, *, for_people: bool = False) -> None:
        """Prints a result to standard output; an empty text prints nothing.

        It is UTF-8, whatever the terminal; a text for people is in the encoding of the terminal.
        """
        if text:
            write_out(text if text.endswith("\n") else f"{text}\n", for_people=for_people)

    def err(self, text: str) -> None:
        """Prints a message to standard error; an empty text prints nothing."""
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


def write_out(text: str, *, for_people: bool = True) -> None:
    """Writes a text to standard output and flushes it."""
    try:
        if for_people:
            sys.stdout.write(text)
        else:
            sys.stdout.flush()
            sys.stdout.buffer.write(text.encode(errors="backslashreplace"))
        sys.stdout.flush()
    except BrokenPipeError:
        raise GoneError from None
    except OSError as error:
        give_up(sys.stdout)
        reason = (error.strerror or "unknown reason").lower()
        raise CommandError(f"standard output cannot be written: {reason}") from None


def open_closed() -> None:
    """Replaces standard streams that are closed.

    So no file that is opened later gets the number of a standard stream. Writing to a closed standard output
    fails; messages on a closed standard error are lost.
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


def buffered(stream: TextIO) -> TextIO:
    """A standard stream with a buffer, which writes whole texts.

    With `PYTHONUNBUFFERED` Python writes a long text once, and drops what the system did not take of it.
    """
    raw = getattr(stream, "buffer", None)
    if not isinstance(raw, io.RawIOBase):
        return stream
    return io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, stream.errors)


def give_up(stream: TextIO) -> None:
    """Discards the buffer of a stream that cannot be written, so that Python exits without a message."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def settle(stream: TextIO) -> None:
    """Flushes a stream, or discards its buffer where that fails."""
    try:
        stream.flush()
    except (OSError, ValueError):
        give_up(stream)


# Progress of long commands: on a terminal only, from one second on


class Progress:
    """Shows progress in one line that is overwritten, and erased at the end: count, speed, time left."""

    def __init__(self, what: str = "records", *, sums_up: bool = False) -> None:
        """One that `sums_up` says after a long time how many there were, also where no line is shown."""
        self._what = what
        self._sums_up = sums_up
        self._shows = sys.stderr.isatty()
        self._start = time.monotonic_ns()
        self._next = _FIRST_MS
        self._width = self._count = 0

    def __call__(self, done: int, total: int) -> None:
        """Shows that `done` of `total` are done; erases the line with the last one."""
        self._count = done
        self._tell(lambda passed: progress_text(self._what, done, passed, done, total, counted=True))
        if done >= total:
            self.end()

    def tell(self, count: int, done: int, total: int) -> None:
        """Shows a count whose total is unknown; `done` of `total` units of the input are read."""
        self._count = count
        self._tell(lambda passed: progress_text(self._what, count, passed, done, total))

    def _tell(self, text_of: Callable[[int], str]) -> None:
        passed = self._passed
        if not self._shows or passed < self._next:
            return
        self._next = passed + _EVERY_MS
        text = text_of(passed)
        sys.stderr.write(f"\r{text.ljust(self._width)}")
        sys.stderr.flush()
        self._width = len(text)

    @property
    def _passed(self) -> int:
        return (time.monotonic_ns() - self._start) // 1_000_000

    def end(self) -> None:
        """Erases the line, and sums up."""
        if self._width:
            sys.stderr.write(f"\r{' ' * self._width}\r")
            sys.stderr.flush()
            self._width = 0
        if self._sums_up and self._count and self._passed >= _LONG_MS:
            sys.stderr.write(f"{self._count:,} {self._what} in {_clock(self._passed)}\n")
        self._count = 0


def progress_text(what: str, count: int, passed: int, done: int, total: int, *, counted: bool = False) -> str:
    """`1,240,000 records, 41,200 a second, 63 %, 0:31 left`; `passed` in milliseconds."""
    number = f"{count:,} of {total:,}" if counted else f"{count:,}"
    text = f"{number} {what}, {count * 1000 // max(1, passed):,} a second"
    if not 0 < done <= total:
        return text
    return f"{text}, {100 * done // total} %, {_clock(passed * (total - done) // done)} left"


def _clock(milliseconds: int) -> str:
    """A time as a clock shows it: `0:31`, `1:02:03`."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
