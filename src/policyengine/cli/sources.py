"""`policyengine sources`: what became of each statement of the source documents; what a new copy changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from policyengine.cli import VERSION
from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import FOUND, OK, CommandError
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
from policyengine.render import ledger_reports
from policyengine.render.ci_formats import FORMS

Render = Callable[[str, bool], str]


@subcommand("sources", "policyengine sources acme", "policyengine sources acme --fail-under 100")
@click.argument("program", metavar="[PROGRAM]", required=False, type=PROGRAM)
@click.option(
    "--against", "copies", metavar="[DOCUMENT=]FILE", type=FILE, multiple=True,
    help="A new copy of a document (text, HTML, Markdown, PDF, .docx): show what it changes.",
)  # fmt: skip
@click.option(
    "--tests", metavar="DIR", type=FILE, multiple=True,
    help="Where tests of the rules are (default: the program, and fixtures).",
)  # fmt: skip
@click.option("--update", is_flag=True, help="Write the ledgers as of these copies.")
@click.option("--start", metavar="FILE", type=FILE, help="Write a first ledger of this document.")
@click.option(
    "--fail-under", type=Percent(), metavar="PERCENT", help="Exit code 1 if fewer statements are settled."
)
@as_of_option
@output_option("text", "json", "yaml", *FORMS)
@color_option
def command(
    program: str | None, copies: tuple[str, ...], tests: tuple[str, ...], update: bool,
    start: str | None,
    fail_under: Decimal | None, as_of: date, outputs: tuple[Output, ...], color: str,
) -> int:  # fmt: skip
    """Show what became of each statement of the source documents, and which rules rest on none.

    The ledger of a document is a file of `kind: statements` in the folder of the program. With `--against`
    the exit code is 1 if the copy says something that the ledger does not have, or no longer says it.
    """
    console = Console.of(color)
    if start is not None:
        if program is not None or copies or update or fail_under is not None:
            raise CommandError("`--start` reads a document, and no program", help="give it alone")
        return _start(Path(start), as_of, outputs, console)
    if program is None:
        raise CommandError("`PROGRAM` is missing", help="name the folder of a program, or `--start FILE`")
    if any(each.format == "yaml" for each in outputs):
        raise CommandError("only `--start` writes YAML", help="write `-o text` or `-o json`")
    opened = open_program(program, as_of, console)
    if copies:
        return _against(program, opened, copies, tests, outputs, console, as_of if update else None)
    if update:
        raise CommandError("`--update` takes what `--against FILE` finds", help="name the new copy")
    report = ledger_reports.sources_report(program, opened.title, Ledgers(opened.linked))
    texts = (ledger_reports.sources_json, ledger_reports.published, ledger_reports.sources_text)
    _deliver(report, texts, outputs, console, [Path(each) for each in opened.files])
    return _below(report, fail_under)


def _deliver(
    report: Any,
    texts: tuple[Any, Any, Any],
    outputs: Sequence[Output],
    console: Console,
    read: Sequence[Path],
) -> None:
    to_json, published, to_text = texts

    def render(form: str, color: bool) -> str:
        if form == "json":
            return json.dumps(to_json(report), indent=2, ensure_ascii=False)
        if form in FORMS:
            found: str = published(report, VERSION).render(form, workspace())
            return found
        text: str = to_text(report, color=color)
        return text

    deliver(outputs or (Output("text"),), render, console, read)


def _below(report: ledger_reports.SourcesReport, fail_under: Decimal | None) -> int:
    if fail_under is None:
        return OK
    below = (100 * each.settled < fail_under * len(each.entries) for each in report.standings)
    return FOUND if any(below) else OK


def _against(
    program: str, opened: Any, copies: Sequence[str], tests: Sequence[str], outputs: Sequence[Output],
    console: Console, update: date | None,
) -> int:  # fmt: skip
    from policyengine.cli.copy_files import compared, write_ledgers
    from policyengine.render.copy_reports import against_json, against_text, published

    reports = list(compared(program, opened, copies, tests, console))
    read = [*(Path(each) for each in opened.files), *(Path(each.file) for each in reports)]
    _deliver(reports, (against_json, published, against_text), outputs, console, read)
    if update is not None:
        write_ledgers(opened, reports, update, console)
    return FOUND if any(each.comparison.differs for each in reports) else OK


def _start(path: Path, as_of: date, outputs: Sequence[Output], console: Console) -> int:
    """Writes a first ledger, never over a file that is there."""
    from policyengine.cli.copy_files import document_id, open_copy
    from policyengine.copies.first_ledger import first_ledger, listing

    copy = open_copy(path, console)
    for each in outputs:
        if each.format not in ("yaml", "text"):
            raise CommandError(f"`--start` writes no {each.format}", help="write `-o yaml` or `-o text`")
        if each.format == "yaml" and each.path is not None and each.path.exists():
            raise CommandError(f"`{each.path}` is there already", help="write to a new file")
    texts = {"yaml": lambda: first_ledger(copy, document_id(path), as_of), "text": lambda: listing(copy)}
    deliver(outputs or (Output("yaml"),), lambda form, _: texts[form](), console, [path])
    return OK
