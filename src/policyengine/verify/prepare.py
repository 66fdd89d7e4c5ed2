"""The tests of a file made ready to be run: their records found, their expectations checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import PurePath

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic, Report
from policyengine.policy.form import read_model
from policyengine.program.graph import Graph
from policyengine.source import Source, Span
from policyengine.text.document import Document, Entry, Mapping, Pointer, Scalar
from policyengine.text.json import read_json
from policyengine.text.yaml import read_yaml
from policyengine.verify import codes
from policyengine.verify.expectations import check_expectation, check_lists
from policyengine.verify.testfile import Case, TestFile
from policyengine.verify.words import Words, words_of

ReadFile = Callable[[str], Source | Diagnostic]
"""Reads a file that a test names, by its path from the folder of the test file."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A file of tests that was read: its model, and the document with every place."""

    file: TestFile
    document: Document


@dataclass(frozen=True, slots=True)
class Prepared:
    """A test that can be run: its record lies at `pointer` of `record`; without one it is skipped."""

    name: str
    at: Span
    as_of: date
    record: Document | None
    pointer: Pointer
    expect: Mapping | None
    exactly: Mapping | None
    skip: str | None = None


def read_tests(source: Source) -> Suite | tuple[Diagnostic, ...]:
    """The file of tests that a text holds, or everything that is wrong with its form."""
    read = read_yaml(source)
    if read.diagnostics:
        return read.diagnostics
    if len(read.documents) != 1:
        at = read.documents[1].key_span(()) if read.documents else None
        many = "a second document stands here" if read.documents else f"`{source.name}` is empty"
        return (codes.NOT_ONE.at(at, many, help="a file of tests is one document"),)
    document = read.documents[0]
    model = read_model(document, TestFile)
    return Suite(model, document) if isinstance(model, TestFile) else model


def prepare(
    suite: Suite, graph: Graph, read: ReadFile
) -> tuple[tuple[Prepared | None, ...], tuple[Diagnostic, ...]]:
    """The tests in their order, None for one that cannot be run, and everything that is wrong with those."""
    report = Report(_same_names(suite))
    words = words_of(graph)
    prepared = [_prepare(suite, i, words, read, report) for i in range(len(suite.file.tests))]
    return tuple(prepared), tuple(report)


def _same_names(suite: Suite) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for i, case in enumerate(suite.file.tests):
        if case.name in seen:
            at = suite.document.value_span(("tests", i, "name"))
            yield codes.SAME_NAME.at(at, "another test of this file has this name")
        seen.add(case.name)


def _prepare(suite: Suite, i: int, words: Words, read: ReadFile, report: Report) -> Prepared | None:
    case, place, document = suite.file.tests[i], ("tests", i), suite.document
    found: list[Diagnostic] = list(_incomplete(case, document, i))
    expect, exactly = document.at((*place, "expect")), document.at((*place, "expect_exactly"))
    for node in (expect, exactly):
        if isinstance(node, Mapping):
            found.extend(check_expectation(node, words))
    if isinstance(exactly, Mapping):
        found.extend(check_lists(exactly))
    record: Document | None = None
    pointer: Pointer = ()
    if case.record is not None:
        record, pointer = document, (*place, "record")
    elif case.from_ is not None:
        taken = _from_file(case.from_, document, i, read)
        if isinstance(taken, Document):
            record = _changed(taken, document.at((*place, "with")))
        else:
            found.extend(taken)
    report.extend(found)
    if found:
        return None
    return Prepared(
        case.name, document.value_span((*place, "name")), case.as_of or suite.file.as_of, record, pointer,
        expect if isinstance(expect, Mapping) else None, exactly if isinstance(exactly, Mapping) else None,
        case.skip,
    )  # fmt: skip


def _incomplete(case: Case, document: Document, i: int) -> Iterator[Diagnostic]:
    at = document.value_span(("tests", i, "name"))
    if case.skip is not None:
        return
    if (case.record is None) == (case.from_ is None):
        both = "has two records" if case.record is not None else "has no record"
        help = "write `record` or `from`, one of them"
        yield codes.INCOMPLETE.at(at, f"the test {both}", help=help)
    elif case.with_ is not None and case.from_ is None:
        place = document.key_span(("tests", i, "with"))
        yield codes.INCOMPLETE.at(place, "`with` changes a record of `from`", help="change `record` itself")
    if case.expect is None and case.expect_exactly is None:
        yield codes.INCOMPLETE.at(at, "the test expects nothing", help="add `expect: ...`")


def _from_file(name: str, document: Document, i: int, read: ReadFile) -> Document | tuple[Diagnostic, ...]:
    at = document.value_span(("tests", i, "from"))
    source = read(name)
    if isinstance(source, Diagnostic):
        return (codes.NO_FILE.at(at, source.message, help=source.help),)
    ending = PurePath(name).suffix.lower()
    found = read_json(source) if ending == ".json" else read_yaml(source)
    if found.diagnostics:
        return found.diagnostics
    if len(found.documents) != 1 or not isinstance(found.documents[0].root, Mapping):
        return (codes.NO_FILE.at(at, f"`{name}` does not hold exactly one record"),)
    return found.documents[0]


def _changed(record: Document, changes: object) -> Document:
    """The record with some facts replaced; what is written as empty is taken out."""
    root = record.root
    if not isinstance(changes, Mapping) or not isinstance(root, Mapping):
        return record
    entries = {**root.entries, **changes.entries}
    kept = {name: entry for name, entry in entries.items() if not _is_empty(entry)}
    return Document(record.source, Mapping(kept, root.span))


def _is_empty(entry: Entry) -> bool:
    return isinstance(entry.value, Scalar) and entry.value.is_null
