"""Reads sources as declarations and policies, each document by its `kind`, and collects mistakes of form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePath

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code, Diagnostic, Report, listed
from policyengine.kinds import KINDS
from policyengine.policy.base import Policy
from policyengine.policy.form import read_model
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.vocabulary import Declarations
from policyengine.source import Source, Span
from policyengine.text.document import Document, Mapping, Scalar
from policyengine.text.synonyms import meant
from policyengine.text.yaml import read_yaml

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
MISNAMED_TEST = Code(
    id="KIND003",
    title="a file of tests that is not called like one",
    why="`policyengine test` runs the files whose names end in `_test.yaml`. A test in any other file "
    "would never run, and so never fail.",
    bad="kind: test\nprogram: .\nas_of: 2026-11-21\ntests: [{name: a, record: {}, expect: {}}]\n",
    good=_GOOD,
)
CODES = (NO_KIND, UNKNOWN_KIND, NO_PROGRAM, NOTHING_HERE, MISNAMED_TEST)

PROGRAM, TEST = "program", "test"


@dataclass(frozen=True, slots=True)
class Declared:
    """The declarations of a program, and their document."""

    declarations: Declarations
    document: Document


@dataclass(frozen=True, slots=True)
class Documents:
    """The contents of a folder: the program, if exactly one is declared, and all its policies."""

    program: Declared | None
    units: tuple[PolicyDocument, ...]


def read_documents(name: str, sources: Iterable[Source], report: Report) -> Documents:
    """Reads all sources of the folder `name`."""
    return sort_documents(name, _documents(sources, report), report)


def sort_documents(name: str, documents: Iterable[Document], report: Report) -> Documents:
    """Returns the program and the policies of the documents of the folder `name`."""
    programs: list[Declared] = []
    units: list[PolicyDocument] = []
    found: list[Document] = []
    for document in documents:
        kind = _kind(document, report)
        if kind == PROGRAM:
            found.append(document)
            declarations = read_model(document, Declarations)
            if isinstance(declarations, tuple):
                report.extend(declarations)
            else:
                programs.append(Declared(declarations, document))
        elif kind is not None:
            policy = read_model(document, KINDS[kind].model)
            if isinstance(policy, tuple):
                report.extend(policy)
            else:
                units.append(_unit(policy, document))
    _one_program(name, found, report)
    return Documents(programs[0] if len(found) == 1 and programs else None, tuple(units))


def _unit(policy: Policy, document: Document) -> PolicyDocument:
    return PolicyDocument(policy, document)


def _documents(sources: Iterable[Source], report: Report) -> Iterator[Document]:
    for source in sources:
        read = read_yaml(source)
        report.extend(read.diagnostics)
        yield from read.documents


def _kind(document: Document, report: Report) -> str | None:
    root = document.root
    if not isinstance(root, Mapping):
        report.add(NO_KIND.at(document.key_span(()), "a policy is a mapping that begins with `kind:`"))
        return None
    entry = root.entries.get("kind")
    if entry is None or not isinstance(entry.value, Scalar):
        known = listed((PROGRAM, *KINDS))
        at = document.key_span(()) if entry is None else entry.value.span
        report.add(NO_KIND.at(at, "this document has no `kind`", help=f"add `kind:` and one of {known}"))
        return None
    kind = entry.value.text
    if kind == TEST:
        report.add(misnamed_test(entry.value.span))
        return None
    if kind != PROGRAM and kind not in KINDS:
        found = meant(kind, (PROGRAM, *KINDS))
        help = f"did you mean `{found}`?" if found else f"the kinds are {listed((PROGRAM, *KINDS))}"
        report.add(UNKNOWN_KIND.at(entry.value.span, f"`{kind}` is not a kind of policy", help=help))
        return None
    return kind


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
