"""`policyengine code`: what the code of a mistake means."""

from __future__ import annotations

import click

from policyengine.api import codes
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import OK, CommandError
from policyengine.cli.options import Word, color_option, subcommand
from policyengine.diagnostics import did_you_mean
from policyengine.render.reference_pages import code_list, code_page


@subcommand("code", "policyengine code TIER002", "policyengine code TIER")
@click.argument("code", metavar="[CODE]", required=False, type=Word(lambda: (one.id for one in codes())))
@color_option
def command(code: str | None, color: str) -> int:
    """Explain the code of a mistake, with what breaks the rule and what to write.

    Without CODE, all are listed; `code TIER` lists those that begin so.
    """
    console = Console.of(color)
    known = {one.id: one for one in codes()}
    found = known.get(code.upper()) if code is not None else None
    listed = [one for name, one in known.items() if name.startswith((code or "").upper())]
    if found is None and listed:
        console.out(code_list(listed), for_people=True)
        return OK
    if found is None:
        assert code is not None  # which lists all
        help = did_you_mean(code.upper(), known) or "`policyengine code` lists all codes"
        raise CommandError(f"there is no code `{code}`", help=help)
    console.out(code_page(found, color=console.color), for_people=True)
    return OK
