"""Whole files of tests: each with its program, loaded once for each day."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import field
from datetime import date
from pathlib import Path

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic, Severity
from policyengine.files import read_file, read_folder
from policyengine.program import load as loading
from policyengine.program.load import Program
from policyengine.program.record import RecordReader
from policyengine.source import Source
from policyengine.verify import codes
from policyengine.verify.prepare import ReadFile, Suite, prepare, read_tests
from policyengine.verify.run import Result, run

Open = Callable[[str, date], Program]
"""The program in a folder, as it is in force on a day."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the tests of a file came out.

    `diagnostics` are the mistakes of the file and of its records, `uncompiled` those of the program.
    """

    file: str
    results: tuple[Result, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    uncompiled: tuple[Diagnostic, ...] = ()


@dataclass(slots=True)
class Programs:
    """Opens programs from their folders, each once for each day."""

    _opened: dict[tuple[str, date], Program] = field(default_factory=dict)

    def __call__(self, folder: str, as_of: date) -> Program:
        """The program in a folder, as it is in force on a day."""
        key = (folder, as_of)
        if key not in self._opened:
            read = read_folder(folder)
            self._opened[key] = loading.load(folder, read.sources, as_of, read.mistakes)
        return self._opened[key]


def run_file(path: str, programs: Open) -> Outcome:
    """Run the tests of a file; what cannot be read is a diagnostic."""
    source = read_file(path)
    if isinstance(source, Diagnostic):
        return Outcome(path, diagnostics=(source,))
    folder = Path(path).parent
    return run_source(
        source,
        lambda name, as_of: programs(_beside(folder, name), as_of),
        lambda name: read_file(_beside(folder, name)),
    )


def run_source(source: Source, programs: Open, read: ReadFile) -> Outcome:
    """Run the tests of a text; programs and records are opened by the names that stand in it."""
    suite = read_tests(source)
    if not isinstance(suite, Suite):
        return Outcome(source.name, diagnostics=suite)
    program = programs(suite.file.program, suite.file.as_of)
    missing = _unusable(suite, program)
    if missing is not None:
        return Outcome(source.name, diagnostics=(missing,))
    if program.graph is None:
        return Outcome(source.name, uncompiled=_errors(program))
    prepared, mistakes = prepare(suite, program.graph, read)
    results = []
    reader = RecordReader(program.graph.vocabulary)
    for i, test in enumerate(prepared):
        if test is None:
            at = suite.document.value_span(("tests", i, "name"))
            results.append(Result(suite.file.tests[i].name, at, "broken"))
            continue
        opened = programs(suite.file.program, test.as_of)
        if opened.graph is None:
            return Outcome(source.name, uncompiled=_errors(opened))
        results.append(run(test, opened, reader))
    broken = tuple(found for result in results for found in result.diagnostics)
    return Outcome(source.name, tuple(results), (*mistakes, *broken))


def _unusable(suite: Suite, program: Program) -> Diagnostic | None:
    """A folder that holds no program at all; mistakes in its policies are another matter."""
    if program.declarations is not None or any(found.span is not None for found in program.diagnostics):
        return None
    why = next(iter(program.diagnostics), None)
    at = suite.document.value_span(("program",))
    message = why.message if why is not None else f"`{program.name}` holds no program"
    return codes.NO_FILE.at(at, message, help="name the folder of the program, from the folder of this file")


def _errors(program: Program) -> tuple[Diagnostic, ...]:
    return tuple(found for found in program.diagnostics if found.severity is Severity.ERROR)


def _beside(folder: Path, name: str) -> str:
    return os.path.normpath(folder / name)
