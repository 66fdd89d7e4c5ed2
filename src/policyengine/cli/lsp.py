"""`policyengine lsp`: the language server, which editors start by themselves."""

from __future__ import annotations

import os
import sys
from datetime import date
from importlib.util import find_spec

import click

from policyengine.cli.exit_codes import OK, CommandError
from policyengine.cli.options import Day, subcommand, today


@subcommand("lsp", "policyengine lsp")
@click.option("--stdio", is_flag=True, help="Talk over standard input and output, as it always does.")
@click.option("--as-of", type=Day(), metavar="DATE", help="The day that counts (default: today).")
def command(stdio: bool, as_of: date | None) -> int:
    """Serve editors: mistakes while you type, completion, hover, names, fixes (the Language Server Protocol).

    An editor starts it. docs/editor.md says how to set up VS Code, Neovim, Helix and JetBrains.
    """
    if find_spec("pygls") is None:
        raise CommandError(
            "the language server needs the extra `lsp`, which is not installed",
            help="`python -m pip install 'pygls>=2.1'` adds it",
        )
    from policyengine.cli.language_requests import make_server

    server = make_server((lambda: as_of) if as_of is not None else today)
    # Streams of its own: it closes them at its end.
    server.start_io(os.fdopen(os.dup(sys.stdin.fileno()), "rb"), os.fdopen(os.dup(sys.stdout.fileno()), "wb"))
    return OK
