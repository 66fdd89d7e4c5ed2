"""The command line: the only place that reads files, asks for the date, prints and exits."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code; `--version` is answered without loading anything else."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        from policyengine.cli.version import VERSION

        sys.stdout.write(f"policyengine {VERSION}\n")
        return
    from policyengine.cli.run import run

    sys.exit(run(arguments))
