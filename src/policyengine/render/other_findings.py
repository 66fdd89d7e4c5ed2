"""General rendering for findings without a table of their own, so that none is omitted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policyengine.decision.explanation import own_values
from policyengine.decision.findings import UNDETERMINED, Finding
from policyengine.decision.wording import capital, short_name, status_words, words
from policyengine.render.decision_page import Page, marked
from policyengine.render.levels import requirements
from policyengine.render.text_table import TableRow


def others(page: Page, findings: Sequence[Finding]) -> Iterator[list[str]]:
    """A table for each section: status, own values, open requirements."""
    for section in dict.fromkeys(each.section for each in findings):
        rows = _rows(page, (each for each in findings if each.section == section))
        yield page.table(capital(words(section)), list(rows))


def _rows(page: Page, findings: Iterable[Finding]) -> Iterator[TableRow]:
    for each in findings:
        whose = "" if each.subject.root else f", {short_name(each.subject)}"
        told = own_values(each)
        text = f"{marked(each.title, each.origin)}{whose}{f': {told}' if told else ''}"
        style = "open" if each.status == UNDETERMINED else ""
        yield TableRow((status_words(each.status),), text, page.at(each), style)
        yield from requirements(page, getattr(each, "requirements", ()))
