"""Where conditions change their mind: the values that facts are compared with, solved for the fact."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.differential.compare import TODAY, graph_of
from tests.differential.expressions import Written

from policyengine.analysis.search_space import Space
from policyengine.analysis.thresholds import Cuts, cuts_of
from policyengine.feel.values.values import Months

N, DAY, WORD = ("thing", "n1"), ("thing", "d1"), ("thing", "e1")


def numbers(*values: str) -> set[object]:
    return {Decimal(each) for each in values}


def days(*values: str) -> set[object]:
    return {date.fromisoformat(each) for each in values}


SOLVED: dict[str, dict[tuple[str, str], set[object]]] = {
    "n1 > 5": {N: numbers("5")},
    "5 >= n1": {N: numbers("5")},
    "n1 = 5 or n1 != 7": {N: numbers("5", "7")},
    "n1 between 2 and 5": {N: numbers("2", "5")},
    "n1 in [2..5)": {N: numbers("2", "5")},
    "n1 in (< 2, 5, >= 9)": {N: numbers("2", "5", "9")},
    "n1 + 2 > 5": {N: numbers("3")},
    "2 + n1 > 5": {N: numbers("3")},
    "n1 - 2 > 5": {N: numbers("7")},
    "n1 * 2 > 5": {N: numbers("2.5")},
    "2 * n1 > 5": {N: numbers("2.5")},
    "n1 / 2 > 5": {N: numbers("10")},
    "2 * n1 + 1 > 5": {N: numbers("2")},
    "n1 > 2 + 3": {N: numbers("5")},
    "n1 > 6 / 2": {N: numbers("3")},
    "n1 > 6 - 2": {N: numbers("4")},
    "n1 > 6 * 2": {N: numbers("12")},
    'd1 > @"2026-03-01"': {DAY: days("2026-03-01")},
    'd1 + @"P10D" > @"2026-03-11"': {DAY: days("2026-03-01")},
    'd1 - @"P10D" > @"2026-03-01"': {DAY: days("2026-03-11")},
    "d1 > today": {DAY: {TODAY}},
    'd1 > today - @"P1D"': {DAY: {TODAY - timedelta(1)}},
    'd1 > today + @"P1D"': {DAY: {TODAY + timedelta(1)}},
    'e1 = "a"': {WORD: {"a"}},
    'e1 in ("a", "b")': {WORD: {"a", "b"}},
}  # fmt: skip


def cuts(text: str) -> Cuts:
    return cuts_of(graph_of([Written(text)]), [("thing", "x0")], TODAY)


@pytest.mark.parametrize("text", SOLVED)
def test_what_a_fact_is_compared_with(text: str) -> None:
    found = cuts(text)
    assert found.points == SOLVED[text]
    assert found.mentioned == SOLVED[text].keys()
    assert found.exact


OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("n1 > n2", {"free": {N, ("thing", "n2")}, "exact": False}),
    ("5 - n1 > 2", {"free": {N}, "exact": False}),
    ("-n1 > 5", {"free": {N}, "exact": False}),
    ("n1 * n1 > 4", {"free": {N}, "exact": False}),
    ("is defined(n1)", {"mentioned": {N}, "free": set(), "points": {}, "exact": True}),
    ("b1", {"mentioned": {("thing", "b1")}, "free": set(), "exact": True}),
    ("e1 = e2", {"exact": True}),
    ("count(rows) >= 2", {"lists": {"row"}, "sizes": {2}, "exact": False}),
    ("count(rows) = 0", {"sizes": {0}}),
    ("count(rows) > 12", {"sizes": {12}}),
    ("count(rows) > 40", {"sizes": {40}}),
    ("count(rows) > 401", {"sizes": set()}),
    ("count(rows) > 1.5", {"sizes": set()}),
    ('d1 + @"P1M" > @"2026-03-01"', {"lengths": {Months(1)}}),
    ('d1 + @"P10D" > @"2026-03-01"', {"lengths": {timedelta(10)}}),
    ("floor(n1 * 3) > 2", {"numbers": {Decimal(2), Decimal(3)}}),
]


@pytest.mark.parametrize(("text", "wanted"), OTHERS)
def test_what_else_matters(text: str, wanted: dict[str, Any]) -> None:
    found = cuts(text)
    assert {name: getattr(found, name) for name in wanted} == wanted


def test_two_graphs_together() -> None:
    one, other = cuts("n1 > 5"), cuts('n1 > 7 and count(rows) > 2 and d1 > n2 and d1 + @"P1M" > today')
    one.add(other)
    assert one.points[N] == numbers("5", "7")
    assert one.lists == {"row"}
    assert one.sizes >= {2}
    assert Months(1) in one.lengths
    assert one.mentioned >= {N, DAY}
    assert not one.exact


# What is tried around the thresholds


def space(text: str) -> Space:
    vocabulary = graph_of([Written(text)]).vocabulary
    return Space(vocabulary, vocabulary, cuts(text), TODAY)


TRIED = {
    "n1 > 5": "4.99 5 5.01",
    "n1 > 5 and n1 < 5.02": "4.99 5 5.01 5.02 5.03",
    "n1 * n1 > 4": "100 3.99 4 4.01",
    "c1 > 5": "0 1 4 5 6",
    "c1 > 5.5": "0 1 4 5 6 7",
    "r1 > 0.5": "0.49 0.5 0.51",
    "b1": "True False",
    'e1 = "a"': "a b c",
    'd1 > @"2026-03-01"': "2026-02-28 2026-03-01 2026-03-02 2026-11-20 2026-11-21 2026-11-22",
}


@pytest.mark.parametrize("text", TRIED)
def test_the_values_that_are_tried_for_a_fact(text: str) -> None:
    (found,) = space(text).values.values()
    assert [str(each) for each in found] == TRIED[text].split()


@pytest.mark.parametrize(
    ("text", "sizes"),
    [("count(rows) > 0", (0, 1, 2)), ("count(rows) > 12", (0, 1, 2, 11, 12, 13))],
)
def test_the_sizes_that_are_tried_for_a_list(text: str, sizes: tuple[int, ...]) -> None:
    assert space(text).sizes() == sizes
