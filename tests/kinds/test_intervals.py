"""Intervals over one measure: gaps and overlaps are those that trying every value finds."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax.parser import parse
from policyengine.kinds.tiers.intervals import Interval, gaps, of_test, overlaps

ENDS = [None, *map(Decimal, range(4))]
INTERVALS = [
    Interval(low, high, low_closed, high_closed)
    for low, high, low_closed, high_closed in itertools.product(ENDS, ENDS, (True, False), (True, False))
    if low is None or high is None or low < high or (low == high and low_closed and high_closed)
]
VALUES = [Decimal(n) / 4 for n in range(-8, 24)]
"""Between any two ends, and beyond them."""


def takes(interval: Interval, value: Decimal) -> bool:
    above = interval.low is None or value > interval.low or (value == interval.low and interval.low_closed)
    below = (
        interval.high is None or value < interval.high or (value == interval.high and interval.high_closed)
    )
    return above and below


@pytest.mark.parametrize("one", INTERVALS, ids=repr)
def test_overlaps(one: Interval) -> None:
    for other in INTERVALS:
        shared = any(takes(one, value) and takes(other, value) for value in VALUES)
        found = list(overlaps([one, other]))
        assert bool(found) == shared
        for i, j, value in found:
            assert (i, j) == (0, 1)
            assert takes(one, value)
            assert takes(other, value)


def test_every_pair_of_several_is_compared() -> None:
    three = [
        Interval(Decimal(0), Decimal(3)),
        Interval(Decimal(5), Decimal(8)),
        Interval(Decimal(2), Decimal(6)),
    ]
    assert [(i, j) for i, j, _ in overlaps(three)] == [(0, 2), (1, 2)]


@pytest.mark.parametrize("below", INTERVALS, ids=repr)
def test_gaps_without_a_step(below: Interval) -> None:
    for above in INTERVALS:
        if below.high is None or above.low is None or above.low < below.high:
            continue
        between = [
            v for v in VALUES if below.high <= v <= above.low and not takes(below, v) and not takes(above, v)
        ]
        found = list(gaps([below, above], None))
        assert bool(found) == bool(between)
        assert all(i == 0 and not takes(below, value) and not takes(above, value) for i, value in found)


def test_gaps_between_whole_numbers() -> None:
    levels = [Interval(Decimal(low), Decimal(high)) for low, high in ((0, 3), (4, 6), (8, 9), (9, 12))]
    assert list(gaps(levels, Decimal(1))) == [(1, Decimal(7))]
    assert list(gaps([Interval(None, Decimal(3)), Interval(Decimal(5), None)], Decimal(1))) == [
        (0, Decimal(4))
    ]
    assert list(gaps([Interval(Decimal(3), None), Interval(Decimal(5), None)], Decimal(1))) == []


@pytest.mark.parametrize(
    ("test", "step", "wanted"),
    [
        ("x in [1..4]", None, Interval(Decimal(1), Decimal(4))),
        ("x in (1..4)", None, Interval(Decimal(1), Decimal(4), low_closed=False, high_closed=False)),
        ("x in (1..4)", 1, Interval(Decimal(2), Decimal(3))),
        ("x in [1..4)", 1, Interval(Decimal(1), Decimal(3))),
        ("x = 2", 1, Interval(Decimal(2), Decimal(2))),
        ("x < 2", 1, Interval(None, Decimal(1))),
        ("x < 2", None, Interval(None, Decimal(2), high_closed=False)),
        ("x <= 2", 1, Interval(None, Decimal(2))),
        ("x > 2", 1, Interval(Decimal(3), None)),
        ("x > 2", None, Interval(Decimal(2), None, low_closed=False)),
        ("x >= 2", 1, Interval(Decimal(2), None)),
        ("x != 2", 1, None),
        ('x in ["a".."b"]', None, None),
        ("x in (1, 2)", None, None),
        ("x > y", None, None),
    ],
)
def test_the_interval_of_a_test(test: str, step: int | None, wanted: Interval | None) -> None:
    node = parse(test, functions=LIBRARY).expression
    assert node is not None
    assert of_test(node, None if step is None else Decimal(step)) == wanted
