"""Expressions: compiled, by the reference, and in plain Python come to the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.differential.compare import differences, record_of
from tests.differential.expressions import Written, facts, written


@settings(max_examples=70)
@given(st.lists(written(), min_size=6, max_size=10), st.lists(facts(), min_size=3, max_size=5))
def test_expressions_come_to_the_same(expressions: list[Written], given_facts: list[Any]) -> None:
    records = [record_of(*each) for each in given_facts]
    assert [text for _, text in differences(expressions, records) if text] == []
