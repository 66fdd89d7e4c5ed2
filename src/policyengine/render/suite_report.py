"""The report of `policyengine test`: results, coverage, missed mutants."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policyengine.dataclass import dataclass
from policyengine.decision.wording import plural
from policyengine.render.annotation import Note
from policyengine.render.ci_formats import Published
from policyengine.render.junit import JUnitCase, JUnitSuite
from policyengine.render.markdown_summary import MarkdownSummary, MarkdownTable
from policyengine.render.sarif import Run, sarif_of_notes
from policyengine.render.style import Paint, clean, painter
from policyengine.render.test_reports import outcome_notes, outcome_suites, outcome_summary
from policyengine.render.test_results import outcomes_json, outcomes_text
from policyengine.source import Span
from policyengine.verify.suite import SuiteResult

if TYPE_CHECKING:
    from policyengine.verify.coverage import Coverage
    from policyengine.verify.mutation import Mutation, Verdict


@dataclass(frozen=True, slots=True)
class Examined:
    """The results; coverage and mutation only where requested."""

    outcomes: Sequence[SuiteResult]
    coverage: Sequence[Coverage] = ()
    mutation: Sequence[Mutation] = ()


def per_cent(part: int, whole: int) -> str:
    """A share in per cent, rounded down, so that `100 %` means all."""
    thousandths = 1000 * part // whole if whole else 1000
    return f"{thousandths // 10} %" if thousandths % 10 == 0 else f"{thousandths // 10}.{thousandths % 10} %"


def covered(coverage: Coverage) -> str:
    """`133 of 135 places of policies/bytekast are exercised (98.5 %)`."""
    share = per_cent(coverage.met, coverage.total)
    places = plural(coverage.total, "place")
    return f"{coverage.met} of {places} of {coverage.program} exercised ({share})"


def noticed(mutation: Mutation) -> str:
    """`72 of 76 mutants of policies/kepion noticed (94.7 %)`, and how many cannot be."""
    share = per_cent(mutation.noticed, mutation.total)
    words = (
        f"{mutation.noticed} of {plural(mutation.total, 'mutant')} of {mutation.program} noticed ({share})"
    )
    same = mutation.count("same")
    return f"{words}; {same} more change no decision" if same else words


# As text


def examined_text(examined: Examined, *, color: bool = False) -> str:
    """The results as text: tests, unmet goals, missed mutants."""
    paint = painter(color)
    parts = [outcomes_text(examined.outcomes, color=color)]
    parts += ["\n".join(_coverage(each, paint)) for each in examined.coverage]
    parts += ["\n\n".join(_mutation(each, paint)) for each in examined.mutation]
    return "\n\n".join(parts)


def _coverage(coverage: Coverage, paint: Paint) -> Iterator[str]:
    for goal in coverage.unmet:
        yield f"{_place(goal.at, paint)}: {paint('not exercised', 'warning')}: {clean(goal.words)}"
    for column, values in coverage.edges.items():
        yield clean(f"edges to write as cases: {column}: {', '.join(values)}")
    yield clean(covered(coverage))


def _mutation(mutation: Mutation, paint: Paint) -> Iterator[str]:
    for verdict in mutation.missed:
        place = _place(verdict.mutant.at, paint)
        lines = [f"{place}: {paint('not noticed', 'warning')}: {clean(verdict.mutant.words)}"]
        lines += [clean(line) for line in _help(verdict)]
        yield "\n".join(lines)
    yield clean(noticed(mutation))


def _help(verdict: Verdict) -> list[str]:
    if verdict.suggestion is None:
        return (
            [f"  no record was found that it treats differently: {verdict.reason}"] if verdict.reason else []
        )
    return ["  a test that would notice it:", "", *verdict.suggestion.text.splitlines()]


def _place(at: Span, paint: Paint) -> str:
    return paint(clean(str(at)), "strong")


# As data


def examined_json(examined: Examined) -> dict[str, Any]:
    """The results as plain data; `coverage` and `mutants` only where requested."""
    data = outcomes_json(examined.outcomes)
    if examined.coverage:
        data["coverage"] = [_coverage_json(each) for each in examined.coverage]
    if examined.mutation:
        data["mutants"] = [_mutation_json(each) for each in examined.mutation]
    return data


def _coverage_json(coverage: Coverage) -> dict[str, Any]:
    unmet = [{"message": goal.words, **_where(goal.at)} for goal in coverage.unmet]
    return {
        "program": coverage.program,
        "exercised": coverage.met,
        "total": coverage.total,
        "not_exercised": unmet,
        "edges": coverage.edges,
    }


def _mutation_json(mutation: Mutation) -> dict[str, Any]:
    return {
        "program": mutation.program,
        "noticed": mutation.noticed,
        "total": mutation.total,
        "without_effect": mutation.count("same"),
        "not_noticed": [
            {
                "message": verdict.mutant.words,
                **_where(verdict.mutant.at),
                "suggestion": verdict.suggestion.text if verdict.suggestion is not None else None,
            }
            for verdict in mutation.missed
        ],
    }


def _where(at: Span) -> dict[str, Any]:
    return {"file": at.source.name, "line": at.line, "column": at.column}


# For build servers


def published(examined: Examined, version: str) -> Published:
    """A report with the tests, and a suite for the coverage and the mutants of each program."""
    notes = _notes(examined)
    found = outcome_summary(examined.outcomes)
    shares = [("coverage", each.program, each.met, each.total) for each in examined.coverage]
    shares += [("mutants", each.program, each.noticed, each.total) for each in examined.mutation]
    rows = [(what, name, str(part), str(all_), per_cent(part, all_)) for what, name, part, all_ in shares]
    tables = [*found.tables, MarkdownTable(("", "program", "exercised or noticed", "of", "share"), rows)]
    return Published(
        MarkdownSummary(found.title, found.sentence, tables, notes),
        [*outcome_suites(examined.outcomes), *_suites(examined)],
        lambda root: sarif_of_notes(
            _run(examined, root), notes, "POLICYTEST", "what policy tests found", version
        ),
    )


def _run(examined: Examined, root: Path | None) -> Run:
    files = [outcome.file for outcome in examined.outcomes]
    folder = Path(os.path.commonpath([Path(file).resolve().parent for file in files]))
    return Run(f"{folder.name}/test", files[0], root)


def _suites(examined: Examined) -> Iterator[JUnitSuite]:
    """Cases for unmet goals and missed mutants, which count as skipped; a share decides about failure."""
    for coverage in examined.coverage:
        cases = [
            JUnitCase(goal.words, "skipped", "no test exercises it", at=goal.at) for goal in coverage.unmet
        ]
        yield JUnitSuite(f"coverage of {coverage.program}", cases or [JUnitCase("everything is exercised")])
    for mutation in examined.mutation:
        cases = [
            JUnitCase(
                each.mutant.words, "skipped", "no test notices it", "\n".join(_help(each)), each.mutant.at
            )
            for each in mutation.missed
        ]
        yield JUnitSuite(f"mutants of {mutation.program}", cases or [JUnitCase("every mutant is noticed")])


def _notes(examined: Examined) -> list[Note]:
    """Failures as errors; unmet goals and missed mutants as warnings."""
    notes = outcome_notes(examined.outcomes)
    for coverage in examined.coverage:
        notes += [Note("warning", "not exercised", goal.words, goal.at) for goal in coverage.unmet]
    for mutation in examined.mutation:
        notes += [
            Note("warning", "not noticed", "\n".join((each.mutant.words, *_help(each))), each.mutant.at)
            for each in mutation.missed
        ]
    return notes
