"""Reports of `check` for build servers and code hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from policyengine.decision.wording import plural
from policyengine.diagnostics import Diagnostic
from policyengine.render.annotation import note_of, path_from
from policyengine.render.ci_formats import Published
from policyengine.render.diagnostic_text import diagnostics_text, summary
from policyengine.render.junit import JUnitCase, JUnitSuite
from policyengine.render.markdown_summary import MarkdownSummary, MarkdownTable
from policyengine.render.sarif import MOST_RUNS, Run, sarif

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
        lambda root: sarif(_runs(checked, root), version),
    )


def _runs(checked: Checked, root: Path | None) -> dict[Run, Sequence[Diagnostic]]:
    """A run for each program, named after its folder; after its path where two folders have one name.

    Where there are more programs than code hosts take runs, all stand in one.
    """
    short = {name: Path(name).resolve().name for name in checked}
    if len(checked) > MOST_RUNS:
        everything = [found for _, diagnostics in checked.values() for found in diagnostics]
        return {Run("all", f"{next(iter(checked))}/program.yaml", root): everything}
    runs = {}
    for name, word in short.items():
        alone = list(short.values()).count(word) == 1
        run = Run(word if alone else path_from(root, name), f"{name}/program.yaml", root)
        runs[run] = checked[name][1]
    return runs


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
