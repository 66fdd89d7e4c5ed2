"""Figures: what a policy works out for people, as findings that tell how they came about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import ClassVar

from policyengine.dataclass import dataclass
from policyengine.decision.explanation import assumption_lines, rule
from policyengine.decision.findings import NOT_APPLICABLE, UNDETERMINED, Finding, Value
from policyengine.decision.reason_words import settling
from policyengine.decision.wording import day, is_or_are, join, subject_name

KNOWN = "known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure(Finding):
    """A derived fact, or the result of a table, of one subject.

    `fact` is its name, `text` the value as people write it, None where there is none. The reasons say how it
    came about: the row that matches, each slice of a band, the parts of a sum with the names of the children.
    """

    section: ClassVar[str] = "figures"
    statuses: ClassVar[tuple[str, ...]] = (KNOWN, NOT_APPLICABLE, UNDETERMINED)

    fact: str
    value: Value = None
    text: str | None = None

    @property
    def reference(self) -> str:
        """How it is asked for: its name, and `@key` for what stands in a record."""
        return self.fact if self.subject.root else f"{self.fact}@{self.subject.path}"


def names_of_figure(figure: Figure) -> tuple[str, ...]:
    """The names by which a figure can be asked for."""
    return figure.fact, f"{figure.fact}@{figure.subject.name}", f"{figure.fact}@{figure.subject.path}"


def why_figure(as_of: date, figure: Figure, notes: bool = False) -> tuple[str, ...]:
    """A figure explained: its value, how it came about, what would settle it, the place of its rule."""
    lines = [f"As of {day(as_of)}, {_headline(figure)}.", *_origins(figure)]
    if figure.unknown:
        lines.append(f"What would settle it: {settling(figure.unknown)}.")
    return (*lines, rule(figure), *assumption_lines(figure, notes))


def _headline(figure: Figure) -> str:
    title, who = figure.title, subject_name(figure.subject)
    if figure.status == UNDETERMINED:
        return f"the {title} of {who} {is_or_are(title)} not known"
    if figure.status == NOT_APPLICABLE:
        return f"there {is_or_are(title)} no {title} of {who}"
    return f"the {title} of {who} {is_or_are(title)} {figure.text}"


def _origins(figure: Figure) -> Iterator[str]:
    texts = list(dict.fromkeys(reason.text for reason in figure.because))
    if texts:
        heading = "Open" if figure.status == UNDETERMINED else "It comes from"
        yield f"{heading}: {join(texts, '; ') if len(texts) < 2 else '; '.join(texts)}."
