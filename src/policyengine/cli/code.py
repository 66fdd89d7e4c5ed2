"""`policyengine code`: what the code of a mistake means."""

from __future__ import annotations

import click

from policyengine.api import codes
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import OK, CommandError
from policyengine.cli.options import SETTINGS, color_option
from policyengine.diagnostics import did_you_mean
from policyengine.render.reference_pages import code_list, code_page


@click.command("code", context_settings=SETTINGS)
@click.argument("code", metavar="[CODE]", required=False)
@color_option
def command(code: str | None, color: str) -> int:
    """Explain the code of a mistake, with what breaks the rule and what to write. Without CODE, list all."""
    console = Console.of(color)
    known = {one.id: one for one in codes()}
    if code is None:
        console.out(code_list(known.values()))
        return OK
    found = known.get(code.upper())
    if found is None:
        help = did_you_mean(code.upper(), known) or "`policyengine code` lists all codes"
        raise CommandError(f"there is no code `{code}`", help=help)
    console.out(code_page(found, color=console.color))
    return OK
