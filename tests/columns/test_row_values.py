"""Values that are worked out by rows: held as text where no column fits, and columns that are made wider."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from policyengine.engine.columns.entity_frames import HELD, FactShape
from policyengine.engine.columns.row_values import Misfit, encoded, encoder, released, widened
from policyengine.feel.types import types
from policyengine.feel.values.values import FarDate, FineDuration, Months, Unknown

KEY = ("partner", "x")
NOT_KNOWN = Unknown(frozenset())


@pytest.mark.parametrize(
    "value",
    [
        None, True, False, Decimal("0.3333"), Decimal("-1E+40"), "", "t", "é", Months(-3),
        datetime.timedelta(days=-1, microseconds=5), FineDuration(Decimal("1E-9")), datetime.date(1, 1, 1),
        FarDate(-20_000, 2, 28),
    ],
)  # fmt: skip
def test_any_single_value_is_held(value: object) -> None:
    found = encoded(encoder(types.TEXT, HELD), [value, NOT_KNOWN], KEY).to_list()
    assert found[1] is None
    assert (released(found[0]), type(released(found[0]))) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "value", "shape"),
    [
        (types.NUMBER, Decimal("0.125"), FactShape(True, 3, 3)),
        (types.COUNT, Decimal(10**7), FactShape(True, 0, 9)),
        (types.NUMBER, Decimal(1) / 3, HELD),
        (types.NUMBER, None, HELD),
        (types.BOOLEAN, None, HELD),
        (types.Enum("e", ("a", "b")), "c", HELD),
        (types.DAYS_DURATION, datetime.timedelta(microseconds=1), HELD),
    ],
)
def test_a_value_that_does_not_fit_says_what_would(kind: types.Type, value: object, shape: FactShape) -> None:
    with pytest.raises(Misfit) as caught:
        encoded(encoder(kind, None), [NOT_KNOWN, value], KEY)
    assert (caught.value.key, caught.value.shape) == (KEY, shape)
    assert len(encoded(encoder(kind, shape), [value], KEY)) == 1


def test_dates_beyond_the_calendar_of_python_keep_their_day() -> None:
    days = [FarDate(12_345, 2, 28), datetime.date(9999, 12, 31), FarDate(10_000, 1, 1), FarDate(0, 12, 31)]
    found = encoded(encoder(types.DATE, None), days, KEY).to_list()
    assert found[2] - found[1] == 1
    assert found[3] == datetime.date(1, 1, 1).toordinal() - datetime.date(1970, 1, 1).toordinal() - 1


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (None, FactShape(True, 2, 9), FactShape(True, 2, 9)),
        (FactShape(True, 0, 12), FactShape(True, 3, 6), FactShape(True, 3, 15)),
        (FactShape(True, 12, 37), FactShape(True, 0, 30), HELD),
        (HELD, FactShape(True, 0, 3), HELD),
    ],
)
def test_shapes_only_grow(old: FactShape | None, new: FactShape, wanted: FactShape) -> None:
    assert widened(old, new) == wanted
