"""Runs whole files of tests; loads each program once for each day."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from policyengine.dataclass import dataclass
from policyengine.decision.decision import Decision
from policyengine.decision.json_shape import plain
from policyengine.diagnostics import Diagnostic, Severity
from policyengine.engine.rows import Engine
from policyengine.engine.stage_moves import Moved, advance, renew
from policyengine.files import UNREADABLE, Folder, read_file, read_folder
from policyengine.program import load as loading
from policyengine.program.linked import Program
from policyengine.program.read import misnamed_test
from policyengine.program.record import Record
from policyengine.program.record_reader import RecordReader
from policyengine.source import Source, Span
from policyengine.text.document import Document, Entry, Mapping, Node, Pointer, Scalar, Sequence
from policyengine.verify import testfile as codes
from policyengine.verify.checked_findings import decision_data
from policyengine.verify.expectation_shape import MOVE
from policyengine.verify.mismatches import Mismatch, compare, holds
from policyengine.verify.prepare import Prepared, ReadFile, Suite, prepare, read_tests

ENDINGS = ("_test.yaml", "_test.yml")
"""What the names of files of tests end with."""

_YAML = (".yaml", ".yml")
_BEGINNING = 64 * 1024
"""So many characters of a file are searched for what makes it a file of tests."""
_KIND = re.compile(r"(?m)^kind:[ \t]*[\"']?test\b")
_TESTS = re.compile(r"(?m)^tests:")
_CALLED = re.compile(r"(?i)(^|[_.-])tests?([_.-]|$)")

Open = Callable[[str, date], Program]
"""The program in a folder, as it is in force on a day."""


Wanted = Callable[[str, str, str], bool]
"""Whether to run a test, by its name, the name of its file and the folder of its program."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A test with its program on its day, the engine of that, and its record or the mistakes of that."""

    test: Prepared
    program: Program
    record: Record | tuple[Diagnostic, ...] | None
    engine: Engine

    def run(self) -> CaseResult:
        """The result of the test."""
        return run(self.test, self.program, self.record, self.engine)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file of tests ready to run; `program` is the folder of its program."""

    file: str
    program: str = ""
    tests: tuple[Ready, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    uncompiled: tuple[Diagnostic, ...] = ()

    def only(self, wanted: Wanted) -> Opened:
        """The file reduced to the wanted tests."""
        kept = tuple(each for each in self.tests if wanted(each.test.name, self.file, self.program))
        return replace(self, tests=kept)


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """The results of a file of tests.

    `diagnostics` are the mistakes of the file and of its records, `uncompiled` those of the program.
    """

    file: str
    results: tuple[CaseResult, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    uncompiled: tuple[Diagnostic, ...] = ()


@dataclass(slots=True)
class Programs:
    """Loads programs by folder, once for each day; each folder is read once."""

    _opened: dict[tuple[str, date], Program] = field(default_factory=dict)
    _folders: dict[str, Folder] = field(default_factory=dict)

    def __call__(self, folder: str, as_of: date) -> Program:
        """The program in a folder, as it is in force on a day."""
        key = (folder, as_of)
        if key not in self._opened:
            read = self._folder(folder)
            self._opened[key] = loading.load(folder, read.sources, as_of, read.mistakes)
        return self._opened[key]

    def sources(self, folder: str) -> tuple[Source, ...]:
        """The sources of a program."""
        return self._folder(folder).sources

    def _folder(self, folder: str) -> Folder:
        if folder not in self._folders:
            self._folders[folder] = read_folder(folder)
        return self._folders[folder]


def open_file(path: str, programs: Open) -> Opened:
    """Opens a file of tests; what cannot be read becomes a diagnostic."""
    source = read_file(path)
    if isinstance(source, Diagnostic):
        return Opened(path, diagnostics=(source,))
    folder = Path(path).parent

    def program(name: str, as_of: date) -> Program:
        outside = _outside(folder, name)
        return programs(_beside(folder, name), as_of) if outside is None else _none_of(name, as_of, outside)

    return open_source(
        source, program, lambda name: _outside(folder, name) or read_file(_beside(folder, name))
    )


def _none_of(name: str, as_of: date, why: Diagnostic) -> Program:
    return loading.load(name, (), as_of, (why,))


def _outside(folder: Path, name: str) -> Diagnostic | None:
    """The mistake of a path that leads out of the repository in which the file of tests lies, if it does."""
    here = Path(os.path.realpath(folder))
    root = next((each for each in (here, *here.parents) if (each / ".git").exists()), None)
    if root is None or "\0" in name or Path(os.path.realpath(folder / name)).is_relative_to(root):
        return None
    return UNREADABLE.at(None, f"`{name}` lies outside of the repository", help="name a place within it")


def misnamed_files(folder: Path) -> Iterator[Opened]:
    """The files of tests in a folder and below that are not called like one, each with that mistake."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if hidden or path.suffix.lower() not in _YAML or path.name.endswith(ENDINGS) or not path.is_file():
            continue
        source = read_file(path)
        begins = source.text[:_BEGINNING] if isinstance(source, Source) else ""
        found = _KIND.search(begins) or (_CALLED.search(path.name) and _TESTS.search(begins))
        if found and isinstance(source, Source):
            yield Opened(str(path), diagnostics=(misnamed_test(source.span(*found.span())),))


