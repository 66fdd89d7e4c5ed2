"""Columns as one column of numbers: alike where all of them are, however many combinations there could be."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from policyengine.batch.combined import combined

SIZES = st.sampled_from((1, 2, 3, 2**31, 2**32, 2**40, 2**61))


def check(rows: list[tuple[int, ...]], sizes: list[int]) -> None:
    columns = [pl.Series([row[i] for row in rows], dtype=pl.Int64) for i in range(len(sizes))]
    number, firsts = combined(zip(columns, sizes, strict=True), len(rows))
    distinct = list(dict.fromkeys(rows))
    assert number.to_list() == [distinct.index(row) for row in rows]
    assert firsts.to_list() == [rows.index(row) for row in distinct]


@settings(derandomize=True, deadline=None)
@given(st.data())
def test_the_number_of_a_combination_is_when_it_first_came(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(SIZES, max_size=5))
    row = st.tuples(*(st.sampled_from((0, size // 2, size - 1)) for size in sizes))
    check(data.draw(st.lists(row, min_size=1, max_size=12)), sizes)


def test_combinations_that_64_bits_would_mix_up() -> None:
    check([(0, 0, 0), (2**31, 0, 0), (0, 0, 1), (2**31, 0, 0)], [2**32, 2**32, 2])
