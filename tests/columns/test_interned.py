"""The fixed parts of findings: numbered as they come up, looked up by key, sorted, spelled out once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from policyengine.engine.columns import interned
from policyengine.engine.columns.finding_columns import Fixed
from policyengine.engine.columns.interned import Interned

SECTION = 1


def part(rule: int, rank: int = 0, section: int = SECTION, **cells: object) -> Fixed:
    return Fixed(section, rank, rule, tuple(cells.items()))


@dataclass(frozen=True)
class Lists:
    """A block whose key is the number of a list of parts."""

    lists: tuple[tuple[Fixed, ...], ...]
    size: int

    def decode(self, key: int) -> tuple[Fixed, ...]:
        return self.lists[key]


def block(*lists: tuple[Fixed, ...]) -> Any:
    return Lists(lists, len(lists))


def keys(*numbers: int) -> pl.Series:
    return pl.Series(numbers, dtype=pl.UInt16)


A, B, C = part(1, id="a"), part(2, id="b"), part(3, id="c")
SEVERAL = block((A, B), (), (B, C), (C,))


@pytest.mark.parametrize("dense", [0, 2**16])
def test_rows_find_the_lists_of_their_keys(dense: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interned, "_DENSE", dense)
    found = Interned()
    for batch in (keys(2, 0, 2, 1), keys(0, 3, 3, 1, 2), keys(1)):
        numbers = found.numbers(7, SEVERAL, batch, len(batch))
        lists = found.lists(7).gather(numbers).to_list()
        said = [tuple(found.all[i] for i in each) for each in lists]
        assert said == [SEVERAL.decode(key) for key in batch]


def test_without_a_key_all_rows_have_the_same_list() -> None:
    found = Interned()
    numbers = found.numbers(0, block((A, C)), None, 3)
    assert [found.all[i] for i in found.lists(0).gather(numbers).to_list()[2]] == [A, C]


@pytest.mark.parametrize(
    ("lists", "extent"),
    [
        (((A, B), (B, C)), ((SECTION, 0, 1), (SECTION, 0, 3))),
        (((B, C), (A,)), ((SECTION, 0, 1), (SECTION, 0, 3))),
        (((C,), (), (A, B)), ((SECTION, 0, 1), (SECTION, 0, 3))),
        (((part(1, rank=5), part(2, rank=9)), (part(3, rank=2),)), ((SECTION, 2, 3), (SECTION, 9, 2))),
        (((A, B), (C, B)), None),
        (((part(1, rank=5), part(2, rank=4)),), None),
    ],
)
def test_the_first_and_the_last_of_all_lists(lists: tuple[tuple[Fixed, ...], ...], extent: object) -> None:
    found = Interned()
    found.numbers(0, block(*lists), keys(*range(len(lists))), len(lists))
    assert found.extent(0) == extent


def test_parts_that_come_up_later_are_looked_up_too() -> None:
    found = Interned()
    first = part(1, id="a", net=Decimal("1.50"))
    later = part(2, id="b", due_on=date(2026, 11, 21))
    several = block((first,), (later, first))
    found.numbers(0, several, keys(0), 1)
    table, words = found.looked_up(frozenset())
    assert words["id"].to_pylist() == ["a"]
    assert "due_on" not in table.columns
    found.numbers(0, several, keys(1), 1)
    assert found.looked_up(frozenset())[0].height == 2
    table, words = found.looked_up(frozenset({2}))
    assert words["id"].take(table.get_column("id").to_arrow()).to_pylist() == ["a", "b"]
    assert table.select("own", "net?", "due_on?").rows() == [(0, 1, 0), (1, 0, 1)]
    assert table.get_column("net").to_list()[0] == Decimal("1.50")
    assert table.get_column("due_on").to_list()[1] == date(2026, 11, 21)
    assert found.looked_up(frozenset({1}))[0].get_column("own").to_list() == [1, 0]
