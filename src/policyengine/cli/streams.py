"""The standard streams, as whoever started the command left them: closed, on a full disk, read by nobody."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO


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
