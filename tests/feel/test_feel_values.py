"""Expressions and their values in plain FEEL, as data."""

from __future__ import annotations

from decimal import Decimal

import pytest
from feel_data import lines

from policyengine.feel import parse
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.syntax.printing import print_value
from policyengine.source import Source

SCOPE = {
    "limit": Decimal(20),
    "first name": "Ada",
    "nested": {"inner": {"value": Decimal(7)}, "odd key": Decimal(8)},
    "accounts": [
        {"id": "a", "status": "active", "fee": Decimal(10)},
        {"id": "b", "status": "closed", "fee": Decimal(20)},
        {"id": "c", "status": "active", "fee": Decimal(30)},
    ],
}
NAMES = {*SCOPE, "odd key"}


def value_of(text: str) -> object:
    parsed = parse(Source("test", text), NAMES)
    return None if parsed.expression is None else evaluate(parsed.expression, SCOPE)


@pytest.mark.parametrize(("expression", "expected"), lines("values.txt"))
def test_value(expression: str, expected: str) -> None:
    assert print_value(value_of(expression), inside=True) == print_value(value_of(expected), inside=True)
