"""Our programs over generated records: every finding of the compiled engine is that of the reference."""

from __future__ import annotations

from tests.differential.programs import compare_programs


def test_compiled_decisions_are_those_of_the_reference() -> None:
    found = list(compare_programs(records=6))
    assert [text for _, text in found if text] == []
    assert sum(count for count, _ in found) > 1000