def open_source(source: Source, programs: Open, read: ReadFile) -> Opened:
    """Opens the tests of a text; it names its program and records by path."""
    suite = read_tests(source)
    if not isinstance(suite, Suite):
        return Opened(source.name, diagnostics=suite)
    days: dict[date, Program] = {}

    def on(day: date) -> Program:
        if day not in days:
            days[day] = programs(suite.file.program, day)
        return days[day]

    program = on(suite.file.as_of)
    missing = _unusable(suite, program)
    if missing is not None:
        return Opened(source.name, diagnostics=(missing,))
    if program.graph is None:
        return Opened(source.name, program.name, uncompiled=_errors(program))
    prepared, mistakes = prepare(
        suite, lambda day: on(day).graph, read, lambda record, day: renewed(record, on(day))
    )
    versions = [on(test.as_of) for test in prepared]  # a test with a mistake has asked for none yet
    broken = next((each for each in days.values() if each.graph is None), None)
    if broken is not None:
        return Opened(source.name, program.name, uncompiled=_errors(broken))
    readers = {day: RecordReader(each.graph.vocabulary) for day, each in days.items() if each.graph}
    engines = {day: Engine(each) for day, each in days.items()}
    tests = tuple(
        Ready(test, version, _record(test, readers[test.as_of]), engines[test.as_of])
        for test, version in zip(prepared, versions, strict=True)
    )
    return Opened(source.name, program.name, tests, mistakes)


def renewed(document: Document, program: Program) -> Document:
    """A record with what renewing its levels writes, if it can be read and they are decided."""
    if program.graph is None:
        return document
    record = RecordReader(program.graph.vocabulary).read(document)
    moved = renew(program, record) if isinstance(record, Record) else Moved()
    root = document.root
    for change in moved.changes:
        root = _written(root, change.pointer, None if change.new is None else str(plain(change.new)))
    return Document(document.source, root)


def _written(node: Node, pointer: Pointer, text: str | None) -> Node:
    """A record with a value at a place, or without one."""
    step, span = pointer[0], node.span
    if isinstance(node, Sequence) and isinstance(step, int):
        changed = (
            _written(each, pointer[1:], text) if i == step else each for i, each in enumerate(node.items)
        )
        return Sequence(tuple(changed), span)
    assert isinstance(node, Mapping)
    entries = dict(node.entries)
    inner = entries.pop(str(step), None)
    if len(pointer) > 1 and inner is not None:
        entries[str(step)] = Entry(inner.key, _written(inner.value, pointer[1:], text))
    elif text is not None:
        entries[str(step)] = Entry(Scalar(str(step), span), Scalar(text, span))
    return Mapping(entries, span)


def _record(test: Prepared, reader: RecordReader) -> Record | tuple[Diagnostic, ...] | None:
    if test.record is None or test.skip is not None:
        return None
    return reader.read(test.record)


