"""A record as YAML reads back as the same record."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import program_of, record_of

from policyengine.feel.values.values import Months
from policyengine.program.record import Record
from policyengine.render.record_yaml import record_yaml, written
from policyengine.source import composed


def bare(record: Record) -> tuple[object, ...]:
    lists = {name: [bare(row) for row in rows] for name, rows in record.lists.items()}
    return record.entity, dict(record.facts), lists


@given(st.text(min_size=1), st.decimals(0, 10**6, places=2), st.dates(), st.booleans())
def test_what_is_written_reads_back(text: str, fee: Decimal, day: date, reviews: bool) -> None:
    text = composed("".join(each for each in text if each.isprintable()).strip()) or "x"
    account = Record("account", {"id": text, "monthly_fee": fee, "opened_on": day})
    record = Record("partner", {"id": text, "attends_quarterly_reviews": reviews}, {"accounts": (account,)})
    assert bare(record_of(program_of(), record_yaml(record))) == bare(record)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("no", '"no"'),
        ("plain words", "plain words"),
        ("12", '"12"'),
        ("a: b", '"a: b"'),
        (Decimal("1E+2"), "100"),
        (Months(3), "P3M"),
        (timedelta(days=90), "P90D"),
        (("license", "hwaas"), "[license, hwaas]"),
        (True, "true"),
    ],
)
def test_values(value: object, text: str) -> None:
    assert written(value) == text
