"""Which findings of a decision are meant by a word on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policyengine.cli.codes import CommandError
from policyengine.diagnostics import did_you_mean
from policyengine.policy.findings import Decision, Finding, Level
from policyengine.policy.phrases import status_words
from policyengine.render.undecided import nested


def asked(decision: Decision, word: str | None, key: str | None) -> list[Finding]:
    """The findings that are called so: by reference, `policy/id`, id, level, policy or list.

    Without a word it is the first list that has any. `key` keeps those about what has that key.
    """
    findings = [one for one in dict.fromkeys(nested(decision.findings)) if key is None or _about(one, key)]
    if not findings and key is not None:
        raise CommandError(f"no finding is about `{key}`", help=did_you_mean(key, _keys(decision)))
    if word is None:
        return _first_list(decision, findings)
    for names in zip(*(_names(one) for one in findings), strict=True):
        found = [one for one, called in zip(findings, names, strict=True) if word in called]
        if found:
            return found
    known = sorted({name for one in findings for called in _names(one) for name in called})
    raise CommandError(
        f"there is no finding `{word}`",
        help=did_you_mean(word, known) or "without a FINDING, `why` lists all that can be asked for",
    )


def _names(finding: Finding) -> tuple[tuple[str, ...], ...]:
    """What a finding is called, the most exact names first."""
    levels = (finding.level, finding.candidate) if isinstance(finding, Level) else ()
    return (
        (finding.reference,),
        (f"{finding.policy}/{finding.id}", f"{finding.policy}/{finding.id}@{finding.subject.name}"),
        (finding.id,),
        tuple(level for level in levels if level),
        (finding.policy,),
        (finding.section,),
    )


def _about(finding: Finding, key: str) -> bool:
    return key in (finding.subject.name, str(finding.subject), finding.subject.label)


def _keys(decision: Decision) -> list[str]:
    return sorted({one.subject.name for one in decision.findings})


def _first_list(decision: Decision, findings: list[Finding]) -> list[Finding]:
    top = [one for one in findings if one in decision.findings]
    return [one for one in top if one.section == top[0].section] if top else []


def listing(findings: Iterable[Finding]) -> Iterator[str]:
    """One line a finding: how to ask for it, its status and its title."""
    rows = [(one.reference, status_words(one.status), one.title) for one in findings]
    rows = list(dict.fromkeys(rows))
    first = max((len(row[0]) for row in rows), default=0)
    second = max((len(row[1]) for row in rows), default=0)
    for reference, status, title in rows:
        yield f"{reference:<{first}}  {status:<{second}}  {title}"
