"""Selects the findings of a decision that a word on the command line names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyengine.cli.exit_codes import CommandError
from policyengine.decision.decision import Decision
from policyengine.decision.findings import SECTIONS, Finding, Level
from policyengine.decision.wording import status_words
from policyengine.diagnostics import did_you_mean
from policyengine.render.undecided import nested

_RANKS = ("reference", "policy and id", "id", "level", "policy", "list")


def select_findings(decision: Decision, word: str | None, key: str | None) -> list[Finding]:
    """Returns the findings with that reference, `policy/id`, id, level, policy or list.

    Without a word it returns the first list that has findings. `key` keeps those about the thing of that key.
    """
    findings = [one for one in dict.fromkeys(nested(decision.findings)) if key is None or _about(one, key)]
    if not findings and key is not None:
        raise CommandError(f"no finding is about `{key}`", help=did_you_mean(key, _keys(decision)))
    if word is None:
        return _first_list(decision, findings)
    for rank in range(len(_RANKS)):
        found = [one for one in findings if word in _names(one)[rank] and _may_match(decision, one, rank)]
        if found:
            return found
    known = sorted({name for one in findings for called in _names(one) for name in called})
    raise CommandError(
        f"there is no finding `{word}`",
        help=did_you_mean(word, known) or "without a FINDING, `why` lists all that can be asked for",
    )


def _names(finding: Finding) -> tuple[tuple[str, ...], ...]:
    """Returns the names of a finding, by rank."""
    levels: tuple[str | None, ...] = ()
    if isinstance(finding, Level):
        levels = (finding.level, finding.candidate, finding.next.level if finding.next else None)
    return (
        (finding.reference,),
        (f"{finding.policy}/{finding.id}", f"{finding.policy}/{finding.id}@{finding.subject.name}"),
        (finding.id,),
        tuple(level for level in levels if level),
        (finding.policy,),
        (finding.section,),
    )


def _may_match(decision: Decision, finding: Finding, rank: int) -> bool:
    """Whether a name of that rank may select a finding: a policy or a list selects no nested requirements."""
    return rank < _RANKS.index("policy") or finding in decision.findings


def _about(finding: Finding, key: str) -> bool:
    return key in (finding.subject.name, str(finding.subject), finding.subject.label)


def _keys(decision: Decision) -> list[str]:
    return sorted({one.subject.name for one in decision.findings})


def _first_list(decision: Decision, findings: Sequence[Finding]) -> list[Finding]:
    lists = ([one for one in decision.of(section) if one in findings] for section in SECTIONS)
    return next(filter(None, lists), [])


def list_findings(findings: Sequence[Finding]) -> Iterator[str]:
    """Yields a line for each finding: its reference, status and title, sorted by list."""
    order = list(SECTIONS)
    ordered = sorted(
        findings, key=lambda one: order.index(one.section) if one.section in order else len(order)
    )
    rows = list(dict.fromkeys((one.reference, status_words(one.status), one.title) for one in ordered))
    first = max((len(row[0]) for row in rows), default=0)
    second = max((len(row[1]) for row in rows), default=0)
    for reference, status, title in rows:
        yield f"{reference:<{first}}  {status:<{second}}  {title}"
