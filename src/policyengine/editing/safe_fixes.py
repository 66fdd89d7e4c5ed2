"""Fixes that change no decision: what was written is written in the form that the language takes.

A fix of a program that compiles is safe if the comparison of the programs before and after proves that
nothing is decided otherwise. One of a program that does not compile is safe if it is the only one, and writes
the same letters and digits with other marks (`31.01.2026` as `2026-01-31`, a text in quotes).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

from policyengine.change.program_comparison import compare
from policyengine.diagnostics import Diagnostic
from policyengine.editing.fixes import Fix
from policyengine.editing.workspace import ProgramFolder, Workspace
from policyengine.program import load as loading
from policyengine.program.linked import Program
from policyengine.verify.document_index import applied

_ROUNDS = 50


class Mended(NamedTuple):
    """The texts of a folder that fixes have changed, by path: before, after; and what was mended."""

    texts: dict[Path, tuple[str, str]]
    fixes: tuple[Fix, ...]


def mend(root: Path, as_of: date) -> Mended:
    """Applies the safe fixes of the program in a folder one after the other, each place once.

    Nothing is written; each fix is tried on the texts that the fixes before it have left.
    """
    workspace = Workspace(as_of)
    folder = workspace.program(root)
    first = {Path(each.name): each.text for each in folder.load.sources}
    made: list[Fix] = []
    passed: set[tuple[str, str, int]] = set()
    for _ in range(_ROUNDS):
        fix = _next(folder, passed)
        if fix is None:
            break
        source = fix.edits[0].at.source
        workspace.open(Path(source.name), applied(source, fix.edits).text)
        made.append(fix)
    now = {Path(each.name): each.text for each in folder.load.sources}
    changed = {path: (text, now[path]) for path, text in first.items() if now[path] != text}
    return Mended(changed, tuple(made))


def _next(folder: ProgramFolder, passed: set[tuple[str, str, int]]) -> Fix | None:
    """The first safe fix of what has not been looked at yet."""
    for found in folder.diagnostics:
        if found.span is None:
            continue
        key = (found.code.id, found.message, found.span.line)
        if key in passed:
            continue
        passed.add(key)
        every = folder.fixes(found)
        fix = every[0] if every else None
        if fix is not None and _is_safe(folder, found, fix, only=len(every) == 1):
            return fix
    return None


def _is_safe(folder: ProgramFolder, found: Diagnostic, fix: Fix, *, only: bool) -> bool:
    before = folder.load.program
    if before.graph is None:
        return only and fix.is_form
    return decides_alike(before, _after(folder, fix))


def _after(folder: ProgramFolder, fix: Fix) -> Program:
    load, source = folder.load, fix.edits[0].at.source
    changed = applied(source, fix.edits)
    sources = tuple(changed if each is source else each for each in load.sources)
    return loading.load(load.program.name, sources, load.as_of)


def decides_alike(before: Program, after: Program) -> bool:
    """Whether it is proved that two programs that compile decide every record alike."""
    return after.graph is not None and not compare(before, after).changed
