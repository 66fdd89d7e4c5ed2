"""Reads sources as declarations and policies, each document by its `kind`, and collects mistakes of form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import Any, TypeVar

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Diagnostic, Report, Severity, listed
from policyengine.kinds import KINDS
from policyengine.policy.base import Part
from policyengine.policy.form import read_model
from policyengine.policy.ledger import Ledger
from policyengine.policy.list_report import ListReport
from policyengine.policy.mapping import Mapping as ExportMapping
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.vocabulary import Declarations
from policyengine.program.languages import in_language
from policyengine.program.memo import Memo
from policyengine.source import Source, Span
from policyengine.text.document import Document, Mapping, Scalar, Sequence
from policyengine.text.synonyms import meant
from policyengine.text.yaml import read_yaml
from policyengine.text.yaml_slips import doubtful_comments

_GOOD = """\
kind: obligations
id: example
title: Example
for: partner
obligations:
  - {id: a, title: A, met_when: attends_quarterly_reviews}
"""
NO_KIND = Code(
    id="KIND001",
    title="a document without a kind",
    why="The kind decides which keys a document has and what they mean.",
    bad=_GOOD.replace("kind: obligations\n", ""),
    good=_GOOD,
)
UNKNOWN_KIND = Code(
    id="KIND002",
    title="a kind of policy that does not exist",
    why="Only the known kinds have a meaning.",
    bad=_GOOD.replace("kind: obligations", "kind: obligation"),
    good=_GOOD,
)
NO_PROGRAM = Code(
    id="PROG005",
    title="a folder of policies without a program, or with two",
    why="A program is declared once, in program.yaml: what its policies speak of is written there.",
    bad="kind: program\nid: other\ntitle: Other\nentities: {partner: {title: partner, facts: {}}}\n",
    good=_GOOD,
    example="folder",
)
NOTHING_HERE = Code(
    id="PROG006",
    title="a folder in which there is nothing to read",
    why="Having examined nothing must not look like having found nothing wrong.",
    bad="",
    good=_GOOD,
    example="folder",
)
EMPTY = Code(
    id="FILE003",
    title="a file in which nothing stands",
    why="A failed merge or a full disk leaves an empty file, and the policy that stood there is gone without "
    "a word.",
    bad="",
    good=_GOOD,
    example="folder",
    severity=Severity.WARNING,
)
MISNAMED_TEST = Code(
    id="KIND003",
    title="a file of tests that is not called like one",
    why="`policyengine test` runs the files whose names end in `_test.yaml`. A test in any other file "
    "would never run, and so never fail.",
    bad="kind: test\nprogram: .\nas_of: 2026-11-21\ntests: [{name: a, record: {}, expect: {}}]\n",
    good=_GOOD,
)
CODES = (NO_KIND, UNKNOWN_KIND, NO_PROGRAM, NOTHING_HERE, MISNAMED_TEST, EMPTY)

P = TypeVar("P", bound=Part)
L = TypeVar("L")
PROGRAM, TEST, STATEMENTS, MAPPING, REPORT = "program", "test", "statements", "mapping", "report"
_OF_A_FOLDER = (PROGRAM, *KINDS, STATEMENTS, MAPPING, REPORT)
_ADD_KIND = f"add `kind:` and one of {listed(_OF_A_FOLDER)}"
_RESULT = re.compile(r"(?:^id|\bresult):[ ]*[\"']?([\w-]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Declared:
    """The declarations of a program, and their document."""

    declarations: Declarations
    document: Document


@dataclass(frozen=True, slots=True)
class LedgerDocument:
    """A ledger of a source document, and its own document."""

    ledger: Ledger
    document: Document


@dataclass(frozen=True, slots=True)
class MappingDocument:
    """A mapping of the columns of an export, and its document."""

    mapping: ExportMapping
    document: Document


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """A list of the program's own, and its document."""

    report: ListReport
    document: Document


@dataclass(frozen=True, slots=True)
class Documents:
    """The contents of a folder: the program, if exactly one is declared, its policies, and what is beside.

    `unread` are the names that the results of policies with mistakes of form would have.
    """

    program: Declared | None
    units: tuple[PolicyDocument, ...]
    ledgers: tuple[LedgerDocument, ...] = ()
    unread: frozenset[str] = frozenset()
    mappings: tuple[MappingDocument, ...] = ()
    reports: tuple[ReportDocument, ...] = ()


def read_documents(
    name: str, sources: Iterable[Source], report: Report, memo: Memo, language: str | None = None
) -> Documents:
    """Reads all sources of the folder `name`, with titles in a language.

    What the memo knows is not read again; a memo is of one language.
    """
    sources = list(sources)
    documents = [
        each
        for source in sources
        for each in memo.of("documents", (source,), report, partial(_documents_of, source, language))
    ]
    found = sort_documents(name, documents, report, memo)
    broken = {each.span.source.name for each in report if each.span is not None and each.severity == "error"}
    names = (match[1] for each in sources if each.name in broken for match in _RESULT.finditer(each.text))
    return replace(found, unread=frozenset(word.replace("-", "_") for word in names))


