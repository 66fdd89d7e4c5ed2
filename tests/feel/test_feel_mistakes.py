"""Mistakes in expressions, each with its code, its column, its sentence and its help: as data."""

from __future__ import annotations

import pytest
from feel_data import lines

from policyengine import feel
from policyengine.diagnostics import Diagnostic
from policyengine.feel import expression_codes as codes
from policyengine.feel import parse
from policyengine.feel.checker.checker import check
from policyengine.feel.types.types import (
    BOOLEAN,
    COUNT,
    DATE,
    DURATION,
    NUMBER,
    RATE,
    TEXT,
    Context,
    Enum,
    ListOf,
    Type,
    money,
)
from policyengine.source import Source

NAMES: dict[str, Type] = {
    "active_accounts": COUNT,
    "competence_rating": Enum("competence_rating", ("positive", "neutral", "negative")),
    "grade": Enum("grade", ("low", "high"), ordered=True),
    "rank": Enum("rank", ("low", "mid", "high"), ordered=True),
    "attends_quarterly_reviews": BOOLEAN,
    "fee": money("USD"),
    "fee_eur": money("EUR"),
    "rate": RATE,
    "renewal_on": DATE,
    "notice": DURATION,
    "name": TEXT,
    "reviews": ListOf(Context({"held_on": DATE}, "review")),
    "accounts": ListOf(
        Context(
            {
                "status": Enum("status", ("active", "closed")),
                "monthly_fee": money("USD"),
                "tickets": ListOf(Context({"hours": NUMBER}, "ticket")),
            },
            "account",
        )
    ),
}


def mistakes(text: str) -> tuple[Diagnostic, ...]:
    return feel.typecheck(text, NAMES, BOOLEAN).diagnostics


def shown(found: Diagnostic) -> str:
    assert found.span is not None
    advice = f"; {found.help}" if found.help else ""
    return f"{found.code.id} {found.span.column} {found.message}{advice}"


@pytest.mark.parametrize(("expression", "expected"), lines("mistakes.txt"))
def test_mistake(expression: str, expected: str) -> None:
    assert [shown(found) for found in mistakes(expression)] == [expected]


@pytest.mark.parametrize("expression", [left for left, _ in lines("correct.txt")])
def test_no_mistake(expression: str) -> None:
    assert [shown(found) for found in mistakes(expression)] == []


def test_every_code_has_a_mistake() -> None:
    told_of_policies_only = {"FEEL022"}
    every = {code.id for code in codes.CODES} - told_of_policies_only
    assert {right.split()[0] for _, right in lines("mistakes.txt")} == every


def test_several_mistakes_at_once() -> None:
    found = mistakes('activ_accounts > 5 and competence_rating = "good" and fee + rate > 1')
    assert [one.code.id for one in found] == ["FEEL010", "FEEL012", "FEEL015"]


def test_the_names_that_are_used() -> None:
    expression = parse(Source("test", "count(accounts[monthly_fee > fee]) > active_accounts")).expression
    assert expression is not None
    assert check(expression, NAMES).names == {"accounts", "fee", "active_accounts"}
