"""Exit codes, the same for every command."""

from __future__ import annotations

OK = 0
"""Nothing to report."""
FOUND = 1
"""What was asked for was found: mistakes, records left out, a gate that is not open."""
UNUSABLE = 2
"""The command line or an input cannot be used; nothing was examined."""
NOT_COMPILED = 3
"""The policies have mistakes, so nothing was evaluated."""
BUG = 4
"""A fault of policyengine itself."""
INTERRUPTED = 130
"""Ctrl-C."""
NOBODY_READS = 141
"""The reader of the output has closed it."""


class CommandError(Exception):
    """Ends a command with a sentence for the user, what to do about it, and an exit code."""

    def __init__(self, message: str, *, help: str | None = None, code: int = UNUSABLE) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        self.code = code


class GoneError(Exception):
    """The reader of the output has closed it."""
