"""The answer for one record on one day: findings, values, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from typing import Any

from policyengine.dataclass import dataclass
from policyengine.decision.findings import Finding, Missing, NotInForce, OpenValue, Subject, Value
from policyengine.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer for one record on one day.

    `complete` tells that nothing is undetermined and no fact is missing. `values` holds the derived facts by
    the name of their subject, `subjects` who is meant by it; `undecided` are those that are not known, and
    why. A record that could not be read has `diagnostics` and no findings. `not_in_force` are policies that
    say nothing on this day.
    """

    program: str
    program_title: str
    policies: str
    as_of: date
    subject: Subject
    complete: bool
    findings: tuple[Finding, ...] = ()
    values: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    undecided: tuple[OpenValue, ...] = ()
    missing: tuple[Missing, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    not_in_force: tuple[NotInForce, ...] = ()

    def of(self, section: str) -> tuple[Finding, ...]:
        """The findings of one list, such as `duties`."""
        return tuple(found for found in self.findings if found.section == section)

    def to_json(self) -> dict[str, Any]:
        """The decision as data for JSON, in the published shape."""
        from policyengine.decision.decision_json import to_json

        return to_json(self)

    def why(self, finding: Finding) -> tuple[str, ...]:
        """A finding explained in about five lines that can be forwarded."""
        from policyengine.decision.explanation import why

        return why(self.as_of, finding)
