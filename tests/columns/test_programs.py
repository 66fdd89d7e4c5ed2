"""Our programs in columns: every row of the findings table is that of the row engine, holes and all."""

from __future__ import annotations

import pytest
from tests.columns.compare import compare_drawn, compare_programs


def test_programs_come_to_the_same() -> None:
    found = list(compare_programs(20))
    assert [text for _, text in found if text] == []
    assert {count for count, _ in found} == {20}


# 35: generated code once asked for a day without having looked whether it is known.
@pytest.mark.parametrize("seed", [*range(5), 35])
def test_drawn_programs_come_to_the_same(seed: int) -> None:
    compared, rules, wrong = compare_drawn(seed, 25)
    assert wrong == ""
    assert compared > 0
    assert rules > 0
