"""Rows that are sorted in a file come out as a sort in the memory puts them."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pytest

from policyengine.reports import sorted_rows
from policyengine.reports.sorted_rows import Descending, SortedRows, sorted_part


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in {"_IN_MEMORY": 40, "_IN_PART": 12, "_BLOCK": 3, "_RUNS": 5}.items():
        monkeypatch.setattr(sorted_rows, name, size)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(30))
def test_rows_are_sorted_and_equal_ones_stay_in_their_order(seed: int) -> None:
    source = random.Random(seed)
    found, wanted = SortedRows(), []
    for part in range(source.randrange(25)):
        rows = [((source.randrange(1 + seed),), (part, i)) for i in range(source.randrange(30))]
        wanted += rows
        found.add(sorted_part(list(rows)))
    wanted.sort(key=lambda row: row[0])
    assert len(found) == len(wanted)
    for _ in range(2):
        assert list(found) == [cells for _, cells in wanted]


@pytest.mark.usefixtures("small")
def test_cells_come_back_from_the_file_as_they_were() -> None:
    cells = [
        (date(2026, 11, 21), Decimal("1.00"), None, True), (date(2027, 1, 1), None, "a", 3),
        (date(2027, 1, 1), Decimal("-0.1"), Decimal(2), Decimal("1E+3")),
    ]  # fmt: skip
    found = SortedRows()
    for rows in (
        [((i,), each) for i, each in enumerate(cells * 9)],
        [((99, i), f"line {i}") for i in range(40)],
    ):
        found.add(sorted_part(list(rows)))
    told = list(found)
    assert [*map(repr, told)] == [*map(repr, [*cells * 9, *(f"line {i}" for i in range(40))])]


def test_what_is_cut_is_counted() -> None:
    found = SortedRows()
    found.add(sorted_part([((i % 7,), (i,)) for i in range(20)]))
    assert found.cut(3) == 17
    found.add(sorted_part([((0,), (20,))]))
    assert (found.cut(5), len(found), list(found)) == (0, 4, [(0,), (7,), (14,), (20,)])


def test_a_column_descends() -> None:
    found = SortedRows()
    found.add(sorted_part([((Descending(word), word), (word,)) for word in ("b", "c", "a")]))
    assert [word for (word,) in found] == ["c", "b", "a"]
