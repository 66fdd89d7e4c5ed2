"""Our programs in columns: every row of the findings table is that of the row engine, holes and all."""

from __future__ import annotations

from tests.columns.compare import compare_programs


def test_programs_come_to_the_same() -> None:
    found = list(compare_programs(60))
    assert [text for _, text in found if text] == []
    assert sum(count for count, _ in found) == 600
