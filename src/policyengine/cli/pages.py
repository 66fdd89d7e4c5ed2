"""`policyengine pages`: the programme for its readers, as pages of HTML or one PDF."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date
from itertools import chain
from pathlib import Path

import click

from policyengine.api import Program
from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import FOUND, OK
from policyengine.cli.file_io import protect, read_bytes, write_bytes
from policyengine.cli.options import FILE, Output, as_of_option, color_option, is_default, subcommand
from policyengine.cli.paper_files import Layout, template_options
from policyengine.cli.paper_folders import write_folder
from policyengine.cli.partner_base import language_option
from policyengine.cli.programs import open_program
from policyengine.decision.wording import plural
from policyengine.papers.blocks import Paper, Section
from policyengine.papers.language import language
from policyengine.papers.program_pages import Since, pages
from policyengine.program.linked import Program as Linked

_DAY = re.compile(rb'<time datetime="(\d{4}-\d\d-\d\d)">')


@subcommand("pages", "policyengine pages acme -o site", "policyengine pages acme -o site --check")
@click.argument("program", metavar="PROGRAM", type=PROGRAM)
@click.option(
    "-o", "--output", "output", metavar="FOLDER|FILE.pdf", type=FILE, required=True,
    help="Where the pages go; a PDF holds all of them.",
)  # fmt: skip
@click.option("--check", is_flag=True, help="Write nothing; the exit code is 1 if pages are out of date.")
@click.option(
    "--since", metavar="VERSION", type=FILE,
    help="Also say what changed since a folder or a revision, `main~3:policies/acme`.",
)  # fmt: skip
@as_of_option
@language_option
@template_options
@color_option
def command(
    program: str, output: str, check: bool, since: str | None, as_of: date, language_code: str,
    template: str | None, fonts: tuple[str, ...], color: str,
) -> int:  # fmt: skip
    """Write the programme for its readers: who does what, levels, pipelines, charges, tables, obligations.

    Also what is assumed, where each rule is written and what became of each statement of the documents, and
    the words of the programme. The pages are HTML without scripts, linked with one another.
    """
    console = Console.of(color)
    is_pdf = output.lower().endswith(".pdf")
    layout = Layout([Output("pdf" if is_pdf else "html", Path(output))], template, fonts)
    opened = open_program(program, as_of, console, language=language_code)
    say = language(language_code)
    linked = _as_written(opened, Path(output)) if check and is_default("as_of") else opened.linked
    found = pages(linked, say, _changes(since, opened, console, language_code))
    inputs = [Path(program), *map(Path, opened.files), *([Path(template)] if template else [])]
    files = _files(found, layout, Path(output) if is_pdf else None)
    if check:
        return _compared(files, Path(output), is_pdf, console)
    if is_pdf:
        protect([Path(output)], inputs)
        write_bytes(Path(output), files[Path(output).name])
    else:
        write_folder(Path(output), files, inputs)
    layout.tell(console)
    console.err(f"{plural(len(found), 'page')} written to `{output}`")
    return OK


def _as_written(opened: Program, output: Path) -> Linked:
    """The program on the day of the pages that are there, as long as the same versions are in force today."""
    index = output / "index.html"
    found = _DAY.search(read_bytes(index)) if index.is_file() else None
    try:
        day = date.fromisoformat(found[1].decode()) if found is not None else opened.as_of
    except ValueError:
        return opened.linked
    return opened.linked.on(day) or opened.linked


def _files(found: Mapping[str, Paper], layout: Layout, pdf: Path | None) -> dict[str, bytes]:
    """What is written, by the names of the files."""
    if pdf is None:
        return {f"{name}.html": layout.data("html", paper.plain()) for name, paper in found.items()}
    first = found["index"]
    sections = list(
        chain(first.sections, *(_titled(name, each) for name, each in found.items() if name != "index"))
    )
    whole = Paper("pages", first.language, first.title, first.head, sections)
    return {pdf.name: layout.data("pdf", whole.plain())}


def _titled(name: str, paper: Paper) -> list[Section]:
    return [Section(f"page-{name}", paper.title, []), *paper.sections]


def _changes(since: str | None, opened: Program, console: Console, code: str) -> Since | None:
    if since is None:
        return None
    from policyengine.change.program_comparison import said_changes

    before = open_program(since, opened.as_of, console, language=code)
    return Since(since, [(each.title, each.sentence) for each in said_changes(before.linked, opened.linked)])


def _compared(files: Mapping[str, bytes], output: Path, is_pdf: bool, console: Console) -> int:
    """1 if what is there differs from what would be written, and which files do."""
    folder = output.parent if is_pdf else output
    stale = [name for name, data in files.items() if not _is(folder / name, data)]
    there = [] if is_pdf or not folder.is_dir() else sorted(each.name for each in folder.glob("*.html"))
    stale += [name for name in there if name not in files]
    if not stale:
        return OK
    names = ", ".join(f"`{os.fspath(folder / each)}`" for each in stale)
    console.err(f"out of date: {names}\nhelp: the same command without `--check` writes them anew")
    return FOUND


def _is(path: Path, data: bytes) -> bool:
    return path.is_file() and read_bytes(path) == data
