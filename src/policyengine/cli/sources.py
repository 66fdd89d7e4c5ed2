"""`policyengine sources`: what became of each statement of the source documents."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import click

from policyengine.cli import VERSION
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import FOUND, OK
from policyengine.cli.file_io import deliver, workspace
from policyengine.cli.options import (
    FILE,
    Output,
    Percent,
    as_of_option,
    color_option,
    output_option,
    subcommand,
)
from policyengine.cli.programs import open_program
from policyengine.program.ledgers import Ledgers
from policyengine.render.ci_formats import FORMS
from policyengine.render.ledger_reports import (
    SourcesReport,
    published,
    sources_json,
    sources_report,
    sources_text,
)


@subcommand("sources", "policyengine sources acme", "policyengine sources acme --fail-under 100")
@click.argument("program", metavar="PROGRAM", type=FILE)
@click.option(
    "--fail-under", type=Percent(), metavar="PERCENT", help="Exit code 1 if fewer statements are settled."
)
@as_of_option
@output_option("text", "json", *FORMS)
@color_option
def command(
    program: str, fail_under: Decimal | None, as_of: date, outputs: tuple[Output, ...], color: str
) -> int:
    """Show what became of each statement of the source documents, and which rules rest on none.

    The ledger of a document is a file of `kind: statements` in the folder of the program.
    """
    console = Console.of(color)
    opened = open_program(program, as_of, console)
    report = sources_report(program, opened.title, Ledgers(opened.linked))
    deliver(
        outputs or (Output("text"),),
        lambda form, paint: _render(report, form, paint),
        console,
        map(Path, opened.files),
    )
    return _below(report, fail_under)


def _render(report: SourcesReport, form: str, color: bool) -> str:
    if form == "json":
        return json.dumps(sources_json(report), indent=2, ensure_ascii=False)
    if form in FORMS:
        return published(report, VERSION).render(form, workspace())
    return sources_text(report, color=color)


def _below(report: SourcesReport, fail_under: Decimal | None) -> int:
    if fail_under is None:
        return OK
    below = (100 * each.settled < fail_under * len(each.entries) for each in report.standings)
    return FOUND if any(below) else OK
