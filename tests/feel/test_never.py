"""A day that has not come: no function breaks down over it."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from policyengine.feel.functions import LIBRARY
from policyengine.feel.functions.conditions import is_defined
from policyengine.feel.types.signatures import Signature
from policyengine.feel.types.types import DATE
from policyengine.feel.values.comparison import compare
from policyengine.feel.values.values import NEVER, Months, is_never

_VALUES = {"number": Decimal(3), "text": "month", "boolean": True, "date": datetime.date(2026, 11, 21)}
_DURATIONS = {"shift": datetime.timedelta(0)}
WAYS = [
    (name, way)
    for name, function in LIBRARY.items()
    for way in function.signatures
    if any(each.type == DATE for each in way.parameters)
]


@pytest.mark.parametrize(("name", "way"), WAYS, ids=[name for name, _ in WAYS])
def test_a_function_of_dates_takes_a_day_that_never_comes(name: str, way: Signature) -> None:
    for at, parameter in enumerate(way.parameters):
        if parameter.type == DATE:
            arguments = [
                NEVER
                if i == at
                else _VALUES.get(str(getattr(each.type, "name", "number")), _other(each.name))
                for i, each in enumerate(way.parameters)
            ]
            way.run(*arguments)  # gives a value, or says why there is none


def _other(name: str) -> object:
    return _DURATIONS.get(name, Decimal(3) if name in ("day", "number") else Months(1))


def test_it_is_later_than_every_day_and_no_value() -> None:
    assert compare(">", NEVER, datetime.date.max) is True
    assert compare("<", datetime.date.min, NEVER) is True
    assert is_defined(NEVER) is False
    assert is_never(NEVER)
    assert not is_never(datetime.date.max)
