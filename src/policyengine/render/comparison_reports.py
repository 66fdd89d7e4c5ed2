"""Reports of `diff` for build servers and code hosts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from policyengine.analysis.acceptance import Refusal
from policyengine.analysis.witness import Same, Witness
from policyengine.change.program_comparison import Meaning, ProgramComparison, Spoken
from policyengine.decision.wording import capital
from policyengine.render.annotation import Note, in_the_tree, without_revision
from policyengine.render.ci_formats import Published
from policyengine.render.comparison_text import headline, place_of, verdict_lines
from policyengine.render.junit import JUnitCase, JUnitSuite
from policyengine.render.markdown_summary import MarkdownSummary, MarkdownTable
from policyengine.render.sarif import Run, sarif_of_notes
from policyengine.source import Span

RULE = "policy-change"
_RULE_TITLE = "A change of a policy that changes its meaning"


def published(found: ProgramComparison, version: str) -> Published:
    """A report with a table of the changes, a notice at each place, and a case for each policy."""
    notes = list(_notes(found))
    rows = [
        (spoken.title, spoken.sentence, _verdict(meaning))
        for meaning in found.meanings
        for spoken in meaning.spoken
    ]
    words = [(spoken.title, spoken.sentence, "only the wording") for spoken in found.wording]
    summary = MarkdownSummary(
        "What the change of the policies means",
        " ".join([headline(found), *(f"{capital(notice)}." for notice in found.notices)]),
        [MarkdownTable(("policy", "change", "shown"), [*rows, *words])],
        notes,
    )
    return Published(
        summary,
        [JUnitSuite(found.new.name, list(_cases(found)))],
        lambda root: sarif_of_notes(_run(found, root), notes, RULE, _RULE_TITLE, version),
    )


def _run(found: ProgramComparison, root: Path | None) -> Run:
    folder = without_revision(found.new.name)
    return Run(f"{Path(folder).resolve().name}/diff", f"{folder}/program.yaml", root)


def _verdict(meaning: Meaning) -> str:
    match meaning.verdict:
        case Witness():
            return "by a record, below"
        case Refusal():
            return "a record is no longer read, below"
        case Same():
            return "the same for all records"
        case _:
            return "not decided"


def _notes(found: ProgramComparison) -> Iterator[Note]:
    """A note for each change of meaning; grouped changes name their record once."""
    for meaning in found.changed:
        for i, spoken in enumerate(meaning.spoken):
            lines = verdict_lines(meaning) if i == len(meaning.spoken) - 1 else ()
            yield Note("notice", spoken.title, "\n".join([f"{spoken.sentence}.", *lines]), _at(spoken))


def _at(spoken: Spoken) -> Span | None:
    """The place in the new version; None for a removed part."""
    at = None if spoken.change.sort == "removed" else place_of(spoken)
    return None if at is None else in_the_tree(at)


def _cases(found: ProgramComparison) -> Iterator[JUnitCase]:
    """A case for each change of meaning; it never fails, since a change is not a mistake."""
    for meaning in found.meanings:
        for spoken in meaning.spoken:
            yield JUnitCase(f"{spoken.title}: {spoken.sentence}", at=_at(spoken))
