"""The command line: the only place that reads files, asks for the date, prints and exits.

In: arguments, files, standard input. Out: text on standard output, messages on standard error, an exit code.
`group` lists the commands, one module each, which are loaded when they are called; `run` turns failures
into exit codes. Nobody imports this package.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

VERSION = "0.1.0"
"""A copy of the one in pyproject.toml, since looking that up takes longer than a small check."""


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        code = _run(sys.argv[1:])
    except KeyboardInterrupt:  # while modules are loaded; the rest is caught in there
        sys.stderr.write("error: interrupted\n")
        code = 130
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    """Returns the exit code of a command line; the version alone is told without loading more."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from policyengine.cli.console import open_closed

        open_closed()
    if arguments in (["--version"], ["-V"]):
        with suppress(OSError):  # which the slow way tells
            sys.stdout.write(f"policyengine {VERSION}\n")
            sys.stdout.flush()
            return 0
    # What a command makes lives to its end and holds few cycles: to look for them again and again, and once
    # more at the exit, takes a fifth of the time of a short command.
    gc.set_threshold(100_000)
    # Looking for plugins of pydantic, of which there are none here, goes through all installed packages.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from policyengine.cli.console import buffered
    from policyengine.cli.run import run

    sys.stdout = buffered(sys.stdout)
    code = run(arguments)
    gc.freeze()
    return code
