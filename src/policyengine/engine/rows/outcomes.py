"""The light answer: what is found for whom, without a word about why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from policyengine.decision.findings import UNDETERMINED, Origin, Subject
from policyengine.diagnostics import Diagnostic
from policyengine.engine.reference.row import read
from policyengine.feel.values.values import Unknown
from policyengine.policy.rule import Choose, Const, Reading, Rule, Value


class Outcome(NamedTuple):
    """A finding by its policy and id, the list of a decision that it stands in, its status and its values.

    `values` are those of the finding that are single values (a rate, an amount, a party, a day), None where
    one is not known; what the policy itself leaves empty is not there. Reasons, requirements and what is
    missing for more are left out; `evaluate` gives them. Equal outcomes of different subjects may be one
    object: do not change `values`.
    """

    policy: str
    id: str
    section: str
    status: str
    values: Mapping[str, object]


class SubjectOutcomes(NamedTuple):
    """All that is found for one subject, and its derived facts.

    `runs` are the outcomes in the order of the policies, in parts that subjects with the same answers share.
    """

    subject: Subject
    runs: tuple[tuple[Outcome, ...], ...]
    values: Mapping[str, object]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes in the order of the policies."""
        return tuple(chain.from_iterable(self.runs))


class Outcomes(NamedTuple):
    """The outcomes for everyone in a record; one that cannot be read has `diagnostics` instead."""

    subjects: tuple[SubjectOutcomes, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def shown_fields(rule: Rule) -> dict[str, Reading]:
    """The fields of a finding that an outcome has; not those that the policy leaves empty."""
    return {
        name: reading
        for name, reading in rule.fields.items()
        if _is_plain(reading) and reading != Const(None) and reading != Const(())
    }


def _is_plain(reading: Reading) -> bool:
    match reading:
        case Const() | Value():
            return True
        case Choose(_, cases, otherwise):
            return all(_is_plain(each) for each in (*cases.values(), otherwise))
        case _:
            return False


def outcome_reader(rule: Rule) -> Callable[[Any], Outcome | None]:
    """What reads the outcome of a rule off an instance; None where there is no finding."""
    policy, section = rule.origin.policy, rule.finding.section
    plain = shown_fields(rule)

    def outcome(scope: Any) -> Outcome | None:
        exists = scope[rule.exists] if rule.exists is not None else True
        if exists is False:
            return None
        status = exists if isinstance(exists, Unknown) else scope[rule.status]
        values = {key: read(reading, scope) for key, reading in plain.items()}
        nearer = read(rule.origins, scope) if rule.origins is not None else None
        name = nearer.id if isinstance(nearer, Origin) else rule.origin.id
        return Outcome(policy, name, section, status if isinstance(status, str) else UNDETERMINED, values)

    return outcome
