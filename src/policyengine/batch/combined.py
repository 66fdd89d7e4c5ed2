"""Columns side by side as one column of numbers: the same number where all of them are the same."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

_MOST = 2**62


def combined(coded: Iterable[tuple[pl.Series, int]], height: int) -> tuple[pl.Series, pl.Series]:
    """The number of each row's combination, from 0 in the order in which they come; where each stands first.

    Each of `coded` is a column of `height` whole numbers from 0 on, and a number that all of them are below.
    """
    number, size = pl.zeros(height, pl.Int64, eager=True), 1
    for codes, several in coded:
        if several == 1:
            continue
        if size * several > _MOST:
            number, firsts = _dense(number)
            size = len(firsts)
        number, size = number * several + codes, size * several
    return _dense(number)


def _dense(number: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The same numbers from 0 without gaps, and where each stands first."""
    every = number.to_frame("n").with_row_index("i").unique("n", keep="first", maintain_order=True)
    known = every.select("n").with_row_index("dense")
    found = number.to_frame("n").join(known, on="n", how="left", maintain_order="left")
    return found.get_column("dense").cast(pl.Int64), every.get_column("i")
