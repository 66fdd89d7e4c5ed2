"""Loads a program from sources: reads, checks each policy, chooses the versions in force, links."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from policyengine.decision.wording import day as day_words
from policyengine.diagnostics import Code, Diagnostic, Report, Severity
from policyengine.feel.expression_codes import UNKNOWN_NAME, UNKNOWN_PROPERTY
from policyengine.kinds import KINDS
from policyengine.policy.kind import waives_nothing
from policyengine.policy.policy_reader import PolicyDocument
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.declaration_checks import check_facts, check_tree
from policyengine.program.example import small_program
from policyengine.program.graph import Graph
from policyengine.program.link import Linker
from policyengine.program.linked import Program
from policyengine.program.memo import Memo
from policyengine.program.read import NOTHING_HERE, Declared, Documents, read_documents, sort_documents
from policyengine.program.versions import (
    check_versions,
    days_of,
    in_force,
    turning_points,
    with_beginnings,
)
from policyengine.source import Source
from policyengine.text.document import Document

_PROGRAM = small_program("staff: {type: count, title: staff}")
UNUSED_FACT = Code(
    id="FACT001",
    title="a fact that no rule reads",
    why="Either a rule was forgotten, or the fact is kept for people; the latter can be said. What a formula "
    "works out or a level grants is a figure for people, unless it is not `shown`.",
    bad=_PROGRAM,
    good=_PROGRAM.replace("title: staff", "title: staff, informative: true"),
    severity=Severity.WARNING,
)
CODES = (UNUSED_FACT,)


def load(
    name: str,
    sources: Sequence[Source],
    as_of: date,
    mistakes: Iterable[Diagnostic] = (),
    memo: Memo | None = None,
    language: str | None = None,
) -> Program:
    """Returns the program of the folder `name`, as it is in force on `as_of`.

    Every version is checked, also those that are not in force on that day. `mistakes` are those that were
    found before the sources could be read. With the memo of the load before, only what changed since is
    worked out. Titles are those of `language`, by default the first ones.
    """
    memo = Memo() if memo is None else memo
    memo.begin()
    report = Report(mistakes)
    if not sources and not report.has_errors:
        report.add(NOTHING_HERE.at(None, f"`{name}` holds no YAML file", help="name the folder of a program"))
    digest = memo.of("digest", tuple(sources), report, lambda _: digest_of(sources))
    return _program(name, read_documents(name, sources, report, memo, language), as_of, digest, report, memo)


def load_documents(name: str, documents: Iterable[Document], as_of: date) -> Program:
    """Returns the program of documents, which may come from several places; it has no digest."""
    report = Report()
    memo = Memo()
    return _program(name, sort_documents(name, documents, report, memo), as_of, "", report, memo)


def without_waivers(program: Program, day: date) -> Program | None:
    """Returns the program on a day as it is without its waivers; None if it has none."""
    bare = [unit for unit in program.units if KINDS[unit.policy.kind].waives is waives_nothing]
    if program.document is None or len(bare) == len(program.units):
        return None
    return load_documents(program.name, [program.document, *(unit.document for unit in bare)], day)


def _program(
    name: str, documents: Documents, as_of: date, digest: str, report: Report, memo: Memo
) -> Program:
    graph = None
    declared = documents.program
    if declared is not None:
        report.extend(check_tree(declared.declarations, declared.document))
        if not _broken(report, declared.document):
            graph = _link_all(declared, documents, as_of, report, memo)
    if graph is not None:
        memo.end()
    found = Program(
        name,
        declared.declarations if declared is not None else None,
        declared.document if declared is not None else None,
        documents.units,
        as_of,
        None if report.has_errors else graph,
        digest,
        tuple(each for each in report if not _follows(each, documents)),
        documents.ledgers,
        documents.mappings,
        documents.reports,
    )
    return found if graph is None else _with_what_lies_beside(found, memo)


def _with_what_lies_beside(program: Program, memo: Memo) -> Program:
    """The program with what is wrong in its ledgers, mappings and reports."""
    if not (program.ledgers or program.mappings or program.reports):
        return program
    from policyengine.program.ledgers import check_ledgers
    from policyengine.program.list_reports import check_reports
    from policyengine.program.mappings import check_mappings

    found = (*check_ledgers(program, memo), *check_mappings(program), *check_reports(program))
    report = Report((*program.diagnostics, *found))
    return replace(program, graph=None if report.has_errors else program.graph, diagnostics=tuple(report))


def _follows(found: Diagnostic, documents: Documents) -> bool:
    """Whether a name is unknown only since the policy that works it out could not be read."""
    if found.code.id not in (UNKNOWN_NAME.id, UNKNOWN_PROPERTY.id) or found.span is None:
        return False
    return found.span.text.rpartition(".")[2] in documents.unread


def _broken(report: Report, document: Document) -> bool:
    """Whether the declarations have a mistake, which would make every policy look wrong."""
    return any(found.span is not None and found.span.source is document.source
               and found.severity is Severity.ERROR for found in report)  # fmt: skip


def _link_all(
    declared: Declared, documents: Documents, as_of: date, report: Report, memo: Memo
) -> Graph | None:
    vocabulary = Vocabulary(declared.declarations)
    report.extend(check_facts(vocabulary, declared.document))
    if _broken(report, declared.document):
        return None
    choose = partial(_versions, documents, as_of)
    versions, days = memo.of(("versions", as_of), documents.units, report, choose)
    linker = Linker(declared, report, memo)
    graphs: dict[tuple[int, ...], Graph] = {}  # on many days the same versions are in force
    linked = [declared.document]
    lapses: set[Diagnostic] = set()
    for day, units in days.items():
        if _identity(units) in graphs:
            continue
        before = frozenset(report)
        graphs[_identity(units)] = linker.link(units)
        for found in [each for each in report if each not in before]:
            seen = len(graphs) > 1 and _lies_in(found, linked)
            lapsed = _lapsed(found, versions, vocabulary, day, seen=seen)
            if lapsed is not None:
                report.replace(found, None if found in lapses else lapsed)
                lapses.add(found)
        linked += [unit.document for unit in units]
    linker.finish()
    if not report.has_errors:
        used = frozenset[str]().union(*map(_used, graphs.values()))
        report.extend(_unused(vocabulary, declared.document, used))
    return graphs[_identity(days[as_of])]


def _versions(
    documents: Documents, as_of: date, report: Report
) -> tuple[Sequence[PolicyDocument], Mapping[date, Sequence[PolicyDocument]]]:
    """The versions of all policies, and those in force on each day that matters, the day itself first."""
    versions = with_beginnings(documents.units)
    report.extend(check_versions(versions, as_of))
    days = sorted(turning_points(versions, as_of), key=lambda each: each != as_of)
    return versions, {day: in_force(versions, day) for day in days}


def _lies_in(found: Diagnostic, documents: Sequence[Document]) -> bool:
    spans = [each.root.span for each in documents]
    return found.span is not None and any(
        each.source is found.span.source and each.start <= found.span.start <= each.end for each in spans
    )


def _lapsed(
    found: Diagnostic, versions: Sequence[PolicyDocument], vocabulary: Vocabulary, day: date, *, seen: bool
) -> Diagnostic | None:
    """A mistake that a policy has on a day only, since another one is not in force then; None for others.

    `seen` tells that the policy has been linked on a day before without it.
    """
    name = found.span.text.strip() if found.span is not None else ""
    giving = [
        unit for unit in versions
        if name in KINDS[unit.policy.kind].exports(unit, vocabulary) and unit not in in_force(versions, day)
    ]  # fmt: skip
    if not giving and not seen:
        return None
    if not giving:
        return replace(found, message=f"{found.message} on {day_words(day)}")
    message = f"`{name}` is the result of `{giving[0].policy.id}`, which is in force {days_of(giving)}"
    help = f"add a version of `{giving[0].policy.id}` for {day_words(day)}, or end what uses it as well"
    return replace(found, message=message, help=help)


def _identity(units: Iterable[PolicyDocument]) -> tuple[int, ...]:
    return tuple(map(id, units))


def _used(graph: Graph) -> set[str]:
    used = {fact for transition in graph.transitions for fact in (transition.fact, *transition.sets)}
    used |= {fact for renewal in graph.renewals for fact in renewal.sets}
    used.update(*(node.words.all for _, node in graph.every_node()))
    facts = (fact for entity in graph.vocabulary.entities.values() for fact in entity.facts.values())
    return used | {fact.currency for fact in facts if fact.currency is not None}


def _unused(vocabulary: Vocabulary, document: Document, used: frozenset[str]) -> Iterable[Diagnostic]:
    for name, entity in vocabulary.entities.items():
        for fact, declared in entity.facts.items():
            figure = declared.granted or (declared.formula is not None and declared.shown)
            known = fact in used or fact in (entity.key, entity.label)
            if not (known or figure or declared.informative):
                at = document.key_span(("entities", name, "facts", fact))
                help = "use it, remove it, or say `informative: true`"
                yield UNUSED_FACT.at(at, f"no rule reads `{fact}` of `{name}`", help=help)


def digest_of(sources: Sequence[Source]) -> str:
    """The digest of the files of a program; it does not depend on where their folder lies."""
    digest = hashlib.sha256()
    for source in sorted(sources, key=lambda each: each.name):
        for part in (source.name.rsplit("/", 1)[-1], source.text):
            digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return f"sha256:{digest.hexdigest()}"
