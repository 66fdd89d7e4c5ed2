"""Reports of `check` for build servers and code hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policyengine.decision.wording import plural
from policyengine.diagnostics import Diagnostic
from policyengine.render.annotation import note_of
from policyengine.render.ci_formats import Published
from policyengine.render.diagnostic_text import diagnostics_text, summary
from policyengine.render.junit import JUnitCase, JUnitSuite
from policyengine.render.markdown_summary import MarkdownSummary, MarkdownTable
from policyengine.render.sarif import sarif

Checked = Mapping[str, tuple[Sequence[str], Sequence[Diagnostic]]]
"""By the name of each program: its files, and all that is wrong with them."""


def published(checked: Checked, version: str) -> Published:
    """A report with one case for each file, which fails where the file has mistakes."""
    everything = [found for _, diagnostics in checked.values() for found in diagnostics]
    rows = [(name, str(len(files)), summary(diagnostics)) for name, (files, diagnostics) in checked.items()]
    return Published(
        MarkdownSummary(
            "Policies checked",
            f"{plural(len(checked), 'program')} checked, {summary(everything)}.",
            [MarkdownTable(("program", "files", "found"), rows)],
            [note_of(found) for found in everything],
        ),
        [JUnitSuite(name, list(_cases(files, found))) for name, (files, found) in checked.items()],
        lambda: sarif(everything, version),
    )


def _cases(files: Sequence[str], diagnostics: Sequence[Diagnostic]) -> Iterator[JUnitCase]:
    places = [found.span.source.name if found.span is not None else "" for found in diagnostics]
    for file in dict.fromkeys((*files, *places)):
        here = [found for found, place in zip(diagnostics, places, strict=True) if place == file]
        if here:
            first = here[0]
            yield JUnitCase(
                file or "the program", "failed", first.message, diagnostics_text(here), first.span
            )
        else:
            yield JUnitCase(file)
