"""What is not known, and what has no answer, in policies: as data."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from feel_data import lines

from policyengine.feel import parse
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.functions import BUILTINS
from policyengine.feel.functions.aggregates import IN_POLICIES
from policyengine.feel.syntax.printing import print_value
from policyengine.feel.syntax.tree import Open
from policyengine.feel.values.values import Failure, Missing, Unknown
from policyengine.source import Source

FUNCTIONS = {**BUILTINS, **IN_POLICIES}


class Account(dict):  # type: ignore[type-arg]
    """A record whose missing facts are unknown."""

    def __missing__(self, fact: str) -> Unknown:
        return Unknown.of(Missing("account", self["id"], fact))

    def __contains__(self, fact: object) -> bool:
        return fact in ("id", "status", "fee")


def _missing(fact: str) -> Unknown:
    return Unknown.of(Missing("partner", "acme", fact))


SCOPE: dict[str, object] = {
    "n": Decimal(5),
    "yes": True,
    "no": False,
    "none": None,
    "day": datetime.date(2026, 11, 21),
    "accounts": [
        Account(id="1", status="active", fee=Decimal(10)),
        Account(id="2", status="closed"),
        Account(id="3", fee=Decimal(30)),
    ],
    **{fact: _missing(fact) for fact in ("a", "b", "p", "q", "xs")},
}


def shown(value: object) -> str:
    if not isinstance(value, Unknown):
        return print_value(value, inside=True) or ""
    missing = [cause for cause in value.causes if isinstance(cause, Missing)]
    facts = [cause.fact + (f" of {cause.key}" if cause.entity == "account" else "") for cause in missing]
    failures = sorted(cause.sentence for cause in value.causes if isinstance(cause, Failure))
    open_facts = ["? " + ", ".join(sorted(facts))] if facts else []
    return " ".join([*open_facts, *(f"! {failure}" for failure in failures)])


@pytest.mark.parametrize(("expression", "expected"), lines("policy.txt"))
def test_policy_mode(expression: str, expected: str) -> None:
    node = parse(Source("test", expression)).expression
    assert node is not None
    assert shown(evaluate(node, SCOPE, mode="policy", functions=FUNCTIONS)) == expected


def test_a_failure_stands_where_it_happened() -> None:
    node = parse(Source("test", "n + 1 / 0")).expression
    assert node is not None
    value = evaluate(node, SCOPE, mode="policy")
    assert isinstance(value, Unknown)
    (cause,) = value.causes
    assert isinstance(cause, Failure)
    assert cause.place is not None
    assert cause.place.text == "1 / 0"


def test_what_a_policy_leaves_open_is_unknown() -> None:
    span = Source("test", "x").span(0, 1)
    value = evaluate(Open("the marks are lost", span), {})
    assert value == Unknown.of(Failure("the marks are lost", span))
