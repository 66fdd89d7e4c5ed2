"""Expressions in columns come to what they come to row by row."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.columns.compare import differences, records
from tests.differential.expressions import Written, written

RECORDS = records(random.Random(1), 60)


@settings(max_examples=25)
@given(st.lists(written(), min_size=6, max_size=10))
def test_drawn_expressions_come_to_the_same(expressions: list[Written]) -> None:
    assert [text for _, _, text in differences(expressions, RECORDS) if text] == []


# Each of these differed once, or is an edge that no drawing reaches for sure.
NAMED = (
    "-(n2 * n1)",  # integers of 128 bits have no sign of their own in Polars
    "ceiling(sum(for x in rows return x.n * 5) * 2, 2)",
    "round half up(n1 * n2 * 0.5, 2)",
    "decimal((n1 * n2) * 0, 1)",
    "round half up(n1 * n2 * 0.5, 2) * n1 < m1",
    "round half up(-n1, 0)",
    "decimal(n1, 1)",
    "floor(n1 / n2, 2)",
    "round half up(m1 / c1, 2)",
    "n1 / n2 > 0.5",
    "n1 / n2 <= m1",
    "0.5 = n1 / n2",
    'd1 + @"P1M" + @"P1M"',
    'd1 + @"P2M"',
    'd1 - @"P1Y"',
    'last day of month(d1 + @"P13M")',
    "if b1 then 1 else 1.0",
    "if b1 then d1 else d2",
    'if b1 then t1 else "a"',
    "if b1 then n1 else n1",
    "if 1 / 0 = 1 then n1 else n2",  # a condition that no record settles: only what both ways agree on
    "if 1 / 0 = 1 then n1 else n1 + 0",
    "if 1 / 0 > 0 then t1 else e1",
    'if b1 then "a" else if b2 then "b" else "a"',
    "e1 = e2",
    "t1 = e1",
    "t1 < t2",
    'e1 in ("a", "c")',
    "n1 in [n2..m1]",
    "n1 in (< 2, [5..10])",
    "some x in rows satisfies x.n > n1",
    "every x in rows satisfies x.f",
    "every x in rows[f] satisfies x.n > 0",
    "count(rows[n > 2 and f])",
    "sum(rows.n)",
    "max(rows[f].d)",
    "min(rows.c)",
    'list contains(words, "a")',
    "list contains(words, t1)",
    "count(words)",
    "at least(2, [b1, b2, b3])",
    'is defined(t1) and t1 != ""',
    "once known([n1, d1], n2)",
    "first known(b1, b2 or n1 > 2)",
    "first known(count(rows[f]) > 1, count(rows[is true(f)]) > 1 or b3, b1)",
    "modulo(n1, m1)",
    "abs(n1 - n2)",
    "d1.weekday + d1.month",
    'd1 - d2 > @"P90D"',
    'next occurrence(d1, @"P0M", @"P0D", @"P1M", today)',
    'next occurrence(d1, @"P1M", @"-P1D", @"P1M", today)',
    'next occurrence(d1, @"P1M", @"P0D", @"P7D", today)',
    'next occurrence(d1, @"P10D", @"P0D", @"P1Y", today)',
    "max(n1, n2, 3)",
    "t1 + e1",
    "upper case(e1)",
    "count(rows.n)",
    "count([n1, n2, d1])",
    "list contains([t1, t2], e1)",
    "count(rows[f][c > 2])",  # what the first filter does not know was lost in the second
    "sum(rows[f][c > 2].n)",
    "count(rows[1 = 2])",
    "sum(rows[not(true)].n)",
    "every x in rows[f][n > n1] satisfies x.d < d1",
    "once known(rows[f], n1)",
    "some x in rows satisfies some y in rows satisfies x.n > y.c",  # the outer item was not found
    "some x in rows satisfies count(rows[n > x.c]) > 1",
    "sum(append(rows.n, 0))",
    "sum(append(rows[f].n, n1, 2))",
    "min(append(rows.n, n1))",
    "max(append(rows.c, 3)) > c1",
    "count(append(rows.n, n1)) > 2",
    "sum(append([n1, n2], m1))",
    "count(distinct values(rows.e)) > 1",
    "count(distinct values(rows[f].n))",
    "rows[f].n[1]",
    'list contains(distinct values(rows.e), "gold")',
    "list contains(distinct values(rows[f].n), 5)",
    "n1 / 4 > n2 / 0.5",
    "round half up(n1 / 8, 2)",
    "count((if b1 then [n1, n2] else [m1, c1])[item > 2])",
    "max((if n1 > 2 then [d1, d2] else [d2, d1])[item < today][item > d1])",
    "rows.d[-1] > d1",
    "sum(for k in 0..3 return n1 * k)",
    'count((for k in 1..12 return d1 + (if b1 then @"P1M" else @"P30D") * k)[item <= d2])',
    "min((for k in 3..1 return c1 + k)[item > n1])",
    'max((for k in 0..5 return d1 + @"P1M" * k)[item <= d2])',
    '(for k in 0..5 return d1 + @"P1M" * k)[item > d2][1]',
    "date(2024, 2, c1)",
    "date(d1.year, d1.month, 1) <= d2",
    "date(d1) = d2",
    'day of week(d1) = "Sunday"',
    "(d1 - d2).days",
    'd1 + (if b1 then @"P1M" else @"P1Y") - @"P1D"',
)


@pytest.mark.parametrize("text", ["is defined(rows[f])", "is defined(n1 + n2)", "is defined(min(words))"])
def test_whether_there_is_a_value_that_is_worked_out(text: str) -> None:
    ((compared, _, wrong),) = differences([Written(text)], records(random.Random(2), 400))
    assert (wrong, compared > 300) == ("", True)


@pytest.mark.parametrize("text", NAMED)
def test_an_expression(text: str) -> None:
    ((compared, expressed, wrong),) = differences([Written(text)], records(random.Random(2), 400))
    assert wrong == ""
    assert expressed, f"{text} has no form"
    assert compared > 300


# Computed by rows, out of facts of every type
BY_ROWS = (
    "week of year(d1)",
    "day of year(d1) + c1",
    "last day of month(rows[1].d)",
    "string(d1) + string(n1) + string(c1) + string(b1)",
    "median(rows.n) > n1",
    'matches(t1, "^[ab]$") and b1',
    "modulo(n1, 3) * 2",
)


@pytest.mark.parametrize("text", BY_ROWS)
def test_an_expression_that_is_computed_by_rows(text: str) -> None:
    ((compared, _, wrong),) = differences([Written(text)], records(random.Random(2), 400))
    assert wrong == ""
    assert compared > 300
