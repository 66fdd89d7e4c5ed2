"""Expressions and their values in plain FEEL, as data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from feel_data import lines

from policyengine.feel import parse
from policyengine.feel.evaluation.evaluator import evaluate
from policyengine.feel.syntax.printing import print_value
from policyengine.source import Source

SCOPE = {
    "limit": Decimal(20),
    "first name": "Ada",
    "nested": {"inner": {"value": Decimal(7)}, "odd key": Decimal(8)},
    "accounts": [
        {"id": "a", "status": "active", "fee": Decimal(10)},
        {"id": "b", "status": "closed", "fee": Decimal(20)},
        {"id": "c", "status": "active", "fee": Decimal(30)},
    ],
}
NAMES = {*SCOPE, "odd key"}


def value_of(text: str) -> object:
    parsed = parse(Source("test", text), NAMES)
    return None if parsed.expression is None else evaluate(parsed.expression, SCOPE)


@pytest.mark.parametrize(("expression", "expected"), lines("values.txt"))
def test_value(expression: str, expected: str) -> None:
    assert print_value(value_of(expression), inside=True) == print_value(value_of(expected), inside=True)


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Australia/Lord_Howe"])
def test_moments_in_a_zone_lie_on_the_time_line(zone: str) -> None:
    """Every hour of a year: what is added is what lies between, as the clocks of Python have it."""
    clocks = ZoneInfo(zone)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    start = f'@"2025-12-31T12:00:00@{zone}"'
    begin = datetime(2025, 12, 31, 12, tzinfo=clocks)
    while moment.year == 2026:
        hours = int((moment - begin).total_seconds())
        later = f'({start} + duration("PT{hours}S"))'
        local = moment.astimezone(clocks)
        shown = f'"{local.replace(tzinfo=None).isoformat()}'
        assert str(print_value(value_of(later), inside=True)).removeprefix("@").startswith(shown)
        assert value_of(f'{later} - {start} = duration("PT{hours}S")') is True
        moment += timedelta(hours=5)
