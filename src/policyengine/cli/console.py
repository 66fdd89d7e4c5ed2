"""Where text goes: what was asked for to standard output, all else to standard error."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TextIO

from policyengine.cli.codes import CommandError, GoneError
from policyengine.cli.streams import give_up
from policyengine.dataclass import dataclass


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
