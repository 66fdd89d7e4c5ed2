"""Reports of `plan` for build servers and code hosts: the cost of each changed rule, exceeded limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from policyengine.change.plan import Plan
from policyengine.render import plan_words as say
from policyengine.render.annotation import Note, in_the_tree, without_revision
from policyengine.render.ci_formats import Published
from policyengine.render.junit import JUnitCase, JUnitSuite
from policyengine.render.markdown_summary import MarkdownSummary, MarkdownTable
from policyengine.render.plan_effects import headline
from policyengine.render.sarif import Run, sarif_of_notes

RULE = "policy-impact"
_TITLE = "Whom the change of the policies hits"


def published(plan: Plan, limits: Sequence[tuple[str, str | None]], version: str) -> Published:
    """A report with a notice for each changed rule that costs something, and an error for each exceeded
    limit.

    `limits` are the conditions of `--fail-if`, each with the sentence for why it holds, or None.
    """
    notes = [*_passed(limits), *_shares(plan)]
    rows = [
        (say.count(line.records), group.heading, line.text)
        for group in say.groups(plan)
        for line in group.lines
    ]
    return Published(
        MarkdownSummary(
            _TITLE, headline(plan), [MarkdownTable((say.several(plan.noun), "", ""), rows)], notes
        ),
        [JUnitSuite(plan.new.name, list(_cases(plan, limits)))],
        lambda root: sarif_of_notes(_run(plan, root), notes, RULE, _TITLE, version),
    )


def _run(plan: Plan, root: Path | None) -> Run:
    folder = without_revision(plan.new.name)
    return Run(f"{Path(folder).resolve().name}/plan", f"{folder}/program.yaml", root)


def _passed(limits: Sequence[tuple[str, str | None]]) -> Iterator[Note]:
    for text, so in limits:
        if so is not None:
            yield Note("error", f"limit passed: {text}", so)


def _shares(plan: Plan) -> Iterator[Note]:
    places = dict(zip(plan.changes, plan.places, strict=True))
    for share in plan.shares:
        if not share.interaction:
            change = say.amount(share.change, share.currency, signed=True)
            at = places[share.title]
            text = f"{change} net charges {say.stretch(plan.days)}, by itself"
            yield Note("notice", share.title, text, None if at is None else in_the_tree(at))


def _cases(plan: Plan, limits: Sequence[tuple[str, str | None]]) -> Iterator[JUnitCase]:
    yield JUnitCase("the change is worked out", details=headline(plan))
    for text, so in limits:
        yield JUnitCase(f"not {text}", "passed" if so is None else "failed", so or "")
