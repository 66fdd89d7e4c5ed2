"""The answer for one record on one day: findings, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Literal, overload

from policyengine.dataclass import dataclass
from policyengine.decision.findings import (
    SECTIONS,
    Charge,
    Discount,
    Duty,
    Figure,
    Finding,
    Gate,
    Level,
    Missing,
    NotInForce,
    Obligation,
    Requirement,
    Right,
    Score,
    Subject,
    Waiver,
)
from policyengine.diagnostics import Diagnostic, did_you_mean, listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The answer for one record on one day.

    `complete` tells that nothing is undetermined and no fact is missing. `not_in_force` are policies that say
    nothing on this day. A record that could not be read is `refused`: it has `diagnostics`, and reading its
    findings raises `ValueError`.
    """

    program: str
    program_title: str
    policies: str
    as_of: date
    subject: Subject
    complete: bool
    _findings: tuple[Finding, ...] = ()
    _figures: Sequence[Figure] = ()
    missing: tuple[Missing, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    not_in_force: tuple[NotInForce, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the record could not be read, so that nothing was decided."""
        return bool(self.diagnostics)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in the order of the policies, then the figures of each subject.

        Raises `ValueError` if the record was refused.
        """
        self._check_read()
        return (*self._findings, *self._figures)

    def _check_read(self) -> None:
        if self.refused:
            told = "; ".join(found.message for found in self.diagnostics)
            raise ValueError(f"the record was refused, so nothing was decided: {told}")

    @overload
    def of(self, section: Literal["levels"]) -> tuple[Level, ...]: ...
    @overload
    def of(self, section: Literal["scores"]) -> tuple[Score, ...]: ...
    @overload
    def of(self, section: Literal["discounts"]) -> tuple[Discount, ...]: ...
    @overload
    def of(self, section: Literal["duties"]) -> tuple[Duty, ...]: ...
    @overload
    def of(self, section: Literal["gates"]) -> tuple[Gate, ...]: ...
    @overload
    def of(self, section: Literal["obligations"]) -> tuple[Obligation, ...]: ...
    @overload
    def of(self, section: Literal["rights"]) -> tuple[Right, ...]: ...
    @overload
    def of(self, section: Literal["waivers"]) -> tuple[Waiver, ...]: ...
    @overload
    def of(self, section: Literal["charges"]) -> tuple[Charge, ...]: ...
    @overload
    def of(self, section: Literal["figures"]) -> tuple[Figure, ...]: ...
    @overload
    def of(self, section: str) -> tuple[Finding, ...]: ...
    def of(self, section: str) -> tuple[Finding, ...]:
        """The findings of one list, such as `duties`; raises `ValueError` if there is no such list."""
        if section not in SECTIONS:
            help = did_you_mean(section, SECTIONS) or f"the lists are {listed(SECTIONS)}"
            raise ValueError(f"a decision has no list `{section}`; {help}")
        self._check_read()
        if section == Figure.section:
            return tuple(self._figures)
        return tuple(found for found in self._findings if found.section == section)

    def find(self, word: str) -> tuple[Finding, ...]:
        """The findings that a word names: by reference, id, level, policy or list, in this order.

        A figure is meant rather than a requirement of its name. Raises `ValueError` if there is none.
        """
        every = list(dict.fromkeys(nested(self.findings)))
        for rank in range(len(_RANKS)):
            found = [one for one in every if word in names_of(one)[rank] and self._may_match(one, rank)]
            if any(isinstance(one, Figure) for one in found):
                found = [one for one in found if not isinstance(one, Requirement)]
            if found:
                return tuple(found)
        known = sorted({name for one in every for called in names_of(one) for name in called})
        asked = listed(dict.fromkeys(one.reference for one in self.findings), most=_MOST)
        near = did_you_mean(word, known)
        told = f"there are {asked}" if asked else "there are none"
        raise ValueError(f"there is no finding `{word}`; {near + ' ' if near else ''}{told}")

    def _may_match(self, finding: Finding, rank: int) -> bool:
        """Whether a name of that rank may name a finding: a policy or a list names no nested requirement."""
        return rank < _RANKS.index("policy") or finding in self.findings

    def to_json(self) -> dict[str, Any]:
        """The decision as data for JSON, in the published shape."""
        from policyengine.decision.decision_json import to_json

        return to_json(self)

    def why(self, finding: Finding | str) -> tuple[str, ...]:
        """A finding explained in about five lines that can be forwarded; it may be named as in `find`."""
        from policyengine.decision.explanation import why

        if not isinstance(finding, str):
            return why(self.as_of, finding)
        return tuple(line for one in self.find(finding) for line in why(self.as_of, one))


_RANKS = ("reference", "policy and id", "id", "level", "policy", "list")
_MOST = 12


def names_of(finding: Finding) -> tuple[tuple[str, ...], ...]:
    """The names by which a finding can be asked for, by rank."""
    if isinstance(finding, Figure):  # another finding of its name comes first
        names = (finding.reference, f"{finding.id}@{finding.subject.name}", finding.id)
        return (), (), tuple(dict.fromkeys(names)), (), (finding.policy,), (finding.section,)
    levels: tuple[str | None, ...] = ()
    if isinstance(finding, Level):
        levels = (finding.level, finding.candidate, finding.next.level if finding.next else None)
    keys = ("", f"@{finding.subject.name}", f"@{finding.subject.path}")
    return (
        (finding.reference,),
        tuple(f"{finding.policy}/{finding.id}{key}" for key in keys),
        tuple(f"{finding.id}{key}" for key in keys),
        tuple(f"{level}{key}" for level in levels if level for key in keys),
        (finding.policy,),
        (finding.section,),
    )


def nested(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, and the requirements and the parts of scores within them."""
    for finding in findings:
        yield finding
        yield from getattr(finding, "requirements", ())
        if isinstance(finding, Score):
            yield from finding.parts