def run_file(path: str, programs: Open) -> SuiteResult:
    """Runs the tests of a file; what cannot be read becomes a diagnostic."""
    return run_opened(open_file(path, programs))


def run_source(source: Source, programs: Open, read: ReadFile) -> SuiteResult:
    """Runs the tests of a text; it names its program and records by path."""
    return run_opened(open_source(source, programs, read))


def run_opened(opened: Opened) -> SuiteResult:
    """Runs the tests of an opened file."""
    results = tuple(each.run() for each in opened.tests)
    broken = tuple(found for result in results for found in result.diagnostics)
    return SuiteResult(opened.file, results, (*opened.diagnostics, *broken), opened.uncompiled)


def _unusable(suite: Suite, program: Program) -> Diagnostic | None:
    """Reports a folder that holds no program; mistakes in its policies are reported elsewhere."""
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


# Runs one test: evaluates its record and compares the decision with the expectation.

Status = Literal["passed", "failed", "todo", "skipped", "broken"]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The result of a test.

    `broken` means that the test cannot run, or that its record is unreadable without the test expecting that;
    `diagnostics` say why for the record. `todo` means that the test is marked as known to fail and fails. A
    marked test that passes has `failed`. `decision` is None where there is none.
    """

    name: str
    at: Span
    status: Status
    mismatches: tuple[Mismatch, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    skip: str | None = None
    todo: str | None = None
    decision: Decision | None = None


def run(
    test: Prepared, program: Program, record: Record | tuple[Diagnostic, ...] | None, engine: Engine
) -> CaseResult:
    """The result of a test on a program that compiles, for its record or the mistakes of that."""
    if test.broken:
        return CaseResult(test.name, test.at, "broken")
    if record is None:
        return CaseResult(test.name, test.at, "skipped", skip=test.skip)
    if isinstance(record, Record):
        decision = engine.decide(record)
    elif _expects_mistakes(test):
        decision = engine.refusal(record)
    else:
        return CaseResult(test.name, test.at, "broken", diagnostics=record)
    data = _with_move(test, program, record, decision_data(test, decision))
    found = held_against(test, data)
    status: Status = "failed" if found else "passed"
    if test.todo is not None:
        status = "todo" if found else "failed"
    return CaseResult(test.name, test.at, status, found, todo=test.todo, decision=decision)


def _with_move(
    test: Prepared, program: Program, record: Record | tuple[Diagnostic, ...], data: dict[str, Any]
) -> dict[str, Any]:
    """The decision, and what comes of the move that a test makes."""
    if test.advance is None or not isinstance(record, Record):
        return data
    to, key = test.advance.to, test.advance.key
    return {**data, MOVE: move_json(advance(program, record, to, key) if to else renew(program, record, key))}


def move_json(moved: Moved) -> dict[str, Any]:
    """What comes of a move, as tests expect it."""
    return {
        "moved": moved.refused is None,
        "refused": moved.refused,
        "blocked": [{"id": each.id, "title": each.title, "status": each.status} for each in moved.blocked],
        "written": {change.fact: plain(change.new) for change in moved.changes},
        "left_out": [fact for fact, _ in moved.left_out],
    }


def notices(test: Prepared, program: Program, engine: Engine, record: Record) -> bool:
    """Whether a decision about a record is not what a test expects of it."""
    data = _with_move(test, program, record, decision_data(test, engine.decide(record)))
    return not (
        all(holds(node, data) for node in test.expect)
        and all(holds(node, data, closed=True) for node in test.exactly)
    )


def held_against(test: Prepared, data: dict[str, Any]) -> tuple[Mismatch, ...]:
    """The mismatches of a decision with the expectations of a test."""
    return (
        *(each for node in test.expect for each in compare(node, data)),
        *(each for node in test.exactly for each in compare(node, data, closed=True)),
    )


def _expects_mistakes(test: Prepared) -> bool:
    return any("diagnostics" in node.entries for node in (*test.expect, *test.exactly))
