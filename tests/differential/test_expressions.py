"""Expressions: compiled, by the reference, and in plain Python come to the same."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.differential.compare import differences, record_of
from tests.differential.expressions import Written, facts, written

from policyengine.feel.values.values import Months

_DAY = date(2026, 1, 31)
_KNOWN: dict[str, Any] = {
    "n1": Decimal(2), "words": ("a", "b"), "p1": Months(1), "p2": timedelta(1), "d1": _DAY, "d2": _DAY,
}  # fmt: skip
_ROWS: list[dict[str, Any]] = [{"n": Decimal(1), "f": True}, {"d": _DAY}]


@settings(max_examples=70)
@given(st.lists(written(), min_size=6, max_size=10), st.lists(facts(), min_size=3, max_size=5))
def test_expressions_come_to_the_same(expressions: list[Written], given_facts: list[Any]) -> None:
    records = [record_of(*each) for each in given_facts]
    assert [text for _, text in differences(expressions, records) if text] == []


@pytest.mark.parametrize(
    "text",
    [
        # What is asked for in a filter, by a function.
        "count(rows[is defined(n)])", "count(rows[is defined(n1)])", "count(rows[is defined(n2)])",
        "count(words[is defined(n2)])", "count(words[is defined(value: n2)])",
        "count([true, 1][is defined(n2)])",
        "count([{a: 1}, {a: null}][is defined(a)])", "count(rows[not(is defined(d))])",
        "count(rows[not(f)])", "count(words[not(b1)])", 'count(words[contains(item, "a")])',
        "count(words[contains(item, t1)])", "count(words[not(null)])", "count(rows[not(null)])",
        # Failures, each with its place.
        "words[item = max([null, 1])]", "rows.d[log(n1 - 2)]", "p1 + p2", "if b1 then p1 + p2 else p1",
        "t1 = p1", "p1 < n1",
        # No zero has a sign.
        'years and months duration(d1, d2) / @"-P1M"',
        # What is to be known first, some of which always is.
        "once known([is defined(n2), n1 / 0], 4)", "once known([is defined(n2), n2], 4)",
        "once known(rows, 4)", "once known([rows, [1 / 0]], 4)", "once known([[1 / 0]], 4)",
    ],
)  # fmt: skip
@pytest.mark.parametrize("rows", [None, [], _ROWS])
def test_an_expression_comes_to_the_same(text: str, rows: list[dict[str, Any]] | None) -> None:
    records = [record_of(_KNOWN, rows), record_of({"d1": _DAY}, rows)]
    assert [found for _, found in differences([Written(text)], records) if found] == []
