"""Entries of the registry of functions keep what they say: strict, total, a source that gives the same."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from policyengine.feel.checker.checker import check
from policyengine.feel.evaluation.environment import Shared
from policyengine.feel.functions import BUILTINS, LIBRARY, WRITTEN
from policyengine.feel.syntax.parser import parse
from policyengine.feel.types.signatures import Function, Signature, bind
from policyengine.feel.types.types import (
    ANY,
    ANY_CONTEXT,
    BOOLEAN,
    DATE,
    DATE_TIME,
    DAYS_DURATION,
    MONTHS_DURATION,
    NUMBER,
    TEXT,
    ListOf,
    OneOf,
    Type,
)
from policyengine.feel.values.calendar import make_date
from policyengine.feel.values.values import DateTime, Failed, Missing, Months, Time, Unknown

UNKNOWN = Unknown.of(Missing("partner", "acme", "u"))
_NUMBERS = some.decimals(-(10**9), 10**9, places=2)
_DAYS = some.dates() | some.builds(make_date, some.sampled_from([-5, 12_000]), some.just(2), some.just(28))
_BY_TYPE: dict[Type, some.SearchStrategy[Any]] = {
    NUMBER: _NUMBERS,
    TEXT: some.text(max_size=5),
    BOOLEAN: some.booleans(),
    DATE: _DAYS,
    DATE_TIME: _DAYS.map(lambda day: DateTime(day, Time(12, 0, Decimal(0)))),
    DAYS_DURATION: some.integers(-400, 400).map(datetime.timedelta),
    MONTHS_DURATION: some.integers(-30, 30).map(Months),
}
_VALUES = some.one_of(*_BY_TYPE.values(), some.lists(_NUMBERS, max_size=3), some.none())


def _of(kind: Type) -> some.SearchStrategy[Any]:
    if isinstance(kind, OneOf):
        return some.one_of(*map(_of, kind.options))
    if isinstance(kind, ListOf):
        return some.lists(_VALUES if kind.item == ANY else _of(kind.item), max_size=4)
    if kind == ANY_CONTEXT:
        return some.dictionaries(some.text(max_size=3), _VALUES, max_size=3)
    return _VALUES if kind == ANY else _BY_TYPE[kind]


def _total() -> Iterator[Any]:
    for function in LIBRARY.values():
        for way in function.signatures:
            if way.total:
                yield pytest.param(way, id=function.name)


@pytest.mark.parametrize("way", list(_total()))
@settings(max_examples=40, deadline=None)
@given(data=some.data())
def test_a_total_function_never_fails(way: Signature, data: some.DataObject) -> None:
    arguments = [data.draw(_of(parameter.type)) for parameter in way.parameters]
    found = way.run(*arguments)
    assert not isinstance(found, (Failed, Unknown))


@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_an_unknown_argument(name: str) -> None:
    function, shared = LIBRARY[name], Shared(True, LIBRARY, {})
    for way in function.signatures:
        for at, parameter in enumerate(way.parameters):
            if parameter.type != ANY:
                given: list[object] = [None] * len(way.parameters)
                given[at] = UNKNOWN
                bound = bind(Function(name, (way,)), given, (), shared)
                assert isinstance(bound, Failed) or bound() == UNKNOWN


def test_what_is_not_strict_says_what_becomes_of_an_unknown_value() -> None:
    lenient = {name for name, function in LIBRARY.items() if not function.strict}
    taking = {
        name
        for name in lenient
        for way in LIBRARY[name].signatures
        if any(each.type in (ANY, ListOf(ANY)) for each in way.parameters)
    }
    assert lenient == taking


@settings(max_examples=60, deadline=None)
@given(
    some.dates(datetime.date(2026, 1, 1), datetime.date(2026, 3, 31)),
    some.integers(-40, 40),
    some.lists(some.dates(datetime.date(2025, 12, 1), datetime.date(2026, 5, 31)), max_size=12),
)
def test_business_days_are_those_that_one_counts(
    start: datetime.date, number: int, holidays: list[datetime.date]
) -> None:
    def is_one(day: datetime.date) -> bool:
        return f"{day:%a}" not in ("Sat", "Sun") and day not in holidays

    step = datetime.timedelta(days=-1 if number < 0 else 1)
    day, left = start, abs(number)
    while left or not is_one(day):
        day += step
        left -= is_one(day) and left > 0
    run = LIBRARY["add business days"].signatures[0].run
    assert run(start, Decimal(number), holidays) == day


def test_policies_have_no_clock() -> None:
    assert {"now", "today"} == BUILTINS.keys() - LIBRARY.keys()


def test_authors_cannot_write_what_policies_are_lowered_to() -> None:
    for name in LIBRARY.keys() - WRITTEN.keys():
        parsed = parse(f"{name}(1)", functions=WRITTEN)
        assert parsed.diagnostics or check(parsed.expression, {}, functions=WRITTEN).diagnostics
