"""A decision as text for a terminal, for partner managers."""

from __future__ import annotations

from collections.abc import Mapping

from policyengine.decision.decision import Decision
from policyengine.decision.findings import Charge, Discount, Duty, Gate, Level, Obligation
from policyengine.decision.wording import day, subject_name
from policyengine.render.decision_page import Page, folder_of
from policyengine.render.duties import duties
from policyengine.render.gates_and_charges import charges, gates, obligations
from policyengine.render.levels import discounts, figures, levels
from policyengine.render.other_findings import others
from policyengine.render.style import painter
from policyengine.render.undecided import assumptions, undecided
from policyengine.render.width import clean, width

NARROWEST, WIDEST = 60, 120
_OWN = frozenset(each.section for each in (Level, Discount, Gate, Charge, Obligation, Duty))
"""The lists that are shown in a way of their own."""


def decision_text(
    decision: Decision,
    labels: Mapping[str, str],
    *,
    color: bool = False,
    list_assumptions: bool = False,
    columns: int = 80,
) -> str:
    """The decision as lines of at most `columns` (between 60 and 120), without a final line end.

    `labels` are the titles of parties and items.
    """
    columns = max(NARROWEST, min(columns, WIDEST))
    page = Page(decision, labels, columns, painter(color), folder_of(decision))
    parts = [_header(page), *_parts(page), assumptions(page, list_assumptions)]
    if not decision.findings:
        parts.insert(1, ["Nothing in this program applies to this record."])
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _header(page: Page) -> list[str]:
    decision = page.decision
    subject = decision.subject
    name = clean(subject_name(subject))
    if subject.label and subject.key:
        name = f"{name} ({clean(subject.key)})"
    title = clean(f"{decision.program_title}, as of {day(decision.as_of)}")
    blank = page.columns - width(name) - width(title)
    if blank < 2:
        return [page.paint(name, "strong"), title]
    return [f"{page.paint(name, 'strong')}{' ' * blank}{title}"]


def _parts(page: Page) -> list[list[str]]:
    """The sections: the short tables together, the duties below."""
    of = page.decision.of
    tables = [
        levels(page, of(Level.section)),
        discounts(page, of(Discount.section)),
        figures(page),
        gates(page, of(Gate.section)),
        charges(page, of(Charge.section)),
        obligations(page, of(Obligation.section)),
        *others(page, [one for one in page.decision.findings if one.section not in _OWN]),
        undecided(page),
    ]
    return [[line for lines in tables for line in lines], duties(page, of(Duty.section))]
