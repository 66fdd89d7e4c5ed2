"""Results as JUnit XML, the form that build servers show tests in.

Characters that XML cannot hold are replaced. Nothing here measures time, so no case has a `time`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from policyengine.dataclass import dataclass
from policyengine.source import Span

Status = Literal["passed", "failed", "error", "skipped"]

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class JUnitCase:
    """One case: `message` is a sentence, `details` all there is to say."""

    name: str
    status: Status = "passed"
    message: str = ""
    details: str = ""
    at: Span | None = None


@dataclass(frozen=True, slots=True)
class JUnitSuite:
    """The cases of one file or program."""

    name: str
    cases: Sequence[JUnitCase] = ()


def junit(suites: Sequence[JUnitSuite], name: str = "policyengine") -> str:
    """The suites as one document."""
    root = Element("testsuites", {"name": _text(name), **_counts([c for s in suites for c in s.cases])})
    for suite in suites:
        below = SubElement(root, "testsuite", {"name": _text(suite.name), **_counts(suite.cases)})
        for case in suite.cases:
            _case(below, suite, case)
    ElementTree.indent(root)
    xml = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}\n'


def _counts(cases: Sequence[JUnitCase]) -> dict[str, str]:
    statuses = [case.status for case in cases]
    return {
        "tests": str(len(cases)),
        "failures": str(statuses.count("failed")),
        "errors": str(statuses.count("error")),
        "skipped": str(statuses.count("skipped")),
    }


def _case(below: Element, suite: JUnitSuite, case: JUnitCase) -> None:
    place = {} if case.at is None else {"file": _text(case.at.source.name), "line": str(case.at.line)}
    element = SubElement(
        below, "testcase", {"classname": _text(suite.name), "name": _text(case.name), **place}
    )
    if case.status == "passed":
        return
    tag = {"failed": "failure"}.get(case.status, case.status)
    SubElement(element, tag, {"message": _text(case.message)}).text = _text(case.details) or None


def _text(text: str) -> str:
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)
