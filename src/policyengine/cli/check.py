"""`policyengine check`: everything that can be wrong in a program, without a record."""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import click

from policyengine.api import Program, load
from policyengine.atomic_file import write_atomically
from policyengine.cli import VERSION
from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import FOUND, OK, CommandError
from policyengine.cli.file_io import deliver, read_bytes, watch_option, workspace
from policyengine.cli.options import (
    Output,
    as_of_option,
    color_option,
    output_option,
    subcommand,
)
from policyengine.cli.programs import folders_of, mappings_beside
from policyengine.decision.wording import plural
from policyengine.diagnostics import Diagnostic, Severity
from policyengine.render.ci_formats import FORMS, Published
from policyengine.render.diagnostic_text import diagnostics_json, diagnostics_text, patch, summary


@subcommand("check", "policyengine check acme", "policyengine check acme --fail-on warning -o json")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=PROGRAM)
@as_of_option
@output_option("text", "json", *FORMS)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="error",
    help="The least severity for which the exit code is 1 (default: error).",
)
@click.option(
    "--fix",
    is_flag=True,
    help="Write what is certain in the form that the language takes; no decision changes.",
)
@color_option
@watch_option
def command(
    paths: tuple[str, ...], as_of: date, outputs: tuple[Output, ...], fail_on: str, fix: bool, color: str
) -> int:
    """Find everything that can be wrong in a program, without a record.

    PATH is the folder of a program, or a folder with programs in it; without one it is `policies` or the
    folder you are in. A file with a mapping is checked with the program that is named, or lies around it.
    The exit code is 1 if there are mistakes.
    """
    console = Console.of(color)
    named, mappings = mappings_beside(paths)
    folders = folders_of(tuple(named))
    if mappings and len(folders) > 1:
        raise CommandError("a mapping is checked with one program", help="name its folder")
    if fix:
        for folder in folders:
            console.err(_mended(folder, as_of, console.color_err))
    programs = [load(folder, as_of=as_of).with_laws() for folder in folders]
    programs = [_with_mappings(each, mappings) for each in programs]
    read = [*folders, *mappings]
    deliver(outputs or (Output("text"),), lambda form, paint: _render(programs, form, paint), console, read)
    bad = {Severity.ERROR} if fail_on == "error" else {Severity.ERROR, Severity.WARNING}
    failed = any(found.severity in bad for program in programs for found in program.diagnostics)
    return FOUND if failed else OK


def _with_mappings(program: Program, paths: Sequence[Path]) -> Program:
    """The program with what is wrong with mappings that do not lie beside its policies."""
    from policyengine.program.mappings import read_mappings

    there = {Path(each).resolve() for each in program.files}
    others = [each for each in paths if each.resolve() not in there]
    if not others or program.linked.graph is None:
        return program
    more = [found for path in others for found in read_mappings(path, program.vocabulary)[1]]
    return replace(program.with_more(more), files=(*program.files, *map(str, others)))


def _mended(folder: Path, as_of: date, color: bool) -> str:
    """Writes the fixes of a program that change no decision; returns what was changed, as a patch."""
    from policyengine.editing.safe_fixes import mend

    shown: list[str] = []
    for path, (before, after) in mend(folder, as_of).texts.items():
        data = read_bytes(path)
        mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        if data == mark + before.encode():  # accents apart from their letters would be written otherwise
            shown.append(patch(str(path), before, after, color=color))
            write_atomically(path, mark + after.encode())
    return "\n".join(shown)


def _render(programs: Sequence[Program], form: str, color: bool) -> str:
    if form == "json":
        return json.dumps(_report(programs), indent=2, ensure_ascii=False)
    if form in FORMS:
        return _published(programs).render(form, workspace())
    found = diagnostics_text(_all(programs), color=color)
    return "\n\n".join(part for part in (found, "\n".join(map(_line, programs))) if part)


def _published(programs: Sequence[Program]) -> Published:
    from policyengine.render.check_reports import published

    checked = {program.folder: (program.files, program.diagnostics) for program in programs}
    return published(checked, VERSION)


def _all(programs: Sequence[Program]) -> list[Diagnostic]:
    return [found for program in programs for found in program.diagnostics]


def _line(program: Program) -> str:
    """`bytekast: 4 files, 5 policies, no mistakes`."""
    name = program.id or program.folder
    if program.diagnostics:
        return f"{name}: {summary(program.diagnostics)}"
    policies = plural(len(program.policies), "policy")
    return f"{name}: {plural(len(program.files), 'file')}, {policies}, no mistakes"


def _report(programs: Sequence[Program]) -> dict[str, object]:
    report: dict[str, object] = diagnostics_json(_all(programs))
    report["programs"] = [
        {
            "folder": program.folder,
            "id": program.id,
            "title": program.title,
            "as_of": program.as_of.isoformat(),
            "files": list(program.files),
            "ok": program.ok,
        }
        for program in programs
    ]
    return report