def sort_documents(name: str, documents: Iterable[Document], report: Report, memo: Memo) -> Documents:
    """Returns the program and the policies of the documents of the folder `name`."""
    programs: list[Declared] = []
    units: list[PolicyDocument] = []
    ledgers: list[LedgerDocument] = []
    mappings: list[MappingDocument] = []
    reports: list[ReportDocument] = []
    found: list[Document] = []
    nameless: list[Document] = []
    for document in documents:
        if not (isinstance(document.root, Mapping) and "kind" in document.root.entries):
            nameless.append(document)
            continue
        kind = _kind(document, report)
        if kind == PROGRAM:
            found.append(document)
            programs += _located(document, Declared, Declarations, report, memo)
        elif kind == STATEMENTS:
            ledgers += _located(document, LedgerDocument, Ledger, report, memo)
        elif kind == MAPPING:
            mappings += _located(document, MappingDocument, ExportMapping, report, memo)
        elif kind == REPORT:
            reports += _located(document, ReportDocument, ListReport, report, memo)
        elif kind is not None:
            units += _located(document, PolicyDocument, KINDS[kind].model, report, memo)
    _one_program(name, found, report)
    if programs:
        report.extend(_nameless(nameless, programs[0].declarations))
    else:
        report.extend(_nameless(nameless, None))
    declared = programs[0] if len(found) == 1 and programs else None
    root = "" if declared is None else declared.declarations.root
    units = [memo.of(("for", root), (each,), report, partial(_for_root, each, root)) for each in units]
    return Documents(declared, tuple(units), tuple(ledgers), mappings=tuple(mappings), reports=tuple(reports))


def mappings_of(source: Source, report: Report) -> tuple[MappingDocument, ...]:
    """The mappings of a file."""
    found: list[MappingDocument] = []
    for document in _documents_of(source, None, report):
        if _kind(document, report) == MAPPING:
            found += _located(document, MappingDocument, ExportMapping, report, Memo())
    return tuple(found)


def _for_root(unit: PolicyDocument, root: str, report: Report) -> PolicyDocument:
    """The policy with the entity that it judges: that of the record where it names none."""
    about: Any = {} if unit.policy.for_ else {"for_": root}
    return replace(unit, policy=replace(unit.policy, **about)) if about else unit


def _located(
    document: Document, located: Callable[[P, Document], L], model: type[P], report: Report, memo: Memo
) -> tuple[L, ...]:
    """The document as `model`, beside it; nothing where its form is wrong, which is reported."""

    def read(own: Report) -> tuple[L, ...]:
        found = read_model(document, model)
        if isinstance(found, tuple):
            own.extend(found)
            return ()
        return (located(found, document),)

    return memo.of("model", (document,), report, read)


def _documents_of(source: Source, language: str | None, report: Report) -> tuple[Document, ...]:
    """The documents of a source, with titles in a language."""
    read = read_yaml(source)
    report.extend(read.diagnostics)
    report.extend(doubtful_comments(source))
    if not read.documents and not read.diagnostics:
        at = source.span(0, 0)
        report.add(EMPTY.at(at, "this file is empty", help="write the policy, or remove the file"))
    return tuple(in_language(each, language, report) for each in read.documents)


def _kind(document: Document, report: Report) -> str | None:
    node = document.at(("kind",))
    if not isinstance(node, Scalar):
        at = document.value_span(("kind",))
        report.add(NO_KIND.at(at, "this document has no `kind`", help=_ADD_KIND))
        return None
    kind = node.text
    if kind == TEST:
        report.add(misnamed_test(node.span))
        return None
    if kind not in _OF_A_FOLDER:
        found = meant(kind, _OF_A_FOLDER)
        help = f"did you mean `{found}`?" if found else f"the kinds are {listed(_OF_A_FOLDER)}"
        report.add(UNKNOWN_KIND.at(node.span, f"`{kind}` is not a kind of policy", help=help))
        return None
    return kind


def _nameless(documents: Iterable[Document], declared: Declarations | None) -> Iterator[Diagnostic]:
    """Reports documents without a kind; one with the facts of a record is told from a policy."""
    root = None if declared is None else next((e for e in declared.entities.values() if not e.within), None)
    facts = set() if root is None else set(root.facts)
    for document in documents:
        first = (
            document.root.items[0] if isinstance(document.root, Sequence) and document.root.items else None
        )
        node = first if first is not None else document.root
        keys = set(node.entries) if isinstance(node, Mapping) else set()
        if len(keys & facts) >= 2 and len(keys & facts) * 2 >= len(keys):
            path = PurePath(document.source.name)
            help = f"put it into a folder `records`: `{path.parent / 'records' / path.name}`"
            yield NO_KIND.at(document.key_span(()), "this is a record, and not a policy", help=help)
        elif isinstance(document.root, Mapping):
            yield NO_KIND.at(document.key_span(()), "this document has no `kind`", help=_ADD_KIND)
        else:
            yield NO_KIND.at(document.key_span(()), "a policy is a mapping that begins with `kind:`")


def misnamed_test(at: Span) -> Diagnostic:
    """The mistake of a file of tests that `policyengine test` does not find."""
    stem = re.sub(r"(?i)[_.-]?tests?$|^tests?[_.-]", "", PurePath(at.source.name).stem) or "policies"
    message = "this file of tests is never run: its name does not end in `_test.yaml`"
    return MISNAMED_TEST.at(at, message, help=f"call it `{stem}_test.yaml`")


def _one_program(name: str, found: list[Document], report: Report) -> None:
    if len(found) > 1:
        report.add(
            NO_PROGRAM.at(
                found[1].key_span(("id",)),
                "a second program is declared in this folder",
                help="keep each program in a folder of its own",
            )
        )
    elif not found and not report.has_errors:
        report.add(
            NO_PROGRAM.at(
                None, f"`{name}` declares no program", help="add a program.yaml with `kind: program`"
            )
        )
