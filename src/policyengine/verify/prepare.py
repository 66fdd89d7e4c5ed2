"""Prepares the tests of a file to run: finds their records and checks their expectations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import PurePath

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic, Report
from policyengine.policy.form import read_model
from policyengine.program.graph import Graph
from policyengine.source import Source, Span
from policyengine.text.document import Document, Entry, Mapping, Node, Pointer, Scalar
from policyengine.text.json import read_json
from policyengine.text.yaml import read_yaml
from policyengine.verify import testfile as codes
from policyengine.verify.cases import Variant, variants
from policyengine.verify.expectations import check_expectation, check_lists, check_move
from policyengine.verify.possible_values import Words, words_of
from policyengine.verify.record_columns import RecordFacts
from policyengine.verify.testfile import Case, TestFile

_EXPECT = "name a value, or close a list with `expect_exactly`"

WordsOf = Callable[[date], Words]
"""The words of the program as it is in force on a day."""

GraphOf = Callable[[date], Graph | None]
"""The graph of the program as it is in force on a day; None where it does not compile."""

ReadFile = Callable[[str], Source | Diagnostic]
"""Reads a file that a test names, by its path from the folder of the test file."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A parsed file of tests: its model and its document."""

    file: TestFile
    document: Document


@dataclass(frozen=True, slots=True)
class Advance:
    """A move to a stage, of what `key` names; without a stage levels are renewed."""

    to: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A test or case ready to run; one without a record is skipped or `broken`.

    `expect` and `exactly` are the mappings that the decision must match, all of them; with `advance`, a move
    is made, and they may expect its outcome.
    """

    name: str
    at: Span
    as_of: date
    record: Document | None
    expect: tuple[Mapping, ...] = ()
    exactly: tuple[Mapping, ...] = ()
    skip: str | None = None
    todo: str | None = None
    broken: bool = False
    advance: Advance | None = None


def read_tests(source: Source) -> Suite | tuple[Diagnostic, ...]:
    """Parses a file of tests; returns it or all mistakes of its form."""
    read = read_yaml(source)
    if read.diagnostics:
        return read.diagnostics
    if len(read.documents) != 1:
        at = read.documents[1].key_span(()) if read.documents else None
        many = "a second document starts here" if read.documents else f"`{source.name}` is empty"
        return (codes.NOT_ONE.at(at, many, help="a file of tests is one document"),)
    document = read.documents[0]
    model = read_model(document, TestFile)
    return Suite(model, document) if isinstance(model, TestFile) else model


Renew = Callable[[Document, date], Document]
"""A record with what renewing its levels writes on a day."""


def prepare(
    suite: Suite, graph_of: GraphOf, read: ReadFile, renew: Renew = lambda record, day: record
) -> tuple[tuple[Prepared, ...], tuple[Diagnostic, ...]]:
    """The tests and cases in order, and the mistakes in the broken ones."""
    report = Report(_same_names(suite))

    @cache
    def words(day: date) -> Words:
        graph = graph_of(day)
        return words_of(graph) if graph is not None else {}

    facts = RecordFacts(graph_of(suite.file.as_of))
    every = range(len(suite.file.tests))
    prepared = [test for i in every for test in _tests(suite, i, facts, words, read, report, renew)]
    return tuple(prepared), tuple(report)


def _same_names(suite: Suite) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for i, case in enumerate(suite.file.tests):
        if case.name in seen:
            at = suite.document.value_span(("tests", i, "name"))
            yield codes.SAME_NAME.at(at, "another test of this file has this name")
        seen.add(case.name)


def _tests(
    suite: Suite, i: int, facts: RecordFacts, words: WordsOf, read: ReadFile, report: Report, renew: Renew
) -> Iterator[Prepared]:
    case, place, document = suite.file.tests[i], ("tests", i), suite.document
    at, day = document.value_span((*place, "name")), case.as_of or suite.file.as_of
    found = list(variants(case, place, document, facts.own, facts.reaches))
    mistakes = [each for each in found if not isinstance(each, Variant)]
    mistakes += _incomplete(case, document, i)
    record: Document | None = None
    if case.from_ is not None and not mistakes:
        taken = _from_file(case.from_, document, i, read)
        if isinstance(taken, Document):
            record = taken
        else:
            mistakes.extend(taken)
    report.extend(mistakes)
    if mistakes:
        yield Prepared(case.name, at, day, None, broken=True)
        return
    for variant in found:
        if isinstance(variant, Variant) and case.steps:
            yield from _steps(case, variant, place, suite, record, facts, words, report, renew)
        elif isinstance(variant, Variant):
            yield _prepared(variant, suite, record, facts, words, report)


def _steps(
    case: Case, variant: Variant, place: Pointer, suite: Suite, record: Document | None, facts: RecordFacts,
    words: WordsOf, report: Report, renew: Renew,
) -> Iterator[Prepared]:  # fmt: skip
    """A test for each of several days; the record has what was renewed on the days before."""
    document = suite.document
    if record is None and variant.record is not None:
        record = _changed(Document(document.source, variant.record), variant.changes)
    for j, step in enumerate(case.steps):
        pointer = (*place, "steps", j)
        given = {key: document.at((*pointer, key)) for key in ("with", "expect", "expect_exactly")}
        own = {key: () if node is None else (node,) for key, node in given.items()}
        if record is not None:
            record = _changed(record, own["with"])
        made = replace(
            variant, name=f"{case.name}: {step.as_of}", at=document.key_span(pointer), as_of=step.as_of,
            record=None, changes=(), below=(), expect=own["expect"], exactly=own["expect_exactly"],
            advance=None, renews=True,
        )  # fmt: skip
        yield _prepared(made, suite, record, facts, words, report)
        if record is not None:
            record = renew(record, step.as_of)


def _prepared(
    variant: Variant,
    suite: Suite,
    record: Document | None,
    facts: RecordFacts,
    words: WordsOf,
    report: Report,
) -> Prepared:
    day = variant.as_of or suite.file.as_of
    expect = tuple(node for node in variant.expect if isinstance(node, Mapping))
    exactly = tuple(node for node in variant.exactly if isinstance(node, Mapping))
    found = [each for node in (*expect, *exactly) for each in check_expectation(node, words(day))]
    found += [each for node in exactly for each in check_lists(node)]
    if not variant.renews:
        found += check_move(variant.advance, (*expect, *exactly), words(day))
    if not variant.skip and not found and not exactly and not any(map(_says_something, expect)):
        at = expect[0].span if expect else variant.at
        found.append(codes.INCOMPLETE.at(at, "this expects nothing", help=_EXPECT))
    report.extend(found)
    if record is None and variant.record is not None:
        record = Document(suite.document.source, variant.record)
    if record is not None:
        record = _changed(record, variant.changes)
        record, missing = facts.changed(record, variant.below)
        report.extend(missing)
        found += missing
    return Prepared(
        variant.name, variant.at, day, None if found else record, expect, exactly,
        variant.skip, variant.todo, bool(found), Advance("") if variant.renews else _advance(variant.advance),
    )  # fmt: skip


def _advance(node: Node | None) -> Advance | None:
    if not isinstance(node, Mapping):
        return None
    given = ((name, entry.value) for name, entry in node.entries.items())
    words = {name: value.text for name, value in given if isinstance(value, Scalar)}
    return Advance(words.get("to", ""), words.get("key"))


def _says_something(node: Node) -> bool:
    """Whether a value is expected anywhere in it: an empty list or mapping holds for any decision."""
    if isinstance(node, Mapping):
        return any(_says_something(entry.value) for entry in node.entries.values())
    return isinstance(node, Scalar) or any(map(_says_something, node.items))


def _incomplete(case: Case, document: Document, i: int) -> Iterator[Diagnostic]:
    at = document.value_span(("tests", i, "name"))
    if case.skip is not None:
        return
    if case.steps:
        yield from _mistaken_steps(case, document, i)
    if (case.record is None) == (case.from_ is None):
        both = "has two records" if case.record is not None else "has no record"
        help = "write `record` or `from`, one of them"
        yield codes.INCOMPLETE.at(at, f"the test {both}", help=help)
    elif case.with_ is not None and case.from_ is None and not case.cases:
        place = document.key_span(("tests", i, "with"))
        yield codes.INCOMPLETE.at(place, "`with` changes a record of `from`", help="change `record` itself")
    if case.expect is not None or case.expect_exactly is not None or case.steps:
        return
    for j, row in enumerate(case.cases):
        if row.expect is None and row.expect_exactly is None and row.skip is None:
            at = document.key_span(("tests", i, "cases", j))
            yield codes.INCOMPLETE.at(at, "this case expects nothing", help="add `expect: ...`")
    if not case.cases:
        yield codes.INCOMPLETE.at(at, "the test expects nothing", help="add `expect: ...`")


def _mistaken_steps(case: Case, document: Document, i: int) -> Iterator[Diagnostic]:
    """What a test with steps says for itself, and days that do not follow each other."""
    for key in ("expect", "expect_exactly", "cases", "advance"):
        if document.at(("tests", i, key)) is not None:
            place = document.key_span(("tests", i, key))
            help = "expect it in one of the steps" if key.startswith("expect") else "write two tests"
            yield codes.INCOMPLETE.at(place, f"a test with `steps` has no `{key}` itself", help=help)
    for j, (before, step) in enumerate(pairwise(case.steps), start=1):
        if step.as_of <= before.as_of:
            place = document.value_span(("tests", i, "steps", j, "as_of"))
            message = f"{step.as_of} does not come after {before.as_of}, the day of the step before"
            yield codes.INCOMPLETE.at(place, message, help="write the days in a row")


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


def _changed(record: Document, changes: Iterable[Node]) -> Document:
    """The record with some facts replaced; an empty value removes the fact."""
    root = record.root
    changed = [each for each in changes if isinstance(each, Mapping)]
    if not changed or not isinstance(root, Mapping):
        return record
    entries = dict(root.entries)
    for each in changed:
        entries.update(each.entries)
    kept = {name: entry for name, entry in entries.items() if not _is_empty(entry)}
    return Document(record.source, Mapping(kept, root.span))


def _is_empty(entry: Entry) -> bool:
    return isinstance(entry.value, Scalar) and entry.value.is_null
