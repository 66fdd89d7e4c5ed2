"""Numbers as columns write them are the texts that the row engine writes."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from policyengine.engine.columns.cell_values import written
from policyengine.engine.columns.frames import Steps
from policyengine.engine.columns.numbers import width
from policyengine.engine.columns.terms import Frame, Num
from policyengine.engine.layout import value_text


@example(scale=8, digits=2, units=[-(10**32), 1, 12 * 10**30])
@given(
    st.integers(0, 8),
    st.integers(0, 4),
    st.integers(1, 32).flatmap(lambda size: st.lists(st.integers(-(10**size), 10**size), min_size=1)),
)
def test_numbers_are_written_as_rows_write_them(scale: int, digits: int, units: list[int]) -> None:
    bound = 10 ** max(len(str(abs(each))) for each in units)
    frame = Frame("f", Steps())
    column = frame.added("units", 0)
    expr = written(Num(column, scale, bound), digits, frame=frame)
    rows = pl.DataFrame({"units": pl.Series(units, dtype=width(bound))})
    expected = [value_text(Decimal(f"{each}E-{scale}"), digits) for each in units]
    assert rows.select(expr).to_series().to_list() == expected
