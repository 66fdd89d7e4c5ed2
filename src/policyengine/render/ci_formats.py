"""The formats of build servers and code hosts: SARIF, JUnit, GitHub annotations, Markdown."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

from policyengine.dataclass import dataclass
from policyengine.render.junit import JUnitSuite
from policyengine.render.markdown_summary import MarkdownSummary, markdown

Form = Literal["sarif", "junit", "github", "markdown"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True, slots=True)
class Published:
    """A report of a command: a summary with notes, test cases, and a SARIF log."""

    summary: MarkdownSummary
    suites: Sequence[JUnitSuite]
    sarif: Callable[[], dict[str, Any]]

    def render(self, form: Form) -> str:
        """The report in one of the formats."""
        if form == "markdown":
            return markdown(self.summary)
        if form == "sarif":
            return json.dumps(self.sarif(), indent=2, ensure_ascii=False)
        if form == "junit":
            from policyengine.render.junit import junit

            return junit(self.suites)
        from policyengine.render.github import github

        return github(self.summary.notes)
